"""Learning-rate schedules: each step, the rate of every group as a function of how many steps were taken.

    scheduler.py    the base: when a rate is set, what is saved
    decay.py        LambdaLR MultiplicativeLR StepLR MultiStepLR ConstantLR LinearLR ExponentialLR PolynomialLR
    cycle.py        CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR OneCycleLR
    combined.py     SequentialLR ChainedScheduler, and ReduceLROnPlateau, which follows a measurement

https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
"""

from .combined import ChainedScheduler, ReduceLROnPlateau, SequentialLR
from .cycle import CosineAnnealingLR, CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .decay import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from .scheduler import LRScheduler, _LRScheduler

__all__ = ["ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR",
           "ExponentialLR", "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR",
           "PolynomialLR", "ReduceLROnPlateau", "SequentialLR", "StepLR", "_LRScheduler"]

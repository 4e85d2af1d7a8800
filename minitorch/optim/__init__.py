"""Optimizers: how parameters follow their gradients.  Read optimizer.py, then sgd.py and adam.py."""

from . import lr_scheduler
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["Adam", "AdamW", "Optimizer", "SGD", "lr_scheduler"]

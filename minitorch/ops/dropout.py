"""Noise that trains: elements, or whole channels, set to zero with probability p, the others scaled by 1 / (1 - p).

The mask is drawn as torch draws it on the CPU (random.py), so that a seed drops the same elements in both.
Srivastava et al., Dropout, 2014.  Read next: nn/dropout.py, the same as modules.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from .. import random
from ..device import move
from ..dtype import CAPITAL
from ..tensor import Tensor, ndarray, wrap

__all__: list[str] = []  # torch's own `dropout` takes other arguments; these are nn.functional's

# -ALPHA is SELU's limit at -inf: what alpha_dropout puts in a dropped element's place.  Klambauer et al. 2017
ALPHA = 1.7580993408473766


def check(input: Tensor, p: float) -> None:
    """torch's refusals."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def keep_mask(like, shape: tuple, p: float):
    """An array of 1 (with probability 1 - p) and 0 in like's type and order of memory, on its device."""
    if not isinstance(like, ndarray) or like.flags.c_contiguous or shape != like.shape:
        mask = random.default_generator.bernoulli(1 - p, shape, like.dtype)
    else:
        mask = np.empty_like(like)  # of like's strides; torch fills in the order of memory
        in_order = mask.transpose(random.memory_axes(mask))
        in_order[...] = random.default_generator.bernoulli(1 - p, in_order.shape, like.dtype)
    return mask if isinstance(like, ndarray) else move(mask, like.device)


def dropped(input: Tensor, shape: tuple, p: float, training: bool, inplace: bool) -> Tensor:
    """input times a mask of `shape` over 1 - p."""
    check(input, p)
    if not training or p == 0 or input.array.size == 0:
        return input
    if input.array.dtype.kind not in "fc":
        raise RuntimeError("result type Float can't be cast to the desired output type "
                           f"{CAPITAL[input.array.dtype.name]}")
    if p == 1:
        factor = input.new_zeros(())
    else:
        mask = keep_mask(input.array, shape, p)
        mask /= 1 - p
        factor = wrap(mask)
    return input.mul_(factor) if inplace else input * factor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, each element is 0 with probability p, else input / (1 - p).

    https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
    """
    return dropped(input, input.array.shape, p, training, inplace)


def by_channel(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    """dropout of whole channels.    input (N, C, ...)"""
    shape = input.array.shape
    return dropped(input, shape[:2] + (1,) * (len(shape) - 2), p, training, inplace)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """dropout of whole channels.    input (N, C, L) or (C, L)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html
    """
    check(input, p)
    if input.ndim not in (2, 3):
        raise RuntimeError(f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that "
                           "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, a "
                           "channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).")
    if input.ndim == 3:
        return by_channel(input, p, training, inplace)
    return by_channel(input.unsqueeze(0), p, training, inplace).squeeze(0)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """dropout of whole channels.    input (N, C, H, W)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html
    """
    check(input, p)
    if input.ndim == 3:
        warnings.warn("dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior "
                      "is desired - input is interpreted as shape (N, C, L), where C is the channel dim. This behavior "
                      "will change in a future release to interpret the input as one without a batch dimension, i.e. "
                      "shape (C, H, W). To maintain the 1D channel-wise dropout behavior, please switch to using "
                      "dropout1d instead.", UserWarning, stacklevel=2)
    elif input.ndim != 4:
        warnings.warn(f"dropout2d: Received a {input.ndim}-D input to dropout2d, which is deprecated and will result "
                      "in an error in a future release. To retain the behavior and silence this warning, please use "
                      "dropout instead. Note that dropout2d exists to provide channel-wise dropout on inputs with 2 "
                      "spatial dimensions, a channel dimension, and an optional batch dimension (i.e. 3D or 4D "
                      "inputs).", UserWarning, stacklevel=2)
    return by_channel(input, p, training, inplace)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for SELU networks, which keeps mean 0 and variance 1.

    y = a * (input where kept, -ALPHA elsewhere) + a * ALPHA * p        a = 1 / sqrt((ALPHA^2 p + 1) (1 - p))
    https://pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html
    """
    check(input, p)
    if not training or p == 0 or input.array.size == 0:
        return input
    if p == 1:
        return input.mul_(input.new_zeros(())) if inplace else input * input.new_zeros(())
    mask = keep_mask(input.array, input.array.shape, p)
    a = 1 / math.sqrt((ALPHA**2 * p + 1) * (1 - p))
    factor, shift = wrap(mask * a), wrap((mask - 1) * (ALPHA * a) + ALPHA * a * p)
    return input.mul_(factor).add_(shift) if inplace else input * factor + shift

"""Noise that trains: elements, or whole channels, set to zero with probability p, the others scaled by 1 / (1 - p).

The mask is drawn as torch draws it on the CPU (random.py), so that a seed drops the same elements in both.
Srivastava et al., Dropout, 2014.  Read next: nn/dropout.py, the same as modules.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from .. import random
from ..device import device_of, move
from ..dtype import CAPITAL
from ..tensor import Tensor, expect_tensor, ndarray, wrap

__all__: list[str] = []  # torch's own `dropout` takes other arguments; these are nn.functional's

# -ALPHA is SELU's limit at -inf: what alpha_dropout puts in a dropped element's place.  Klambauer et al. 2017
ALPHA = 1.7580993408473766


def check(input: Tensor, p: float) -> None:
    """torch's refusals."""
    if p < 0 or p > 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    expect_tensor(input, "dropout")


def keep_mask(like, shape: tuple, p: float):
    """An array of 1 (with probability 1 - p) and 0 in like's type and order of memory, on its device."""
    if not isinstance(like, ndarray) or like.flags.c_contiguous or shape != like.shape:
        mask = random.default_generator.bernoulli(1 - p, shape, like.dtype)
    else:
        mask = np.empty_like(like)  # of like's strides; torch fills in the order of memory
        in_order = mask.transpose(random.memory_axes(mask))
        in_order[...] = random.default_generator.bernoulli(1 - p, in_order.shape, like.dtype)
    return mask if isinstance(like, ndarray) else move(mask, device_of(like))


def dropped(input: Tensor, shape: tuple, p: float, training: bool, inplace: bool) -> Tensor:
    """input times a mask of `shape` over 1 - p."""
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
    check(input, p)
    return dropped(input, input.array.shape, p, training, inplace)


def channels(input: Tensor) -> tuple:
    """The shape of one number for each channel.    input (N, C, ...)"""
    if input.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return input.array.shape[:2] + (1,) * (input.ndim - 2)


def by_channel(input: Tensor, p: float, training: bool, inplace: bool, batched: bool = True) -> Tensor:
    """dropout of whole channels.    input (N, C, ...), or (C, ...) where it is not batched"""
    if batched:
        return dropped(input, channels(input), p, training, inplace)
    one = input.unsqueeze_(0) if inplace else input.unsqueeze(0)
    one = dropped(one, channels(one), p, training, inplace)
    return one.squeeze_(0) if inplace else one.squeeze(0)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """dropout of whole channels.    input (N, C, L) or (C, L)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout1d.html
    """
    check(input, p)
    if input.ndim not in (2, 3):
        raise RuntimeError(f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that "
                           "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, a "
                           "channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs).")
    return by_channel(input, p, training, inplace, batched=input.ndim == 3)


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


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """dropout of whole channels.    input (N, C, D, H, W) or (C, D, H, W)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout3d.html
    """
    check(input, p)
    if input.ndim not in (4, 5):
        warnings.warn(f"dropout3d: Received a {input.ndim}-D input to dropout3d, which is deprecated and will result "
                      "in an error in a future release. To retain the behavior and silence this warning, please use "
                      "dropout instead. Note that dropout3d exists to provide channel-wise dropout on inputs with 3 "
                      "spatial dimensions, a channel dimension, and an optional batch dimension (i.e. 4D or 5D "
                      "inputs).", UserWarning, stacklevel=2)
    return by_channel(input, p, training, inplace, batched=input.ndim == 5)


def alpha_dropped(input: Tensor, per_channel: bool, p: float, training: bool, inplace: bool) -> Tensor:
    """a * (input where kept, -ALPHA elsewhere) + a * ALPHA * p        a = 1 / sqrt((ALPHA^2 p + 1) (1 - p))"""
    check(input, p)
    if not training or p == 0 or input.array.size == 0:
        return input
    if p == 1:
        return input.mul_(input.new_zeros(())) if inplace else input * input.new_zeros(())
    mask = keep_mask(input.array, channels(input) if per_channel else input.array.shape, p)
    a = 1 / math.sqrt((ALPHA**2 * p + 1) * (1 - p))
    factor, shift = wrap(mask * a), wrap((mask - 1) * (ALPHA * a) + ALPHA * a * p)
    return input.mul_(factor).add_(shift) if inplace else input * factor + shift


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout for SELU networks, which keeps mean 0 and variance 1.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.alpha_dropout.html
    """
    return alpha_dropped(input, False, p, training, inplace)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """alpha_dropout of whole channels.    input (N, C, ...)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.feature_alpha_dropout.html
    """
    return alpha_dropped(input, True, p, training, inplace)

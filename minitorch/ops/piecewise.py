"""Activations made of straight pieces: relu and its relatives.

Where a piece is flat, the gradient is 0 whatever comes in, also in place of inf and NaN, which times 0 are NaN: `shut`
does that on arrays, `masked_fill` on tensors.
Read next: activation.py, for the smooth ones.
"""

from __future__ import annotations

from .. import random
from ..autograd.op import in_place, op
from ..device import array_module, device_of, move
from ..dtype import CAPITAL, finfo, of
from ..tensor import Tensor, method, wrap
from .elementwise import refuse

__all__: list[str] = ["hardshrink", "prelu", "relu", "relu_", "rrelu", "rrelu_", "threshold", "threshold_"]


def shut(xp, g, closed):
    """g, but 0 where `closed`: its bits, each and-ed with 1, or with 0.

    That is as fast as a product; NumPy's `where` branches, and waits where the mask has no pattern.
    """
    bits = closed.view("int8").astype(f"int{8 * g.itemsize}")
    bits -= 1  # 0 becomes -1: all bits set
    bits &= g.view(bits.dtype)
    return bits.view(g.dtype)


# ---------------------------------------------------------------- relu and those that bend at 0


@op(node="ReluBackward0")
def relu_op(xp, x, /):
    """The positive part.    y = max(x, 0)    gx = g where y > 0, else 0"""
    if x.dtype == bool:
        raise RuntimeError("Boolean inputs not supported for relu")
    # clip by two numbers has a vector loop, maximum with a number has none
    return x.clip(0, xp.inf) if x.dtype.kind == "f" else xp.maximum(x, 0)


relu_op.backward(x=lambda g, y: g.masked_fill(y <= 0, 0))
relu_op.fused_backward(lambda xp, g, y: (shut(xp, g, y <= 0),))
relu_ = in_place(relu_op, "relu_")


@method
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0).  https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html"""
    return relu_(input) if inplace else relu_op(input)


@op(node="LeakyReluBackward0")
def leaky_relu_op(xp, x, /, negative_slope):
    """A slope s below zero.    y = x where x > 0, else s * x    gx = g where x > 0, else s * g"""
    refuse(x, "biu", "leaky_relu_cpu")
    y = xp.multiply(x, negative_slope, out=xp.empty_like(x))
    return (xp.maximum if negative_slope <= 1 else xp.minimum)(x, y, out=y)


leaky_relu_op.backward(x=lambda g, x, negative_slope: g.where(x > 0, g * negative_slope))


@leaky_relu_op.fused_backward
def leaky_relu_arrays(xp, g, x, negative_slope):
    y = (x > 0).astype(x.dtype)
    if 0 <= negative_slope <= 1:
        y = y.clip(negative_slope, 1)  # 0 and 1 become s and 1
    else:
        y = xp.where(x > 0, y, negative_slope)
    return (y * g,)


def leaky_relu_of_result(g, y, negative_slope):
    if negative_slope < 0:
        raise RuntimeError("In-place leakyReLu backward calculation is triggered with a negative slope which is not "
                           "supported. This is caused by calling in-place forward function with a negative slope, "
                           "please call out-of-place version instead. File an issue at "
                           "https://github.com/pytorch/pytorch if you do require supporting in-place leakRelu backward "
                           "calculation with negative slope")
    return g.where(y > 0, g * negative_slope)


_leaky_relu_ = in_place(leaky_relu_op, "leaky_relu_", node="LeakyReluBackward1", x=leaky_relu_of_result)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html"""
    return (_leaky_relu_ if inplace else leaky_relu_op)(input, negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place form of `leaky_relu`."""
    return _leaky_relu_(input, negative_slope)


@op(node="PreluKernelBackward0")
def prelu_op(xp, x, weight, /):
    """leaky_relu whose slopes are learned.  He et al., Delving deep into rectifiers, 2015.

    y = x where x > 0, else weight * x    gx = g where x > 0, else weight * g    gweight = x * g where x <= 0, else 0
    """
    refuse(x, "biu", "prelu_cpu")
    return x.clip(0, xp.inf) + weight * x.clip(-xp.inf, 0)


prelu_op.backward(
    x=lambda g, x, weight: g.where(x > 0, weight * g),
    weight=lambda g, x: (g * x).masked_fill(x > 0, 0))


@method
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input, times `weight` where it is negative: one weight, or one for each channel (dimension 1).

    https://pytorch.org/docs/stable/generated/torch.nn.functional.prelu.html
    """
    x, w = input.array, weight.array
    if w.size != 1 and not x.ndim:
        raise RuntimeError("Not allow zero-dim input tensor.")
    channels = x.shape[1] if x.ndim > 1 else 1
    if w.size not in (1, channels) or (w.size != channels and not w.size):
        raise RuntimeError(f"Mismatch of parameter numbers and input channel size. Found parameter numbers = {w.size} "
                           f"and channel size = {channels}.")
    if w.ndim > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {w.ndim}")
    if x.dtype != w.dtype:
        raise RuntimeError(f"prelu: Type promoting not supported. Got {CAPITAL[x.dtype.name]} and "
                           f"{CAPITAL[w.dtype.name]}")
    return prelu_op(input, weight.reshape((1,) * min(x.ndim, 1) + (-1,) * (x.ndim > 1) + (1,) * (x.ndim - 2)))


@op(node="RreluWithNoiseBackward0")
def rrelu_op(xp, x, noise, /):
    """y = x * noise    gx = g * noise"""
    return x * noise


rrelu_op.backward(x=lambda g, noise: g * noise)
_rrelu_ = in_place(rrelu_op, "rrelu_", node="RreluWithNoiseBackward1")


def slopes(input: Tensor, lower: float, upper: float, training: bool) -> Tensor:
    """1 where input > 0, elsewhere a number between the bounds: their mean, or in training one that is drawn."""
    x = input.array
    refuse(x, "biu", "rrelu_with_noise_out_cpu" if training else "leaky_relu_cpu")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    bent, noise = x <= 0, array_module(x).ones(x.shape, x.dtype)
    drawn = (lower + upper) / 2
    if training:
        drawn = random.default_generator.uniform((int(bent.sum()),), "float64", lower, upper).astype(x.dtype)
        drawn = move(drawn, device_of(x))
    noise[bent] = drawn
    return wrap(noise)


def rrelu(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False,
          inplace: bool = False) -> Tensor:
    """leaky_relu whose slopes are drawn anew in training.  https://arxiv.org/abs/1505.00853

    https://pytorch.org/docs/stable/generated/torch.nn.functional.rrelu.html
    """
    return (_rrelu_ if inplace else rrelu_op)(input, slopes(input, lower, upper, training))


def rrelu_(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Tensor:
    """In-place form of `rrelu`."""
    return rrelu(input, lower, upper, training, inplace=True)


# ---------------------------------------------------------------- flat pieces elsewhere


@op(node="HardtanhBackward0")
def hardtanh_op(xp, x, /, min_val, max_val):
    """x cut off at both ends.    y = min(max(x, a), b)    gx = g where a < x < b, else 0"""
    if x.dtype == bool:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if x.dtype.kind == "u" and min_val < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return x.clip(min_val, max_val) if x.dtype.kind == "f" else x.clip(int(min_val), int(max_val))


hardtanh_op.backward(x=lambda g, x, min_val, max_val: g.masked_fill((x <= min_val) | (x >= max_val), 0))
hardtanh_op.fused_backward(
    lambda xp, g, x, min_val, max_val: (shut(xp, g, (x <= min_val) | (x >= max_val)),))
_hardtanh_ = in_place(hardtanh_op, "hardtanh_")


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html"""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return (_hardtanh_ if inplace else hardtanh_op)(input, min_val, max_val)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """In-place form of `hardtanh`."""
    return _hardtanh_(input, min_val, max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input, 0), 6).  https://pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html"""
    return hardtanh(input, 0, 6, inplace)


@op(node="HardsigmoidBackward0")
def hardsigmoid_op(xp, x, /):
    """Three lines like a sigmoid.    y = min(max(x + 3, 0), 6) / 6    gx = g / 6 where -3 < x < 3, else 0"""
    refuse(x, "biu", "hardsigmoid_cpu")
    return (x + 3).clip(0, 6) / 6


hardsigmoid_op.backward(x=lambda g, x: (g / 6).masked_fill((x <= -3) | (x >= 3), 0))
hardsigmoid_op.fused_backward(lambda xp, g, x: (shut(xp, g / 6, (x <= -3) | (x >= 3)),))
_hardsigmoid_ = in_place(hardsigmoid_op, "hardsigmoid_")


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.hardsigmoid.html"""
    return (_hardsigmoid_ if inplace else hardsigmoid_op)(input)


@op(node="HardswishBackward0")
def hardswish_op(xp, x, /):
    """x times its hardsigmoid, 0 to the left, x to the right.  https://arxiv.org/abs/1905.02244

    y = x * min(max(x + 3, 0), 6) / 6    gx = 0 where x <= -3, g * (x / 3 + 1 / 2) where x < 3, else g
    """
    refuse(x, "biu", "hardswish_cpu")
    return x * (x + 3).clip(0, 6) / 6


hardswish_op.backward(x=lambda g, x: (g * (x / 3 + 0.5)).where(x < 3, g).masked_fill(x <= -3, 0))
_hardswish_ = in_place(hardswish_op, "hardswish_")


@hardswish_op.fused_backward
def hardswish_arrays(xp, g, x):
    slope = x.clip(-3, 3) / 3 + 0.5
    slope -= (x >= 3) * x.dtype.type(0.5)  # 3/2 becomes 1
    return shut(xp, g * slope, x <= -3),


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.hardswish.html"""
    return (_hardswish_ if inplace else hardswish_op)(input)


@op(node="ThresholdBackward0")
def threshold_op(xp, x, /, threshold, value):
    """y = x where x > threshold, else value    gx = g where x > threshold, else 0"""
    refuse(x, "b", "threshold_cpu")
    kind = x.dtype.type  # of an integer tensor both are cut off to integers
    return xp.where(x <= kind(threshold), kind(value), x)


threshold_op.backward(x=lambda g, x, threshold: g.masked_fill(x <= threshold, 0))
threshold_op.fused_backward(lambda xp, g, x, threshold: (shut(xp, g, x <= threshold),))
_threshold_ = in_place(threshold_op, "threshold_", node="ThresholdBackward1")


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.threshold.html"""
    return (_threshold_ if inplace else threshold_op)(input, threshold, value)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """In-place form of `threshold`."""
    return _threshold_(input, threshold, value)


@op(node="HardshrinkBackward0")
def hardshrink_op(xp, x, /, lambd):
    """y = 0 where |x| <= lambd, else x    gx = 0 where |x| <= lambd, else g"""
    refuse(x, "biu", "hardshrink_cpu")
    return shut(xp, x, xp.abs(x) <= lambd)


@op(node="SoftshrinkBackward0")
def softshrink_op(xp, x, /, lambd):
    """Every x pulled by lambd towards 0.    y = x - min(max(x, -lambd), lambd)    gx = 0 where |x| <= lambd, else g"""
    refuse(x, "biu", "softshrink_check")
    largest = finfo(of(x.dtype)).max
    if not 0 <= lambd <= largest:
        raise RuntimeError(f"lambda must be in range [0, {largest:g}] for input dtype {CAPITAL[x.dtype.name]}, but "
                           f"found {lambd:g}")
    return x - x.clip(-lambd, lambd)


for _shrink in (hardshrink_op, softshrink_op):
    _shrink.backward(x=lambda g, x, lambd: g.masked_fill((x >= -lambd) & (x <= lambd), 0))
    _shrink.fused_backward(lambda xp, g, x, lambd: (shut(xp, g, xp.abs(x) <= lambd),))


@method
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.hardshrink.html"""
    return hardshrink_op(input, lambd)


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.softshrink.html"""
    return softshrink_op(input, lambd)

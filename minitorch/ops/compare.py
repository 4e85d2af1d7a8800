"""Comparisons, logic on bools and bits, and choices between numbers: where, maximum, clamp.

Comparisons and logic have no gradient; a choice sends its gradient to what was chosen.
Read next: activation.py; index.py for masks as indices.
"""

from __future__ import annotations

import numpy as np

from ..autograd.op import in_place, op, operator
from ..dtype import CAPITAL
from ..tensor import Tensor, expect_tensor, method, wrap
from .elementwise import in_place_twins, refuse, twin

__all__: list[str] = [
    "allclose", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "clamp", "clamp_max", "clamp_min", "clip", "eq", "equal", "ge", "greater", "greater_equal", "gt", "isclose",
    "isfinite", "isinf", "isnan", "le", "less", "less_equal", "logical_and", "logical_not", "logical_or", "logical_xor",
    "lt", "maximum", "minimum", "nan_to_num", "ne", "not_equal", "where",
]

# ---------------------------------------------------------------- comparisons


@method
@op(promotes="compare")
def eq(xp, x, other, /):
    """x = other"""
    return x == other


@method
@op(promotes="compare")
def ne(xp, x, other, /):
    """x != other; true of NaN and NaN"""
    return x != other


@method
@op(promotes="compare")
def lt(xp, x, other, /):
    """x < other"""
    return x < other


@method
@op(promotes="compare")
def le(xp, x, other, /):
    """x <= other"""
    return x <= other


@method
@op(promotes="compare")
def gt(xp, x, other, /):
    """x > other"""
    return x > other


@method
@op(promotes="compare")
def ge(xp, x, other, /):
    """x >= other"""
    return x >= other


@method
@op
def isnan(xp, x, /):
    """Which elements are not a number."""
    return x != x


@method
@op
def isinf(xp, x, /):
    """Which elements are inf or -inf."""
    return xp.isinf(x)


@method
@op
def isfinite(xp, x, /):
    """Which elements are neither infinite nor NaN."""
    return xp.isfinite(x)


def tensor_only(name: str, other) -> None:
    """torch takes numbers for most second operands, but not for all."""
    expect_tensor(other, name, "other", 2)


@method
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether shapes and all elements agree.  https://pytorch.org/docs/stable/generated/torch.equal.html"""
    tensor_only("equal", other)
    return input.array.shape == other.array.shape and bool((input.array == other.array).all())


@op(promotes="compare")
def isclose_op(xp, x, other, /, rtol, atol, equal_nan):
    """|x - other| <= atol + rtol * |other|, or equal"""
    distance = xp.abs(x - other) if x.dtype != bool else x ^ other
    close = (x == other) | (xp.isfinite(distance) & (distance <= atol + xp.abs(rtol * other)))
    return close | ((x != x) & (other != other)) if equal_nan else close


@method
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Which elements nearly agree.  https://pytorch.org/docs/stable/generated/torch.isclose.html"""
    tensor_only("isclose", other)
    if input.array.dtype != other.array.dtype:
        raise RuntimeError(f"{CAPITAL[input.array.dtype.name]} did not match {CAPITAL[other.array.dtype.name]}")
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value < 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {value}")
    return isclose_op(input, other, rtol, atol, equal_nan)


@method
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements nearly agree.  https://pytorch.org/docs/stable/generated/torch.allclose.html"""
    return bool(isclose(input, other, rtol, atol, equal_nan).array.all())


# ---------------------------------------------------------------- logic


@method
@op(promotes="tensors")
def logical_and(xp, x, other, /):
    """Both are not 0."""
    return xp.logical_and(x, other)


@method
@op(promotes="tensors")
def logical_or(xp, x, other, /):
    """One of them is not 0, or both."""
    return xp.logical_or(x, other)


@method
@op(promotes="tensors")
def logical_xor(xp, x, other, /):
    """One of them is not 0, and the other is."""
    return xp.logical_xor(x, other)


@method
@op
def logical_not(xp, x, /):
    """It is 0."""
    return xp.logical_not(x)


def bit_operands(x, other, name: str):
    """Bits are those of integers and bools; beside floats a number has stayed a number."""
    for operand in (x, other):
        if not isinstance(operand, (int, float)):
            refuse(operand, "f", f"{name}_cpu")


@method
@op(promotes="arithmetic")
def bitwise_and(xp, x, other, /):
    """The bits that are 1 in both; of bools, and."""
    bit_operands(x, other, "bitwise_and")
    return x & other


@method
@op(promotes="arithmetic")
def bitwise_or(xp, x, other, /):
    """The bits that are 1 in one of them or both; of bools, or."""
    bit_operands(x, other, "bitwise_or")
    return x | other


@method
@op(promotes="arithmetic")
def bitwise_xor(xp, x, other, /):
    """The bits that are 1 in just one of them; of bools, unequal."""
    bit_operands(x, other, "bitwise_xor")
    return x ^ other


@method
@op
def bitwise_not(xp, x, /):
    """The bits that are 0; of bools, not."""
    refuse(x, "f", "bitwise_not_cpu")
    return ~x


# Bits shifted out of the type are gone; a negative count shifts all of them.


@method
@op(promotes="arithmetic")
def bitwise_left_shift(xp, x, other, /):
    """x * 2^other; 0 where other is negative or no less than the number of bits."""
    bit_operands(x, other, "lshift")
    refuse(x, "b", "lshift_cpu")
    within = (other >= 0) & (other < 8 * x.dtype.itemsize)
    return xp.where(within, x << xp.where(within, other, 0), 0).astype(x.dtype)


@method
@op(promotes="arithmetic")
def bitwise_right_shift(xp, x, other, /):
    """floor(x / 2^other); the sign alone where other is negative or no less than the number of bits."""
    bit_operands(x, other, "rshift")
    refuse(x, "b", "rshift_cpu")
    most = 8 * x.dtype.itemsize - 1
    return (x >> xp.where((other >= 0) & (other < most), other, most)).astype(x.dtype)


# ---------------------------------------------------------------- choices


@op(promotes="choice", node="WhereBackward0")
def where_op(xp, condition, x, other, /):
    """y = x where condition, else other    gx = g where condition, else 0    gother = 0 where condition, else g"""
    return xp.where(condition, x, other)


where_op.backward(x=lambda g, condition: g.where(condition, 0), other=lambda g, condition: g.masked_fill(condition, 0))


def where(condition: Tensor, input=None, other=None):
    """input where condition, else other; without them, where it is true.

    https://pytorch.org/docs/stable/generated/torch.where.html
    """
    expect_tensor(condition, "where", "condition")
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if condition.array.dtype == "uint8":
        condition = condition != 0
    if condition.array.dtype != bool:
        raise RuntimeError("where expected condition to be a boolean tensor, but got a tensor with dtype "
                           + CAPITAL[condition.array.dtype.name])
    return where_op(condition, input, other)


Tensor.where = lambda self, condition, other: where(condition, self, other)


@method
@op(promotes="tensors")
def maximum(xp, x, other, /):
    """The larger of two; NaN if one is.    gx = g where x > other, g / 2 where equal, else 0    gother likewise"""
    return xp.maximum(x, other)


maximum.backward(x=lambda g, x, other: (g / 2).where(x == other, g).masked_fill(x < other, 0),
                 other=lambda g, x, other: (g / 2).where(x == other, g).masked_fill(x > other, 0))


@method
@op(promotes="tensors")
def minimum(xp, x, other, /):
    """The smaller of two; NaN if one is.    gx = g where x < other, g / 2 where equal, else 0    gother likewise"""
    return xp.minimum(x, other)


minimum.backward(x=lambda g, x, other: (g / 2).where(x == other, g).masked_fill(x > other, 0),
                 other=lambda g, x, other: (g / 2).where(x == other, g).masked_fill(x < other, 0))


@op(promotes="arithmetic", node="ClampBackward1")
def clamp_numbers(xp, x, min=None, max=None, /):
    """x held between two bounds; the upper one holds where they cross.    y = min(max(x, a), b)

    gx = g where a <= x <= b, else 0    ga = g where x < a < b, else 0    gb = g where x > b or a > b, else 0
    """
    if x.dtype.kind == "f" and not hasattr(min, "dtype") and not hasattr(max, "dtype"):
        return x.clip(-xp.inf if min is None else min, xp.inf if max is None else max)  # two numbers: the vector loop
    y = x if min is None else xp.maximum(x, min)
    return y if max is None else xp.minimum(y, max)


def inside(x, min, max):
    if min is None or max is None:
        return x <= max if min is None else x >= min
    return (x >= min) & (x <= max)


clamp_numbers.backward(x=lambda g, x, min, max: g * inside(x, min, max),
                       min=lambda g, x, min, max: g * ((x < min) if max is None else (x < min) & (min < max)),
                       max=lambda g, x, min, max: g * ((x > max) if min is None else (x > max) | (max < min)))
clamp_tensors = twin(clamp_numbers, "ClampBackward0")


@op(promotes="arithmetic", node="ClampMinBackward0")
def clamp_min_number(xp, x, min, /):
    """x, but no less than a.    y = max(x, a)    gx = g where x >= a, else 0    ga = g where x < a, else 0"""
    return clamp_numbers.__wrapped_body__(xp, x, min)


clamp_min_number.backward(x=lambda g, x, min: g * (x >= min), min=lambda g, x, min: g * (x < min))
clamp_min_tensor = twin(clamp_min_number, "ClampMinBackward1")


@op(promotes="arithmetic", node="ClampMaxBackward0")
def clamp_max_number(xp, x, max, /):
    """x, but no more than b.    y = min(x, b)    gx = g where x <= b, else 0    gb = g where x > b, else 0"""
    return clamp_numbers.__wrapped_body__(xp, x, None, max)


clamp_max_number.backward(x=lambda g, x, max: g * (x <= max), max=lambda g, x, max: g * (x > max))
clamp_max_tensor = twin(clamp_max_number, "ClampMaxBackward1")


def clamp_form(min, max, with_numbers, with_tensors):
    """The one of two twins that suits the bounds."""
    if min is None and max is None:
        raise RuntimeError("minitorch.clamp: At least one of 'min' or 'max' must not be None")
    tensors = [isinstance(bound, Tensor) for bound in (min, max) if bound is not None]
    if any(tensors) and not all(tensors):
        raise TypeError("clamp(): 'min' and 'max' must both be numbers or both be tensors")
    return with_tensors if any(tensors) else with_numbers


@method
def clamp(input: Tensor, min=None, max=None) -> Tensor:
    """Held between two numbers or tensors.  https://pytorch.org/docs/stable/generated/torch.clamp.html"""
    return clamp_form(min, max, clamp_numbers, clamp_tensors)(input, min, max)


_clamp_numbers_, _clamp_tensors_ = in_place(clamp_numbers, "clamp_"), in_place(clamp_tensors, "clamp_")


@method
def clamp_(input: Tensor, min=None, max=None) -> Tensor:
    """In-place form of `clamp`."""
    return clamp_form(min, max, _clamp_numbers_, _clamp_tensors_)(input, min, max)


@method
def clamp_min(input: Tensor, min) -> Tensor:
    """max(input, min).  https://pytorch.org/docs/stable/generated/torch.clamp.html"""
    return (clamp_min_tensor if isinstance(min, Tensor) else clamp_min_number)(input, min)


@method
def clamp_max(input: Tensor, max) -> Tensor:
    """min(input, max).  https://pytorch.org/docs/stable/generated/torch.clamp.html"""
    return (clamp_max_tensor if isinstance(max, Tensor) else clamp_max_number)(input, max)


@method
@op
def nan_to_num(xp, x, /, nan=0.0, posinf=None, neginf=None):
    """Numbers for NaN, inf (the largest) and -inf (the smallest).    gx = g where x is finite, else 0"""
    return xp.nan_to_num(x, nan=nan or 0.0, posinf=posinf, neginf=neginf)


nan_to_num.backward(x=lambda g, x: g * x.isfinite())

# ---------------------------------------------------------------- aliases, in-place forms, operators

greater, greater_equal, less, less_equal, not_equal, clip = gt, ge, lt, le, ne, clamp
in_place_twins("clamp_min_", clamp_min_number, clamp_min_tensor)
in_place_twins("clamp_max_", clamp_max_number, clamp_max_tensor)
for operation in (eq, ne, lt, le, gt, ge, logical_and, logical_or, logical_xor, logical_not, bitwise_and, bitwise_or,
                  bitwise_xor, bitwise_not, bitwise_left_shift, bitwise_right_shift, nan_to_num):
    in_place(operation)
for alias in ("greater", "greater_equal", "less", "less_equal", "not_equal", "clip"):
    setattr(Tensor, alias, globals()[alias])
    setattr(Tensor, alias + "_", getattr(Tensor, globals()[alias].__name__ + "_"))

equals = operator(eq)
Tensor.__eq__ = lambda self, other: equals(self, wrap(other) if isinstance(other, np.ndarray) else other)  # as in torch
Tensor.__ne__ = operator(ne)
Tensor.__lt__, Tensor.__le__, Tensor.__gt__, Tensor.__ge__ = operator(lt), operator(le), operator(gt), operator(ge)
Tensor.__and__ = Tensor.__rand__ = operator(bitwise_and)
Tensor.__or__ = Tensor.__ror__ = operator(bitwise_or)
Tensor.__xor__ = Tensor.__rxor__ = operator(bitwise_xor)
Tensor.__lshift__, Tensor.__rshift__ = operator(bitwise_left_shift), operator(bitwise_right_shift)
Tensor.__rlshift__ = operator(lambda self, other: bitwise_left_shift(other, self))
Tensor.__rrshift__ = operator(lambda self, other: bitwise_right_shift(other, self))
Tensor.__iand__, Tensor.__ior__ = operator(Tensor.bitwise_and_), operator(Tensor.bitwise_or_)
Tensor.__ixor__ = operator(Tensor.bitwise_xor_)
Tensor.__ilshift__ = operator(Tensor.bitwise_left_shift_)
Tensor.__irshift__ = operator(Tensor.bitwise_right_shift_)


def invert(self: Tensor) -> Tensor:
    if self.array.dtype.kind == "f":
        raise TypeError("~ (operator.invert) is only implemented on integer and Boolean-type tensors")
    return bitwise_not(self)


Tensor.__invert__ = invert

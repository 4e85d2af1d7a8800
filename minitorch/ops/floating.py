"""The parts of a number: its sign, its mantissa and exponent, its neighbour; degrees; common divisors.

Read next: logarithm.py.
"""

from __future__ import annotations

import math

from ..autograd.op import in_place, op, twin
from ..dtype import CAPITAL
from ..tensor import Tensor, expect_tensor, method
from .elementwise import in_place_twins, refuse, zero

__all__: list[str] = [
    "copysign", "deg2rad", "fmax", "fmin", "frexp", "gcd", "heaviside", "hypot", "isneginf", "isposinf", "isreal",
    "lcm", "ldexp", "nextafter", "rad2deg", "signbit",
]

# ---------------------------------------------------------------- signs


@op(promotes="float", node="CopysignBackward0")
def copysign_tensor(xp, x, other, /):
    """The size of x with the sign of other.    y = |x| * sign(other)    gx = g * y / x, 0 where x = 0    gother = 0"""
    return xp.copysign(x, other)


copysign_tensor.backward(x=lambda g, x, y: (g * (y / x)).masked_fill(x == 0, 0), other=zero)
copysign_number = twin(copysign_tensor, "CopysignBackward1")


@method
def copysign(input: Tensor, other) -> Tensor:
    """|input| with the sign of `other`.  https://pytorch.org/docs/stable/generated/torch.copysign.html"""
    return (copysign_tensor if isinstance(other, Tensor) else copysign_number)(input, other)


copysign_ = in_place_twins("copysign_", copysign_number, copysign_tensor)


@method
@op
def signbit(xp, x, /):
    """Whether the sign bit is set: x < 0, and also -0.0."""
    return xp.signbit(x) if x.dtype.kind == "f" else x < 0


@method
@op
def isposinf(xp, x, /):
    """Whether x is +infinity."""
    return x == math.inf


@method
@op
def isneginf(xp, x, /):
    """Whether x is -infinity."""
    return x == -math.inf


@method
@op
def isreal(xp, x, /):
    """Whether the imaginary part is 0."""
    return x.imag == 0


def no_derivative(g):
    raise RuntimeError("derivative for aten::heaviside is not implemented")


@method
@op(node="NotImplemented")
def heaviside(xp, x, values, /):
    """The unit step.    y = 0 where x < 0, 1 where x > 0, `values` where x = 0"""
    if x.dtype != values.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    return xp.where(x == 0, values, (x > 0).astype(x.dtype))


heaviside.backward(no_derivative)

# ---------------------------------------------------------------- mantissa and exponent


@method
@op(outputs="mantissa exponent")
def frexp(xp, x, /):
    """x = mantissa * 2^exponent, with 0.5 <= |mantissa| < 1.    gx = gmantissa / 2^exponent"""
    if x.dtype.kind != "f":
        raise RuntimeError("minitorch.frexp() only supports floating-point dtypes")
    mantissa, exponent = xp.frexp(x)
    return mantissa, exponent.astype("int32")


frexp.backward(x=lambda g_mantissa, exponent: g_mantissa / exponent.exp2())


@op(promotes="float", node="LdexpBackward0")
def scale_by_power(xp, x, other, /):
    """y = x * 2^other    gx = g * 2^other    gother = g * y * ln 2"""
    return x * xp.exp2(other)


scale_by_power.backward(x=lambda g, other: g * other.exp2(), other=lambda g, y: g * (y * math.log(2)))
_ldexp_ = in_place(scale_by_power, "_ldexp_")


@method
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """input * 2^other.  https://pytorch.org/docs/stable/generated/torch.ldexp.html"""
    expect_tensor(other, "ldexp", "other", 2)
    return scale_by_power(input, other)


@method
@op(promotes="tensors")
def nextafter(xp, x, other, /):
    """The next number of the type after x on the way to other.    gx = g, 0 where x = other    gother = 0"""
    refuse(x, "biu", "nextafter_cpu")
    return xp.nextafter(x, other)


nextafter.backward(x=lambda g, x, other: g.masked_fill(x == other, 0), other=zero)

# ---------------------------------------------------------------- pairs of numbers


@method
@op(promotes="tensors")
def hypot(xp, x, other, /):
    """The length of (x, other).    y = sqrt(x^2 + other^2)    gx = g * x / y    gother = g * other / y"""
    refuse(x, "biu", "hypot_cpu")
    return xp.hypot(x, other)


hypot.backward(x=lambda g, x, y: g * (x / y), other=lambda g, other, y: g * (other / y))


@method
@op(promotes="tensors")
def fmax(xp, x, other, /):
    """The larger one; where one is NaN, the other.    gx = g where x is taken, gother = g elsewhere"""
    return xp.fmax(x, other)


@method
@op(promotes="tensors")
def fmin(xp, x, other, /):
    """The smaller one; where one is NaN, the other.    gx = g where x is taken, gother = g elsewhere"""
    return xp.fmin(x, other)


fmax.backward(x=lambda g, x, other: g.masked_fill(~((x >= other) | other.isnan()), 0),
              other=lambda g, x, other: g.masked_fill((x >= other) | other.isnan(), 0))
fmin.backward(x=lambda g, x, other: g.masked_fill(~((x <= other) | other.isnan()), 0),
              other=lambda g, x, other: g.masked_fill((x <= other) | other.isnan(), 0))


@method
@op(promotes="tensors")
def gcd(xp, x, other, /):
    """The greatest common divisor of integers."""
    refuse(x, "bf", "gcd_cpu")
    return xp.gcd(x, other)


@method
@op(promotes="tensors")
def lcm(xp, x, other, /):
    """The least common multiple of integers."""
    refuse(x, "bf", "lcm_cpu")
    return xp.lcm(x, other)


# ---------------------------------------------------------------- angles


@method
@op(promotes="float", node="Deg2RadBackward0")
def deg2rad(xp, x, /):
    """Degrees as radians.    y = x * pi / 180    gx = g * pi / 180"""
    return x * (math.pi / 180)


@method
@op(promotes="float", node="Rad2DegBackward0")
def rad2deg(xp, x, /):
    """Radians as degrees.    y = x * 180 / pi    gx = g * 180 / pi"""
    return x * (180 / math.pi)


deg2rad.backward(x=lambda g: g * (math.pi / 180))
rad2deg.backward(x=lambda g: g * (180 / math.pi))

for operation in (heaviside, nextafter, hypot, gcd, lcm, deg2rad, rad2deg):
    in_place(operation)


@method
def float_power_(self: Tensor, exponent) -> Tensor:
    """In-place form of `float_power`: `self` must be float64 (or complex128) already."""
    if self.array.dtype != "float64":
        raise RuntimeError(f"the base given to float_power_ has dtype {CAPITAL[self.array.dtype.name]} but the "
                           "operation's result requires dtype Double")
    return self.pow_(exponent.double() if isinstance(exponent, Tensor) else exponent)


@method
def ldexp_(self: Tensor, other: Tensor) -> Tensor:
    """In-place form of `ldexp`."""
    expect_tensor(other, "ldexp_", "other", 2)
    return _ldexp_(self, other)

"""Functions of one number: exponentials, logarithms, trigonometry, whole numbers, the error function.

Read next: activation.py, which builds on them.
"""

from __future__ import annotations

import builtins
import math

from ..autograd.op import in_place, op
from ..tensor import Tensor, method
from .elementwise import refuse, zero

__all__: list[str] = [
    "acos", "acosh", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan",
    "atan2", "atanh", "ceil", "cos", "cosh", "erf", "erfc", "exp", "exp2", "expm1", "fix", "floor", "frac", "log",
    "log10", "log1p", "log2", "round", "sin", "sinh", "tan", "tanh", "trunc",
]

# ---------------------------------------------------------------- exponentials and logarithms

LN2, LN10 = math.log(2), math.log(10)


@method
@op(promotes="float")
def exp(xp, x, /):
    """Exponential.    y = e^x    gx = g * y"""
    return xp.exp(x)


exp.backward(x=lambda g, y: g * y)


@method
@op(promotes="float")
def expm1(xp, x, /):
    """Exponential less one, exact near 0.    y = e^x - 1    gx = g * (y + 1)"""
    return xp.expm1(x)


expm1.backward(x=lambda g, y: g * (y + 1))


@method
@op(promotes="float")
def exp2(xp, x, /):
    """Power of two.    y = 2^x    gx = g * y * ln 2"""
    return xp.exp2(x)


exp2.backward(x=lambda g, y: g * y * LN2)


@method
@op(promotes="float")
def log(xp, x, /):
    """Natural logarithm.    y = ln x    gx = g / x"""
    return xp.log(x)


log.backward(x=lambda g, x: g / x)


@method
@op(promotes="float")
def log1p(xp, x, /):
    """Logarithm of one more, exact near 0.    y = ln(1 + x)    gx = g / (1 + x)"""
    return xp.log1p(x)


log1p.backward(x=lambda g, x: g / (1 + x))


@method
@op(promotes="float")
def log2(xp, x, /):
    """Logarithm to base 2.    y = log2 x    gx = g / (x * ln 2)"""
    return xp.log2(x)


log2.backward(x=lambda g, x: g / (x * LN2))


@method
@op(promotes="float")
def log10(xp, x, /):
    """Logarithm to base 10.    y = log10 x    gx = g / (x * ln 10)"""
    return xp.log10(x)


log10.backward(x=lambda g, x: g / (x * LN10))

# ---------------------------------------------------------------- trigonometry


@method
@op(promotes="float")
def sin(xp, x, /):
    """Sine.    y = sin x    gx = g * cos x"""
    return xp.sin(x)


sin.backward(x=lambda g, x: g * x.cos())


@method
@op(promotes="float")
def cos(xp, x, /):
    """Cosine.    y = cos x    gx = -g * sin x"""
    return xp.cos(x)


cos.backward(x=lambda g, x: g * -x.sin())


@method
@op(promotes="float")
def tan(xp, x, /):
    """Tangent.    y = tan x    gx = g * (1 + y^2)"""
    return xp.tan(x)


tan.backward(x=lambda g, y: g * (1 + y * y))


@method
@op(promotes="float")
def asin(xp, x, /):
    """Inverse sine.    y = asin x    gx = g / sqrt(1 - x^2)"""
    return xp.arcsin(x)


asin.backward(x=lambda g, x: g * (1 - x * x).rsqrt())


@method
@op(promotes="float")
def acos(xp, x, /):
    """Inverse cosine.    y = acos x    gx = -g / sqrt(1 - x^2)"""
    return xp.arccos(x)


acos.backward(x=lambda g, x: g * -(1 - x * x).rsqrt())


@method
@op(promotes="float")
def atan(xp, x, /):
    """Inverse tangent.    y = atan x    gx = g / (1 + x^2)"""
    return xp.arctan(x)


atan.backward(x=lambda g, x: g / (1 + x * x))


@method
@op(promotes="float")
def atan2(xp, x, other, /):
    """The angle of the point (other, x).    y = atan(x / other), in (-pi, pi]

    gx = g * other / (x^2 + other^2)    gother = -g * x / (x^2 + other^2)
    """
    return xp.arctan2(x, other)


atan2.backward(x=lambda g, x, other: g * (other / (x * x + other * other)),
               other=lambda g, x, other: g * (-x / (x * x + other * other)))


@method
@op(promotes="float")
def sinh(xp, x, /):
    """Hyperbolic sine.    y = sinh x    gx = g * cosh x"""
    return xp.sinh(x)


sinh.backward(x=lambda g, x: g * x.cosh())


@method
@op(promotes="float")
def cosh(xp, x, /):
    """Hyperbolic cosine.    y = cosh x    gx = g * sinh x"""
    return xp.cosh(x)


cosh.backward(x=lambda g, x: g * x.sinh())


@method
@op(promotes="float")
def tanh(xp, x, /):
    """Hyperbolic tangent.    y = tanh x    gx = g * (1 - y^2)"""
    return xp.tanh(x)


tanh.backward(x=lambda g, y: g * (1 - y * y))


@method
@op(promotes="float")
def asinh(xp, x, /):
    """Inverse hyperbolic sine.    y = asinh x    gx = g / sqrt(x^2 + 1)"""
    return xp.arcsinh(x)


asinh.backward(x=lambda g, x: g * (x * x + 1).rsqrt())


@method
@op(promotes="float")
def acosh(xp, x, /):
    """Inverse hyperbolic cosine.    y = acosh x    gx = g / sqrt(x^2 - 1)"""
    return xp.arccosh(x)


acosh.backward(x=lambda g, x: g * (x * x - 1).rsqrt())


@method
@op(promotes="float")
def atanh(xp, x, /):
    """Inverse hyperbolic tangent.    y = atanh x    gx = g / (1 - x^2)"""
    return xp.arctanh(x)


atanh.backward(x=lambda g, x: g / (1 - x * x))

# ---------------------------------------------------------------- whole numbers


@method
@op
def floor(xp, x, /):
    """Largest whole number up to x.    gx = 0"""
    refuse(x, "b", "floor_vml_cpu")
    return xp.floor(x) if x.dtype.kind == "f" else x.copy()


floor.backward(x=zero)


@method
@op
def ceil(xp, x, /):
    """Smallest whole number from x.    gx = 0"""
    refuse(x, "b", "ceil_vml_cpu")
    return xp.ceil(x) if x.dtype.kind == "f" else x.copy()


ceil.backward(x=zero)


@method
@op
def trunc(xp, x, /):
    """x without its fraction.    gx = 0"""
    refuse(x, "b", "trunc_vml_cpu")
    return xp.trunc(x) if x.dtype.kind == "f" else x.copy()


trunc.backward(x=zero)


@op(node="RoundBackward0")
def round_whole(xp, x, /):
    """The nearest whole number, the even one of two.    gx = 0"""
    refuse(x, "b", "round_vml_cpu")
    return xp.rint(x) if x.dtype.kind == "f" else x.copy()


round_whole.backward(x=zero)


@op(node="RoundBackward1")
def round_decimals(xp, x, /, decimals):
    """The nearest multiple of 10^-decimals.    gx = 0"""
    refuse(x, "biu", "round_cpu")
    unit = 10.0 ** builtins.abs(decimals)
    return xp.rint(x * unit) / unit if decimals > 0 else xp.rint(x / unit) * unit


round_decimals.backward(x=zero)


@method
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """To the nearest multiple of 10^-decimals.  https://pytorch.org/docs/stable/generated/torch.round.html"""
    return round_whole(input) if decimals == 0 else round_decimals(input, decimals)


@method
@op
def frac(xp, x, /):
    """The fraction of x.    y = x - trunc(x)    gx = g"""
    refuse(x, "biu", "frac_cpu")
    return x - xp.trunc(x)


frac.backward(x=lambda g: g)

# ---------------------------------------------------------------- the error function

# erf in float32 as tanh(x + x * w(x^2)): tanh has erf's shape, and w is a quotient of cubics, fitted to the smallest
# largest error. Found within 2.4 units in the last place for every float32; the approximation itself is good to 4e-9.
TANH_OVER = (0.0018533534, 0.018956622, 0.12291425, 0.12837917)
TANH_UNDER = (0.0003249233, 0.02368989, 0.15689254, 1.0)

# erf and erfc in float64: the rational approximations of W. J. Cody, "Rational Chebyshev approximations for the error
# function", Math. Comp. 23 (1969), relative error below 6e-19, with the coefficients of his SPECFUN (highest power first).
NEAR_OVER = (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
             3.20937758913846947e3)
NEAR_UNDER = (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3)
MIDDLE_OVER = (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
               2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
               1.23033935479799725e3)
MIDDLE_UNDER = (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
                3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3)
FAR_OVER = (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
            1.60837851487422766e-2, 6.58749161529837803e-4)
FAR_UNDER = (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
             2.33520497626869185e-3)


def quotient(over: tuple, under: tuple, t):
    """over(t) / under(t), two polynomials by Horner's rule."""
    y, z = over[0] * t, under[0] * t
    for a, b in zip(over[1:-1], under[1:-1]):
        y += a
        y *= t
        z += b
        z *= t
    y += over[-1]
    z += under[-1]
    y /= z
    return y


def erfc_tail(xp, a):
    """erfc of a > 0.46875 in float64.

    a <= 4    exp(-a^2) * p(a) / q(a)
    a > 4     exp(-a^2) / a * (1 / sqrt(pi) - t * p(t) / q(t)),  t = 1 / a^2
    """
    a = xp.minimum(a, 27.5)  # where erfc is 0
    head = xp.trunc(a * 16) / 16  # exp(-a^2) = exp(-head^2) exp(-(a - head)(a + head)): head^2 has no rounding error
    y = xp.exp(-head * head) * xp.exp(-(a - head) * (a + head))
    middle = a <= 4
    y[middle] *= quotient(MIDDLE_OVER, MIDDLE_UNDER, a[middle])
    a = a[~middle]
    t = 1 / (a * a)
    y[~middle] *= (1 / math.sqrt(math.pi) - t * quotient(FAR_OVER, FAR_UNDER, t)) / a
    return y


def erf_array(xp, x):
    """erf of a float array."""
    if x.dtype != "float64":
        z = x.astype("float32").clip(-4, 4)  # beyond, erf is 1 to the last place
        w = quotient(TANH_OVER, TANH_UNDER, z * z)
        w *= z
        w += z
        return xp.tanh(w).astype(x.dtype, copy=False)
    y, a = xp.empty_like(x), xp.abs(x)
    near = a <= 0.46875
    y[near] = x[near] * quotient(NEAR_OVER, NEAR_UNDER, x[near] ** 2)
    y[~near] = xp.copysign(1 - erfc_tail(xp, a[~near]), x[~near])
    return y


def erfc_array(xp, x):
    """erfc of a float array, computed in float64."""
    wide = x.astype("float64")
    y, a = xp.empty_like(wide), xp.abs(wide)
    near = a <= 0.46875
    y[near] = 1 - wide[near] * quotient(NEAR_OVER, NEAR_UNDER, wide[near] ** 2)
    tail = erfc_tail(xp, a[~near])
    y[~near] = xp.where(wide[~near] > 0, tail, 2 - tail)
    return y.astype(x.dtype)


@method
@op(promotes="float")
def erf(xp, x, /):
    """Error function.    y = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x    gx = g * 2 / sqrt(pi) * exp(-x^2)"""
    return erf_array(xp, x)


erf.backward(x=lambda g, x: g * (2 / math.sqrt(math.pi) * (-x * x).exp()))


@method
@op(promotes="float")
def erfc(xp, x, /):
    """What erf lacks to 1, exact far out.    y = 1 - erf(x)    gx = -g * 2 / sqrt(pi) * exp(-x^2)"""
    return erfc_array(xp, x)


erfc.backward(x=lambda g, x: g * (-2 / math.sqrt(math.pi) * (-x * x).exp()))

# ---------------------------------------------------------------- aliases and in-place forms

arccos, arcsin, arctan, arctan2, fix = acos, asin, atan, atan2, trunc
arccosh, arcsinh, arctanh = acosh, asinh, atanh

UNARY = (exp, expm1, exp2, log, log1p, log2, log10, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh,
         floor, ceil, trunc, frac, erf, erfc)
for operation in (*UNARY, atan2):
    in_place(operation)
for alias in ("arccos", "arcsin", "arctan", "arctan2", "arccosh", "arcsinh", "arctanh", "fix"):
    setattr(Tensor, alias, globals()[alias])
    setattr(Tensor, alias + "_", getattr(Tensor, globals()[alias].__name__ + "_"))

_round_whole_, _round_decimals_ = in_place(round_whole, "round_"), in_place(round_decimals, "round_")


@method
def round_(input: Tensor, *, decimals: int = 0) -> Tensor:
    """In-place form of `round`."""
    return _round_whole_(input) if decimals == 0 else _round_decimals_(input, decimals)

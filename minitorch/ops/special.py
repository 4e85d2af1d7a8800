"""Functions of one number: exponentials, logarithms, trigonometry, whole numbers, the error function.

Read next: activation.py, which builds on them.
"""

from __future__ import annotations

import builtins
import math

import numpy as np

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
@op(promotes="float", node="Log1PBackward0")
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


acosh.backward(x=lambda g, x, y: g / y.sinh() if x.is_complex() else g * (x * x - 1).rsqrt())


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
# largest error, 4e-9. With the rounding, at most 2.4 units in the last place for every float32.
TANH_P = (0.0018533534, 0.018956622, 0.12291425, 0.12837917)
TANH_Q = (0.0003249233, 0.02368989, 0.15689254, 1.0)

# erf and erfc in float64 after fdlibm's s_erf.c (Sun Microsystems, 1993): four intervals of |x|, a rational minimax
# approximation in each, error below 1e-18 before rounding. Coefficients of the highest power first.
NEAR_P = (-2.37630166566501626084e-05, -5.77027029648944159157e-03, -2.84817495755985104766e-02,
          -3.25042107247001499370e-01, 1.28379167095512558561e-01)
NEAR_Q = (-3.96022827877536812320e-06, 1.32494738004321644526e-04, 5.08130628187576562776e-03,
          6.50222499887672944485e-02, 3.97917223959155352819e-01, 1.0)
ERF_1 = 8.45062911510467529297e-01  # erf(1), rounded so that differences from it are exact
ONE_P = (-2.16637559486879084300e-03, 3.54783043256182359371e-02, -1.10894694282396677476e-01,
         3.18346619901161753674e-01, -3.72207876035701323847e-01, 4.14856118683748331666e-01,
         -2.36211856075265944077e-03)
ONE_Q = (1.19844998467991074170e-02, 1.36370839120290507362e-02, 1.26171219808761642112e-01,
         7.18286544141962662868e-02, 5.40397917702171048937e-01, 1.06420880400844228286e-01, 1.0)
MIDDLE_P = (-9.81432934416914548592e+00, -8.12874355063065934246e+01, -1.84605092906711035994e+02,
            -1.62396669462573470355e+02, -6.23753324503260060396e+01, -1.05586262253232909814e+01,
            -6.93858572707181764372e-01, -9.86494403484714822705e-03)
MIDDLE_Q = (-6.04244152148580987438e-02, 6.57024977031928170135e+00, 1.08635005541779435134e+02,
            4.29008140027567833386e+02, 6.45387271733267880336e+02, 4.34565877475229228821e+02,
            1.37657754143519042600e+02, 1.96512716674392571292e+01, 1.0)
FAR_P = (-4.83519191608651397019e+02, -1.02509513161107724954e+03, -6.37566443368389627722e+02,
         -1.60636384855821916062e+02, -1.77579549177547519889e+01, -7.99283237680523006574e-01,
         -9.86494292470009928597e-03)
FAR_Q = (-2.24409524465858183362e+01, 4.74528541206955367215e+02, 2.55305040643316442583e+03,
         3.19985821950859553908e+03, 1.53672958608443695994e+03, 3.25792512996573918826e+02,
         3.03380607434824582924e+01, 1.0)


def polynomial(coefficients: tuple, t):
    """Horner's rule."""
    y = coefficients[0] * t
    for c in coefficients[1:-1]:
        y += c
        y *= t
    y += coefficients[-1]
    return y


def near(xp, a):
    """erf and erfc for a < 0.84375: erf = a + a * r(a^2)"""
    r = polynomial(NEAR_P, a * a) / polynomial(NEAR_Q, a * a)
    return a + a * r, xp.where(a < 0.25, 1 - (a + a * r), 0.5 - (a - 0.5 + a * r))


def around_one(xp, a):
    """erf and erfc for a < 1.25: erf = erf(1) + r(a - 1)"""
    r = polynomial(ONE_P, a - 1) / polynomial(ONE_Q, a - 1)
    return ERF_1 + r, 1 - ERF_1 - r


def tail_exponent(xp, a):
    """r(1 / a^2) for a >= 1.25"""
    t = 1 / (a * a)
    return xp.where(a < 1 / 0.35, polynomial(MIDDLE_P, t) / polynomial(MIDDLE_Q, t),
                    polynomial(FAR_P, t) / polynomial(FAR_Q, t))


def tail(xp, a):
    """erf and erfc for a >= 1.25: erfc = exp(-a^2 - 0.5625 + r(1 / a^2)) / a"""
    r = tail_exponent(xp, a)
    head = a.astype("float32").astype("float64")  # head^2 is exact, and a^2 = head^2 + (a - head)(a + head)
    erfc = xp.exp(-head * head - 0.5625) * xp.exp((head - a) * (head + a) + r) / a
    return 1 - erfc, erfc


def erf_and_erfc(xp, a):
    """Both of a >= 0 in float64."""
    a = xp.minimum(a, 28)  # where erfc is 0
    erf, erfc = xp.array(a), xp.array(a)  # so that NaN stays NaN
    for low, high, formula in ((0, 0.84375, near), (0.84375, 1.25, around_one), (1.25, math.inf, tail)):
        here = (low <= a) & (a < high)
        erf[here], erfc[here] = formula(xp, a[here])
    return erf, erfc


def erf_float32(xp, x):
    z = x.clip(-9, 9)  # erf is 1 to the last place from 4 on
    u = z * z
    w = polynomial(TANH_P, u)
    w /= polynomial(TANH_Q, u)
    w *= z
    w += z
    return xp.tanh(w)


BLOCK = 1 << 16  # elements


def in_blocks(xp, formula, *arrays):
    """formula(xp, *arrays) of arrays of one shape, block by block.

    The intermediate results stay in the cache, and in memory that the system need not hand out afresh: that is several
    times as fast on a million elements. A GPU takes all at once.
    """
    first = arrays[0]
    if xp is not np or first.size <= BLOCK:
        return formula(xp, *arrays)
    flat = [a.reshape(-1) for a in arrays]
    y = xp.empty(first.size, first.dtype)
    for k in range(0, first.size, BLOCK):
        y[k:k + BLOCK] = formula(xp, *[a[k:k + BLOCK] for a in flat])
    return y.reshape(first.shape)


def erf_array(xp, x):
    """erf of a float array."""
    if x.dtype == "float64":
        return xp.copysign(erf_and_erfc(xp, xp.abs(x))[0], x)
    return in_blocks(xp, erf_float32, x.astype("float32", copy=False)).astype(x.dtype, copy=False)


def erfc_array(xp, x):
    """erfc of a float array, computed in float64."""
    erf, erfc = erf_and_erfc(xp, xp.abs(x.astype("float64")))
    return xp.where(x < 0, 1 + erf, erfc).astype(x.dtype)


@method
@op(promotes="float")
def erf(xp, x, /):
    """Error function.    y = 2 / sqrt(pi) * integral of exp(-t^2), 0 to x    gx = g * 2 / sqrt(pi) * exp(-x^2)"""
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

for operation in (exp, expm1, exp2, log, log1p, log2, log10, sin, cos, tan, asin, acos, atan, atan2, sinh, cosh, tanh,
                  asinh, acosh, atanh, floor, ceil, trunc, frac, erf, erfc):
    in_place(operation)
for alias in ("arccos", "arcsin", "arctan", "arctan2", "arccosh", "arcsinh", "arctanh", "fix"):
    setattr(Tensor, alias, globals()[alias])
    setattr(Tensor, alias + "_", getattr(Tensor, globals()[alias].__name__ + "_"))

_round_whole_, _round_decimals_ = in_place(round_whole, "round_"), in_place(round_decimals, "round_")


@method
def round_(input: Tensor, *, decimals: int = 0) -> Tensor:
    """In-place form of `round`."""
    return _round_whole_(input) if decimals == 0 else _round_decimals_(input, decimals)

"""The normal distribution's functions, from the error function: its inverse, erfcx, ndtr, ndtri, log_ndtr.

Read next: gamma.py.
"""

from __future__ import annotations

import math

from ..autograd.op import in_place, op
from ..tensor import method
from .special import erf_and_erfc, erfc_array, tail_exponent

__all__: list[str] = ["erfinv"]

SQRT2, SQRT_PI = math.sqrt(2), math.sqrt(math.pi)


def inverse(xp, a, rest):
    """y >= 0 with erf(y) = a and erfc(y) = rest, where a + rest = 1, in float64; 4 ulp.

    Winitzki's guess, 0.002 off, then Halley's steps: u = (erf(y) - a) / erf'(y),  y -= u / (1 + y u). From 1/2 on the
    difference is taken of erfc, which keeps its digits there.
    """
    guess, half = xp.log(rest * (1 + a)), 2 / (math.pi * 0.147)  # log(1 - a^2)
    t = half + guess / 2
    y = xp.sqrt(xp.sqrt(t * t - guess / 0.147) - t)
    for _ in range(4):
        erf, erfc = erf_and_erfc(xp, y)
        u = xp.where(a < 0.5, erf - a, rest - erfc) * xp.exp(y * y) * (SQRT_PI / 2)
        y = xp.where(u == u, y - u / (1 + y * u), y)
    return xp.where(a == 0, 0, xp.where(rest == 0, math.inf, xp.where(rest < 0, math.nan, y)))


@method
@op(promotes="float")
def erfinv(xp, x, /):
    """The inverse of erf.    erf(y) = x    gx = g * sqrt(pi) / 2 * exp(y^2)"""
    a = xp.abs(x).astype("float64")
    return xp.copysign(inverse(xp, a, 1 - a), x).astype(x.dtype)


erfinv.backward(x=lambda g, y: g * ((SQRT_PI / 2) * (y * y).exp()))
in_place(erfinv)


@op(promotes="float", node="SpecialNdtriBackward0")
def ndtri(xp, x, /):
    """The normal distribution's quantile.    ndtr(y) = x    gx = g * sqrt(2 pi) * exp(y^2 / 2)"""
    p = x.astype("float64")
    rest = 2 * xp.minimum(p, 1 - p)
    return (SQRT2 * xp.copysign(inverse(xp, 1 - rest, rest), p - 0.5)).astype(x.dtype)


ndtri.backward(x=lambda g, y: g * (math.sqrt(2 * math.pi) * (y * y / 2).exp()))


def erfcx_array(xp, x):
    """exp(x^2) erfc(x) in float64; from 1.25 on without either factor, which would overflow and vanish."""
    far = xp.maximum(x, 1.25)
    return xp.where(x < 1.25, xp.exp(x * x) * erfc_array(xp, xp.minimum(x, 1.25)),
                    xp.exp(tail_exponent(xp, far) - 0.5625) / far)


@op(promotes="float", node="SpecialErfcxBackward0")
def erfcx(xp, x, /):
    """The scaled erfc.    y = exp(x^2) * erfc(x)    gx = g * (2 * x * y - 2 / sqrt(pi))"""
    return erfcx_array(xp, x.astype("float64")).astype(x.dtype)


erfcx.backward(x=lambda g, x, y: g * (2 * x * y - 2 / SQRT_PI))


@op(promotes="float", node="MulBackward1")
def ndtr(xp, x, /):
    """The normal distribution.    y = erfc(-x / sqrt 2) / 2    gx = g * exp(-x^2 / 2) / sqrt(2 pi)"""
    return (0.5 * erfc_array(xp, x.astype("float64") / -SQRT2)).astype(x.dtype)


ndtr.backward(x=lambda g, x: g * ((x * x / -2).exp() / math.sqrt(2 * math.pi)))


@op(promotes="float", node="SpecialLogNdtrBackward0")
def log_ndtr(xp, x, /):
    """Its logarithm, exact far out.    y = log ndtr(x)    gx = g * sqrt(2 / pi) / erfcx(-x / sqrt 2)"""
    t = x.astype("float64") / SQRT2
    low = xp.log(erfcx_array(xp, xp.maximum(-t, 0)) / 2) - t * t
    return xp.where(t < -0.5, low, xp.log1p(erfc_array(xp, t) / -2)).astype(x.dtype)


log_ndtr.backward(x=lambda g, x: g * (math.sqrt(2 / math.pi) / erfcx(x / -SQRT2)))

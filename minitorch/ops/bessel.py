"""Bessel functions of order 0 and 1, and Airy's Ai: two formulas each, one near zero, one far out.

All come from the same few ideas: the power series; Hankel's expansion for large x, whose coefficients `hankel` gives
for every kind; and the trapezoid rule on an integral, which for periodic or rapidly falling integrands is exact to the
last digits with a few dozen nodes. In float64, to about 1e-15 beside max(1, |y|).
https://dlmf.nist.gov/10, https://dlmf.nist.gov/9        Read next: polynomial.py.
"""

from __future__ import annotations

import functools
import math

from ..autograd.op import in_place, op
from ..tensor import method
from .gamma import EULER_GAMMA, wide
from .special import polynomial

__all__: list[str] = ["i0"]

FAR = 25.0  # from here on 20 terms of Hankel's expansion are exact


@functools.cache
def hankel(order: float, terms: int = 22) -> tuple:
    """c_k = (4 order^2 - 1^2) (4 order^2 - 3^2) ... (4 order^2 - (2k - 1)^2) / (k! 8^k), k from 0"""
    c = [1.0]
    for k in range(1, terms):
        c.append(c[-1] * (4 * order * order - (2 * k - 1) ** 2) / (8 * k))
    return tuple(c)


def waves(order: float, x) -> tuple:
    """P and Q of  J = sqrt(2 / pi x) (P cos t - Q sin t),  Y = sqrt(2 / pi x) (P sin t + Q cos t)"""
    c, u = hankel(order), 1 / x
    signed = [v if k % 4 < 2 else -v for k, v in enumerate(c)]
    return polynomial(tuple(signed[-2::-2]), u * u), polynomial(tuple(signed[-1::-2]), u * u) * u


# ---------------------------------------------------------------- I: they grow


def scaled_i(xp, order: int, a):
    """e^-a I_order(a) of a >= 0: sum_k (a / 2)^(2k + order) / (k! (k + order)!), then e^a / sqrt(2 pi a) (c_0 - ...)"""
    near, far = xp.minimum(a, FAR), xp.maximum(a, FAR)
    series = tuple(1 / (math.factorial(k) * math.factorial(k + order)) for k in range(60, -1, -1))
    near = polynomial(series, near * near / 4) * (near / 2) ** order * xp.exp(-near)
    signed = tuple((-1) ** k * c for k, c in enumerate(hankel(order)))[::-1]
    return xp.where(a < FAR, near, polynomial(signed, 1 / far) / xp.sqrt(2 * math.pi * far))


def i_array(xp, x, order: int, scaled: bool):
    a = xp.abs(x)
    y = scaled_i(xp, order, a)
    if not scaled:
        y = xp.where(a < 700, y * xp.exp(xp.minimum(a, 700)), y * xp.exp(a / 2) * xp.exp(a / 2))
    return xp.where(x < 0, -y, y) if order else y


@method
@op(promotes="float", node="I0Backward0")
def i0(xp, x, /):
    """Modified Bessel function I_0.    gx = g * i1(x)"""
    return wide(i_array)(xp, x, 0, False)


@op(promotes="float", node="SpecialI1Backward0")
def i1(xp, x, /):
    """Modified Bessel function I_1.    gx = g * (i0(x) - y / x), g / 2 at 0"""
    return wide(i_array)(xp, x, 1, False)


@op(promotes="float", node="SpecialI0EBackward0")
def i0e(xp, x, /):
    """y = e^-|x| I_0(x)    gx = g * (i1e(x) - sign(x) * y)"""
    return wide(i_array)(xp, x, 0, True)


@op(promotes="float", node="SpecialI1EBackward0")
def i1e(xp, x, /):
    """y = e^-|x| I_1(x)    gx = g * (i0e(x) - y * (sign(x) + 1 / x)), g / 2 at 0"""
    return wide(i_array)(xp, x, 1, True)


i0.backward(x=lambda g, x: g * i1(x))
i0e.backward(x=lambda g, x, y: g * (i1e(x) - x.sgn() * y))
i1.backward(x=lambda g, x, y: g * (i0(x) - y / x).masked_fill(x == 0, 0.5))
i1e.backward(x=lambda g, x, y: g * (i0e(x) - y * (x.sgn() + 1 / x)).masked_fill(x == 0, 0.5))
in_place(i0)


@op(promotes="float")
def modified_bessel_i0(xp, x, /):
    """I_0; torch does not differentiate it under this name."""
    return wide(i_array)(xp, x, 0, False)


@op(promotes="float")
def modified_bessel_i1(xp, x, /):
    """I_1; torch does not differentiate it under this name."""
    return wide(i_array)(xp, x, 1, False)


# ---------------------------------------------------------------- K: they fall


def falling(xp, order: float, x):
    """e^x K_order(x) = integral over t > 0 of e^(-x (cosh t - 1)) cosh(order t), for x >= 1

    in steps of 0.2 of the width 1 / sqrt(x) that the integrand has
    """
    width = 1 / xp.sqrt(x)
    total = xp.full_like(x, 0.5)
    for k in range(1, 48):
        t = 0.2 * k * width
        total = total + xp.exp(-2 * x * xp.sinh(t / 2) ** 2) * xp.cosh(order * t)
    return 0.2 * width * total


def k_array(xp, x, order: int, scaled: bool):
    """Near 0: K_0 = -(log(x / 2) + gamma) I_0 + sum_k (x / 2)^2k / (k!)^2 h_k, h_k = 1 + 1/2 + ... + 1/k

    and K_1 from I_0 K_1 + I_1 K_0 = 1 / x
    """
    near = xp.clip(x, 1e-300, 1.0)
    series = [sum(1 / j for j in range(1, k + 1)) / math.factorial(k) ** 2 for k in range(12, -1, -1)]
    small, growth = [scaled_i(xp, n, near) * xp.exp(near) for n in (0, 1)], near * near / 4
    y = polynomial(tuple(series), growth) - (xp.log(near / 2) + EULER_GAMMA) * small[0]
    if order:
        y = (1 / near - small[1] * y) / small[0]
    y = y * xp.exp(near) if scaled else y
    far = falling(xp, order, xp.maximum(x, 1.0)) * (1 if scaled else xp.exp(-xp.maximum(x, 1.0)))
    y = xp.where(x <= 1, y, xp.where(x == math.inf, 0, far))
    return xp.where(x < 0, math.nan, xp.where(x == 0, math.inf, y))


def of_k(name: str, order: int, scaled: bool):
    def body(xp, x, /):
        return wide(k_array)(xp, x, order, scaled)

    body.__name__ = name
    body.__doc__ = f"Modified Bessel function K_{order}{', times e^x' if scaled else ''}; torch gives it no derivative."
    return op(body, promotes="float")


modified_bessel_k0, modified_bessel_k1 = of_k("modified_bessel_k0", 0, False), of_k("modified_bessel_k1", 1, False)
scaled_modified_bessel_k0 = of_k("scaled_modified_bessel_k0", 0, True)
scaled_modified_bessel_k1 = of_k("scaled_modified_bessel_k1", 1, True)

# ---------------------------------------------------------------- J and Y: they swing

NODES = [(m + 0.5) * math.pi / 80 for m in range(40)]  # a quarter of the circle; the other three say the same


def neumann_weight(order: int, t: float) -> float:
    """Y's expansion in J_k, with J_k as an integral, has the weight of these cosines (sines) under one integral."""
    if order == 0:  # -4 / pi * sum_k (-1)^k J_2k / k
        return -4 / math.pi * sum((-1) ** k / k * math.cos(2 * k * t) for k in range(1, 36))
    return -2 / math.pi * sum((-1) ** k * (2 * k + 1) / (k * (k + 1)) * math.sin((2 * k + 1) * t)
                              for k in range(1, 36))


@functools.cache
def weights(order: int) -> list:
    return [neumann_weight(order, t) for t in NODES]


def near_j_and_y(xp, x, order: int) -> tuple:
    """J_0 = mean of cos(x sin t), J_1 = mean of sin(t) sin(x sin t) over the circle; Y after Neumann. 0 < x < 25

    Y_0 = 2 / pi * (log(x / 2) + gamma) J_0 - 4 / pi * sum_k (-1)^k J_2k / k
    Y_1 = -Y_0' = 2 / pi * ((log(x / 2) + gamma - 1) J_1 - J_0 / x - sum_k (-1)^k (1 / k + 1 / (k + 1)) J_2k+1)
    """
    j0, j1, rest = xp.zeros_like(x), xp.zeros_like(x), xp.zeros_like(x)
    for t, weight in zip(NODES, weights(order)):
        cos, sin = xp.cos(x * math.sin(t)), xp.sin(x * math.sin(t))
        j0 += cos / 40
        j1 += sin * (math.sin(t) / 40)
        rest += (sin if order else cos) * (weight / 40)
    positive = xp.maximum(x, 1e-300)
    log = xp.log(positive / 2) + EULER_GAMMA
    if order == 0:
        return j0, 2 / math.pi * log * j0 + rest
    return j1, 2 / math.pi * ((log - 1) * j1 - j0 / positive) + rest


def j_and_y(xp, a, order: int) -> tuple:
    """Both of a >= 0; far out from `waves`, whose angle is a - pi / 4 - order pi / 2."""
    near, far = xp.minimum(a, FAR), xp.clip(a, FAR, 1e300)
    p, q = waves(order, far)
    cos, sin = (xp.cos(far) + xp.sin(far)) / math.sqrt(2), (xp.sin(far) - xp.cos(far)) / math.sqrt(2)
    if order:
        cos, sin = sin, -cos
    size = xp.sqrt(2 / (math.pi * far))
    return tuple([xp.where(a < FAR, n, xp.where(a == math.inf, math.nan, f))
                  for n, f in zip(near_j_and_y(xp, near, order), (size * (p * cos - q * sin),
                      size * (p * sin + q * cos)))])


def j_array(xp, x, order: int):
    y = j_and_y(xp, xp.abs(x), order)[0]
    return xp.where(x != x, x, xp.where(x < 0, -y, y) if order else y)


def y_array(xp, x, order: int):
    y = j_and_y(xp, xp.maximum(x, 0), order)[1]
    return xp.where(x > 0, y, xp.where(x == 0, -math.inf, math.nan))


def of_order(name: str, formula, order: int):
    def body(xp, x, /):
        return wide(formula)(xp, x, order)

    body.__name__ = name
    body.__doc__ = f"Bessel function {name[-2].upper()}_{order}; torch gives it no derivative."
    return op(body, promotes="float")


bessel_j0, bessel_j1 = of_order("bessel_j0", j_array, 0), of_order("bessel_j1", j_array, 1)
bessel_y0, bessel_y1 = of_order("bessel_y0", y_array, 0), of_order("bessel_y1", y_array, 1)


@op(promotes="float")
def spherical_bessel_j0(xp, x, /):
    """y = sin(x) / x, 1 at 0; torch gives it no derivative."""
    y = xp.where(x == 0, xp.ones((), x.dtype), xp.sin(x) / x)
    return xp.where(xp.abs(x) == math.inf, xp.zeros((), x.dtype), y)


# ---------------------------------------------------------------- Airy

AI_0, AI_SLOPE_0 = 0.355028053887817239, -0.258819403792806798  # Ai(0), Ai'(0)


def airy_step(center, y, slope, h) -> tuple:
    """Ai and Ai' at center + h, from those at the center: y'' = x y gives every Taylor coefficient from the last."""
    a, b, before = y, slope, 0.0  # coefficients of h^k and h^(k + 1), and that of h^(k - 1)
    total, total_slope, power = y + slope * h, slope, h
    for k in range(36):
        following = (center * a + before) / ((k + 1) * (k + 2))
        total_slope = total_slope + (k + 2) * following * power
        power = power * h
        total = total + following * power
        before, a, b = a, b, following
    return total, total_slope


@functools.cache
def airy_centers() -> tuple:
    """Ai and Ai' at -10, -9, ..., 2: stepped from 0, where the solutions on either side do not grow apart."""
    found = {0: (AI_0, AI_SLOPE_0)}
    for k in range(0, -10, -1):
        found[k - 1] = airy_step(float(k), *found[k], -1.0)
    for k in range(2):
        found[k + 1] = airy_step(float(k), *found[k], 1.0)
    return tuple(zip(*[found[k] for k in range(-10, 3)]))


def airy_array(xp, x):
    """Near 0 Taylor from the nearest whole number; Ai(x) = sqrt(x / 3) / pi * K_1/3(z), z = 2/3 x^(3/2), above;

    below, Ai(-x) = (P cos(z - pi / 4) - Q sin(z - pi / 4)) / (sqrt(pi) x^(1/4)), `waves` of order 1/3
    """
    near, above, below = xp.clip(x, -10, 2), xp.clip(x, 2, 1e100), xp.clip(-x, 10, 1e100)
    near = xp.where(near == near, near, 0)
    values, slopes = map(xp.asarray, airy_centers())
    center = xp.rint(near)
    at = center.astype("int64") + 10
    y = airy_step(center, values[at], slopes[at], near - center)[0]
    z = 2 / 3 * above * xp.sqrt(above)
    high = xp.sqrt(above / 3) / math.pi * falling(xp, 1 / 3, z) * xp.exp(-z)
    z = 2 / 3 * below * xp.sqrt(below)
    p, q = waves(1 / 3, z)
    angle = z - math.pi / 4
    low = (p * xp.cos(angle) - q * xp.sin(angle)) / (math.sqrt(math.pi) * xp.sqrt(xp.sqrt(below)))
    return xp.where(xp.isfinite(x), xp.where(x > 2, high, xp.where(x < -10, low, y)), math.nan)  # torch, too


@op(promotes="float")
def airy_ai(xp, x, /):
    """Airy's function Ai, the solution of y'' = x y that falls; torch gives it no derivative."""
    return wide(airy_array)(xp, x)

"""The gamma function's family: lgamma, digamma, polygamma, zeta, the incomplete gamma functions.

Each is computed in float64 from a series that can be read off a page of formulas; float32 is rounded once, at the end.
https://dlmf.nist.gov/5 (gamma), https://dlmf.nist.gov/8 (incomplete), https://dlmf.nist.gov/25.11 (zeta)
Read next: bessel.py.
"""

from __future__ import annotations

import functools
import math

from ..autograd.op import in_place, op
from ..tensor import Tensor, method
from .elementwise import refuse
from .logarithm import with_numbers
from .special import polynomial

__all__: list[str] = ["digamma", "igamma", "igammac", "lgamma", "mvlgamma", "polygamma"]


def wide(formula):
    """A body whose arrays are computed in float64, the result rounded to their own type."""
    @functools.wraps(formula)
    def body(xp, *arrays_and_params):
        arrays = [a for a in arrays_and_params if hasattr(a, "dtype")]
        y = formula(xp, *[a.astype("float64") if hasattr(a, "dtype") else a for a in arrays_and_params])
        return y.astype(arrays[0].dtype)

    body.__wide__ = formula
    return body


# ---------------------------------------------------------------- the zeta function

# B_2k / (2k)!, k from 1: the weights of Euler and Maclaurin's sum.
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)
EULER_MACLAURIN = tuple(b / math.factorial(2 * k + 2) for k, b in enumerate(BERNOULLI))


def power_sum(s, q, terms: int):
    """sum_(n < terms) (q + n)^-s"""
    total = q ** -s
    for n in range(1, terms):
        total = total + (q + n) ** -s
    return total


def zeta_tail(s, a):
    """sum_n (a + n)^-s for a >= 10, by Euler and Maclaurin; 2 ulp.

    a^-s * (a / (s - 1) + 1/2 + sum_k B_2k / (2k)! * s (s + 1) ... (s + 2k - 2) / a^(2k - 1))
    """
    total, rising = a / (s - 1) + 0.5, s / a
    for k, weight in enumerate(EULER_MACLAURIN):
        total = total + weight * rising
        rising = rising * ((s + 2 * k + 1) / a) * ((s + 2 * k + 2) / a)
    return a ** -s * total


def zeta_array(xp, s, q):
    """The Hurwitz zeta function in float64: infinite at its poles, NaN where it is not real."""
    pole = (s == 1) | ((q <= 0) & (q == xp.floor(q)))
    undefined = (s < 1) | ((q <= 0) & (s != xp.floor(s))) | xp.isnan(s) | xp.isnan(q)
    held = pole | undefined
    s, q = xp.where(held, 2, s), xp.where(held, 1, q)
    terms = 10 + int(max(0, math.ceil(-float(q.min())))) if q.size else 0
    small = xp.minimum(s, 300)  # beyond that the tail is nothing beside the first term
    y = power_sum(s, q, terms) + xp.where(s < 300, zeta_tail(small, q + terms), 0) if q.size else s * q
    return xp.where(undefined & (s == s), math.nan, xp.where(pole, math.inf, y))


def no_derivative_of(name: str):
    def rule(g):
        raise NotImplementedError(f"the derivative for '{name}' is not implemented.")

    return rule


@op(promotes="float", node="SpecialZetaBackward0")
def zeta(xp, x, other, /):
    """The Hurwitz zeta function.    y = sum_(n >= 0) (other + n)^-x    gother = -g * x * zeta(x + 1, other)"""
    x, other = xp.broadcast_arrays(xp.asarray(x), xp.asarray(other))
    return wide(zeta_array)(xp, x, other)


zeta.backward(x=no_derivative_of("zeta"), other=lambda g, x, other: g * -x * zeta(x + 1, other))
zeta = with_numbers(zeta, "SpecialZetaBackward1", "SpecialZetaBackward2")

# ---------------------------------------------------------------- log gamma and its derivatives

EULER_GAMMA = 0.5772156649015329


def zeta_less_one(s: int) -> float:
    """zeta(s) - 1 = zeta(s, 2)"""
    return power_sum(float(s), 2.0, 10) + zeta_tail(float(s), 12.0)


# log gamma(2 + z) = (1 - gamma) z + sum_k (zeta(k) - 1) (-z)^k / k, for |z| <= 1/2: 30 terms fall to 1e-18
LGAMMA_2 = (*[(-1) ** k * zeta_less_one(k) / k for k in range(31, 1, -1)], 1 - EULER_GAMMA, 0.0)

# What Stirling's formula lacks: sum_k B_2k / (2k (2k - 1) x^(2k - 1)), as a polynomial of 1 / x^2 times 1 / x
STIRLING = tuple(b / ((2 * k + 2) * (2 * k + 1)) for k, b in reversed(list(enumerate(BERNOULLI[:8]))))
# and of digamma: -sum_k B_2k / (2k x^2k)
DIGAMMA = (*[-b / (2 * k + 2) for k, b in reversed(list(enumerate(BERNOULLI[:8])))], 0.0)


def stirling_rest(x):
    """log gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2) for x >= 10"""
    return polynomial(STIRLING, 1 / (x * x)) / x


def lgamma_positive(xp, x):
    """log gamma of x > 0: Taylor's series about 2, reached by gamma(x + 1) = x gamma(x); Stirling from 10 on. 4 ulp."""
    t = xp.minimum(x, 10.0)
    product, below = xp.ones_like(t), t < 0.5
    z = xp.where(below, t + 1, t)
    for _ in range(8):
        high = z > 2.5
        product = xp.where(high, product * (z - 1), product)
        z = xp.where(high, z - 1, z)
    near_one = z < 1.5
    w = xp.where(near_one, z - 1, z - 2)
    near = polynomial(LGAMMA_2, w) - xp.where(near_one, xp.log1p(w), 0) + xp.log(product) - xp.where(
        below, xp.log(t), 0)
    far = xp.maximum(x, 10.0)
    far = (far - 0.5) * (xp.log(far) - 1) + (math.log(2 * math.pi) - 1) / 2 + stirling_rest(far)
    return xp.where(x < 10, near, xp.where(x == math.inf, x, far))


def lgamma_array(xp, x):
    """log |gamma(x)| in float64; below 0 by reflection: gamma(x) gamma(-x) = -pi / (x sin(pi x))"""
    a = xp.abs(x)
    y = lgamma_positive(xp, xp.where(a > 0, a, 1))
    sine = xp.abs(xp.sin(math.pi * (a - xp.rint(a))))
    reflected = xp.log(math.pi / (a * sine)) - y
    pole = (x <= 0) & (x == xp.floor(x))
    return xp.where(pole | (a == math.inf), math.inf, xp.where(x > 0, y, xp.where(x == x, reflected, x)))


@method
@op(promotes="float")
def lgamma(xp, x, /):
    """Logarithm of the gamma function's size.    y = log |gamma(x)|    gx = g * digamma(x)"""
    return wide(lgamma_array)(xp, x)


lgamma.backward(x=lambda g, x: g * x.digamma())


def digamma_array(xp, x):
    """psi in float64: psi(x + 1) = psi(x) + 1 / x up to 10, then log x - 1 / 2x - ..., 1e-15 beside max(1, |psi|)."""
    t = xp.where(x < 0, 1 - x, x)
    y = xp.zeros_like(t)
    for _ in range(10):
        small = t < 10
        y = xp.where(small, y - 1 / t, y)
        t = xp.where(small, t + 1, t)
    y = y + xp.log(t) - 0.5 / t + polynomial(DIGAMMA, 1 / (t * t))
    fraction = x - xp.rint(x)
    reflected = y - math.pi / xp.tan(math.pi * fraction)  # psi(1 - x) - psi(x) = pi / tan(pi x)
    pole = (x < 0) & (fraction == 0)
    return xp.where(pole, math.nan, xp.where(x == 0, -xp.copysign(math.inf, x), xp.where(x < 0, reflected, y)))


@method
@op(promotes="float")
def digamma(xp, x, /):
    """The derivative of log gamma.    y = gamma'(x) / gamma(x)    gx = g * polygamma(1, x)"""
    return wide(digamma_array)(xp, x)


digamma.backward(x=lambda g, x: g * x.polygamma(1))


@op(promotes="float", node="PolygammaBackward0")
def polygamma_of(xp, x, /, n):
    """The n-th derivative of digamma.    y = (-1)^(n + 1) n! zeta(n + 1, x)    gx = g * polygamma(n + 1, x)"""
    if n == 0:
        return wide(digamma_array)(xp, x)
    return wide(lambda xp, x: (-1) ** (n + 1) * math.gamma(n + 1) * zeta_array(xp, xp.full_like(x, n + 1), x))(xp, x)


polygamma_of.backward(x=lambda g, x, n: g * x.polygamma(n + 1))
_polygamma_ = in_place(polygamma_of, "_polygamma_")


def polygamma(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of digamma.  https://pytorch.org/docs/stable/special.html#torch.special.polygamma"""
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return polygamma_of(input, n)


Tensor.polygamma = lambda self, n: polygamma(n, self)
Tensor.polygamma_ = lambda self, n: _polygamma_(self, n)


@op(promotes="float", node="MvlgammaBackward0")
def mvlgamma_of(xp, x, /, p):
    """The multivariate log gamma.    y = p (p - 1) / 4 * log pi + sum_(i < p) log gamma(x - i / 2)

    gx = g * sum_(i < p) digamma(x - i / 2)
    """
    shifted = x[..., None] - 0.5 * xp.arange(p)
    return wide(lgamma_array)(xp, shifted.astype(x.dtype)).sum(-1) + x.dtype.type(
        p * (p - 1) / 4 * math.log(math.pi))


mvlgamma_of.backward(x=lambda g, x, p: g * sum([(x - 0.5 * i).digamma() for i in range(p)]))
_mvlgamma_ = in_place(mvlgamma_of, "_mvlgamma_")


def check_order(p: int) -> int:
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    return p


@method
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The multivariate log gamma.  https://pytorch.org/docs/stable/special.html#torch.special.multigammaln"""
    return mvlgamma_of(input, check_order(p))


@method
def mvlgamma_(self: Tensor, p: int) -> Tensor:
    """In-place form of `mvlgamma`."""
    return _mvlgamma_(self, check_order(p))


# ---------------------------------------------------------------- the incomplete gamma functions

TINY = 1e-300


def front(xp, a, x):
    """x^a e^-x / gamma(a), by Stirling's formula for large a: a log(x / a) - (x - a) loses less than a log x - x."""
    big, safe = xp.maximum(a, 10.0), xp.where(a > 0, a, 1)
    ratio = (x - big) / big
    log = xp.where(ratio < -0.5, xp.log(x / big), xp.log1p(ratio))
    near = xp.exp(big * (log - ratio) - stirling_rest(big)) * xp.sqrt(big / (2 * math.pi))
    far = xp.exp(a * xp.log(x) - x - lgamma_positive(xp, safe))
    return xp.where(a >= 10, near, far)


def lower_series(xp, a, x):
    """P(a, x) / front = 1 / a + x / (a (a + 1)) + ... for x < a + 1"""
    term = total = 1 / a
    n = 0
    while (term > total * 1e-17).any() and n < 10000:
        n += 1
        term = term * (x / (a + n))
        total = total + term
    return total


def upper_fraction(xp, a, x):
    """Q(a, x) / front as 1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / ...)) for x >= a + 1, after Lentz"""
    b = x + 1 - a
    c, d = xp.full_like(b, 1 / TINY), 1 / b
    y, n, step = d, 0, xp.full_like(b, 2.0)
    while (xp.abs(step - 1) > 1e-16).any() and n < 10000:
        n += 1
        weight, b = n * (a - n), b + 2
        d = 1 / (b + weight * d + TINY)
        c = b + weight / c
        step = c * d
        y = y * step
    return y


def incomplete(xp, a, x):
    """(P, Q) in float64, P + Q = 1; 2e-13 up to a = 300, then as the logarithms allow."""
    valid = (a > 0) & (x > 0) & (a < math.inf) & (x < math.inf)
    below = x < a + 1
    here = front(xp, xp.where(valid, a, 1), xp.where(valid, x, 1))
    low = here * lower_series(xp, xp.where(valid & below, a, 1), xp.where(valid & below, x, 1))
    high = here * upper_fraction(xp, xp.where(valid & ~below, a, 1), xp.where(valid & ~below, x, 2))
    p = xp.where(below, low, 1 - high)
    undefined = (a < 0) | (x < 0) | ((a == 0) & (x == 0)) | ((a == math.inf) & (x == math.inf))
    at_ends = xp.where((a == 0) | (x == math.inf), 1.0, 0.0)  # the others: x = 0, or a infinite
    nan = xp.where(undefined, math.nan, a + x)
    bad = undefined | (nan != nan)
    return [xp.where(bad, math.nan, xp.where(valid, inside, end))
            for inside, end in ((p, at_ends), (xp.where(below, 1 - low, high), 1 - at_ends))]


def density(g, x, other):
    """g * d P / d other = g * other^(a - 1) e^-other / gamma(a)"""
    return g * ((x - 1) * other.log() - other - x.lgamma()).exp()


@method
@op(promotes="tensors")
def igamma(xp, x, other, /):
    """The lower regularized incomplete gamma function P(x, other).    gother = g * other^(x - 1) e^-other / gamma(x)"""
    refuse(x, "biu", "igamma_cpu")
    return wide(lambda xp, a, b: incomplete(xp, *xp.broadcast_arrays(a, b))[0])(xp, x, other)


@method
@op(promotes="tensors")
def igammac(xp, x, other, /):
    """The upper regularized incomplete gamma function Q = 1 - P.    gother = -g * other^(x - 1) e^-other / gamma(x)"""
    refuse(x, "biu", "igammac_cpu")
    return wide(lambda xp, a, b: incomplete(xp, *xp.broadcast_arrays(a, b))[1])(xp, x, other)


igamma.backward(x=no_derivative_of("igamma: input"), other=density)
igammac.backward(x=no_derivative_of("igammac: input"), other=lambda g, x, other: -density(g, x, other))

for operation in (lgamma, digamma, igamma, igammac):
    in_place(operation)

"""Functions with a logarithm in them, each exact where the plain formula is not: x log y, log(e^x + e^y), logit.

Read next: normal.py.
"""

from __future__ import annotations

import math

from ..autograd.op import in_place, op, twin
from ..tensor import Tensor, expect_tensor, method
from .elementwise import refuse

__all__: list[str] = ["logaddexp", "logaddexp2", "logit", "sinc", "xlogy"]


def with_numbers(operation, first: str, second: str):
    """A function of two tensors, or of a tensor and a number, which counts as a tensor of no dimension.

    first, second    the names of the nodes where the first, or the second, is a number
    """
    of_number, by_number = twin(operation, first), twin(operation, second)

    def call(input, other) -> Tensor:
        if isinstance(input, Tensor) and isinstance(other, Tensor):
            return operation(input, other)
        if isinstance(input, Tensor):
            return by_number(input, number_beside(input, other))
        expect_tensor(other, operation.__name__, "other", 2)
        return of_number(number_beside(other, input), other)

    call.__name__ = call.__qualname__ = operation.__name__
    call.__doc__, call.with_tensor, call.by_number = operation.__doc__, operation, by_number
    return call


def number_beside(t: Tensor, value) -> Tensor:
    """A Python number as a tensor of no dimension, which leaves the type to `t`."""
    return t.new_tensor(value, dtype=None if isinstance(value, (int, float)) and t.is_floating_point() else t.dtype)


# ---------------------------------------------------------------- x log y


def nothing_times_log(xp, x, other, log):
    """x * log, where 0 times anything but NaN is 0."""
    return xp.where(xp.isnan(other), other, xp.where(x == 0, xp.zeros((), log.dtype), x * log))


@op(promotes="float", node="XlogyBackward0")
def xlogy(xp, x, other, /):
    """y = x * log(other), 0 where x = 0

    gx = g * log(other), 0 where x = 0 and other <= 0    gother = g * x / other
    """
    return nothing_times_log(xp, x, other, xp.log(other))


xlogy.backward(x=lambda g, x, other: g * other.log().masked_fill((x == 0) & (other <= 0), 0),
               other=lambda g, x, other: g * x / other)
xlogy = method(with_numbers(xlogy, "XlogyBackward1", "XlogyBackward2"))


@op(promotes="float", node="SpecialXlog1PyBackward0")
def xlog1py(xp, x, other, /):
    """y = x * log(1 + other), 0 where x = 0

    gx = g * log(1 + other), 0 where x = 0 and other <= -1    gother = g * x / (1 + other)
    """
    return nothing_times_log(xp, x, other, xp.log1p(other))


xlog1py.backward(x=lambda g, x, other: g * other.log1p().masked_fill((x == 0) & (other <= -1), 0),
                 other=lambda g, x, other: g * x / (other + 1))
xlog1py = with_numbers(xlog1py, "SpecialXlog1PyBackward1", "SpecialXlog1PyBackward2")


@op(promotes="float", node="SpecialEntrBackward0")
def entr(xp, x, /):
    """One term of an entropy.    y = -x * log x, 0 at 0, -inf below    gx = -g * (log x + 1)"""
    y = -nothing_times_log(xp, x, x, xp.log(x))
    return xp.where(x < 0, xp.asarray(-math.inf, y.dtype), y)


entr.backward(x=lambda g, x: g * -(x.log() + 1))

# ---------------------------------------------------------------- sums of exponentials


@method
@op(promotes="tensors")
def logaddexp(xp, x, other, /):
    """y = log(e^x + e^other)    gx = g * e^(x - y)    gother = g * e^(other - y)"""
    refuse(x, "biu", "logaddexp_cpu")
    return xp.logaddexp(x, other)


@method
@op(promotes="tensors")
def logaddexp2(xp, x, other, /):
    """y = log2(2^x + 2^other)    gx = g * 2^(x - y)    gother = g * 2^(other - y)"""
    refuse(x, "biu", "logaddexp2_cpu")
    return xp.logaddexp2(x, other)


def share(g, a, b, base: float):
    """g * base^(a - y), as g / (1 + base^(b - a)): two equal infinities share it."""
    return g / (1 + base ** (b - a).masked_fill(a == b, 0))


logaddexp.backward(x=lambda g, x, other: share(g, x, other, math.e), other=lambda g, x,
    other: share(g, other, x, math.e))
logaddexp2.backward(x=lambda g, x, other: share(g, x, other, 2), other=lambda g, x, other: share(g, other, x, 2))

# ---------------------------------------------------------------- logit, sinc


@op(promotes="float", node="LogitBackward0")
def logit_within(xp, x, /, eps):
    """y = log(x / (1 - x)), x held within [eps, 1 - eps]    gx = g / (x (1 - x)); outside 0, or NaN without eps"""
    x = x if eps is None else x.clip(eps, 1 - eps)
    return xp.log(x / (1 - x))


def logit_rule(g, x, eps):
    low, outside = (0, math.nan) if eps is None else (eps, 0)
    return (g / (x * (1 - x))).masked_fill((x < low) | (x > 1 - low), outside)


logit_within.backward(x=logit_rule)


@method
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """The inverse of sigmoid.  https://pytorch.org/docs/stable/generated/torch.logit.html"""
    return logit_within(input, eps)


_logit_ = in_place(logit_within, "_logit_")


@method
def logit_(self: Tensor, eps: float | None = None) -> Tensor:
    """In-place form of `logit`."""
    return _logit_(self, eps)


@method
@op(promotes="float")
def sinc(xp, x, /):
    """y = sin(pi x) / (pi x), 1 at 0    gx = g * (pi x cos(pi x) - sin(pi x)) / (pi x^2), 0 at 0"""
    t = x * math.pi
    return xp.where(x == 0, xp.ones((), x.dtype), xp.sin(t) / t)


def sinc_rule(g, x):
    t = x * math.pi
    return g * ((t * t.cos() - t.sin()) / (t * x)).masked_fill(x == 0, 0)


sinc.backward(x=sinc_rule)
in_place(sinc)
_xlogy_, _xlogy_number_ = in_place(xlogy.with_tensor, "_xlogy_"), in_place(xlogy.by_number, "_xlogy_number_")


@method
def xlogy_(self: Tensor, other) -> Tensor:
    """In-place form of `xlogy`."""
    return _xlogy_(self, other) if isinstance(other, Tensor) else _xlogy_number_(self, number_beside(self, other))

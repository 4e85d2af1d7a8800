"""Rows of ops/elementwise.py."""

import operator

import numpy as np
from samples import row

FLOATS = ("float32", "float64", "float16")
NUMBERS = (*FLOATS, "int64", "int32", "uint8")
ALL = (*NUMBERS, "bool")
HALF = {"float32": 2e-3, "float64": 2e-3}  # float16 is among the types; torch computes with it in float32
OF_INTEGERS = dict.fromkeys(ALL[3:], 1e-6)  # where an integer gives a float32


def number(low: float = -2.0, high: float = 2.0):
    """A tensor and a Python number."""
    return lambda d: ((d.array(d.shape(), low, high), d.choice(2, 3, 1.5, -0.5)), {})


def mixed(d):
    """Tensors of different types, one of them perhaps without a dimension."""
    shape = d.shape()
    kind = lambda: d.choice("float32", "float64", "float16", "int64", "int32", "uint8")  # noqa: E731
    return (d.array(shape, 1, 3, dtype=kind()), d.array(d.choice(shape, ()), 1, 3, dtype=kind())), {}


def divisors(d):
    """Broadcasting pairs whose quotient is not close to a whole number, and whose divisor is not close to 0."""
    shape = d.shape()
    other = d.broadcast(shape)
    if np.dtype(d.dtype).kind != "f":
        return (d.array(shape, -9, 9), d.array(other, 1, 3)), {}
    b = d.array(other, 0.3, 3) * d.choice(1, -1)
    a = (d.array(shape, -3, 3).round() + 0.3 + 0.4 * d.rng.random(shape)) * b
    return (np.asarray(a).astype(d.dtype), np.asarray(b).astype(d.dtype)), {}


def sizes(name):
    """Shapes that do not broadcast."""
    f = operator.attrgetter(name)
    return lambda t: f(t)(t.ones(2, 3), t.ones(2, 4)), lambda t: f(t)(t.ones(2, 3), t.ones(4, 3))


def types(name):
    """What is neither a tensor nor a number."""
    f = operator.attrgetter(name)
    return (lambda t: f(t)(t.ones(2), "a"), lambda t: f(t)(t.ones(2), None), lambda t: f(t)(t.ones(2), [1, 2]),
            lambda t: f(t)(t.ones(2), np.ones(2)))


def bools(t, op):
    return op(t.tensor([True, False]), t.tensor([True, True]))


# ---------------------------------------------------------------- arithmetic

row("add", lambda d: d.pair(), dtypes=ALL, node="AddBackward0", method=True, in_place=True,
    errors=(*sizes("add"), *types("add"), lambda t: t.ones(2).add_(t.ones(3, 2)), lambda t: t.add("a", t.ones(2)),
            lambda t: t.ones(2, dtype=t.int64).add_(1.5), lambda t: t.add(t.ones(2), t.ones(2), alpha=True),
            lambda t: t.tensor([True]).add_(1), lambda t: t.add(t.tensor([1]), t.tensor([1]), alpha=1.5)))
row("add", number(), dtypes=ALL, rtol=OF_INTEGERS, node="AddBackward0", method=True, in_place=True, id="number")
row("add", mixed, grad=(), id="mixed types", rtol=HALF)
row("add", lambda d: (d.pair()[0], {"alpha": d.choice(2, -3)}), dtypes=ALL[:-1], node="AddBackward0", method=True,
    in_place=True, id="alpha")
row("sub", lambda d: d.pair(), dtypes=NUMBERS, node="SubBackward0", method=True, in_place=True,
    errors=(*sizes("sub"), *types("sub"), lambda t: bools(t, t.sub), lambda t: t.tensor([True]) - 1,
            lambda t: t.ones(2) - t.tensor([True]), lambda t: 1 - t.tensor([True])))
row("sub", number(), dtypes=NUMBERS, node="SubBackward0", method=True, in_place=True, id="number")
row("sub", lambda d: (d.pair()[0], {"alpha": d.choice(2, -3)}), dtypes=NUMBERS[:-1], node="SubBackward0", id="alpha")
row("rsub", lambda d: d.pair(), dtypes=NUMBERS, node="RsubBackward0")
row("rsub", lambda d: (number()(d)[0], {"alpha": d.choice(1, 2)}), node="RsubBackward1", id="number")
row("mul", lambda d: d.pair(), dtypes=ALL, node="MulBackward0", method=True, in_place=True,
    errors=(*sizes("mul"), *types("mul"), lambda t: t.ones(2, dtype=t.int64).mul_(1.5),
            lambda t: t.ones(2, requires_grad=True).mul_(2)))
row("mul", number(), dtypes=ALL, rtol=OF_INTEGERS, node="MulBackward0", method=True, in_place=True, id="number")
row("mul", mixed, grad=(), id="mixed types", rtol=HALF)
row("div", divisors, dtypes=NUMBERS, rtol=OF_INTEGERS, node="DivBackward0", method=True, in_place=True,
    errors=(*sizes("div"), *types("div"), lambda t: t.ones(2, dtype=t.int64).div_(2),
            lambda t: t.div(t.ones(2), 2, rounding_mode="ceil")))
row("div", number(), dtypes=ALL, rtol=OF_INTEGERS, node="DivBackward0", method=True, in_place=True, id="number")
row("div", mixed, grad=(), id="mixed types", rtol=HALF)
row("true_divide", divisors, dtypes=NUMBERS, rtol=OF_INTEGERS, node="DivBackward0", method=True, in_place=True)
row("div", lambda d: (divisors(d)[0], {"rounding_mode": d.choice("floor", "trunc")}), dtypes=NUMBERS,
    node="DivBackward2", method=True, in_place=True, id="rounded", errors=(
        lambda t: t.div(t.tensor([1]), 0, rounding_mode="trunc"),
        lambda t: t.div(t.tensor([1]), 0, rounding_mode="floor"),
        lambda t: bools(t, lambda a, b: t.div(a, b, rounding_mode="floor")),
        lambda t: bools(t, lambda a, b: t.div(a, b, rounding_mode="trunc"))))
row("floor_divide", divisors, dtypes=NUMBERS, grad=(), method=True, in_place=True, errors=(
    *sizes("floor_divide"), *types("floor_divide"), lambda t: t.tensor([1]) // 0,
    lambda t: t.tensor([1]) // t.tensor([0]), lambda t: bools(t, t.floor_divide),
    lambda t: t.floor_divide(t.ones(2, requires_grad=True), 2).sum().backward()))
row("floor_divide", lambda d: ((d.choice(2, 7.5), divisors(d)[0][1]), {}), dtypes=NUMBERS, grad=(), id="of a number")
row("remainder", divisors, dtypes=NUMBERS, node="RemainderBackward1", method=True, in_place=True, errors=(
    *sizes("remainder"), *types("remainder"), lambda t: t.tensor([1]) % 0, lambda t: bools(t, t.remainder)))
row("remainder", lambda d: ((divisors(d)[0][0], d.choice(0.37, -0.77)), {}), node="RemainderBackward0", method=True,
    in_place=True, id="number", atol={"float32": 1e-4})  # the fraction of a large quotient
row("fmod", divisors, dtypes=NUMBERS, node="FmodBackward1", method=True, in_place=True, errors=(
    *sizes("fmod"), *types("fmod"), lambda t: t.fmod(t.tensor([1]), 0), lambda t: bools(t, t.fmod)))
row("fmod", number(), dtypes=NUMBERS, node="FmodBackward0", method=True, in_place=True, id="number")

row("neg", lambda d: d.one(), dtypes=NUMBERS, node="NegBackward0", method=True, in_place=True,
    errors=(lambda t: -t.tensor([True]), lambda t: t.neg(1)))
row("positive", lambda d: d.one(), dtypes=NUMBERS, grad=(), method=True, errors=(lambda t: +t.tensor([True]),))
# second: torch's is a "ZeroTensor", which NumPy cannot read
row("abs", lambda d: ((d.away_from((0,), d.shape()),), {}), dtypes=NUMBERS, node="AbsBackward0", method=True,
    in_place=True, second=False, errors=(lambda t: t.abs(t.tensor([True])),))
row("abs", lambda d: ((np.zeros(d.shape(), d.dtype),), {}), node="AbsBackward0", second=False, id="zero")
row("sign", lambda d: d.one(), dtypes=ALL, node="SignBackward0", method=True, in_place=True)
row("sgn", lambda d: d.one(), dtypes=ALL, grad=(), method=True, in_place=True)  # its gradient is a ZeroTensor, too
row("square", lambda d: d.one(), dtypes=ALL, node="PowBackward0", method=True, in_place=True)


def three(d, low=0.5):
    """x, a and b that broadcast to x's shape."""
    shape = d.shape()
    return tuple(d.array(s, low, 2) for s in (shape, d.broadcast(shape), d.broadcast(shape)))


row("addcmul", lambda d: (three(d), {"value": d.choice(1, 2, -3)}), dtypes=("float32", "float64", "int64"),
    node="AddcmulBackward0", method=True, in_place=True, errors=(
        lambda t: t.addcmul(*[t.tensor([True])] * 3), lambda t: t.addcmul(t.ones(2), t.ones(3), t.ones(3))))
row("addcmul", lambda d: (three(d), {"value": 0.3}), node="AddcmulBackward0", method=True, in_place=True, id="fraction")
row("addcdiv", lambda d: (three(d), {"value": d.choice(1, 0.3, -3)}), node="AddcdivBackward0", method=True,
    in_place=True, errors=(lambda t: t.addcdiv(*[t.tensor([1])] * 3),))
row("lerp", lambda d: (three(d), {}), node="LerpBackward1", method=True, in_place=True, errors=(
    lambda t: t.lerp(t.ones(2), t.ones(2, dtype=t.float64), 0.5), lambda t: t.lerp(*[t.tensor([1])] * 3),
    lambda t: t.lerp(t.ones(2), t.ones(2), t.ones(2, dtype=t.float64)), lambda t: t.lerp(t.ones(2), t.ones(2), "a")))
row("lerp", lambda d: ((*three(d)[:2], d.choice(0.1, 0.9, -2.0, 3, 0.5)), {}), node="LerpBackward0", method=True,
    in_place=True, id="number", errors=(lambda t: t.lerp(t.tensor([1]), t.tensor([1]), 0.5),))

# ---------------------------------------------------------------- powers

WHOLE = (2, 3, 4, -1, -2, 1, 0, 2.0, -3.0, 5)
row("pow", lambda d: ((d.away_from((0,), d.shape()), d.choice(*WHOLE)), {}), node="PowBackward0", method=True,
    in_place=True, id="whole", errors=(
        lambda t: t.tensor([2]) ** -1, lambda t: t.pow(2, 3),
        lambda t: t.pow(t.ones(2), "a"), lambda t: t.ones(2) ** "a", lambda t: t.ones(2, dtype=t.int64).pow_(2.0)))
row("pow", lambda d: ((d.array(d.shape(), 0.1, 2), d.choice(0.5, -0.5, 1.7, -2.3, 0.1)), {}), dtypes=FLOATS,
    node="PowBackward0", method=True, in_place=True, id="fraction")
row("pow", lambda d: ((np.zeros(d.shape(), d.dtype), d.choice(0, 1, 2, 3, 2.5)), {}), node="PowBackward0", id="zero")
row("pow", lambda d: ((d.array(d.shape(), 0, 3), d.choice(0, 1, 2, 3, 2.5)), {}), grad=(), rtol=OF_INTEGERS,
    dtypes=("int64", "int32", "uint8", "bool"), id="integers")
row("pow", lambda d: (d.pair(0.1, 2.0)[0], {}), dtypes=FLOATS, node="PowBackward1", method=True, in_place=True,
    id="tensors", errors=(*sizes("pow"), lambda t: bools(t, t.pow)))
row("pow", lambda d: ((np.array([0, 0, 0, 2, 3, 1], d.dtype), np.array([0, 1, 2, 0, 2, 0], d.dtype)), {}), second=False,
    node="PowBackward1", id="tensors, at zero")  # torch's second derivative there is NaN
row("pow", lambda d: (d.pair(-2, 2)[0], {}), dtypes=("int64", "int32"), grad=(), id="tensors of integers")
row("pow", mixed, grad=(), id="mixed types", rtol=HALF)
row("pow", lambda d: ((d.choice(2, 0.5, 3.0), d.array(d.shape())), {}), dtypes=FLOATS, node="PowBackward2",
    id="of a number")
row("pow", lambda d: ((0, d.array(d.shape(), 0.5, 2)), {}), node="PowBackward2", id="of zero",
    second=False)  # as above
row("float_power", lambda d: ((d.array(d.shape(), 0.1, 2), d.choice(2, 0.5)), {}), node="PowBackward0", method=True)
row("float_power", lambda d: (d.pair(1, 3)[0], {}), dtypes=("float32", "int64"), node="PowBackward1", id="tensors")
row("sqrt", lambda d: d.one(0.1, 4), dtypes=FLOATS, node="SqrtBackward0", method=True, in_place=True,
    errors=(lambda t: t.sqrt(1.0), lambda t: t.tensor([1]).sqrt_()))
row("sqrt", lambda d: d.one(0, 4), dtypes=ALL[3:], rtol=OF_INTEGERS, grad=(), id="integers")
row("rsqrt", lambda d: d.one(0.1, 4), dtypes=FLOATS, node="RsqrtBackward0", method=True, in_place=True)
row("reciprocal", lambda d: d.one(0.3, 4), dtypes=FLOATS, node="ReciprocalBackward0", method=True, in_place=True)
row("reciprocal", lambda d: d.one(1, 4), dtypes=("int64", "bool"), rtol=OF_INTEGERS, grad=(), id="integers")

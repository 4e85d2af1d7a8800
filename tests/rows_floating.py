"""Rows of ops/floating.py."""

import numpy as np
from samples import row

FLOATS = ("float32", "float64", "float16")
HALF = {"float16": 4e-3}
ALL = (*FLOATS, "int64", "int32", "uint8", "bool")


def edges(*more):
    """One tensor, some of its elements the numbers where formulas change."""
    def draw(d):
        x = d.array(d.shape(), -3, 3)
        special = np.asarray([*more, np.nan, np.inf, -np.inf, 0.0, -0.0],
            x.dtype) if x.dtype.kind == "f" else x.reshape(-1)
        if x.size and x.dtype.kind == "f":
            x.reshape(-1)[0] = special[d.integer(0, len(special) - 1)]
        return (x,), {}

    return draw


def apart(d):
    """A broadcasting pair, both away from 0 and from each other."""
    shape = d.shape()
    other = d.away_from((0,), d.broadcast(shape)) * d.choice(1.3, -1.7)
    return (d.away_from((0,), shape), np.asarray(other, d.dtype)), {}


def whole(low, high):
    return lambda d: (d.pair(low, high)[0], {})


def mixed(t, name):
    return getattr(t, name)(t.ones(2), t.ones(2, dtype=t.float64))


row("copysign", apart, dtypes=(*FLOATS, "int64"), node="CopysignBackward0", method=True, in_place=True)
row("copysign", lambda d: ((d.away_from((0,), d.shape()), d.choice(2, -1.5, 0.0, -0.0)), {}),
    node="CopysignBackward1", grad=(0,), method=True, in_place=True, id="number")
row("signbit", edges(), dtypes=ALL, grad=(), method=True)
row("isposinf", edges(), dtypes=ALL, grad=(), method=True)
row("isneginf", edges(), dtypes=ALL, grad=(), method=True)
row("isreal", edges(), dtypes=ALL, grad=(), method=True)
row("heaviside", lambda d: ((np.asarray(d.array(s := d.shape(), -2, 2).round()), d.array(s)), {}),
    dtypes=(*FLOATS, "int64"), grad=(),
    method=True, in_place=True, errors=(lambda t: mixed(t, "heaviside"),
                                        lambda t: t.heaviside(t.ones(2, requires_grad=True),
                                            t.ones(2)).sum().backward()))
row("heaviside", lambda d: (edges()(d)[0] * 2, {}), grad=(), id="edges")
row("frexp", lambda d: ((d.away_from((0,), d.shape()),), {}), dtypes=FLOATS, node="FrexpBackward0", method=True,
    errors=(lambda t: t.frexp(t.ones(2, dtype=t.int64)),))
row("ldexp", lambda d: (d.pair()[0], {}), dtypes=FLOATS, node="LdexpBackward0", method=True, in_place=True, rtol=HALF,
    errors=(lambda t: t.ldexp(t.ones(2), 3),))
# torch takes 2^-n of an integer n as 0 in the gradient
row("ldexp", lambda d: ((d.array(s := d.shape()), d.array(s, 0, 4, dtype="int32")), {}), dtypes=FLOATS, method=True,
    node="LdexpBackward0", in_place=True, id="integer")
row("nextafter", lambda d: d.pair(), node="NextafterBackward0", method=True, in_place=True,
    dtypes=("float32", "float64"),
    errors=(lambda t: t.nextafter(t.ones(2, dtype=t.int64), t.ones(2, dtype=t.int64)),))
row("hypot", apart, dtypes=FLOATS, node="HypotBackward0", method=True, in_place=True, errors=(
    lambda t: t.hypot(t.ones(2, dtype=t.int64), t.ones(2, dtype=t.int64)), lambda t: t.hypot(t.ones(2), 2.0),
    lambda t: t.ones(2, dtype=t.int64).hypot_(t.ones(2))))
for _name in ("fmax", "fmin"):
    _node = f"F{_name[1:]}Backward0"
    row(_name, apart, dtypes=(*FLOATS, "int64", "bool"), node=_node, method=True)
    row(_name, lambda d: (edges()(d)[0] + (d.array(),), {}), node=_node, second=False, id="edges")
for _name in ("gcd", "lcm"):
    row(_name, whole(-12, 12), dtypes=("int64", "int32", "uint8", "int8"), grad=(), method=True, in_place=True,
        errors=(lambda t, name=_name: getattr(t, name)(t.ones(2), t.ones(2)),
                lambda t, name=_name: getattr(t, name)(t.tensor([True]), t.tensor([True]))))
row("deg2rad", edges(180.0), id="edges", dtypes=ALL, node="Deg2RadBackward0", method=True, in_place=True,
    rtol={k: 1e-6 for k in ALL[3:]})
row("rad2deg", edges(), id="edges", dtypes=ALL, node="Rad2DegBackward0", method=True, in_place=True,
    rtol={k: 1e-6 for k in ALL[3:]})
row("Tensor.float_power_", lambda d: ((d.array(d.shape(), 0.3, 2), d.choice(2, 0.5, -1.5)), {}), dtypes=("float64",),
    grad=(), method=True, errors=(lambda t: t.ones(2).float_power_(2), lambda t: t.ones(2,
        dtype=t.int64).float_power_(2)))

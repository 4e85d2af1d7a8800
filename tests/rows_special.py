"""Rows of ops/special.py."""

import math

import numpy as np
from samples import row

FLOATS = ("float32", "float64", "float16")
INTEGERS = ("int64", "uint8", "bool")
OF_INTEGERS = dict.fromkeys(INTEGERS, 1e-6)  # what an integer gives is a float32


def function(name, node=None, low=-2.0, high=2.0, in_place=True, **facts):
    """A function of one number on [low, high), of floats and of integers."""
    node = node or name.capitalize() + "Backward0"
    row(name, lambda d: d.one(low, high), dtypes=FLOATS, node=node, method=True, in_place=in_place, **facts)
    row(name, lambda d: d.one(math.ceil(low), math.floor(high)), dtypes=INTEGERS, grad=(), id="integers",
        rtol=OF_INTEGERS)


function("exp", errors=(lambda t: t.exp([1]), lambda t: t.exp(1.0), lambda t: t.tensor([1]).exp_()))
function("expm1")
function("exp2")
function("log", low=0.1)
function("log1p", node="Log1PBackward0", low=-0.8)
function("log2", low=0.1)
function("log10", low=0.1)
function("sin")
function("cos")
function("tan", low=-1.2, high=1.2)
function("asin", low=-0.9, high=0.9)
function("acos", low=-0.9, high=0.9)
function("atan")
function("sinh")
function("cosh")
function("tanh")
# torch has no derivative of the in-place forms of the next three
function("asinh", in_place=False)
function("acosh", in_place=False, low=1.1, high=4, rtol={"float16": 1e-2})
function("atanh", in_place=False, low=-0.9, high=0.9)
function("erf")
function("erfc")
EDGES = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0, 3.9, -4.1, 1e-20, 30.0, 1e30])
for name in ("erf", "erfc", "exp", "log", "log1p", "tanh", "floor", "ceil", "trunc", "round"):
    row(name, lambda d: ((EDGES.astype(d.dtype),), {}), grad=(), id="edges")
row("erfc", lambda d: d.one(-6, 25), dtypes=("float64",), id="far", atol={"float64": 0})
row("atan2", lambda d: d.pair(0.2, 2), dtypes=(*FLOATS, "int64"), node="Atan2Backward0", method=True, in_place=True,
    rtol=OF_INTEGERS, errors=(lambda t: t.atan2(t.ones(2), t.ones(3)),))
row("atan2", lambda d: d.pair(), node="Atan2Backward0", id="four quadrants")


def between(d):
    """Values that are not close to a whole number or to one half."""
    x = d.away_from((-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2), d.shape())
    return (x,), {}


def rounding(name, kernel):
    row(name, between, dtypes=(*FLOATS, "int64", "uint8"), node=name.capitalize() + "Backward0", method=True,
        in_place=True, errors=(lambda t: getattr(t, name)(t.tensor([True])),))


for name in ("floor", "ceil", "trunc", "round"):
    rounding(name, name)
row("round", lambda d: ((d.array(d.shape(), -50, 50),), {"decimals": d.choice(1, 2, -1)}), node="RoundBackward1",
    method=True, in_place=True, id="decimals", errors=(lambda t: t.round(t.tensor([1]), decimals=1),))
row("round", lambda d: ((np.array([0.5, 1.5, -0.5, 2.5], d.dtype),), {}), node="RoundBackward0", id="halves")
row("frac", between, dtypes=FLOATS, node="FracBackward0", method=True, in_place=True,
    errors=(lambda t: t.frac(t.tensor([1])),))

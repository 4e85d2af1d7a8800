"""Rows of ops/compare.py."""

import numpy as np
from samples import row

FLOATS = ("float32", "float64", "float16")
ALL = (*FLOATS, "int64", "int32", "uint8", "bool")
BITS = ("int64", "int32", "uint8", "bool")
ODD = np.array([1.0, np.nan, np.inf, -np.inf, 0.0, -0.0, 3.0])


def steps(d):
    """Broadcasting pairs with ties."""
    (a, b), _ = d.pair(0, 2)
    return (np.asarray(a.round()).astype(d.dtype), np.asarray(b.round()).astype(d.dtype)), {}


def whole(d):
    """Broadcasting pairs of the type under test, with negative numbers."""
    return d.pair(-3, 3)


def sizes(name):
    return lambda t: getattr(t, name)(t.ones(2), t.ones(3)),


def types(name):
    return lambda t: getattr(t, name)(t.ones(2), "a"), lambda t: getattr(t, name)(t.ones(2), None)


for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    row(name, steps, dtypes=ALL, grad=(), method=True, in_place=True, errors=(*sizes(name), *types(name)))
    row(name, lambda d: ((steps(d)[0][0], d.choice(1, 0, 1.5, True)), {}), dtypes=ALL, grad=(), method=True,
        id="number")
    row(name, lambda d: ((ODD.astype(d.dtype), ODD[::-1].astype(d.dtype)), {}), grad=(), id="odd")
for name in ("isnan", "isinf", "isfinite"):
    row(name, lambda d: ((ODD.astype(d.dtype),), {}), dtypes=ALL, grad=(), method=True,
        errors=(lambda t, name=name: getattr(t, name)(1.0),))
row("equal", steps, dtypes=ALL, grad=(), errors=(lambda t: t.equal(t.ones(2), 1),))
row("equal", lambda d: ((d.array((2,), 1, 1), d.array((2,), 1, 1, "float64")), {}), dtypes=("float32", "int64"),
    grad=(), id="types")


def close(d):
    x = d.array(d.shape())
    return (x, np.asarray(x + d.rng.choice([0, 1e-7, 1e-3], x.shape)).astype(x.dtype)), {"rtol": d.choice(1e-5, 1e-2)}


for name in ("isclose", "allclose"):
    row(name, close, grad=(), method=name == "isclose", errors=(
        *sizes(name), lambda t, name=name: getattr(t, name)(t.ones(2), t.ones(2, dtype=t.float64)),
        lambda t, name=name: getattr(t, name)(t.ones(2), t.ones(2), rtol=-1),
        lambda t, name=name: getattr(t, name)(t.ones(2), t.ones(2), atol=-1),
        lambda t, name=name: getattr(t, name)(t.ones(2), 1)))
    row(name, lambda d: ((ODD.astype(d.dtype), ODD.astype(d.dtype)), {"equal_nan": d.boolean()}), grad=(), id="odd")
    row(name, steps, dtypes=("int64", "uint8", "bool"), grad=(), id="integers")

for name in ("logical_and", "logical_or", "logical_xor"):
    row(name, steps, dtypes=ALL, grad=(), method=True, in_place=True,
        errors=(*sizes(name), *types(name), lambda t, name=name: getattr(t, name)(t.ones(2), 1)))
row("logical_not", lambda d: ((steps(d)[0][0],), {}), dtypes=ALL, grad=(), method=True, in_place=True)
for name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    row(name, whole, dtypes=BITS, grad=(), method=True, in_place=True,
        errors=(lambda t, name=name: getattr(t, name)(t.ones(2), t.ones(2)), *types(name),
                lambda t, name=name: getattr(t, name)(t.tensor([1]), 2.0)))
    row(name, lambda d: ((whole(d)[0][0], d.choice(1, 6)), {}), dtypes=BITS, grad=(), method=True, id="number")
row("bitwise_not", lambda d: d.one(-3, 3), dtypes=BITS, grad=(), method=True, in_place=True,
    errors=(lambda t: ~t.ones(2), lambda t: t.bitwise_not(t.ones(2))))
for name in ("bitwise_left_shift", "bitwise_right_shift"):
    row(name, whole, dtypes=BITS[:-1], grad=(), method=True, in_place=True, errors=(
        lambda t, name=name: getattr(t, name)(t.ones(2), 1),
        lambda t, name=name: getattr(t, name)(t.tensor([True]), t.tensor([True]))))
    row(name, lambda d: ((whole(d)[0][0], d.choice(1, 2, 7, 8, 31, 63, 64, 70, -1)), {}), dtypes=BITS[:-1], grad=(),
        method=True, id="number")

# ---------------------------------------------------------------- choices


def chosen(d):
    shape = d.shape()
    pieces = [d.array(s) for s in (shape, d.broadcast(shape))]
    if d.boolean():
        pieces.reverse()
    return (d.array(d.choice(shape, d.broadcast(shape)), dtype="bool"), *pieces), {}


def types_of_two(d):
    kinds = ("float32", "float64", "float16", "int64", "uint8", "bool")
    return (d.array((3,), dtype="bool"), *[d.array(d.choice((3,), ()), 0, 2, dtype=d.choice(*kinds)) for _ in "ab"]), {}


row("where", chosen, dtypes=ALL, node="WhereBackward0", errors=(
    lambda t: t.where(t.tensor([1]), t.ones(1), t.ones(1)), lambda t: t.where(t.ones(1), t.ones(1), t.ones(1)),
    lambda t: t.where(t.tensor([True, False]), t.ones(3), t.ones(3)),
    lambda t: t.where(t.tensor([True, False]), t.ones(2), t.ones(3)), lambda t: t.where(True, t.ones(1), t.ones(1)),
    lambda t: t.where(t.tensor([True]), "a", t.ones(1))))
row("where", lambda d: ((chosen(d)[0][0], d.array(), d.choice(1, 2.5)), {}), dtypes=ALL, node="WhereBackward0",
    id="number")
row("where", lambda d: ((d.array((3,), dtype="bool"), d.choice(1, 2.5, True), d.choice(0, -1.5, False)), {}), grad=(),
    id="numbers")
row("where", types_of_two, grad=(), id="mixed types")
row("where", lambda d: ((d.array(d.shape(1), dtype="bool"),), {}), grad=(), id="condition")
row("Tensor.where", lambda d: ((chosen(d)[0][1], d.array((), dtype="bool"), chosen(d)[0][1].dtype.type(2).item()), {}),
    node="WhereBackward0")
for name in ("maximum", "minimum"):
    node = name.capitalize() + "Backward0"
    row(name, lambda d: d.pair(), dtypes=ALL, node=node, method=True,
        errors=(*sizes(name), *types(name), lambda t, name=name: getattr(t, name)(t.ones(2), 1)))
    row(name, steps, node=node, id="ties")
    row(name, lambda d: ((ODD.astype(d.dtype), ODD[::-1].astype(d.dtype)), {}), grad=(), id="odd")
    row(name, lambda d: (types_of_two(d)[0][1:], {}), grad=(), id="mixed types")


def bounds(d):
    """Kinks at the bounds: values keep away from them."""
    low, high = d.choice((-1, 1), (None, 0.5), (-0.5, None), (1, -1), (-1.5, -1.5))
    return (d.away_from((-1.5, -1, -0.5, 0.5, 1), d.shape()), low, high), {}


row("clamp", bounds, dtypes=(*FLOATS, "int64", "int32"), node="ClampBackward1", method=True, in_place=True, errors=(
    lambda t: t.clamp(t.ones(2)), lambda t: t.clamp(t.ones(2), "a"), lambda t: t.clamp(t.ones(2), t.ones(2), 1),
    lambda t: t.ones(2).clamp_(t.ones(3, 2))))
row("clamp", lambda d: ((np.array([-1.0, 0, 1], d.dtype), -1, 1), {}), node="ClampBackward1", id="at the bounds")
row("clamp", lambda d: ((ODD.astype(d.dtype), -1, 1), {}), grad=(), id="odd")


def tensor_bounds(d):
    (x, other), _ = d.pair()
    low, high = other, d.array(other.shape)
    return (x, *d.choice((low, high), (low, None), (None, high))), {}


row("clamp", tensor_bounds, dtypes=(*FLOATS, "int64"), node="ClampBackward0", method=True, id="tensors", errors=(
    lambda t: t.clamp(t.ones(2), t.ones(3)),))
row("clamp", lambda d: ((np.array([1.0, 1, 2, 0], d.dtype), np.array([1.0, 0, 2, 1], d.dtype),
                         np.array([1.0, 1, 1, 1], d.dtype)), {}), node="ClampBackward0", id="tensors, at the bounds")
for name, node in (("clamp_min", "ClampMinBackward"), ("clamp_max", "ClampMaxBackward")):
    row(name, lambda d: ((d.away_from((0.5,), d.shape()), 0.5), {}), dtypes=(*FLOATS, "int64"), node=node + "0",
        method=True, errors=types(name))
    row(name, lambda d: ((d.away_from((0.5,), d.shape()), 0.5), {}), node=node + "0", in_place=True, id="float")
    row(name, lambda d: d.pair(), node=node + "1", method=True, in_place=True, id="tensors", errors=sizes(name))
row("nan_to_num", lambda d: ((ODD.astype(d.dtype),), {}), dtypes=ALL, node="NanToNumBackward0", method=True,
    in_place=True)
row("nan_to_num", lambda d: ((ODD.astype(d.dtype), 1, 2.0, -3), {}), node="NanToNumBackward0", id="numbers")

"""Rows of ops/index_reduce.py."""

import numpy as np
from samples import row

FLOATS = ("float32", "float64")


def scattered(reduce, more=0):
    def draw(d):
        shape = d.shape(1, 3, zero=False)
        dim = d.dim(len(shape))
        inner = tuple(d.integer(1, n) if k != dim % len(shape) else d.integer(1, 4) for k, n in enumerate(shape))
        src = tuple(n + more * d.integer(0, 1) for n in inner)  # torch differentiates no larger one
        position = d.array(inner, 0, shape[dim] - 1, dtype="int64")
        return (d.array(shape, 0.3, 2, distinct=True), dim, position, d.array(src, 0.35, 2.1, distinct=True), reduce), {
            "include_self": d.boolean()}

    return draw


def sliced(reduce):
    def draw(d):
        shape = d.shape(1, 3, zero=False)
        dim, count = d.dim(len(shape)), d.integer(1, 4)
        source = tuple(count if k == dim % len(shape) else n for k, n in enumerate(shape))
        return (d.array(shape, 0.3, 2, distinct=True), dim, d.array((count,), 0, shape[dim] - 1, dtype="int64"),
                d.array(source, 0.35, 2.1, distinct=True), reduce), {"include_self": d.boolean()}

    return draw


def places(t):
    return t.tensor([0])


for _reduce in ("sum", "prod", "mean", "amax", "amin"):
    row("scatter_reduce", scattered(_reduce), dtypes=(*FLOATS, "int64"), grad=(0, 3), node="ScatterReduceBackward0",
        method=True, in_place=True, id=_reduce, second=_reduce == "sum", errors=(
            lambda t: t.scatter_reduce(t.ones(2), 0, places(t), t.ones(1), "x"),
            lambda t: t.scatter_reduce(t.ones(2), 0, places(t), t.ones(1).double(), "sum")))
    row("scatter_reduce", scattered(_reduce, 1), dtypes=(*FLOATS, "int64"), grad=(), id=_reduce + ", larger src")
    if _reduce != "sum":
        row("index_reduce", sliced(_reduce), dtypes=(*FLOATS, "int64"), grad=(0, 3), node="IndexReduceBackward0",
            method=True,
            in_place=True, id=_reduce, second=False, errors=(
                lambda t: t.index_reduce(t.ones(2), 0, places(t), t.ones(1), "sum"),
                lambda t: t.index_reduce(t.ones(2), 0, places(t), t.ones(1).double(), "prod"),
                lambda t: t.index_reduce(t.ones(2), 0, places(t), t.ones(3), "prod"),
                lambda t: t.index_reduce(t.ones(2, 2), 0, places(t), t.ones(1, 3), "prod"),
                lambda t: t.index_reduce(t.ones(2), 0, places(t).float(), t.ones(1), "prod"),
                lambda t: t.index_reduce(t.ones(2), 0, places(t) + 5, t.ones(1), "prod"),
                lambda t: t.index_reduce(t.ones(2), 0, places(t)[None], t.ones(1), "prod")))
row("scatter_reduce", lambda d: ((d.array((4,), 0.3, 2), 0, np.array([0, 0, 1, 2, 2]), np.array(
    [0, 2, 0, 0, 0], d.dtype), "prod"), {"include_self": d.boolean()}), node="ScatterReduceBackward0", grad=(0, 3),
    second=False, id="zeros")
row("scatter_reduce", lambda d: ((np.array([1, 2, 3], d.dtype), 0, np.array([0, 0, 1, 1]), np.array(
    [1, 1, 2, 5], d.dtype), d.choice("amax", "amin")), {"include_self": d.boolean()}), node="ScatterReduceBackward0",
    grad=(0, 3), second=False, id="ties")


def put(d):
    shape = d.shape(1, 3, zero=False)
    size, count = int(np.prod(shape)), d.integer(0, 3)
    position = d.rng.permutation(size)[:count] - (size if d.boolean() else 0)
    return (d.array(shape), position.astype("int64"), d.array((len(position),)), d.boolean()), {}


row("put", put, dtypes=(*FLOATS, "int64"), grad=(0, 2), node="PutBackward0", method=True, in_place=True, errors=(
    lambda t: t.put(t.ones(2), places(t).int(), t.ones(1)), lambda t: t.put(t.ones(2), places(t), t.ones(2)),
    lambda t: t.put(t.ones(2), places(t), t.ones(1).double()), lambda t: t.put(t.ones(2), places(t) + 5, t.ones(1))))
row("renorm", lambda d: ((d.away_from((0,), s := d.shape(2, 3, zero=False)), d.choice(1, 2, 3), d.dim(len(s)),
    d.choice(0.5, 2.0, 0)),
                         {}), dtypes=FLOATS, node="RenormBackward0", method=True, in_place=True, errors=(
    lambda t: t.renorm(t.ones(2), 2, 0, 1.0), lambda t: t.renorm(t.ones(2, 2), -2, 0, 1.0),
    lambda t: t.renorm(t.ones(2, 2), 2, 0, -1), lambda t: t.renorm(t.ones(2, 2), 2, 4, 1.0),
    lambda t: t.renorm(t.ones(2, 2, dtype=t.int64), 2, 0, 1.0)))

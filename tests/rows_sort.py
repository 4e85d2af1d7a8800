"""Rows for ops/sort.py."""

import numpy as np
from samples import row

REAL = ("float32", "float64", "float16", "int64", "uint8")


def along(d, zero=True, **options):
    shape = d.shape(zero=zero)
    return (d.array(shape, distinct=True),), {"dim": d.dim(len(shape)), **options}


def with_zeros(d):
    shape = d.shape(1, zero=False)
    x = d.array(shape, 0.5, 2)
    x[d.rng.random(shape) < 0.3] = 0
    return (x, d.dim(len(shape))), {}


def with_ties(d, **options):
    """Equal values, and NaN among floats."""
    shape = d.shape(1, zero=False)
    x = d.array(shape, 0, 3, "int64").astype(d.dtype)
    if x.dtype.kind == "f":
        x[d.rng.random(shape) < 0.2] = float("nan")
    return (x,), {"dim": d.dim(len(shape)), **options}


def distinct(d, shape):
    """No two values equal, integers included."""
    if "int" not in d.dtype:
        return d.array(shape, distinct=True)
    return d.rng.permutation(int(np.prod(shape))).reshape(shape).astype(d.dtype)


def few(d):
    """(x, k, dim)"""
    shape = d.shape(1, most=3, zero=False)
    dim = d.dim(len(shape))
    return (distinct(d, shape), d.integer(0, shape[dim]), dim), {"largest": d.boolean()}


def kth(d):
    shape = d.shape(1, most=3, zero=False)
    dim = d.dim(len(shape))
    return (distinct(d, shape), d.integer(1, shape[dim]), dim, d.boolean()), {}


row("cumsum", along, dtypes=(*REAL, "bool"), node="CumsumBackward0", method=True, in_place=True,
    errors=(lambda t: t.ones(2, 3).cumsum(2),))
row("cumsum", lambda d: ((d.array((2, 3)), 0), {"dtype": "float64"}), dtypes=("float32", "int64"), id="dtype")
row("cumprod", along, dtypes=(*REAL, "bool"), node="CumprodBackward0", method=True, in_place=True,
    errors=(lambda t: t.ones(2, 3).cumprod(-3),))
row("cumprod", with_zeros, id="zeros")
row("sort", lambda d: along(d, descending=d.boolean()), dtypes=REAL, node="SortBackward0", method=True,
    errors=(lambda t: t.ones(2, 3).sort(2),))
row("sort", lambda d: with_ties(d, descending=d.boolean(), stable=True), dtypes=(*REAL, "bool"), node="SortBackward1",
    second=False, id="ties")
row("argsort", lambda d: along(d, descending=d.boolean()), dtypes=REAL, grad=(), method=True)
row("argsort", lambda d: with_ties(d, descending=d.boolean(), stable=True), grad=(), id="ties")
row("msort", lambda d: ((d.array(d.shape(), distinct=True),), {}), node="SortBackward0", method=True)
row("topk", few, dtypes=REAL, node="TopkBackward0", method=True, errors=(
    lambda t: t.ones(2, 3).topk(4),
    lambda t: t.ones(2, 3).topk(-1),
    lambda t: t.ones(2, 3).topk(1, 2),
    lambda t: t.ones(3).bool().topk(1),
))
row("topk", lambda d: ((d.array((3, 200), distinct=True), 5), {"largest": d.boolean()}), id="few of many")
row("kthvalue", kth, dtypes=REAL, node="KthvalueBackward0", method=True, errors=(
    lambda t: t.ones(2, 3).kthvalue(4),
    lambda t: t.ones(2, 3).kthvalue(0),
))
row("median", lambda d: ((distinct(d, (2, 5, 3)), d.dim(3), d.boolean()), {}), dtypes=REAL,
    node="MedianBackward1", method=True)
row("median", lambda d: ((d.array(d.shape(zero=False), distinct=True),), {}), dtypes=REAL, node="MedianBackward0",
    method=True, id="all elements")

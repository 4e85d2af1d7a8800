"""Rows of ops/index.py and ops/gather.py. Reading and writing by `x[...]` is drawn in test_indexing.py."""

import numpy as np
from samples import row

ANY = ("float32", "float64", "int64", "bool")


def positions(d, length, shape):
    return d.rng.integers(0, length, shape).astype("int64")


def gathered(d):
    x = d.array((3, 4, 2))
    dim = d.dim(3)
    shape = [d.integer(1, n) for n in x.shape]
    shape[dim] = d.integer(0, 5)
    return x, dim, positions(d, x.shape[dim], tuple(shape))


def scattered(d):
    """Distinct positions, so that what is written does not depend on the order."""
    x = d.array((4, 3))
    index = np.stack([d.rng.permutation(4)[:2] for _ in range(3)], axis=1).astype("int64")
    return x, 0, index


row("gather", lambda d: (gathered(d), {}), dtypes=ANY, method=True, grad=(0,), node="GatherBackward0",
    errors=(lambda t: t.ones(2, 2).gather(0, t.zeros(1, 2)), lambda t: t.ones(2, 2).gather(0, t.zeros(2).long()),
            lambda t: t.ones(2, 2).gather(0, t.full((1, 2), 5)), lambda t: t.ones(2, 2).gather(2, t.zeros(1,
            2).long())))
row("scatter", lambda d: ((*scattered(d), d.array((2, 3))), {}), dtypes=ANY, method=True, in_place=True, grad=(0, 3),
    node="ScatterBackward0", errors=(lambda t: t.ones(2).scatter(0, t.tensor([3]), t.ones(1)),))
row("scatter", lambda d: ((*scattered(d), 1.5), {}), method=True, in_place=True, grad=(0,), node="ScatterBackward1",
    id="number")
row("scatter_add", lambda d: (lambda a: ((*a, d.array(a[2].shape)), {}))(gathered(d)), dtypes=("float32", "float64",
    "int64"),
    method=True, in_place=True, grad=(0, 3), node="ScatterAddBackward0")
row("take_along_dim", lambda d: (lambda x: ((x, np.argsort(d.array(x.shape), axis=0), 0), {}))(d.array((3, 2))),
    grad=(0,),
    method=True, node="GatherBackward0")
row("take", lambda d: ((d.array((3, 4)), d.rng.integers(-12, 12, d.shape()).astype("int64")), {}), dtypes=ANY,
    grad=(0,),
    method=True, node="TakeBackward0", errors=(lambda t: t.ones(2).take(t.tensor([2])),
                                               lambda t: t.ones(2).take(t.ones(1))))


def slices(d, unique=False):
    x = d.array((4, 3, 2))
    dim = d.dim(3)
    n = x.shape[dim]
    at = d.rng.permutation(n)[: d.integer(0, n)] if unique else d.rng.integers(0, n, d.integer(0, 5))
    shape = list(x.shape)
    shape[dim] = len(at)
    return x, dim, at.astype("int64"), d.array(tuple(shape))


row("index_select", lambda d: (slices(d)[:3], {}), dtypes=ANY, grad=(0,), method=True, node="IndexSelectBackward0",
    errors=(lambda t: t.ones(2).index_select(0, t.tensor([2])), lambda t: t.ones(2, 2).index_select(0, t.zeros(1,
    1).long())))
row("index_add", lambda d: (slices(d), {"alpha": d.choice(1, 2)}), dtypes=("float32", "float64", "int64"), grad=(0, 3),
    method=True, in_place=True, node="IndexAddBackward0")
row("index_fill", lambda d: ((*slices(d)[:3], 2), {}), dtypes=("float32", "float64", "int64"), grad=(0,), method=True,
    in_place=True, node="IndexFillBackward0")
row("index_copy", lambda d: (slices(d, unique=True), {}), dtypes=ANY, grad=(0, 3), method=True, in_place=True,
    node="IndexCopyBackward0")
row("index_put", lambda d: ((d.array((4, 3)), (positions(d, 4, (5,)), positions(d, 3, (5,))), d.array((5,))),
                            {"accumulate": True}), grad=(0, 2), method=True, in_place=True, node="IndexPutBackward0",
    errors=(lambda t: t.ones(3).index_put((t.tensor([0, 1]),), t.ones(3)),
            lambda t: t.ones(3).index_put((t.tensor([0]),), t.ones(1).double())))


def masked(d):
    x = d.array(d.shape())
    return x, d.array(x.shape, dtype="bool")


row("masked_fill", lambda d: ((*masked(d), 1.5), {}), dtypes=("float32", "float64"), grad=(0,), method=True,
    in_place=True,
    node="MaskedFillBackward0", errors=(lambda t: t.ones(2).masked_fill(t.ones(2), 1.0),))
row("masked_fill", lambda d: ((*masked(d), d.array(())), {}), grad=(0, 2), method=True, in_place=True,
    node="MaskedFillBackward1", id="tensor", errors=(lambda t: t.ones(2).masked_fill(t.ones(2).bool(), t.ones(2)),))
row("masked_select", lambda d: (masked(d), {}), dtypes=ANY, grad=(0,), method=True, node="MaskedSelectBackward0",
    errors=(lambda t: t.ones(2).masked_select(t.ones(2)),))
row("masked_scatter", lambda d: (lambda x, m: ((x, m, d.array((x.size + 1,))), {}))(*masked(d)), grad=(0, 2),
    method=True,
    in_place=True, node="MaskedScatterBackward0",
    errors=(lambda t: t.ones(2).masked_scatter(t.ones(2).bool(), t.ones(1)),))
row("nonzero", lambda d: ((d.array(d.shape()),), {"as_tuple": d.boolean()}), dtypes=ANY, grad=(), method=True)
row("argwhere", lambda d: ((d.array(d.shape()),), {}), dtypes=ANY, grad=(), method=True)
row("nn.functional.one_hot", lambda d: ((positions(d, 4, d.shape(zero=False)), d.choice(4, 6, -1)), {}),
    dtypes=("float32",),
    grad=(), errors=(lambda t: t.nn.functional.one_hot(t.tensor([1, 2]), 2),
                     lambda t: t.nn.functional.one_hot(t.tensor([-1])),
                     lambda t: t.nn.functional.one_hot(t.ones(2))))

"""Rows of ops/combine.py, ops/patch.py, ops/search.py, and of what was added to ops/join.py."""

import numpy as np
from samples import row

FLOATS = ("float32", "float64")
ANY = (*FLOATS, "int64", "bool")
NUMBERS = (*FLOATS, "int64")
OWN = {"same_node": False}  # a composition: the last node is another than torch's

# ---------------------------------------------------------------- combine.py

row("diag", lambda d: ((d.array(d.shape(1, 2)), d.integer(-2, 2)), {}), dtypes=ANY, method=True, second=False,
    errors=(lambda t: t.diag(t.ones(2, 2, 2)),))
row("diagflat", lambda d: ((d.array(d.shape()), d.integer(-2, 2)), {}), dtypes=ANY, node="DiagEmbedBackward0",
    method=True)
row("diag_embed", lambda d: ((d.array(d.shape(1, 3)), d.integer(-2, 2), *d.choice((0, 1), (-2, -1), (1, 0))), {}),
    dtypes=ANY,
    node="DiagEmbedBackward0", method=True, errors=(lambda t: t.diag_embed(t.ones(2), 0, 1, -1),))
row("block_diag", lambda d: (tuple(d.array(d.shape(0, 2)) for _ in range(d.integer(1, 3))), {}), dtypes=ANY,
    node="BlockDiagBackward0", errors=(lambda t: t.block_diag(t.ones(1, 1, 1)),))
row("kron", lambda d: ((d.array(d.shape(0, 3, 3)), d.array(d.shape(0, 3, 3))), {}), dtypes=NUMBERS, method=True,
    strided=False, **OWN)
row("cross", lambda d: ((d.array((2, 3)), d.array(d.choice((2, 3), (1, 3))), d.choice(1, -1)), {}), dtypes=NUMBERS,
    node="LinalgCrossBackward0", method=True, errors=(
        lambda t: t.cross(t.ones(2), t.ones(2)), lambda t: t.cross(t.ones(3), t.ones(2)),
        lambda t: t.cross(t.ones(3), t.ones(1, 3), 0)))
row("cartesian_prod", lambda d: (tuple(d.array((d.integer(0, 3),)) for _ in range(d.integer(1, 3))), {}), dtypes=ANY,
    **OWN,
    errors=(lambda t: t.cartesian_prod(t.ones(2, 2)),))
row("combinations", lambda d: ((d.array((d.integer(0, 5),)), d.integer(1, 3), d.boolean()), {}), dtypes=ANY,
    method=True,
    **OWN, errors=(lambda t: t.combinations(t.ones(2, 2)), lambda t: t.combinations(t.ones(2), -1)))
# torch's own gradient of vander raises for some N
row("vander", lambda d: ((d.array((d.integer(0, 4),)), d.choice(None, 1, 3), d.boolean()), {}), dtypes=NUMBERS, grad=(),
    errors=(lambda t: t.vander(t.ones(2, 2)),))
row("rot90", lambda d: ((d.array(d.shape(2, 3)), d.integer(-5, 5), d.choice((0, 1), (1, 0), (-1, 0))), {}), dtypes=ANY,
    node="Rot90Backward0", method=True, errors=(
        lambda t: t.rot90(t.ones(2)), lambda t: t.rot90(t.ones(2, 2), 1, [0, 0]),
            lambda t: t.rot90(t.ones(2, 2), 1, [0])))

# ---------------------------------------------------------------- patch.py

row("select_scatter", lambda d: ((d.array((3, 4)), *d.choice((d.array((4,)), 0, 2), (d.array((3,)), -1, -2))), {}),
    dtypes=FLOATS, method=True, **OWN, errors=(lambda t: t.select_scatter(t.ones(2, 2), t.ones(3), 0, 0),))
row("slice_scatter", lambda d: ((d.array((5, 4)), *d.choice((d.array((2, 4)), 0, 1, 3),
    (d.array((5, 2)), -1, 0, 4, 2))), {}),
    dtypes=FLOATS, method=True, **OWN)
row("diagonal_scatter", lambda d: ((d.array((3, 4)), *d.choice((d.array((3,)), 1), (d.array((2,)), -1))), {}),
    dtypes=FLOATS, method=True, **OWN, errors=(lambda t: t.diagonal_scatter(t.ones(2, 2), t.ones(3)),))
# torch gives x the gradient inside the window, where it was replaced, and none outside
row("as_strided_scatter", lambda d: ((d.array((3, 4)), d.array((2, 2)), (2, 2), (4, 1), d.choice(None, 3)), {}),
    dtypes=FLOATS,
    grad=(1,), method=True, strided=False, **OWN)


def copy(name, draw, **facts):
    row(name, lambda d: (draw(d), {}), dtypes=FLOATS, **facts, **OWN)


copy("alias_copy", lambda d: (d.array(d.shape()),))
copy("as_strided_copy", lambda d: (d.array((3, 4)), (2, 2), (4, 1), 1))
copy("detach_copy", lambda d: (d.array(d.shape()),), grad=())
copy("diagonal_copy", lambda d: (d.array((3, 4)), d.integer(-1, 1)))
copy("expand_copy", lambda d: (d.array((3, 1)), (2, 3, 4)))
copy("narrow_copy", lambda d: (d.array((5, 2)), 0, 1, 3), method=True)
copy("permute_copy", lambda d: (d.array((2, 3, 4)), (2, 0, 1)))
copy("select_copy", lambda d: (d.array((2, 3)), 1, 2))
copy("slice_copy", lambda d: (d.array((5, 2)), 0, 1, 4, 2))
copy("split_copy", lambda d: (d.array((5, 2)), 2))
copy("split_with_sizes_copy", lambda d: (d.array((5, 2)), [1, 4]))
copy("squeeze_copy", lambda d: (d.array((1, 2, 1)),))
copy("t_copy", lambda d: (d.array((3, 2)),))
copy("transpose_copy", lambda d: (d.array((3, 2, 2)), 0, -1))
copy("unbind_copy", lambda d: (d.array((3, 2)), 1))
copy("unfold_copy", lambda d: (d.array((6,)), 0, 3, 2))
copy("unsqueeze_copy", lambda d: (d.array((3, 2)), -1))
copy("view_copy", lambda d: (d.array((3, 2)), (2, 3)))

# ---------------------------------------------------------------- join.py

for _n in (1, 2, 3):
    row(f"atleast_{_n}d", lambda d: ((d.array(d.shape()),), {}), dtypes=ANY, **OWN)
    row(f"atleast_{_n}d", lambda d: ((d.array(d.shape()), d.array(d.shape())), {}), id="several", **OWN)
row("row_stack", lambda d: (([d.array((3,)), d.array((2, 3))],), {}), dtypes=FLOATS, node="CatBackward0")
for _name in ("split_with_sizes", "unsafe_split_with_sizes"):
    row(_name, lambda d: ((d.array((5, 4)), [1, 0, 4], d.choice(0, -2)), {}), dtypes=FLOATS, method=True, **OWN)
row("unsafe_split", lambda d: ((d.array((5, 4)), d.integer(1, 3), d.dim(2)), {}), dtypes=FLOATS, method=True, **OWN)
row("unsafe_chunk", lambda d: ((d.array((5, 4)), d.integer(1, 3), d.dim(2)), {}), dtypes=FLOATS, method=True, **OWN)
for _name, _least in (("hsplit", 1), ("vsplit", 2), ("dsplit", 3)):
    row(_name, lambda d, n=_least: ((d.array((4, 4, 4)[: d.integer(n, 3)]), d.choice(2, (1, 3), 1)), {}), dtypes=FLOATS,
        method=True, id="large", **OWN, errors=(lambda t, f=_name: getattr(t, f)(t.ones(3, 3, 3), 2), lambda t,
            f=_name: getattr(t, f)(
            t.ones(()), 2)))

# ---------------------------------------------------------------- search.py


def ordered(d):
    shape = d.shape(1, 2, zero=False)
    rows = np.sort(d.array(shape, -3, 3), -1)
    x = d.array((*shape[:-1], d.integer(0, 5)), -4, 4)
    if len(shape) == 1 and d.boolean():
        x = d.array(d.shape(), -4, 4)
    return (rows, x), {"out_int32": d.boolean(), "right": d.boolean()}


row("searchsorted", ordered, dtypes=NUMBERS, grad=(), errors=(
    lambda t: t.searchsorted(t.ones(2, 2), t.ones(3, 3)), lambda t: t.searchsorted(t.ones(2), t.ones(3), side="x"),
    lambda t: t.searchsorted(t.ones(2), t.ones(3), side="left", right=True)))
row("searchsorted", lambda d: ((x := d.array((5,)), d.array((3,))), {"sorter": np.argsort(x),
    "side": d.choice("left", "right")}),
    dtypes=FLOATS, grad=(), id="sorter")
row("bucketize", lambda d: ((d.array(d.shape(), -4, 4), np.sort(d.array((5,), -3, 3))), {"right": d.boolean()}),
    dtypes=NUMBERS,
    grad=(), errors=(lambda t: t.bucketize(t.ones(2), t.ones(2, 2)),))
row("isin", lambda d: ((np.asarray(d.array(d.shape()).round()), np.asarray(d.array(d.shape()).round())),
                       {"invert": d.boolean()}), dtypes=NUMBERS, grad=(), strided=False,
    errors=(lambda t: t.isin(t.ones(2), t.ones(2, dtype=t.bool)),))


def repeated(d):
    return np.asarray(d.array(d.shape(1, 3, zero=False), -1, 1).round())


row("unique", lambda d: ((repeated(d),), {"return_inverse": d.boolean(), "return_counts": d.boolean()}), dtypes=ANY,
    grad=(),
    method=True)
row("unique", lambda d: ((x := repeated(d),), {"return_inverse": d.boolean(), "return_counts": d.boolean(),
                                               "dim": d.dim(x.ndim)}), dtypes=NUMBERS, grad=(), method=True, id="dim")
row("unique_consecutive", lambda d: ((x := repeated(d),), {"return_inverse": d.boolean(), "return_counts": d.boolean(),
                                                           "dim": d.choice(None, d.dim(x.ndim))}), dtypes=ANY,
                                                           grad=(), method=True)
row("nonzero_static", lambda d: ((repeated(d),), {"size": d.integer(0, 6), "fill_value": d.choice(-1, 7)}),
    dtypes=ANY, grad=(),
    method=True)
row("unravel_index", lambda d: ((d.array(d.shape(), 0, 23, dtype="int64"), d.choice((2, 3, 4), (24,), 30)), {}),
    grad=(),
    errors=(lambda t: t.unravel_index(t.ones(2), (2,)),))

"""Rows of ops/statistics.py and ops/running.py."""

import numpy as np
from samples import row

FLOATS = ("float32", "float64")
NUMBERS = (*FLOATS, "int64")
OWN = {"same_node": False}  # a composition: the last node is another than torch's


def reduced(distinct=True, least=1, nan=False):
    """A tensor and one of its dims."""
    def draw(d):
        shape = d.shape(least, 3, zero=False)
        x = d.array(shape, distinct=distinct and np.dtype(d.dtype).kind == "f")
        if nan and x.dtype.kind == "f" and d.boolean():
            x.reshape(-1)[0] = np.nan
        return (x, d.dim(len(shape))), {}

    return draw


def named(draw):
    def call(d):
        (x, dim), _ = draw(d)
        return (x,), {"dim": dim, "keepdim": d.boolean()}

    return call


row("aminmax", lambda d: ((d.array(d.shape(zero=False), distinct=True),), {}), dtypes=FLOATS, node="AminmaxBackward0",
    method=True, errors=(lambda t: t.aminmax(t.ones(0)),))
row("aminmax", named(reduced(least=0)), dtypes=NUMBERS, node="AminmaxBackward0", method=True, id="dim")
row("mode", named(lambda d: ((np.asarray(d.array(s := d.shape(1, 3, side=6, zero=False), -2, 2).round()),
    d.dim(len(s))), {})),
    dtypes=NUMBERS, node="ModeBackward0", method=True, id="ties", errors=(lambda t: t.mode(t.ones(0)),))
row("nanmedian", lambda d: (reduced(nan=True)(d)[0][:1], {}), dtypes=NUMBERS, node="NanmedianBackward0", method=True,
    second=False, id="NaN")
row("nanmedian", named(reduced(nan=True)), dtypes=NUMBERS, node="NanmedianBackward1", method=True, id="dim, NaN")
row("nanmean", named(reduced(nan=True)), dtypes=FLOATS, node="DivBackward0", method=True,
    id="NaN", errors=(lambda t: t.nanmean(t.tensor([1])),))
for _name in ("quantile", "nanquantile"):
    row(_name, lambda d: (reduced()(d)[0][:1] + (d.choice(0.0, 0.3, 0.5, 1.0),), {}), dtypes=FLOATS, method=True, **OWN)
    row(_name, lambda d: (reduced(nan=True)(d)[0][:1] + (d.choice(0.0, 0.3, 0.5, 1.0),), {}), dtypes=FLOATS, grad=(),
        id="NaN")
    row(_name, lambda d: ((lambda x, dim: ((x, d.array((3,), 0, 1), dim, d.boolean()), {
        "interpolation": d.choice("linear", "lower", "higher", "midpoint", "nearest")}))(*reduced()(d)[0])),
        dtypes=FLOATS, grad=(0,), method=True, id="several", **OWN, errors=(
            lambda t, f=_name: getattr(t, f)(t.ones(2), 2.0), lambda t, f=_name: getattr(t, f)(t.ones(0), 0.5),
            lambda t, f=_name: getattr(t, f)(t.ones(2, dtype=t.int64), 0.5),
            lambda t, f=_name: getattr(t, f)(t.ones(2), 0.5, interpolation="x"),
            lambda t, f=_name: getattr(t, f)(t.ones(2), t.ones(1).double()),
            lambda t, f=_name: getattr(t, f)(t.ones(2), t.ones(1, 1))))


def samples(d):
    m, n = d.integer(1, 4), d.integer(3, 6)
    return d.array(d.choice((m, n), (n,)))


row("cov", lambda d: ((samples(d),), {"correction": d.choice(0, 1)}), dtypes=FLOATS, method=True, **OWN,
    errors=(lambda t: t.cov(t.ones(2, 2, 2)), lambda t: t.cov(t.ones(2, 2), fweights=t.ones(2)),
            lambda t: t.cov(t.ones(2, 2), fweights=t.ones(3, dtype=t.int64)),
            lambda t: t.cov(t.ones(2, 2), fweights=t.ones(2, 2, dtype=t.int64)),
            lambda t: t.cov(t.ones(2, 2), aweights=t.ones(2, dtype=t.int64)),
            lambda t: t.cov(t.ones(2, 2), aweights=-t.ones(2))))
row("cov", lambda d: ((lambda x: ((x,), {"fweights": d.array(x.shape[-1:], 1, 4, dtype="int64"),
                                         "aweights": d.array(x.shape[-1:], 0.5, 2)}))(samples(d))),
    dtypes=FLOATS, grad=(0,), method=True, id="weights", **OWN)
row("corrcoef", lambda d: ((d.array((d.integer(2, 4), 6)),), {}), dtypes=FLOATS, method=True, second=False, **OWN,
    rtol={"float32": 1e-4}, atol={"float32": 1e-4}, errors=(lambda t: t.corrcoef(t.ones(2, 2, 2)),))


def counts(d):
    n = d.integer(0, 8)
    return (d.array((n,), 0, 5, dtype="int64"), d.choice(None, d.array((n,)))), {"minlength": d.choice(0, 9)}


row("bincount", counts, dtypes=(*FLOATS,), grad=(), method=True, errors=(
    lambda t: t.bincount(t.tensor([1.0, 2])), lambda t: t.bincount(t.tensor([-1])),
        lambda t: t.bincount(t.tensor([[1]])),
    lambda t: t.bincount(t.tensor([1]), t.ones(2))))
# of equal numbers, the range is made up, and its rounding decides
row("histc", lambda d: ((d.array((d.integer(3, 9),)), d.integer(1, 5), *d.choice((0, 0), (-1, 1.5))), {}),
    dtypes=FLOATS,
    grad=(),
    method=True, errors=(lambda t: t.histc(t.ones(2), 0), lambda t: t.histc(t.ones(2), 2, 3, 1),
                         lambda t: t.histc(t.tensor([1]))))
row("histogram", lambda d: ((x := d.array((3, d.integer(1, 3)), distinct=True), d.integer(1, 5)), {
    "range": d.choice(None, (-1.0, 1.5)), "weight": d.choice(None, d.array(x.shape, 0, 1)), "density": False}),
    dtypes=FLOATS, grad=(), method=True, errors=(lambda t: t.histogram(t.ones(3, dtype=t.int64), 3),))
row("histogram", lambda d: ((d.array((9,)), np.array([-1, -0.5, 0.3, 2.1], d.dtype)), {"density": d.boolean()}),
    dtypes=FLOATS, grad=(), method=True, id="edges")
row("histogramdd", lambda d: ((d.array((7, 2)), [3, 4]), {"range": d.choice(None, (-1.0, 1.0, -2.0, 1.5)),
                                                          "density": False}), dtypes=FLOATS, grad=())

# ---------------------------------------------------------------- running.py

for _name in ("cummax", "cummin"):
    row(_name, reduced(), dtypes=NUMBERS, node=_name.capitalize() + "Backward0", method=True)
    row(_name, reduced(nan=True), dtypes=NUMBERS, node=_name.capitalize() + "Backward0", id="NaN")
    row(_name, lambda d: ((np.array([1, 3, 3, 2, 3, 1], d.dtype), 0), {}), node=_name.capitalize() + "Backward0",
        id="ties")
row("logcumsumexp", reduced(), dtypes=FLOATS, node="LogcumsumexpBackward0", method=True, second=False,
    errors=(lambda t: t.logcumsumexp(t.tensor([1]), 0),))
row("diff", lambda d: (lambda x, dim: ((x,), {"n": d.integer(0, 3), "dim": dim}))(*reduced()(d)[0]),
    dtypes=(*NUMBERS, "bool"),
    method=True, **OWN, errors=(lambda t: t.diff(t.tensor(1.0)), lambda t: t.diff(t.ones(2), -1)))
row("diff", lambda d: ((d.array((2, 3)),), {"prepend": d.array((2, 1)), "append": d.array((2, 2))}), method=True,
    id="ends")
row("gradient", lambda d: ((d.array((4, 5)),), {"spacing": d.choice(1, 0.5), "edge_order": d.choice(1, 2),
                                                "dim": d.choice(None, 1, (0, 1))}), dtypes=FLOATS, **OWN,
    errors=(lambda t: t.gradient(t.ones(1)),))
row("gradient", lambda d: ((d.array((4, 5)),), {"spacing": [np.array([0, 1, 2.5, 3], d.dtype),
                                                            np.array([0, 0.5, 1, 2, 4], d.dtype)],
                                                "edge_order": d.choice(1, 2)}), grad=(0,), id="coordinates", **OWN)
for _name in ("trapezoid", "cumulative_trapezoid"):
    row(_name, lambda d: (lambda x, dim: ((x,), {"dx": d.choice(1, 0.5), "dim": dim}))(*reduced()(d)[0]),
        dtypes=FLOATS, **OWN)
    row(_name, lambda d: ((d.array((3, 4)), d.array(d.choice((4,), (3, 4)))), {}), id="x", **OWN,
        errors=(lambda t, f=_name: getattr(t, f)(t.ones(3), t.ones(2)),))

"""Rows for ops/reduce.py."""

from samples import row

REAL = ("float32", "float64", "float16", "int64", "int32", "uint8", "bool")
FLOATS = ("float32", "float64", "float16")


def some(d, *names, least=0, zero=True, **fixed):
    """A dim (or dims, or none), now and then keepdim, for a tensor of d.shape()."""
    shape = d.shape(least, zero=zero)
    dim = d.choice(*names)
    options = {}
    if dim == "one":
        options["dim"] = d.dim(len(shape))
    elif dim == "several":
        options["dim"] = d.dims(len(shape))
    elif dim == "empty":
        options["dim"] = ()
    if options and d.boolean():
        options["keepdim"] = True
    return shape, {**options, **fixed}


def all_elements(d):
    return (d.array(d.shape(zero=False)),), {}


def along_one(d, distinct=False):
    shape, options = some(d, "one", zero=False)
    return (d.array(shape, distinct=distinct),), options


def along_some(d):
    shape, options = some(d, "one", "several", "empty")
    return (d.array(shape),), options


def ties(d):
    """Values of which many are equal."""
    shape, options = some(d, "one", zero=False)
    return (d.array(shape, 0, 2, "int64").astype(d.dtype),), options


def whole_ties(d):
    return (d.array(d.shape(zero=False), 0, 2, "int64").astype(d.dtype),), {}


def with_nan(d):
    shape, options = some(d, "one", "several", zero=False)
    x = d.array(shape)
    x[d.rng.random(shape) < 0.3] = float("nan")
    return (x,), options


def some_zeros(d, one=True):
    shape, options = some(d, "one", least=1, zero=False)
    x = d.array(shape, 0.5, 2)
    x[d.rng.random(shape) < 0.3] = 0
    return (x,), options if one else {}


def spread(d):
    """Values along dims of which at least two are reduced."""
    shape = tuple(n + 1 for n in d.shape(1, 3, zero=False))
    dim = d.choice(None, d.dim(len(shape)), d.dims(len(shape)))
    options = {} if dim is None else {"dim": dim, "keepdim": d.boolean()}
    return (d.array(shape, distinct=True),), {**options, "correction": d.choice(0, 1)}


# ---------------------------------------------------------------- sums and products

row("sum", lambda d: (d.one()[0], {}), dtypes=REAL, node="SumBackward0", method=True, errors=(
    lambda t: t.ones(2, 3).sum(2),
    lambda t: t.ones(2, 3).sum((0, -2)),
))
row("sum", along_some, dtypes=REAL, id="dim")
row("sum", lambda d: ((d.array(d.shape(2)), -1, True), {"dtype": "float64"}), dtypes=("float32", "int64"), id="dtype")
row("sum", lambda d: ((d.array((3, 4)),), {"axis": d.choice(0, (0, 1)), "keepdims": True}), id="numpy's names")
row("sum", lambda d: ((d.array((d.choice(5000, 4096), 3), 0, 1),), {"dim": 0}), dtypes=("float32",), id="long")
row("nansum", with_nan, method=True, node="NansumBackward0")
row("mean", all_elements, dtypes=FLOATS, node="MeanBackward0", method=True, errors=(
    lambda t: t.arange(3).mean(),
    lambda t: t.arange(3).mean(0),
    lambda t: t.ones(3).mean(dtype=t.int64),
))
row("mean", along_some, dtypes=FLOATS, node="MeanBackward1", id="dim")
row("mean", lambda d: ((d.array((2, 3)),), {"dtype": "float64"}), dtypes=("int64", "float32"), id="dtype")
row("prod", all_elements, dtypes=REAL, node="ProdBackward0", method=True)
row("prod", along_one, dtypes=REAL, node="ProdBackward1", id="dim")
row("prod", some_zeros, node="ProdBackward1", id="zeros along dim")
row("prod", lambda d: some_zeros(d, one=False), node="ProdBackward0", id="zeros")

# ---------------------------------------------------------------- variance

INTEGERS = (lambda t: t.arange(4).var(), lambda t: t.arange(4).std(), lambda t: t.var_mean(t.arange(4)),
            lambda t: t.std_mean(t.arange(4)))
row("var", spread, node="VarBackward0", method=True, errors=INTEGERS)
row("std", spread, node="StdBackward0", method=True)
row("var", lambda d: ((d.array((3, 4)), d.choice(True, False)), {}), id="unbiased")
row("var", lambda d: ((d.array((3, 4)), d.choice(0, (0, 1)), d.boolean(), d.boolean()), {}), id="dim and unbiased")
row("std", lambda d: ((d.array((1, 1)),), {}), id="one value")
row("var_mean", spread, node="VarMeanBackward0")
row("std_mean", spread, node="StdMeanBackward0")

# ---------------------------------------------------------------- extremes

row("max", all_elements, dtypes=REAL, node="MaxBackward1", method=True, errors=(
    lambda t: t.zeros(0, 3).max(),
    lambda t: t.zeros(0, 3).max(0),
    lambda t: t.zeros(0, 3).min(),
    lambda t: t.zeros(0, 3).min(0),
    lambda t: t.zeros(2, 3).max(2),
))
row("min", all_elements, dtypes=REAL, node="MinBackward1", method=True)
row("max", whole_ties, id="ties")
row("min", whole_ties, id="ties")
row("max", along_one, dtypes=REAL, node="MaxBackward0", id="dim")
row("min", along_one, dtypes=REAL, node="MinBackward0", id="dim")
row("max", ties, node="MaxBackward0", id="ties along dim")
row("min", ties, node="MinBackward0", id="ties along dim")
row("max", lambda d: ((d.array((0, 3)), 1), {}), id="nothing along dim")
row("max", lambda d: d.pair(), node="MaximumBackward0", id="other")
row("min", lambda d: d.pair(), node="MinimumBackward0", id="other")
row("amax", along_one, dtypes=REAL, node="AmaxBackward0", method=True, errors=(
    lambda t: t.zeros(0, 3).amax(),
    lambda t: t.zeros(0, 3).amax((0, 1)),
    lambda t: t.zeros(0, 3).amin(0),
))
row("amin", along_one, dtypes=REAL, node="AminBackward0", method=True)
row("amax", ties, id="ties")
row("amin", lambda d: ((d.array((2, 3, 2), 0, 2, "int64").astype(d.dtype),), {"dim": d.dims(3)}), id="ties along dims")
for name in ("max", "min", "amax", "amin"):
    row(name, lambda d: (with_nan(d)[0], {}), id="NaN")
row("max", lambda d: ((with_nan(d)[0][0].reshape(-1), 0), {}), id="NaN along dim")
row("argmax", along_one, dtypes=REAL[:-1], grad=(), method=True, errors=(
    lambda t: t.zeros(0, 3).argmax(),
    lambda t: t.zeros(0, 3).argmin(0),
    lambda t: t.ones(3).bool().argmax(),
    lambda t: t.ones(3).argmin(1),
))
row("argmin", along_one, dtypes=REAL[:-1], grad=(), method=True)
row("argmax", ties, grad=(), id="ties")
row("argmin", lambda d: ((whole_ties(d)[0][0],), {"keepdim": d.boolean()}), grad=(), id="ties")
row("argmax", lambda d: ((with_nan(d)[0][0],), {}), grad=(), id="NaN")

# ---------------------------------------------------------------- truth and counts

row("all", along_some, dtypes=REAL, grad=(), method=True)
row("any", along_some, dtypes=REAL, grad=(), method=True)
row("all", whole_ties, dtypes=REAL, grad=(), id="all elements")
row("any", whole_ties, dtypes=REAL, grad=(), id="all elements")
row("count_nonzero", lambda d: ((ties(d)[0][0],), {}), dtypes=REAL, grad=(), method=True)
row("count_nonzero", lambda d: ((d.array((2, 3), 0, 2, "int64"),), {"dim": d.dims(2)}), grad=(), id="dim")

# ---------------------------------------------------------------- logsumexp


def extreme_scores(d):
    x = d.array((3, 4), -300, 300)
    x[1] = -float("inf")
    x[2, 0] = float("inf")
    return (x, d.choice(0, 1)), {}


def dims_of(d):
    shape = d.shape(1)
    return (d.array(shape), d.choice(d.dim(len(shape)), d.dims(len(shape)))), {"keepdim": d.boolean()}


row("logsumexp", dims_of, dtypes=(*FLOATS, "int64"), node="LogsumexpBackward0", method=True,
    rtol={"int64": 1e-5})
row("logsumexp", lambda d: ((d.array(()), 0), {}), id="no dimension")
row("logsumexp", extreme_scores, grad=(), id="infinities")
row("logsumexp", lambda d: ((d.array((3, 4), -300, 300), 1), {}), id="large")

"""Rows of ops/pool.py."""

import numpy as np
from samples import row

F = "nn.functional."


def each(d, sides: int, low: int, high: int):
    """One number, or one for each side."""
    return d.integer(low, high) if d.boolean() else tuple(d.integer(low, high) for _ in range(sides))


def image(d, sides: int, least: int = 1, most: int = 7):
    """Distinct values; a batch of 0 to 2, or none."""
    lead = (*([d.integer(0, 2)] if d.boolean() else []), d.integer(1, 2))
    return (*lead, *(d.integer(least, most) for _ in range(sides)))


def windows(sides: int, most_dilation: int = 1, ties: bool = False):
    """A window that fits: padding at most half of it."""
    def draw(d):
        dilation = d.integer(1, most_dilation)
        kernel = each(d, sides, 1, 3)
        padding = d.integer(0, min(kernel) // 2 if isinstance(kernel, tuple) else kernel // 2)
        shape = image(d, sides, least=2 * dilation + 1)
        kwargs = {"padding": padding, "ceil_mode": d.boolean()}
        if most_dilation > 1:
            kwargs["dilation"] = dilation
        if d.boolean():
            kwargs["stride"] = each(d, sides, 1, 4)
        x = d.array(shape, 0, 2, dtype="int64").astype(d.dtype) if ties else d.array(shape, distinct="float" in d.dtype)
        return (x, kernel), kwargs

    return draw


def counted(sides: int, override: bool = False):
    def draw(d):
        args, kwargs = windows(sides)(d)
        kwargs["count_include_pad"] = d.boolean()
        if override and d.boolean():
            kwargs["divisor_override"] = d.choice(1, 3, -2)
        return args, kwargs

    return draw


def wanted(sides: int, indices: bool = False):
    """An output size, larger than the input's, too."""
    def draw(d):
        side = lambda: d.choice(*range(2, 6), None) if sides > 1 else d.integer(1, 5)
        size = d.integer(2, 4) if d.boolean() else tuple(side() for _ in range(sides))
        return (d.array(image(d, sides), distinct=True), size), {"return_indices": True} if indices else {}

    return draw


def both(draw):
    """One draw, with indices asked for."""
    def drawn(d):
        args, kwargs = draw(d)
        return args, {**kwargs, "return_indices": True}

    return drawn


def with_nan(d):
    x = np.where(d.rng.random((2, 6, 6)) < 0.3, np.nan, d.array((2, 6, 6))).astype(d.dtype)
    return (x, d.choice(2, 3)), {"stride": d.choice(1, 2), "padding": 1, "return_indices": True}


def with_minus_infinity(d):
    x = np.where(d.rng.random((2, 6, 6)) < 0.7, -np.inf, d.array((2, 6, 6))).astype(d.dtype)
    return (x, 3), {"stride": d.choice(1, 2), "padding": 1, "dilation": d.choice(1, 2), "return_indices": True}


def refused(name: str, shape: tuple, *args, **kwargs):
    return lambda t: getattr(t.nn.functional, name)(t.ones(shape), *args, **kwargs)


def refused_type(name: str, shape: tuple, *args):
    return tuple(lambda t, kind=kind: getattr(t.nn.functional, name)(t.ones(shape, dtype=getattr(t, kind)), *args)
                 for kind in ("bool", "int32"))


X, SHORT = (2, 3, 7, 7), (2, 3, 7)


def common_errors(name: str) -> tuple:
    return (
        refused(name, X, (2, 2, 2)), refused(name, X, 2, (1, 1, 1)), refused(name, X, 2, padding=(1, 1, 1)),
        refused(name, X, 0), refused(name, X, -1), refused(name, X, 2, 0), refused(name, X, 2, -1),
        refused(name, X, 2, padding=-1), refused(name, X, 2, padding=2), refused(name, X, 9),
        refused(name, (2, 3, 1, 5), 2),
        refused(name, (2, 0, 5, 5), 2), refused(name, (2, 3, 0, 5), 2))


# ---------------------------------------------------------------- maxima

row(F + "max_pool2d", windows(2, 2), dtypes=("float32", "float64", "int64"), node="MaxPool2DWithIndicesBackward0",
    errors=(
    *common_errors("max_pool2d"), refused("max_pool2d", X, 2, dilation=(1, 1, 1)),
    refused("max_pool2d", X, 2, dilation=0),
    refused("max_pool2d", (5, 5), 2), refused("max_pool2d", (1, 1, 1, 5, 5), 2),
    refused("max_pool2d", X, 3, dilation=2, padding=2), refused_type("max_pool2d", X, 2)[0]))
row(F + "max_pool2d", both(windows(2, 2)), node="MaxPool2DWithIndicesBackward0", id="indices")
row(F + "max_pool2d", both(windows(2, 2, ties=True)), node="MaxPool2DWithIndicesBackward0", id="ties")
row(F + "max_pool2d", with_nan, node="MaxPool2DWithIndicesBackward0", id="NaN")
row(F + "max_pool2d", with_minus_infinity, node="MaxPool2DWithIndicesBackward0", id="minus infinity")
row(F + "max_pool1d", windows(1, 2), node="SqueezeBackward1", errors=(
    refused("max_pool1d", SHORT, (2, 2, 2)), refused("max_pool1d", SHORT, 2, (1, 1, 1)),
    refused("max_pool1d", SHORT, 2, padding=(1, 1, 1)), refused("max_pool1d", SHORT, 2, dilation=(1, 1, 1)),
    refused("max_pool1d", SHORT, 0), refused("max_pool1d", SHORT, 2, 0), refused("max_pool1d", SHORT, 2, padding=-1),
    refused("max_pool1d", SHORT, 2, padding=2), refused("max_pool1d", SHORT, 2, dilation=0),
    refused("max_pool1d", SHORT, 9),
    refused("max_pool1d", (5,), 2), refused("max_pool1d", (2, 3, 0), 2), *refused_type("max_pool1d", SHORT, 2)))
row(F + "max_pool1d", both(windows(1, 2)), node="SqueezeBackward1", id="indices")
row(F + "adaptive_max_pool2d", wanted(2), node="AdaptiveMaxPool2DBackward0", errors=(
    refused("adaptive_max_pool2d", X, (2, 2, 2)), refused("adaptive_max_pool2d", X, -1),
    refused("adaptive_max_pool2d", (5, 5), 2), refused("adaptive_max_pool2d", (2, 3, 0, 5), 2),
    refused("adaptive_max_pool2d", (2, 0, 5, 5), 2), *refused_type("adaptive_max_pool2d", X, 2)))
row(F + "adaptive_max_pool2d", wanted(2, indices=True), node="AdaptiveMaxPool2DBackward0", id="indices")
row(F + "adaptive_max_pool1d", wanted(1), node="SqueezeBackward1", errors=(
    refused("adaptive_max_pool1d", SHORT, (2, 2)), refused("adaptive_max_pool1d", (5,), 2),
    refused("adaptive_max_pool1d", (2, 3, 0), 2)))
row(F + "adaptive_max_pool1d", wanted(1, indices=True), node="SqueezeBackward1", id="indices")

# ---------------------------------------------------------------- means

row(F + "avg_pool2d", counted(2, override=True), dtypes=("float32", "float64", "int64", "float16"),
    node="AvgPool2DBackward0", errors=(
        *common_errors("avg_pool2d"), refused("avg_pool2d", X, 2, divisor_override=0),
        *refused_type("avg_pool2d", X, 2)))
row(F + "avg_pool1d", counted(1), node="SqueezeBackward1", errors=(
    refused("avg_pool1d", SHORT, (2, 2, 2)), refused("avg_pool1d", SHORT, 2, (1, 1, 1)),
    refused("avg_pool1d", SHORT, 0),
    refused("avg_pool1d", SHORT, 2, 0), refused("avg_pool1d", SHORT, -1), refused("avg_pool1d", SHORT, 2, padding=2),
    refused("avg_pool1d", SHORT, 9), refused("avg_pool1d", (5,), 2), refused("avg_pool1d", (2, 3, 0), 2)))
row(F + "adaptive_avg_pool2d", wanted(2), node="AdaptiveAvgPool2DBackward0", errors=(
    refused("adaptive_avg_pool2d", X, (2,)), refused("adaptive_avg_pool2d", X, -1),
    refused("adaptive_avg_pool2d", (5, 5), 2), refused("adaptive_avg_pool2d", (2, 3, 0, 5), 2),
    *refused_type("adaptive_avg_pool2d", X, 2)))
row(F + "adaptive_avg_pool2d", lambda d: ((d.array(image(d, 2)), d.choice(1, (1, 1))), {}), node="MeanBackward1",
    id="one")
row(F + "adaptive_avg_pool1d", wanted(1), node="SqueezeBackward1", errors=(
    refused("adaptive_avg_pool1d", SHORT, (2, 2)), refused("adaptive_avg_pool1d", (5,), 2),
    refused("adaptive_avg_pool1d", (2, 3, 0), 2)))

# ---------------------------------------------------------------- volumes

V = (2, 3, 5, 5, 5)
volume_errors = {name: (
    *[refused(name, V, *args) for args in (
        ((2, 2),), (2, (1, 1)), (0,), (-1,), (2, 0), (2, -1), (9,), (2, 1, (1, 1)), (2, 1, -1), (2, 1, 2))],
    *[refused(name, shape, 2) for shape in (
        (2, 3, 1, 5, 5), (2, 0, 5, 5, 5), (2, 3, 0, 5, 5), (5, 5, 5), (5, 5), (1, 1, 1, 5, 5, 5))],
    refused_type(name, V, 2)[0]) for name in ("max_pool3d", "avg_pool3d")}

row(F + "max_pool3d", windows(3, 2), dtypes=("float32", "float64", "int64"), node="MaxPool3DWithIndicesBackward0",
    errors=(*volume_errors["max_pool3d"], refused("max_pool3d", V, 2, dilation=(1, 1)),
            refused("max_pool3d", V, 2, dilation=0), refused("max_pool3d", V, 3, padding=2, dilation=2)))
row(F + "max_pool3d", both(windows(3)), node="MaxPool3DWithIndicesBackward0", id="indices")
row(F + "avg_pool3d", lambda d: volumes_of_means(d), node="AvgPool3DBackward0", errors=(
    *volume_errors["avg_pool3d"], refused("avg_pool3d", V, 2, divisor_override=0),
    refused_type("avg_pool3d", V, 2)[1]))
row(F + "adaptive_max_pool3d", wanted(3), node="AdaptiveMaxPool3DBackward0", errors=(
    refused("adaptive_max_pool3d", V, (2, 2)), refused("adaptive_max_pool3d", V, -1),
    refused("adaptive_max_pool3d", (5, 5, 5), 2), refused("adaptive_max_pool3d", (2, 0, 5, 5, 5), 2),
    *refused_type("adaptive_max_pool3d", V, 2)))
row(F + "adaptive_max_pool3d", wanted(3, indices=True), node="AdaptiveMaxPool3DBackward0", id="indices")
row(F + "adaptive_avg_pool3d", wanted(3), node="AdaptiveAvgPool3DBackward0", errors=(
    refused("adaptive_avg_pool3d", V, (2, 2)), refused("adaptive_avg_pool3d", V, -1),
    refused("adaptive_avg_pool3d", (5, 5, 5), 2), refused("adaptive_avg_pool3d", (2, 0, 5, 5, 5), 2),
    *refused_type("adaptive_avg_pool3d", V, 2)))
row(F + "adaptive_avg_pool3d", lambda d: ((d.array((2, 3, 4, 2, 3)), 1), {}), node="MeanBackward1", id="one")
row(F + "adaptive_avg_pool3d", lambda d: ((d.array((2, 3, 4, 2, 3)), (None, 1, None)), {}),
    node="AdaptiveAvgPool3DBackward0", id="some kept")


def volumes_of_means(d):
    """Not smaller than the window, which avg_pool3d asks for even where there is padding."""
    (x, kernel), options = counted(3, override=True)(d)
    lengths = [max(n, k) for n, k in zip(x.shape[-3:], kernel if isinstance(kernel, tuple) else (kernel,) * 3)]
    return (d.array((*x.shape[:-3], *lengths)), kernel), options


# ---------------------------------------------------------------- norms

for n in (1, 2, 3):
    row(F + f"lp_pool{n}d", lambda d, n=n: (
        (d.array((2, 2, *[d.integer(3, 5) for _ in range(n)]), 0.2, 2), d.choice(2, 3.0, 1.5), d.integer(1, 3)),
        {"stride": d.choice(None, 2), "ceil_mode": d.boolean()}), node="PowBackward0")
    row(F + f"lp_pool{n}d", lambda d, n=n: ((d.array((2, 2, *[4] * n), distinct=True), float("inf"), 2), {}), id="inf")
row(F + "lp_pool2d", lambda d: ((d.array((2, 4, 4), distinct=True), -float("inf"), (2, 1)), {}), node="NegBackward0",
    id="minus inf")

# ---------------------------------------------------------------- back from maxima


def pooled(sides: int):
    """The indices of disjoint windows of size 2, and a size they may have come from."""
    def draw(d):
        size = [d.integer(1, 3) for _ in range(sides)]
        whole, index = [2 * n for n in size], 0
        for k, n in enumerate(size):
            at = 2 * np.arange(n).reshape(-1, *[1] * (sides - 1 - k)) + d.rng.integers(0, 2, (2, 3, *size))
            index = index * whole[k] + at
        options = {"output_size": d.choice([2, 3], []) + whole} if d.boolean() else {}
        return (d.array((2, 3, *size)), index, 2), options

    return draw


def unpooled(sides: int, shape=None, index=0, dtype="int64", indices=None, **options):
    shape = shape or (2, 3, *[2] * sides)
    return lambda t: getattr(t.nn.functional, f"max_unpool{sides}d")(
        t.ones(shape), t.full(indices or shape, index, dtype=getattr(t, dtype)), 2, **options)


for n in (1, 2, 3):  # torch's gradient takes contiguous indices only: it is compared in test_nn_pointwise.py
    row(F + f"max_unpool{n}d", pooled(n), grad=(), errors=(
        unpooled(n, index=99), unpooled(n, index=-1), unpooled(n, dtype="int32"), unpooled(n, indices=(2, 3, *[1] * n)),
        unpooled(n, shape=(2,) * n), unpooled(n, padding=3), unpooled(n, output_size=[7] * n),
        unpooled(n, output_size=[4] * (n + 1))))
row(F + "max_unpool3d", pooled(3), grad=(), id="strides", errors=(unpooled(3, stride=0), unpooled(2, (2, 0, 2, 2))))

"""Rows of ops/conv.py. A sum of up to 100 products rounds more than one: float32 within 2e-5 of sums of order 10."""

from samples import row

LOOSE = {"rtol": {"float32": 2e-5}, "atol": {"float32": 4e-5, "float64": 1e-8}}


def one_or_each(d, spatial: int, low: int, high: int):
    """One number for all dimensions, or one for each."""
    return d.integer(low, high) if d.boolean() else tuple(d.integer(low, high) for _ in range(spatial))


def each(value, spatial: int) -> tuple:
    return value if isinstance(value, tuple) else (value,) * spatial


def slid(spatial: int, batch: bool = True, named_padding: bool = False, dilate: bool = True):
    """Inputs of a convolution whose kernel fits."""
    def draw(d):
        groups, kernel = d.integer(1, 3), one_or_each(d, spatial, 1, 3)
        stride, dilation = one_or_each(d, spatial, 1, 3), one_or_each(d, spatial, 1, 2) if dilate else 1
        padding = one_or_each(d, spatial, 0, 2)
        if named_padding:
            padding, stride = d.choice(("same", 1), ("valid", stride))
        kernel = each(kernel, spatial)
        size = tuple((k - 1) * n + 1 + d.integer(0, 3) for k, n in zip(kernel, each(dilation, spatial)))
        channels, outputs = groups * d.integer(1, 3), groups * d.integer(1, 3)
        x = d.array((*([d.choice(0, 1, 2, 2, 3)] if batch else []), channels, *size))
        bias = d.array((outputs,)) if d.boolean() else None
        kwargs = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        return (x, d.array((outputs, channels // groups, *kernel)), bias), kwargs

    return draw


def spread(spatial: int, batch: bool = True):
    """Inputs of a transposed convolution."""
    def draw(d):
        groups, kernel = d.integer(1, 2), each(one_or_each(d, spatial, 1, 3), spatial)
        stride, dilation = one_or_each(d, spatial, 1, 3), one_or_each(d, spatial, 1, 2)
        more = tuple(d.integer(0, max(s, n) - 1) for s, n in zip(each(stride, spatial), each(dilation, spatial)))
        channels, outputs = groups * d.integer(1, 3), d.integer(1, 3)
        size = tuple(d.integer(2, 4) for _ in range(spatial))
        x = d.array((*([d.integer(1, 3)] if batch else []), channels, *size))
        bias = d.array((outputs * groups,)) if d.boolean() else None
        padding = d.integer(0, 1) if min(kernel) > 1 else 0
        kwargs = {"stride": stride, "padding": padding, "output_padding": more, "groups": groups, "dilation": dilation}
        return (x, d.array((channels, outputs, *kernel)), bias), kwargs

    return draw


def refused(name: str, *args, **kwargs):
    """A call of tensors of ones of these shapes."""
    return lambda t: getattr(t, name)(*[t.ones(a) if isinstance(a, tuple) else a for a in args], **kwargs)


X, W = (2, 3, 5, 5), (4, 3, 3, 3)

row("conv2d", slid(2), node="ConvolutionBackward0", **LOOSE, errors=(
    refused("conv2d", (5, 5), W), refused("conv2d", (2, 3, 5, 5, 5), W), refused("conv2d", X, (4, 2, 3, 3)),
    refused("conv2d", (3, 5, 5), (4, 2, 3, 3)), refused("conv2d", (2, 4, 5, 5), (3, 2, 3, 3), groups=2),
    refused("conv2d", (2, 4, 5, 5), (4, 4, 3, 3), groups=2), refused("conv2d", X, W, groups=0),
    refused("conv2d", (2, 4, 5, 5), (1, 2, 3, 3), groups=2), refused("conv2d", (2, 3, 2, 2), W),
    refused("conv2d", (2, 3, 2, 2), (4, 3, 5, 5), padding=1), refused("conv2d", (2, 3, 4, 4), W, dilation=2),
    refused("conv2d", X, W, (3,)), refused("conv2d", X, W, (4, 1)), refused("conv2d", X, W, stride=0),
    refused("conv2d", X, W, stride=[1, 1, 1]), refused("conv2d", X, W, padding=[1, 1, 1]),
    refused("conv2d", X, W, dilation=[1, 1, 1]), refused("conv2d", X, W, padding=-1),
    refused("conv2d", X, W, dilation=0),
    refused("conv2d", X, W, padding="same", stride=2), refused("conv2d", X, W, padding="foo"),
    refused("conv2d", X, (4, 3, 3)), refused("conv2d", (2, 3, 0, 5), (4, 3, 2, 3), padding=1),
    refused("conv2d", X, (0, 3, 3, 3)),
    lambda t: t.conv2d(t.ones(X), t.ones(W).double()), lambda t: t.conv2d(t.ones(X), t.ones(W), t.ones(4).double()),
    lambda t: t.conv2d(t.ones(X).long(), t.ones(W))))
row("conv2d", slid(2, dilate=False), dtypes=("int64",), grad=(), id="integers")
row("conv2d", slid(2, named_padding=True), node="ConvolutionBackward0", **LOOSE, id="named padding")
row("conv2d", slid(2, batch=False), node="SqueezeBackward1", **LOOSE, id="unbatched")
row("conv1d", slid(1), node="ConvolutionBackward0", **LOOSE, errors=(
    refused("conv1d", X, (4, 3, 3)), refused("conv1d", (5,), (4, 3, 3)), refused("conv1d", (2, 3, 2), (4, 3, 3))))
row("conv1d", slid(1, batch=False), node="SqueezeBackward1", **LOOSE, id="unbatched")
row("conv3d", slid(3), node="ConvolutionBackward0", **LOOSE, errors=(refused("conv3d", (5, 5, 5), (4, 3, 3, 3, 3)),))
row("conv_transpose2d", spread(2), node="ConvolutionBackward0", **LOOSE, errors=(
    refused("conv_transpose2d", X, (4, 3, 3, 3)), refused("conv_transpose2d", X, (3, 4, 3, 3), (3,)),
    refused("conv_transpose2d", X, (3, 4, 3, 3), output_padding=1), refused("conv_transpose2d", (5, 5), W)))
row("conv_transpose2d", spread(2, batch=False), node="SqueezeBackward1", **LOOSE, id="unbatched")
row("conv_transpose1d", spread(1), node="ConvolutionBackward0", **LOOSE,
    errors=(refused("conv_transpose1d", (2, 3, 5), (3, 4, 3), output_padding=1),
            refused("conv_transpose1d", (2, 3, 2), (3, 4, 1), padding=1)))
row("conv_transpose3d", spread(3), node="ConvolutionBackward0", **LOOSE,
    errors=(refused("conv_transpose3d", (2, 3, 5, 5, 5), (3, 4, 3, 3, 3), output_padding=1),))

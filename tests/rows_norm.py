"""Rows for ops/norm.py."""

import math

from samples import row

FLOATS = ("float32", "float64")
HALF = (*FLOATS, "float16")
# Numbers that lie close together are divided by a small deviation: what float32 lost in their difference grows.
CLOSE = {"float32": 5e-5}
F = "nn.functional."


def affine(d, shape):
    """weight and bias of `shape`; neither; or the first."""
    given = d.choice(2, 1, 0)
    return tuple(d.array(shape, 0.5, 1.5) if k < given else None for k in range(2))


# ---------------------------------------------------------------- layer norm, RMS norm


def layer(d):
    shape = (*d.shape(0, 2), *(n + 2 for n in d.shape(1, 2, 3, zero=False)))
    last = shape[-d.integer(1, min(2, len(shape))):]
    return (d.array(shape, distinct=True), last, *affine(d, last)), {"eps": d.choice(1e-5, 1e-3)}


row(F + "layer_norm", layer, dtypes=HALF, node="NativeLayerNormBackward0", rtol={"float16": 4e-3}, atol=CLOSE, errors=(
    lambda t: t.nn.functional.layer_norm(t.ones(2, 3), (4,)),
    lambda t: t.nn.functional.layer_norm(t.ones(()), (1,)),
    lambda t: t.nn.functional.layer_norm(t.ones(2, 3), ()),
    lambda t: t.nn.functional.layer_norm(t.ones(2, 3), (3,), t.ones(4)),
    lambda t: t.nn.functional.layer_norm(t.ones(2, 3), (3,), None, t.ones(4)),
    lambda t: t.nn.functional.layer_norm(t.arange(3), (3,)),
    lambda t: t.nn.functional.layer_norm(t.ones(2, 3), (3,), t.ones(3).double()),
))
row("layer_norm", lambda d: ((d.array((2, 0)), (0,)), {}), id="nothing")
row("layer_norm", lambda d: ((d.array((3, 40), 99, 101), (40,)), {}), dtypes=("float64",), id="far from 0")


def rms(d):
    shape = (*d.shape(0, 2), *(n + 2 for n in d.shape(1, 2, 3, zero=False)))
    last = shape[-d.integer(1, min(2, len(shape))):]
    return (d.array(shape, 0.2, 2), last, affine(d, last)[0]), {"eps": d.choice(None, 1e-3)}


row(F + "rms_norm", rms, dtypes=FLOATS, node="MulBackward0", errors=(
    lambda t: t.nn.functional.rms_norm(t.ones(2, 3), (4,)),
    lambda t: t.nn.functional.rms_norm(t.ones(2, 3), ()),
    lambda t: t.nn.functional.rms_norm(t.ones(2, 3), (3,), t.ones(4)),
))
row("rms_norm", lambda d: ((d.array((2, 3, 4)), (3, 4)), {}), id="no weight")

# ---------------------------------------------------------------- batch norm, group norm, instance norm


def images(d, channels=3):
    return d.array((d.integer(3, 4), channels, *d.shape(0, 2, 3, zero=False)), distinct=True)


def batch(d, training):
    x = images(d)
    running = (d.array((3,)), d.array((3,), 0.5, 2))
    if training and d.boolean():
        running = (None, None)
    return (x, *running, *affine(d, (3,)), training, d.choice(0.1, 0.5)), {"eps": d.choice(1e-5, 1e-2)}


row(F + "batch_norm", lambda d: batch(d, True), dtypes=FLOATS, grad=(0, 3, 4), node="NativeBatchNormBackward0",
    atol=CLOSE, errors=(
    lambda t: t.nn.functional.batch_norm(t.ones(1, 4), None, None, training=True),
    lambda t: t.nn.functional.batch_norm(t.ones(1, 4, 1), None, None, training=True),
    lambda t: t.nn.functional.batch_norm(t.ones(2, 4), None, None),
    lambda t: t.nn.functional.batch_norm(t.ones(2, 4), t.zeros(4), None),
    lambda t: t.nn.functional.batch_norm(t.ones(2, 4), t.zeros(3), t.ones(4)),
    lambda t: t.nn.functional.batch_norm(t.ones(2, 4), t.zeros(4), t.ones(4), t.ones(5)),
    lambda t: t.nn.functional.batch_norm(t.ones(2, 4), t.zeros(4), t.ones(4), None, t.ones(5)),
    lambda t: t.nn.functional.batch_norm(t.ones(2, 4).long(), t.zeros(4), t.ones(4)),
    lambda t: t.nn.functional.batch_norm(t.ones(2, 4), t.zeros(4).double(), t.ones(4).double()),
), id="training")
row(F + "batch_norm", lambda d: batch(d, False), dtypes=FLOATS, grad=(0, 3, 4), node="NativeBatchNormBackward0",
    id="eval")
row(F + "batch_norm", lambda d: ((d.array((0, 3)), d.array((3,)), d.array((3,)), None, None, True), {}), grad=(),
    id="no example")


def groups(d):
    x = images(d, 4)
    return (x, d.choice(1, 2, 4) if x[0, 0].size > 2 else 1, *affine(d, (4,))), {"eps": d.choice(1e-5, 1e-2)}


row(F + "group_norm", groups, dtypes=FLOATS, node="NativeGroupNormBackward0", atol=CLOSE, errors=(
    lambda t: t.nn.functional.group_norm(t.ones(2, 4, 3), 3),
    lambda t: t.nn.functional.group_norm(t.ones(4), 2),
    lambda t: t.nn.functional.group_norm(t.ones(1, 4), 4),
    lambda t: t.nn.functional.group_norm(t.ones(2, 4), 2, t.ones(3)),
))


def instances(d):
    x = d.array((2, 3, *(n + 2 for n in d.shape(1, 2, 3, zero=False))), distinct=True)
    running = (d.array((3,)), d.array((3,), 0.5, 2))
    use_input_stats = d.boolean()
    if use_input_stats and d.boolean():
        running = (None, None)
    return (x, *running, *affine(d, (3,)), use_input_stats), {}


row(F + "instance_norm", instances, dtypes=FLOATS, grad=(0, 3, 4), node="ViewBackward0", atol=CLOSE, errors=(
    lambda t: t.nn.functional.instance_norm(t.ones(1, 4, 1)),
))

# ---------------------------------------------------------------- the length of vectors


def vectors(d, *orders):
    shape = d.shape(1, 3, zero=False)
    dim = d.choice(None, d.dim(len(shape)), d.dims(len(shape)))
    p = d.choice(*orders)
    if p == "fro" and isinstance(dim, tuple):
        dim = dim[:2]  # of more, it would be the norm of a matrix
    x = d.array(shape, 0.5, 2, distinct=True) if p in (math.inf, -math.inf) else d.away_from((0,), shape)
    return (x, p), {"dim": dim, **({} if dim is None else {"keepdim": d.boolean()})}


row("norm", lambda d: vectors(d, 1.5, 2, 3, 0.5, "fro"), node="LinalgVectorNormBackward0", method=True, errors=(
    lambda t: t.arange(3).norm(),
    lambda t: t.zeros(0, 3).norm(math.inf),
    lambda t: t.zeros(0, 3).norm(math.inf, 0),
    lambda t: t.ones(3).norm(2, 1),
))
row("norm", lambda d: ((d.array(d.shape()),), {}), dtypes=HALF, id="all elements")
row("norm", lambda d: ((d.array((2, 3)) * 0, d.choice(0.5, 1, 1.5, 2, 3, math.inf), 1), {}), second=False,
    id="zero")  # all orders have a gradient of 0 there
row("norm", lambda d: vectors(d, 1, math.inf, -math.inf), second=False, id="kinks")
row("norm", lambda d: ((d.array((3, 4), -1, 2, "int64").astype(d.dtype), d.choice(0, math.inf, -math.inf), 1), {}),
    grad=(), id="zeros and ties")
row("norm", lambda d: ((d.array((3, 4), 1, 2, "int64").astype(d.dtype), math.inf, 1), {}), second=False, id="ties")
row("norm", lambda d: ((d.array((2, 3)),), {"dtype": "float64"}), dtypes=("float32",), id="dtype")
row(F + "normalize", lambda d: ((d.away_from((0,), d.shape(2)),), {}), dtypes=FLOATS, node="DivBackward0")
row(F + "normalize", lambda d: ((d.away_from((0,), (2, 3)), d.choice(1, 2.0, 3), d.choice(0, -1, 1)), {}),
    id="p and dim")
row(F + "normalize", lambda d: ((d.array((2, 3)) * 0,), {"dim": 0}), second=False, id="zero")
row(F + "local_response_norm", lambda d: (
    (d.array((2, d.integer(1, 5), *d.shape(1, 3, zero=False))), d.integer(1, 4), 0.7, 0.6), {"k": 1.5}),
    node="DivBackward0", errors=(lambda t: t.nn.functional.local_response_norm(t.ones(2, 3), 2),))

"""Rows for ops/softmax.py."""

from samples import row

FLOATS = ("float32", "float64", "float16")


def along(d):
    shape = d.shape()
    return (d.array(shape), d.dim(len(shape))), {}


def with_infinities(d):
    x = d.array((3, 4))
    x[0, :2] = -float("inf")
    x[1] = -float("inf")
    x[2, 0] = float("inf")
    return (x, d.choice(0, 1)), {}


def refused(name):
    return (lambda t: getattr(t.nn.functional, name)(t.arange(4), 0),
            lambda t: getattr(t.nn.functional, name)(t.ones(2, 3).bool(), 0),
            lambda t: getattr(t.nn.functional, name)(t.ones(2, 3), 2))


for name, node in (("softmax", "SoftmaxBackward0"), ("log_softmax", "LogSoftmaxBackward0")):
    row(name, along, dtypes=FLOATS, node=node, method=True, errors=refused(name))
    row(name, lambda d: ((d.array((3, 4), -300, 300), -1), {}), id="large")
    row(name, with_infinities, grad=(), id="infinities")
    row("nn.functional." + name, lambda d: ((d.array((3, 4)), 1), {"dtype": "float64"}),
        dtypes=("float32", "int64"), node=node, rtol={"int64": 1e-9}, atol={"int64": 1e-9}, id="dtype")
row("nn.functional.softmin", along, dtypes=FLOATS, node="SoftmaxBackward0", errors=refused("softmin")[2:])

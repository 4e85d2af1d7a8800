"""Rows of ops/convert.py."""

import numpy as np
from samples import row

EVERY = ("float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")


def one(d):
    return (d.array(d.shape(), low=0 if d.dtype == "uint8" else -2),), {}


def written(d):
    """(x, src): src broadcasts to x, and is of any type."""
    shape = d.shape()
    dtype = d.choice("float32", "float64", "int32")
    return (d.array(shape, low=0), d.array(d.broadcast(shape), low=0, dtype=dtype)), {}


row("clone", lambda d: ((d.array(d.shape()),), {}), dtypes=EVERY, node="CloneBackward0", method=True)
row("fill", lambda d: ((d.array(d.shape()), d.choice(2, -1, 0.5, True)), {}), dtypes=("float32", "float64", "int64"),
    node="FillBackward0", in_place=True, errors=(
        lambda t: t.ones(2).fill_(t.ones(1)), lambda t: t.fill(t.ones(2), t.ones(1)),
        lambda t: t.ones(2, dtype=t.uint8).fill_(300), lambda t: t.ones(2).fill_(1j),
        lambda t: t.ones(2, requires_grad=True).fill_(1)))
row("fill", lambda d: ((d.array(d.shape()), d.array(())), {}), node="FillBackward1", in_place=True, id="tensor")
row("Tensor.copy_", written, dtypes=("float32", "float64", "int64", "bool"), grad=(), in_place=True, errors=(
    lambda t: t.ones(2).copy_(t.ones(3)), lambda t: t.ones(2).copy_(t.ones(2, 2)),
    lambda t: t.ones(2).copy_(t.ones(1, 2)), lambda t: t.ones(2).copy_(np.ones(2)),
    lambda t: t.ones(2, requires_grad=True).copy_(t.ones(2)),
    lambda t: t.ones(1).expand(3).copy_(t.ones(3))))
row("Tensor.zero_", one, dtypes=EVERY, grad=(), in_place=True,
    errors=(lambda t: t.ones(2, requires_grad=True).zero_(),))

for dtype in EVERY:
    lossy = dtype in ("float32", "float16")  # finite differences in float64 would see steps
    row("Tensor.to", lambda d, dtype=dtype: (one(d)[0], {"dtype": dtype, "copy": True}),
        dtypes=tuple([t for t in EVERY[:-1] if not (lossy and t == "float64")]), grad="all" if "float" in dtype else (),
        node="ToCopyBackward0", id=dtype, rtol={"float32": 2e-3} if dtype == "float16" else {},
        atol={"float32": 2e-3} if dtype == "float16" else {})
for name in ("float", "double", "int", "long", "short", "char", "byte", "bool", "half", "cfloat", "cdouble"):
    row("Tensor." + name, lambda d: ((d.array(d.shape(), low=0),), {}), dtypes=("float16", "int32", "bool"), grad=())
row("Tensor.double", lambda d: d.one(), dtypes=("float32",), node="ToCopyBackward0", id="gradient")
row("Tensor.type", lambda d: (one(d)[0] + ("torch.LongTensor",), {}), grad=(), errors=(
    lambda t: t.ones(2).type("int"), lambda t: t.ones(2).type(int), lambda t: t.ones(2).type(3)))
row("Tensor.type_as", lambda d: ((d.array(d.shape()), d.array((2,), dtype="float64")), {}), dtypes=("float32",),
    grad=(0,), node="ToCopyBackward0", errors=(lambda t: t.ones(2).type_as(3),))
row("Tensor.cpu", lambda d: d.one(), node=None)

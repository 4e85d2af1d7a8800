"""Rows of ops/create.py."""

import numpy as np
from samples import row

NUMBERS = ("float32", "float64", "float16", "int64", "int32", "uint8", "bool")
COUNTED = ("float32", "float64", "int64", "int32")


def constant(*args):
    """A creator called with a shape, the arguments, and the dtype under test."""
    return lambda d: ((d.shape(), *args), {"dtype": d.dtype})


def like(*args):
    """A `*_like` function called with a tensor, the arguments, and sometimes another dtype."""
    return lambda d: ((d.array(d.shape()), *args), {"dtype": d.choice(None, "int64", "float64")})


def nested(d):
    """Nested lists of numbers of the dtype under test."""
    return d.array(d.shape(), low=0 if d.dtype == "uint8" else -2).tolist()


negative = tuple([lambda t, f=f: getattr(t, f)(2, -1) for f in ("ones", "zeros", "empty")])
no_shape = (lambda t: t.zeros(2.5), lambda t: t.zeros("a"), lambda t: t.zeros(True))
for_integers = lambda t: t.zeros(2, dtype=t.int64, requires_grad=True)  # noqa: E731

row("zeros", constant(), dtypes=NUMBERS, grad=(), errors=(*negative, *no_shape, for_integers))
row("ones", constant(), dtypes=NUMBERS, grad=())
row("ones", lambda d: ((2, 3), {}), grad=(), id="numbers")
row("full", constant(1), dtypes=NUMBERS, grad=(), errors=(
    lambda t: t.full((2,), 300, dtype=t.uint8), lambda t: t.full((2,), -256, dtype=t.uint8),
    lambda t: t.full((2,), 2**40, dtype=t.int32), lambda t: t.full((2,), 2**63), lambda t: t.full((2,), 1e40),
    lambda t: t.full((2,), 1j, dtype=t.float32), lambda t: t.full((2,), float("nan"), dtype=t.int64),
    lambda t: t.full((2,), 1e10, dtype=t.float16), lambda t: t.full((2,), "a"), lambda t: t.full((2,), None),
    lambda t: t.full(2, 1), lambda t: t.full((-2,), 1), lambda t: t.full((2,), t.tensor([3]))))
row("full", lambda d: ((d.shape(), d.choice(True, 3, -1, 2.5, float("nan"), float("inf"), 1j)), {}), grad=(),
    id="inferred")
row("empty_strided", lambda d: (((0, d.integer(0, 3)), (1, 1)), {"dtype": d.dtype}), grad=(), errors=(
    lambda t: t.empty_strided((2, 3), (1, 2, 3)), lambda t: t.empty_strided((2, 3), (-1, 2))))
row("eye", lambda d: ((d.integer(0, 4), d.integer(0, 4)), {"dtype": d.dtype}), dtypes=NUMBERS, grad=(),
    errors=(lambda t: t.eye(-1), lambda t: t.eye(2, -1), lambda t: t.eye(2.5)))
row("eye", lambda d: ((d.integer(0, 4),), {}), grad=(), id="square")
row("scalar_tensor", lambda d: ((d.choice(3, 2.5, True),), {"dtype": d.choice(None, "int64")}), grad=())

row("zeros_like", like(), dtypes=NUMBERS, grad=(), errors=(lambda t: t.zeros_like([1]),))
row("ones_like", like(), dtypes=NUMBERS, grad=())
row("full_like", like(2.5), dtypes=NUMBERS, grad=(),
    errors=(lambda t: t.full_like(t.ones(2, dtype=t.uint8), 256),))
row("Tensor.new_zeros", lambda d: ((d.array((2,)), d.shape()), {}), dtypes=NUMBERS, grad=(),
    errors=(lambda t: t.ones(2).new_zeros(-1),))
row("Tensor.new_ones", lambda d: ((d.array((2,)), 2, 3), {"dtype": d.choice(None, "int32")}), dtypes=NUMBERS, grad=())
row("Tensor.new_full", lambda d: ((d.array((2,)), d.shape(), 1), {}), dtypes=NUMBERS, grad=())
row("Tensor.new_tensor", lambda d: ((d.array((2,)), d.array(d.shape(), dtype="int64").tolist()), {}),
    dtypes=("float32", "int32"), grad=())

row("tensor", lambda d: ((nested(d),), {}), dtypes=NUMBERS, grad=(), errors=(
    lambda t: t.tensor([[1, 2], [3]]), lambda t: t.tensor([[[1], [2]], [[1], [2, 3]]]), lambda t: t.tensor([[1], []]),
    lambda t: t.tensor([[1, 2], 3]), lambda t: t.tensor([1, [2, 3]]), lambda t: t.tensor("a"),
    lambda t: t.tensor(["a"]),
    lambda t: t.tensor([1, "a"]), lambda t: t.tensor(None), lambda t: t.tensor([1, None]), lambda t: t.tensor({1, 2}),
    lambda t: t.tensor({1: 2}), lambda t: t.tensor(2**63), lambda t: t.tensor([300], dtype=t.uint8),
    lambda t: t.tensor([1.0, float("nan")], dtype=t.int64), lambda t: t.tensor([1j], dtype=t.float32),
    lambda t: t.tensor([-1], dtype=t.uint64), lambda t: t.tensor([3], requires_grad=True),
    lambda t: t.tensor([t.ones(2), t.ones(2)]), lambda t: t.tensor(np.array(["a"])), lambda t: t.tensor(1, 2),
    lambda t: t.tensor(np.ones(3)[::-1]), lambda t: t.tensor(np.ones(3, ">f4")), lambda t: t.tensor(np.array([None])),
    lambda t: t.tensor(np.ones(2, np.longdouble)), lambda t: t.tensor([1.0], dtype="float32")))
row("tensor", lambda d: ((nested(d),), {"dtype": d.dtype}), dtypes=NUMBERS, grad=(), id="typed")
row("as_tensor", lambda d: ((nested(d),), {}), dtypes=NUMBERS, grad=())
row("as_tensor", lambda d: ((d.array(d.shape()),), {"dtype": "float64"}), dtypes=("float32",), node="ToCopyBackward0",
    id="cast")
row("asarray", lambda d: ((nested(d),), {"dtype": d.choice(None, "float64")}), dtypes=NUMBERS, grad=(), errors=(
    lambda t: t.asarray([1, 2], copy=False), lambda t: t.asarray(np.ones(2), dtype=t.float32, copy=False)))
row("asarray", lambda d: ((d.array(d.shape()),), {"copy": True}), node="CloneBackward0", id="copy")

row("arange", lambda d: ((d.integer(-3, 3), d.integer(3, 9), d.choice(1, 2, 0.5, 0.3)), {
    "dtype": d.dtype}), grad=(), errors=(
    lambda t: t.arange(5, 0), lambda t: t.arange(0, 5, -1), lambda t: t.arange(0, 5, 0),
    lambda t: t.arange(float("inf")), lambda t: t.arange(0, 1, 0.1, dtype=t.int64), lambda t: t.arange(3, dtype=t.bool),
    lambda t: t.arange(2**63), lambda t: t.arange(3, requires_grad=True)))
row("arange", lambda d: ((d.choice(0, 3, 2.5, -0.0),), {"dtype": d.dtype}), dtypes=COUNTED, grad=(), id="end")
row("arange", lambda d: ((d.integer(-9, 9) / 2, d.integer(9, 20) / 2), {"dtype": d.dtype}), dtypes=COUNTED, grad=(),
    id="truncated")
row("arange", lambda d: ((9, d.integer(-9, 9), -d.choice(1, 2)), {"dtype": d.dtype}), dtypes=COUNTED, grad=(),
    id="down")
row("linspace", lambda d: ((d.integer(-9, 9) / 4, d.integer(-9, 9) / 3, d.integer(0, 40)), {"dtype": d.dtype}),
    dtypes=(*COUNTED, "complex64"), grad=(), rtol={"complex64": 1e-5}, atol={"complex64": 1e-6}, errors=(
        lambda t: t.linspace(0, 1, -1), lambda t: t.linspace(t.ones(2), 1, 5),
        lambda t: t.linspace(0, 1, 3, dtype=t.bool)))
row("logspace", lambda d: ((d.integer(-9, 9) / 4, d.integer(-9, 9) / 3, d.integer(0, 40)), {
    "base": d.choice(10.0, 2.0, 2.5), "dtype": d.dtype}), dtypes=("float32", "float64"), grad=(),
    errors=(lambda t: t.logspace(0, 1, -1),))
for name in ("tril_indices", "triu_indices"):
    row(name, lambda d: ((d.integer(0, 4), d.integer(0, 4), d.integer(-3, 3)), {"dtype": d.dtype}),
        dtypes=("int64", "int32"), grad=(), errors=(
            lambda t, f=name: getattr(t, f)(-1, 4), lambda t, f=name: getattr(t, f)(3, 4, dtype=t.float32)))

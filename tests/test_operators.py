"""Python's operators on tensors: reflected and in-place forms, numbers of every kind, and what is refused."""

import operator

import numpy as np
import pytest
from alike import alike

torch = pytest.importorskip("torch")

ARITHMETIC = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow")
BITS = ("and_", "or_", "xor", "lshift", "rshift")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")


@pytest.mark.parametrize("name", ARITHMETIC + COMPARISONS)
@pytest.mark.parametrize("number", (2, 3, 0.5, True, np.float64(2), np.float32(3), np.int64(2)), ids=repr)
@pytest.mark.parametrize("dtype", ("float32", "float64", "int64", "uint8"))
def test_number_on_either_side(name, number, dtype):
    op = getattr(operator, name)

    def script(t):
        x = t.tensor([1, 2, 3], dtype=getattr(t, dtype))
        return op(x, number), op(number, x), op(x.sum(), number), op(number, x.sum())

    def first(t):
        return op(t.tensor([1, 2, 3], dtype=getattr(t, dtype)), number)

    alike(first, torch)
    alike(script, torch)


@pytest.mark.parametrize("name", BITS)
@pytest.mark.parametrize("number", (1, 3, True, np.int64(2)), ids=repr)
@pytest.mark.parametrize("dtype", ("int64", "uint8", "bool"))
def test_bits_on_either_side(name, number, dtype):
    op = getattr(operator, name)
    for script in (lambda t: op(t.tensor([1, 0, 3], dtype=getattr(t, dtype)), number),
                   lambda t: op(number, t.tensor([1, 0, 3], dtype=getattr(t, dtype)))):
        alike(script, torch)


@pytest.mark.parametrize("name", ARITHMETIC + BITS + COMPARISONS)
@pytest.mark.parametrize("other", ("a", None, [1, 2], object(), np.ones(2), np.ones(2, int)),
                         ids=("text", "None", "list", "object", "floats", "integers"))
def test_what_is_no_number(name, other):
    """Refused as Python refuses; an array on the right works, as in torch, where NumPy's operator accepts it."""
    op = getattr(operator, name)
    alike(lambda t: op(t.tensor([1.0, 2.0]), other), torch)
    if name != "truediv" or isinstance(other, np.ndarray):  # ours speaks of *: it multiplies by 1 / x
        alike(lambda t: op(other, t.tensor([1.0, 2.0])), torch)


@pytest.mark.parametrize("name", ["i" + name.strip("_") for name in ARITHMETIC + BITS])
@pytest.mark.parametrize("other", (2, 1.5, True, "a", None, "array", "tensor"))
@pytest.mark.parametrize("dtype", ("float32", "int64", "bool"))
def test_in_place(name, other, dtype):
    """The result is written into the left operand, or the operation is refused."""
    op = getattr(operator, name)
    if other == 1.5 and dtype != "float32" and name[1:] in ("and", "or", "xor", "lshift", "rshift"):
        return  # refused by both, for different reasons

    def script(t):
        x = t.tensor([1, 1, 2], dtype=getattr(t, dtype))
        y = np.ones(3) if other == "array" else t.tensor([1, 2, 2]) if other == "tensor" else other
        result = op(x, y)
        return result, x, result is x, x._version

    alike(script, torch)


def test_in_place_operators_record():
    def script(t):
        w = t.tensor([1.0, 2.0, 3.0], requires_grad=True)
        x = w * 1
        x += 2
        x *= w
        x -= w
        x /= 3
        x **= 2
        x.sum().backward()
        return x, w.grad, x._version

    alike(script, torch)


def test_array_times_tensor_never_drops_the_graph():
    def script(t):
        return t.ones(3, requires_grad=True) * np.ones(3)

    alike(script, torch)


@pytest.mark.parametrize("script", (
    lambda t: t.tensor([1, 2]) / 2,
    lambda t: t.tensor([1, 2]) // 2,
    lambda t: t.tensor(-7) // 2,
    lambda t: t.tensor(-7) % 3,
    lambda t: t.tensor([5.0, -5.0, 0.0, float("inf")]) // 0.0,
    lambda t: t.tensor([5.0, -5.0, 0.0]) % float("inf"),
    lambda t: t.tensor([1], dtype=t.uint8) - 2,
    lambda t: t.tensor([1], dtype=t.uint8) + 300,
    lambda t: -t.tensor([1], dtype=t.uint8),
    lambda t: 2 ** t.tensor([1, -1]),
    lambda t: t.tensor([2, 3]) ** t.tensor([-1, 2]),
    lambda t: t.tensor([True]) ** 2,
    lambda t: 1 / t.tensor([2, 4]),
    lambda t: t.tensor([1]) + 2**63,
    lambda t: +t.tensor([True]),
    lambda t: abs(t.tensor([-1])),
    lambda t: t.ones(2, dtype=t.float64) + t.tensor(1, dtype=t.float32),
    lambda t: t.ones(2) + t.ones(2, dtype=t.int64),
    lambda t: t.tensor([1]) * 1.5,
    lambda t: t.tensor(2.0) * t.tensor([1]),
    lambda t: ~t.tensor([1.0]),
    lambda t: t.tensor([1], dtype=t.uint8) > -1,
    lambda t: t.tensor([1], dtype=t.uint8) == 257,
    lambda t: t.tensor([1, 2]) == 1.5,
    lambda t: t.tensor([2**53 + 1]) == t.tensor([2.0**53]),
    lambda t: t.tensor([2**53 + 1]) == float(2**53),
    lambda t: t.tensor([2**24 + 1]) > 2.0**24,
    lambda t: t.tensor([1.0, 2.0]) == np.ones(2),
))
def test_corners(script):
    alike(script, torch)


@pytest.mark.parametrize("call", (
    lambda t: t.mv(input=t.eye(2), vec=t.ones(2)), lambda t: t.mm(input=t.eye(2), mat2=t.eye(2)),
    lambda t: t.bmm(t.ones(1, 2, 2), mat2=t.ones(1, 2, 2)), lambda t: t.dot(t.ones(2), tensor=t.ones(2)),
    lambda t: t.heaviside(t.ones(2), values=t.ones(2)), lambda t: t.mul(input=t.ones(2), other=2)))
def test_keyword_names(call):
    alike(call, torch)

"""Reading and writing by `x[...]`, drawn: values, gradients and refusals against torch."""

import numpy as np
import pytest
from alike import alike
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

SHAPE = (3, 4, 2)


@st.composite
def indices(draw):
    """An index of x of SHAPE as a list of parts; tensors and lists are told apart by a tag."""
    parts, left = [], list(SHAPE)
    shape = draw(st.sampled_from([(2,), (3,), (2, 1), ()]))  # advanced parts broadcast among each other
    while left and draw(st.booleans() | st.just(True)):
        n = left[0]
        kind = draw(st.sampled_from(["int", "slice", "tensor", "list", "mask", "none", "dots", "bool", "number"]))
        if kind == "none":
            parts.append(("none",))
            if len(parts) > 6:
                break
            continue
        if kind == "dots":
            if any(p[0] == "dots" for p in parts):
                continue
            parts.append(("dots",))
            left = left[draw(st.integers(0, len(left))):]
            continue
        left.pop(0)
        if kind in ("int", "number"):
            parts.append((kind, draw(st.integers(-n - draw(st.sampled_from([0, 0, 0, 1])), n - 1))))
        elif kind == "slice":
            ends = st.none() | st.integers(-n - 1, n + 1)
            parts.append(("slice", draw(ends), draw(ends), draw(st.none() | st.integers(1, 3))))
        elif kind == "mask":
            parts.append(("mask", draw(st.lists(st.booleans(), min_size=n, max_size=n))))
        elif kind == "bool":
            left.insert(0, n)
            parts.append(("bool", draw(st.booleans())))
            if len(parts) > 6:
                break
        else:
            values = np.array(draw(st.lists(st.integers(-n, n - 1), min_size=6, max_size=6)))
            values = values[: int(np.prod(shape))].reshape(shape)
            parts.append((kind, values.tolist()))
    return parts


def build(t, parts):
    """The index itself, with tensors of library `t`."""
    make = {
        "none": lambda: None, "dots": lambda: Ellipsis, "int": lambda v: v, "bool": lambda v: v, "list": lambda v: v,
        "number": lambda v: t.tensor(v), "slice": lambda a, b, c: slice(a, b, c), "mask": lambda v: t.tensor(v),
        "tensor": lambda v: t.tensor(v, dtype=t.int64),
    }
    return tuple(make[kind](*given) for kind, *given in parts)


def numbers(t, *shape):
    n = int(np.prod(shape))
    return (t.arange(float(n), dtype=t.float64) + 1).reshape(*shape)


@given(indices())
def test_reading(parts):
    def read(t):
        x = numbers(t, *SHAPE).requires_grad_()
        y = x[build(t, parts)]
        g, = t.autograd.grad((y * y).sum(), x)
        return y, g, y._is_view()

    alike(read, torch)


@given(indices(), st.booleans())
def test_writing_a_number(parts, through_view):
    def write(t):
        x = numbers(t, *SHAPE).requires_grad_()
        y = x * 1
        (y[:] if through_view else y)[build(t, parts)] = 0.5
        g, = t.autograd.grad((y * y).sum(), x)
        return y, g, y._version

    alike(write, torch)


@given(indices(), st.data())
def test_writing_a_tensor(parts, data):
    try:
        shape = np.empty(SHAPE)[tuple(np.asarray(p) if isinstance(p, torch.Tensor) else p for p in build(torch,
        parts))].shape
    except IndexError:
        return  # refused: test_reading compares the words
    lengths = [data.draw(st.sampled_from([n, n, 1])) for n in shape[data.draw(st.integers(0, len(shape))):]]
    repeated = any(kind in ("tensor", "list") for kind, *_ in parts)  # which of two writes wins is not defined

    def write(t):
        x, v = numbers(t, *SHAPE).requires_grad_(), numbers(t, *lengths) if lengths else t.tensor(7.0, dtype=t.float64)
        v = (v * 0 + 2 if repeated else v).requires_grad_()
        y = x * 1
        y[build(t, parts)] = v
        g = t.autograd.grad((y * y).sum(), [x, v], allow_unused=True)
        return (y, g[0]) if repeated else (y, *g)

    alike(write, torch)


@pytest.mark.parametrize("call", [
    lambda t, x: x[5], lambda t, x: x[0, 0, 0, 0], lambda t, x: x[1.5], lambda t, x: x[t.tensor([5])],
    lambda t, x: x[t.tensor([True, False])], lambda t, x: x[t.tensor([0.5])], lambda t, x: x[::-1],
    lambda t, x: x[::0], lambda t, x: x.__setitem__(0, t.ones(5)), lambda t, x: x.__setitem__(5, 1.0),
    lambda t, x: x.__setitem__(x > 2, t.ones(7)), lambda t, x: x.__setitem__(t.tensor([0, 1]), t.ones(5)),
    lambda t, x: x.__setitem__(0, "a"), lambda t, x: x[0, 0, 0][0], lambda t, x: x[0, 0, 0][:],
    lambda t, x: iter(x[0, 0, 0]), lambda t, x: len(x[0, 0, 0]),
])
def test_refusals(call):
    def refused(t):
        return call(t, numbers(t, *SHAPE))

    alike(refused, torch)


def test_iterating_and_membership():
    def walk(t):
        x = numbers(t, *SHAPE)
        return [row.sum() for row in x], 3.0 in x, 99.0 in x, x[0] in x

    alike(walk, torch)

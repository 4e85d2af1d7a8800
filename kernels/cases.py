"""What runs each kernel: small calls of the operations that launch it, at sizes that fit no tile.

Defines `CASES` {file: [Case]} and `difference`. The tests, `python -m minitorch.kernels check` and `profile` use them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

import minitorch
from minitorch.nn import functional as F

from .ladder import ladders, use


class Case(NamedTuple):
    """An operation on random arrays of some shapes; an array of classes has the shape (number, classes)."""

    ladder: str
    call: Callable
    shapes: tuple
    classes: tuple = ()  # positions among the arguments

    def __str__(self) -> str:
        return f"{self.ladder} {self.shapes}"


def rows(ladder: str, call: Callable, sizes: tuple, arguments=lambda n, c: ((n, c),), classes=()) -> list[Case]:
    return [Case(ladder, call, arguments(n, c), classes) for n, c in sizes]


ROWS = ((5, 7), (3, 1), (70, 33), (2, 1030))
attend = F.scaled_dot_product_attention
HEADS = (((2, 3), 70, 33, 16), ((1,), 5, 5, 20), ((1, 2), 40, 67, 64), ((2,), 17, 33, 100))


def heads(call: Callable, mask=lambda lead, queries, keys: ()) -> list[Case]:
    return [Case("attention", call, ((*lead, n, d), (*lead, m, d), (*lead, m, d), *mask(lead, n, m)))
            for lead, n, m, d in HEADS]


def image(*shapes, **options) -> Case:
    return Case("conv2d", lambda x, weight, bias: F.conv2d(x, weight, bias, **options), (*shapes, shapes[1][:1]))


CASES = {
    "softmax.cu": [
        *rows("softmax", lambda x: x.softmax(-1), ROWS), *rows("softmax", lambda x: x.log_softmax(0), ROWS)],
    "layer_norm.cu": [
        *rows("layer_norm", lambda x: F.layer_norm(x, x.shape[1:]), ROWS),
        *rows("layer_norm", lambda x, w, b: F.layer_norm(x, x.shape[1:], w, b), ROWS,
              lambda n, c: ((n, c), (c,), (c,)))],
    "cross_entropy.cu": [
        *rows("cross_entropy", F.cross_entropy, ROWS, lambda n, c: ((n, c), (n, c)), (1,)),
        *rows("cross_entropy", lambda x, t: F.cross_entropy(x, t, ignore_index=0, reduction="sum"), ROWS,
              lambda n, c: ((n, c), (n, c)), (1,))],
    "matmul.cu": [
        *(Case("matmul", lambda a, b: a @ b, shapes) for shapes in (
            ((3, 5), (5, 4)), ((70, 33), (33, 65)), ((1, 1), (1, 1)), ((2, 3, 17, 20), (3, 20, 9)),
            ((5, 1, 7, 3), (4, 3, 8)), ((64, 64), (64, 64)), ((5, 6), (6,)), ((6,), (4, 6, 5)))),
        Case("matmul", lambda a, b: a @ b.mT, ((66, 7), (5, 7))),
        Case("matmul", lambda x, w, b: F.linear(x, w, b), ((2, 9, 35), (18, 35), (18,)))],
    "conv2d.cu": [
        image((2, 3, 13, 11), (5, 3, 3, 3), stride=2, padding=1), image((2, 2, 9, 9), (3, 2, 3, 3), padding="same"),
        image((1, 4, 7, 9), (6, 2, 2, 3), groups=2, dilation=(2, 1), padding=(0, 2)),
        image((2, 4, 6, 6), (4, 1, 3, 3), groups=4), image((1, 1, 1, 1), (1, 1, 1, 1)),
        image((3, 70, 5, 5), (66, 70, 1, 1)), image((1, 1, 70, 70), (2, 1, 3, 3)),
        Case("conv2d", lambda x, w: F.conv1d(x, w, stride=2, padding=3), ((2, 3, 20), (4, 3, 5))),
        Case("conv2d", lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, output_padding=1),
             ((2, 3, 5, 6), (3, 4, 3, 2), (4,)))],
    "attention.cu": [
        *heads(attend), *heads(lambda q, k, v: attend(q, k, v, is_causal=True)),
        *heads(lambda q, k, v, mask: attend(q, k, v, mask.detach()), lambda lead, n, m: ((n, m),)),
        *heads(lambda q, k, v, mask: attend(q, k, v, mask.detach() > 0.3),
               lambda lead, n, m: ((*lead[:-1], 1, n, m),))],
}
def half(a, b):
    """The product of float16 numbers; on the side that computes in float64, of the same ones, exactly."""
    a16, b16 = a.half(), b.half()
    return (a16 @ b16).float() if a.dtype is minitorch.float32 else a16.double() @ b16.double()


CASES["matmul_hopper.cu"] = [Case("matmul_half", half, shapes) for shapes in (
    ((3, 8), (8, 5)), ((130, 72), (72, 129)), ((64, 320), (320, 64)))]
CASES["attention_backward.cu"] = CASES["attention.cu"]
CASES["matmul_pipelined.cu"] = CASES["matmul.cu"]


def runs(file: str) -> Iterator[tuple[Case, str]]:
    """Each case of a file with each rung that has a kernel."""
    for case in CASES[file]:
        for rung in ladders[case.ladder].kernels:
            yield case, rung


def arguments(case: Case, place: str, dtype: str) -> list:
    rng = np.random.default_rng(len(case.shapes[0]))
    made = []
    for k, shape in enumerate(case.shapes):
        # float32 numbers in either type, so that both sides begin with the same
        array = (rng.integers(0, shape[1], shape[0]) if k in case.classes
                 else rng.standard_normal(shape).astype("float32").astype(dtype))
        made.append(minitorch.from_numpy(array).to(place))
    return made


def results(case: Case, place: str, dtype: str) -> list[np.ndarray]:
    """The operation's result and the gradients of its float arguments."""
    given = arguments(case, place, dtype)
    floats = [t.requires_grad_() for t in given if t.is_floating_point()]
    y = case.call(*given)
    g = np.random.default_rng(1).uniform(0.5, 1.5, tuple(y.shape)).astype("float32").astype(dtype)
    gradients = minitorch.autograd.grad(y, floats, minitorch.from_numpy(g).to(place), allow_unused=True)
    return [t.detach().cpu().numpy() for t in (y, *gradients) if t is not None]


def difference(case: Case, rung: str, place: str = "sim") -> float:
    """The largest error of the kernel's float32 against NumPy's float64, relative to the largest number (or 1)."""
    with use(case.ladder, rung):
        got = results(case, place, "float32")
    return max(np.abs(a - b).max() / max(np.abs(b).max(), 1) for a, b in zip(got, results(case, "cpu", "float64")))

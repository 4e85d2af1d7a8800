"""One row per public operation: how to draw its inputs, its torch twin, its tolerances, its node's name.

    row("mul", lambda d: d.pair(), in_place=True)
    row("nn.functional.softmax", lambda d: ((d.array(d.shape(1)),), {"dim": -1}), node="SoftmaxBackward0")

A row's `draw` takes a `Draw` and returns (args, kwargs) with NumPy arrays where tensors go (in lists and tuples, too);
the checks of test_table.py turn them into tensors of either library. Rows stand in rows_<family>.py, one file per
file of ops/; `ROWS` holds them all. Every check runs on every row.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from hypothesis import strategies as st


@dataclasses.dataclass
class Row:
    """One operation under test.

    name        dotted public name, the same in torch and minitorch: "add", "nn.functional.relu", "Tensor.masked_fill"
    draw        Draw -> (args, kwargs), of floats in `d.dtype`
    dtypes      types tried for `d.dtype` in the forward check (gradients: float32 and float64 among them)
    grad        positions in `args` (or keyword names) of the inputs to differentiate: "all" float arrays,
                or a tuple; () for an operation without a gradient
    second      whether the second derivative is compared as well
    node        type(grad_fn).__name__ in torch, None where the row has no gradient
    same_node   False where torch makes one node of what is several here,
                or the other way round: the names are not compared
    method      whether Tensor has it under the last part of the name
    in_place    whether Tensor has it with a trailing underscore
    strided     False where torch itself fails on memory that is not in order
    rtol        relative tolerance by dtype name; 1e-5 and 1e-9 unless the row says why
    atol        absolute tolerance by dtype name
    errors      calls that both libraries must refuse alike: functions of the library (`lambda t: t.add(t.ones(2),
                t.ones(3))`)
    id          what tells two rows of one name apart
    """

    name: str
    draw: Callable
    dtypes: tuple = ("float32", "float64")
    grad: tuple | str = "all"
    second: bool = True
    node: str | None = None
    same_node: bool = True
    method: bool = False
    in_place: bool = False
    strided: bool = True
    rtol: dict = dataclasses.field(default_factory=dict)
    atol: dict = dataclasses.field(default_factory=dict)
    errors: tuple = ()
    id: str = ""

    def __str__(self) -> str:
        return self.name + (f"[{self.id}]" if self.id else "")

    def tolerance(self, dtype: str) -> dict:
        standard = {"float16": 2e-3, "float32": 1e-5, "float64": 1e-9}.get(dtype, 0)
        return {"rtol": self.rtol.get(dtype, standard), "atol": self.atol.get(dtype, standard)}


ROWS: list[Row] = []


def row(name: str, draw: Callable, **facts) -> None:
    """Add a row to the table."""
    ROWS.append(Row(name, draw, **facts))


class Draw:
    """Draws the inputs of one example: shapes and parameters by hypothesis, values by a seeded generator."""

    def __init__(self, draw: Callable, dtype: str = "float32"):
        self.of = draw  # of(strategy): any hypothesis strategy
        self.dtype = dtype
        self.rng = np.random.default_rng(self.integer(0, 2**16))

    def integer(self, low: int, high: int) -> int:
        """low <= n <= high"""
        return self.of(st.integers(low, high))

    def boolean(self) -> bool:
        return self.of(st.booleans())

    def choice(self, *options):
        return self.of(st.sampled_from(options))

    def shape(self, least: int = 0, most: int = 4, side: int = 4, zero: bool = True) -> tuple:
        """A shape of `least` to `most` dimensions; lengths up to `side`, now and then 0 or 1."""
        low = 0 if zero and self.integer(0, 7) == 0 else 1
        return tuple(self.integer(low, side) for _ in range(self.integer(least, most)))

    def broadcast(self, shape: tuple) -> tuple:
        """A shape that broadcasts to `shape`: leading dimensions dropped, some lengths 1."""
        kept = shape[self.integer(0, len(shape)):]
        return tuple(1 if self.boolean() and self.boolean() else n for n in kept)

    def array(self, shape: tuple = (), low: float = -2.0, high: float = 2.0, dtype: str | None = None,
              distinct: bool = False) -> np.ndarray:
        """Uniform values in [low, high) of `dtype` (d.dtype unless given); integers for integer types.

        `distinct`: no two values closer than 0.01, for operations with kinks at ties.
        """
        dtype = np.dtype(dtype or self.dtype)
        if dtype.kind == "b":
            return np.asarray(self.rng.random(shape) < 0.5)
        if distinct:
            count = int(np.prod(shape))
            values = (self.rng.permutation(count) + 0.3 + 0.4 * self.rng.random(count)) / max(count, 1)
            return (low + (high - low) * values).reshape(shape).astype(dtype)
        if dtype.kind in "iu":
            return self.rng.integers(max(int(low), 0) if dtype.kind == "u" else int(low), int(high) + 1,
                                     shape).astype(dtype)
        return np.asarray(self.rng.uniform(low, high, shape)).astype(dtype)

    def away_from(self, kinks: tuple, shape: tuple, low: float = -2.0, high: float = 2.0) -> np.ndarray:
        """Values at least 0.05 from every kink, where a derivative jumps."""
        x = self.array(shape, low, high)
        for kink in kinks:
            near = np.abs(x.astype(float) - kink) < 0.05
            x = np.where(near, x + np.asarray(0.1, x.dtype), x).astype(x.dtype)
        return x

    def pair(self, low: float = -2.0, high: float = 2.0):
        """((x, other), {}) of shapes that broadcast, either way round."""
        shape = self.shape()
        shapes = [shape, self.broadcast(shape)]
        if self.boolean():
            shapes.reverse()
        return tuple(self.array(s, low, high) for s in shapes), {}

    def one(self, low: float = -2.0, high: float = 2.0):
        """((x,), {})"""
        return (self.array(self.shape(), low, high),), {}

    def dim(self, ndim: int) -> int:
        """A valid `dim` for a tensor of `ndim` dimensions, negative ones included."""
        n = max(ndim, 1)
        return self.integer(-n, n - 1)

    def dims(self, ndim: int) -> tuple:
        """Some distinct dims, in any order, negative ones included."""
        picked = self.rng.permutation(ndim)[: self.integer(1, max(ndim, 1))]
        return tuple(int(d) - (ndim if self.boolean() else 0) for d in picked)


for path in sorted(Path(__file__).parent.glob("rows_*.py")):
    importlib.import_module(path.stem)

"""Every row of the table on the simulated GPU, and on a real one where there is one, against the CPU."""

import pytest
from samples import Row

import minitorch

pytest.importorskip("torch")  # the table's harness holds both libraries
from test_table import Side, arrays_of, cotangents, examples, float_outputs, same, table  # noqa: E402

pytestmark = pytest.mark.torch
places = pytest.mark.parametrize("place", ["sim", pytest.param("cuda", marks=pytest.mark.needs("gpu"))])


class Library:
    """minitorch, with tensors made on a device."""

    def __init__(self, place: str):
        self.place = place

    def __getattr__(self, name: str):
        return getattr(minitorch, name)

    def from_numpy(self, array):
        return minitorch.from_numpy(array).to(self.place)


def on(place: str, row: Row, example, gradient: bool) -> Side:
    args, kwargs = example
    return Side(Library(place), row, args, kwargs, gradient)


def home(tensors: list) -> list:
    return [None if t is None else t.cpu() for t in tensors]


@places
@table
def test_row(row, place):
    """Values, and the gradients of a random combination of the outputs."""
    for dtype in row.dtypes:
        gradient = bool(row.grad) and dtype in ("float32", "float64")

        @examples(row, dtype, 4)
        def check(example, gradient=gradient, dtype=dtype):
            here, there = on("cpu", row, example, gradient), on(place, row, example, gradient)
            if arrays_of((there.args, there.kwargs)) and row.name not in ("Tensor.cpu", "Tensor.type"):
                assert all(t.device.type == place for t in there.outputs), f"{row}: a result is not on {place}"
            same(home(there.outputs), here.outputs, row.tolerance(dtype), f"{row} on {place}")
            outputs = float_outputs(here)
            if not outputs or not here.inputs:
                return
            g = cotangents(outputs, 0)
            ours = there.grad(float_outputs(there), [there.library.from_numpy(a) for a in g])
            same(home(ours), here.grad(outputs, [minitorch.from_numpy(a) for a in g]), row.tolerance(dtype), f"{row}, gradient")

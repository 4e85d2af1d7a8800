"""Every row of the table on the simulated GPU, and on a real one where there is one, against the CPU."""

import ast
from pathlib import Path

import numpy as np
import pytest
from samples import Row

import minitorch
from minitorch import sim

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
    minitorch.manual_seed(0)  # the same masks of dropout on every device
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
            theirs = here.grad(outputs, [minitorch.from_numpy(a) for a in g])
            same(home(ours), theirs, row.tolerance(dtype), f"{row}, gradient, on {place}")


# ---------------------------------------------------------------- the manners of the device "sim"


def refusals():
    x, host = minitorch.ones(3).to("sim").array, np.ones(3, np.float32)
    return {
        "as a NumPy array": lambda: np.asarray(x), "under a NumPy function": lambda: np.exp(x),
        "left of one": lambda: x + host, "right of one": lambda: host + x, "in place": lambda: x.__iadd__(host),
        "compared": lambda: x < host, "multiplied": lambda: host @ x, "written to": lambda: x.__setitem__(0, host),
        "in a function": lambda: sim.xp.maximum(x, host), "in a list": lambda: sim.xp.concatenate([x, host]),
        "as out=": lambda: sim.xp.exp(x, out=host),
    }


@pytest.mark.parametrize("how", refusals())
def test_sim_arrays_meet_no_host_arrays(how):
    with pytest.raises(TypeError):
        refusals()[how]()


def test_sim_arrays_have_what_cupy_arrays_have():
    x = minitorch.arange(6.0).reshape(2, 3).to("sim").array
    for name in ("byteswap", "__array_interface__", "ctypes", "newbyteorder", "resize"):
        with pytest.raises(AttributeError, match="arrays of the device 'sim' have no"):
            getattr(x, name)
    total = x.sum()
    assert isinstance(total, sim.SimArray) and total.shape == () and float(total) == 15
    assert type(x[0, 1]) is sim.SimArray and x.tolist() == [[0, 1, 2], [3, 4, 5]] and len(x) == 2
    assert np.isnan(sim.xp.empty((2, 2), "float32").get()).all(), "what nobody has written is NaN"
    copy = x.get()
    copy[0] = 9
    assert x.tolist()[0] == [0, 1, 2], "the host has a copy"


def test_tensors_of_two_devices_do_not_meet():
    a, b = minitorch.ones(3), minitorch.ones(3).to("sim")
    with pytest.raises(RuntimeError, match="^Expected all tensors to be on the same device, but found at least two "
                                           "devices, sim:0 and cpu!"):
        a + b
    assert (minitorch.tensor(2.0) * b).device.type == "sim", "a number of the CPU goes where the others are"
    with pytest.raises(TypeError, match="can't convert sim:0 device type tensor to numpy"):
        b.numpy()


NAMES = set((Path(__file__).parent / "data" / "cupy_names.txt").read_text().partition("\n")[2].split())


def xp_names(text: str) -> set[str]:
    """Each `name` or `part.name` that follows `xp.` in a file; a ufunc's own method counts as that of all."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id == "xp" and parts:
            found.add(".".join(parts))
    return found


def test_cupy_has_every_name_that_the_operations_use():
    """tests/data/cupy_names.txt lists what CuPy has; it imports without a GPU, too, but is large to install."""
    package = Path(minitorch.__file__).parent
    used = {name for path in package.rglob("*.py") if path.name not in ("sim.py", "device.py")
            for name in xp_names(path.read_text(encoding="utf-8"))}
    assert len(used) > 90
    missing = {name for name in used if name not in NAMES and not (
        "." in name and name.partition(".")[0] in NAMES and f"ufunc.{name.partition('.')[2]}" in NAMES)}
    assert not missing
    assert {f"ndarray.{name}" for name in sim.ATTRIBUTES} <= NAMES


@pytest.mark.needs("cupy")
def test_the_list_of_cupys_names_is_right():
    import cupy

    for name in NAMES:
        holder, _, attribute = name.rpartition(".")
        where = {"": cupy, "ndarray": cupy.ndarray, "ufunc": cupy.add}.get(holder) or getattr(cupy, holder)
        assert hasattr(where, attribute), name

"""NumPy's functions and arrays beside tensors: what is converted, what shares memory, what is refused."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from twin import same

import minitorch

pytestmark = pytest.mark.torch

ARRAY = np.array([1.0, 2.0])


def calls(*functions):
    return pytest.mark.parametrize("call", functions)


@calls(
    lambda t: np.sin(t.tensor([3.0, 4.0])), lambda t: np.add(t.ones(2), t.ones(2)), lambda t: np.add(ARRAY, t.ones(2)),
    lambda t: np.exp(t.tensor(1.0)), lambda t: np.isnan(t.ones(2)), lambda t: np.equal(t.ones(2), t.ones(2)),
    lambda t: np.maximum(t.tensor([3.0, 4.0]), 3.5), lambda t: np.multiply.reduce(t.tensor([3.0, 4.0])),
    lambda t: np.add.accumulate(t.tensor([3.0, 4.0])), lambda t: np.dot(t.ones(2), t.ones(2)),
    lambda t: ARRAY.dot(t.ones(2)), lambda t: np.stack([t.ones(2), t.ones(2)]),
    lambda t: np.concatenate([t.ones(2), t.ones(2)]), lambda t: np.where(ARRAY > 1, t.ones(2), t.ones(2)),
    lambda t: np.array([t.tensor(1.0), t.tensor(2.0)]), lambda t: ARRAY[t.tensor([1, 0])], lambda t: ARRAY[t.tensor(1)],
    lambda t: ARRAY[t.tensor([True, False])],
)
def test_functions_of_numpy(call):
    same(call, rtol=1e-6)


@calls(
    lambda t: np.asarray(t.ones(2)), lambda t: np.array(t.ones(2)), lambda t: np.asarray(t.ones(2), dtype=np.int64),
    lambda t: np.array(t.ones(2), dtype=np.float64), lambda t: t.ones(2).__array__(),
    lambda t: t.ones(2).__array__(np.float64), lambda t: t.ones(2).__array_priority__,
    lambda t: t.ones(2, requires_grad=True).numpy(), lambda t: t.ones(2, requires_grad=True).numpy(force=True),
    lambda t: np.asarray(t.tensor(3)),
)
def test_arrays_of_tensors(call):
    same(call)


@calls(
    lambda x: np.sin(x), lambda x: np.add(ARRAY, x), lambda x: np.asarray(x), lambda x: np.array(x),
    lambda x: np.stack([x]), lambda x: x.numpy(), lambda x: x * ARRAY, lambda x: x + ARRAY, lambda x: x - ARRAY,
    lambda x: x @ ARRAY,
)
def test_the_graph_is_never_dropped_in_silence(call):
    """A tensor that requires grad is refused in torch's words wherever NumPy would return numbers without a graph."""
    same(lambda t: call(t.ones(2, requires_grad=True)))
    same(lambda t: call(t.ones(2, requires_grad=True) * 2))
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        call(minitorch.ones(2, requires_grad=True))


@calls(
    lambda t: t.ones(2) * ARRAY, lambda t: t.ones(2) + ARRAY, lambda t: t.ones(2) - ARRAY, lambda t: t.ones(2) / ARRAY,
    lambda t: t.ones(2) ** ARRAY, lambda t: t.ones(2) @ ARRAY, lambda t: ARRAY * t.ones(2), lambda t: ARRAY - t.ones(2),
    lambda t: ARRAY / t.ones(2), lambda t: ARRAY**t.ones(2), lambda t: ARRAY @ t.ones(2), lambda t: ARRAY // t.ones(2),
    lambda t: ARRAY < t.ones(2), lambda t: t.ones(2) < ARRAY, lambda t: t.ones(2) + [1.0, 2.0],
    lambda t: ARRAY * t.ones(2, requires_grad=True), lambda t: t.ones(2).__iadd__(ARRAY), lambda t: t.ones(2) * "a",
)
def test_operators_between_arrays_and_tensors(call):
    """array * tensor is refused, tensor * array is NumPy's: torch's operators return NotImplemented for an array."""
    same(call)


@calls(
    lambda t: np.float64(2) * t.ones(2), lambda t: t.ones(2) * np.float64(2), lambda t: np.float32(2) * t.ones(2),
    lambda t: np.int64(3) * t.ones(2), lambda t: np.int64(3) * t.arange(2), lambda t: np.float64(2) * t.arange(2),
    lambda t: np.float64(2) * t.ones(2, requires_grad=True), lambda t: np.float64(2) - t.ones(2, requires_grad=True),
    lambda t: t.ones(2, requires_grad=True) + np.float64(2), lambda t: np.float64(2) + t.ones(2, requires_grad=True),
    lambda t: np.float64(2) ** t.ones(2, requires_grad=True), lambda t: np.bool_(True) + t.ones(2),
)
def test_numpy_scalars_count_as_python_numbers(call):
    same(call)


def test_from_numpy_shares_memory():
    for t in (minitorch, torch):
        array = np.zeros((2, 3), "float32")
        x = t.from_numpy(array)
        array[0, 0] = 5
        x[1, 2] = 7
        assert x[0, 0] == 5 and array[1, 2] == 7 and np.shares_memory(x.numpy(), array)
        assert np.shares_memory(t.from_numpy(array[:, ::2]).numpy(), array)
        assert np.shares_memory(np.asarray(x), array) and np.shares_memory(x[1:].detach().numpy(), array)
        assert not np.shares_memory(np.array(x), array)


@calls(
    lambda t: t.from_numpy(np.zeros((2, 3), "f4")[:, ::2]), lambda t: t.from_numpy(np.ones((2, 3), order="F")),
    lambda t: t.from_numpy(np.array(1.0)), lambda t: t.from_numpy(np.ones(3, "u2")), lambda t: t.from_numpy([1]),
    lambda t: t.from_numpy(np.float32(1)), lambda t: t.from_numpy(np.ones(3)[::-1]),
    lambda t: t.from_numpy(np.ones(3, ">f4")), lambda t: t.from_numpy(np.array(["a"])),
    lambda t: t.from_numpy(np.array([None])), lambda t: t.from_numpy(np.ones(2, np.longdouble)),
    lambda t: t.from_numpy(np.broadcast_to(np.ones(3), (2, 3))),
)
def test_what_from_numpy_takes(call):
    same(call)


def test_read_only_arrays_warn():
    array = np.ones(2)
    array.flags.writeable = False
    with pytest.warns(UserWarning, match="not writable"):
        minitorch.from_numpy(array)


def test_users_numpy_warnings_are_left_alone():
    minitorch.zeros(2) / 0
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        np.float64(1) / np.zeros(1)

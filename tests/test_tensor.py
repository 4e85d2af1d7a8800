"""Tensors as such: making them, converting them, asking them, copying and pickling them, each against torch."""

import copy
import io
import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from twin import same

import minitorch

pytestmark = pytest.mark.torch


def calls(*functions):
    return pytest.mark.parametrize("call", functions)


# ---------------------------------------------------------------- making


@calls(
    lambda t: t.tensor(3), lambda t: t.tensor(3.5), lambda t: t.tensor(True), lambda t: t.tensor(1j),
    lambda t: t.tensor([]), lambda t: t.tensor(()), lambda t: t.tensor([[]]), lambda t: t.tensor([[], []]),
    lambda t: t.tensor((1, 2)), lambda t: t.tensor([[1, 2], [3, 4.5]]), lambda t: t.tensor([True, 2]),
    lambda t: t.tensor([True, 2.0]), lambda t: t.tensor([1j, 2]), lambda t: t.tensor(range(3)),
    lambda t: t.tensor(bytearray(b"abc")), lambda t: t.tensor([2**70, 1.0]), lambda t: t.tensor(2**63 - 1),
    lambda t: t.tensor([float("nan"), float("inf")]), lambda t: t.tensor([1.7, -1.7], dtype=t.int64),
    lambda t: t.tensor([1.5, 0], dtype=t.bool), lambda t: t.tensor(-1, dtype=t.uint8),
    lambda t: t.tensor([1e10], dtype=t.float16), lambda t: t.tensor([1e40], dtype=t.float32),
    lambda t: t.tensor([2**63], dtype=t.uint64), lambda t: t.tensor([1.0], dtype=float),
    lambda t: t.tensor([1.0], dtype=int), lambda t: t.tensor([1.0], dtype=bool),
    lambda t: t.tensor([1.0], dtype=complex), lambda t: t.tensor([1.0], requires_grad=True),
)
def test_types_implied_by_python_numbers(call):
    same(call)


@calls(
    lambda t: t.tensor(np.float64(1)), lambda t: t.tensor(np.float32(1)), lambda t: t.tensor(np.int32(1)),
    lambda t: t.tensor(np.bool_(1)), lambda t: t.tensor([np.float64(1)]), lambda t: t.tensor([np.float16(1)]),
    lambda t: t.tensor([np.float16(1), 2.0]), lambda t: t.tensor([np.int32(1), np.float32(2)]),
    lambda t: t.tensor([np.uint8(1), True]), lambda t: t.tensor([1.0, np.float64(2)]),
    lambda t: t.tensor(np.ones((2, 3))), lambda t: t.tensor([np.ones(2), np.zeros(2)]),
    lambda t: t.tensor([np.ones(2, "f4"), np.zeros(2)]), lambda t: t.tensor([np.ones(2), [1, 2]]),
    lambda t: t.tensor([np.array(1.0), 2.0]), lambda t: t.tensor(np.array([300]), dtype=t.uint8),
    lambda t: t.tensor(np.array([-1.5, 1.5]), dtype=t.int64), lambda t: t.tensor(np.asfortranarray(np.ones((2, 3)))),
    lambda t: t.tensor(np.array(3)), lambda t: t.tensor([t.tensor(1.0), 2]),
    lambda t: t.tensor([t.tensor(1.0, dtype=t.float64), 2]), lambda t: t.tensor([t.tensor([1]), 2.0]),
    lambda t: t.tensor([t.ones(1, 1), t.ones(1, 1)]), lambda t: t.tensor([t.tensor(1.0, requires_grad=True), 2]),
    lambda t: t.tensor(t.ones(2, dtype=t.float64)), lambda t: t.tensor(t.ones(2, requires_grad=True)),
    lambda t: t.tensor(t.ones(2), dtype=t.int32),
)
def test_types_of_arrays_and_tensors(call):
    same(call)


@calls(
    lambda t: t.zeros(2, 3), lambda t: t.zeros((2, 3)), lambda t: t.zeros([2]), lambda t: t.zeros(t.Size([2])),
    lambda t: t.zeros(()), lambda t: t.zeros(size=(2,)), lambda t: t.zeros(t.tensor(2)), lambda t: t.ones(0, 3),
    lambda t: t.zeros((t.tensor(2), np.int64(3))), lambda t: t.ones(2, requires_grad=True),
    lambda t: t.ones(2, device="cpu"), lambda t: t.ones(2, device=t.device("cpu")),
    lambda t: t.ones(2, layout=t.strided), lambda t: t.full((2,), t.tensor(3.0)), lambda t: t.full((2,), np.float64(3)),
    lambda t: t.full((2,), -1, dtype=t.uint8), lambda t: t.full([2, 2], 1), lambda t: t.full((2,), 1.5, dtype=t.int64),
    lambda t: t.full((2,), 5, dtype=t.bool), lambda t: t.eye(3, m=2),
    lambda t: t.full((2,), t.tensor(1.0, requires_grad=True)), lambda t: t.arange(end=5), lambda t: t.arange(True),
    lambda t: t.arange(start=1, end=5), lambda t: t.arange(0, t.tensor(5.0), 1), lambda t: t.arange(2**53, 2**53 + 3),
    lambda t: t.arange(300, dtype=t.uint8), lambda t: t.arange(np.float64(3)), lambda t: t.arange(1, 2.5, 0.5),
    lambda t: t.arange(3.0, requires_grad=True), lambda t: t.arange(0, 1, 0.1, dtype=t.int32),
    lambda t: t.linspace(0, 1j, 3), lambda t: t.linspace(t.tensor(0.0), t.tensor(2), 3),
    lambda t: t.linspace(0, 1, steps=3), lambda t: t.logspace(0, 3, 4, dtype=t.int64),
    lambda t: t.full_like(t.ones(2), True), lambda t: t.full_like(t.ones(2), t.tensor(2.0)),
    lambda t: t.zeros_like(t.ones(2, requires_grad=True)),
    lambda t: t.ones_like(t.ones(2), dtype=t.float64, requires_grad=True),
    lambda t: t.ones(2).new_tensor(t.ones(2, dtype=t.int64)), lambda t: t.ones(2).new_tensor([True]),
    lambda t: t.ones(2).new_tensor(1.5, requires_grad=True), lambda t: t.ones(2, dtype=t.int64).new_full((2,), 3.5),
    lambda t: t.ones(2).new_zeros((2, 3), dtype=t.int32), lambda t: t.ones(2).new_zeros(2, 0),
    lambda t: t.ones(2).new_empty(2).shape, lambda t: t.ones(2).new_empty_strided((2, 3), (1, 2)).stride(),
)
def test_creators(call):
    same(call)


@calls(
    lambda t: t.zeros_like(t.ones(2, 3).T), lambda t: t.ones_like(t.ones(2, 3, 4).permute(2, 0, 1)[:, ::2]),
    lambda t: t.zeros_like(t.ones(2, 3).T, memory_format=t.contiguous_format),
    lambda t: t.ones(1, 3).expand(4, 3).clone(), lambda t: t.zeros_like(t.ones(1, 3).expand(4, 3)),
    lambda t: t.ones(4, 1, 2).expand(4, 3, 2).double(), lambda t: t.ones(4, 3, 2).transpose(0, 2)[:, 1:].clone(),
    lambda t: t.ones(2, 3).T.to(t.float64), lambda t: t.ones(2, 3).T.clone(memory_format=t.contiguous_format),
    lambda t: t.rand_like(t.ones(2, 3).T).stride(), lambda t: t.ones(1, 2, 3, 4).to(memory_format=t.channels_last),
    lambda t: t.ones(2, 3).T.to(t.float64, copy=True),
    lambda t: t.ones(1, 2, 3, 4).clone(memory_format=t.channels_last),
    lambda t: t.empty_strided((2, 3), (1, 2)).stride(),
    lambda t: t.empty(1, 2, 3, 4, memory_format=t.channels_last).is_contiguous(memory_format=t.channels_last),
    lambda t: t.empty(1, 2, 3, 4, 5, memory_format=t.channels_last_3d).stride(),
    lambda t: t.ones(2, 3).T.is_contiguous(), lambda t: t.ones(2, 3).clone(memory_format=t.channels_last),
    lambda t: t.empty_like(t.ones(2, 3).T).stride(), lambda t: t.ones(2, 0, 3).stride(), lambda t: t.zeros(0).stride(),
    lambda t: t.contiguous_format, lambda t: t.strided, lambda t: t.ones(2).layout,
)
def test_strides(call):
    same(call)


@calls(
    lambda t: t.Tensor(), lambda t: t.Tensor(2, 3).shape, lambda t: t.Tensor((2, 3)), lambda t: t.Tensor([2, 3]),
    lambda t: t.Tensor(2).shape, lambda t: t.Tensor(t.Size([2, 3])).shape, lambda t: t.Tensor(1.5),
    lambda t: t.Tensor("a"), lambda t: t.Tensor(None), lambda t: t.Tensor(-1), lambda t: t.Tensor(True),
    lambda t: t.Tensor(np.int64(2)).shape, lambda t: t.Tensor(np.ones(2)), lambda t: t.Tensor([[1, 2], [3]]),
    lambda t: t.Tensor([1, 2], device="cpu"), lambda t: t.Tensor(t.ones(2, requires_grad=True)),
    lambda t: t.Tensor(t.ones(2, dtype=t.int64)), lambda t: t.FloatTensor(2).dtype, lambda t: t.LongTensor([1, 2]),
    lambda t: t.LongTensor([1.5, 2]), lambda t: t.BoolTensor([1, 0]), lambda t: t.ByteTensor([300]),
    lambda t: t.HalfTensor([1]), lambda t: t.LongTensor, lambda t: isinstance(t.ones(2), t.FloatTensor),
    lambda t: isinstance(t.ones(2), t.LongTensor), lambda t: t.IntTensor.dtype, lambda t: t.ones(2).new(2).shape,
    lambda t: t.ones(2, dtype=t.int64).new([1, 2]), lambda t: t.ones(2).new(),
)
def test_old_constructors(call):
    same(call)


def test_memory_is_shared_where_torch_shares_it():
    array = np.ones(2, "float32")
    for t in (minitorch, torch):
        assert np.shares_memory(t.as_tensor(array).numpy(), array)
        assert np.shares_memory(t.asarray(array).numpy(), array)
        assert np.shares_memory(t.Tensor(array).numpy(), array)
        assert not np.shares_memory(t.tensor(array).numpy(), array)
        assert not np.shares_memory(t.asarray(array, copy=True).numpy(), array)
        x = t.ones(2)
        assert t.as_tensor(x) is x and t.asarray(x) is x and t.Tensor(x).data_ptr() == x.data_ptr()
        assert t.tensor(x.numpy()[:1]).data_ptr() != x.data_ptr()


def test_inference_tensors():
    for t in (minitorch, torch):
        with t.inference_mode():
            made = [t.ones(2), t.tensor([1.0]), t.rand(2), t.arange(3), t.zeros_like(t.ones(2)), t.ones(2).clone()]
        assert all(x.is_inference() for x in made)
        assert not made[0].clone().is_inference()


def test_unsupported_arguments_are_named():
    for call, words in (
        (lambda t: t.zeros(2, layout="sparse"), "zeros: layout"),
    ):
        with pytest.raises(NotImplementedError, match=words):
            call(minitorch)


# ---------------------------------------------------------------- converting


@calls(
    lambda t: t.ones(2).to(), lambda t: t.ones(2).to("cpu", t.float64), lambda t: t.ones(2).to(t.float64, False, True),
    lambda t: t.ones(2).to("cpu", t.float64, True, True), lambda t: t.ones(2).to(device="cpu", dtype=t.float64),
    lambda t: t.ones(2).to(t.ones(2, dtype=t.int64)), lambda t: t.ones(2).to(float), lambda t: t.ones(2).to(None),
    lambda t: t.ones(2).to(None, t.float64), lambda t: t.ones(2).to([1]),
    lambda t: t.ones(2, requires_grad=True).double(), lambda t: t.ones(2, requires_grad=True).long(),
    lambda t: t.ones(2, requires_grad=True).to(t.float32, copy=True), lambda t: t.ones(2, requires_grad=True).clone(),
    lambda t: t.ones(2, requires_grad=True).type(t.float64), lambda t: t.ones(2).type(),
    lambda t: t.ones(2, dtype=t.bool).type(), lambda t: t.ones(2).type(t.LongTensor),
    lambda t: t.ones(2).type("torch.LongTensor"), lambda t: t.ones(2).type("torch.FooTensor"),
    lambda t: t.ones(2).type(3), lambda t: t.ones(2).type(t.int64), lambda t: t.ones(2, dtype=t.int64).type(t.Tensor),
    lambda t: t.ones(2).type(int), lambda t: t.tensor([1 + 2j]).float(), lambda t: t.tensor([0j, 1j]).bool(),
    lambda t: t.tensor([-1.5, 300.0]).to(t.uint8), lambda t: t.tensor([300, -1]).to(t.int8),
    lambda t: t.tensor([0.1, 1e5], dtype=t.float64).half(), lambda t: t.tensor([1, 2**24 + 1]).float(),
    lambda t: t.ones(2).cfloat(), lambda t: t.tensor([1.5]).int(),
)
def test_conversions(call):
    same(call)


def test_what_is_so_already_is_returned():
    for t in (minitorch, torch):
        x = t.ones(2)
        results = (x.to(), x.to("cpu"), x.to(t.float32), x.to(x), x.to(device=None), x.float(), x.cpu(),
                   x.type(t.float32), x.type_as(x), x.share_memory_())
        assert all(y is x for y in results)
        assert x.to("cpu", copy=True) is not x


def graph_of(write):
    """Values, node and gradients after `write(x, source)` into a tensor that has a history."""

    def call(t):
        leaf = t.arange(3.0, requires_grad=True)
        source = t.tensor([2.0], dtype=t.float64, requires_grad=True)
        x = leaf * 2
        write(t, x, source)
        return x, x._version, t.autograd.grad((x * t.arange(1.0, 4.0)).sum(), (leaf, source), allow_unused=True)

    return call


@calls(
    lambda t, x, s: x.copy_(s), lambda t, x, s: x.copy_(3), lambda t, x, s: x.fill_(2),
    lambda t, x, s: x.fill_(s.reshape(())), lambda t, x, s: x.zero_(), lambda t, x, s: x[1:].copy_(s),
    lambda t, x, s: x[:2].zero_(), lambda t, x, s: x[1].fill_(5), lambda t, x, s: x[::2].copy_(x.detach()[1:] * s),
    lambda t, x, s: x.copy_(x.detach().clone()),
)
def test_writing_into_a_tensor(call):
    same(graph_of(call))


@calls(
    lambda t: t.ones(2, dtype=t.int64).copy_(t.tensor([1.7, -1.7])), lambda t: t.arange(5)[1:].copy_(t.arange(5)[:-1]),
    lambda t: t.ones(2, 2).copy_(t.tensor([1, 2])), lambda t: t.ones(2, dtype=t.uint8).fill_(-1),
    lambda t: t.ones(2).fill_(1j), lambda t: t.ones(2, dtype=t.uint8).fill_(t.tensor(300)),
    lambda t: t.ones(2, dtype=t.bool).fill_(5), lambda t: t.ones(2, dtype=t.int64).fill_(1.5),
    lambda t: t.fill(t.ones(2, requires_grad=True), 3), lambda t: t.fill(t.ones(2, dtype=t.int64), 2.5),
    lambda t: t.ones(0, 3).copy_(t.ones(3)), lambda t: t.zeros(3, dtype=t.int64).copy_(t.ones(1, requires_grad=True)),
)
def test_copies_and_fills(call):
    same(call)


# ---------------------------------------------------------------- asking


@calls(
    lambda t: t.tensor([[1.5]]).item(), lambda t: t.tensor([1, 2]).item(), lambda t: t.tensor(1j).item(),
    lambda t: t.tensor([[1, 2], [3, 4]]).tolist(), lambda t: t.tensor(2.5).tolist(), lambda t: t.ones(0, 2).tolist(),
    lambda t: len(t.ones(3, 2)), lambda t: len(t.tensor(1)), lambda t: bool(t.tensor([])),
    lambda t: bool(t.tensor([1, 2])), lambda t: bool(t.tensor([[0.0]])), lambda t: int(t.tensor([1.7])),
    lambda t: int(t.tensor([1, 2])), lambda t: float(t.tensor([])), lambda t: complex(t.tensor(1.0)),
    lambda t: float(t.tensor(1j)), lambda t: int(t.tensor(float("nan"))), lambda t: t.tensor(1.0).__index__(),
    lambda t: t.tensor(True).__index__(), lambda t: t.tensor([2, 3]).__index__(), lambda t: [1, 2, 3][t.tensor(1)],
    lambda t: range(t.tensor(3)), lambda t: f"{t.tensor(1.5):.3f}", lambda t: f"{t.ones(2):.3f}",
    lambda t: f"{t.tensor(3):d}", lambda t: t.ones(2, requires_grad=True).tolist(),
    lambda t: t.tensor(1.0, requires_grad=True).item(), lambda t: t.tensor([2.0]).is_nonzero(),
    lambda t: list(t.tensor([1, 2])), lambda t: iter(t.tensor(1)),
)
def test_python_values(call):
    same(call)


@calls(
    lambda t: t.ones(2, 3).shape, lambda t: t.ones(2, 3).size(), lambda t: t.ones(2, 3).size(-1),
    lambda t: t.ones(2, 3).size(2), lambda t: t.ones(2, 3).size(dim=0), lambda t: t.ones(2, 3).stride(),
    lambda t: t.ones(2, 3).stride(1), lambda t: t.ones(2).stride(3), lambda t: t.ones(2, 3).shape.numel(),
    lambda t: t.ones(2, 3).dim(), lambda t: t.ones(2).ndim, lambda t: t.ones(2, 3).shape + (4,),
    lambda t: (4,) + t.ones(2, 3).shape, lambda t: t.ones(2, 3).shape[1:], lambda t: t.ones(2, 3).shape * 2,
    lambda t: t.Size([2, 3]) == (2, 3), lambda t: t.ones(2, 3).numel(),
    lambda t: t.ones(2, dtype=t.float64).element_size(), lambda t: t.ones(2, 3).nbytes, lambda t: t.ones(2).dtype,
    lambda t: t.ones(2).device, lambda t: t.ones(2).is_cuda, lambda t: t.ones(2).is_cpu,
    lambda t: t.ones(2).get_device(), lambda t: t.ones(2).is_floating_point(), lambda t: t.ones(2).is_signed(),
    lambda t: t.ones(2).is_complex(), lambda t: t.is_tensor(3), lambda t: t.is_tensor(t.ones(2)),
    lambda t: t.numel(t.ones(2)), lambda t: t.numel(3), lambda t: t.is_floating_point(t.arange(2)),
    lambda t: t.is_floating_point(3), lambda t: t.is_complex(t.ones(2)),
)
def test_facts(call):
    same(call)


@calls(
    lambda t: t.device("cpu"), lambda t: t.device("cuda", 1), lambda t: t.device("cuda:1"),
    lambda t: t.device("cuda:1", 1), lambda t: t.device("cuda:x"), lambda t: t.device("cuda:-1"),
    lambda t: t.device("cuda:"), lambda t: t.device("cuda").index, lambda t: t.device("cpu", 0) == t.device("cpu"),
    lambda t: t.device("cpu") == "cpu", lambda t: str(t.device("cuda:2")), lambda t: t.device(t.device("cpu")),
    lambda t: t.device(type="cuda", index=2), lambda t: {t.device("cpu"): 1}[t.device("cpu")],
    lambda t: pickle.loads(pickle.dumps(t.device("cuda:1"))),
)
def test_devices(call):
    same(call)


@calls(
    lambda t: t.finfo(t.float32), lambda t: t.finfo(t.float16), lambda t: t.finfo(), lambda t: t.finfo(t.int64),
    lambda t: t.finfo(t.float64).eps, lambda t: t.finfo(t.complex64), lambda t: t.iinfo(t.int8),
    lambda t: t.iinfo(t.uint8).bits, lambda t: t.iinfo(t.bool), lambda t: t.iinfo(t.float32),
    lambda t: t.float32.itemsize, lambda t: t.bool.is_signed, lambda t: t.float32.to_complex(),
    lambda t: t.int32.to_complex(), lambda t: t.complex64.to_real(), lambda t: t.half,
    lambda t: t.set_default_dtype(t.int64), lambda t: t.set_default_dtype(3), lambda t: t.get_default_dtype(),
    lambda t: pickle.loads(pickle.dumps(t.float32)) is t.float32,
    lambda t: pickle.loads(pickle.dumps(t.bool)) is t.bool, lambda t: copy.deepcopy(t.float64) is t.float64,
)
def test_dtypes(call):
    same(call)


@pytest.mark.parametrize("name", ["float16", "float64"])
def test_the_default_type(name):
    try:
        for t in (minitorch, torch):
            t.set_default_dtype(getattr(t, name))
        for call in (lambda t: t.tensor([1.5]), lambda t: t.zeros(2), lambda t: t.arange(3.0), lambda t: t.tensor([1]),
                     lambda t: t.full((2,), 1.5), lambda t: t.Tensor([1]), lambda t: t.linspace(0, 1, 3),
                     lambda t: t.arange(3) / 2, lambda t: t.ones(2, dtype=t.int64) * 1.5,
                     lambda t: t.ones(2, dtype=t.float32) * 1.5):
            same(call, rtol=1e-3)
    finally:
        for t in (minitorch, torch):
            t.set_default_dtype(t.float32)


# ---------------------------------------------------------------- copies that keep leaves


def leaf_with_gradient(t):
    x = t.tensor([1.0, 2.0], requires_grad=True)
    (x * x).sum().backward()
    x.label = "mine"
    return x


@calls(
    lambda t: copy.deepcopy(t.ones(2)), lambda t: copy.deepcopy(leaf_with_gradient(t)),
    lambda t: copy.deepcopy(t.ones(2, 3).T), lambda t: copy.deepcopy(leaf_with_gradient(t)).grad,
    lambda t: copy.deepcopy(leaf_with_gradient(t)).label, lambda t: copy.deepcopy(t.ones(2, requires_grad=True) * 2),
    lambda t: copy.copy(leaf_with_gradient(t)), lambda t: pickle.loads(pickle.dumps(leaf_with_gradient(t))),
    lambda t: pickle.loads(pickle.dumps(t.arange(3))), lambda t: pickle.loads(pickle.dumps(leaf_with_gradient(t))).grad,
    lambda t: pickle.loads(pickle.dumps(t.ones(2, 3).T)),
    lambda t: pickle.loads(pickle.dumps(leaf_with_gradient(t))).label,
    lambda t: pickle.loads(pickle.dumps(t.ones(2, requires_grad=True) * 2)),
)
def test_copies_and_pickles(call):
    same(call)


def test_one_tensor_in_two_places_stays_one():
    x = minitorch.ones(2)
    a, b = copy.deepcopy([x, x])
    assert a is b and a is not x
    file = io.BytesIO()
    pickle.dump({"a": x, "b": x}, file)
    loaded = pickle.loads(file.getvalue())
    assert loaded["a"] is loaded["b"]


def test_subclasses():
    for t in (minitorch, torch):
        kind = type("Image", (t.Tensor,), {})
        x = kind([1, 2])
        assert type(x) is kind and isinstance(x, t.Tensor) and repr(x) == "Image([1., 2.])"


@calls(
    lambda t: t.arange(6).view(2, 3).t().apply_(lambda v: v * v - 0.5),
    lambda t: t.ones(1).expand(3).apply_(lambda v: v + 1),
    lambda t: (t.arange(3) > 1).apply_(lambda v: not v), lambda t: t.tensor(1j).apply_(lambda v: v * v),
    lambda t: t.arange(3.0).apply_(lambda v: t.tensor(v) ** 2), lambda t: t.ones(2).apply_(lambda v: v)._version,
    lambda t: t.arange(3, dtype=t.uint8).apply_(lambda v: -v), lambda t: t.ones(0).apply_(3),
    lambda t: t.ones(2, requires_grad=True).apply_(abs), lambda t: (t.ones(2, requires_grad=True) * 2).apply_(abs),
    lambda t: t.ones(2).apply_(str), lambda t: t.arange(2).apply_(lambda v: None), lambda t: t.ones(2).apply_(3),
    lambda t: t.ones(2).apply_(lambda v: 1j), lambda t: t.arange(2, dtype=t.int8).apply_(lambda v: 300),
    lambda t: t.arange(2).apply_(lambda v: 2**70), lambda t: t.arange(2).apply_(lambda v: float("inf")),
    lambda t: t.ones(2).apply_(lambda v: 1e50), lambda t: t.ones(2).apply_(lambda v: 1 / (1 - v)),
    lambda t: t.ones(2, 2).map_(t.arange(2.0), lambda a, b: a + b), lambda t: t.ones(2).map_(3, max),
    lambda t: t.ones(2).map_(t.ones(3), max), lambda t: t.ones(2).map_(t.ones(3, 2), max),
    lambda t: t.ones(2).map_(t.ones(2, dtype=t.long), max),
    lambda t: t.ones(2).map_(t.ones(2, requires_grad=True), max),
    lambda t: t.zeros(2, 2).map2_(t.arange(2.0), t.arange(2.0).view(2, 1), lambda a, b, c: a + b + 10 * c),
    lambda t: t.ones(2).map2_(t.ones(2), t.ones(2).double(), max), lambda t: t.ones(2).map2_(t.ones(2), None, max),
    lambda t: t.ones(2).map2_(t.ones(2), t.ones(2, requires_grad=True), max),
)
def test_python_functions_element_by_element(call):
    same(call)


@pytest.mark.parametrize("way", [
    lambda x: x, lambda x: x.view(4), lambda x: x[:], lambda x: x.detach(), lambda x: x.data, lambda x: x.view(2, 2),
    lambda x: x[1:], lambda x: x[::2], lambda x: x.clone(), lambda x: x.expand(1, 4), lambda x: 3,
])
def test_is_set_to(way):
    same(lambda t: [x.is_set_to(way(x)) for x in (t.ones(4), t.arange(4))])


def test_is_set_to_tells_strides_and_empty_memory():
    same(lambda t: [x.is_set_to(x.t()) for x in (t.ones(2, 2), t.ones(1, 1), t.ones(3))])
    same(lambda t: t.ones(0).is_set_to(t.ones(0)))


@calls(
    lambda t: repr(t.ones(2)), lambda t: str(t.tensor(1.5)), lambda t: repr(t.ones(2, requires_grad=True)),
    lambda t: repr(t.ones(2, requires_grad=True) * 2), lambda t: repr(t.ones(2, dtype=t.float64)),
    lambda t: repr(t.ones(0, 2)), lambda t: f"{t.arange(3)}", lambda t: repr(t.ones(2, requires_grad=True).double()),
    lambda t: repr(t.ones(2).shape),
)
def test_printed(call):
    same(call)

"""Where minitorch meets the rest of Python: DLPack, einops, subclasses of Tensor, threads."""

import copy
import io
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as draw

torch = pytest.importorskip("torch")

from twin import same

import minitorch

ROOT = Path(__file__).parent.parent
TYPES = ["bool", "uint8", "uint16", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64"]

# ---------------------------------------------------------------- DLPack


@st.composite
def windows(draw_from):
    """An array that is a part of another: with gaps, transposed, of no elements, of no dimension."""
    shapes = draw.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    whole = draw_from(draw.arrays(draw_from(st.sampled_from(TYPES)), shapes, fill=st.just(1)))
    part = whole[tuple(slice(draw_from(st.integers(0, 1)), None, draw_from(st.integers(1, 2))) for _ in whole.shape)]
    return part.transpose(draw_from(st.permutations(range(part.ndim)))) if part.ndim else whole


@given(windows())
def test_memory_is_shared_with_numpy_and_torch(array):
    """array -> minitorch -> torch -> minitorch -> array: one memory, the same window of it, each way."""
    x = minitorch.from_dlpack(array)
    y = torch.from_dlpack(x)
    z = minitorch.from_dlpack(y)
    back = np.from_dlpack(z)
    pointer = array.__array_interface__["data"][0]
    for t in (x, z):
        assert t.dtype is getattr(minitorch, array.dtype.name) and t.shape == array.shape
        assert t.__dlpack_device__() == (1, 0) == tuple(map(int, y.__dlpack_device__()))
    if array.size:
        assert x.data_ptr() == y.data_ptr() == z.data_ptr() == pointer
        steps = [s // array.itemsize for s, n in zip(array.strides, array.shape) if n > 1]
        for t in (x, y, z):
            assert [s for s, n in zip(t.stride(), array.shape) if n > 1] == steps
        array[...] = 0
        assert not x.numpy().any() and not y.numpy().any() and not back.any()
        back[...] = 1
        assert array.all() and x.numpy().all() and y.numpy().all()


def test_writes_are_seen_in_place():
    theirs = torch.zeros(2, 3)
    ours = minitorch.from_dlpack(theirs)
    ours.t()[1] += 5
    theirs.mul_(2)
    assert ours.tolist() == theirs.tolist() == [[0, 10, 0], [0, 10, 0]]


@pytest.mark.parametrize("call", [
    lambda t: t.from_dlpack(np.ones(2)), lambda t: t.from_dlpack(t.ones(2)),
    lambda t: t.utils.dlpack.from_dlpack(t.ones(2)),
    lambda t: t.from_dlpack(t.utils.dlpack.to_dlpack(t.arange(3))), lambda t: t.from_dlpack(t.to_dlpack(t.ones(2))),
    lambda t: t.from_dlpack(t.to_dlpack(t.ones(2, requires_grad=True))),
    lambda t: t.from_dlpack(np.ones(2), copy=True), lambda t: t.from_dlpack(np.ones(2), device="cpu"),
    lambda t: t.from_dlpack(np.broadcast_to(np.ones(1), 3)), lambda t: t.from_dlpack(np.ones((3, 4))[:, ::2]),
    lambda t: t.from_dlpack(3), lambda t: t.from_dlpack([1.0]),
    lambda t: t.from_dlpack(np.array(["a"])), lambda t: t.from_dlpack(np.ones(2, ">f4")),
    lambda t: t.ones(2).__dlpack__(stream=1), lambda t: np.from_dlpack(t.arange(3)),
    lambda t: np.from_dlpack(t.ones(2)).flags.writeable,
    lambda t: t.ones(2, requires_grad=True).__dlpack__(), lambda t: (t.ones(2, requires_grad=True) * 2).__dlpack__(),
    lambda t: np.from_dlpack(t.ones(2, requires_grad=True)), lambda t: t.from_dlpack(t.ones(2, requires_grad=True)),
])
def test_dlpack_as_in_torch(call):
    same(call)


def test_a_capsule_is_used_once_and_a_copy_is_a_copy():
    x = minitorch.zeros(2)
    capsule = minitorch.to_dlpack(x)
    y = torch.from_dlpack(capsule)
    y += 1
    assert x.tolist() == [1, 1]
    with pytest.raises((RuntimeError, ValueError)):
        minitorch.from_dlpack(capsule)
    z = minitorch.from_dlpack(torch.to_dlpack(y))
    z += 1
    assert x.tolist() == [2, 2]
    minitorch.from_dlpack(x, copy=True).zero_()
    np.from_dlpack(x, copy=True)[:] = 0
    assert x.tolist() == [2, 2]


def test_memory_that_runs_backwards_is_refused():
    """torch ends the process here."""
    with pytest.raises(ValueError, match="negative"):
        minitorch.from_dlpack(np.arange(3.0)[::-1])


# ---------------------------------------------------------------- einops


def attention(t, einops):
    """Multi-head attention of images cut into patches, by einops alone."""
    images = t.arange(2 * 3 * 4 * 6.0).reshape(2, 3, 4, 6).div(50).sin().requires_grad_()
    patches = einops.rearrange(images, "b c (h p) (w q) -> b (h w) (p q c)", p=2, q=2)
    heads = einops.rearrange(patches, "b n (h d) -> b h n d", h=4)
    weights = einops.einsum(heads, heads, "b h i d, b h j d -> b h i j").softmax(-1)
    mixed = einops.rearrange(einops.einsum(weights, heads, "b h i j, b h j d -> b h i d"), "b h n d -> b n (h d)")
    packed, shapes = einops.pack([mixed, einops.repeat(patches, "b n d -> b (n k) d", k=2)], "b * d")
    first, second = einops.unpack(packed, shapes, "b * d")
    pooled = [einops.reduce(first, "b n d -> b d", kind) for kind in ("mean", "max", "min", "sum", "prod")]
    total = sum(p.sum() for p in pooled) + (second**2).mean()
    total.backward()
    return [patches.detach(), mixed.detach(), packed.detach(), *[p.detach() for p in pooled], images.grad,
            einops.asnumpy(total), einops.parse_shape(images, "b c h w"), einops.repeat(t.arange(2), "a -> a 3"),
            einops.reduce(t.arange(6).reshape(2, 3) > 2, "a b -> a", "any"),
            einops.rearrange([t.ones(2), t.zeros(2)], "k n -> n k")]


def test_einops_on_tensors():
    einops = pytest.importorskip("einops")
    from einops._backends import get_backend

    assert get_backend(minitorch.ones(1)).framework_name == "minitorch"
    assert get_backend(torch.ones(1)).framework_name == "torch"
    same(lambda t: attention(t, einops), rtol=2e-5)
    assert einops.rearrange(minitorch.nn.Parameter(minitorch.ones(2, 3)), "a b -> b a").requires_grad


@pytest.mark.parametrize("order", ["import minitorch, einops", "import einops, minitorch",
                                   "import einops, minitorch.run; minitorch.run.install(); import torch"])
def test_einops_is_registered_in_any_order(order):
    """Also where torch is not there, and where minitorch is called torch."""
    pytest.importorskip("einops")
    source = (f"{order}; x = minitorch.arange(6).reshape(2, 3)\n"
              "print(einops.rearrange(x, 'a b -> (b a)').tolist(), 'einops' in str(einops.__spec__.loader.name))")
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("[0, 3, 1, 4, 2, 5] True\n", "")


def test_layers_of_einops():
    """einops.layers.torch, in a script for which torch is minitorch."""
    pytest.importorskip("einops")
    source = """
import minitorch.run
minitorch.run.install()
import torch
from einops.layers.torch import EinMix, Rearrange, Reduce
torch.manual_seed(0)
net = torch.nn.Sequential(Rearrange("b c h w -> b (c h w)"), torch.nn.Linear(8, 6),
                          Reduce("b (n k) -> b n", "max", k=2),
                          EinMix("b n -> b m", weight_shape="n m", n=3, m=2))
net(torch.ones(3, 2, 2, 2)).sum().backward()
print(*[tuple(p.grad.shape) for p in net.parameters()])
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("(6, 8) (6,) (3, 2)\n", "")


# ---------------------------------------------------------------- subclasses


class Ours(minitorch.Tensor):
    def double(self):
        return self * 2


class Theirs(torch.Tensor):
    def double(self):
        return self * 2


def sub(t):
    return Ours if t is minitorch else Theirs


@pytest.mark.parametrize("call", [
    lambda t: sub(t)([1.0, 2.0]), lambda t: sub(t)(2, 3).shape, lambda t: sub(t)(t.ones(2)), lambda t: sub(t)(),
    lambda t: isinstance(sub(t)([1.0]), sub(t)), lambda t: isinstance(sub(t)([1.0]), t.Tensor),
    lambda t: isinstance(t.ones(1).as_subclass(sub(t)), sub(t)), lambda t: t.ones(2).as_subclass(sub(t)),
    lambda t: t.ones(2, requires_grad=True).as_subclass(sub(t)), lambda t: t.ones(2).as_subclass(int),
    lambda t: t.ones(2).as_subclass(3), lambda t: t.ones(2).as_subclass(t.nn.Parameter),
    lambda t: sub(t)([1.0, 2.0]).double().as_subclass(t.Tensor),
    lambda t: sub(t)([1.0]).requires_grad_(), lambda t: type(sub(t)([1.0]).numpy()).__name__,
    lambda t: t.Tensor(2, 3).shape, lambda t: t.Tensor([[1, 2], [3, 4]]), lambda t: t.Tensor(),
    lambda t: t.Tensor(5).shape,
    lambda t: t.Tensor(t.ones(2)), lambda t: t.Tensor(t.ones(2, dtype=t.int64)), lambda t: t.Tensor(np.ones(3)),
    lambda t: t.Tensor(t.Size([2, 0])), lambda t: t.Tensor(np.int64(3)).shape, lambda t: t.Tensor((1, 2)),
    lambda t: t.Tensor(range(3)), lambda t: t.Tensor([[]]).shape, lambda t: t.Tensor(2, device="cpu").shape,
    lambda t: t.Tensor(3.5), lambda t: t.Tensor("a"), lambda t: t.Tensor(-1), lambda t: t.Tensor(None),
    lambda t: t.Tensor(True), lambda t: t.Tensor([1, 2], requires_grad=True),
])
def test_constructing_tensors_and_subclasses(call):
    same(call)


def through_a_subclass(t):
    """Gradients and writes pass; what as_subclass gives is the same memory."""
    x = t.ones(3, requires_grad=True)
    y = (x * 2).as_subclass(sub(t))
    y.double().sum().backward()
    z = t.zeros(2)
    z.as_subclass(sub(t)).add_(1)
    return [x.grad, z, z._version, type(y.grad_fn).__name__, str(y)]


def test_operations_on_a_subclass_return_plain_tensors():
    """torch gives objects of the subclass, by `__torch_function__`; a class that defines it is refused."""
    x = Ours([1.0, 2.0])
    assert all(type(y) is minitorch.Tensor for y in (x.double(), x + 1, 2 * x, x[0], x.sum(), minitorch.exp(x)))
    assert type(x.add_(1)) is Ours
    with pytest.raises(NotImplementedError, match=r"class Watched\(Tensor\): __torch_function__"):
        class Watched(minitorch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                return super().__torch_function__(function, types, args, kwargs)


def test_a_subclass_in_the_graph():
    same(lambda t: through_a_subclass(t)[:4])
    assert through_a_subclass(minitorch)[4] == "Ours([2., 2., 2.], grad_fn=<AliasBackward0>)"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda x: saved(x)])
def test_copies_of_a_subclass(again):
    x = Ours([1.0, 2.0]).requires_grad_()
    x.name = "weights"
    y = again(x)
    assert type(y) is Ours and y.name == "weights" and y.requires_grad and y.tolist() == [1.0, 2.0]


def saved(x):
    file = io.BytesIO()
    minitorch.save(x, file)
    file.seek(0)
    return minitorch.load(file, weights_only=False)


# ---------------------------------------------------------------- threads


def test_threads_have_grad_modes_of_their_own():
    """Each thread starts with grad mode on, and what one sets the others do not see; as in torch."""
    for t in (minitorch, torch):
        seen, barrier = {}, threading.Barrier(3, timeout=20)
        x = t.ones(2, requires_grad=True)

        def work(name, context, t=t, x=x, seen=seen, barrier=barrier):
            first = t.is_grad_enabled()
            with context():
                barrier.wait()  # now all are inside
                seen[name] = first, t.is_grad_enabled(), t.is_inference_mode_enabled(), (x * 2).requires_grad
                barrier.wait()
            seen[name] += (t.is_grad_enabled(),)

        with t.no_grad():  # this thread's alone
            threads = [threading.Thread(target=work, args=arguments)
                       for arguments in (("off", t.no_grad), ("on", t.enable_grad), ("inference", t.inference_mode))]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert not t.is_grad_enabled()
        assert t.is_grad_enabled()
        assert seen == {"off": (True, False, False, False, True), "on": (True, True, False, True, True),
                        "inference": (True, False, True, False, True)}


def test_two_threads_differentiate_at_once():
    """One graph each, one leaf for both: gradients add up."""
    for t in (minitorch, torch):
        x, errors = t.arange(3.0, requires_grad=True), []

        def work(t=t, x=x, errors=errors):
            try:
                for _ in range(50):
                    (g,) = t.autograd.grad((x**3).sum(), x)
                    if g.tolist() != [0.0, 3.0, 12.0]:
                        errors.append(g.tolist())
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == [] and x.grad is None

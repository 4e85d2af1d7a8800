"""Faults that small frameworks have, each by its name: none of them is here, and the numbers are torch's."""

import gc
import sys
import types
import weakref

import numpy as np
import pytest
from alike import alike

import minitorch
from minitorch.device import common_device

torch = pytest.importorskip("torch")

TIGHT = 1e-12


# ---------------------------------------------------------------- layers


@pytest.mark.parametrize("layer, shape", [("BatchNorm1d", (5, 3)), ("BatchNorm1d", (4, 3, 6)),
                                          ("BatchNorm2d", (2, 3, 4, 5))])
def test_batch_norm_backward_in_eval_mode(layer, shape):
    """In eval mode the statistics are constants: the gradient is weight / sqrt(var + eps), with no centring."""
    def script(t):
        x = t.randn(shape, dtype=t.float64, requires_grad=True)
        norm = getattr(t.nn, layer)(3, dtype=t.float64)
        with t.no_grad():
            norm.weight.copy_(t.tensor([0.5, 1.5, -2.0]))
        norm(t.randn(shape, dtype=t.float64) * 3 + 1)  # running statistics that are not 0 and 1
        norm.eval()
        y = norm(x)
        y.backward(t.randn(shape, dtype=t.float64))
        return y, x.grad, norm.weight.grad, norm.bias.grad, list(norm.buffers())
    alike(script, torch, TIGHT)


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_second_derivative(training):
    """The batch's own mean and deviation depend on x: at second order neither is a constant."""
    def script(t):
        x = t.randn(4, 3, 2, dtype=t.float64, requires_grad=True)
        weight = t.randn(3, dtype=t.float64, requires_grad=True)
        bias = t.randn(3, dtype=t.float64, requires_grad=True)
        mean, var = t.zeros(3, dtype=t.float64), t.ones(3, dtype=t.float64)
        y = t.nn.functional.batch_norm(x, mean, var, weight, bias, training=training)
        first = t.autograd.grad((y ** 3).sum(), [x, weight, bias], create_graph=True)
        second = t.autograd.grad(sum((g * g).sum() for g in first), [x, weight, bias])
        return first, second
    alike(script, torch, 1e-10)


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 4, 5, 3), (3,), (0, 5, 3)])
def test_linear_on_input_of_any_dimension(shape):
    def script(t):
        x = t.randn(shape, dtype=t.float64, requires_grad=True)
        layer = t.nn.Linear(3, 4, dtype=t.float64)
        y = layer(x)
        y.backward(t.randn(y.shape, dtype=t.float64))
        return y, x.grad, layer.weight.grad, layer.bias.grad
    alike(script, torch, TIGHT)


# ---------------------------------------------------------------- rules of gradients


@pytest.mark.parametrize("reduce", ["max", "min", "amax", "amin"])
def test_ties_share_the_gradient_of_a_full_reduction(reduce):
    def script(t):
        x = t.tensor([2.0, 1.0, 2.0, 1.0], requires_grad=True)
        getattr(t, reduce)(x).backward()
        return x.grad
    alike(script, torch)
    x = minitorch.tensor([2.0, 2.0], requires_grad=True)
    getattr(minitorch, reduce)(x).backward()
    assert x.grad.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("reduce", ["max", "min"])
def test_ties_give_the_gradient_to_the_first_index_along_a_dim(reduce):
    def script(t):
        x = t.tensor([[3.0, 3.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]], requires_grad=True)
        values, indices = getattr(t, reduce)(x, dim=1)
        values.sum().backward()
        return values, indices, x.grad
    alike(script, torch)
    x = minitorch.tensor([2.0, 2.0], requires_grad=True)
    getattr(minitorch, reduce)(x, dim=0)[0].backward()
    assert x.grad.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("a, b", [
    ((3, 4), (5, 4, 2)), ((5, 3, 4), (4, 2)), ((5, 1, 3, 4), (6, 4, 2)), ((4,), (5, 4, 2)), ((5, 3, 4), (4,)),
    ((1, 3, 4), (5, 4, 2)), ((5, 0, 4), (4, 2)),
])
def test_batched_matmul_broadcasts(a, b):
    """A gradient comes back in the shape of its operand, summed over the batch dimensions that were broadcast."""
    def script(t):
        x = t.randn(a, dtype=t.float64, requires_grad=True)
        y = t.randn(b, dtype=t.float64, requires_grad=True)
        z = x @ y
        z.backward(t.randn(z.shape, dtype=t.float64))
        return z, x.grad, y.grad
    alike(script, torch, TIGHT)


@pytest.mark.parametrize("base, exponent", [([2.0, 3.0], [3.0, 0.5]), ([0.0, 0.0, 0.0], [0.0, 1.0, 2.0]),
                                            ([-2.0], [2.0])])
def test_tensor_to_the_power_of_a_tensor(base, exponent):
    def script(t):
        x = t.tensor(base, dtype=t.float64, requires_grad=True)
        y = t.tensor(exponent, dtype=t.float64, requires_grad=True)
        z = x ** y
        first = t.autograd.grad(z.sum(), [x, y], create_graph=True)
        return z, first
    alike(script, torch, TIGHT)


@pytest.mark.parametrize("p", [1, 2, 3, 1.5, float("inf"), "fro"])
def test_norm_has_a_gradient_at_zero(p):
    def script(t):
        x = t.zeros(3, dtype=t.float64, requires_grad=True)
        rows = t.tensor([[0.0, 0.0], [3.0, 4.0]], dtype=t.float64, requires_grad=True)
        t.norm(x, p=p).backward()
        t.norm(rows, p=p, dim=1).sum().backward()
        return x.grad, rows.grad
    alike(script, torch, TIGHT)
    x = minitorch.zeros(3, requires_grad=True)
    x.norm(p).backward()
    assert not x.grad.isnan().any()


def test_float_residual_is_no_constant_at_second_order():
    """exp, sigmoid, tanh, sqrt, softmax, ... keep their result for backward: that result depends on x as well."""
    def script(t):
        F, results = t.nn.functional, {}
        for name in ("exp", "sigmoid", "tanh", "sqrt", "rsqrt", "reciprocal", "log", "expm1", "tan"):
            x = t.tensor([0.3, 0.9, 1.4], dtype=t.float64, requires_grad=True)
            first, = t.autograd.grad(getattr(t, name)(x).sum(), x, create_graph=True)
            second, = t.autograd.grad(first.sum(), x, create_graph=True)
            third, = t.autograd.grad(second.sum(), x, allow_unused=True) if second.requires_grad else (None,)
            results[name] = first, second, third
        for name, f in [("softmax", lambda x: F.softmax(x, 0)), ("log_softmax", lambda x: F.log_softmax(x, 0)),
                        ("gelu", F.gelu), ("silu", F.silu), ("softplus", F.softplus), ("norm", lambda x: x.norm()),
                        ("std", lambda x: x.std()), ("layer_norm", lambda x: F.layer_norm(x, (3,))),
                        ("logsumexp", lambda x: t.logsumexp(x, 0)), ("prod", lambda x: x.prod())]:
            x = t.tensor([0.3, 0.9, 1.4], dtype=t.float64, requires_grad=True)
            first, = t.autograd.grad((f(x) ** 2).sum(), x, create_graph=True)
            second, = t.autograd.grad((first * first).sum(), x)
            results[name] = first, second
        return results
    alike(script, torch, 1e-10)


# ---------------------------------------------------------------- the engine


def test_backward_on_a_leaf():
    def script(t):
        x = t.tensor(3.0, requires_grad=True)
        x.backward()
        x.backward(t.tensor(2.0))
        return x.grad
    alike(script, torch)


@pytest.mark.parametrize("script", [
    pytest.param(lambda t, x: (x * x).sum(), id="a saved tensor"),
    pytest.param(lambda t, x: x.sum(), id="nothing saved"),
])
def test_second_backward(script):
    """Through saved tensors that were freed it raises torch's sentence; with retain_graph it adds up."""
    def twice(t):
        y = script(t, t.ones(3, requires_grad=True))
        y.backward()
        y.backward()

    def retained(t):
        x = t.ones(3, requires_grad=True)
        y = script(t, x)
        y.backward(retain_graph=True)
        y.backward()
        return x.grad
    alike(twice, torch)
    alike(retained, torch)


def test_deep_graphs():
    """Neither backward nor the death of a graph of 100,000 nodes recurses, and no collector is needed."""
    x = minitorch.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y + 1
    y.backward()
    assert x.grad.item() == 1.0
    gc.collect()
    gc.disable()
    try:
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
    finally:
        gc.enable()


def test_two_leaves_do_not_share_one_gradient_array():
    """a + b hands the same g to both leaves: what is written into one gradient must not appear in the other."""
    def script(t):
        a, b = t.ones(3, requires_grad=True), t.ones(3, requires_grad=True)
        g = t.ones(3)
        (a + b).backward(g)
        with t.no_grad():
            a.grad.mul_(10)
            g.fill_(7)
        (a * 2 + b).sum().backward()
        return a.grad, b.grad, g
    alike(script, torch)
    a, b = minitorch.ones(3, requires_grad=True), minitorch.ones(3, requires_grad=True)
    (a + b).sum().backward()
    assert not np.shares_memory(a.grad.numpy(), b.grad.numpy())


# ---------------------------------------------------------------- types


@pytest.mark.parametrize("call", [lambda a, b: a + b, lambda a, b: b - a, lambda a, b: a * b, lambda a, b: a / b,
                                  lambda a, b: b ** a, lambda a, b: a < b])
def test_int64_with_float32_is_float32(call):
    alike(lambda t: call(t.tensor([1, 2]), t.tensor([0.5, 1.5])), torch)
    alike(lambda t: call(t.tensor([1, 2]), t.tensor(0.5)), torch)
    assert call(minitorch.tensor([1, 2]), minitorch.tensor([0.5, 1.5])).dtype in (minitorch.float32, minitorch.bool)


@pytest.mark.parametrize("call", [lambda x: x * 0.1, lambda x: 1.0 - x, lambda x: x / 3, lambda x: 2 ** x,
                                  lambda x: x ** 0.5, lambda x: x.clamp(0.1, 0.7), lambda x: x.mean() + 1e-5,
                                  lambda x: x + np.float64(0.1)])
def test_python_scalar_keeps_float32(call):
    alike(lambda t: call(t.tensor([0.25, 0.5])), torch)
    assert call(minitorch.tensor([0.25, 0.5])).dtype == minitorch.float32


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name, options", [
    ("SGD", dict(lr=0.1, momentum=0.9, weight_decay=0.1, nesterov=True)), ("Adam", dict(amsgrad=True,
    weight_decay=0.1)),
    ("AdamW", {}),
])
def test_python_scalar_keeps_float32_inside_optimizers(name, options, dtype):
    kind = getattr(minitorch, dtype)
    p = minitorch.nn.Parameter(minitorch.ones(3, dtype=kind))
    optimizer = getattr(minitorch.optim, name)([p], **options)
    schedule = minitorch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 5)
    for _ in range(3):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
        schedule.step()
    state = {k: v.dtype for k, v in optimizer.state[p].items() if k != "step"}
    assert p.dtype == p.grad.dtype == kind and set(state.values()) == {kind}, state


# ---------------------------------------------------------------- beside NumPy and CuPy


@pytest.mark.parametrize("f", [np.sin, np.exp, np.abs, lambda x: np.add(x, 1.0), lambda x: np.multiply(np.ones(2), x)])
def test_numpy_functions_do_not_drop_the_graph_in_silence(f):
    def script(t):
        return f(t.ones(2, requires_grad=True))
    alike(script, torch)
    with pytest.raises(RuntimeError, match="requires grad"):
        f(minitorch.ones(2, requires_grad=True))


class OnTheGPU:
    """As much of a CuPy array as is looked at before the devices are compared."""

    ndim, device = 1, types.SimpleNamespace(id=0)


@pytest.fixture
def mixed_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(ndarray=OnTheGPU))
    with pytest.raises(RuntimeError) as caught:
        common_device([np.ones(2), OnTheGPU()])
    return str(caught.value)


def test_arrays_of_numpy_and_cupy_mixed(mixed_message):
    assert mixed_message.startswith("Expected all tensors to be on the same device, but found at least two devices, "
                                    "cuda:0 and cpu!")


def test_arrays_of_numpy_and_cupy_mixed_says_how_to_move(mixed_message):
    assert ".to(" in mixed_message

"""What the table cannot show of the losses: warnings, nll_loss's own gradient, large batches."""

import warnings

import numpy as np
import pytest

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def warned(call) -> list:
    """The sentences of the warnings of `call`, with our name as torch's."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(w.message).replace("minitorch.", "torch.") for w in caught]


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_sizes_that_differ_are_warned_of(name):
    def call(t):
        return getattr(t.nn.functional, name)(t.ones(2, 3), t.ones(3))

    ours, theirs = (warned(lambda t=t: call(t)) for t in (minitorch, torch))
    assert ours == theirs and len(ours) == 1


@pytest.mark.parametrize("call", [
    lambda t: t.nn.functional.mse_loss(t.ones(3), t.ones(3), size_average=False),
    lambda t: t.nn.functional.cross_entropy(t.ones(2, 3), t.tensor([0, 1]), reduce=False),
    lambda t: t.nn.functional.kl_div(t.ones(2, 3), t.ones(2, 3)),
    lambda t: t.nn.functional.softmax(t.ones(2, 3)),
    lambda t: t.nn.functional.mse_loss(t.ones(3), t.ones(3), reduction="elementwise_mean"),
], ids=["size_average", "reduce", "kl_div", "softmax", "elementwise_mean"])
def test_deprecations(call):
    ours, theirs = (warned(lambda t=t: call(t)) for t in (minitorch, torch))
    assert ours == theirs and len(ours) == 1


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", [(5, 3), (2, 3, 4), (2, 3, 4, 2), (2, 3, 2, 1, 2)], ids=str)
def test_nll_gradient(shape, reduction):
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=shape), rng.integers(0, 3, (shape[0], *shape[2:]))
    target.flat[-1] = 1
    options = {"ignore_index": 2, "reduction": reduction}
    found = []
    for t in (minitorch, torch):
        leaf, weight = t.from_numpy(x).requires_grad_(), t.tensor([0.5, 0.7, 0.9], dtype=t.float64)
        y = t.nn.functional.nll_loss(leaf, t.from_numpy(target), weight, **options)
        g = t.from_numpy(np.random.default_rng(1).normal(size=tuple(y.shape)))
        gx, = t.autograd.grad(y, leaf, g, create_graph=True)
        found.append((type(y.grad_fn).__name__, y.detach().numpy(), gx.detach().numpy()))
    assert found[0][0] == found[1][0]
    for ours, theirs in zip(found[0][1:], found[1][1:]):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_many_rows():
    """The loss and gradient of a large batch in float32."""
    rng = np.random.default_rng(0)
    x, target = rng.normal(size=(8192, 1000)).astype("float32"), rng.integers(0, 1000, 8192)
    found = []
    for t in (minitorch, torch):
        leaf = t.from_numpy(x).requires_grad_()
        loss = t.nn.functional.cross_entropy(leaf, t.from_numpy(target))
        loss.backward()
        found.append((loss.item(), leaf.grad.numpy()))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-6)
    np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-5, atol=1e-9)

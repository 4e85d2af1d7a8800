"""What the table cannot show of the norms: running statistics, and batch norm's two known faults."""

import numpy as np
import pytest

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def running(t, name, shape, momentum=0.1, **options):
    """The running mean and variance after two batches, and their versions."""
    rng = np.random.default_rng(0)
    mean, var = t.from_numpy(rng.normal(size=3)), t.from_numpy(rng.uniform(1, 2, 3))
    for _ in range(2):
        getattr(t.nn.functional, name)(t.from_numpy(rng.normal(2, 3, shape)), mean, var, momentum=momentum, **options)
    return mean.numpy(), var.numpy()


@pytest.mark.parametrize("momentum", [0.1, 0.7])
@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 4), (2, 3, 4, 2), (0, 3)], ids=str)
def test_batch_norm_keeps_running_statistics(shape, momentum):
    for ours, theirs in zip(*(running(t, "batch_norm", shape, momentum, training=True) for t in (minitorch, torch))):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_instance_norm_keeps_running_statistics():
    for ours, theirs in zip(*(running(t, "instance_norm", (2, 3, 4)) for t in (minitorch, torch))):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_evaluation_leaves_running_statistics_alone():
    mean, var = running(minitorch, "batch_norm", (5, 3), training=False)
    rng = np.random.default_rng(0)
    assert np.array_equal(mean, rng.normal(size=3)) and np.array_equal(var, rng.uniform(1, 2, 3))


def test_two_batches_may_be_on_their_way():
    """Running statistics change between the two forward passes; the first backward does not mind, as in torch."""
    x = minitorch.ones(4, 3).mul(minitorch.arange(3)).requires_grad_()
    mean, var = minitorch.zeros(3), minitorch.ones(3)
    losses = [minitorch.nn.functional.batch_norm(x * k, mean, var, training=True).sum() for k in (1, 2)]
    (losses[0] + losses[1]).backward()


@pytest.mark.parametrize("training", [True, False])
def test_batch_norm_second_derivative(training):
    """Its scale 1 / sqrt(var + eps) depends on x in training, and is a constant in evaluation."""
    rng = np.random.default_rng(0)
    x, weight, g = rng.normal(size=(4, 3)), rng.uniform(1, 2, 3), rng.normal(size=(4, 3))
    found = []
    for t in (minitorch, torch):
        leaf, w = t.from_numpy(x).requires_grad_(), t.from_numpy(weight).requires_grad_()
        mean, var = t.zeros(3, dtype=t.float64), t.ones(3, dtype=t.float64) * 2
        y = t.nn.functional.batch_norm(leaf, mean, var, w, None, training)
        gx, = t.autograd.grad((y**2 * t.from_numpy(g)).sum(), leaf, create_graph=True)
        found.append([r.numpy() for r in t.autograd.grad((gx**3).sum(), [leaf, w])])
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)

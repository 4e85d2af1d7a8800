"""Dropout draws torch's masks: the same elements fall for the same seed, whatever the order of memory."""

import numpy as np
import pytest

import minitorch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch


def both(name, x, layout=lambda t: t, seed=0, dtype="float32", **options):
    """(ours, torch's): the output of nn.functional.<name>, its node's name, and the gradient of its input."""
    found = []
    for library in (minitorch, torch):
        library.manual_seed(seed)
        leaf = library.from_numpy(x.astype(dtype)).requires_grad_()
        y = getattr(library.nn.functional, name)(layout(leaf), **options)
        y.sum().backward()
        found.append((y.detach().numpy(), type(y.grad_fn).__name__, leaf.grad.numpy()))
    return found


def agree(ours, theirs, rtol=1e-6):
    assert ours[0].dtype == theirs[0].dtype and ours[1] == theirs[1]
    np.testing.assert_allclose(ours[0], theirs[0], rtol=rtol, atol=rtol)
    np.testing.assert_allclose(ours[2], theirs[2], rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9, 1.0])
def test_masks(p, dtype):
    x = np.random.default_rng(1).uniform(0.5, 1, (7, 11))
    ours, theirs = both("dropout", x, dtype=dtype, p=p)
    agree(ours, theirs, 2e-3 if dtype == "float16" else 1e-6)
    assert p == 1 or 0 < np.count_nonzero(ours[0]) < ours[0].size


@pytest.mark.parametrize("layout", [
    lambda t: t.mT,
    lambda t: t.permute(2, 0, 1),
    lambda t: t[:, ::2],
    lambda t: t[0, 0],
], ids=["transposed", "permuted", "every second", "vector"])
def test_masks_follow_the_order_of_memory(layout):
    x = np.random.default_rng(1).uniform(0.5, 1, (3, 4, 5))
    agree(*both("dropout", x, layout))


@pytest.mark.parametrize("name, shape", [("dropout1d", (2, 5, 4)), ("dropout1d", (5, 4)), ("dropout2d", (2, 6, 3, 3)),
                                         ("alpha_dropout", (5, 6))])
def test_relatives(name, shape):
    x = np.random.default_rng(1).uniform(0.5, 1, shape)
    agree(*both(name, x, p=0.4, training=True))


def test_in_place():
    for library in (minitorch, torch):
        library.manual_seed(3)
        x = library.ones(20)
        assert library.nn.functional.dropout(x, 0.5, inplace=True) is x
        assert x._version == 1
        assert set(x.tolist()) == {0.0, 2.0}


def test_nothing_is_drawn_where_nothing_is_dropped():
    minitorch.manual_seed(0)
    before = minitorch.rand(1).item()
    minitorch.manual_seed(0)
    x = minitorch.ones(3)
    assert minitorch.nn.functional.dropout(x, 0.0) is x
    assert minitorch.nn.functional.dropout(x, 0.5, training=False) is x
    minitorch.nn.functional.dropout(x, 1.0)
    assert minitorch.rand(1).item() == before


def test_draws_of_one_seed_follow_each_other():
    found = []
    for library in (minitorch, torch):
        library.manual_seed(5)
        x = library.ones(50)
        masks = [library.nn.functional.dropout(x, 0.3) for _ in range(3)]
        found.append(np.stack([m.numpy() for m in masks] + [library.rand(50).numpy()]))
    np.testing.assert_allclose(*found, rtol=1e-6)

"""Fractional max pooling: torch's windows from the same seed, its gradients, its sentences."""

import numpy as np
import pytest
from twin import same

import minitorch

torch = pytest.importorskip("torch")

CALLS = {
    "2d": ((2, 3, 7, 8), lambda f, x: f.fractional_max_pool2d(x, (2, 3), output_size=(3, 4))),
    "2d ratio": ((2, 3, 9, 8), lambda f, x: f.fractional_max_pool2d(x, 2, output_ratio=(0.5, 0.3))),
    "2d one": ((3, 7, 8), lambda f, x: f.fractional_max_pool2d(x, 3, output_size=1)),
    "3d": ((2, 3, 6, 7, 8), lambda f, x: f.fractional_max_pool3d(x, (2, 3, 1), output_size=(3, 2, 5))),
    "3d ratio": ((3, 6, 7, 8), lambda f, x: f.fractional_max_pool3d(x, 2, output_ratio=(0.5, 0.4, 0.6))),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_gradients(name, dtype):
    shape, call = CALLS[name]
    numbers = np.random.default_rng(1).standard_normal(shape).astype(dtype)
    numbers.reshape(-1)[5] = np.nan
    found = []
    for t in (minitorch, torch):
        x = t.tensor(numbers, requires_grad=True)
        t.manual_seed(4)
        y = call(t.nn.functional, x)
        g, = t.autograd.grad(y.nan_to_num().square().sum(), x, create_graph=True)
        gg, = t.autograd.grad(g.nan_to_num().sum(), x)
        found.append((y.detach().numpy(), g.detach().numpy(), gg.numpy(), type(y.grad_fn).__name__, t.rand(2).numpy()))
    for ours, theirs in zip(*found):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("call", [
    lambda t, x: t.nn.functional.fractional_max_pool2d(x, 2, 3, return_indices=True)[1],
    lambda t, x: t.nn.functional.fractional_max_pool2d_with_indices(x, 2, 3)[1],
    lambda t, x: t.nn.functional.fractional_max_pool3d_with_indices(x, 2, 3)[1],
    lambda t, x: t.nn.functional.fractional_max_pool2d(x, 2, 3, _random_samples=t.full((2, 3, 2), 0.7)),
    lambda t, x: t.nn.functional.fractional_max_pool2d(x, 2),
    lambda t, x: t.nn.functional.fractional_max_pool2d(x, 2, output_size=7),
    lambda t, x: t.nn.functional.fractional_max_pool2d(x, 2, 3, _random_samples=t.rand(2, 3, 3)),
    lambda t, x: t.nn.functional.fractional_max_pool2d(x[:, :0], 2, 3)])
def test_indices_and_sentences(call):
    def seeded(t):
        t.manual_seed(0)
        return call(t, (t.arange(294.0) * 37 % 101).reshape(2, 3, 7, 7))
    same(seeded)

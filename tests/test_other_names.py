"""Functions that are others under another name, or with other arguments: pools with indices, older upsampling, ..."""

import numpy as np
import pytest
from twin import same

import minitorch

torch = pytest.importorskip("torch")

PLANE = (2, 3, 6, 8)


def numbers(t, shape):
    """Distinct ones, exact in both libraries."""
    return (t.arange(float(np.prod(shape))) * 37 % 1009).reshape(shape)


CALLS = {
    "max_pool1d_with_indices": (PLANE[1:], lambda f, x: f.max_pool1d_with_indices(x, 3, 2, 1)),
    "max_pool2d_with_indices": (PLANE, lambda f, x: f.max_pool2d_with_indices(x, (2, 3), None, 1, ceil_mode=True)),
    "max_pool3d_with_indices": (PLANE, lambda f, x: f.max_pool3d_with_indices(x, 2, return_indices=False)),
    "adaptive_max_pool1d_with_indices": (PLANE[1:], lambda f, x: f.adaptive_max_pool1d_with_indices(x, 3)),
    "adaptive_max_pool2d_with_indices": (PLANE, lambda f, x: f.adaptive_max_pool2d_with_indices(x, (3, None))),
    "adaptive_max_pool3d_with_indices": (PLANE, lambda f, x: f.adaptive_max_pool3d_with_indices(x, (2, 3, 3))),
    "upsample_nearest": (PLANE, lambda f, x: [f.upsample_nearest(x, scale_factor=2)]),
    "upsample_bilinear": (PLANE, lambda f, x: [f.upsample_bilinear(x, size=(11, 15))]),
}


@pytest.mark.filterwarnings("ignore:.*deprecated")
@pytest.mark.parametrize("name", CALLS)
def test_values_and_gradients(name):
    shape, call = CALLS[name]

    def outcome(t):
        x = numbers(t, shape).requires_grad_()
        y, *indices = call(t.nn.functional, x)
        return y.detach(), *indices, *t.autograd.grad(y.square().sum(), x)
    same(outcome)


@pytest.mark.parametrize("name", ["upsample_nearest", "upsample_bilinear"])
def test_older_names_warn(name):
    for t in (minitorch, torch):
        with pytest.warns(UserWarning, match=f"`nn.functional.{name}` is deprecated"):
            getattr(t.nn.functional, name)(t.ones(1, 1, 2, 2), scale_factor=2)


@pytest.mark.parametrize("call", [
    lambda t: t.feature_dropout(t.ones(4, 5, 3), 0.4, True), lambda t: t.feature_dropout(t.ones(4, 5), 0.4, False),
    lambda t: t.feature_dropout_(t.ones(4, 5, 2, 2), 0.4, True), lambda t: t.feature_dropout(t.ones(4), 0.4, True),
    lambda t: t.view_as_real_copy(t.tensor([1 + 2j, 3j])), lambda t: t.view_as_complex_copy(t.ones(3, 2)),
    lambda t: t.view_as_real_copy(t.ones(2))])
def test_forms(call):
    def seeded(t):
        t.manual_seed(3)
        return call(t)
    same(seeded)


def test_copies_share_no_memory():
    x = minitorch.ones(3, 2)
    minitorch.view_as_complex_copy(x).zero_()
    assert x.sum().item() == 6


@pytest.mark.parametrize("shape", [(9, 7), (5, 8), (2, 6, 6)])
def test_low_rank(shape):
    """The same random directions: values as torch's, factors up to signs."""
    def products(t):
        x = numbers(t, shape).double() / 100
        t.manual_seed(7)
        U, S, V = t.svd_lowrank(x, 3)
        P, R, Q = t.pca_lowrank(x)
        W = t.svd_lowrank(x, q=2, niter=1, M=x.mean(-1, keepdim=True).expand(x.shape))
        return [a.numpy() for a in (S, (U * S[..., None, :]) @ V.mT, R, (P * R[..., None, :]) @ Q.mT, W[1])]
    for ours, theirs in zip(products(minitorch), products(torch)):
        np.testing.assert_allclose(ours, theirs, 1e-9, 1e-8)


def test_low_rank_gradient_and_refusals():
    x = minitorch.manual_seed(1) and minitorch.randn(6, 2, dtype=minitorch.float64)
    x = (x @ x.mT).requires_grad_()  # of rank 2: the gradient of the sum of singular values is that of the trace
    minitorch.svd_lowrank(x, 2)[1].sum().backward()
    U, _, V = minitorch.linalg.svd(x.detach())
    np.testing.assert_allclose(x.grad.numpy(), (U[:, :2] @ V[:2]).numpy(), 1e-8, 1e-9)
    for call in (lambda t: t.pca_lowrank(t.ones(3, 3), 4), lambda t: t.pca_lowrank(t.ones(3, 3), niter=-1)):
        same(call)


@pytest.mark.parametrize("mode", ["default", "warn", "error", 0, 1, 2, 3, "loud", None])
def test_deterministic_debug_mode(mode):
    def call(t):
        try:
            t.set_deterministic_debug_mode(mode)
            return (t.get_deterministic_debug_mode(), t.are_deterministic_algorithms_enabled(),
                    t.is_deterministic_algorithms_warn_only_enabled())
        finally:
            t.use_deterministic_algorithms(False)
    same(call)


def test_denormal_numbers_stay():
    assert minitorch.set_flush_denormal(True) is False
    assert (minitorch.tensor(1e-40) * 1).item() > 0


def differentiated(t, call, shapes):
    """The result, and the gradients of all inputs."""
    inputs = [((t.arange(float(np.prod(s)), dtype=t.float64) * 37 % 101 - 50) / 64).reshape(s).requires_grad_()
              for s in shapes]
    y = call(t, *inputs)
    return y.detach().numpy(), *[g.numpy() for g in t.autograd.grad(y.square().sum(), inputs)]


def alike_with_gradients(call, *shapes):
    for ours, theirs in zip(*[differentiated(t, call, shapes) for t in (minitorch, torch)], strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-12, 1e-12)


@pytest.mark.parametrize("shapes", [((6, 8), (2, 8, 4)), ((2, 4, 8), (8, 6)), ((4, 6), (6, 8)), ((2, 4, 8), (2, 8, 6))])
def test_grouped_mm(shapes):
    """torch multiplies float32 and narrower only: compared with its products group by group, in float64."""
    def groups(t, a, b):
        offs = None if a.ndim == b.ndim == 3 else t.tensor([2, 6], dtype=t.int32)
        if t is minitorch:
            return t.nn.functional.grouped_mm(a, b, offs=offs)
        parts = [(a[:, s] if b.ndim == 2 else a[s] if a.ndim == 2 else a[k]) if a.ndim == 2 else a[k]
                 for k, s in enumerate((slice(0, 2), slice(2, 6)))]
        others = [b[k] if b.ndim == 3 else b[s] if a.ndim == 2 else b[:, s]
                  for k, s in enumerate((slice(0, 2), slice(2, 6)))]
        products = [x @ y for x, y in zip(parts, others)]
        return t.stack(products) if a.ndim == b.ndim else t.cat(products, 0 if a.ndim == 2 else 1)
    alike_with_gradients(groups, *shapes)


@pytest.mark.parametrize("call", [
    lambda t: t.nn.functional.grouped_mm(t.ones(4, 8), t.ones(2, 8, 4), offs=t.tensor([1, 4], dtype=t.int32)),
    lambda t: t.nn.functional.grouped_mm(t.ones(4, 8), t.ones(2, 8, 4)),
    lambda t: t.nn.functional.grouped_mm(t.ones(2, 4, 8), t.ones(2, 8, 4), bias=t.ones(4)),
    lambda t: t.nn.functional.grouped_mm(t.ones(2, 4, 8), t.ones(2, 8, 4), out_dtype=t.float64)])
def test_grouped_mm_as_torch(call):
    same(call)


LOSSES = {
    "plain": (((5, 3), (4, 3)), lambda f, t, x, w: f(x, w, t.tensor([0, 3, 1, -100, 2]))),
    "one": (((3,), (4, 3)), lambda f, t, x, w: f(x, w, t.tensor(2))),
    "smooth": (((5, 3), (4, 3), (4,)), lambda f, t, x, w, b: f(
        x, w, t.tensor([0, 3, 1, 1, 2]), linear_bias=b, label_smoothing=0.1, ignore_index=1, reduction="sum")),
    "weighted": (((5, 3), (4, 3)), lambda f, t, x, w: f(
        x, w, t.tensor([0, 3, 1, 1, 2]), weight=t.tensor([1.0, 2, 3, 4], dtype=t.float64), reduction="none")),
    "dimensions": (((2, 3), (4, 2, 3), (4, 2)), lambda f, t, x, w, b: f(
        x, w, t.tensor([[0, 3], [1, 2]]), linear_bias=b)),
    "probabilities": (((2, 3), (4, 3)), lambda f, t, x, w: f(x, w, t.full((2, 4), 0.25, dtype=t.float64))),
}


@pytest.mark.parametrize("name", LOSSES)
def test_linear_cross_entropy(name):
    shapes, call = LOSSES[name]
    alike_with_gradients(lambda t, *inputs: call(t.nn.functional.linear_cross_entropy, t, *inputs), *shapes)


@pytest.mark.parametrize("shapes", [((2, 3, 3), (4, 3)), ((2, 3), (3,)), ((2, 3), (4, 2)), ((3,), (4, 2, 3))])
def test_linear_cross_entropy_refused(shapes):
    same(lambda t: t.nn.functional.linear_cross_entropy(*map(t.ones, shapes), t.tensor([0, 1])))
    with pytest.raises(NotImplementedError, match="options"):
        minitorch.nn.functional.linear_cross_entropy(*map(minitorch.ones, shapes), minitorch.tensor([0]), options=1)

"""Factors that are unique only up to signs: what they multiply to, and gradients that do not depend on these."""

import numpy as np
import pytest
from alike import alike

import minitorch

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
SHAPES = ((3, 3), (4, 2), (2, 4), (2, 3, 3), (2, 5, 3))


def matrix(shape, seed=1):
    return np.random.default_rng(seed).uniform(-1, 1, shape)


def gradients(f, array):
    """f's value and gradient in both libraries: f(library, x) -> a tensor."""
    found = []
    for t in (minitorch, torch):
        x = t.tensor(array, requires_grad=True)
        y = f(t, x)
        (y * t.arange(1.0, y.numel() + 1, dtype=t.float64).reshape(y.shape)).sum().backward()
        found.append((y.detach().numpy(), x.grad.numpy()))
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, 1e-8, 1e-8)


def on_rows(x):
    return x - x.amin(-1, keepdim=True)


@pytest.mark.parametrize("shape", SHAPES)
def test_svd(shape):
    gradients(lambda t, x: (lambda U, S, Vh: (U * S.exp().unsqueeze(-2)) @ Vh)(*t.linalg.svd(x, full_matrices=False)),
              matrix(shape))
    gradients(lambda t, x: (lambda U, S, Vh: (U * U) @ S.square().unsqueeze(-1))(*t.linalg.svd(x, full_matrices=False)),
              matrix(shape))
    gradients(lambda t, x: (lambda U, S, V: (V * V) @ S.unsqueeze(-1))(*t.svd(x)), matrix(shape))
    U, S, Vh = minitorch.linalg.svd(minitorch.tensor(matrix(shape)))
    assert U.shape[-1] == shape[-2] and Vh.shape[-1] == shape[-1]
    np.testing.assert_allclose((U.mT @ U).numpy(), np.broadcast_to(np.eye(shape[-2]), U.shape), atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ("reduced", "complete"))
def test_qr(shape, mode):
    if mode == "complete" and shape[-2] > shape[-1]:
        with pytest.raises(RuntimeError, match="not differentiable when mode='complete'"):
            x = minitorch.tensor(matrix(shape), requires_grad=True)
            minitorch.linalg.qr(x, mode).R.sum().backward()
        return
    gradients(lambda t, x: t.linalg.qr(x, mode).R.abs(), matrix(shape))
    gradients(lambda t, x: t.linalg.qr(x, mode).Q.square(), matrix(shape))


def test_qr_alone():
    alike(lambda t: t.linalg.qr(t.tensor(matrix((4, 3))), mode="r").R.abs(), torch)
    alike(lambda t: t.linalg.qr(t.ones(2)), torch)
    alike(lambda t: t.linalg.qr(t.eye(2), mode="x"), torch)
    alike(lambda t: t.linalg.svd(t.ones(2)), torch)


@pytest.mark.parametrize("UPLO", "LU")
def test_eigh(UPLO):
    def rebuilt(t, x):
        L, V = t.linalg.eigh(x + x.mT, UPLO=UPLO)
        return (V * L.exp().unsqueeze(-2)) @ V.mT

    gradients(rebuilt, matrix((2, 3, 3)))
    gradients(lambda t, x: t.linalg.eigh(x @ x.mT, UPLO=UPLO).eigenvectors.square(), matrix((2, 4, 4)))
    alike(lambda t: t.linalg.eigh(t.eye(2), UPLO="x"), torch)


def test_eig():
    values = {}
    for t in (minitorch, torch):
        L, V = t.linalg.eig(t.tensor(matrix((3, 3))))
        A = t.tensor(matrix((3, 3)))
        assert str(L.dtype).endswith("complex128")
        np.testing.assert_allclose(A.numpy() @ V.numpy(), V.numpy() * L.numpy(), atol=1e-12)
        values[t] = np.sort_complex(L.numpy()), np.sort_complex(t.linalg.eigvals(A).numpy())
    np.testing.assert_allclose(values[minitorch], values[torch], atol=1e-12)


@pytest.mark.parametrize("driver", (None, "gels", "gelsy", "gelsd", "gelss"))
def test_lstsq_drivers(driver):
    """Which of residuals, rank and singular values a driver gives."""
    A, B = matrix((5, 3)), matrix((5, 2), 2)
    ours, theirs = [t.linalg.lstsq(t.tensor(A), t.tensor(B), driver=driver) for t in (minitorch, torch)]
    for name in ("solution", "residuals", "rank", "singular_values"):
        a, b = getattr(ours, name), getattr(theirs, name)
        assert a.shape == tuple(b.shape), name
        np.testing.assert_allclose(a.numpy(), b.numpy(), 1e-9, 1e-9, err_msg=name)


@pytest.mark.parametrize("call", (
    lambda t: t.linalg.inv(t.zeros(2, 2)), lambda t: t.linalg.inv(t.stack([t.eye(2), t.ones(2, 2)])),
    lambda t: t.linalg.solve(t.zeros(2, 2), t.ones(2)), lambda t: t.linalg.cholesky(-t.eye(2)),
    lambda t: t.linalg.cholesky(-t.eye(2)[None]), lambda t: t.linalg.cholesky(t.tensor([[1.0, 2], [2, 1]]))))
def test_no_such_matrix(call):
    with pytest.raises(torch.linalg.LinAlgError) as theirs:
        call(torch)
    with pytest.raises(minitorch.linalg.LinAlgError) as ours:
        call(minitorch)
    assert str(ours.value) == str(theirs.value).replace("torch.", "minitorch.")


def test_least_squares_gradient():
    gradients(lambda t, x: t.linalg.lstsq(x, t.tensor(matrix((5, 2), 2))).solution, matrix((5, 3)))
    gradients(lambda t, x: t.linalg.lstsq(t.tensor(matrix((5, 3), 2)), x).solution, matrix((5, 2)))


def test_gradient_of_a_singular_determinant():
    """The matrix of cofactors; torch's own answer is 0 in this case."""
    x = minitorch.tensor([[1.0, 2, 3], [2, 4, 6], [0.5, -1, 1]], dtype=minitorch.float64, requires_grad=True)
    x.det().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[10, 1, -4], [-5, -0.5, 2], [0, 0, 0]], atol=1e-12)


def test_largest_jobs():
    """Numbers of a size where cancellation shows: the exponential of a matrix, the determinant near 0."""
    alike(lambda t: t.linalg.matrix_exp(t.tensor([[-49.0, 24.0], [-64.0, 31.0]], dtype=t.float64)), torch)
    assert minitorch.linalg.LinAlgError.__mro__[1] is RuntimeError


@pytest.mark.parametrize("kind", ["real", "zeros on the diagonal", "complex", "hermitian"])
@pytest.mark.parametrize("n", [1, 2, 3, 6, 9])
def test_ldl(kind, n):
    """The same pivots and factors as LAPACK's, and the solution."""
    a = matrix((2, n, n)) + (1j * matrix((2, n, n), 2) if kind in ("complex", "hermitian") else 0)
    if kind.startswith("zeros") and n > 1:
        a[:, range(n), range(n)] = 0
    a = a + (a.conj() if kind == "hermitian" else a).swapaxes(-1, -2)
    options = {"hermitian": kind == "hermitian"}
    ours, theirs = [t.linalg.ldl_factor(t.tensor(a), **options) for t in (minitorch, torch)]
    np.testing.assert_array_equal(ours.pivots.numpy(), theirs.pivots.numpy())
    np.testing.assert_allclose(ours.LD.numpy(), theirs.LD.numpy(), 1e-11, 1e-12)
    b = matrix((n, 2), 3) + 0 * a[0, 0, 0]
    x = minitorch.linalg.ldl_solve(*ours, minitorch.tensor(b), **options)
    np.testing.assert_allclose(a @ x.numpy(), np.broadcast_to(b, (2, n, 2)), 1e-9, 1e-10)


def test_ldl_of_nothing_and_of_zeros():
    assert minitorch.linalg.ldl_factor_ex(minitorch.zeros(3, 3)).info.item() == 1
    assert minitorch.linalg.ldl_factor(minitorch.zeros(0, 3, 3)).LD.shape == (0, 3, 3)
    with pytest.raises(minitorch.linalg.LinAlgError, match=r"D\[1,1\] is zero"):
        minitorch.linalg.ldl_factor(minitorch.zeros(3, 3))
    for call in (lambda t: t.linalg.ldl_factor(t.zeros(2, 3)), lambda t: t.linalg.ldl_factor(t.zeros(2)),
                 lambda t: t.linalg.ldl_solve(t.eye(2), t.tensor([1, 2]).int(), t.zeros(3, 2))):
        with pytest.raises(RuntimeError) as wanted:
            call(torch)
        with pytest.raises(RuntimeError) as raised:
            call(minitorch)
        assert str(raised.value) == str(wanted.value).replace("torch.", "minitorch.")

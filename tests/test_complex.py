"""Complex numbers against torch: values, first and second gradients, of holomorphic functions and of the others."""

import numpy as np
import pytest
from alike import alike

import minitorch

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(3)
Z, W = [RNG.uniform(-1, 1, (3, 3)) + 1j * RNG.uniform(-1, 1, (3, 3)) for _ in range(2)]
X, V = RNG.uniform(0.3, 2, (3, 3)), Z[0]

# f(library, tensors...) of complex and real tensors
FUNCTIONS = {
    "add": (lambda t, z, w: z + 2 * w, Z, W), "sub": (lambda t, z, w: 3 - z - w, Z, W),
    "mul": (lambda t, z, w: z * w, Z, W), "mul real": (lambda t, z, x: z * x, Z, X),
    "real mul": (lambda t, x, z: x * z * (1 + 2j), X, Z), "div": (lambda t, z, w: z / w, Z, W),
    "div real": (lambda t, x, w: x / w, X, W), "neg": (lambda t, z: -z, Z), "square": (lambda t, z: z.square(), Z),
    "pow": (lambda t, z: z ** 3, Z), "pow tensor": (lambda t, z, w: z ** w, Z, W), "sqrt": (lambda t, z: z.sqrt(), Z),
    "reciprocal": (lambda t, z: z.reciprocal(), Z), "rsqrt": (lambda t, z: z.rsqrt(), Z),
    **{name: (lambda t, z, name=name: getattr(t, name)(z), Z) for name in (
        "exp", "log", "log2", "log10", "log1p", "expm1", "exp2", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin",
        "acos",
        "atan", "asinh", "acosh", "atanh", "sigmoid")},
    "abs": (lambda t, z: z.abs(), Z), "sgn": (lambda t, z: z.sgn(), Z), "angle": (lambda t, z: t.angle(z), Z),
    "real": (lambda t, z: z.real * 2, Z), "imag": (lambda t, z: z.imag * 2, Z), "conj": (lambda t, z: z.conj() * z, Z),
    "conj_physical": (lambda t, z: t.conj_physical(z), Z), "complex": (lambda t, x, y: t.complex(x, y), X, X + 1),
    "polar": (lambda t, x, y: t.polar(x, y), X, X + 1), "view_as_real": (lambda t, z: t.view_as_real(z) ** 2, Z),
    "view_as_complex": (lambda t, x: t.view_as_complex(x[:, :2].contiguous()) ** 2, X),
    "sum": (lambda t, z: z.sum(0), Z), "mean": (lambda t, z: z.mean(1), Z), "prod": (lambda t, z: z.prod(0), Z),
    "cumsum": (lambda t, z: z.cumsum(0), Z), "cumprod": (lambda t, z: z.cumprod(1), Z),
    "var": (lambda t, z: z.var(0), Z),
    "std": (lambda t, z: z.std(), Z), "norm": (lambda t, z: z.norm(), Z), "norm 1": (lambda t, z: z.norm(1, 0), Z),
    "norm 3": (lambda t, z: t.linalg.vector_norm(z, 3), Z), "mm": (lambda t, z, w: z @ w, Z, W),
    "mv": (lambda t, z, v: z @ v, Z, V), "dot": (lambda t, z, v: z[0] @ v, Z, V),
    "vdot": (lambda t, v, z: t.vdot(v, z[1]), V, Z),
    "adjoint": (lambda t, z: z.mH @ z, Z), "transpose": (lambda t, z: z.T.reshape(-1), Z),
    "einsum": (lambda t, z, w: t.einsum("ij,kj->ik", z, w), Z, W), "outer": (lambda t, v: t.outer(v, v.conj()), V),
    "index": (lambda t, z: z[t.tensor([0, 2, 0])] * z[0], Z), "cat": (lambda t, z, w: t.cat([z, w * 2]), Z, W),
    "where": (lambda t, z, w: t.where(z.abs() > 0.7, z, w), Z, W), "gather": (lambda t,
    z: z.gather(1, t.tensor([[0], [2]])), Z),
    "masked": (lambda t, z: z.masked_fill(z.real > 0, 0), Z), "flip": (lambda t, z: z.flip(0).roll(1, 1), Z),
    "addcmul": (lambda t, z, w: t.addcmul(z, z, w, value=2), Z, W), "lerp": (lambda t, z, w: t.lerp(z, w, 0.3), Z, W),
    "in place": (lambda t, z, w: (z * 1).mul_(w).add_(z), Z, W), "to complex": (lambda t, x, z: x.to(z.dtype) * z, X,
    Z),
    "diff": (lambda t, z: t.diff(z), Z), "kron": (lambda t, z, w: t.kron(z[:2], w[:1]), Z, W),
    "inv": (lambda t, z: t.linalg.inv(z), Z), "solve": (lambda t, z, w: t.linalg.solve(z, w), Z, W),
    "det": (lambda t, z: t.linalg.det(z), Z), "triangular": (lambda t, z,
    w: t.linalg.solve_triangular(z, w, upper=True), Z, W),
    "matrix_exp": (lambda t, z: t.linalg.matrix_exp(z), Z), "matrix_power": (lambda t,
    z: t.linalg.matrix_power(z, 3), Z),
}


def outcome(library, f, arrays):
    """The value, the gradients for one cotangent, and the gradients of these for another."""
    xs = [library.tensor(a, requires_grad=True) for a in arrays]
    y = f(library, *xs)
    rng = np.random.default_rng(5)

    def cotangent(like):
        g = rng.uniform(0.5, 1.5, tuple(like.shape))
        if like.is_complex():
            g = g + 1j * rng.uniform(0.5, 1.5, tuple(like.shape))
        return library.tensor(g)

    first = library.autograd.grad(y, xs, cotangent(y), create_graph=True)
    found = [y.detach().resolve_conj().numpy(), *[g.detach().resolve_conj().numpy() for g in first]]
    kept = [g for g in first if g.requires_grad]
    if kept:
        second = library.autograd.grad(kept, xs, [cotangent(g) for g in kept], allow_unused=True)
        found += [0 if g is None else g.resolve_conj().numpy() for g in second]
    return found


def same_outcomes(f, *arrays):
    """Equal values and gradients; a second gradient that one library leaves out must be zero in the other."""
    ours, theirs = outcome(minitorch, f, arrays), outcome(torch, f, arrays)
    for k, (a, b) in enumerate(zip(ours, theirs)):
        np.testing.assert_allclose(a, b, 1e-8, 1e-8, err_msg=f"result {k}")
    shorter = min(len(ours), len(theirs))
    assert not any(np.any(rest) for rest in (*ours[shorter:], *theirs[shorter:]))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name):
    f, *arrays = FUNCTIONS[name]
    same_outcomes(f, *arrays)


@pytest.mark.parametrize("call", (
    lambda t: t.tensor([1 + 2j], requires_grad=True).sum().backward(), lambda t: t.imag(t.ones(2)),
    lambda t: t.view_as_real(t.ones(2)), lambda t: t.view_as_complex(t.ones(2, dtype=t.int64)),
    lambda t: t.view_as_complex(t.ones(3)), lambda t: t.view_as_complex(t.tensor(1.0)),
    lambda t: t.complex(t.ones(2), t.ones(2).double()), lambda t: t.polar(t.tensor([1]), t.tensor([2])),
    lambda t: t.sign(t.tensor([1j]))))
def test_refusals(call):
    alike(call, torch)


def test_parts_share_memory():
    def script(t):
        z = t.tensor([1 + 2j, 3 - 1j])
        z.real = t.tensor([5.0, 6.0])
        z.imag.mul_(10)
        return z, t.view_as_real(z), t.real(t.ones(2)), z.real._is_view()

    alike(script, torch)


def test_loss_of_complex_weights_falls():
    """Descent along .grad: the convention is that of torch."""
    for t in (minitorch, torch):
        z = t.tensor([3 + 4j, -2 + 1j], requires_grad=True)
        for _ in range(50):
            z.grad = None
            (z - (1 - 1j)).abs().square().sum().backward()
            with t.no_grad():
                z -= 0.1 * z.grad
        np.testing.assert_allclose(z.detach().numpy(), 1 - 1j, atol=1e-4)


@pytest.mark.parametrize("call", (
    lambda t, z: t.linalg.svdvals(z), lambda t, z: t.linalg.eigvalsh(z), lambda t, z: t.linalg.cholesky(z).real,
    lambda t, z: t.linalg.pinv(z).real, lambda t, z: t.linalg.qr(z).R.real))
def test_gradients_of_complex_factors_are_refused(call):
    z = minitorch.tensor(Z @ Z.conj().T + 3 * np.eye(3), requires_grad=True)
    y = call(minitorch, z)
    np.testing.assert_allclose(abs(y.detach().numpy()), abs(call(torch, torch.tensor(z.detach().numpy())).numpy()),
        1e-9, 1e-9)
    with pytest.raises(NotImplementedError, match="complex"):
        y.sum().backward()

"""A matrix as a product: QR, eigenvalues, singular values; and what they give: pseudo-inverse, least squares, rank.

The arrays go to LAPACK through numpy.linalg (cuSOLVER through CuPy); the gradients are
Townsend 2016, Differentiating the singular value decomposition; Walter and Lehmann 2010, for QR; Giles 2008.
Read next: matrix.py.
"""

from __future__ import annotations

import warnings

from .. import shown
from ..autograd.op import op, result_class
from ..device import array_module
from ..tensor import Tensor, method
from .elementwise import refuse
from .join import cat
from .solve import check_matrix, eye_like, real_only, substitute, transposed

__all__: list[str] = ["geqrf", "pinverse", "qr", "svd"]

# ---------------------------------------------------------------- singular values


@op(outputs="U S Vh", node="LinalgSvdBackward0")
def singular(xp, x, /, full_matrices):
    """x = U diag(S) Vh, S falling    (k = min(m, n) columns of U and rows of Vh; all with `full_matrices`)

    gx = U ((skew(U^T gU) / E) S + S (skew(Vh gVh^T) / E) + diag(gS)) Vh
         + (1 - U U^T) gU / S Vh + U / S gVh (1 - V V^T)        skew(a) = a - a^T, E_ij = S_j^2 - S_i^2
    """
    check_matrix("linalg.svd", x, square=False)
    return tuple(xp.linalg.svd(x, full_matrices))


def skew(x: Tensor) -> Tensor:
    return x - x.mT


def svd_rule(g_U, g_S, g_Vh, U, S, Vh, x_shape, full_matrices):
    real_only("svd", U)
    k, (m, n) = S.array.shape[-1], x_shape[-2:]
    if full_matrices and m != n and (g_U is not None or g_Vh is not None):
        raise RuntimeError("svd_backward: The singular vectors in the case of full_matrices=True are not unique. "
                           "Consider setting full_matrices=False.")
    U, Vh = U[..., :k], Vh[..., :k, :]
    gaps = (S * S).unsqueeze(-2) - (S * S).unsqueeze(-1) + eye_like(S)
    inner, row, column = 0, S.unsqueeze(-2), S.unsqueeze(-1)
    if g_S is not None:
        inner = g_S.diag_embed()
    if g_U is not None:
        inner = inner + skew(U.mT @ g_U) / gaps * row
    if g_Vh is not None:
        inner = inner + column * (skew(Vh @ g_Vh.mT) / gaps)
    gx = U @ inner @ Vh
    if g_U is not None and m > k:
        gx = gx + (g_U - U @ (U.mT @ g_U)) / row @ Vh
    if g_Vh is not None and n > k:
        gx = gx + U / row @ (g_Vh - g_Vh @ Vh.mT @ Vh)
    return gx


singular.backward(x=svd_rule)
LinalgSvd, Svd = result_class("linalg_svd", "U S Vh"), result_class("svd", "U S V")
Tensor._svd_reduced = lambda self: singular(self, False)


def only_driver(name: str, driver: str | None) -> None:
    if driver is not None:
        raise RuntimeError(f"{shown.package}.linalg.{name}: keyword argument `driver=` is only supported on CUDA "
                           "inputs with cuSOLVER backend.")


def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> tuple:
    """A = U diag(S) Vh.  https://pytorch.org/docs/stable/generated/torch.linalg.svd.html"""
    only_driver("svd", driver)
    return LinalgSvd(*singular(A, full_matrices))


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values, falling.  https://pytorch.org/docs/stable/generated/torch.linalg.svdvals.html"""
    only_driver("svdvals", driver)
    return singular(A, False)[1]


@method
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> tuple:
    """input = U diag(S) V^H.  https://pytorch.org/docs/stable/generated/torch.svd.html"""
    U, S, Vh = singular(input, not some)
    if compute_uv:
        return Svd(U, S, Vh.mT)
    m, n = input.array.shape[-2:]
    batch = input.array.shape[:-2]
    return Svd(input.new_zeros((*batch, m, m)), S, input.new_zeros((*batch, n, n)))


# ---------------------------------------------------------------- eigenvalues


@op(outputs="eigenvalues eigenvectors", node="LinalgEighBackward0")
def hermitian_eigen(xp, x, /, lower):
    """x V = V diag(L), x symmetric, L rising    gx = V (diag(gL) + (V^T gV) / E) V^T    E_ij = L_j - L_i"""
    refuse(x, "biu", "linalg_eigh_cpu")
    check_matrix("linalg.eigh", x)
    return tuple(xp.linalg.eigh(x, "L" if lower else "U"))


def eigh_rule(g_eigenvalues, g_eigenvectors, eigenvalues, eigenvectors):
    real_only("eigh", eigenvectors)
    L, V = eigenvalues, eigenvectors
    inner = 0 if g_eigenvalues is None else g_eigenvalues.diag_embed()
    if g_eigenvectors is not None:
        product = V.mT @ g_eigenvectors
        product = product - product.diagonal(0, -2, -1).diag_embed()
        inner = inner + product / (L.unsqueeze(-2) - L.unsqueeze(-1) + eye_like(L))
    return V @ inner @ V.mT


hermitian_eigen.backward(x=eigh_rule)
Eigh, Eig = [result_class(name, "eigenvalues eigenvectors") for name in ("linalg_eigh", "linalg_eig")]


def triangle(UPLO: str) -> bool:
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return UPLO.upper() == "L"


def eigh(A: Tensor, UPLO: str = "L") -> tuple:
    """(eigenvalues, eigenvectors) of a symmetric matrix, of which one triangle is read.

    https://pytorch.org/docs/stable/generated/torch.linalg.eigh.html
    """
    return Eigh(*hermitian_eigen(A, triangle(UPLO)))


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of a symmetric matrix.  https://pytorch.org/docs/stable/generated/torch.linalg.eigvalsh.html"""
    return hermitian_eigen(A, triangle(UPLO))[0]


@op(outputs="eigenvalues eigenvectors", node="LinalgEigBackward0")
def general_eigen(xp, x, /):
    """x V = V diag(L), both complex."""
    check_matrix("linalg.eig", x)
    kind = "complex128" if x.dtype.name in ("float64", "complex128") else "complex64"
    values, vectors = xp.linalg.eig(x)
    return values.astype(kind), vectors.astype(kind)


def no_complex_gradient(g):
    raise NotImplementedError("eig: its gradient")


general_eigen.backward(x=no_complex_gradient)


def eig(A: Tensor) -> tuple:
    """(eigenvalues, eigenvectors), complex.  https://pytorch.org/docs/stable/generated/torch.linalg.eig.html"""
    return Eig(*general_eigen(A))


def eigvals(A: Tensor) -> Tensor:
    """The eigenvalues, complex.  https://pytorch.org/docs/stable/generated/torch.linalg.eigvals.html"""
    return general_eigen(A)[0]


# ---------------------------------------------------------------- QR


@op(outputs="Q R", node="LinalgQrBackward0")
def orthogonal(xp, x, /, mode):
    """x = Q R, Q's columns orthonormal, R upper triangular

    gx = (gQ + Q sym(triu(gR R^T - Q^T gQ))) R^-T    sym(a) = a + a^T, the diagonal once; for at least as many rows as
    columns; else the columns of x behind the square are Q times those of R
    """
    check_matrix("linalg.qr", x, square=False)
    if mode == "r":
        return xp.empty(0, x.dtype), xp.linalg.qr(x, "r")
    return tuple(xp.linalg.qr(x, mode))


def qr_rule(g_Q, g_R, Q, R, mode):
    real_only("qr", R)
    if mode == "r":
        raise RuntimeError("The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use "
                           "linalg.qr(A, mode='reduced') if you are going to require gradients through linalg.qr.")
    m, n = Q.array.shape[-2], R.array.shape[-1]
    if mode == "complete" and m > n:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and nrows > ncols.")
    g_Q = Q * 0 if g_Q is None else g_Q
    g_R = R * 0 if g_R is None else g_R
    if m >= n:
        return square_qr_rule(g_Q, g_R, Q, R)
    behind = R[..., m:]  # Q^T times the columns behind the square
    g_Q = g_Q + Q @ behind @ g_R[..., m:].mT
    front = square_qr_rule(g_Q, g_R[..., :m], Q, R[..., :m])
    return cat([front, Q @ g_R[..., m:]], -1)


def square_qr_rule(g_Q, g_R, Q, R):
    upper = (g_R @ R.mT - Q.mT @ g_Q).triu()
    symmetric = upper + upper.triu(1).mT
    return substitute(R, (g_Q + Q @ symmetric).mT, True, False).mT


orthogonal.backward(x=qr_rule)
LinalgQr, Qr, Geqrf = result_class("linalg_qr", "Q R"), result_class("qr", "Q R"), result_class("geqrf", "a tau")


def linalg_qr(A: Tensor, mode: str = "reduced") -> tuple:
    """A = Q R.  https://pytorch.org/docs/stable/generated/torch.linalg.qr.html"""
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), 'r', or "
                           "'complete'")
    return LinalgQr(*orthogonal(A, mode))


@method
def qr(input: Tensor, some: bool = True) -> tuple:
    """input = Q R, the old name.  https://pytorch.org/docs/stable/generated/torch.qr.html"""
    warnings.warn("minitorch.qr is deprecated in favor of minitorch.linalg.qr and will be removed in a future PyTorch "
                  "release.", UserWarning, stacklevel=2)
    return Qr(*orthogonal(input, "reduced" if some else "complete"))


@op(outputs="a tau", node="GeqrfBackward0")
def reflectors(xp, x, /):
    """QR as LAPACK leaves it: R above, and below it the vectors of the reflections whose product is Q."""
    check_matrix("geqrf", x, square=False, argument="input")
    a, tau = xp.linalg.qr(x, "raw")
    return transposed(a).copy(), tau


def no_geqrf_gradient(g):
    raise NotImplementedError("the derivative for 'geqrf' is not implemented.")


reflectors.backward(x=no_geqrf_gradient)


@method
def geqrf(input: Tensor) -> tuple:
    """(a, tau) for householder_product.  https://pytorch.org/docs/stable/generated/torch.geqrf.html"""
    return Geqrf(*reflectors(input))


# ---------------------------------------------------------------- pseudo-inverse, least squares


def cut(S, shape, atol, rtol):
    """Below which a singular value counts as 0: max(atol, rtol * the largest); rtol is max(m, n) eps if not given."""
    xp = array_module(S)
    if rtol is None:
        free = atol is None or not (atol.array if isinstance(atol, Tensor) else atol)
        rtol = max(shape[-2:]) * xp.finfo(S.dtype).eps if free else 0.0
    atol, rtol = [(v.array if isinstance(v, Tensor) else xp.asarray(0.0 if v is None else v)) for v in (atol, rtol)]
    largest = abs(S).max(-1) if S.shape[-1] else xp.zeros(S.shape[:-1], S.dtype)
    return xp.maximum(atol, rtol * largest)[..., None]


@op(node="LinalgPinvBackward0")
def pseudo_inverse(xp, x, /, atol, rtol, hermitian):
    """y = V diag(1 / S) U^T, where S is not as good as 0

    gx = -y^T g y^T + (1 - x y) g^T y y^T + y^T y g^T (1 - y x)
    """
    check_matrix("linalg.pinv", x, square=hermitian)
    if hermitian:
        L, V = xp.linalg.eigh(x)
        keep = abs(L) > cut(L, x.shape, atol, rtol)
        return (V * xp.where(keep, 1 / xp.where(keep, L, 1), 0)[..., None, :]) @ transposed(V).conj()
    U, S, Vh = xp.linalg.svd(x, full_matrices=False)
    keep = S > cut(S, x.shape, atol, rtol)
    inverse = xp.where(keep, 1 / xp.where(keep, S, 1), 0)
    return transposed(Vh).conj() @ (inverse[..., None] * transposed(U).conj())


def pinv_rule(g, x, y):
    real_only("pinv", x)
    yt, gt = y.mT, g.mT
    left, right = gt @ (y @ yt), (yt @ y) @ gt
    return -(yt @ g @ yt) + left - x @ (y @ left) + right - right @ y @ x


pseudo_inverse.backward(x=pinv_rule)


def pinv(A: Tensor, *, atol=None, rtol=None, hermitian: bool = False) -> Tensor:
    """The Moore-Penrose inverse.  https://pytorch.org/docs/stable/generated/torch.linalg.pinv.html"""
    return pseudo_inverse(A, atol, rtol, hermitian)


@method
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The Moore-Penrose inverse.  https://pytorch.org/docs/stable/generated/torch.pinverse.html"""
    return pseudo_inverse(input, None, rcond, False)


def matrix_rank(A: Tensor, *, atol=None, rtol=None, hermitian: bool = False, tol=None) -> Tensor:
    """How many singular values are not as good as 0.

    https://pytorch.org/docs/stable/generated/torch.linalg.matrix_rank.html
    """
    if tol is not None:
        atol, rtol = tol, 0.0
    if A.array.ndim < 2:
        raise RuntimeError(f"{shown.package}.linalg.matrix_rank: The input tensor input must have at least 2 "
                           "dimensions.")
    A = A.detach()
    S = eigvalsh(A).abs() if hermitian else svdvals(A)
    xp = array_module(S.array)
    return (S > S.new_tensor(xp.asarray(cut(S.array, A.array.shape, atol, rtol)))).sum(-1)


Lstsq = result_class("linalg_lstsq", "solution residuals rank singular_values")


def lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> tuple:
    """X for which |A X - B| is least; of several the shortest.    X = pinv(A) B

    https://pytorch.org/docs/stable/generated/torch.linalg.lstsq.html
    """
    for name, t in (("input", A), ("other", B)):
        if t.array.ndim < (2 if name == "input" else 1):
            raise RuntimeError(f"{shown.package}.linalg.lstsq: {name} must have at least {2 if name == 'input' else 1} "
                               "dimensions.")
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(f"{shown.package}.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, "
                           "gelss)")
    m, n = A.array.shape[-2:]
    vector = A.array.ndim - 1 == B.array.ndim and B.array.shape == A.array.shape[:-1]
    b = B.unsqueeze(-1) if vector else B
    X = pseudo_inverse(A, None, rcond, False) @ b
    rank = matrix_rank(A, rtol=rcond)
    residuals = A.new_empty(0)
    full = bool((rank.array == n).all())
    if m > n and full and driver in ("gels", "gelsd", "gelss"):  # gelsy, the default, gives none
        residuals = (A @ X - b).square().sum(-2)
        residuals = residuals.squeeze(-1) if vector else residuals
    values = svdvals(A.detach()) if driver in ("gelsd", "gelss") else A.new_empty(0)
    return Lstsq(X.squeeze(-1) if vector else X, residuals,
                 rank if driver != "gels" else rank.new_empty(0), values)

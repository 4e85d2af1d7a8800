"""Singular values of a matrix of low rank, found in a few random directions.

N. Halko, P.-G. Martinsson and J. Tropp, Finding structure with randomness, 2009.
Read next: decompose.py, for the exact ones.
"""

from __future__ import annotations

from ..tensor import Tensor
from .decompose import linalg_qr, linalg_svd
from .sampling import randn

__all__: list[str] = ["pca_lowrank", "svd_lowrank"]


def orthonormal_range(A: Tensor, q: int, niter: int) -> Tensor:
    """Q (..., m, q) with Q Q^H A close to A: A of random vectors, made orthonormal, and `niter` times A A^H of it.

    Algorithm 4.4
    """
    Q = linalg_qr(A @ randn(A.shape[-1], q, dtype=A.dtype, device=A.device))[0]
    for _ in range(niter):
        Q = linalg_qr(A.mH @ Q)[0]
        Q = linalg_qr(A @ Q)[0]
    return Q


def svd_lowrank(A: Tensor, q: int | None = 6, niter: int | None = 2,
                M: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """(U, S, V) with A - M close to U diag(S) V^H, of the q largest singular values.    algorithm 5.1

    https://pytorch.org/docs/stable/generated/torch.svd_lowrank.html
    """
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    if M is not None:
        A = A - M
    if A.shape[-2] < A.shape[-1]:
        U, S, V = svd_lowrank(A.mH, q, niter)
        return V, S, U
    Q = orthonormal_range(A, q, niter)
    U, S, Vh = linalg_svd(Q.mH @ A, full_matrices=False)
    return Q @ U, S, Vh.mH


def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True,
                niter: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """(U, S, V) of the rows of A, less their mean: V's columns are the principal directions.

    https://pytorch.org/docs/stable/generated/torch.pca_lowrank.html
    """
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}")
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    return svd_lowrank(A - A.mean(-2, keepdim=True) if center else A, q, niter)

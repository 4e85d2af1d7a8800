"""A symmetric matrix as L D L^T, D of blocks of 1 x 1 and 2 x 2, with LAPACK's choice of pivots (sytrf).

J. R. Bunch and L. Kaufman, Some stable methods for calculating inertia and solving symmetric linear systems, 1977.
Read next: solve.py, for LU and Cholesky's factors, for matrices that need less care.
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.op import result_class
from ..device import CPU, device_of, move
from ..dtype import CAPITAL
from ..tensor import Tensor, wrap
from .solve import LinAlgError, batch_of, check_matrix

__all__: list[str] = []

ALPHA = (1 + math.sqrt(17)) / 8  # the bound on the growth of elements is least with it
LdlFactor = result_class("linalg_ldl_factor", "LD pivots")
LdlFactorEx = result_class("linalg_ldl_factor_ex", "LD pivots info")


def size_of(x):
    """How large LAPACK takes a number to be: a complex one as |real| + |imag|."""
    return np.abs(x.real) + np.abs(x.imag) if np.iscomplexobj(x) else np.abs(x)


def pivot_of(a, k: int) -> tuple[int, int]:
    """(row to bring up, size of the block) for column k of what is left: 1 where the diagonal is large enough."""
    n, a = len(a), size_of(a)
    here = a[k, k]
    if k == n - 1:
        return k, 1
    at = k + 1 + int(a[k + 1:, k].argmax())
    most = a[at, k]
    if not max(here, most) or here >= ALPHA * most:
        return k, 1
    in_row = max(a[at, k:at].max(), a[at + 1:, at].max(initial=0))
    if here >= ALPHA * most * (most / in_row):
        return k, 1
    return at, 1 if a[at, at] >= ALPHA * in_row else 2


def swap(a, i: int, p: int, column: int, hermitian: bool) -> None:
    """Rows and columns i and p > i change places, in the lower triangle from `column` on."""
    flip = np.conj if hermitian else np.array
    a[[i, p], column:i] = a[[p, i], column:i]
    a[p + 1:, [i, p]] = a[p + 1:, [p, i]]
    between = a[i + 1:p, i].copy()
    a[i + 1:p, i] = flip(a[p, i + 1:p])
    a[p, i + 1:p] = flip(between)
    a[p, i] = flip(a[p, i])
    a[i, i], a[p, p] = a[p, p], a[i, i]


def ldl_array(a: np.ndarray, hermitian: bool) -> tuple[np.ndarray, np.ndarray, int]:
    """(L below D in one matrix, pivots, the first zero block or 0) of one matrix, of which the lower triangle is read.

    Pivots count from 1: the row that came up; where it is negative, D's block has two rows, and the second one came up.
    """
    a, n = np.tril(a), len(a)
    flip = np.conj if hermitian else np.array
    if hermitian:
        a[range(n), range(n)] = a.diagonal().real
    pivots, info, k = np.zeros(n, np.int32), 0, 0
    while k < n:
        p, size = pivot_of(a, k)
        rest = slice(k + size, n)
        if p != k + size - 1:
            swap(a, k + size - 1, p, k, hermitian)
        pivots[k: k + size] = p + 1 if size == 1 else -(p + 1)
        below = a[rest, k: k + size].copy()
        block = a[k: k + size, k: k + size].copy()
        if size == 2:
            block[0, 1] = flip(block[1, 0])
        if size == 1 and not block[0, 0]:
            info = info or k + 1
        elif below.size:
            a[rest, k: k + size] = np.linalg.solve(block.T, below.T).T  # L = below D^-1
            a[rest, rest] -= np.tril(a[rest, k: k + size] @ flip(below).T)
        k += size
    return a, pivots, info


def ldl_factor_ex(A: Tensor, *, hermitian: bool = False, check_errors: bool = False) -> tuple:
    """(LD, pivots, info): info numbers the first block of D that is zero. It is not differentiable, as in torch.

    https://pytorch.org/docs/stable/generated/torch.linalg.ldl_factor_ex.html
    """
    check_matrix("minitorch.linalg.ldl_factor_ex", A.array)
    x, where = move(A.array, CPU), device_of(A.array)
    found = [ldl_array(a, hermitian) for a in x.reshape(-1, *x.shape[-2:])] if x.size else []
    lead, n = x.shape[:-2], x.shape[-1]
    LD = np.array([f[0] for f in found], x.dtype).reshape(x.shape)
    pivots = np.array([f[1] for f in found], np.int32).reshape(*lead, n)
    info = np.array([f[2] for f in found] or np.zeros(lead), np.int32).reshape(lead)
    if check_errors and info.any():
        which = int(info.reshape(-1)[np.flatnonzero(info)[0]])
        raise LinAlgError(f"minitorch.linalg.ldl_factor_ex: {batch_of(info != 0)}D[{which},{which}] is zero: the "
                          "matrix is singular")
    return LdlFactorEx(*[wrap(move(part, where)) for part in (LD, pivots, info)])


def ldl_factor(A: Tensor, *, hermitian: bool = False) -> tuple:
    """(LD, pivots).  https://pytorch.org/docs/stable/generated/torch.linalg.ldl_factor.html"""
    return LdlFactor(*ldl_factor_ex(A, hermitian=hermitian, check_errors=True)[:2])


def unfactored(LD: np.ndarray, pivots: np.ndarray, hermitian: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(order, L, D) of one matrix:    A[order][:, order] = L D L^T

    L's columns lie in LD as they were when each block was done; what came up later moves their rows, too.
    """
    n = len(LD)
    L, D, order, k = np.tril(LD, -1), np.diag(LD.diagonal()), np.arange(n), 0
    while k < n:
        size = 1 if pivots[k] > 0 else 2
        i, p = k + size - 1, abs(int(pivots[k])) - 1
        if size == 2:
            D[i, k], L[i, k] = LD[i, k], 0
            D[k, i] = LD[i, k].conj() if hermitian else LD[i, k]
        L[[i, p], :k] = L[[p, i], :k]
        order[[i, p]] = order[[p, i]]
        k += size
    return order, L + np.eye(n, dtype=LD.dtype), D


def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False) -> Tensor:
    """X with A X = B, given A's ldl_factor. It is not differentiable, as in torch.

    https://pytorch.org/docs/stable/generated/torch.linalg.ldl_solve.html
    """
    if LD.array.dtype != B.array.dtype:
        raise RuntimeError("Expected b and A to have the same dtype, but found b of type "
                           f"{CAPITAL[B.array.dtype.name]} and A of type {CAPITAL[LD.array.dtype.name]} instead.")
    n, shape = LD.array.shape[-1], B.array.shape
    if B.array.ndim < 2:
        raise RuntimeError("minitorch.linalg.ldl_solve: Expected B to have at least 2 dimensions, but it has "
                           f"{B.array.ndim} dimensions instead")
    if shape[-2] != n:
        raise RuntimeError(f"Incompatible matrix sizes for minitorch.linalg.ldl_solve: each A matrix is {n} by {n} but "
                           f"each b matrix is {shape[-2]} by {shape[-1]}")
    where = device_of(LD.array)
    ld, p, b = [move(t.array, CPU) for t in (LD, pivots, B)]
    lead = np.broadcast_shapes(ld.shape[:-2], b.shape[:-2])
    ld, p = np.broadcast_to(ld, (*lead, n, n)).reshape(-1, n, n), np.broadcast_to(p, (*lead, n)).reshape(-1, n)
    b = np.broadcast_to(b, (*lead, *b.shape[-2:]))
    x = np.empty(b.shape, b.dtype)
    for one, which, right, out in zip(ld, p, b.reshape(-1, *b.shape[-2:]), x.reshape(-1, *b.shape[-2:])):
        order, L, D = unfactored(one, which, hermitian)
        above = L.conj().T if hermitian else L.T
        out[order] = np.linalg.solve(above, np.linalg.solve(D, np.linalg.solve(L, right[order])))
    return wrap(move(x, where))

"""Functions of matrices: powers, exponential, norms, condition; chains of products; tensors as matrices.

Read next: solve.py and decompose.py, which most of them call.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from .. import shown
from ..autograd.op import op
from ..dtype import numpy_dtype
from ..tensor import Tensor, method, wrap_dim
from .combine import powers
from .decompose import svdvals
from .join import cat
from .norm import vector_norm as vector_norm_op
from .reduce import every
from .solve import check_matrix, inv, solve

__all__: list[str] = ["chain_matmul", "matrix_exp", "matrix_power", "orgqr", "ormqr"]

# ---------------------------------------------------------------- powers and the exponential


@method
def matrix_power(input: Tensor, n: int) -> Tensor:
    """input times itself, n times; of the inverse where n < 0: by repeated squaring.

    https://pytorch.org/docs/stable/generated/torch.linalg.matrix_power.html
    """
    check_matrix("linalg.matrix_power", input.array)
    if n == 0:
        return input.new_ones(input.array.shape[-1]).diag().expand(input.array.shape).clone()
    square, y = (inv(input) if n < 0 else input), None
    for bit in reversed(bin(abs(n))[2:]):
        if bit == "1":
            y = square if y is None else y @ square
        square = square @ square if abs(n) > 1 else square
    return y.clone() if abs(n) == 1 and n > 0 else y


def exponential(xp, x):
    """e^x = (e^(x / 2^s))^(2^s), s so large that 18 terms of the series are exact to the last digit."""
    size = xp.abs(x).sum(-1).max() if x.size else 0.0
    s = max(0, math.ceil(math.log2(float(size))) + 1) if 0 < size < math.inf else 0
    x = x / 2 ** s
    eye = xp.broadcast_to(xp.eye(x.shape[-1], dtype=x.dtype), x.shape)
    y = eye
    for k in range(18, 0, -1):
        y = eye + x @ y / k
    for _ in range(s):
        y = y @ y
    return y.astype(x.dtype)


@op(node="LinalgMatrixExpBackward0")
def matrix_exp_of(xp, x, /):
    """y = 1 + x + x^2 / 2! + ...    gx = the upper right block of exp([[x^T, g], [0, x^T]])

    Al-Mohy and Higham 2009, Computing the Frechet derivative of the matrix exponential.
    """
    check_matrix("linalg.matrix_exp", x)
    return exponential(xp, x)


def matrix_exp_rule(g, x):
    n = x.array.shape[-1]
    block = cat([cat([x.mT, g], -1), cat([x.mT * 0, x.mT], -1)], -2)
    return matrix_exp_of(block)[..., :n, n:]


matrix_exp_of.backward(x=matrix_exp_rule)


@method
def matrix_exp(input: Tensor) -> Tensor:
    """The exponential of a matrix.  https://pytorch.org/docs/stable/generated/torch.linalg.matrix_exp.html"""
    return matrix_exp_of(input)


# ---------------------------------------------------------------- norms


def vector_norm(x: Tensor, ord: float = 2, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """(sum |x|^ord)^(1 / ord).  https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html"""
    if isinstance(ord, str):
        raise TypeError("linalg_vector_norm(): argument 'ord' (position 2) must be Number, not str")
    return vector_norm_op(x, float(ord), every(dim), keepdim, numpy_dtype(dtype))


def matrix_norm(A: Tensor, ord="fro", dim: Sequence[int] = (-2, -1), keepdim: bool = False, *, dtype=None) -> Tensor:
    """fro: as a vector; nuc: the sum of singular values; 2: the largest; 1, inf: the largest column, row of |A|.

    https://pytorch.org/docs/stable/generated/torch.linalg.matrix_norm.html
    """
    if A.array.ndim < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions.")
    A = A if dtype is None else A.to(dtype)
    row, column = [wrap_dim(d, A.array.ndim) for d in dim]
    if row == column:
        raise RuntimeError(f"linalg.matrix_norm: dims must be different. Got ({dim[0]}, {dim[1]})")
    if ord == "fro":
        return vector_norm(A, 2, (row, column), keepdim)
    if ord == "nuc" or ord in (2, -2):
        S = svdvals(A.movedim((row, column), (-2, -1)))
        y = S.sum(-1) if ord == "nuc" else S.amax(-1) if ord > 0 else S.amin(-1)
    elif ord in (1, -1, math.inf, -math.inf):
        along, other = (row, column) if abs(ord) == 1 else (column, row)
        sums = vector_norm(A, 1, along, True)
        y = (sums.amax if ord > 0 else sums.amin)((row, column))
    else:
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if keepdim:
        first, second = sorted((row, column))
        y = y.unsqueeze(first).unsqueeze(second)
    return y


def norm(A: Tensor, ord=None, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """vector_norm of one dimension (or of all), matrix_norm of two.

    https://pytorch.org/docs/stable/generated/torch.linalg.norm.html
    """
    if isinstance(dim, int):
        dim = (dim,)
    if ord is None or dim is not None and len(dim) == 1 or dim is None and A.array.ndim == 1:
        return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
    if dim is None and A.array.ndim != 2:
        raise RuntimeError("linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
                           f"{A.array.ndim}D.")
    return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)


def cond(A: Tensor, p=None) -> Tensor:
    """How much a solution may change with its right side: |A| |A^-1|.

    https://pytorch.org/docs/stable/generated/torch.linalg.cond.html
    """
    if A.array.size == 0 and A.array.ndim > 1:
        return A.real.new_zeros(A.array.shape[:-2])
    if p is None or p in (2, -2):
        check_matrix("linalg.cond", A.array, square=False)
        S = svdvals(A)
        first, last = S[..., 0], S[..., -1]
        return last / first if p == -2 else first / last
    if p not in ("fro", "nuc", 1, -1, math.inf, -math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    check_matrix(f"linalg.cond(ord={p})", A.array)
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


# ---------------------------------------------------------------- chains, tensors as matrices


def best_split(sizes: list) -> dict:
    """For every part i..j of the chain, where to cut it so that the products cost least: Cormen et al., 15.2."""
    n, cost, split = len(sizes) - 1, {}, {}
    for i in range(n):
        cost[i, i] = 0
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], split[i, j] = min((cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                                          for k in range(i, j))
    return split


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of a chain, in the order that costs least; the first and the last may be vectors.

    https://pytorch.org/docs/stable/generated/torch.linalg.multi_dot.html
    """
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    chain = list(tensors)
    row, column = chain[0].array.ndim == 1, chain[-1].array.ndim == 1
    chain[0] = chain[0].unsqueeze(0) if row else chain[0]
    chain[-1] = chain[-1].unsqueeze(-1) if column else chain[-1]
    for k, t in enumerate(chain):
        if t.array.ndim != 2:
            raise RuntimeError(f"multi_dot(): tensor {k} must be 2D but got {t.array.ndim}D")
    split = best_split([chain[0].array.shape[0], *[t.array.shape[1] for t in chain]])

    def product(i: int, j: int) -> Tensor:
        return chain[i] if i == j else product(i, split[i, j]) @ product(split[i, j] + 1, j)

    y = product(0, len(chain) - 1)
    y = y.squeeze(0) if row else y
    return y.squeeze(-1) if column else y


def chain_matmul(*matrices: Tensor) -> Tensor:
    """multi_dot.  https://pytorch.org/docs/stable/generated/torch.chain_matmul.html"""
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices)


def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of tensordot with A: its first `ind` dimensions as rows, the others as columns.

    https://pytorch.org/docs/stable/generated/torch.linalg.tensorinv.html
    """
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    shape = A.array.shape
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError("Expected self to satisfy the requirement prod(self.shape[ind:]) == prod(self.shape[:ind]), "
                           f"but got {columns} != {rows}")
    return inv(A.reshape(rows, columns)).reshape(*shape[ind:], *shape[:ind])


def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """X with tensordot(A, X, X.ndim) = B.  https://pytorch.org/docs/stable/generated/torch.linalg.tensorsolve.html"""
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(A.array.ndim - len(dims), A.array.ndim)))
    shape = A.array.shape[B.array.ndim:]
    columns, rows = math.prod(shape), math.prod(A.array.shape[:B.array.ndim])
    if columns != rows:
        raise RuntimeError("Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
                           f"prod(self.shape[:other.ndim]), but got {columns} != {rows}")
    return solve(A.reshape(rows, columns), B.reshape(-1)).reshape(shape)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Dot products along `dim`.  https://pytorch.org/docs/stable/generated/torch.linalg.vecdot.html"""
    return (x * y).sum(dim)


def vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """1, x, x^2, ... along a new last dimension.  https://pytorch.org/docs/stable/generated/torch.linalg.vander.html"""
    if N is not None and N <= 1:
        raise RuntimeError("N must be greater than 1.")
    if x.array.ndim == 0:
        raise RuntimeError("Expected dim > 0 but got 0")
    return powers(x, x.array.shape[-1] if N is None else N)


def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonal of each matrix.  https://pytorch.org/docs/stable/generated/torch.linalg.diagonal.html"""
    return A.diagonal(offset, dim1, dim2)


# ---------------------------------------------------------------- reflections


def reflection(A: Tensor, tau: Tensor, i: int) -> tuple:
    """The vector v of the i-th reflection 1 - tau v v^T: 0 above i, 1 at i, A's column below."""
    m = A.array.shape[-2]
    place = A.new_ones(m).cumsum(0).unsqueeze(-1) - 1
    v = A[..., i].unsqueeze(-1) * (place > i) + (place == i)
    return v, tau[..., i, None, None]


def reflected(x: Tensor, A: Tensor, tau: Tensor, order) -> Tensor:
    """The reflections applied to x, one after another: x - tau v (v^H x)."""
    for i in order:
        v, t = reflection(A, tau, i)
        x = x - t * (v @ (v.mH @ x))
    return x


def householder_product(A: Tensor, tau: Tensor) -> Tensor:
    """The first columns of the product of reflections that geqrf left in A.

    https://pytorch.org/docs/stable/generated/torch.linalg.householder_product.html
    """
    m, n = A.array.shape[-2:]
    if A.array.ndim < 2:
        raise RuntimeError(f"{shown.package}.linalg.householder_product: input must have at least 2 dimensions.")
    if m < n:
        raise RuntimeError(f"{shown.package}.linalg.householder_product: input.shape[-2] must be greater than or equal "
                           "to input.shape[-1]")
    eye = A.new_ones(m).diag()[:, :n].expand(*A.array.shape[:-2], m, n)
    return reflected(eye, A, tau, reversed(range(tau.array.shape[-1])))


@method
def orgqr(input: Tensor, tau: Tensor) -> Tensor:
    """householder_product.  https://pytorch.org/docs/stable/generated/torch.orgqr.html"""
    return householder_product(input, tau)


@method
def ormqr(input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: bool = False) -> Tensor:
    """Q times `other`, Q the product of the reflections in `input` (from the right; transposed).

    https://pytorch.org/docs/stable/generated/torch.ormqr.html
    """
    k = tau.array.shape[-1]
    if k != min(other.array.shape[-2 if left else -1], input.array.shape[-1]):
        side = -2 if left else -1
        raise RuntimeError(f"{shown.package}.ormqr: tau.shape[-1] must be equal to min(other.shape[{side}], "
                           "input.shape[-1])")
    x = other if left else other.mT
    order = range(tau.array.shape[-1])
    forwards = transpose if left else not transpose
    y = reflected(x, input, tau, order if forwards else reversed(order))
    return y if left else y.mT


"""Matrices made of vectors and blocks; every pair, every choice: diag, kron, block_diag, cartesian_prod, cross, rot90.

Read next: join.py, for cat and stack; patch.py.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence

from ..autograd.op import op
from ..device import array_module
from ..dtype import result_dtype
from ..tensor import Tensor, method, wrap, wrap_dim
from .create import zeros
from .join import cat, meshgrid, several, stack
from .shape import into_diagonal

__all__: list[str] = ["block_diag", "cartesian_prod", "combinations", "cross", "diag", "diag_embed", "diagflat", "kron",
                      "rot90", "vander"]

# ---------------------------------------------------------------- diagonals


@op(node="DiagEmbedBackward0")
def embedded(xp, x, /, offset, first, second):
    """x's last dimension on a diagonal of zeros, `offset` above the main one.    gx = g's diagonal"""
    side = x.shape[-1] + abs(offset)
    y = xp.zeros((*x.shape[:-1], side, side), x.dtype)
    at = xp.arange(x.shape[-1])
    y[..., at + max(-offset, 0), at + max(offset, 0)] = x
    return xp.moveaxis(y, (-2, -1), (first, second))


embedded.backward(x=lambda g, offset, first, second: g.diagonal(offset, first, second))


@method
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The last dimension on a diagonal.  https://pytorch.org/docs/stable/generated/torch.diag_embed.html"""
    ndim = input.array.ndim + 1
    first, second = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return embedded(input, offset, first, second)


@op(node="DiagonalBackward0_copy")
def diagonal_copied(xp, x, /, offset, dim1, dim2):
    """A copy of the diagonal.    gx = g on the diagonal of zeros"""
    return x.diagonal(offset, dim1, dim2).copy()


diagonal_copied.backward(x=into_diagonal)


@method
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A vector on a diagonal, or the diagonal of a matrix.  https://pytorch.org/docs/stable/generated/torch.diag.html"""
    if input.array.ndim not in (1, 2):
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input.array.ndim}D")
    return input.diag_embed(diagonal) if input.array.ndim == 1 else diagonal_copied(input, diagonal, 0, 1)


@method
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """All elements on a diagonal.  https://pytorch.org/docs/stable/generated/torch.diagflat.html"""
    return input.reshape(-1).diag_embed(offset)


# ---------------------------------------------------------------- blocks and products


@op(variadic=True, node="BlockDiagBackward0")
def blocks(xp, tensors, /):
    """Matrices along the diagonal of zeros.    each gradient = g's block"""
    y = xp.zeros([sum(n) for n in zip(*[t.shape for t in tensors])], result_dtype(tensors))
    for t, (row, column) in zip(tensors, corners([t.shape for t in tensors])):
        y[row:row + t.shape[0], column:column + t.shape[1]] = t
    return y


def corners(shapes: list) -> list:
    """Where each block begins."""
    return [tuple(sum(s[d] for s in shapes[:k]) for d in (0, 1)) for k in range(len(shapes))]


blocks.backward(lambda g, tensors_shape, needs: [
    g[row:row + m, column:column + n] if needed else None
    for needed, (m, n), (row, column) in zip(needs, tensors_shape, corners(tensors_shape))])


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along a diagonal.  https://pytorch.org/docs/stable/generated/torch.block_diag.html"""
    for k, t in enumerate(tensors):
        if t.array.ndim > 2:
            raise RuntimeError("minitorch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                               f"{k} has {t.array.ndim} dimensions")
    matrices = [t if t.array.ndim == 2 else t.reshape(1, -1) for t in tensors]
    return blocks(matrices) if matrices else zeros(1, 0)


@method
def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: every element of `input` times the whole of `other`.

    https://pytorch.org/docs/stable/generated/torch.kron.html
    """
    ndim = max(input.array.ndim, other.array.ndim)
    a, b = [(1,) * (ndim - t.array.ndim) + t.array.shape for t in (input, other)]
    left = input.reshape([n for m in a for n in (m, 1)])
    right = other.reshape([n for m in b for n in (1, m)])
    return (left * right).reshape([m * n for m, n in zip(a, b)])


@method
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector at right angles to both.  https://pytorch.org/docs/stable/generated/torch.cross.html"""
    if dim is None:
        warnings.warn("Using minitorch.cross without specifying the dim arg is deprecated.\nPlease either pass the dim "
                      "explicitly or simply use minitorch.linalg.cross.\nThe default value of dim will change to agree "
                      "with that of linalg.cross in a future release.", UserWarning, stacklevel=2)
        dim = next((d for d, n in enumerate(input.array.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return cross_along(input, other, dim)


def cross_along(input: Tensor, other: Tensor, dim: int = -1) -> Tensor:
    """y_1 = a_2 b_3 - a_3 b_2, and so on round.  https://pytorch.org/docs/stable/generated/torch.linalg.cross.html"""
    if input.array.ndim != other.array.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    at = wrap_dim(dim, input.array.ndim)
    lengths = [t.array.shape[at] for t in (input, other)]
    if lengths != [3, 3]:
        raise RuntimeError(f"linalg.cross: inputs dimension {dim} must have length 3. Got {lengths[0]} and "
                           f"{lengths[1]}")
    return crossed(input, other, at)


@op(promotes="tensors", node="LinalgCrossBackward0")
def crossed(xp, x, other, /, dim):
    """y = x cross other    gx = other cross g    gother = g cross x"""
    x, other = xp.broadcast_arrays(x, other)
    after, before = [[xp.roll(a, -k, dim) for a in (x, other)] for k in (1, 2)]
    return after[0] * before[1] - before[0] * after[1]


crossed.backward(x=lambda g, other, dim: crossed(other, g, dim), other=lambda g, x, dim: crossed(g, x, dim))

# ---------------------------------------------------------------- pairs and choices


def vectors(tensors) -> None:
    for t in tensors:
        if t.array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t.array.shape)}")


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Every tuple of one element from each vector.  https://pytorch.org/docs/stable/generated/torch.cartesian_prod.html"""
    tensors = several("cartesian_prod", tensors)
    vectors(tensors)
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.flatten() for grid in meshgrid(*tensors, indexing="ij")], 1)


@method
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Every choice of r elements, in order.  https://pytorch.org/docs/stable/generated/torch.combinations.html"""
    vectors([input])
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    xp = array_module(input.array)
    chosen = xp.asarray(list(choose(range(input.array.size), r)), "int64").reshape(-1, r)
    return stack([input.index_select(0, wrap(chosen[:, k].copy())) for k in range(r)], 1)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Rows of powers of each element, falling, or rising from 0.

    https://pytorch.org/docs/stable/generated/torch.vander.html
    """
    if x.array.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.array.size if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    y = powers(x, n)
    return y if increasing else y.flip(-1)


def powers(x: Tensor, n: int) -> Tensor:
    """1, x, x^2, ..., x^(n - 1) along a new last dimension, by a running product; integers as int64."""
    rest = x.unsqueeze(-1).expand(*x.array.shape, max(n - 1, 0)).cumprod(-1)
    return cat([rest.new_ones((*x.array.shape, min(n, 1))), rest], -1)


# ---------------------------------------------------------------- rotation


@op(node="Rot90Backward0")
def rotated(xp, x, /, k, at):
    """x turned by k quarters from the first towards the second of two dimensions.    gx = g turned back"""
    return xp.rot90(x, k, at).copy()


rotated.backward(x=lambda g, k, at: rotated(g, -k, at))


@method
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by k quarters.  https://pytorch.org/docs/stable/generated/torch.rot90.html"""
    ndim, dims = input.array.ndim, tuple(dims)
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    if dims[0] == dims[1] or abs(dims[0] - dims[1]) == ndim:
        raise RuntimeError(f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}")
    for d in dims:
        if not -ndim <= d < ndim:
            raise RuntimeError(f"Rotation dim{dims.index(d)} out of range, dim{dims.index(d)} = {d}")
    return rotated(input, k, dims)

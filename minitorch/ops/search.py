"""Where is it, is it there, how often: searching sorted numbers, sets, unique values.

None of these has a derivative.  Read next: gather.py, for nonzero and argwhere.
"""

from __future__ import annotations

import numpy as np

from .. import shown
from ..device import array_module
from ..dtype import CAPITAL, promote
from ..tensor import Tensor, method, wrap, wrap_dim
from .elementwise import python_number

__all__: list[str] = ["bucketize", "isin", "nonzero_static", "searchsorted", "unique", "unique_consecutive",
                      "unravel_index"]

# ---------------------------------------------------------------- in sorted numbers


def side_of(name: str, right: bool, side: str | None) -> str:
    if side not in (None, "left", "right"):
        raise RuntimeError(f"{shown.package}.{name}(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(f"{shown.package}.{name}(): side and right can't be set to opposites, got side of left "
                           "while right was True")
    return "right" if right or side == "right" else "left"


def searchsorted(sorted_sequence: Tensor, input, *, out_int32: bool = False, right: bool = False,
                 side: str | None = None, sorter: Tensor | None = None) -> Tensor:
    """Where in rows of sorted numbers to insert others so that they stay sorted: before equal ones, or after (right).

    https://pytorch.org/docs/stable/generated/torch.searchsorted.html
    """
    side = side_of("searchsorted", right, side)
    rows = sorted_sequence.array
    xp = array_module(rows)
    x = input.array if isinstance(input, Tensor) else xp.asarray(input, rows.dtype)
    if rows.ndim != 1 and rows.shape[:-1] != x.shape[:-1]:
        raise RuntimeError(
            f"{shown.package}.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of "
            f"boundaries tensor and input value tensor must match, but we got boundaries tensor {list(rows.shape)} and "
            f"input value tensor {list(x.shape)}")
    if sorter is not None:
        if sorter.array.shape != rows.shape:
            raise RuntimeError(f"{shown.package}.searchsorted(): boundary and sorter must have the same size, but got "
                               f"boundary tensor {list(rows.shape)}and got sorter tensor {list(sorter.array.shape)}")
        rows = xp.take_along_axis(rows, sorter.array, -1)
    target = "int32" if out_int32 else "int64"
    if rows.ndim == 1:
        return wrap(xp.asarray(xp.searchsorted(rows, x, side=side)).astype(target))
    found = xp.empty(x.shape, target)
    for row in np.ndindex(rows.shape[:-1]):
        found[row] = xp.searchsorted(rows[row], x[row], side=side)
    return wrap(found)


def bucketize(input, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """The number of the interval between `boundaries` that each element lies in.

    https://pytorch.org/docs/stable/generated/torch.bucketize.html
    """
    if boundaries.array.ndim != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.array.ndim})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def isin(elements, test_elements, *, assume_unique: bool = False, invert: bool = False) -> Tensor:
    """Whether each element is among `test_elements`.  https://pytorch.org/docs/stable/generated/torch.isin.html"""
    arrays = [t.array if isinstance(t, Tensor) else np.asarray(python_number(t)) for t in (elements, test_elements)]
    for a in arrays:
        if a.dtype.kind in "bc":
            raise RuntimeError(f"Unsupported input type encountered for isin(): {CAPITAL[a.dtype.name]}")
    xp = array_module(arrays[0])
    common = promote(arrays[0].dtype, arrays[1].dtype)
    return wrap(xp.isin(arrays[0].astype(common), arrays[1].astype(common), assume_unique=assume_unique,
                        invert=invert))


# ---------------------------------------------------------------- unique values


def as_rows(x, dim: int | None):
    """x's slices along `dim` as the rows of a matrix, or its elements as rows of one."""
    if dim is None:
        return x.reshape(-1, 1)
    return array_module(x).moveaxis(x, dim, 0).reshape(x.shape[dim], -1)


def unique_parts(x, dim: int | None, begins, order, inverse: bool, counts: bool):
    """The first slice of every run of equal ones, given where runs begin in `order`; its places and lengths."""
    xp = array_module(x)
    firsts = xp.flatnonzero(begins)
    found = order[firsts]
    values = x.reshape(-1)[found] if dim is None else xp.take(x, found, axis=dim)
    results = [wrap(values)]
    if inverse:
        where = xp.empty(len(order), "int64")
        where[order] = xp.cumsum(begins) - 1
        results.append(wrap(where.reshape(x.shape) if dim is None else where))
    if counts:
        results.append(wrap(xp.diff(xp.concatenate([firsts, xp.asarray([len(order)])]))))
    return results[0] if len(results) == 1 else tuple(results)


def run_starts(rows):
    """Whether each row differs from the one before. A NaN differs from every number, itself included."""
    xp = array_module(rows)
    begins = xp.ones(len(rows), bool)
    begins[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return begins


@method
def unique(input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
           dim: int | None = None):
    """The different elements in order, or slices along `dim`; which one each is; how often each occurs.

    https://pytorch.org/docs/stable/generated/torch.unique.html
    """
    x = input.array
    dim = None if dim is None else wrap_dim(dim, x.ndim)
    rows = as_rows(x, dim)
    xp = array_module(x)
    order = xp.lexsort(rows.T[::-1]) if rows.shape[1] else xp.arange(len(rows))
    return unique_parts(x, dim, run_starts(rows[order]), order, return_inverse, return_counts)


@method
def unique_consecutive(input: Tensor, return_inverse: bool = False, return_counts: bool = False,
                       dim: int | None = None):
    """The elements, or slices along `dim`, that differ from the one before.

    https://pytorch.org/docs/stable/generated/torch.unique_consecutive.html
    """
    x = input.array
    dim = None if dim is None else wrap_dim(dim, x.ndim)
    rows = as_rows(x, dim)
    return unique_parts(x, dim, run_starts(rows), array_module(x).arange(len(rows)), return_inverse, return_counts)


# ---------------------------------------------------------------- places


@method
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """The places of the first `size` elements that are not 0, filled up with rows of `fill_value`.

    https://pytorch.org/docs/stable/generated/torch.nonzero_static.html
    """
    if size < 0:
        raise RuntimeError(f"nonzero_static: 'size' must be an non-negative integer, got {size}")
    found = input.nonzero()[:size]
    rest = found.new_full((size - found.array.shape[0], input.array.ndim), fill_value)
    return wrap(array_module(input.array).concatenate([found.array, rest.array]))


def unravel_index(indices: Tensor, shape) -> tuple[Tensor, ...]:
    """Positions in row-major order as one coordinate for each dimension.

    https://pytorch.org/docs/stable/generated/torch.unravel_index.html
    """
    if indices.array.dtype.kind not in "iu":
        raise TypeError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    lengths = [shape] if isinstance(shape, int) else [int(n) for n in shape]
    if any(n < 0 for n in lengths):
        raise ValueError("'shape' cannot have negative values, but got " + str(tuple(lengths)))
    places, rest = [], indices.array
    for n in reversed(lengths):
        places.append(wrap(rest % max(n, 1)))
        rest = rest // max(n, 1)
    return tuple(places[::-1])

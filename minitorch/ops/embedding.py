"""Rows of a table by number: embedding, and its gradient, which adds rows up.

The two are each other's gradient: what is picked by index is added back by index.
Read next: index.py for picking and adding along any dimension.
"""

from __future__ import annotations

import numpy as np

from ..autograd.op import op
from ..autograd.view import bump
from ..device import array_module
from ..dtype import CAPITAL
from ..tensor import Tensor, expect_tensor, wrap
from .index import add_at

__all__: list[str] = []  # torch's own `embedding` takes other arguments; this one is nn.functional's


@op(node="EmbeddingBackward0")
def take_rows(xp, weight, indices, /, padding_idx, by_frequency):
    """y[...] = weight[indices[...]]    weight (rows, columns)    indices (*)    y (*, columns)

    gweight_r = the sum of g[...] where indices[...] = r; none for padding_idx, divided by their number if by_frequency
    """
    if xp is np and indices.size and (indices.min() < 0 or indices.max() >= len(weight)):
        raise IndexError("index out of range in self")
    return xp.take(weight, indices, axis=0)


def take_rows_rule(g, indices, weight_shape, padding_idx, by_frequency):
    if padding_idx >= 0 or by_frequency:
        g = g * row_factors(indices.array, weight_shape[0], padding_idx, by_frequency, g.array.dtype)
    return add_rows(g, indices, weight_shape[0])


def row_factors(indices, rows: int, padding_idx: int, by_frequency: bool, dtype) -> Tensor:
    """What each picked row's gradient counts: 0 for padding_idx, 1 / (how often its row was picked) if by_frequency."""
    xp = array_module(indices)
    factor = indices != padding_idx
    if by_frequency:
        factor = factor / xp.bincount(indices.reshape(-1), minlength=rows)[indices]
    return wrap(factor[..., None].astype(dtype))


take_rows.backward(weight=take_rows_rule)


@op(node="EmbeddingDenseBackward0")
def add_rows(xp, x, indices, /, rows):
    """y_r = sum of x[...] where indices[...] = r    gx[...] = g[indices[...]]    x (*, columns)    y (rows, columns)"""
    y = xp.zeros((rows, x.shape[-1]), x.dtype)
    add_at(xp, y, (indices,), x)
    return y


add_rows.backward(x=lambda g, indices: take_rows(g, indices, -1, False))


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
              norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False) -> Tensor:
    """The rows of `weight` that `input` names.    input (*) integers    weight (rows, columns)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
    """
    if sparse:
        raise NotImplementedError("embedding: sparse")
    expect_tensor(input, "embedding", "indices", 2)
    if padding_idx is not None:
        rows = weight.shape[0]
        if not -rows <= padding_idx < rows:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx %= rows
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    if max_norm is not None:
        shorten_rows(weight, input, max_norm, norm_type)
    check_indices(input, 1, "embedding")
    return take_rows(weight, input, -1 if padding_idx is None else padding_idx, scale_grad_by_freq)


def check_indices(indices: Tensor, place: int, function: str) -> None:
    name = indices.array.dtype.name
    if name not in ("int64", "int32"):
        came = "CPUBoolType" if name == "bool" else f"minitorch.{CAPITAL[name]}Tensor"
        raise RuntimeError(f"Expected tensor for argument #{place} 'indices' to have one of the following scalar "
                           f"types: Long, Int; but got {came} instead (while checking arguments for {function})")


def shorten_rows(weight: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> None:
    """Scale the rows that are about to be used, in place, down to a norm of `max_norm`."""
    check_indices(indices, 2, "embedding_renorm_")
    xp, rows = array_module(indices.array), weight.array.shape[0]
    used = xp.unique(indices.array)
    if used.size and not -rows <= used[0] <= used[-1] < rows:
        raise IndexError(f"select(): index {used[-1] if used[-1] >= rows else used[0]} out of range for tensor of size "
                         f"{list(weight.shape)} at dimension 0")
    norms = wrap(weight.array[used]).norm(norm_type, 1, keepdim=True).array
    weight.array[used] *= xp.where(norms > max_norm, max_norm / (norms + 1e-7), xp.ones((), norms.dtype))
    bump(weight)

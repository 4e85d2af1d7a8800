"""Bags of rows: the sum, mean or maximum of the rows of a table that belong together.

Read next: embedding.py, for one row at a time.
"""

from __future__ import annotations

from .. import shown
from ..device import array_module
from ..tensor import Tensor, wrap
from .embedding import check_indices, embedding, shorten_rows

__all__: list[str] = []


def bag_numbers(count: int, offsets, xp):
    """For each of `count` indices, the bag it is in: how many bags begin at or before it, less one."""
    return xp.searchsorted(offsets, xp.arange(count), side="right") - 1


def check_bags(input: Tensor, offsets: Tensor | None, mode: str, per_sample_weights: Tensor | None) -> None:
    """torch's sentences."""
    if per_sample_weights is not None and input.array.shape != per_sample_weights.array.shape:
        raise ValueError(f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it "
                         f"must have the same shape as the input ({input.shape})")
    if input.array.ndim == 2 and offsets is not None:
        raise ValueError("if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed "
                         f"length sequences. However, found offsets of type <class '{shown.package}.Tensor'>")
    if input.array.ndim == 1 and not isinstance(offsets, Tensor):
        raise ValueError("offsets has to be a 1D Tensor but got None")
    if input.array.ndim not in (1, 2):
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.array.ndim}")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError("embedding_bag: per_sample_weights was not None. per_sample_weights is only "
                                  f"supported for mode='sum' (got mode='{mode}'). Please open a feature request on "
                                  "GitHub.")
    check_indices(input, 1, "embedding_bag")
    if offsets is not None and offsets.array.size and offsets.array[0] != 0:
        raise RuntimeError("offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to start from "
                           f"position 0. However, got {int(offsets.array[0])}")


def embedding_bag(input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None,
                  norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False,
                  per_sample_weights: Tensor | None = None, include_last_offset: bool = False,
                  padding_idx: int | None = None) -> Tensor:
    """Rows of `weight` by bags: input (B, n), or (N) with the `offsets` (B) where bags begin; y (B, columns).

    https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding_bag.html
    """
    if sparse:
        raise NotImplementedError("embedding_bag: sparse")
    if scale_grad_by_freq and mode == "max":
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    check_bags(input, offsets, mode, per_sample_weights)
    xp = array_module(input.array)
    if input.array.ndim == 2:
        begins = xp.arange(input.array.shape[0]) * input.array.shape[1]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    else:
        begins = offsets.array[:-1] if include_last_offset else offsets.array
    flat = input.reshape(-1)
    if max_norm is not None:
        shorten_rows(weight, flat, max_norm, norm_type)
    bags = bag_numbers(flat.array.size, begins, xp)
    if padding_idx is not None:
        padding_idx %= weight.array.shape[0]
        kept = flat.array != padding_idx
        flat, bags = wrap(flat.array[kept]), bags[kept]
        per_sample_weights = None if per_sample_weights is None else per_sample_weights[wrap(xp.flatnonzero(kept))]
    rows = embedding(flat, weight, scale_grad_by_freq=scale_grad_by_freq)
    rows = rows if per_sample_weights is None else rows * per_sample_weights[:, None]
    return reduced(rows, wrap(bags), len(begins), mode)


def reduced(rows: Tensor, bags: Tensor, count: int, mode: str) -> Tensor:
    """The rows (N, columns) of each bag as one: (count, columns); an empty bag is zeros."""
    y = rows.new_zeros((count, rows.array.shape[1]))
    if mode == "max":
        xp = array_module(rows.array)
        largest = y.index_reduce(0, bags, rows.detach(), "amax", include_self=False)
        first = (rows.array == largest.array[bags.array])
        order = xp.where(first, xp.arange(len(first))[:, None], len(first))
        place = xp.full(y.array.shape, len(first))
        xp.minimum.at(place, bags.array, order)  # the first of equal ones, as in torch
        found = place < len(first)
        picked = rows.gather(0, wrap(xp.where(found, place, 0))) if len(first) else y + rows.sum()  # 0, yet recorded
        return picked * wrap(found.astype(y.array.dtype))
    y = y.index_add(0, bags, rows)
    if mode == "sum":
        return y
    sizes = array_module(rows.array).bincount(bags.array, minlength=count).clip(1)
    return y / wrap(sizes[:, None].astype(rows.array.dtype))

"""Collate: a list of examples becomes one batch, whatever an example is made of."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence

import numpy as np

from ...dtype import float64
from ...ops.create import as_tensor, tensor
from ...ops.join import stack
from ...tensor import Tensor


def stack_arrays(batch, *, collate_fn_map) -> Tensor:
    if batch[0].dtype.kind in "SUO":
        raise TypeError(REFUSED.format(batch[0].dtype))
    return collate([as_tensor(b) for b in batch], collate_fn_map=collate_fn_map)


REFUSED = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"

# What an element's type becomes; what is not here and not a collection is refused.
default_collate_fn_map = {
    Tensor: lambda batch, **_: stack(list(batch), 0),
    np.ndarray: stack_arrays,
    (np.bool_, np.number, np.object_): lambda batch, **_: as_tensor(np.asarray(batch)),
    float: lambda batch, **_: tensor(batch, dtype=float64),
    int: lambda batch, **_: tensor(batch),
    str: lambda batch, **_: batch,
    bytes: lambda batch, **_: batch,
}


def collate(batch: list, *, collate_fn_map: dict | None = None):
    """A batch of a list of examples: leaves by `collate_fn_map`, mappings and sequences element by element."""
    first = batch[0]
    makers = collate_fn_map or {}
    for kind in [type(first), *makers]:  # the exact type first
        if kind in makers and isinstance(first, kind):
            return makers[kind](batch, collate_fn_map=collate_fn_map)
    below = lambda elements: collate(elements, collate_fn_map=collate_fn_map)  # noqa: E731
    if isinstance(first, Mapping):
        return rebuilt(first, {key: below([example[key] for example in batch]) for key in first})
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*map(below, zip(*batch)))
    if isinstance(first, Sequence):
        if any(len(example) != len(first) for example in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [below(column) for column in zip(*batch)]
        return columns if isinstance(first, tuple) else rebuilt(first, columns)
    raise TypeError(REFUSED.format(type(first)))


def rebuilt(example, contents):
    """`contents` in a collection of the example's own type, where that type lets itself be made so."""
    try:
        if isinstance(example, MutableMapping):
            made = copy.copy(example)
            made.update(contents)
            return made
        if isinstance(example, MutableSequence):
            made = copy.copy(example)
            for k, value in enumerate(contents):
                made[k] = value
            return made
        return type(example)(contents)
    except TypeError:
        return contents


def default_collate(batch: list):
    """Tensors and arrays are stacked, numbers become tensors, strings stay, collections keep their form."""
    return collate(batch, collate_fn_map=default_collate_fn_map)


def default_convert(data):
    """Arrays and NumPy numbers as tensors, inside collections too; all else as it is. Used where nothing is batched."""
    if isinstance(data, Tensor) or isinstance(data, (str, bytes)):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, Mapping):
        return rebuilt(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, tuple):
        return [default_convert(value) for value in data]
    if isinstance(data, Sequence):
        return rebuilt(data, [default_convert(value) for value in data])
    return data

"""Nested Python numbers as arrays: what `minitorch.tensor([[1, 2], [3, 4]])` reads.

Defines `from_python`. Lists of Python's own numbers go through NumPy; anything else (tensors and NumPy's scalars among
them, ragged lists) is walked as torch walks it, with torch's errors.  Read next: create.py.
"""

from __future__ import annotations

from functools import reduce
from itertools import chain

import numpy as np

from .. import dtype as dtypes
from ..dtype import astype, default, promote
from ..tensor import Tensor, ndarray


def infer(data) -> np.dtype:
    """The type of nested data: Python's numbers count as bool, int64, the default float or its complex."""
    if isinstance(data, Tensor):
        return data.array.dtype
    if isinstance(data, (ndarray, np.generic)):
        return dtypes.of(data.dtype).numpy
    if isinstance(data, (bool, int, float, complex)):
        return dtypes.scalar_dtype(data)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type '{type(data).__name__}'")
    if not is_sequence(data):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}")
    return reduce(promote, map(infer, data)) if len(data) else default()


def is_sequence(data) -> bool:
    many = hasattr(data, "__len__") and hasattr(data, "__getitem__")
    return many and not isinstance(data, (str, bytes, Tensor, dict))


def nested_shape(data) -> tuple[int, ...]:
    """The shape of nested sequences, read off the first item of each level."""
    shape = []
    while is_sequence(data):
        shape.append(len(data))
        if not shape[-1]:
            break
        data = data[0]
    if shape and isinstance(data, (str, bytes)):
        raise ValueError(f"too many dimensions '{type(data).__name__}'")
    return tuple(shape)


def leaves(data, shape: tuple, kind: str, dim: int = 0):
    """The numbers in nested sequences of this shape, in order; torch's error where the nesting is ragged."""
    if dim == len(shape):
        yield number(data, kind)
        return
    if not is_sequence(data):
        raise TypeError("not a sequence")
    if len(data) != shape[dim]:
        raise ValueError(f"expected sequence of length {shape[dim]} at dim {dim} (got {len(data)})")
    for part in data:
        yield from leaves(part, shape, kind, dim + 1)


def number(value, kind: str):
    """One leaf as a Python number that a type of this kind can be made from."""
    if isinstance(value, Tensor) and value.array.size != 1:
        raise ValueError("only one element tensors can be converted to Python scalars")
    if isinstance(value, (Tensor, np.generic)):
        value = value.item()
    name = type(value).__name__
    if isinstance(value, (list, tuple, np.ndarray)) and kind in "iu":
        raise TypeError(f"'{name}' object cannot be interpreted as an integer")
    if kind == "f" and not isinstance(value, (int, float)) or isinstance(value, complex) and kind in "iuf":
        raise TypeError(f"must be real number, not {name}")
    return value


def from_python(data, target: np.dtype | None) -> np.ndarray:
    """Nested Python numbers as an array of type `target`, or of the type they imply."""
    if type(data) in (list, tuple):
        array = only_python_numbers(data)
        if array is not None:
            implied = {"f": default(), "c": dtypes.default_complex()}.get(array.dtype.kind, array.dtype)
            return fitted(array, implied if target is None else target)
        if all([isinstance(row, ndarray) for row in data]) and len({row.shape for row in data}) == 1:
            return astype(np.stack(data), infer(data) if target is None else target)
    shape = nested_shape(data)
    if target is None or not shape:
        implied = infer(data)
        target = implied if target is None else target
    flat = list(leaves(data, shape, target.kind))
    if target.kind in "iu":
        return fitted(integers(flat, target), target).reshape(shape)
    return np.array([float(v) if isinstance(v, int) else v for v in flat], target).reshape(shape)


def only_python_numbers(data: list | tuple) -> np.ndarray | None:
    """The quick way for lists of Python's own numbers, by NumPy: None for any other data, or a ragged list."""
    try:
        array = np.array(data)
    except (ValueError, TypeError, RuntimeError, OverflowError):
        return None
    if array.size == 0 or array.dtype not in (np.int64, np.float64, np.bool_, np.complex128):
        return None
    flat = data
    for _ in range(array.ndim - 1):
        flat = chain.from_iterable(flat)
    return array if set(map(type, flat)) <= {int, float, bool, complex} else None


def integers(flat: list, target: np.dtype) -> np.ndarray:
    """Numbers as int64, or as Python integers where the type is uint64; floats lose their fraction."""
    if target == np.uint64:
        for v in flat:
            if v < 0:
                raise OverflowError("can't convert negative int to unsigned")
            if v >= 2**64:
                raise OverflowError("int too big to convert")
        return np.array([int(v) for v in flat], np.uint64)
    if any([isinstance(v, int) and not -(2**63) <= v < 2**63 for v in flat]):
        raise ValueError("Overflow when unpacking long long")
    return np.array(flat, np.float64 if any([isinstance(v, float) for v in flat]) else np.int64)


def fitted(array: np.ndarray, target: np.dtype) -> np.ndarray:
    """The array in type `target`; numbers that an integer type cannot hold are refused (unsigned types wrap)."""
    if array.dtype == target:
        return array
    if array.dtype.kind == "c" and target.kind not in "cb":
        raise TypeError("must be real number, not complex")
    if target.kind in "iu" and array.size and array.dtype.kind != "b":
        limits = np.iinfo(target)
        if target == np.uint64 and array.min() < 0:
            raise OverflowError("can't convert negative int to unsigned")
        low = -int(limits.max) if target.kind == "u" else int(limits.min)
        if not (array.min() >= low and array.max() <= int(limits.max)):
            raise RuntimeError(f"value cannot be converted to type {target.name} without overflow")
    return astype(array, target)

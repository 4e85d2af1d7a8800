"""Reading and writing by index: `x[...]` and `x[...] = v`.

Basic indices (integers, slices, None, ...) are views: `x[i] = v` copies into one. Indices that hold tensors or lists
read copies (`index`) and write in place (`index_put`); each of the two is the other's gradient.
https://numpy.org/doc/stable/user/basics.indexing.html        Read next: gather.py, for gather, scatter and masks.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from ..autograd.op import in_place, op
from ..autograd.view import check_in_place, check_operands
from ..device import is_array
from ..dtype import CAPITAL
from ..tensor import Tensor, method
from .create import tensor
from .shape import alias_of, slice_along

__all__ = ["index_put"]

# ---------------------------------------------------------------- what an index means


def is_basic(part) -> bool:
    """Whether a part of an index gives a view: an integer, a slice, None or an ellipsis."""
    return part is None or part is Ellipsis or isinstance(part, slice) or (
        isinstance(part, (int, np.integer)) and not isinstance(part, (bool, np.bool_)))


def normalized(key) -> list:
    """An index as a list of parts, 0-dim integer tensors as Python numbers."""
    if isinstance(key, list) and any(isinstance(k, (slice, type(None), type(Ellipsis))) for k in key):
        key = tuple(key)
    parts = list(key) if isinstance(key, tuple) else [key]
    for k, part in enumerate(parts):
        if isinstance(part, Tensor) and part.array.ndim == 0 and part.array.dtype.kind in "iub":
            parts[k] = part.array.item()
        elif isinstance(part, (float, complex)):
            raise IndexError("only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid "
                             f"indices (got {type(part).__name__})")
        elif isinstance(part, slice):
            parts[k] = checked_slice(part)
    return parts


def checked_slice(s: slice) -> slice:
    """A slice with plain integers and a positive step."""
    start, stop, step = (None if v is None else v.__index__() for v in (s.start, s.stop, s.step))
    if step is not None and step <= 0:
        raise ValueError("slice step cannot be zero" if step == 0 else "step must be greater than zero")
    return slice(start, stop, step)


def consumed(part) -> int:
    """How many dimensions of the tensor a part of an index stands for."""
    if part is None or part is Ellipsis or isinstance(part, (bool, np.bool_)):
        return 0
    if isinstance(part, Tensor) and part.array.dtype.kind == "b":
        return part.array.ndim
    return np.asarray(part).ndim if isinstance(part, (list, np.ndarray)) and np.asarray(part).dtype == bool else 1


def basic_view(x: Tensor, parts: list) -> Tensor:
    """x[parts] for basic parts: a chain of views, each recorded as torch records it."""
    missing = x.array.ndim - sum(map(consumed, parts))
    if missing < 0 and x.array.ndim == 0 and len(parts) == 1:
        if isinstance(parts[0], slice):
            raise IndexError("slice() cannot be applied to a 0-dim tensor.")
        raise IndexError("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in "
                         "C++ to convert a 0-dim tensor to a number")
    if missing < 0:
        raise IndexError(f"too many indices for tensor of dimension {x.array.ndim}")
    dim, y = 0, x
    for place, part in enumerate(parts):
        if part is Ellipsis:
            dim, missing = dim + missing, 0
        elif part is None:
            y, dim = y.unsqueeze(dim), dim + 1
        elif isinstance(part, slice):
            if len(parts) == 1 or not everything(part, y.array.shape[dim]):
                y = slice_along(y, dim, part)
            dim += 1
        else:
            y = pick(y, dim, part, place)
    return alias_of(x) if y is x else y


def everything(part: slice, length: int) -> bool:
    """Whether a slice leaves nothing out."""
    return part.indices(length) == (0, length, 1)


def pick(y: Tensor, dim: int, k: int, place: int) -> Tensor:
    """y.select(dim, k); the refusal names the part's place in the index, as torch's does."""
    length = y.array.shape[dim]
    if not -length <= k < length:
        raise IndexError(f"index {k} is out of bounds for dimension {place} with size {length}")
    return y.select(dim, int(k))


def advanced(x: Tensor, parts: list) -> tuple[Tensor, tuple]:
    """(x with new dimensions for None, index of arrays and slices) of an index that holds tensors or lists."""
    missing = x.array.ndim - sum(map(consumed, parts))
    if missing < 0:
        raise IndexError(f"too many indices for tensor of dimension {x.array.ndim}")
    dim, waiting = 0, []
    for place, part in enumerate(parts):  # basic parts first: what they leave is what the arrays index
        if part is Ellipsis:
            dim, missing = dim + missing, 0
            continue
        if isinstance(part, (bool, np.bool_)):
            x = x.unsqueeze(dim)
            waiting.append((dim, np.zeros(int(part), np.int64)))  # True keeps, False empties
        elif part is None:
            x = x.unsqueeze(dim)
        elif isinstance(part, slice):
            x = x if everything(part, x.array.shape[dim]) else slice_along(x, dim, part)
        elif is_basic(part):
            x = pick(x, dim, part, place)
            continue
        else:
            waiting.append((dim, part))
        dim += 1 if part is None else consumed(part) or 1
    index: list = [slice(None)] * x.array.ndim
    for dim, part in waiting:
        found = index_arrays(part, x.array, dim)
        index[dim: dim + len(found)] = found
    check_positions(x.array, index)
    return x, tuple(index)


def check_positions(x, index: list) -> None:
    """Refuse index arrays that do not broadcast, and positions outside the tensor."""
    arrays = [(dim, a) for dim, a in enumerate(index) if is_array(a)]
    try:
        picked = np.broadcast_shapes(*[a.shape for _, a in arrays])
    except ValueError:
        raise IndexError("shape mismatch: indexing tensors could not be broadcast together with shapes "
                         + ", ".join(str(list(a.shape)) for _, a in arrays)) from None
    if 0 in picked:  # nothing is picked, so torch does not look where
        for dim, array in arrays:
            index[dim] = array * 0
        return
    for place, (dim, array) in enumerate(arrays):  # torch's refusal counts the arrays, not the dimensions
        n = x.shape[dim]
        if array.size and (array.max() >= n or array.min() < -n):
            wrong = array[(array >= n) | (array < -n)].ravel()[0]
            raise IndexError(f"index {int(wrong)} is out of bounds for dimension {place} with size {n}")


def index_arrays(part, x, dim: int) -> list:
    """One part of an index as integer arrays: a mask becomes the positions of its true elements."""
    array = part.array if isinstance(part, Tensor) else part
    if isinstance(part, (list, tuple, range)):
        array = tensor(part).array
    if not is_array(array):
        raise TypeError(f"new(): invalid data type '{type(part).__name__}'")
    if array.size == 0 and array.dtype.kind == "f" and not isinstance(part, Tensor):
        array = array.astype(np.int64)
    if array.dtype.kind == "b" or array.dtype == np.uint8:
        if array.shape != x.shape[dim: dim + array.ndim]:
            raise IndexError(f"The shape of the mask {list(array.shape)} at index "
                             f"{first_difference(array.shape, x.shape[dim:])} does not match the shape of the indexed "
                             f"tensor {list(x.shape)} at index {dim + first_difference(array.shape, x.shape[dim:])}")
        if array.dtype == np.uint8:
            warnings.warn("indexing with dtype minitorch.uint8 is now deprecated, please use a dtype minitorch.bool "
                          "instead.", UserWarning, stacklevel=4)
        return list(array.nonzero())
    if array.dtype.kind != "i":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return [array]


def first_difference(a: tuple, b: tuple) -> int:
    return next((k for k, n in enumerate(a) if k >= len(b) or b[k] != n), 0)


# ---------------------------------------------------------------- x[...]


@op(node="IndexBackward0")
def index(xp, x, /, at):
    """The elements of x at arrays of positions: y = x[at].    gx = zeros with g added at the positions"""
    return x[at]


index.backward(x=lambda g, x_shape, at: index_put_op(g.new_zeros(x_shape), g, at, True))


@op(promotes="none", node="IndexPutBackward0")
def index_put_op(xp, x, values, /, at, accumulate):
    """x with x[at] replaced by `values`, or added to.    gx = g (zero where replaced)    gvalues = g[at]"""
    y = x.copy()
    if accumulate:
        add_at(xp, y, at, values)
    else:
        y[at] = values
    return y


index_put_op.backward(
    x=lambda g, at, accumulate: g if accumulate else index_put_op(g, g.new_zeros(()), at, False),
    values=lambda g, at: index(g, at),
)


def add_at(xp, y, at, values) -> None:
    """y[at] += values, where positions may repeat."""
    whole_rows = at and y.ndim > 1 and y.flags.c_contiguous and all(isinstance(k, slice) for k in at[1:])
    if not whole_rows:
        xp.add.at(y, at, values)
        return
    # one number at a time: NumPy's `add.at` has a quick loop for a flat array, and none for rows; and in blocks, whose
    # places stay in the cache
    columns = math.prod(y.shape[1:])
    rows = at[0] % max(y.shape[0], 1)
    values = xp.broadcast_to(values, rows.shape + y.shape[1:]).reshape(rows.size, columns)
    rows, flat, step = rows.reshape(-1, 1) * columns, y.reshape(-1), max(1, (1 << 16) // max(columns, 1))
    for n in range(0, len(rows), step):
        places = rows[n: n + step] + xp.arange(columns)
        xp.add.at(flat, places.reshape(-1), values[n: n + step].reshape(-1))


def getitem(self: Tensor, key) -> Tensor:
    """self[key]: a view for integers, slices, None and ...; a copy where tensors, lists or masks pick elements."""
    if type(key) is int and self.array.ndim and -self.array.shape[0] <= key < self.array.shape[0]:
        return self.select(0, key)
    parts = normalized(key)
    if all(map(is_basic, parts)):
        return basic_view(self, parts)
    x, at = advanced(self, parts)
    return index(x, at)


def setitem(self: Tensor, key, value) -> None:
    """self[key] = value, in place: through a view, or by index_put_."""
    if not isinstance(value, (Tensor, int, float, complex, bool, np.generic, np.ndarray)):
        raise TypeError(f"can't assign a {type(value).__name__} to a minitorch.{CAPITAL[self.array.dtype.name]}Tensor")
    if not isinstance(value, Tensor):
        value = tensor(value) if isinstance(value, np.ndarray) else tensor(value, dtype=self.dtype)
    parts, number = normalized(key), value.array.ndim == 0
    while value.array.ndim and value.array.shape[0] == 1:  # leading dimensions of length 1 do not count
        value = value.squeeze(0)
    if all(map(is_basic, parts)):
        whole = all(p is Ellipsis or p == slice(None) for p in parts) and sum(map(consumed, parts)) <= self.array.ndim
        part = self if whole else basic_view(self, parts)
        if number:
            part.fill_(value)
            return
        shape, given = part.array.shape, value.array.shape
        if len(given) > len(shape) or any(n not in (1, m) for n, m in zip(given[::-1], shape[::-1])):
            value = value.expand(shape)  # refuses, in torch's words
        part.copy_(value)
        return
    x, at = advanced(self, parts)
    put(x, at, value, False)


def put(x: Tensor, at: tuple, values: Tensor, accumulate: bool) -> Tensor:
    """index_put_ with the index already in arrays and the shapes checked."""
    check_in_place(x)
    check_operands(x, (values,), apart=True)
    picked = np.empty(x.array.shape, bool)[at].shape if isinstance(x.array, np.ndarray) else x.array[at].shape
    try:
        fits = np.broadcast_shapes(values.array.shape, picked) == tuple(picked)
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(f"shape mismatch: value tensor of shape {list(values.array.shape)} cannot be broadcast to "
                           f"indexing result of shape {list(picked)}")
    if values.array.dtype != x.array.dtype:
        values = values.to(x.dtype)
    return put_in_place(x, values, at, accumulate)


put_in_place = in_place(index_put_op, "_index_put_", apart=True)
def delitem(self: Tensor, key) -> None:
    """`del x[0]` is refused: a tensor's shape is fixed."""
    raise TypeError("Tensor does not support deleting items")


Tensor.__getitem__, Tensor.__setitem__, Tensor.__delitem__ = getitem, setitem, delitem


@method
def index_put_(self: Tensor, indices: tuple, values: Tensor, accumulate: bool = False) -> Tensor:
    """self[indices] = values, in place; with `accumulate`, added to, repeated positions several times."""
    if values.array.dtype != self.array.dtype:
        raise RuntimeError("Index put requires the source and destination dtypes match, got "
                           f"{CAPITAL[self.array.dtype.name]} for the destination and "
                           f"{CAPITAL[values.array.dtype.name]} for the source.")
    x, at = advanced(self, normalized(tuple(indices)))
    put(x, at, values, accumulate)
    return self


@method
def index_put(input: Tensor, indices: tuple, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy of `input` with input[indices] replaced by, or added to, `values`."""
    return input.clone().index_put_(indices, values, accumulate)


@method
def __iter__(self: Tensor):
    if self.array.ndim == 0:
        raise TypeError("iteration over a 0-d tensor")
    return iter(self.unbind(0))


@method
def __contains__(self: Tensor, element) -> bool:
    if isinstance(element, (Tensor, int, float, complex, bool)):
        return bool((self == element).any())
    raise RuntimeError("Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
                       f"{type(element)}.")

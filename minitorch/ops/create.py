"""New tensors: from Python's numbers, from NumPy's arrays, constant, counted; and torch's old constructors.

    tensor as_tensor asarray from_numpy           from data
    zeros ones full empty eye                     constant; *_like: shaped as another tensor; Tensor.new_*: typed as it
    arange linspace logspace tril_indices ...     counted
    Tensor(2, 3), FloatTensor([1, 2])             the constructors from before `tensor`

Read next: sampling.py, for random ones; convert.py, for the way from one tensor to another.
"""

from __future__ import annotations

import math
import operator
import warnings

import numpy as np

from .. import dtype as dtypes
from ..autograd.attributes import alias
from ..autograd.grad_mode import INFERENCE, mode
from ..autograd.graph import INFERENCE_VERSION
from ..autograd.op import op
from ..device import array_module, get_default_device, is_array, module_of, move, window
from ..device import device as device_class
from ..dtype import CAPITAL, astype, copy_order, default, numpy_dtype
from ..tensor import (
    Size,
    Tensor,
    channels_last,
    channels_last_3d,
    contiguous_format,
    expect_tensor,
    layout,
    memory_format,
    method,
    ndarray,
    preserve_format,
    strided,
    wrap,
)
from .convert import as_number, converted, empty_as, item
from .nested import from_python, is_sequence

__all__: list[str] = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor", "IntTensor", "LongTensor",
    "ShortTensor", "arange", "as_tensor", "asarray", "channels_last", "channels_last_3d", "contiguous_format", "empty",
    "empty_like", "empty_strided", "eye", "from_numpy", "full", "full_like", "layout", "linspace", "logspace",
    "memory_format", "ones", "ones_like", "preserve_format", "scalar_tensor", "strided", "tensor", "tril_indices",
    "triu_indices", "zeros", "zeros_like"]


# ---------------------------------------------------------------- what all creators share


def made(array, requires_grad: bool = False) -> Tensor:
    """A new leaf around an array."""
    t = wrap(array)
    if mode.word & INFERENCE:
        t.version = INFERENCE_VERSION
    if requires_grad:
        if array.dtype.kind not in "fc":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        t.requires_grad = True
    return t


def sizes(given: tuple, size=None, like: str = "") -> tuple[int, ...]:
    """(2, 3) of f(2, 3), f((2, 3)) and f(size=(2, 3))."""
    if size is not None:
        given = size if isinstance(size, (tuple, list)) else (size,)
    elif len(given) == 1 and isinstance(given[0], (tuple, list)):
        given, = given
    elif not given:
        raise TypeError(f'{like}() missing 1 required positional arguments: "size"')
    for k, n in enumerate(given):
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(f"{like}(): argument 'size' (position {k + 1}) must be tuple of ints, not "
                            f"{type(n).__name__}")
    shape = tuple([operator.index(n) for n in given])
    for n in shape:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {list(shape)}")
    return shape


def place(name: str, device, dtype=None, layout: layout | None = None):
    """(array module, device, NumPy dtype or None) for a new array; what is not supported is refused by name."""
    if layout not in (None, strided):
        raise NotImplementedError(f"{name}: layout")
    where = get_default_device() if device is None else device_class(device)
    return module_of(where), where, numpy_dtype(dtype)


# ---------------------------------------------------------------- from data


def checked_array(array: np.ndarray) -> np.ndarray:
    """A NumPy array as it may be inside a tensor; torch's refusals of what cannot."""
    if not array.dtype.isnative:
        raise ValueError("given numpy array has byte order different from the native byte order. Conversion between "
                         "byte orders is currently not supported.")
    dtypes.of(array.dtype)
    if any([step < 0 for step in array.strides]):
        raise ValueError("At least one stride in the given numpy array is negative, and tensors with negative strides "
                         "are not currently supported. (You can probably work around this by making a copy of your "
                         "array  with array.copy().) ")
    return array if type(array) is ndarray else array.view(ndarray)


def warn_read_only(array: np.ndarray) -> np.ndarray:
    if not array.flags.writeable:
        warnings.warn("The given NumPy array is not writable, and minitorch does not support non-writable tensors. "
                      "This means writing to this tensor will result in undefined behavior. You may want to copy the "
                      "array to protect its data or make it writable before converting it to a tensor. This type of "
                      "warning will be suppressed for the rest of this program.", UserWarning, stacklevel=3)
    return array


def array_of(data, target: np.dtype | None):
    """Any data as an array, shared with `data` where it is one of the right type already."""
    if isinstance(data, Tensor):
        data = data.array
    elif isinstance(data, ndarray):
        data = checked_array(data)
    elif isinstance(data, np.generic):
        data = np.asarray(data)
        dtypes.of(data.dtype)
    elif not is_array(data):
        return from_python(data, target)
    return data if target is None else astype(data, target)


def tensor(data, *, dtype=None, device=None, requires_grad: bool = False, pin_memory: bool = False) -> Tensor:
    """A tensor that holds a copy of `data`: a number, nested lists of numbers, an array.

    https://pytorch.org/docs/stable/generated/torch.tensor.html
    """
    if isinstance(data, Tensor):
        warnings.warn("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                      "sourceTensor.detach().clone().requires_grad_(True), rather than minitorch.tensor(sourceTensor).",
                      UserWarning, stacklevel=2)
    return copied(data, numpy_dtype(dtype), device, requires_grad)


def copied(data, target: np.dtype | None, device, requires_grad: bool) -> Tensor:
    given = data.array if isinstance(data, Tensor) else data
    array = array_of(data, target)
    array = array if device is None else move(array, device_class(device))
    if is_array(given) and (array is given or array.base is not None):
        array = array.copy(copy_order(array))
    return made(array, requires_grad)


def as_tensor(data, dtype=None, device=None) -> Tensor:
    """`data` as a tensor: itself, or around the same memory, where type and device allow it.

    https://pytorch.org/docs/stable/generated/torch.as_tensor.html
    """
    if isinstance(data, Tensor):
        return converted(data, numpy_dtype(dtype), device)
    array = array_of(data, numpy_dtype(dtype))
    if array is data:
        warn_read_only(array)
    return made(array if device is None else move(array, device_class(device)))


def asarray(obj, *, dtype=None, device=None, copy: bool | None = None, requires_grad: bool | None = None) -> Tensor:
    """`obj` as a tensor, around the same memory unless `copy` is True; copy=False refuses to copy.

    https://pytorch.org/docs/stable/generated/torch.asarray.html
    """
    if isinstance(obj, Tensor):
        target = numpy_dtype(dtype)
        if copy is False and target not in (None, obj.array.dtype):
            raise cannot_alias(obj.array.dtype, target)
        t = converted(obj, target, device)
        t = obj.clone() if copy and t is obj else t
        if requires_grad is False:
            t = t.detach()
        return t.requires_grad_() if requires_grad and not t.requires_grad else t
    if copy is False and not is_array(obj):
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    if copy is False and numpy_dtype(dtype) not in (None, obj.dtype):
        raise cannot_alias(obj.dtype, numpy_dtype(dtype))
    t = copied(obj, numpy_dtype(dtype), device, False) if copy else as_tensor(obj, dtype, device)
    return t.requires_grad_() if requires_grad else t


def cannot_alias(dtype: np.dtype, target: np.dtype) -> ValueError:
    return ValueError(f"can't alias tensor with dtype '{CAPITAL[dtype.name]}' into dtype '{CAPITAL[target.name]}'.")


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor around the array's own memory: a write to the one is seen by the other.

    https://pytorch.org/docs/stable/generated/torch.from_numpy.html
    """
    if not isinstance(ndarray, np.ndarray):
        kind = type(ndarray)
        shown = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
        raise TypeError(f"expected np.ndarray (got {shown})")
    return made(warn_read_only(checked_array(ndarray)))


def scalar_tensor(s, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
                  requires_grad: bool = False) -> Tensor:
    """A tensor of no dimension, of the default type."""
    xp, where, dtype = place("scalar_tensor", device, dtype, layout)
    dtype = default() if dtype is None else dtype
    return made(move(xp.asarray(as_number(item(s), dtype)), where), requires_grad)


# ---------------------------------------------------------------- constant


def zeros(*shape, size=None, dtype=None, layout=None, device=None, pin_memory: bool = False,
          requires_grad: bool = False) -> Tensor:
    """Zeros.  https://pytorch.org/docs/stable/generated/torch.zeros.html"""
    xp, where, dtype = place("zeros", device, dtype, layout)
    try:
        shape = sizes(shape, size, "zeros")
    except RuntimeError:
        raise RuntimeError("zeros: Dimension size must be non-negative.") from None
    return made(move(xp.zeros(shape, default() if dtype is None else dtype), where), requires_grad)


def ones(*shape, size=None, dtype=None, layout=None, device=None, pin_memory: bool = False,
         requires_grad: bool = False) -> Tensor:
    """Ones.  https://pytorch.org/docs/stable/generated/torch.ones.html"""
    xp, where, dtype = place("ones", device, dtype, layout)
    shape = sizes(shape, size, "ones")
    return made(move(xp.ones(shape, default() if dtype is None else dtype), where), requires_grad)


def empty(*shape, size=None, dtype=None, layout=None, device=None, pin_memory: bool = False,
          requires_grad: bool = False, memory_format: memory_format = contiguous_format) -> Tensor:
    """Whatever was in memory.  https://pytorch.org/docs/stable/generated/torch.empty.html"""
    xp, where, dtype = place("empty", device, dtype, layout)
    array = xp.empty(sizes(shape, size, "empty"), default() if dtype is None else dtype)
    if memory_format is not contiguous_format:
        array = empty_as(xp, array, array.dtype, memory_format)
    return made(move(array, where), requires_grad)


def empty_strided(size, stride, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
                  requires_grad: bool = False) -> Tensor:
    """Whatever was in memory, with the given steps, in elements, along each dimension."""
    xp, where, dtype = place("empty_strided", device, dtype, layout)
    size, dtype = sizes((), size), np.dtype(default() if dtype is None else dtype)
    if len(size) != len(stride):
        raise RuntimeError(f"dimensionality of sizes ({len(size)}) must match dimensionality of strides "
                           f"({len(stride)})")
    if any([step < 0 for step in stride]):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}")
    last = sum([(n - 1) * s for n, s in zip(size, stride, strict=True)]) if 0 not in size else -1
    array = window(xp.empty(last + 1, dtype), size, tuple([s * dtype.itemsize for s in stride]))
    return made(move(array, where), requires_grad)


def full(size, fill_value, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
         requires_grad: bool = False) -> Tensor:
    """`fill_value` everywhere; its type, bool, int, float or complex, decides where `dtype` does not.

    https://pytorch.org/docs/stable/generated/torch.full.html
    """
    xp, where, dtype = place("full", device, dtype, layout)
    value = item(fill_value)
    if not isinstance(value, (bool, int, float, complex)):
        raise TypeError(f"full(): argument 'fill_value' (position 2) must be Number, not {type(value).__name__}")
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"full(): argument 'size' (position 1) must be tuple of ints, not {type(size).__name__}")
    dtype = dtypes.scalar_dtype(value) if dtype is None else dtype
    return made(move(xp.full(sizes((), size), as_number(value, dtype), dtype), where), requires_grad)


def eye(n: int, m: int | None = None, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
        requires_grad: bool = False) -> Tensor:
    """Ones on the diagonal, zeros elsewhere: the identity matrix, or n rows and m columns of it.

    https://pytorch.org/docs/stable/generated/torch.eye.html
    """
    xp, where, dtype = place("eye", device, dtype, layout)
    for name, count in (("n", n), ("m", 0 if m is None else m)):
        if count < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {count}")
    m = n if m is None else m
    return made(move(xp.eye(operator.index(n), operator.index(m), dtype=default() if dtype is None else dtype), where),
                requires_grad)


def blank_like(name: str, input: Tensor, dtype, layout, device, format: memory_format):
    """An uninitialised array of input's shape; of its type and on its device, where no other is given."""
    expect_tensor(input, name)
    _, where, dtype = place(name, device, dtype, layout)
    x = input.array
    array = empty_as(array_module(x), x, x.dtype if dtype is None else dtype, format)
    return array if device is None else move(array, where)


def zeros_like(input: Tensor, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
               requires_grad: bool = False, memory_format: memory_format = preserve_format) -> Tensor:
    """Zeros in input's shape, type and place.  https://pytorch.org/docs/stable/generated/torch.zeros_like.html"""
    return filled_like("zeros_like", input, 0, dtype, layout, device, requires_grad, memory_format)


def ones_like(input: Tensor, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
              requires_grad: bool = False, memory_format: memory_format = preserve_format) -> Tensor:
    """Ones in input's shape, type and place.  https://pytorch.org/docs/stable/generated/torch.ones_like.html"""
    return filled_like("ones_like", input, 1, dtype, layout, device, requires_grad, memory_format)


def full_like(input: Tensor, fill_value, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
              requires_grad: bool = False, memory_format: memory_format = preserve_format) -> Tensor:
    """`fill_value` in input's shape, type and place.

    https://pytorch.org/docs/stable/generated/torch.full_like.html
    """
    return filled_like("full_like", input, item(fill_value), dtype, layout, device, requires_grad, memory_format)


def filled_like(name, input, value, dtype, layout, device, requires_grad, memory_format) -> Tensor:
    array = blank_like(name, input, dtype, layout, device, memory_format)
    array.fill(as_number(value, array.dtype))
    return made(array, requires_grad)


def empty_like(input: Tensor, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
               requires_grad: bool = False, memory_format: memory_format = preserve_format) -> Tensor:
    """Whatever was in memory, in input's shape, type and place.

    https://pytorch.org/docs/stable/generated/torch.empty_like.html
    """
    return made(blank_like("empty_like", input, dtype, layout, device, memory_format), requires_grad)


# ---------------------------------------------------------------- typed as a tensor


def same_kind(self: Tensor, options: dict) -> dict:
    """The options of `new_*`: this tensor's type and device, where none is given."""
    defaults = {"dtype": self.dtype, "device": None if self.is_cpu else self.device}
    return {**options, **{k: v for k, v in defaults.items() if options.get(k) is None}}


@method
def new_zeros(self: Tensor, *shape, size=None, **options) -> Tensor:
    """Zeros in this tensor's type, on its device."""
    return zeros(sizes(shape, size, "new_zeros"), **same_kind(self, options))


@method
def new_ones(self: Tensor, *shape, size=None, **options) -> Tensor:
    """Ones in this tensor's type, on its device."""
    return ones(sizes(shape, size, "new_ones"), **same_kind(self, options))


@method
def new_empty(self: Tensor, *shape, size=None, **options) -> Tensor:
    """Whatever was in memory, in this tensor's type, on its device."""
    return empty(sizes(shape, size, "new_empty"), **same_kind(self, options))


@method
def new_empty_strided(self: Tensor, size, stride, **options) -> Tensor:
    """Whatever was in memory, with the given steps, in this tensor's type, on its device."""
    return empty_strided(size, stride, **same_kind(self, options))


@method
def new_full(self: Tensor, size, fill_value, **options) -> Tensor:
    """`fill_value` everywhere, in this tensor's type, on its device."""
    return full(size, fill_value, **same_kind(self, options))


@method
def new_tensor(self: Tensor, data, *, dtype=None, device=None, requires_grad: bool = False, layout=None,
               pin_memory: bool = False) -> Tensor:
    """A copy of `data` in this tensor's type, on its device."""
    if isinstance(data, Tensor):
        warnings.warn("To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
                      "sourceTensor.detach().clone().requires_grad_(True), rather than "
                      "tensor.new_tensor(sourceTensor).", UserWarning, stacklevel=2)
    target = self.array.dtype if dtype is None else numpy_dtype(dtype)
    return copied(data, target, self.device if device is None else device, requires_grad)


# ---------------------------------------------------------------- counted

COUNTED = ("uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")


def refuse_type(name: str, dtype: np.dtype, supported: tuple) -> None:
    if dtype.name not in supported:
        raise NotImplementedError(f"\"{name}\" not implemented for '{CAPITAL[dtype.name]}'")


def arange(start=None, end=None, step=1, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
           requires_grad: bool = False) -> Tensor:
    """start, start + step, ... below `end`; integers, if all three are.

    y_i = start + i step    i = 0 ... ceil((end - start) / step) - 1
    https://pytorch.org/docs/stable/generated/torch.arange.html
    """
    xp, where, dtype = place("arange", device, dtype, layout)
    if start is None or end is None:
        start, end = 0, start if end is None else end
    if end is None:
        raise TypeError("arange() missing 1 required positional argument: 'end'")
    start, end, step = item(start), item(end), item(step)
    if dtype is None:
        dtype = np.dtype(np.int64) if all([isinstance(v, int) for v in (start, end, step)]) else default()
    refuse_type("arange_cpu", dtype, COUNTED)
    whole = dtype == np.int64  # counted in integers: as floats, large bounds would lose their last digits
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if whole:
        if step and not int(step):
            raise ValueError("step must be nonzero")
        start, end, step = (v if type(v) is int and -(2**63) <= v < 2**63 else int(as_number(v, dtype))
                            for v in (start, end, step))
    if not step:
        raise RuntimeError("step must be nonzero")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = -((start - end) // step) if whole else math.ceil((float(end) - float(start)) / float(step))
    if dtype.kind in "iu":
        array = xp.arange(count) * int(step) + int(start) if (step, start) != (1, 0) else xp.arange(count)
    else:
        array = float(start) + float(step) * xp.arange(count, dtype=np.float64)
    return made(move(astype(array, dtype), where), requires_grad)


def bounds(name: str, start, end, dtype: np.dtype | None) -> tuple:
    """(start, end, dtype) of `linspace` and `logspace`: numbers, or tensors of no dimension."""
    for word, v in (("start", start), ("end", end)):
        if isinstance(v, Tensor) and v.array.ndim:
            raise RuntimeError(f"{name} only supports 0-dimensional start and end tensors, but got {word} with "
                               f"{v.array.ndim} dimension(s).")
    start, end = item(start), item(end)
    if dtype is None:
        dtype = dtypes.default_complex() if isinstance(start, complex) or isinstance(end, complex) else default()
    refuse_type(name + "_cpu", dtype, (*COUNTED, "complex64", "complex128"))
    return start, end, dtype


def spaced(xp, start, end, steps: int, dtype: np.dtype):
    """`steps` numbers from `start` to `end`, counted from the nearer end, so that both are met exactly.

    y_i = start + i d            in the first half    d = (end - start) / (steps - 1)
    y_i = end - (steps - 1 - i) d    in the second
    """
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if dtype.kind in "iu":
        start, end = int(start), int(end)
    narrow = np.dtype(np.float64) if dtype.kind in "iu" else np.dtype(np.float32) if dtype == np.float16 else dtype
    wide = np.dtype(np.complex128 if narrow.kind == "c" else np.float64)
    start, end = narrow.type(start), narrow.type(end)
    d = wide.type((end - start) / narrow.type(max(steps - 1, 1)))
    i = xp.arange(steps, dtype=np.float64)
    first = i < max(steps // 2, steps == 1)
    # float32 is computed in float64, where the product is exact: torch's multiply-add rounds once as well
    return xp.where(first, wide.type(start) + i * d, wide.type(end) - (steps - 1 - i) * d).astype(narrow)


def linspace(start, end, steps: int, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
             requires_grad: bool = False) -> Tensor:
    """`steps` numbers at equal distances from `start` to `end`, both included.

    https://pytorch.org/docs/stable/generated/torch.linspace.html
    """
    xp, where, dtype = place("linspace", device, dtype, layout)
    start, end, dtype = bounds("linspace", start, end, dtype)
    return made(move(astype(spaced(xp, start, end, operator.index(steps), dtype), dtype), where), requires_grad)


def logspace(start, end, steps: int, base: float = 10.0, *, dtype=None, layout=None, device=None,
             pin_memory: bool = False, requires_grad: bool = False) -> Tensor:
    """`steps` numbers whose logarithms to `base` are at equal distances.    y_i = base^x_i    x = linspace(start, end)

    https://pytorch.org/docs/stable/generated/torch.logspace.html
    """
    xp, where, dtype = place("logspace", device, dtype, layout)
    start, end, dtype = bounds("logspace", start, end, dtype)
    exponents = spaced(xp, start, end, operator.index(steps), dtype)
    return made(move(astype(xp.power(exponents.dtype.type(base), exponents), dtype), where), requires_grad)


def triangle(name: str, row: int, col: int, offset: int, options: tuple, upper: bool) -> Tensor:
    """The indices of the elements of a triangle, as (2, count): rows, columns."""
    dtype, layout, device = options
    xp, where, dtype = place(name, device, dtype, layout)
    dtype = np.dtype(np.int64) if dtype is None else dtype
    refuse_type(name, dtype, COUNTED[:5])
    for word, n in (("row", row), ("col", col)):
        if n < 0:
            raise RuntimeError(f"{word} must be non-negative, got{n}")
    distance = xp.arange(col) - xp.arange(row).reshape(row, 1)
    inside = distance >= offset if upper else distance <= offset
    return made(move(xp.stack(xp.nonzero(inside)).astype(dtype), where))


def tril_indices(row: int, col: int, offset: int = 0, *, dtype=None, layout=None, device=None,
                 pin_memory: bool = False) -> Tensor:
    """Where the lower triangle of a (row, col) matrix is.    column <= row + offset"""
    return triangle("tril_indices", row, col, offset, (dtype, layout, device), upper=False)


def triu_indices(row: int, col: int, offset: int = 0, *, dtype=None, layout=None, device=None,
                 pin_memory: bool = False) -> Tensor:
    """Where the upper triangle of a (row, col) matrix is.    column >= row + offset"""
    return triangle("triu_indices", row, col, offset, (dtype, layout, device), upper=True)


# ---------------------------------------------------------------- the constructors from before `tensor`


@op(view=True, node="AliasBackward0")
def same_memory(xp, x, /):
    """x itself, as another tensor.    gx = g"""
    return x[...]


same_memory.backward(x=lambda g: g)


def construct(dtype: np.dtype | None, data: tuple) -> Tensor:
    """Old(2, 3) is uninitialised, Old([2, 3]) holds numbers, Old(array) shares memory if the type is right."""
    if len(data) == 1 and isinstance(data[0], Tensor):
        if dtype is not None and data[0].array.dtype != dtype:
            raise TypeError(f"expected a tensor of dtype {dtypes.of(dtype)}, got {data[0].dtype}")
        return same_memory(data[0])
    target = default() if dtype is None else dtype
    counts = data and hasattr(data[0], "__index__") and not isinstance(data[0], (bool, ndarray))
    if not data or counts or isinstance(data[0], Size):
        return made(np.empty(sizes(data or ((0,),)), target))
    if not is_sequence(data[0]) and not isinstance(data[0], str):
        raise TypeError(f"new(): data must be a sequence (got {type(data[0]).__name__})")
    return made(array_of(data[0], target))


def legacy_new(cls, *data, device=None) -> Tensor:
    """Tensor(2, 3): uninitialised; Tensor([2, 3]): these numbers; always of the default type."""
    t = construct(None, data)
    t = t if device is None else t.to(device)
    return t if cls is Tensor else alias(t, cls)


Tensor.__new__ = staticmethod(legacy_new)


@method
def as_subclass(self: Tensor, cls: type) -> Tensor:
    """This tensor as an object of a subclass of Tensor: the same memory, the same place in the graph.

    Operations on it return plain tensors.  https://pytorch.org/docs/stable/generated/torch.Tensor.as_subclass.html
    """
    if not isinstance(cls, type):
        raise TypeError(f"cls must be a type (got {type(cls).__name__})")
    if not issubclass(cls, Tensor):
        raise TypeError("Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. "
                        "Make sure your class inherits from Tensor.")
    y = same_memory(self)
    y.__class__ = cls
    return y


@method
def new(self: Tensor, *data, device=None) -> Tensor:
    """The old constructor, in this tensor's type."""
    return construct(self.array.dtype, data).to(self.device if device is None else device)


class tensortype(type):  # noqa: N801 (torch's name)
    """FloatTensor and its kind: constructors of one type, which also recognise their tensors in `isinstance`."""

    def __new__(cls, dtype: dtypes.dtype):
        return super().__new__(cls, CAPITAL[dtype.name] + "Tensor", (), {"dtype": dtype, "__module__": "minitorch"})

    def __init__(cls, dtype: dtypes.dtype):
        super().__init__(cls.__name__, (), {})

    def __call__(cls, *data, device=None) -> Tensor:
        return construct(cls.dtype.numpy, data)

    def __instancecheck__(cls, instance) -> bool:
        return isinstance(instance, Tensor) and instance.is_cpu and instance.array.dtype == cls.dtype.numpy


HalfTensor, FloatTensor, DoubleTensor = map(tensortype, (dtypes.float16, dtypes.float32, dtypes.float64))
ByteTensor, CharTensor, BoolTensor = map(tensortype, (dtypes.uint8, dtypes.int8, dtypes.bool_))
ShortTensor, IntTensor, LongTensor = map(tensortype, (dtypes.int16, dtypes.int32, dtypes.int64))

"""The same numbers elsewhere: in another type, on another device, in another tensor.

`clone`, `to` and the casts make a copy; `copy_`, `fill_` and `zero_` write into a tensor that exists.
Read next: create.py, which makes tensors of anything else; storage.py for pickle and deepcopy.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .. import dtype as dtypes
from .. import shown
from ..autograd.op import in_place, op
from ..device import device, device_of, move
from ..dtype import CAPITAL, astype, copy_order, numpy_dtype
from ..tensor import (
    CHANNELS_LAST_RANK,
    Tensor,
    class_name,
    contiguous_format,
    expect_tensor,
    memory_format,
    method,
    preserve_format,
    unwrap,
)
from .nested import from_python

__all__: list[str] = ["clone", "fill", "is_complex", "is_floating_point", "is_tensor", "numel", "result_type"]


# ---------------------------------------------------------------- numbers

# What torch's sentences call the type that a number does not fit into.
NUMBER_NAME = {"uint8": "uint8_t", "int8": "int8_t", "int16": "int16_t", "int32": "int", "int64": "int64_t",
               "uint16": "uint16_t", "uint32": "uint32_t", "uint64": "uint64_t", "float16": "c10::Half",
               "float32": "float", "float64": "double", "complex64": "c10::complex<float>",
               "complex128": "c10::complex<double>"}


def as_number(value, target: np.dtype) -> np.generic:
    """A Python number as a scalar of type `target`, refused where it overflows; unsigned types wrap negative ones."""
    if target.kind == "f" and type(value) is float and -3e4 < value < 3e4:  # fits every float type
        return target.type(value)
    if not isinstance(value, (bool, int, float, complex, np.generic)):
        raise TypeError(f"expected a number, not {type(value).__name__}")
    real = value.real if isinstance(value, (complex, np.complexfloating)) and target.kind != "c" else value
    if target.kind in "iu":
        limits = np.iinfo(target)
        low = -int(limits.max) if target.kind == "u" else int(limits.min)
        fits = real == value and low <= real <= int(limits.max)
        result = (int(real) if fits else 0) % 2**limits.bits
        result = np.uint64(result).astype(target)
    else:
        result = target.type(real)
        fits = target.kind == "b" or real == value or real != real
        fits = fits and (bool(np.isfinite(result)) or not math.isfinite(abs(value)))
    if not fits:
        raise RuntimeError(f"value cannot be converted to type {NUMBER_NAME[target.name]} without overflow")
    return result


def item(value):
    """The Python number in a 0-dim tensor or a NumPy scalar; anything else as it is."""
    if isinstance(value, Tensor) and value.array.ndim == 0 and not value.requires_grad:
        return value.array.item()
    return value.item() if isinstance(value, np.generic) else value


# ---------------------------------------------------------------- copies


def empty_as(xp, x, dtype: np.dtype, format: memory_format):
    """An uninitialised array of x's shape; its strides are those of x, unless `format` says otherwise."""
    if format is preserve_format or format is None:
        return xp.empty_like(x, dtype=dtype, order=copy_order(x))
    if format is contiguous_format:
        return xp.empty(x.shape, dtype)
    if x.ndim != CHANNELS_LAST_RANK[format]:
        raise RuntimeError(f"required rank {CHANNELS_LAST_RANK[format]} tensor to use {format.name} format")
    n, channels, *lengths = x.shape
    return xp.moveaxis(xp.empty((n, *lengths, channels), dtype), -1, 1)


@method
@op
def clone(xp, x, /, *, memory_format=preserve_format):
    """A copy.    y = x    gx = g"""
    if memory_format is preserve_format:
        return x.copy(copy_order(x))
    y = empty_as(xp, x, x.dtype, memory_format)
    xp.copyto(y, x)
    return y


clone.backward(x=lambda g: g)


@op
def to_copy(xp, x, /, dtype, device, memory_format, source):
    """x in another type or on another device, copied in any case.    y = x    gx = g, back on `source`"""
    y = move(astype(x, dtype), device)
    if y is x or memory_format is not preserve_format:
        y = empty_as(xp, x, dtype, memory_format)
        xp.copyto(y, x, casting="unsafe")
    return y


to_copy.backward(x=lambda g, source: g.to(source))


@method
def to(self: Tensor, *args, dtype=None, device=None, non_blocking: bool = False, copy: bool = False,
       memory_format: memory_format = preserve_format) -> Tensor:
    """to(dtype), to(device), to(device, dtype), to(other): the tensor itself where nothing changes.

    https://pytorch.org/docs/stable/generated/torch.Tensor.to.html
    """
    flags = [a for a in args if isinstance(a, bool)]
    device, dtype = where_to(args, device, dtype)
    return converted(self, numpy_dtype(dtype), device, copy or flags[1:] == [True], memory_format)


def where_to(args: tuple, device, dtype) -> tuple:
    """(device, dtype) from the argument forms of `to`: a dtype, a device, a tensor to be like; None where not said."""
    for a in args:
        if isinstance(a, Tensor):
            device, dtype = a.device, a.dtype
        elif isinstance(a, (dtypes.dtype, type)):
            dtype = a
        elif isinstance(a, (str, int, device_class)) and not isinstance(a, bool):
            device = a
        elif a is not None and not isinstance(a, bool):
            raise TypeError(f"to(): expected a dtype, a device or a Tensor, not {type(a).__name__}")
    return device, dtype


device_class = device  # `device` is an argument of `to`


def converted(x: Tensor, dtype: np.dtype | None, where, copy: bool = False, format=preserve_format) -> Tensor:
    """x with that type, on that device, in that memory format: x itself if it is so already."""
    source = device_of(x.array)
    dtype = x.array.dtype if dtype is None else dtype
    where = source if where is None else device(where)
    stays = where.type == source.type and where.index in (None, source.index or 0)
    if stays and not copy and dtype == x.array.dtype and (format is preserve_format or x.is_contiguous(format)):
        return x
    return to_copy(x, dtype, source if stays else where, format, source)


def cast_method(name: str, target: np.dtype) -> None:
    def cast(self: Tensor, memory_format=preserve_format) -> Tensor:
        return self if self.array.dtype == target else converted(self, target, None, False, memory_format)

    cast.__name__, cast.__doc__ = name, f"This tensor in {target.name}: itself where it is so already."
    method(cast)


for _name, _type in (("byte", "uint8"), ("char", "int8"), ("short", "int16"), ("int", "int32"), ("long", "int64"),
                     ("half", "float16"), ("float", "float32"), ("double", "float64"), ("cfloat", "complex64"),
                     ("cdouble", "complex128"), ("bool", "bool")):
    cast_method(_name, np.dtype(_type))


@method
def cpu(self: Tensor, memory_format: memory_format = preserve_format) -> Tensor:
    """This tensor in the host's memory."""
    return converted(self, None, "cpu", False, memory_format)


@method
def cuda(self: Tensor, device=None, non_blocking: bool = False,
         memory_format: memory_format = preserve_format) -> Tensor:
    """This tensor on the GPU, by CuPy."""
    return converted(self, None, "cuda" if device is None else device, False, memory_format)


@method
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """This tensor in other's type and on its device."""
    expect_tensor(other, "type_as", "other")
    return converted(self, other.array.dtype, other.device)


def type_name(array) -> str:
    """The old name of a tensor's type: minitorch.FloatTensor, minitorch.cuda.LongTensor."""
    return f"{shown.package}.{'cuda.' * (device_of(array).type == 'cuda')}{CAPITAL[array.dtype.name]}Tensor"


OLD_NAMES = {f"{place}{CAPITAL[t.name]}Tensor": (t.numpy, where)
             for t in dtypes.ALL for place, where in (("", "cpu"), ("cuda.", "cuda"))}


def type_(self: Tensor, dtype=None, non_blocking: bool = False):
    """The name of the tensor's type; or the tensor in type `dtype`, which may be such a name.

    https://pytorch.org/docs/stable/generated/torch.Tensor.type.html
    """
    if dtype is None:
        return type_name(self.array)
    if isinstance(dtype, dtypes.dtype):
        return converted(self, dtype.numpy, None)
    if dtype is Tensor:
        return converted(self, dtypes.default(), "cpu")
    if isinstance(dtype, type) and isinstance(vars(dtype).get("dtype"), dtypes.dtype):  # FloatTensor, LongTensor ...
        return converted(self, dtype.dtype.numpy, None)
    if not isinstance(dtype, (str, type)):
        raise TypeError("dtype must be a type, str, or dtype object")
    name = dtype if isinstance(dtype, str) else dtype.__name__ if dtype.__module__ == "builtins" else (
        f"{dtype.__module__}.{dtype.__name__}")
    library, _, rest = name.partition(".")
    if library not in ("torch", "minitorch") or rest not in OLD_NAMES:
        raise ValueError(f"invalid type: '{name}'")
    return converted(self, *OLD_NAMES[rest])


Tensor.type = type_


# ---------------------------------------------------------------- writing into a tensor


def nothing(g: Tensor) -> Tensor:
    """What was overwritten has no influence: its gradient is zero."""
    return g.new_zeros(g.array.shape)


@op(promotes="first", node="CopyBackwards")
def copy(xp, x, src, /):
    """`copy_`.    y = src, broadcast    gx = 0    gsrc = g"""
    if src.shape == x.shape or not src.shape:
        return src
    return xp.broadcast_to(src, np.broadcast_shapes(x.shape, src.shape))


copy.backward(x=lambda g: nothing(g), src=lambda g: g)
write_copy = in_place(copy)


@method
def copy_(self: Tensor, src, non_blocking: bool = False) -> Tensor:
    """Write `src`, a tensor that broadcasts to this one's shape or a number, into this tensor, in its type.

    https://pytorch.org/docs/stable/generated/torch.Tensor.copy_.html
    """
    if isinstance(src, Tensor):
        on_cpu = type(src.array) is type(self.array) is np.ndarray
        src = src if on_cpu else converted(src, None, self.device)
    elif not isinstance(src, (int, float, complex, np.number, np.bool_)):
        expect_tensor(src, "copy_", "other")
    return write_copy(self, src)


def filled(xp, x, /, value):
    """`fill` with a number.    y = value    gx = 0"""
    return xp.full_like(x, as_number(value, x.dtype))


def filled_with(xp, x, value, /):
    """`fill` with a tensor of no dimension.    y = value    gx = 0    gvalue = sum(g)"""
    return xp.full_like(x, value)


def zeros_in(xp, x, /):
    """`zero_`.    y = 0    gx = 0"""
    return xp.zeros((), x.dtype)


# In place nothing is made of x's size: the engine writes the number everywhere.
def filling(xp, x, /, value):
    return xp.asarray(as_number(value, x.dtype))


def filling_with(xp, x, value, /):
    return value


fill_number, fill_tensor = op(filled, node="FillBackward0"), op(filled_with, promotes="first", node="FillBackward1")
fill_number_, fill_tensor_ = op(filling, node="FillBackward2"), op(filling_with, promotes="first", node="FillBackward3")
zero = op(zeros_in, node="ZeroBackward0")
for _fill in (fill_number, fill_number_, zero):
    _fill.backward(x=lambda g: nothing(g))
for _fill in (fill_tensor, fill_tensor_):
    _fill.backward(x=lambda g: nothing(g), value=lambda g: g.sum())

write_number, write_tensor = in_place(fill_number_, "fill_"), in_place(fill_tensor_, "fill_")  # Tensor.fill_: below
in_place(zero, "zero_")


def fill(input: Tensor, value) -> Tensor:
    """A tensor like `input` with `value`, a number or a tensor of no dimension, everywhere."""
    return fill_tensor(input, no_dimension(value)) if isinstance(value, Tensor) else fill_number(input, value)


@method
def fill_(self: Tensor, value) -> Tensor:
    """Write `value`, a number or a tensor of no dimension, everywhere."""
    return write_tensor(self, no_dimension(value)) if isinstance(value, Tensor) else write_number(self, item(value))


def no_dimension(value: Tensor) -> Tensor:
    if value.array.ndim:
        raise RuntimeError("fill_ only supports 0-dimension value tensor but got tensor with "
                           f"{value.array.ndim} dimensions.")
    return value


# ---------------------------------------------------------------- Python functions, one element at a time


def call_each(name: str, function: Callable, x: Tensor, /, **others: Tensor) -> Tensor:
    """x_i = function(x_i, other_i, ...), each written before the next is read; the graph and the version stay as is."""
    for position, (argument, other) in enumerate(others.items(), 1):
        expect_tensor(other, name, argument, position)
    if any(t.requires_grad for t in (x, *others.values())):
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    if not all(t.is_cpu for t in (x, *others.values())):
        raise TypeError(f"{name} is only implemented on CPU tensors")
    for argument, other in others.items():
        if other.array.dtype != x.array.dtype:
            raise TypeError(f"{name}: expected {type_name(x.array)} for {'argument ' * (len(others) > 1)}'{argument}' "
                            f"(got {type_name(other.array)})")
    arrays = [x.array, *(other.expand(x.array.shape).array for other in others.values())]
    for at in np.ndindex(x.array.shape):
        x.array[at] = one_number(function(*[a[at].item() for a in arrays]), x.array.dtype)
    return x


def one_number(value, target: np.dtype):
    """What a Python function returned, in type `target`; torch's refusals are those of `minitorch.tensor`."""
    if not isinstance(value, (bool, int, float, complex, np.generic, Tensor)):
        if target.kind in "fc":
            raise TypeError(f"must be real number, not {class_name(value)}")
        raise TypeError(f"'{class_name(value)}' object cannot be interpreted as an integer")
    return from_python([value], target)[0]


@method
def apply_(self: Tensor, callable: Callable) -> Tensor:
    """Replace every element by `callable` of it: slow, and on the CPU only.

    https://pytorch.org/docs/stable/generated/torch.Tensor.apply_.html
    """
    return call_each("apply_", callable, self)


@method
def map_(self: Tensor, other: Tensor, callable: Callable) -> Tensor:
    """Replace every element by callable(it, other's); `other` expands to this shape."""
    return call_each("map_", callable, self, other=other)


@method
def map2_(self: Tensor, x: Tensor, y: Tensor, callable: Callable) -> Tensor:
    """Replace every element by callable(it, x's, y's); `x` and `y` expand to this shape."""
    return call_each("map2_", callable, self, x=x, y=y)


# ---------------------------------------------------------------- memory of other kinds


@method
def share_memory_(self: Tensor) -> Tensor:
    """Returns the tensor: there are no other processes to share it with."""
    return self


@method
def pin_memory(self: Tensor) -> Tensor:
    """Returns the tensor: NumPy's memory is pageable, and CuPy copies from it all the same."""
    return self


@method
def is_pinned(self: Tensor) -> bool:
    """Whether the memory is page-locked: never."""
    return False


# ---------------------------------------------------------------- questions


@method
def is_set_to(self: Tensor, tensor: Tensor) -> bool:
    """Whether both are the same elements of the same memory, in the same order."""
    expect_tensor(tensor, "is_set_to", "tensor")
    place = lambda t: (t.untyped_storage(), t.data_ptr(), t.array.shape, t.stride())
    return place(self) == place(tensor)


def is_tensor(obj) -> bool:
    """Whether `obj` is a Tensor."""
    return isinstance(obj, Tensor)


def checked(name: str, input) -> Tensor:
    expect_tensor(input, name)
    return input


def numel(input: Tensor) -> int:
    """The number of elements."""
    return checked("numel", input).array.size


def is_floating_point(input: Tensor) -> bool:
    """Whether the type is float16, float32 or float64."""
    return checked("is_floating_point", input).array.dtype.kind == "f"


def is_complex(input: Tensor) -> bool:
    """Whether the type is complex64 or complex128."""
    return checked("is_complex", input).array.dtype.kind == "c"


def result_type(tensor1, tensor2) -> dtypes.dtype:
    """The type in which two tensors or numbers meet.  https://pytorch.org/docs/stable/generated/torch.result_type.html"""
    return dtypes.FROM_NUMPY[dtypes.result_dtype([unwrap(tensor1), unwrap(tensor2)])]

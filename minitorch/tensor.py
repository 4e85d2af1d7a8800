"""The Tensor: an array, its version, its place in the graph, and the facts a user can ask of it.

Every operation is attached later by the family that defines it (ops/), by `@method`; what concerns
gradients by autograd/attributes.py. This file holds what needs neither.
Read next: autograd/graph.py for `edge`, autograd/view.py for `view`, ops/elementwise.py for the first operations.
"""

from __future__ import annotations

import math
import operator
import warnings

import numpy as np

from . import dtype as dtypes
from . import shown
from .device import address_of, device, device_of
from .printing import tensor_text

ndarray = np.ndarray
new = object.__new__


class Size(tuple):
    """The shape of a tensor: a tuple that prints as `minitorch.Size([2, 3])`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{shown.package}.Size({list(self)})"

    def __reduce__(self):
        return Size, (tuple(self),)

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        count = 1
        for n in self:
            count *= n
        return count

    def __add__(self, other) -> Size:
        return Size(tuple(self) + tuple(other))

    def __radd__(self, other) -> Size:
        return Size(tuple(other) + tuple(self))

    def __mul__(self, times) -> Size:
        return Size(tuple(self) * times)

    __rmul__ = __mul__

    def __getitem__(self, index):
        picked = tuple(self)[index]
        return Size(picked) if isinstance(index, slice) else picked


class layout:  # noqa: N801 (torch's name)
    """How a tensor is stored. Only `strided` exists: an array in memory."""

    __slots__ = ("name",)
    __module__ = "minitorch"

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return f"{shown.package}.{self.name}"

    def __reduce__(self) -> str:  # pickled as the global of this name
        return self.name


class memory_format(layout):  # noqa: N801 (torch's name)
    """Which dimension of a new tensor is contiguous.  https://pytorch.org/docs/stable/tensor_attributes.html"""

    __slots__ = ()
    __module__ = "minitorch"


strided = layout("strided")
contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")
channels_last, channels_last_3d = memory_format("channels_last"), memory_format("channels_last_3d")
CHANNELS_LAST_RANK = {channels_last: 4, channels_last_3d: 5}


class Tensor:
    """A multi-dimensional array that remembers how it was computed.  https://pytorch.org/docs/stable/tensors.html

    array     the NumPy or CuPy array; views share its memory
    edge      None, or (node, slot): the place in the graph (autograd/graph.py)
    _grad     the gradient that `backward` left here
    version   [n], shared by all tensors on one storage: how often it was written to in place
    viewed    None, or how to take this view of its base again (autograd/view.py)
    """

    __slots__ = ("array", "edge", "_grad", "version", "viewed", "__dict__", "__weakref__")
    __array_priority__ = 1000  # NumPy's operators leave `array * tensor` to the tensor

    def __init_subclass__(cls, **kwargs):
        """A subclass adds methods; operations on its objects return plain tensors."""
        super().__init_subclass__(**kwargs)
        if "__torch_function__" in vars(cls):
            raise NotImplementedError(f"class {cls.__name__}(Tensor): __torch_function__")

    # ------------------------------------------------------------ facts

    @property
    def shape(self) -> Size:
        return Size(self.array.shape)

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def dtype(self) -> dtypes.dtype:
        return dtypes.of(self.array.dtype)

    @property
    def device(self) -> device:
        return device_of(self.array)

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        return self.device.type == "cpu"

    @property
    def layout(self) -> layout:
        return strided

    @property
    def itemsize(self) -> int:
        return self.array.itemsize

    element_size = lambda self: self.array.itemsize  # noqa: E731

    @property
    def nbytes(self) -> int:
        return self.array.nbytes

    def size(self, dim: int | None = None):
        """The shape, or its length along `dim`."""
        if dim is None:
            return self.shape
        if not self.array.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        return self.array.shape[wrap_dim(dim, self.array.ndim)]

    def dim(self) -> int:
        return self.array.ndim

    ndimension = dim

    def numel(self) -> int:
        return self.array.size

    nelement = numel

    def stride(self, dim: int | None = None):
        """Steps, in elements, to the next element along each dimension."""
        array = self.array
        if array.size or 0 not in array.strides:
            steps = tuple([s // array.itemsize for s in array.strides])
        else:  # NumPy says 0 where there is nothing to step over; torch counts as if each length were at least 1
            steps = contiguous_strides(array.shape)
        return steps if dim is None else steps[wrap_dim(dim, self.array.ndim)]

    def data_ptr(self) -> int:
        """The address of the first element."""
        return address_of(self.array)

    const_data_ptr = data_ptr

    def is_contiguous(self, memory_format: memory_format = contiguous_format) -> bool:
        """Whether the elements lie in memory in the order of their indices (channels counted last if so asked)."""
        array = self.array
        if memory_format in CHANNELS_LAST_RANK:
            if array.ndim != CHANNELS_LAST_RANK[memory_format]:
                return False
            array = array.transpose(0, *range(2, array.ndim), 1)
        return array.flags.c_contiguous

    def is_floating_point(self) -> bool:
        return self.array.dtype.kind == "f"

    def is_complex(self) -> bool:
        return self.array.dtype.kind == "c"

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    def get_device(self) -> int:
        return -1 if self.device.type == "cpu" else self.device.index

    # ------------------------------------------------------------ to Python and NumPy

    def item(self):
        """The only element, as a Python number."""
        if self.array.size != 1:
            raise RuntimeError(f"a Tensor with {self.array.size} elements cannot be converted to Scalar")
        return self.array.item()

    def tolist(self):
        """The elements as nested lists; a number for a tensor of no dimension."""
        return self.array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The NumPy array that shares this tensor's memory; `force` detaches and moves to the CPU first."""
        if force:
            return self.array if isinstance(self.array, ndarray) else self.array.get()
        if self.requires_grad:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if not isinstance(self.array, ndarray):
            raise TypeError(f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the "
                            "tensor to host memory first.")
        return self.array

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        array = self.numpy()
        array = array if dtype is None else array.astype(dtype, copy=False)
        return array.copy() if copy else array

    def __array_wrap__(self, array, context=None, return_scalar=False) -> Tensor:
        """What a NumPy function of a tensor returns; truth values come as uint8, as in torch."""
        return wrap(array.astype(np.uint8) if array.dtype == bool else array)

    def __bool__(self) -> bool:
        if self.array.size != 1:
            many = "no values" if self.array.size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {many} is ambiguous")
        return bool(self.array.item())

    is_nonzero = __bool__

    def _to_number(self, kind):
        if self.array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        if self.requires_grad and kind is not int:
            warnings.warn("Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.\n"
                          "Consider using tensor.detach() first.", UserWarning, stacklevel=3)
        value = self.array.item()
        if kind is not complex and isinstance(value, complex):
            if value.imag:
                name = "int64_t" if kind is int else "double"
                raise RuntimeError(f"value cannot be converted to type {name} without overflow")
            value = value.real
        return kind(value)

    def __int__(self) -> int:
        return self._to_number(int)

    def __float__(self) -> float:
        return self._to_number(float)

    def __complex__(self) -> complex:
        return self._to_number(complex)

    def __index__(self) -> int:
        if self.array.dtype.kind not in "biu" or self.array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.array.item())

    def __len__(self) -> int:
        if self.array.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return self.array.shape[0]

    def __hash__(self) -> int:
        return id(self)

    def __format__(self, spec: str) -> str:
        plain = self.array.ndim == 0 and type(self) is Tensor
        return self.item().__format__(spec) if plain else object.__format__(self, spec)

    def __repr__(self, *, tensor_contents=None) -> str:
        array, grad_fn = self.numpy(force=True), self.grad_fn
        own = type(self).__module__.partition(".")[0] == __name__.partition(".")[0]
        return tensor_text(
            array, default_dtype=dtypes.default(), device=None if self.is_cpu else str(self.device),
            requires_grad=self.requires_grad, grad_fn_name=None if grad_fn is None else type(grad_fn).__name__,
            prefix="tensor(" if own else type(self).__name__ + "(", contents=tensor_contents)

    @property
    def __cuda_array_interface__(self):
        return self.array.__cuda_array_interface__


def contiguous_strides(shape: tuple) -> tuple:
    """Steps, in elements, in row-major order."""
    return tuple([math.prod([max(n, 1) for n in shape[k + 1:]]) for k in range(len(shape))])


def wrap(array) -> Tensor:
    """A tensor around an array: no copy, no graph, version 0. NumPy's scalars become arrays of no dimension."""
    t = new(Tensor)
    t.array = array if type(array) is ndarray else np.asarray(array) if isinstance(array, np.generic) else array
    t.edge = t._grad = t.viewed = None
    t.version = [0]
    return t


def unwrap(value):
    """The array of a tensor; anything else as it is."""
    return value.array if isinstance(value, Tensor) else value


def method(function):
    """Attach `function` to Tensor under its own name."""
    setattr(Tensor, function.__name__, function)
    return function


def expect_tensor(value, name: str, argument: str = "input", position: int = 1) -> None:
    """Refuse anything but a tensor, above all a NumPy array, as torch's argument parser does."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be Tensor, not "
                        f"{class_name(value)}")


def class_name(value) -> str:
    """The name of a value's class as torch's errors show it."""
    return "numpy.ndarray" if isinstance(value, np.ndarray) else type(value).__name__


# ---------------------------------------------------------------- dimensions


def wrap_dim(dim: int, ndim: int) -> int:
    """`dim` counted from the front. A tensor of no dimension counts as having one."""
    ndim = max(ndim, 1)
    if not -ndim <= dim < ndim:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got {dim})")
    return dim + ndim if dim < 0 else dim


def wrap_dims(dims, ndim: int):
    """The same for one number, several, or None (all dimensions)."""
    if dims is None:
        return None
    if not isinstance(dims, (tuple, list)):
        return wrap_dim(operator.index(dims), ndim)
    wrapped = tuple([wrap_dim(d, ndim) for d in dims])
    if len(set(wrapped)) < len(wrapped):
        twice = next(d for k, d in enumerate(wrapped) if d in wrapped[:k])
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return wrapped

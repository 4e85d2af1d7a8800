"""The Tensor: an array, its version, its place in the graph, and the facts a user can ask of it.

Every operation is attached later by the family that defines it (ops/), by `@method`; what concerns
gradients by autograd/attributes.py. This file holds what needs neither.
Read next: autograd/graph.py for `edge`, autograd/view.py for `view`, ops/elementwise.py for the first operations.
"""

from __future__ import annotations

import numpy as np

from . import dtype as dtypes
from .device import device, device_of

ndarray = np.ndarray
new = object.__new__


class Size(tuple):
    """The shape of a tensor: a tuple that prints as `minitorch.Size([2, 3])`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"minitorch.Size({list(self)})"

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


class Tensor:
    """A multi-dimensional array that remembers how it was computed.  https://pytorch.org/docs/stable/tensors.html

    array     the NumPy or CuPy array; views share its memory
    edge      None, or (node, slot): the place in the graph (autograd/graph.py)
    _grad     the gradient that `backward` left here
    version   [n], shared by all tensors on one storage: how often it was written to in place
    view      None, or how to take this view of its base again (autograd/view.py)
    """

    __slots__ = ("array", "edge", "_grad", "version", "view", "__dict__", "__weakref__")
    __array_priority__ = 1000  # NumPy's operators leave `array * tensor` to the tensor

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
    def itemsize(self) -> int:
        return self.array.itemsize

    element_size = lambda self: self.array.itemsize  # noqa: E731

    @property
    def nbytes(self) -> int:
        return self.array.nbytes

    def size(self, dim: int | None = None):
        """The shape, or its length along `dim`."""
        return self.shape if dim is None else self.array.shape[wrap_dim(dim, self.array.ndim)]

    def dim(self) -> int:
        return self.array.ndim

    ndimension = dim

    def numel(self) -> int:
        return self.array.size

    nelement = numel

    def stride(self, dim: int | None = None):
        """Steps, in elements, to the next element along each dimension."""
        steps = tuple(s // self.array.itemsize for s in self.array.strides)
        return steps if dim is None else steps[wrap_dim(dim, self.array.ndim)]

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self.array.ctypes.data if isinstance(self.array, ndarray) else self.array.data.ptr

    def is_contiguous(self) -> bool:
        return self.array.flags.c_contiguous

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
            raise TypeError(f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor "
                            "to host memory first.")
        return self.array

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        array = self.numpy()
        array = array if dtype is None else array.astype(dtype, copy=False)
        return array.copy() if copy else array

    def __array_wrap__(self, array, context=None, return_scalar=False) -> Tensor:
        return wrap(array.astype(np.uint8) if array.dtype == bool and context is None else array)

    def __bool__(self) -> bool:
        if self.array.size != 1:
            many = "no values" if self.array.size == 0 else "more than one value"
            raise RuntimeError(f"Boolean value of Tensor with {many} is ambiguous")
        return bool(self.array.item())

    def _to_number(self, kind):
        if self.array.size != 1:
            raise ValueError("only one element tensors can be converted to Python scalars")
        return kind(self.array.item())

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
        return self.item().__format__(spec) if self.array.ndim == 0 and type(self) is Tensor else object.__format__(self, spec)

    @property
    def __cuda_array_interface__(self):
        return self.array.__cuda_array_interface__


def wrap(array) -> Tensor:
    """A tensor around an array: no copy, no graph, version 0. NumPy's scalars become arrays of no dimension."""
    t = new(Tensor)
    t.array = array if type(array) is ndarray else np.asarray(array) if isinstance(array, np.generic) else array
    t.edge = t._grad = t.view = None
    t.version = [0]
    return t


def unwrap(value):
    """The array of a tensor; anything else as it is."""
    return value.array if isinstance(value, Tensor) else value


def method(function):
    """Attach `function` to Tensor under its own name."""
    setattr(Tensor, function.__name__, function)
    return function


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
        return wrap_dim(dims.__index__(), ndim)
    wrapped = tuple([wrap_dim(d, ndim) for d in dims])
    if len(set(wrapped)) < len(wrapped):
        twice = next(d for k, d in enumerate(wrapped) if d in wrapped[:k])
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return wrapped

"""Storage: the memory behind tensors, and the copies that keep it together: pickle, copy, deepcopy.

A tensor is a window (type, offset, shape, strides) on a storage; two views of one storage are two windows on it.
So a tensor is pickled as its storage and its window, in the words of torch's own pickles:

    rebuild_tensor(storage, offset, size, stride, requires_grad, backward_hooks)

Read next: ops/strided.py for the window itself, serialization/ for files.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from . import dtype as dtypes
from . import shown
from .autograd.attributes import alias
from .device import CPU, address_of, array_module, device, device_of, memory_of, move, offset_in
from .tensor import Tensor, contiguous_strides, method, wrap

__all__ = ["UntypedStorage"]


class Numbers:
    """What both kinds of storage can be asked. `array` has one dimension; `untyped()` is the storage in bytes."""

    __slots__ = ()

    def data_ptr(self) -> int:
        """The address of the first byte; 0 where there is none."""
        return address_of(self.array) if self.array.size else 0

    def size(self) -> int:
        return self.array.size

    __len__ = size

    def nbytes(self) -> int:
        return self.untyped().array.size

    def element_size(self) -> int:
        return self.array.itemsize

    @property
    def device(self) -> device:
        return device_of(self.array)

    def tolist(self) -> list:
        return self.array.tolist()

    def __getitem__(self, index: int):
        if not -self.array.size <= index < self.array.size:
            raise IndexError(f"index {index} out of range for storage of size {self.array.size}")
        return self.array[index].item()

    def __setitem__(self, index, value) -> None:
        self.array[index] = value

    def resize_(self, size: int) -> None:
        raise NotImplementedError("resize_: NumPy's memory cannot grow under the arrays that look at it")

    def __repr__(self) -> str:
        numbers = "".join([f" {value}\n" for value in self.tolist()])
        return f"{numbers}[{shown.package}.storage.{type(self).__name__}({self.about()}) of size {len(self)}]"


class UntypedStorage(Numbers):
    """The bytes that tensors are windows on.  https://pytorch.org/docs/stable/storage.html

    `UntypedStorage(n)` has n bytes, `UntypedStorage([1, 2, 3])` these.
    """

    __slots__ = ("array",)

    def __init__(self, source: int | Sequence[int] = 0):
        self.array = np.zeros(source, np.uint8) if isinstance(source, int) else np.array(source, np.uint8)

    @classmethod
    def on(cls, memory) -> UntypedStorage:
        """The storage that is all of an array, whatever its type and the order of its dimensions."""
        storage = object.__new__(cls)
        storage.array = memory.ravel("K").view(np.uint8)
        return storage

    def untyped(self) -> UntypedStorage:
        return self

    def __getitem__(self, index):
        """One byte, or a storage that shares a part of the memory."""
        if not isinstance(index, slice):
            return super().__getitem__(index)
        part = self.array[index]  # through memoryview, or NumPy would name the whole as what holds its memory
        return UntypedStorage.on(np.asarray(memoryview(part)) if isinstance(part, np.ndarray) else part)

    def __eq__(self, other) -> bool:
        """Whether both are the same memory."""
        return isinstance(other, UntypedStorage) and (self is other or (
            self.nbytes() > 0 and (self.data_ptr(), self.nbytes()) == (other.data_ptr(), other.nbytes())))

    def __hash__(self) -> int:
        return hash((self.data_ptr() or id(self), self.nbytes()))

    def clone(self) -> UntypedStorage:
        return UntypedStorage.on(self.array.copy())

    def to(self, where: str | device) -> UntypedStorage:
        """This storage where it is there already, a copy of it on that device otherwise."""
        array = move(self.array, device(where))
        return self if array is self.array else UntypedStorage.on(array)

    def cpu(self) -> UntypedStorage:
        return self.to(CPU)

    def cuda(self, index: int | None = None) -> UntypedStorage:
        return self.to(device("cuda", index))

    def about(self) -> str:
        return f"device={self.device}"

    def __deepcopy__(self, memo: dict) -> UntypedStorage:
        """A copy, one for each memory in one deepcopy: what shared memory shares it afterwards."""
        copies = memo.setdefault("minitorch storages", {})
        if self not in copies:
            copies[self] = self.clone()
        return copies[self]

    def __reduce_ex__(self, protocol):
        return UntypedStorage.on, (self.cpu().array,)


class TypedStorage(Numbers):
    """A storage and the type its bytes are read in: what torch's pickles refer to."""

    __slots__ = ("storage", "dtype")

    def __init__(self, storage: UntypedStorage, dtype: dtypes.dtype):
        self.storage, self.dtype = storage, dtype

    @property
    def array(self):
        """The bytes as numbers, as many as there are whole ones."""
        whole = self.storage.array.size // self.dtype.itemsize * self.dtype.itemsize
        return self.storage.array[:whole].view(self.dtype.numpy)

    def untyped(self) -> UntypedStorage:
        return self.storage

    def __getitem__(self, index: int):
        if isinstance(index, slice):
            raise RuntimeError("slices are only supported in UntypedStorage.__getitem__")
        return super().__getitem__(index)

    def clone(self) -> TypedStorage:
        return TypedStorage(self.storage.clone(), self.dtype)

    def about(self) -> str:
        return f"dtype={self.dtype}, device={self.device}"

    def __deepcopy__(self, memo: dict) -> TypedStorage:
        return TypedStorage(copy.deepcopy(self.storage, memo), self.dtype)

    def __reduce_ex__(self, protocol):
        return TypedStorage, (self.storage, self.dtype)


# ---------------------------------------------------------------- a tensor and its storage


def window_of(x: Tensor) -> tuple:
    """(storage, offset, size, stride), in elements. Of memory that has gaps or is CuPy's, a dense copy of the part."""
    array = x.array
    memory = memory_of(array)
    storage = UntypedStorage.on(memory)
    if isinstance(array, np.ndarray) and np.may_share_memory(storage.array, memory):
        return storage, offset_in(memory, array) // array.itemsize, array.shape, x.stride()
    xp = array_module(array)
    return UntypedStorage.on(xp.ascontiguousarray(array)), 0, array.shape, contiguous_strides(array.shape)


@method
def untyped_storage(self: Tensor) -> UntypedStorage:
    """The memory that this tensor and its views share.

    https://pytorch.org/docs/stable/generated/torch.Tensor.untyped_storage.html
    """
    return window_of(self)[0]


@method
def storage(self: Tensor) -> TypedStorage:
    """The memory that this tensor and its views share, in its type; torch would rather have `untyped_storage`."""
    return TypedStorage(self.untyped_storage(), self.dtype)


# ---------------------------------------------------------------- pickle and copy

# Types that torch's old storage classes have no name for: their tensors name the type themselves.
UNNAMED = frozenset({"uint16", "uint32", "uint64"})


def parts(x: Tensor) -> tuple:
    """(what makes this tensor again, its arguments), without the class and attributes."""
    memory, *window = window_of(x)
    rest = (*window, x.requires_grad, OrderedDict())
    if x.dtype.name in UNNAMED:
        return rebuild_tensor_v3, (memory, *rest, x.dtype)
    return rebuild_tensor, (TypedStorage(memory, x.dtype), *rest)


def rebuild_tensor(storage: TypedStorage, offset: int, size: tuple, stride: tuple, requires_grad: bool,
                   backward_hooks, metadata: dict | None = None) -> Tensor:
    """What a pickle calls to make a tensor: a window, checked against the storage."""
    if not isinstance(storage, TypedStorage):
        raise TypeError(f"rebuild_tensor: expected a storage, not {type(storage).__name__}")
    if backward_hooks:
        raise NotImplementedError("rebuild_tensor: backward_hooks")
    t = alias(wrap(storage.array).as_strided(size, stride, offset))
    for bit, is_set in (metadata or {}).items():
        if bit not in ("conj", "neg"):
            raise NotImplementedError(f"rebuild_tensor: metadata {bit}")
        t = wrap(t.array.conj() if bit == "conj" else -t.array) if is_set else t
    return t.requires_grad_(bool(requires_grad))


def rebuild_tensor_v1(storage: TypedStorage, offset: int, size: tuple, stride: tuple) -> Tensor:
    """`rebuild_tensor` as old files have it."""
    return rebuild_tensor(storage, offset, size, stride, False, None)


def rebuild_tensor_v3(storage, offset: int, size: tuple, stride: tuple, requires_grad: bool, backward_hooks,
                      dtype: dtypes.dtype, metadata: dict | None = None) -> Tensor:
    """`rebuild_tensor` for types without a storage class of their own."""
    return rebuild_tensor(TypedStorage(storage.untyped(), dtype), offset, size, stride, requires_grad, backward_hooks,
                          metadata)


def rebuild_from_type(make, cls: type, args: tuple, state: dict) -> Tensor:
    """make(*args) as an object of class `cls` with the attributes in `state`."""
    return with_state(as_class(make(*args), cls), state)


def as_class(t: Tensor, cls: type) -> Tensor:
    """The leaf `t` as an object of another class."""
    return t if type(t) is cls else alias(t, cls).requires_grad_(t.requires_grad)


def with_state(t: Tensor, state: dict) -> Tensor:
    """The tensor with these attributes."""
    if hasattr(t, "__setstate__"):
        t.__setstate__(state)
        return t
    if type(state) is not dict:
        raise TypeError(f"Expected a tensor's attributes as a dict, not {type(state).__name__}")
    t.__dict__.update(state)
    return t


@method
def __reduce_ex__(self: Tensor, protocol):
    """A pickle holds the storage, the window, `requires_grad`, class and attributes; the graph and `.grad` stay."""
    make, args = parts(self)
    if type(self) is Tensor and not self.__dict__:
        return make, args
    return rebuild_from_type, (make, type(self), args, self.__dict__)


@method
def __deepcopy__(self: Tensor, memo: dict) -> Tensor:
    """A leaf like this one with its gradient and attributes; what shared memory shares its copy."""
    if not self.is_leaf:
        raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol "
                           "at the moment.  If you were attempting to deepcopy a module, this may be because of a "
                           "minitorch.nn.utils.weight_norm usage, see https://github.com/pytorch/pytorch/pull/103001")
    if id(self) not in memo:
        make, (memory, *rest) = parts(self)
        memo[id(self)] = t = as_class(make(copy.deepcopy(memory, memo), *rest), type(self))
        t._grad = None if self._grad is None else copy.deepcopy(self._grad, memo)
        t.__dict__.update(copy.deepcopy(self.__dict__, memo))
    return memo[id(self)]

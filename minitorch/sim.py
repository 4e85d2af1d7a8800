"""The arrays of the simulated GPU, device "sim": NumPy's, behind the manners of CuPy's.

Defines `SimArray` and `xp`, which stands where `numpy` or `cupy` stands in the body of an operation. An array of this
kind never becomes a NumPy array by itself, meets none in an operation, and has no dimension fewer than CuPy would give
it: what runs here asks nothing of CuPy that CuPy refuses. Arithmetic is NumPy's; kernels run in the simulator.
Read next: device.py, kernels/simulator/README.md.
"""

from __future__ import annotations

import functools
import operator
import types

import numpy as np

# What CuPy's arrays have, and minitorch asks of an array.
ATTRIBUTES = frozenset("""
    T all any argmax argmin argpartition argsort astype base clip compress conj conjugate copy cumprod cumsum data
    diagonal dot dtype fill flags flatten imag itemsize mT max mean min nbytes ndim nonzero partition prod put ravel
    real repeat reshape round searchsorted shape size sort squeeze std strides sum swapaxes take tobytes trace
    transpose var view
    """.split())
REFUSED = ("a NumPy array meets one of the device 'sim': move one of them; x.get() copies to the host, "
           "xp.asarray(x) to the device")


class SimArray:
    """An array in the simulated GPU's memory; `host` is the NumPy array that it is made of."""

    __slots__ = ("host",)
    __array_ufunc__ = None  # NumPy's operators leave theirs to ours, which refuse
    __hash__ = None

    def __init__(self, host: np.ndarray):
        self.host = host

    def get(self) -> np.ndarray:
        """A copy on the host."""
        return self.host.copy()

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` to construct a NumPy "
                        "array explicitly.")

    def __getattr__(self, name: str):
        if name not in ATTRIBUTES:
            raise AttributeError(f"arrays of the device 'sim' have no {name!r}")
        value = getattr(self.host, name)
        return wrapped(value) if callable(value) else to_device(value)

    def item(self, *index):
        return self.host.item(*index)

    def tolist(self):
        return self.host.tolist()

    def __len__(self) -> int:
        return len(self.host)

    def __iter__(self):
        return map(to_device, self.host)

    def __bool__(self) -> bool:
        return bool(self.host)

    def __int__(self) -> int:
        return int(self.host)

    def __float__(self) -> float:
        return float(self.host)

    def __complex__(self) -> complex:
        return complex(self.host)

    def __index__(self) -> int:
        return operator.index(self.host)

    def __getitem__(self, index):
        return to_device(self.host[to_host(index)])

    def __setitem__(self, index, value) -> None:
        self.host[to_host(index)] = to_host(value)

    def __repr__(self) -> str:
        return f"SimArray({self.host!r})"

    def __copy__(self) -> SimArray:
        return SimArray(self.host.copy())

    def __deepcopy__(self, memo) -> SimArray:
        return SimArray(self.host.copy())

    def __reduce__(self):
        return SimArray, (self.host,)


def to_host(value):
    """The NumPy arrays under a function's argument; a bare one is refused."""
    if isinstance(value, SimArray):
        return value.host
    if isinstance(value, np.ndarray):
        raise TypeError(REFUSED)
    if type(value) in (tuple, list):
        return type(value)(map(to_host, value))
    return value


def to_device(value):
    """A function's result as the device has it: where NumPy returns a scalar, CuPy returns an array of no dimension."""
    if isinstance(value, (np.ndarray, np.generic)):
        return SimArray(np.asarray(value))
    if isinstance(value, (tuple, list)) and any(isinstance(v, (np.ndarray, np.generic)) for v in value):
        parts = map(to_device, value)
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def wrapped(function):
    """A function of NumPy's on arrays of the device."""
    def on_device(*args, **kwargs):
        return to_device(function(*map(to_host, args), **{name: to_host(value) for name, value in kwargs.items()}))

    return on_device


def attach_operators() -> None:
    """Python's operators, on arrays of the device and numbers."""
    for name in ("add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift lt le gt ge eq ne neg pos abs "
                 "invert").split():
        attach(name.rstrip("_"), getattr(operator, name))
    for name in "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift".split():
        attach_swapped(name.rstrip("_"), getattr(operator, name))
        attach_in_place(name.rstrip("_"), getattr(operator, "i" + name.rstrip("_")))


def attach(name: str, function) -> None:
    setattr(SimArray, f"__{name}__", lambda self, *others: to_device(function(self.host, *map(to_host, others))))


def attach_swapped(name: str, function) -> None:
    setattr(SimArray, f"__r{name}__", lambda self, other: to_device(function(to_host(other), self.host)))


def attach_in_place(name: str, function) -> None:
    def call(self, other):
        self.host = function(self.host, to_host(other))
        return self

    setattr(SimArray, f"__i{name}__", call)


attach_operators()


class Ufunc:
    """A ufunc with the methods that CuPy's have."""

    def __init__(self, ufunc: np.ufunc):
        self.ufunc = ufunc
        self.at, self.reduce, self.reduceat, self.accumulate, self.outer = map(
            wrapped, (ufunc.at, ufunc.reduce, ufunc.reduceat, ufunc.accumulate, ufunc.outer))

    def __call__(self, *args, **kwargs):
        out = kwargs.get("out")
        result = wrapped(self.ufunc)(*args, **kwargs)
        return result if out is None else out


class Module:
    """numpy, or a part of it, for arrays of the device."""

    def __init__(self, module: types.ModuleType):
        self._module = module

    def __getattr__(self, name: str):
        value = getattr(self._module, name)
        if isinstance(value, types.ModuleType):
            value = Module(value)
        elif isinstance(value, np.ufunc):
            value = Ufunc(value)
        elif callable(value) and not isinstance(value, type):
            value = wrapped(value)
        setattr(self, name, value)  # the next time it is found without __getattr__
        return value

    # The way from the host to the device, which is never taken silently.

    @functools.wraps(np.asarray)
    def asarray(self, value, *args, **kwargs) -> SimArray:
        return SimArray(np.asarray(up(value), *args, **kwargs))

    @functools.wraps(np.array)
    def array(self, value, *args, **kwargs) -> SimArray:
        return SimArray(np.array(up(value), *args, **kwargs))

    @functools.wraps(np.ascontiguousarray)
    def ascontiguousarray(self, value, *args, **kwargs) -> SimArray:
        return SimArray(np.ascontiguousarray(up(value), *args, **kwargs))

    # Memory that nobody has written holds NaN: a kernel that leaves out an element is seen.

    def empty(self, shape, dtype=float, order="C") -> SimArray:
        return unwritten(np.empty(shape, dtype, order))

    def empty_like(self, value, *args, **kwargs) -> SimArray:
        return unwritten(np.empty_like(to_host(value), *args, **kwargs))

    def asnumpy(self, value) -> np.ndarray:
        return value.get() if isinstance(value, SimArray) else np.asarray(value)


def unwritten(host: np.ndarray) -> SimArray:
    if host.dtype.kind in "fc":
        host.fill(np.nan)
    return SimArray(host)


def up(value):
    """What may be brought to the device: its own arrays, those of the host, and lists."""
    return value if isinstance(value, np.ndarray) else to_host(value)


xp = Module(np)
ndarray = SimArray

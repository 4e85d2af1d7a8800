"""Devices: which array module (NumPy, CuPy, or the simulated GPU's) an array belongs to, and the way between them.

Defines `device`, `array_module`, `device_of`, `move`, `window`, `common_device`. Every backend quirk lives here.
Nothing of CUDA is imported before a CUDA device is named.  Read next: tensor.py.
"""

from __future__ import annotations

import importlib
import sys
import warnings

import numpy as np

from . import sim

# torch stays silent where NumPy warns (0/0, overflow to inf, log of 0). The filter speaks of minitorch's own
# modules only: the user's NumPy warns as before. (np.errstate around each op would cost 0.9 us a call.)
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minitorch\.")


class device:  # noqa: N801 (torch's name)
    """Where a tensor's memory is: `device("cpu")`, `device("cuda")`, `device("cuda", 1)`, `device("cuda:1")`.

    `device("sim")` is a GPU that everyone has: its kernels run in the simulator of kernels/simulator.
    """

    __slots__ = ("type", "index")

    def __init__(self, type: str | int | device, index: int | None = None):
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, int):
            type, index = "cuda", type
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' (position 1) must be str, not {type.__class__.__name__}")
        name, colon, number = type.partition(":")
        if colon:
            if index is not None:
                raise RuntimeError("type (string) must not include an index because index was passed explicitly: "
                                   f"{type}")
            if not number.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}'")
            index = int(number)
        if name not in ("cpu", "cuda", "sim"):
            raise RuntimeError(f"Expected one of cpu, cuda, sim device type at start of device string: {name}")
        self.type, self.index = name, index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self):
        return device, (str(self),)

    def __enter__(self) -> device:
        _defaults.append(self)
        return self

    def __exit__(self, *exception) -> None:
        _defaults.pop()


CPU, SIM = device("cpu"), device("sim", 0)
_defaults = [CPU]  # where new tensors go, and where each `with device(...)` inside sends them


def get_default_device() -> device:
    """Where tensors are made if nothing is said."""
    return _defaults[-1]


def set_default_device(device: device | str | int | None) -> None:
    """Make new tensors here; None: on the CPU.

    https://pytorch.org/docs/stable/generated/torch.set_default_device.html
    """
    _defaults[-1] = CPU if device is None else device_class(device)


NOT_COMPILED = "Torch not compiled with CUDA enabled"  # torch's words for a machine without a GPU; the cause follows
device_class = device  # `device` is an argument of set_default_device


def cupy():
    """The CuPy module, or a clear error where there is none."""
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        why = RuntimeError("device 'cuda' needs CuPy: pip install cupy-cuda12x or cupy-cuda13x")
        why.__cause__ = error
        raise AssertionError(NOT_COMPILED) from why


def cuda_is_available() -> bool:
    """Whether CuPy is installed and finds a GPU."""
    try:
        return importlib.import_module("cupy").cuda.runtime.getDeviceCount() > 0
    except Exception:  # CuPy raises its own error types for a missing driver
        return False


def is_array(value) -> bool:
    """Whether `value` is an array of a backend that is loaded."""
    return isinstance(value, (np.ndarray, sim.SimArray)) or (
        "cupy" in sys.modules and isinstance(value, sys.modules["cupy"].ndarray))


def array_module(array):
    """numpy, cupy or sim.xp: the module whose functions take this array."""
    if isinstance(array, (np.ndarray, np.generic)):
        return np
    return sim.xp if isinstance(array, sim.SimArray) else cupy()


def device_of(array) -> device:
    if isinstance(array, (np.ndarray, np.generic)):
        return CPU
    return SIM if isinstance(array, sim.SimArray) else device("cuda", array.device.id)


def module_of(where: device):
    """numpy, cupy or sim.xp, for making new arrays on a device."""
    return np if where.type == "cpu" else sim.xp if where.type == "sim" else cupy()


def move(array, where: device):
    """The array on device `where`; the same array if it is there already."""
    if where.type == "cpu":
        return array if isinstance(array, np.ndarray) else array.get()
    if where.type == "sim":
        return array if isinstance(array, sim.SimArray) else sim.SimArray(
            array.copy() if isinstance(array, np.ndarray) else array.get())
    xp = cupy()
    with xp.cuda.Device(where.index or 0):
        return xp.asarray(array.host if isinstance(array, sim.SimArray) else array)


def memory_of(array) -> np.ndarray:
    """The array that owns the memory `array` is a view of."""
    if isinstance(array, sim.SimArray):
        return sim.SimArray(memory_of(array.host))
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def offset_in(memory, array) -> int:
    """How many bytes of `memory` lie before the first element of `array`, a view of it."""
    return 0 if array is memory else address_of(array) - address_of(memory)


def address_of(array) -> int:
    if isinstance(array, sim.SimArray):
        array = array.host
    return array.ctypes.data if isinstance(array, np.ndarray) else array.data.ptr


def window(array, shape: tuple, strides: tuple, offset: int = 0):
    """The memory of `array` under any shape and strides, from `offset` (in bytes) after its first element on.

    The caller has made sure that this stays inside that memory.
    """
    if isinstance(array, sim.SimArray):
        return sim.SimArray(window(array.host, shape, strides, offset))
    if not isinstance(array, np.ndarray):
        return cupy().ndarray(shape, array.dtype, array.data + offset, strides)
    memory = memory_of(array)
    if not memory.flags.c_contiguous:  # of another order of dimensions, or with gaps
        memory = memory.transpose(sorted(range(memory.ndim), key=lambda d: -memory.strides[d]))
    if memory.flags.c_contiguous:
        return np.ndarray(shape, array.dtype, memory, offset_in(memory, array) + offset, strides)
    if offset:
        raise NotImplementedError("as_strided: memory with gaps, from outside minitorch")
    return np.lib.stride_tricks.as_strided(array, shape, strides)


def common_device(arrays):
    """(array module, arrays) of operands that must meet; CPU tensors of no dimension follow the GPU, as in torch."""
    places = {device_of(a): None for a in arrays if is_array(a) and (a.ndim or not isinstance(a, np.ndarray))}
    if len(places) > 1:
        first, second, *_ = sorted(map(str, places), reverse=True)
        raise RuntimeError("Expected all tensors to be on the same device, but found at least two devices, "
                           f"{first} and {second}! Move one of them: x.to('{first}')")
    where = next(iter(places), CPU)
    return module_of(where), [move(a, where) if is_array(a) else a for a in arrays]

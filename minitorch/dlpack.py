"""DLPack: tensors from and to other libraries, without a copy.

NumPy and CuPy speak the protocol; here a tensor's array is handed on, or an array becomes a tensor.
https://dmlc.github.io/dlpack/latest/python_spec.html
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from .device import cupy
from .ops.create import from_numpy
from .tensor import Tensor, method, wrap

__all__ = ["from_dlpack", "to_dlpack"]

CPU, CUDA = 1, 2  # how DLPack numbers the kinds of devices


@method
def __dlpack_device__(self: Tensor) -> tuple[int, int]:
    """The kind of device the memory is on, and its number."""
    return self.array.__dlpack_device__()


@method
def __dlpack__(self: Tensor, *, stream=-1, max_version=None, dl_device=None, copy: bool | None = None):
    """A capsule that lends this tensor's memory to another library."""
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    if self.is_cpu and stream not in (None, -1):
        raise AssertionError("stream should be None on cpu.")
    return self.array.__dlpack__(stream=None if stream == -1 else stream, max_version=max_version,
                                 dl_device=dl_device, copy=copy)


class Lender:
    """A bare capsule, which once was what libraries exchanged, as an object that has one to give."""

    def __init__(self, capsule):
        self.capsule = capsule

    def __dlpack__(self, **asked):
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return CPU, 0


def writable(array: np.ndarray) -> np.ndarray:
    """The array, open to writes: NumPy closes memory that comes in a capsule of the old kind, torch does not."""
    facts = array.__array_interface__
    return np.asarray(SimpleNamespace(owner=array, __array_interface__={**facts, "data": (facts["data"][0], False)}))


def to_dlpack(tensor: Tensor):
    """A capsule with the memory of `tensor`, for a library's `from_dlpack`; it can be used once.

    https://pytorch.org/docs/stable/dlpack.html
    """
    return tensor.detach().__dlpack__()


def from_dlpack(ext_tensor, *, device=None, copy: bool | None = None) -> Tensor:
    """A tensor on the memory of another library's array, or on that of a capsule.

    https://pytorch.org/docs/stable/generated/torch.from_dlpack.html
    """
    bare = type(ext_tensor).__name__ == "PyCapsule"
    lender = Lender(ext_tensor) if bare else ext_tensor
    if not hasattr(lender, "__dlpack__"):
        raise RuntimeError("from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only "
                           "once, so you might have already constructed a tensor from it once.")
    if lender.__dlpack_device__()[0] == CUDA:
        lent = wrap(cupy().from_dlpack(lender))
    else:
        array = np.from_dlpack(lender)
        lent = from_numpy(writable(array) if bare else array)
    made = lent if device is None else lent.to(device)
    if made is not lent and copy is False:
        raise ValueError(f"from_dlpack: to get from {lent.device} to {made.device} takes a copy, and copy=False")
    return made.clone() if made is lent and copy else made

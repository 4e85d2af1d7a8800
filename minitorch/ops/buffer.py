"""Tensors over memory that is there already, or laid out to order: frombuffer, from_file, empty_permuted.

Read next: create.py, for all other new tensors; storage.py, for the memory itself.
"""

from __future__ import annotations

import os

import numpy as np

from ..device import CPU
from ..dtype import default
from ..tensor import Tensor
from .create import checked_array, empty, made, place, sizes, warn_read_only

__all__: list[str] = ["empty_permuted", "from_file", "frombuffer"]


def frombuffer(buffer, *, dtype, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A vector over the memory of an object with Python's buffer protocol, from byte `offset` on; -1: all there is.

    https://pytorch.org/docs/stable/generated/torch.frombuffer.html
    """
    kind = place("frombuffer", None, dtype)[2]
    try:
        length = memoryview(buffer).nbytes
    except TypeError:
        raise ValueError("object does not implement Python buffer protocol.") from None
    size = kind.itemsize
    if length == 0 or count == 0:
        raise ValueError(f"both buffer length ({length}) and count ({count}) must not be 0")
    if not 0 <= offset < length:
        raise ValueError(f"offset ({offset} bytes) must be non-negative and no greater than buffer length "
                         f"({length} bytes) minus 1")
    if count > 0 and offset + count * size > length:
        raise ValueError(f"requested buffer length ({count} * {size} bytes) after offset ({offset} bytes) must not be "
                         f"greater than actual buffer length ({length} bytes)")
    if count < 0 and (length - offset) % size:
        raise ValueError(f"buffer length ({length - offset} bytes) after offset ({offset} bytes) must be a multiple "
                         f"of element size ({size})")
    array = np.frombuffer(buffer, kind, count if count > 0 else -1, offset)
    return made(warn_read_only(checked_array(array)), requires_grad)


def from_file(filename: str, shared: bool | None = None, size: int = 0, *, dtype=None, layout=None, device=None,
              pin_memory: bool = False) -> Tensor:
    """A vector of `size` elements over a file mapped into memory; `shared`: what is written to it goes to the file.

    A shared file is made, or made longer, where it is too short.
    https://pytorch.org/docs/stable/generated/torch.from_file.html
    """
    _, where, dtype = place("from_file", device, dtype, layout)
    if where != CPU:
        raise NotImplementedError("from_file: device")
    kind = np.dtype(default() if dtype is None else dtype)
    if size == 0:
        return made(np.empty(0, kind))
    needed = size * kind.itemsize
    try:
        with open(filename, "ab" if shared else "rb") as file:
            length = os.fstat(file.fileno()).st_size
            if shared and length < needed:
                file.truncate(needed)
    except OSError as error:
        raise RuntimeError(f"unable to open file <{filename}> in {'read-write' if shared else 'read-only'} mode: "
                           f"{error.strerror} ({error.errno})") from None
    if not shared and length < needed:
        raise RuntimeError(f"file <{filename}> size <{length}> is smaller than the required mapping size <{needed}>")
    return made(checked_array(np.memmap(filename, kind, "r+" if shared else "c", shape=(size,))))


def empty_permuted(size, physical_layout, *, dtype=None, layout=None, device=None, pin_memory: bool = False,
                   requires_grad: bool = False) -> Tensor:
    """Whatever was in memory; physical_layout names the dimensions from the one of the longest stride on.

    https://pytorch.org/docs/stable/generated/torch.empty_permuted.html
    """
    size, order = sizes((), size), tuple(physical_layout)
    if len(size) != len(order):
        raise RuntimeError("Number of dimensions in size does not match the length of the physical_layout; i.e. "
                           f"len(size) = {len(size)} is not equal to len(physical_layout) = {len(order)}")
    for d in order:
        if not 0 <= d < len(size):
            raise RuntimeError(f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got {d} at "
                               f"index {order.index(d)}).  NB: negative dims not currently supported; file an issue "
                               "if you want it.")
    if len(set(order)) < len(order):
        raise RuntimeError("Duplicate dim not allowed")
    blank = empty([size[d] for d in order], dtype=dtype, layout=layout, device=device, pin_memory=pin_memory)
    return made(blank.array.transpose(np.argsort(order).tolist()), requires_grad)

"""A matrix as Hopper's copying unit (TMA) sees it: where it is, how large, and what box of it a load brings.

Defines `TensorMap`, the argument for a kernel's parameter of type CUtensorMap.
https://docs.nvidia.com/cuda/cuda-driver-api/group__CUDA__TENSOR__MEMORY.html
"""

from __future__ import annotations

import ctypes
import sys

import numpy as np

SIMULATED = np.dtype({  # struct CUtensorMap of simulator/hopper.h
    "names": ["base", "columns", "rows", "pitch", "box_columns", "box_rows", "bytes"],
    "formats": ["u8", "i8", "i8", "i8", "i4", "i4", "i4"], "offsets": [0, 8, 16, 24, 32, 36, 40], "itemsize": 64})
DRIVERS_TYPES = {"uint8": 0, "uint16": 1, "uint32": 2, "int32": 3, "float16": 6, "float32": 7}  # CUtensorMapDataType
SWIZZLE_128, L2_PROMOTION_128 = 3, 2  # of CUtensorMapSwizzle, CUtensorMapL2promotion
BOX_BYTES = 128  # of a row of the box: what the 128-byte swizzle is made for


class TensorMap:
    """The matrix `array`, of which loads bring boxes of `box` = (rows, columns); outside of it lie zeros."""

    def __init__(self, array, box: tuple[int, int]):
        rows, columns = box
        if array.ndim != 2 or array.strides[1] != array.itemsize or array.strides[0] % 16:
            raise ValueError("TensorMap: the array must be a matrix of contiguous rows, a multiple of 16 bytes apart; "
                             f"it has shape {array.shape} and strides {array.strides}")
        if columns * array.itemsize != BOX_BYTES or not 0 < rows <= 256:
            raise ValueError(f"TensorMap: a box has up to 256 rows of {BOX_BYTES} bytes, not {rows} of "
                             f"{columns * array.itemsize}")
        self.array, self.box = array, box

    def simulated(self) -> np.void:
        """What simulator/hopper.h calls CUtensorMap."""
        host, (rows, columns) = self.array.host, self.box
        return np.array((host.ctypes.data, host.shape[1], host.shape[0], host.strides[0], columns, rows,
                         host.itemsize), SIMULATED)[()]

    def on_gpu(self) -> np.void:
        """The driver's own form of it, 128 bytes that nobody may look into."""
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
        memory = (ctypes.c_char * 192)()
        start = -ctypes.addressof(memory) % 64
        array, (rows, columns) = self.array, self.box
        result = driver.cuTensorMapEncodeTiled(
            ctypes.byref(memory, start), DRIVERS_TYPES[array.dtype.name], 2, ctypes.c_void_p(array.data.ptr),
            (ctypes.c_uint64 * 2)(array.shape[1], array.shape[0]), (ctypes.c_uint64 * 1)(array.strides[0]),
            (ctypes.c_uint32 * 2)(columns, rows), (ctypes.c_uint32 * 2)(1, 1), 0, SWIZZLE_128, L2_PROMOTION_128, 0)
        if result:
            raise RuntimeError(f"cuTensorMapEncodeTiled: error {result}")
        return np.frombuffer(bytes(memory[start: start + 128]), "V128")[0]

"""One call for the GPU and the simulator: kernel("matmul.cu", "matmul_tiled")(grid, block, (a, b, c, m, n, k)).

Defines `kernel`, `Kernel`, `strided`, `ceil_div`. The arguments are checked against the kernel's own signature before
anything is compiled or launched: a wrong one is named, with what came and what was expected.
"""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path

import numpy as np

from minitorch import sim

from . import nvrtc, simulator
from .source import Parameter, Source, source
from .tensor_map import TensorMap

C_NUMBERS = {"f4": ctypes.c_float, "f8": ctypes.c_double, "b1": ctypes.c_bool, "i1": ctypes.c_int8,
             "i4": ctypes.c_int32, "u4": ctypes.c_uint32, "i8": ctypes.c_int64, "u8": ctypes.c_uint64}
MOST_THREADS, MOST_SHARED = 1024, 227 << 10  # of a block: threads, bytes of shared memory (Hopper)
GRID_LIMITS, BLOCK_LIMITS = (2**31 - 1, 65535, 65535), (1024, 1024, 64)


def ceil_div(n: int, size: int) -> int:
    """How many parts of `size` cover n."""
    return -(-n // size)


class strided:  # noqa: N801 (reads as a word before an argument)
    """An argument whose strides the launch passes by hand: it need not be contiguous."""

    def __init__(self, array):
        self.array = array


class Kernel:
    """A kernel of a .cu file, compiled when it is first launched, for each place it is launched on."""

    def __init__(self, source: Source, name: str, defines: tuple):
        self.source, self.name, self.defines = source, name, defines
        self.parameters = source.parameters(name)
        self.on_gpu = functools.cache(self._on_gpu)
        self.simulated = functools.cache(lambda mode: simulator.Program(source, name, mode, defines))

    def __repr__(self) -> str:
        return f"kernel({self.source.path.name!r}, {self.name!r})"

    def __call__(self, grid, block, args: tuple, shared_bytes: int = 0) -> None:
        """Launch: `grid` blocks of `block` threads (an int or up to three), `args` in the order of the C parameters.

        shared_bytes    of dynamic shared memory, what `extern __shared__` names
        """
        grid, block = self.extent("grid", grid, GRID_LIMITS), self.extent("block", block, BLOCK_LIMITS)
        if block[0] * block[1] * block[2] > MOST_THREADS:
            raise ValueError(f"{self}: a block of {block} has more than {MOST_THREADS} threads")
        if not 0 <= shared_bytes <= MOST_SHARED:
            raise ValueError(f"{self}: {shared_bytes} bytes of shared memory; a block can have {MOST_SHARED}")
        if len(args) != len(self.parameters):
            raise TypeError(f"{self} takes {len(self.parameters)} arguments "
                            f"({', '.join(p.name for p in self.parameters)}), not {len(args)}")
        args = [self.pointer(k, p, a) if p.pointer else self.number(k, p, a)
                for k, (p, a) in enumerate(zip(self.parameters, args), 1)]
        arrays = [a.array if isinstance(a, TensorMap) else a for p, a in zip(self.parameters, args)
                  if p.pointer or isinstance(a, TensorMap)]
        places = {type(a) for a in arrays if a is not None}
        if len(places) > 1:
            raise TypeError(f"{self}: arrays of one place, please, not of {' and '.join(t.__module__ for t in places)}")
        if sim.SimArray in places:
            self.simulate(grid, block, args, shared_bytes)
        else:
            # CuPy has no other word for a null pointer
            args = tuple(np.uint64(0) if a is None else a.on_gpu() if isinstance(a, TensorMap) else a for a in args)
            self.on_gpu(current_arch(self.source), shared_bytes)(grid, block, args, shared_mem=shared_bytes)

    def extent(self, what: str, given, limits: tuple) -> tuple:
        given = (given,) if isinstance(given, int) else tuple(given)
        full = (*given, 1, 1, 1)[:3]
        if len(given) > 3 or not all(isinstance(n, int) and 0 < n <= limit for n, limit in zip(full, limits)):
            raise ValueError(f"{self}: {what} must be up to three whole numbers from 1 to {limits}, not {given}")
        return full

    def refuse(self, position: int, parameter: Parameter, expected: str, came: str):
        raise TypeError(f"{self}: argument {position}, '{parameter.name}', must be {expected}, not {came}")

    def pointer(self, position: int, parameter: Parameter, array):
        """The array behind a pointer, of the right dtype, contiguous unless it is `strided`; None is a null pointer."""
        if array is None:
            return None
        free = isinstance(array, strided)
        array = array.array if free else array
        if isinstance(array, np.ndarray) or not hasattr(array, "dtype"):
            self.refuse(position, parameter, "an array on the GPU or the simulator",
                        "a NumPy array" if isinstance(array, np.ndarray) else type(array).__name__)
        dtype = parameter.dtype(dict(self.defines))
        if array.dtype != dtype:
            self.refuse(position, parameter, f"of {dtype}", str(array.dtype))
        if not free and not array.flags.c_contiguous:
            self.refuse(position, parameter, "contiguous", f"of strides {array.strides}")
        return array

    def number(self, position: int, parameter: Parameter, value):
        """A number as the C type has it: Python's int would travel as 64 bits. A struct comes as NumPy's."""
        if isinstance(value, (np.void, TensorMap)):
            return value
        dtype = parameter.dtype(dict(self.defines))
        if isinstance(value, np.generic):
            value = value.item()
        if not isinstance(value, (bool, int) if dtype.kind in "biu" else (bool, int, float)):
            self.refuse(position, parameter, f"a number of type {parameter.type}", type(value).__name__)
        if dtype.kind in "iu" and not np.iinfo(dtype).min <= value <= np.iinfo(dtype).max:
            self.refuse(position, parameter, f"within {parameter.type}", str(value))
        return dtype.type(value)

    def simulate(self, grid: tuple, block: tuple, args: list, shared_bytes: int) -> None:
        values = [ctypes.c_void_p() if a is None else None if p.pointer else as_c(a)
                  for p, a in zip(self.parameters, args)]
        pointers = [(p.name, a.host, not p.const) for p, a in zip(self.parameters, args)
                    if p.pointer and a is not None]
        self.simulated(simulator.settings.mode).launch(values, pointers, grid, block, shared_bytes)

    def _on_gpu(self, arch: str, shared_bytes: int):
        """The kernel on the GPU: machine code through NVRTC, loaded by CuPy."""
        import cupy  # here alone: without a GPU nothing of CUDA is imported

        cubin = nvrtc.compile(self.source, self.name, arch, self.defines)
        function = cupy.RawModule(path=str(cubin.path)).get_function(cubin.symbol)
        if shared_bytes > 48 << 10:  # more than that is given only to those who ask
            function.max_dynamic_shared_size_bytes = shared_bytes
        return function


def as_c(value: np.generic):
    """A number or a struct as ctypes has it, a struct at an address that is a multiple of 64."""
    if isinstance(value, TensorMap):
        value = value.simulated()
    if isinstance(value, np.void):
        memory = bytearray(value.itemsize + 64)
        start = -ctypes.addressof((ctypes.c_char * len(memory)).from_buffer(memory)) % 64
        memory[start: start + value.itemsize] = value.tobytes()
        return (ctypes.c_char * value.itemsize).from_buffer(memory, start)
    return C_NUMBERS[value.dtype.str[1:]](value.item())


def current_arch(source: Source) -> str:
    """The architecture of the GPU in use, as the file wants it."""
    import cupy

    capability = int(cupy.cuda.Device().compute_capability)
    if capability < source.arch or (source.exact and capability != source.arch):
        raise RuntimeError(f"{source.path.name} needs a GPU of sm_{source.arch}{'a' * source.exact}, "
                           f"this is sm_{capability}")
    return f"sm_{capability}{'a' * source.exact}"


made: dict[tuple, Kernel] = {}  # every kernel that was asked for: (file, name, macros)


def kernel(file: str | Path, name: str, **defines: str | int) -> Kernel:
    """The kernel `name` ("flash<64>" of a template) of a file in kernels/, or of a path; macros by keyword."""
    key = str(file), name, tuple(sorted((key, str(text)) for key, text in defines.items()))
    if key not in made:
        made[key] = Kernel(source(key[0]), *key[1:])
    return made[key]

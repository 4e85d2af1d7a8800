"""NVIDIA's run-time compiler, called through ctypes: from a .cu file to machine code, with or without a GPU.

Defines `compile`, `Cubin`, `available`. No toolkit is needed: the wheels nvidia-cuda-nvrtc, nvidia-cuda-runtime and
nvidia-cuda-crt (for CUDA 12: with the ending -cu12, and nvidia-cuda-nvcc-cu12) hold the library and the headers.
https://docs.nvidia.com/cuda/nvrtc/
"""

from __future__ import annotations

import ctypes
import functools
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

from .cache import cached
from .source import FOLDER, Source

WHEELS = ("nvidia/cu13", "nvidia/cuda_nvrtc")  # folders in site-packages, of CUDA 13 and 12
ADVICE = "pip install nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cuda-crt"


class Cubin(NamedTuple):
    """Machine code for one architecture: its file, the kernel's name in it, and what the assembler said of it."""

    path: Path
    symbol: str
    log: str

    @property
    def resources(self) -> dict[str, int]:
        """Registers per thread; bytes of stack, spilled stores and loads, and static shared memory."""
        patterns = {"registers": r"Used (\d+) registers", "stack": r"(\d+) bytes stack frame",
                    "spilled stores": r"(\d+) bytes spill stores", "spilled loads": r"(\d+) bytes spill loads",
                    "shared": r"(\d+) bytes smem"}
        # Of the kernel's own entry, not of another in the same file
        entry = self.log.partition(f"entry function '{self.symbol}'")[2].partition("entry function")[0]
        found = {name: re.search(pattern, entry) for name, pattern in patterns.items()}
        return {name: int(match[1]) if match else 0 for name, match in found.items()}


@functools.cache
def library():
    """(the library, its folders of headers), from the wheels or from an installed toolkit."""
    endings = {"win32": ("bin", "nvrtc64_*.dll", "nvrtc-builtins64_*.dll")}
    sub, main, builtins = endings.get(sys.platform, ("lib", "libnvrtc.so.*", "libnvrtc-builtins.so*"))
    for place in (Path(entry) / wheel for wheel in WHEELS for entry in sys.path if entry):
        names = sorted((place / sub).rglob(main))
        if not names:
            continue
        for helper in sorted((place / sub).rglob(builtins)):
            ctypes.CDLL(str(helper), mode=ctypes.RTLD_GLOBAL)  # NVRTC looks it up by name
        headers = [p for p in [place / "include", *place.parent.glob("*/include")] if p.is_dir()]
        return ctypes.CDLL(str(names[-1])), headers
    raise RuntimeError(f"compiling for a GPU needs NVRTC: {ADVICE}")


def available() -> bool:
    """Whether NVRTC is there."""
    try:
        library()
    except (RuntimeError, OSError):
        return False
    return True


def version() -> str:
    major, minor = ctypes.c_int(), ctypes.c_int()
    library()[0].nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    return f"{major.value}.{minor.value}"


def checked(result: int, program=None) -> None:
    if result:
        nvrtc, _ = library()
        nvrtc.nvrtcGetErrorString.restype = ctypes.c_char_p
        log = "" if program is None else "\n" + text_of(program, "ProgramLog")
        raise RuntimeError(f"NVRTC: {nvrtc.nvrtcGetErrorString(result).decode()}{log}")


def bytes_of(program, what: str) -> bytes:
    nvrtc, _ = library()
    size = ctypes.c_size_t()
    checked(getattr(nvrtc, f"nvrtcGet{what}Size")(program, ctypes.byref(size)))
    buffer = ctypes.create_string_buffer(size.value)
    checked(getattr(nvrtc, f"nvrtcGet{what}")(program, buffer))
    return buffer.raw


def text_of(program, what: str) -> str:
    return bytes_of(program, what).rstrip(b"\0").decode(errors="replace")


def build(source: Source, name: str, options: list[str], folder: Path) -> None:
    """Compile into `folder`: kernel.cubin, and kernel.json with its symbol and the compiler's log."""
    nvrtc, _ = library()
    program = ctypes.c_void_p()
    text, file = source.text.encode(), source.path.name.encode()
    checked(nvrtc.nvrtcCreateProgram(ctypes.byref(program), text, file, 0, None, None))
    try:
        checked(nvrtc.nvrtcAddNameExpression(program, name.encode()))
        given = (ctypes.c_char_p * len(options))(*map(str.encode, options))
        checked(nvrtc.nvrtcCompileProgram(program, len(options), given), program)
        symbol = ctypes.c_char_p()
        checked(nvrtc.nvrtcGetLoweredName(program, name.encode(), ctypes.byref(symbol)))
        facts = {"symbol": symbol.value.decode(), "log": text_of(program, "ProgramLog")}
        (folder / "kernel.cubin").write_bytes(bytes_of(program, "CUBIN"))
        (folder / "kernel.json").write_text(json.dumps(facts), encoding="utf-8")
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))


def compile(source: Source, name: str, arch: str, defines: tuple = ()) -> Cubin:
    """Machine code of one kernel, from the cache if it was made before.

    arch     "sm_90": of the GPU; "sm_90a" for what runs on that one alone
    defines  pairs of a macro's name and its text
    """
    _, headers = library()
    options = [f"-arch={arch}", "-std=c++17", "--ptxas-options=-v", f"-I{source.path.parent}",
               f"-I{FOLDER}", *(f"-I{path}" for path in headers), *(f"-D{key}={text}" for key, text in defines)]
    facts = (source.digest, name, version(), *(o for o in options if not o.startswith("-I")))
    folder = cached(f"{name} {arch}", facts, functools.partial(build, source, name, options))
    return Cubin(folder / "kernel.cubin", **json.loads((folder / "kernel.json").read_text(encoding="utf-8")))

"""The simulator's side in Python: compile a kernel for the CPU, launch it, say what its checks found.

Defines `simulate`, `Program`, `KernelError`. README.md in this folder explains how it works.
Read next: scheduler.cpp, its heart.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..cache import cached
from ..source import Source

HERE = Path(__file__).parent
PARTS = ("scheduler", "checker", "counter", "hopper")
HEADERS = ("cuda.h", "ptx.h", "hopper.h", "runtime.h")
COMMON = ["-std=c++17", "-fPIC", "-fno-strict-aliasing", "-ffp-contract=off", "-w"]
SANITIZER = {"g++": ["--param=tsan-instrument-func-entry-exit=0", "-fno-tree-vectorize"],
             "clang++": ["-mllvm", "-tsan-instrument-func-entry-exit=0", "-fno-vectorize", "-fno-slp-vectorize"]}
MODES = ("plain", "check", "debug")
SCHEDULES = ("forward", "reverse", "random")
GAP = 64 << 10  # bytes of no man's land on either side of an argument


class KernelError(RuntimeError):
    """What the checks found: `reports`, one sentence each, that begin with the kind of the fault."""

    def __init__(self, reports: list[str]):
        super().__init__("\n".join(reports))
        self.reports = reports


class Access(NamedTuple):
    """The loads or stores of one size at one line: requests of a warp, what they cost, and what they had to cost."""

    place: str
    memory: str  # "global": cost in sectors of 32 bytes; "shared": cost in wavefronts
    kind: str    # "load" or "store"
    bytes: int   # of one lane
    requests: int
    cost: int
    ideal: int

    @property
    def ratio(self) -> float:
        return self.cost / max(self.ideal, 1)


class Settings:
    """How kernels are simulated from here on: the mode, the schedule, its seed, and who collects the counts."""

    mode, schedule, seed = "plain", "forward", 0
    counts: dict | None = None


settings = Settings()


@contextlib.contextmanager
def simulate(mode: str = "plain", schedule: str = "forward", seed: int = 0) -> Iterator[dict]:
    """Within this block, kernels run so; gives the dictionary of access counts, which check mode fills.

    mode      "plain": as fast as it gets; "check": every access is looked at, and KernelError raised for what is wrong;
              "debug": unoptimised, for gdb, which finds the lines of the .cu file
    schedule  in which order the threads of a block take their turns: "forward", "reverse", "random" (by `seed`)
    """
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
    if schedule not in SCHEDULES:
        raise ValueError(f"schedule must be one of {', '.join(SCHEDULES)}, not {schedule!r}")
    before = settings.__dict__.copy()
    settings.__dict__.update(mode=mode, schedule=schedule, seed=seed, counts={})
    try:
        yield settings.counts
    finally:
        settings.__dict__.clear()
        settings.__dict__.update(before)


# ---------------------------------------------------------------- compiling


@functools.cache
def compiler() -> tuple[str, str]:
    """(the command, g++ or clang++ by kind): $CXX, or what is there."""
    if sys.platform == "win32":
        raise RuntimeError("the simulator runs on Linux and macOS; on Windows, use WSL")
    for command in (os.environ.get("CXX", ""), "g++", "clang++"):
        if command and shutil.which(command):
            told = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60).stdout
            return command, "clang++" if "clang" in told else "g++"
    raise RuntimeError("the simulator compiles kernels for the CPU and needs g++ or clang++; neither was found")


@functools.cache
def compiler_version() -> str:
    command, _ = compiler()
    return subprocess.run([command, "--version"], capture_output=True, text=True, timeout=60).stdout.partition("\n")[0]


def compile_with(arguments: list[str], what: str) -> None:
    command, _ = compiler()
    told = subprocess.run([command, *arguments], capture_output=True, text=True)
    if told.returncode:
        raise RuntimeError(f"{command} does not compile {what}:\n{told.stderr}")


@functools.cache
def our_digest() -> str:
    return "".join((HERE / name).read_text(encoding="utf-8") for name in (*HEADERS, *(f"{p}.cpp" for p in PARTS)))


@functools.cache
def runtime() -> list[str]:
    """The simulator's own object files."""

    def build(folder: Path) -> None:
        for part in PARTS:
            compile_with([*COMMON, "-O2", "-c", str(HERE / f"{part}.cpp"), "-o", str(folder / f"{part}.o")], part)

    folder = cached("simulator", (our_digest(), compiler_version(), *COMMON), build)
    return [str(folder / f"{part}.o") for part in PARTS]


def as_cpp(path: Path, text: str) -> str:
    """CUDA as C++, its lines where they were: declarations of shared arrays become calls."""
    text = re.sub(r"extern\s+__shared__\s+(?:__align__\s*\(\s*\d+\s*\)\s*)?([\w ]+?)\s+(\w+)\s*\[\s*\]\s*;",
                  r"SHARED_REST(\1, \2);", text)
    return f'#line 1 "{path}"\n{shared_arrays(text)}\n'


def write_cpp(source: Source, name: str, folder: Path) -> None:
    """The file as kernel.cpp, with a launch function for one kernel, and what it includes, under the same names."""
    launch = ('extern "C" int launch(void** arguments, const unsigned* grid, const unsigned* block, size_t bytes) '
              f"{{ return simulate(&{name}, arguments, grid, block, bytes); }}\n")
    cpp = '#include "cuda.h"\n' + as_cpp(source.path, source.text) + launch
    (folder / "kernel.cpp").write_text(cpp, encoding="utf-8")
    for path in source.included:
        (folder / path.name).write_text(as_cpp(path, path.read_text(encoding="utf-8")), encoding="utf-8")


def shared_arrays(text: str) -> str:
    text = re.sub(r"__shared__\s+(?:__align__\s*\(\s*\d+\s*\)\s*)?([\w:<> ]+?)\s+(\w+)\s*((?:\[[^\];]*\]\s*)+);",
                  r"SHARED_ARRAY(\1, \2, \3);", text)
    code = re.sub(r"//[^\n]*", "", text)
    if "__shared__" in code:
        raise SyntaxError("one __shared__ array to a declaration, please: "
                          + re.search(r"[^\n]*__shared__[^\n]*", code)[0].strip())
    return text


def flags(mode: str) -> list[str]:
    if mode == "check":
        return ["-O1", "-gdwarf-4", "-fsanitize=thread", *SANITIZER[compiler()[1]]]
    return ["-O0", "-gdwarf-4"] if mode == "debug" else ["-O2"]


class Program:
    """One kernel, compiled for the CPU in one mode."""

    def __init__(self, source: Source, name: str, mode: str, defines: tuple):
        self.source, self.name, self.mode = source, name, mode
        options = [*COMMON, *flags(mode), *(f"-D{key}={text}" for key, text in defines)]

        def build(folder: Path) -> None:
            write_cpp(source, name, folder)
            compile_with([*options, f"-I{HERE}", "-c", str(folder / "kernel.cpp"), "-o", str(folder / "kernel.o")],
                         f"{source.path.name}, {name}")
            # Linked without -fsanitize: the calls that it put into the kernel are answered by checker.cpp.
            bind = [] if sys.platform == "darwin" else ["-Wl,-Bsymbolic"]
            compile_with(["-shared", *bind, str(folder / "kernel.o"), *runtime(), "-o", str(folder / "kernel.so")],
                         source.path.name)

        facts = (source.digest, source.path, name, our_digest(), compiler_version(), *options)
        self.path = cached(f"{name} {mode}", facts, build) / "kernel.so"
        self.library = ctypes.CDLL(str(self.path))
        self.library.sim_reports.restype = ctypes.c_char_p
        self.library.sim_base.restype = ctypes.c_size_t
        self.library.sim_place.restype, self.library.sim_place.argtypes = ctypes.c_char_p, [ctypes.c_size_t]

    def launch(self, values: list, pointers: list, grid: tuple, block: tuple, shared_bytes: int) -> None:
        """Run the kernel: `values` are ctypes numbers and None for a pointer, which is then in `pointers`.

        A pointer is (parameter's name, array, whether it may be written to).
        """
        checking = self.mode == "check"
        self.library.sim_configure(SCHEDULES.index(settings.schedule), settings.seed, checking)
        regions = Regions(pointers) if checking else None
        addresses = iter(regions.addresses if checking else [array.ctypes.data for _, array, _ in pointers])
        if checking:
            for region in regions.regions:
                self.library.sim_add_argument(ctypes.c_void_p(region.address), ctypes.c_size_t(region.size),
                                              region.name.encode(), region.writable, region.grain)
        given = [ctypes.c_void_p(next(addresses)) if value is None else value for value in values]
        arguments = (ctypes.c_void_p * len(given))(*(ctypes.addressof(value) for value in given))
        failed = self.library.launch(arguments, (ctypes.c_uint * 3)(*grid), (ctypes.c_uint * 3)(*block),
                                     ctypes.c_size_t(shared_bytes))
        reports = self.library.sim_reports().decode().splitlines()
        if checking:
            regions.bring_back()
            self.collect()
        if failed or reports:
            raise KernelError(self.with_lines(reports))

    # ------------------------------------------------------------ from addresses to lines

    @functools.cached_property
    def lines(self) -> Lines:
        return Lines(self.path, self.library.sim_base())

    def with_lines(self, reports: list[str]) -> list[str]:
        """The reports with the places of their accesses in the source, in place of addresses."""
        found = re.compile(r"\(pc [^)]*\)")
        addresses = [int(a, 16) for text in reports for group in found.findall(text)
                     for a in re.findall(r"pc ([0-9a-f]+)", group)]
        places = self.lines.of(addresses)
        for address in addresses:
            if place := self.library.sim_place(address).decode():
                places[address] = place

        def named(match: re.Match) -> str:
            return "at " + " and ".join(places[int(a, 16)] for a in re.findall(r"pc ([0-9a-f]+)", match[0]))

        return [found.sub(named, text) for text in reports]

    def collect(self) -> None:
        """Add this launch's counts of accesses to those of the `simulate` block."""
        if settings.counts is None:
            return
        most = 1 << 14
        addresses, numbers = (ctypes.c_size_t * most)(), (ctypes.c_long * (6 * most))()
        count = self.library.sim_counts(addresses, numbers, most)
        places = self.lines.of(list(addresses[:count]))
        for i in range(count):
            requests, cost, ideal, size, shared, store = numbers[6 * i: 6 * i + 6]
            key = (places[addresses[i]], "shared" if shared else "global", "store" if store else "load", size)
            before = settings.counts.get(key, Access(*key, 0, 0, 0))
            settings.counts[key] = Access(*key, before.requests + requests, before.cost + cost, before.ideal + ideal)


class Region:
    """Memory that arguments refer to: a copy of it, aligned as on a GPU, between two gaps."""

    def __init__(self, name: str, low: int, high: int, writable: bool, grain: int):
        self.name, self.low, self.high, self.writable, self.grain = name, low, high, writable, grain

    def copy(self) -> None:
        self.size = self.high - self.low
        self.buffer = np.empty(self.size + 2 * GAP + 256, np.uint8)
        start = GAP + -(self.buffer.ctypes.data + GAP) % 256
        self.inner = self.buffer[start: start + self.size]
        self.address = self.inner.ctypes.data
        ctypes.memmove(self.address, self.low, self.size)


class Regions:
    """The arguments of a launch as regions; arrays that overlap share one."""

    def __init__(self, pointers: list):
        spans = []
        for name, array, writable in pointers:
            low, high = np.lib.array_utils.byte_bounds(array)
            spans.append(Region(name, low, high, writable, 2 if array.itemsize < 4 else 4))
        self.regions: list[Region] = []
        for span in sorted(spans, key=lambda s: s.low):
            last = self.regions[-1] if self.regions else None
            if last and span.low < last.high:
                last.high, last.writable = max(last.high, span.high), last.writable or span.writable
                last.grain = min(last.grain, span.grain)
            else:
                self.regions.append(span)
        for region in self.regions:
            region.copy()
        starts = [array.ctypes.data for _, array, _ in pointers]
        self.addresses = [next(r.address + at - r.low for r in self.regions if r.low <= at < max(r.high, r.low + 1))
                          for at in starts]

    def bring_back(self) -> None:
        for region in self.regions:
            if region.writable:
                ctypes.memmove(region.low, region.address, region.size)


class Lines:
    """Addresses in a compiled kernel as lines of the .cu file, told by addr2line."""

    def __init__(self, path: Path, base: int):
        self.path, self.base, self.known = path, base, {}
        self.tool = next(filter(None, map(shutil.which, ("addr2line", "llvm-addr2line"))), None)

    def of(self, addresses: list[int]) -> dict[int, str]:
        new = [a for a in dict.fromkeys(addresses) if a not in self.known]
        if new and self.tool:
            self.ask(new)
        return {a: self.known.get(a, f"{self.path.name}+{a - self.base:#x}") for a in addresses}

    def ask(self, addresses: list[int]) -> None:
        # One less: the address is that of the instruction after the call.
        offsets = "".join(f"{a - self.base - 1:#x}\n" for a in addresses)
        told = subprocess.run([self.tool, "-a", "-i", "-s", "-e", str(self.path)], input=offsets, capture_output=True,
                              text=True, timeout=600).stdout
        for address, frames in zip(addresses, re.split(r"^0x[0-9a-f]+\n", told, flags=re.MULTILINE)[1:]):
            self.known[address] = place(frames.split("\n"))


def place(frames: list[str]) -> str:
    """The innermost line that is not the simulator's own, and, for a line in a header, the one in the .cu file."""
    names = [frame.partition(" ")[0] for frame in frames if frame]
    names = [name for name in names if name.partition(":")[0] not in HEADERS] or names
    inner, outer = names[0], next((name for name in names if ".cu:" in name), names[0])
    return inner if inner == outer else f"{inner} from {outer}"

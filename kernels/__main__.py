"""python -m minitorch.kernels check FILE | profile FILE | compile FILE [--arch sm_90]

    check      run the kernels of a .cu file in the simulator's check mode, under three schedules, against NumPy
    profile    what the loads and stores of each line cost: sectors of global memory, wavefronts of shared memory
    compile    registers, spills and shared memory of each kernel on an architecture
"""

from __future__ import annotations

import argparse
import re
import sys

from . import nvrtc
from .cases import CASES, difference, runs
from .launch import made
from .simulator import SCHEDULES, Access, KernelError, simulate
from .source import source

WARN_FROM = 1.5  # a ratio of cost to ideal that is worth a look


def cases_of(file: str) -> str:
    name = source(file).path.name
    if name not in CASES:
        sys.exit(f"{name}: no calls are known; there are some for {', '.join(CASES)}. For a file of your own, launch "
                 "its kernels from Python: with simulate('check'): kernel(file, name)(grid, block, args)")
    return name


def check(file: str) -> int:
    """One line a rung: the largest error, or what was found."""
    name, failed = cases_of(file), 0
    for case, rung in runs(name):
        try:
            for schedule in SCHEDULES:
                with simulate("check", schedule):
                    error = difference(case, rung)
            wrong = not error < 1e-4
            print(f"{rung:12}{str(case):76.76}{'WRONG, by' if wrong else 'ok'} {error:.1e}")
        except KernelError as report:
            wrong = True
            print(f"{rung:12}{str(case):76.76}\n    " + "\n    ".join(report.reports[:6]))
        failed += wrong
    return failed


def profile(file: str) -> int:
    """The costs per line, summed over all cases of each rung."""
    name = cases_of(file)
    for rung in dict.fromkeys(rung for _, rung in runs(name)):
        with simulate("check") as counts:
            for case, other in runs(name):
                if rung == other:
                    difference(case, rung)
        print(f"\n{rung}\n{'line':50}{'memory':8}{'access':7}{'bytes':>5}{'requests':>10}{'cost':>10}{'ideal':>10}"
              "   ratio")
        for access in sorted(counts.values()):
            print(line(access))
    return 0


def line(access: Access) -> str:
    mark = "  <" if access.ratio >= WARN_FROM else ""
    return (f"{access.place:50}{access.memory:8}{access.kind:7}{access.bytes:5}{access.requests:10}{access.cost:10}"
            f"{access.ideal:10}{access.ratio:8.2f}{mark}")


def compile_all(file: str, arch: str) -> int:
    """A line a kernel; templates as the cases instantiate them."""
    if not re.fullmatch(r"sm_\d+a?", arch):
        sys.exit(f"--arch must be like sm_90, not {arch}")
    print(f"{'on ' + arch:44}registers  stack  spilled stores  spilled loads  shared")
    for name in instances(file):
        got = nvrtc.compile(source(file), name, arch).resources
        print(f"{name:44}{got['registers']:9}{got['stack']:7}{got['spilled stores']:16}{got['spilled loads']:15}"
              f"{got['shared']:8}")
    return 0


def instances(file: str) -> list[str]:
    """The kernels of a file: those that are no templates, and the instances that its cases launch."""
    path, text = source(file).path, source(file).text
    found = {name for name in source(file).kernels
             if not re.search(rf"template <[^;{{}}]*__global__[^;{{}}]*\b{name}\(", text)}
    if path.name in CASES:
        for case, rung in runs(path.name):
            difference(case, rung)
        found |= {kernel.name for kernel in made.values() if kernel.source.path == path}
    return sorted(found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m minitorch.kernels", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["check", "profile", "compile"])
    parser.add_argument("file", help="a .cu file of kernels/, or a path")
    parser.add_argument("--arch", default="sm_90")
    given = parser.parse_args()
    if given.command == "compile":
        return compile_all(given.file, given.arch)
    return min({"check": check, "profile": profile}[given.command](given.file), 1)


if __name__ == "__main__":
    sys.exit(main())

"""The hand-written CUDA kernels of minitorch; installed and imported as `minitorch.kernels`.

One `.cu` file per subject holds every version of a kernel, from the naive one to the fastest. The same file runs on a
GPU and, for everyone, in the simulator:

    kernel      one kernel of a file, ready to be launched            launch.py
    Ladder      the versions (rungs) of one operation; `use` chooses  ladder.py
    TEAMS       who shares a row of a matrix, and the way to rows     rows.py
    simulate    how the simulator runs: plain, check or debug         simulator/

    python -m minitorch.kernels check FILE      run a file's kernels in check mode, through the operations that use them
    python -m minitorch.kernels profile FILE    what each line's memory accesses cost
    python -m minitorch.kernels compile FILE    registers, spills and shared memory on each architecture

Read README.md in this folder first, then softmax.cu.
"""

from .ladder import Ladder, ladders, use
from .launch import Kernel, TensorMap, ceil_div, kernel, strided
from .rows import TEAMS, as_rows, best_team, by_team, from_rows
from .simulator import KernelError, simulate

__all__ = [
    "TEAMS", "Kernel", "KernelError", "Ladder", "TensorMap", "as_rows", "best_team", "by_team", "ceil_div",
    "from_rows", "kernel", "ladders", "simulate", "strided", "use",
]

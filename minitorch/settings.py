"""Switches of torch that concern the whole process: threads, precision of matmul, determinism, compile.

Where there is nothing to switch (matmul is always exact here, every operation deterministic, nothing is compiled), the
value is kept and given back, so that a script finds what it has set.
"""

from __future__ import annotations

import ctypes
import os
import warnings

import numpy as np

from .tensor import Tensor

__all__ = [
    "are_deterministic_algorithms_enabled", "compile", "get_float32_matmul_precision", "get_num_interop_threads",
    "get_num_threads", "is_deterministic_algorithms_warn_only_enabled", "set_float32_matmul_precision",
    "set_num_interop_threads", "set_num_threads", "set_warn_always", "typename", "use_deterministic_algorithms",
]

kept = {"precision": "highest", "deterministic": False, "warn_only": False, "interop": os.cpu_count() or 1,
        "threads": None, "compile_told": False}

# ---------------------------------------------------------------- threads


def blas(name: str):
    """A function of NumPy's OpenBLAS, reached through the module that links to it; None for another BLAS."""
    core = np._core if hasattr(np, "_core") else np.core  # NumPy 2, NumPy 1
    try:
        library = ctypes.CDLL(core._multiarray_umath.__file__)
    except OSError:
        return None
    for full in (f"scipy_openblas_{name}64_", f"openblas_{name}64_", f"openblas_{name}"):
        if hasattr(library, full):
            return getattr(library, full)
    return None


def get_num_threads() -> int:
    """How many threads matrix products run on."""
    ask = blas("get_num_threads")
    return ask() if ask is not None else kept["threads"] or os.cpu_count() or 1


def set_num_threads(int: int) -> None:  # noqa: A002 (torch's name)
    """Let matrix products run on so many threads. With a BLAS other than OpenBLAS: a warning, and nothing more.

    https://pytorch.org/docs/stable/generated/torch.set_num_threads.html
    """
    if type(int) is not type(0):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(int).__name__}")
    if int <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    kept["threads"], tell = int, blas("set_num_threads")
    if tell is None:
        warnings.warn("set_num_threads: this NumPy has a BLAS whose threads cannot be set from here; set OMP_NUM_THREADS "
                      "(MKL_NUM_THREADS, VECLIB_MAXIMUM_THREADS) before the program starts", stacklevel=2)
    else:
        tell(int)


def get_num_interop_threads() -> int:
    """How many operations could run side by side; here each waits for the one before."""
    return kept["interop"]


def set_num_interop_threads(int: int) -> None:  # noqa: A002 (torch's name)
    """Kept, and without effect: operations run one after another."""
    kept["interop"] = int


# ---------------------------------------------------------------- numbers


def get_float32_matmul_precision() -> str:
    """"highest", unless a script has set something else."""
    return kept["precision"]


def set_float32_matmul_precision(precision: str) -> None:
    """Kept, and without effect: float32 products are always computed in float32."""
    if precision not in ("highest", "high", "medium"):
        warnings.warn(f"{precision} is not one of 'highest', 'high', or 'medium'; the current "
                      "set_float32_matmul_precision call has no effect", stacklevel=2)
        return
    kept["precision"] = precision


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Kept, and without effect: every operation gives the same numbers each time."""
    kept["deterministic"], kept["warn_only"] = bool(mode), bool(warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    return kept["deterministic"]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    return kept["warn_only"]


def set_warn_always(b: bool) -> None:
    """Kept, and without effect: Python's own filters decide how often a warning is shown."""
    kept["warn_always"] = bool(b)


# ---------------------------------------------------------------- compile and names


def compile(model=None, *, fullgraph: bool = False, dynamic: bool | None = None, backend="inductor",  # noqa: A001
            mode: str | None = None, options: dict | None = None, disable: bool = False):
    """`model` as it is; one warning says so. Without a model, a decorator.

    https://pytorch.org/docs/stable/generated/torch.compile.html
    """
    if not kept["compile_told"] and not disable:
        kept["compile_told"] = True
        warnings.warn("minitorch.compile returns its argument as it is: nothing is compiled", stacklevel=2)
    return model if model is not None else lambda function: function


def typename(obj) -> str:
    """The full name of an object's type; of a tensor its type string."""
    if isinstance(obj, Tensor):
        return obj.type()
    cls = obj if isinstance(obj, type) else type(obj)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"

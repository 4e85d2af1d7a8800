"""Switches of torch that concern the whole process: threads, precision of matmul, determinism, compile.

Where there is nothing to switch (float32 products are computed in float32, every operation is deterministic, nothing
is compiled), the value is kept and given back, so that a script finds what it has set.
"""

from __future__ import annotations

import ctypes
import os
import types
import warnings
from collections.abc import Callable

import numpy as np

from .storage import TypedStorage, UntypedStorage
from .tensor import Tensor

__all__ = [
    "are_deterministic_algorithms_enabled", "compile", "get_deterministic_debug_mode", "get_float32_matmul_precision",
    "get_num_interop_threads", "get_num_threads", "is_deterministic_algorithms_warn_only_enabled", "is_storage",
    "is_warn_always_enabled", "set_deterministic_debug_mode", "set_float32_matmul_precision", "set_flush_denormal",
    "set_num_interop_threads", "set_num_threads", "set_warn_always", "typename", "use_deterministic_algorithms",
]

kept = types.SimpleNamespace(precision="highest", deterministic=False, warn_only=False, warn_always=False,
                             threads=os.cpu_count() or 1, interop_threads=None, told_of_compile=False)


def checked(caller: str, value, kind: type):
    """The value, if it is of that very type: torch counts no bool among the integers."""
    if type(value) is not kind:
        an = "an" if kind is int else "a"
        raise RuntimeError(f"{caller} expects {an} {kind.__name__}, but got {type(value).__name__}")
    return value


# ---------------------------------------------------------------- threads


def blas_threads() -> tuple[Callable, Callable] | None:
    """How to ask NumPy's BLAS for its number of threads, and how to set it; None where neither is possible.

    OpenBLAS, which NumPy's own wheels bring, is reached through the module of NumPy that is linked to it; any other by
    threadpoolctl, where that is installed.
    """
    core = ctypes.CDLL(np._core._multiarray_umath.__file__)
    for name in ("scipy_openblas_{}64_", "openblas_{}64_", "openblas_{}"):
        if hasattr(core, name.format("set_num_threads")):
            return tuple(getattr(core, name.format(verb)) for verb in ("get_num_threads", "set_num_threads"))
    try:
        import threadpoolctl
    except ImportError:
        return None
    found = threadpoolctl.ThreadpoolController().select(user_api="blas").lib_controllers
    return (found[0].get_num_threads, lambda count: [one.set_num_threads(count) for one in found]) if found else None


def limit_blas(threads: int) -> bool:
    """Let matrix products run on so many threads; whether that was possible."""
    found = blas_threads()
    if found is not None:
        found[1](threads)
    return found is not None


def get_num_threads() -> int:
    """How many threads matrix products run on.

    https://pytorch.org/docs/stable/generated/torch.get_num_threads.html
    """
    found = blas_threads()
    return kept.threads if found is None else found[0]()


def set_num_threads(count: int, /) -> None:
    """Let matrix products run on so many threads; a warning, and nothing more, where NumPy's BLAS cannot be told.

    https://pytorch.org/docs/stable/generated/torch.set_num_threads.html
    """
    if checked("set_num_threads", count, int) <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    kept.threads = count
    if not limit_blas(count):
        warnings.warn("set_num_threads: the threads of this NumPy's BLAS cannot be set from here; pip install "
                      "threadpoolctl, or set OMP_NUM_THREADS before the program starts", stacklevel=2)


def get_num_interop_threads() -> int:
    """How many operations torch would run side by side; here each waits for the one before."""
    return kept.interop_threads or os.cpu_count() or 1


def set_num_interop_threads(count: int, /) -> None:
    """Kept, and without effect: operations run one after another."""
    if checked("set_num_interop_threads", count, int) <= 0:
        raise RuntimeError("set_num_interop_threads expects a positive integer")
    if kept.interop_threads is not None:
        raise RuntimeError("Error: cannot set number of interop threads after parallel work has started or "
                           "set_num_interop_threads called")
    kept.interop_threads = count


# ---------------------------------------------------------------- numbers


def get_float32_matmul_precision() -> str:
    """"highest", unless a script has set "high" or "medium"."""
    return kept.precision


def set_float32_matmul_precision(precision: str) -> None:
    """Kept, and without effect: float32 products are always computed in float32.

    https://pytorch.org/docs/stable/generated/torch.set_float32_matmul_precision.html
    """
    if checked("set_float32_matmul_precision", precision, str) in ("highest", "high", "medium"):
        kept.precision = precision
    else:
        warnings.warn(f"{precision} is not one of 'highest', 'high', or 'medium'; the current"  # torch's spelling
                      "setFloat32MatmulPrecision call has no effect.", stacklevel=2)


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Kept, and without effect: every operation gives the same numbers each time."""
    for name, flag in (("mode", mode), ("warn_only", warn_only)):
        if type(flag) is not bool:
            where = " (position 1)" if name == "mode" else ""
            raise TypeError(f"_set_deterministic_algorithms(): argument '{name}'{where} must be bool, not "
                            f"{type(flag).__name__}")
    kept.deterministic, kept.warn_only = mode, warn_only


def are_deterministic_algorithms_enabled() -> bool:
    """What `use_deterministic_algorithms` has set."""
    return kept.deterministic


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """What `use_deterministic_algorithms` has set as `warn_only`."""
    return kept.warn_only


DEBUG_MODES = ("default", "warn", "error")


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """`use_deterministic_algorithms` by one word or number: "default" 0, "warn" 1, "error" 2.

    https://pytorch.org/docs/stable/generated/torch.set_deterministic_debug_mode.html
    """
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in DEBUG_MODES:
            raise RuntimeError("invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got "
                               f"{debug_mode}")
        debug_mode = DEBUG_MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


def get_deterministic_debug_mode() -> int:
    """0, 1 or 2: what `set_deterministic_debug_mode` has set."""
    return kept.deterministic * (1 if kept.warn_only else 2)


def set_flush_denormal(mode: bool, /) -> bool:
    """False: the processor's switch for numbers near 0 is not within reach, and they are computed in full."""
    checked("flush_denormal", mode, bool)
    return False


def set_warn_always(b: bool, /) -> None:
    """Kept, and without effect: Python's own filters decide how often a warning is shown."""
    kept.warn_always = checked("setWarnOnlyOnce", b, bool)


def is_warn_always_enabled() -> bool:
    """What `set_warn_always` has set."""
    return kept.warn_always


# ---------------------------------------------------------------- compile


def compile(model: Callable | None = None, *, fullgraph: bool = False, dynamic: bool | None = None,
            backend: str | Callable = "inductor", mode: str | None = None, options: dict | None = None,
            disable: bool = False) -> Callable:
    """`model` as it is, whatever is asked for: one warning in a process says so. Without a model, a decorator.

    https://pytorch.org/docs/stable/generated/torch.compile.html
    """
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if not kept.told_of_compile and not disable:
        kept.told_of_compile = True
        warnings.warn("minitorch.compile returns its argument as it is: nothing is compiled", stacklevel=2)
    return (lambda function: function) if model is None else model


# ---------------------------------------------------------------- questions about objects


def typename(obj, /) -> str:
    """The full name of a type, or of an object's type; of a tensor its type string.

    https://pytorch.org/docs/stable/generated/torch.typename.html
    """
    if isinstance(obj, Tensor):
        return obj.type()
    named = obj if hasattr(obj, "__qualname__") else type(obj)
    module = named.__module__
    return named.__qualname__ if module in (None, "builtins") else f"{module}.{named.__qualname__}"


def is_storage(obj, /) -> bool:
    """Whether `obj` is the memory of tensors."""
    return isinstance(obj, (TypedStorage, UntypedStorage))

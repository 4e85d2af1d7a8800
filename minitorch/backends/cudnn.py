"""minitorch.backends.cudnn: the switches of a library for convolutions that is not used here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

enabled = allow_tf32 = True
benchmark = deterministic = False
benchmark_limit = None


def is_available() -> bool:
    """False: there is no cuDNN here."""
    return False


def version() -> int | None:
    """None: there is no cuDNN here."""
    return None


@contextlib.contextmanager
def flags(enabled: bool = False, benchmark: bool = False, benchmark_limit: int = 10, deterministic: bool = False,
          allow_tf32: bool = True) -> Iterator[None]:
    """The switches, set so inside a `with` block."""
    inside, before = locals(), globals()
    before = {name: before[name] for name in inside}
    globals().update(inside)
    try:
        yield
    finally:
        globals().update(before)

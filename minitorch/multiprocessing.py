"""minitorch.multiprocessing: Python's module, with torch's names beside it. Tensors are sent as copies.

https://pytorch.org/docs/stable/multiprocessing.html
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import *  # noqa: F403

__all__ = [*multiprocessing.__all__, "get_all_sharing_strategies", "get_sharing_strategy", "set_sharing_strategy"]

strategy = "file_descriptor"


def get_all_sharing_strategies() -> set[str]:
    """The ways in which torch can share memory between processes."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """What `set_sharing_strategy` has set."""
    return strategy


def set_sharing_strategy(new_strategy: str) -> None:
    """Kept, and without effect: no memory is shared."""
    global strategy
    if new_strategy not in get_all_sharing_strategies():
        raise AssertionError(f"invalid sharing strategy {new_strategy!r}, expected one of "
                             f"{get_all_sharing_strategies()}")
    strategy = new_strategy

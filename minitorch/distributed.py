"""minitorch.distributed: one process, and no group of them.

`is_available()` is False: a script that asks goes on alone. What torch refuses outside of a process group is refused
here in its words.  https://pytorch.org/docs/stable/distributed.html
"""

from __future__ import annotations

from typing import NoReturn

from .missing import say_what_is_missing as _say_what_is_missing

__all__ = ["all_reduce", "barrier", "destroy_process_group", "get_rank", "get_world_size", "init_process_group",
           "is_available", "is_initialized"]
__getattr__ = _say_what_is_missing(__name__)


def is_available() -> bool:
    """False: processes do not talk to each other here."""
    return False


def is_initialized() -> bool:
    """False: there is no process group."""
    return False


def init_process_group(*args, **kwargs) -> NoReturn:
    """Not supported."""
    raise NotImplementedError("distributed.init_process_group: training runs in one process")


def destroy_process_group(*args, **kwargs) -> NoReturn:
    """There is none to destroy."""
    raise AssertionError("Process group cannot be None")


def refuse(*args, **kwargs) -> NoReturn:
    """What needs a process group."""
    raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")


all_reduce = barrier = get_rank = get_world_size = refuse

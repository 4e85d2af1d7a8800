"""What minitorch does not have: one sentence for it, wherever it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Callable


def say_what_is_missing(module: str) -> Callable[[str], object]:
    """A module's `__getattr__`, which Python asks for names that are not there."""
    def __getattr__(name: str):
        raise AttributeError(f"module {module!r} has no attribute {name!r}: either torch has none, or minitorch does "
                             "not have it yet", name=name, obj=sys.modules[module])  # Python adds "Did you mean"

    return __getattr__

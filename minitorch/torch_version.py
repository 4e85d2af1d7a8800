"""The version of torch whose behaviour is followed, as a script run by `python -m minitorch run` finds it.

https://github.com/pytorch/pytorch/blob/main/torch/torch_version.py
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

__all__ = ["TorchVersion"]

TORCH = "2.13.0"


def numbers(version: str | tuple) -> tuple[list[int], bool]:
    """The numbers of a version, without zeros at the end, and whether something of its maker's follows a plus."""
    text = ".".join(map(str, version)) if isinstance(version, tuple) else version
    release = [int(n) for n in re.match(r"v?([\d.]*)", text)[1].split(".") if n]
    while release and release[-1] == 0:
        release.pop()
    return release, "+" in text


def by_numbers(compare: Callable) -> Callable:
    return lambda self, other: compare(numbers(self), numbers(other))


class TorchVersion(str):
    """A version that is ordered by its numbers, not its letters: "2.13.0" > "2.2", and > (2, 2)."""

    __slots__ = ()
    __lt__, __le__, __gt__, __ge__ = map(by_numbers, (operator.lt, operator.le, operator.gt, operator.ge))

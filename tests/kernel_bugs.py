"""A planted bug: a mutation of a correct kernel that the simulator must find, by kind and by source line."""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    """Replace `old` by `new` in a kernel's file; the check must then say `says` of the line that reads `line`."""

    title: str
    file: str
    kernel: str
    old: str
    new: str
    says: str
    line: str

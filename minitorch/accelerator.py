"""minitorch.accelerator: the device a script should use, if there is one beside the CPU.

https://pytorch.org/docs/stable/accelerator.html
"""

from __future__ import annotations

from .cuda import current_device as current_device_index
from .cuda import device_count, is_available, set_device, synchronize
from .device import device

__all__ = ["current_accelerator", "current_device_index", "device_count", "is_available", "set_device_index",
           "synchronize"]
set_device_index = set_device


def current_accelerator(check_available: bool = False) -> device | None:
    """device("cuda"), or None without a GPU."""
    return device("cuda") if is_available() else None

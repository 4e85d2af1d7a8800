"""minitorch.amp: automatic mixed precision. Not here yet: what is switched off passes, what is switched on is refused.

As in torch, a script written for a GPU runs without one: what is asked of "cuda" is then switched off, with a warning.
https://pytorch.org/docs/stable/amp.html
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

from .device import cuda_is_available, device
from .dtype import float16

__all__ = ["GradScaler", "autocast", "is_autocast_enabled"]


class autocast:  # noqa: N801 (torch's name)
    """Switched off it changes nothing, as a `with` block and as a decorator."""

    def __init__(self, device_type: str, dtype=None, enabled: bool = True, cache_enabled: bool | None = None):
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        self.device = device(device_type).type
        if enabled and self.device == "cuda" and not cuda_is_available():
            warnings.warn("CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2)
        elif enabled and self.device == "cpu" and dtype not in (None, float16):
            warnings.warn("In CPU autocast, but the target dtype is not supported. Disabling autocast.\nCPU Autocast "
                          "only supports dtypes of minitorch.bfloat16, minitorch.float16 currently.", stacklevel=2)
        elif enabled:
            raise NotImplementedError(f"autocast: mixed precision on {device_type!r}; pass enabled=False to go on "
                                      "without it")

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exception) -> None:
        """There is nothing to switch back."""

    def __call__(self, function: Callable) -> Callable:
        return function


def is_autocast_enabled(device_type: str = "cuda", /) -> bool:
    """False: `autocast` cannot be switched on yet."""
    return False


class GradScaler:
    """Keeps float16 gradients from vanishing. Switched off, as it is without a GPU, it hands everything on."""

    def __init__(self, device: str = "cuda", init_scale: float = 65536.0, growth_factor: float = 2.0,
                 backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True):
        if enabled and (device != "cuda" or cuda_is_available()):
            raise NotImplementedError("GradScaler: enabled")
        if enabled:
            warnings.warn("minitorch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.",
                          stacklevel=2)

    def is_enabled(self) -> bool:
        return False

    def scale(self, outputs):
        return outputs

    def unscale_(self, optimizer) -> None:
        """The gradients were never scaled."""

    def step(self, optimizer, *args, **kwargs):
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: float | None = None) -> None:
        """There is no scale to update."""

    def get_scale(self) -> float:
        return 1.0

    def state_dict(self) -> dict:
        return {}

    def load_state_dict(self, state_dict: dict) -> None:
        """What is switched off has no state."""

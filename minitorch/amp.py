"""minitorch.amp: automatic mixed precision. Not here yet: what is switched off passes, what is switched on is refused.

https://pytorch.org/docs/stable/amp.html
"""

from __future__ import annotations

import functools
import types
import warnings

from .device import cuda_is_available


class autocast:  # noqa: N801
    """`enabled=False` changes nothing, nor does "cuda" without a GPU (with torch's warning); anything else raises."""

    def __init__(self, device_type: str, dtype=None, enabled: bool = True, cache_enabled: bool | None = None):
        if enabled and device_type == "cuda" and not cuda_is_available():
            warnings.warn("CUDA is not available or torch_xla is imported. Disabling autocast.", stacklevel=2)
            enabled = False
        if enabled:
            raise NotImplementedError(f"autocast: mixed precision on {device_type!r}; pass enabled=False to go on without")

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *exception) -> None:
        """There is nothing to switch back."""

    def __call__(self, function):
        return function


class GradScaler:
    """Scales losses so that float16 gradients do not vanish. Without a GPU it is disabled, and hands everything on."""

    def __init__(self, device: str = "cuda", init_scale: float = 65536.0, growth_factor: float = 2.0,
                 backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True):
        if enabled and device == "cuda" and not cuda_is_available():
            warnings.warn("torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2)
            enabled = False
        if enabled:
            raise NotImplementedError("GradScaler: enabled")

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
        """A disabled scaler has no state."""


cuda_amp = types.SimpleNamespace(autocast=functools.partial(autocast, "cuda"),
                                 GradScaler=functools.partial(GradScaler, "cuda"))

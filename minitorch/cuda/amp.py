"""minitorch.cuda.amp: the older names of mixed precision on a GPU.  https://pytorch.org/docs/stable/amp.html"""

from __future__ import annotations

import warnings

from .. import amp

__all__ = ["GradScaler", "autocast"]


def tell(name: str) -> None:
    warnings.warn(f"`minitorch.cuda.amp.{name}(args...)` is deprecated. Please use `minitorch.amp.{name}('cuda', "
                  "args...)` instead.", FutureWarning, stacklevel=3)


class autocast(amp.autocast):  # noqa: N801 (torch's name)
    """`amp.autocast("cuda", ...)`"""

    def __init__(self, enabled: bool = True, dtype=None, cache_enabled: bool = True):
        tell("autocast")
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`amp.GradScaler("cuda", ...)`"""

    def __init__(self, init_scale: float = 65536.0, growth_factor: float = 2.0, backoff_factor: float = 0.5,
                 growth_interval: int = 2000, enabled: bool = True):
        tell("GradScaler")
        super().__init__("cuda", init_scale, growth_factor, backoff_factor, growth_interval, enabled)

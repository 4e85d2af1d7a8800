"""DataParallel on the one device there is: the module in a wrapper, with torch's names. Of processes there is one."""

from __future__ import annotations

from .. import cuda, distributed
from ..missing import say_what_is_missing as _say_what_is_missing
from .module import Module

__all__ = ["DataParallel", "DistributedDataParallel"]
__getattr__ = _say_what_is_missing(__name__)


class DataParallel(Module):
    """Calls `module` on the whole batch. Its parameters are named `module.*`.

    Without a GPU `device_ids` is empty, as in torch, whatever was asked for; with one it is that GPU.
    https://pytorch.org/docs/stable/generated/torch.nn.DataParallel.html
    """

    def __init__(self, module: Module, device_ids: list | None = None, output_device=None, dim: int = 0):
        super().__init__()
        self.module, self.device_ids = module, []
        if cuda.is_available():
            self.device_ids = [cuda.index_of(d) for d in (device_ids or [0])]
            self.dim, self.output_device = dim, self.device_ids[0]
            if len(self.device_ids) > 1:
                raise NotImplementedError("DataParallel: more than one device")
            if output_device is not None and cuda.index_of(output_device) != self.output_device:
                raise NotImplementedError("DataParallel: output_device")
            module.to(f"cuda:{self.output_device}")

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)


class DistributedDataParallel(Module):
    """Needs a process group, and there is none: see distributed.py."""

    def __init__(self, module: Module, *args, **kwargs):
        distributed.refuse()

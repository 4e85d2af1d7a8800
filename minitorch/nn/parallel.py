"""DataParallel on the one device there is: the module in a wrapper, with torch's names.

https://pytorch.org/docs/stable/generated/torch.nn.DataParallel.html
"""

from __future__ import annotations

from .module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Calls `module` on the whole batch. Its parameters are named `module.*`, as in torch."""

    def __init__(self, module: Module, device_ids: list | None = None, output_device=None, dim: int = 0):
        super().__init__()
        if device_ids is not None and len(device_ids) > 1:
            raise NotImplementedError("DataParallel: more than one device")
        self.module, self.device_ids, self.dim = module, list(device_ids or []), dim
        self.output_device = output_device

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)

"""minitorch.utils.dlpack, as torch.utils.dlpack.  Read dlpack.py."""

from ..dlpack import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]

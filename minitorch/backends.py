"""minitorch.backends: the libraries behind torch, as switches that scripts set and questions that they ask.

What is set is kept and given back; none of these libraries is used here.  https://pytorch.org/docs/stable/backends.html
"""

from __future__ import annotations

from types import SimpleNamespace

from .device import cuda_is_available


def _absent(*_) -> bool:
    return False


cudnn = SimpleNamespace(enabled=True, benchmark=False, deterministic=False, allow_tf32=True, is_available=_absent,
                        version=lambda: None)
cuda = SimpleNamespace(matmul=SimpleNamespace(allow_tf32=False), is_built=cuda_is_available)
mps = SimpleNamespace(is_available=_absent, is_built=_absent)
mkl = SimpleNamespace(is_available=_absent)
mkldnn = SimpleNamespace(is_available=_absent, enabled=False)
openmp = SimpleNamespace(is_available=_absent)

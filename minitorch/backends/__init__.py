"""minitorch.backends: the libraries behind torch, as questions that scripts ask and switches that they set.

None of these libraries is used here: a switch is kept and given back.  https://pytorch.org/docs/stable/backends.html
"""

from types import SimpleNamespace

from ..missing import say_what_is_missing as _say_what_is_missing
from . import cuda, cudnn, mps

mkl, openmp = SimpleNamespace(is_available=lambda: False), SimpleNamespace(is_available=lambda: False)
mkldnn = SimpleNamespace(is_available=lambda: False, enabled=False)

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]
__getattr__ = _say_what_is_missing(__name__)

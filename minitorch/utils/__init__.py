"""minitorch.utils: data loading in utils/data/, DLPack; tensorboard is imported by those who have tensorboardX."""

from ..missing import say_what_is_missing as _say_what_is_missing
from . import data, dlpack

__all__ = ["data", "dlpack"]
__getattr__ = _say_what_is_missing(__name__)

"""torch.signal.windows: a contents page over ops/window.py.  https://pytorch.org/docs/stable/signal.html"""

from ..missing import say_what_is_missing as _say_what_is_missing
from ..ops.window import (
    bartlett,
    blackman,
    cosine,
    exponential,
    gaussian,
    general_cosine,
    general_hamming,
    hamming,
    hann,
    kaiser,
    nuttall,
)

__all__ = [
    "bartlett", "blackman", "cosine", "exponential", "gaussian", "general_cosine", "general_hamming", "hamming",
    "hann", "kaiser", "nuttall",
]
__getattr__ = _say_what_is_missing(__name__)

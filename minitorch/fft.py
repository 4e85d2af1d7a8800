"""torch.fft: a contents page over ops/fft.py.  https://pytorch.org/docs/stable/fft.html"""

from .missing import say_what_is_missing as _say_what_is_missing
from .ops.fft import (
    fft, fft2, fftfreq, fftn, fftshift, hfft, hfft2, hfftn, ifft, ifft2, ifftn, ifftshift, ihfft, ihfft2, ihfftn, irfft,
    irfft2, irfftn, rfft, rfft2, rfftfreq, rfftn,
)

__all__ = [name for name in dir() if not name.startswith("_")]
__getattr__ = _say_what_is_missing(__name__)

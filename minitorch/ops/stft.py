"""Spectra of a signal as they change: the transform of one stretch after another, and the signal back from them.

Griffin and Lim 1984, Signal estimation from modified short-time Fourier transform.        Read next: fft.py, window.py.
"""

from __future__ import annotations

import warnings

from ..device import array_module
from ..tensor import Tensor, method, wrap
from .fft import fft, ifft, irfft, rfft
from .join import pad

__all__: list[str] = ["istft", "stft"]


def full_window(x: Tensor, window: Tensor | None, win_length: int, n_fft: int) -> Tensor:
    """The window in the middle of n_fft numbers, zeros around it; ones where none is given."""
    if window is None:
        window = x.real.new_ones(win_length) if x.is_complex() else x.new_ones(win_length)
    left = (n_fft - win_length) // 2
    return pad(window, (left, n_fft - win_length - left)) if win_length < n_fft else window


def warn_of_window(window: Tensor | None, text: str) -> None:
    if window is None:
        warnings.warn("A window was not provided. A rectangular window will be applied," + text, UserWarning,
            stacklevel=3)


@method
def stft(input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
         window: Tensor | None = None, center: bool = True, pad_mode: str = "reflect", normalized: bool = False,
         onesided: bool | None = None, return_complex: bool | None = None,
         align_to_window: bool | None = None) -> Tensor:
    """The short-time Fourier transform.    y[w, m] = sum_k window[k] x[m * hop + k] e^(-2 pi i w k / n_fft)

    input (..., time), y (..., n_fft // 2 + 1, frames); all n_fft waves unless `onesided`
    https://pytorch.org/docs/stable/generated/torch.stft.html
    """
    if align_to_window is not None:
        raise NotImplementedError("stft: align_to_window")
    hop = n_fft // 4 if hop_length is None else hop_length
    length = n_fft if win_length is None else win_length
    warn_of_window(window, "which is known to cause spectral leakage. Other windows such as minitorch.hann_window or "
                           "minitorch.hamming_window are recommended to reduce spectral leakage.")
    if return_complex is None and not input.is_complex():
        raise RuntimeError("stft requires the return_complex parameter be given for real inputs, and will further "
                           "require that return_complex=True in a future PyTorch release.")
    x = input.unsqueeze(0) if input.array.ndim == 1 else input
    if x.array.ndim != 2:
        raise RuntimeError("stft: expected a 1D or 2D tensor")
    if center:
        x = pad(x.unsqueeze(1), (n_fft // 2, n_fft // 2), pad_mode).squeeze(1)
    if not 0 < n_fft <= x.array.shape[-1]:
        raise RuntimeError(f"stft: expected 0 < n_fft < {x.array.shape[-1]}, but got n_fft={n_fft}")
    if hop <= 0:
        raise RuntimeError(f"stft: expected hop_length > 0, but got hop_length={hop}")
    if not 0 < length <= n_fft:
        raise RuntimeError(f"stft: expected 0 < win_length <= n_fft, but got win_length={length}")
    frames = x.unfold(-1, n_fft, hop) * full_window(x, window, length, n_fft)
    half = not frames.is_complex() if onesided is None else onesided
    y = (rfft if half else fft)(frames, norm="ortho" if normalized else None).mT
    y = y.squeeze(0) if input.array.ndim == 1 else y
    return y if return_complex is not False else y.view_as_real()


@method
def istft(input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
          window: Tensor | None = None, center: bool = True, normalized: bool = False, onesided: bool | None = None,
          length: int | None = None, return_complex: bool = False) -> Tensor:
    """stft's way back: the stretches laid over each other, divided by the windows' squares laid over each other.

    https://pytorch.org/docs/stable/generated/torch.istft.html
    """
    if not input.is_complex():
        raise RuntimeError("istft requires a complex-valued input tensor matching the output from stft with "
                           "return_complex=True.")
    hop = n_fft // 4 if hop_length is None else hop_length
    size = n_fft if win_length is None else win_length
    x = input.unsqueeze(0) if input.array.ndim == 2 else input
    half = n_fft != x.array.shape[1] if onesided is None else onesided
    norm = "ortho" if normalized else None
    spectra = x.mT
    if half and return_complex:
        raise RuntimeError("cannot have onesided output if window or input is complex")
    frames = irfft(spectra, n_fft, norm=norm) if half else ifft(spectra, norm=norm)
    frames = frames if return_complex or half else frames.real
    weights = full_window(frames, window, size, n_fft)
    count = frames.array.shape[1]
    total = n_fft + hop * (count - 1)
    y = overlapped(frames * weights, hop, total)
    envelope = overlapped((weights * weights).expand(1, count, n_fft), hop, total)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else total - n_fft // 2 if center else total
    y, envelope = [t.narrow(-1, start, min(end, total) - start) for t in (y, envelope)]
    if float(envelope.array.real.min()) <= 1e-11:
        raise RuntimeError("window overlap add min: 1")
    y = y / envelope
    if end > total:
        y = pad(y, (0, end - total))
    return y.squeeze(0) if input.array.ndim == 2 else y


def overlapped(frames: Tensor, hop: int, total: int) -> Tensor:
    """Stretches (batch, frames, n) added up where they lie, `hop` apart: (batch, total)"""
    xp = array_module(frames.array)
    batch, count, n = frames.array.shape
    at = wrap((xp.arange(count)[:, None] * hop + xp.arange(n)).reshape(-1))
    return frames.new_zeros((batch, total)).index_add(1, at, frames.reshape(batch, count * n))

"""Windows: weights that fade a stretch of a signal in and out.

Each is a formula of k = 0 ... M - 1: symmetric (sym), ending where it began, or periodic, one longer and the last left
out. They are computed in float64.  https://pytorch.org/docs/stable/signal.html
https://en.wikipedia.org/wiki/Window_function
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from ..dtype import CAPITAL, default, of
from ..tensor import Tensor
from .bessel import scaled_i
from .create import made, move, place

__all__: list[str] = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def window(name: str, M: int, sym: bool, formula: Callable, dtype, layout, device, requires_grad: bool) -> Tensor:
    """formula(xp, k, last) for k = 0 ... last, `last` the place where a symmetric window ends; torch's refusals."""
    try:
        xp, where, dtype = place(name, device, dtype, layout)
    except NotImplementedError:  # a layout
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}") from None
    dtype = default() if dtype is None else dtype
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if dtype.name not in ("float32", "float64"):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {of(dtype)}")
    return made(move(values(xp, M, sym, formula).astype(dtype), where), requires_grad)


def values(xp, M: int, sym: bool, formula: Callable):
    """The window of M numbers in float64; one number is 1."""
    if M < 2:
        return xp.ones(M)
    return formula(xp, xp.arange(M, dtype="float64"), M - 1 if sym else M)


def cosines(a: Iterable[float]) -> Callable:
    """a_0 - a_1 cos(2 pi k / last) + a_2 cos(4 pi k / last) - ..."""
    return lambda xp, k, last: sum((-1) ** n * w * xp.cos(2 * math.pi * n * k / last) for n, w in enumerate(a))


def triangle(xp, k, last):
    return 1 - xp.abs(2 * k / last - 1)


def kaiser_of(beta: float) -> Callable:
    """I_0(beta sqrt(1 - (2 k / last - 1)^2)) / I_0(beta)"""
    def formula(xp, k, last):
        inside = beta * xp.sqrt(xp.maximum(1 - (2 * k / last - 1) ** 2, 0))
        whole = xp.full(1, beta, "float64")
        return scaled_i(xp, 0, inside) * xp.exp(inside - beta) / scaled_i(xp, 0, whole)

    return formula


# ---------------------------------------------------------------- torch.signal.windows


def general_cosine(M: int, *, a: Iterable[float], sym: bool = True, dtype=None, layout=None, device=None,
                   requires_grad: bool = False) -> Tensor:
    """A sum of cosines with weights a.    a_0 - a_1 cos(2 pi k / (M - 1)) + a_2 cos(4 pi k / (M - 1)) - ..."""
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    return window("general_cosine", M, sym, cosines(tuple(a)), dtype, layout, device, requires_grad)


def general_hamming(M, *, alpha: float = 0.54, sym: bool = True, dtype=None, layout=None, device=None,
                    requires_grad: bool = False) -> Tensor:
    """alpha - (1 - alpha) cos(2 pi k / (M - 1))"""
    return general_cosine(M, a=[alpha, 1 - alpha], sym=sym, dtype=dtype, layout=layout, device=device,
                          requires_grad=requires_grad)


def hamming(M: int, *, sym: bool = True, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """0.54 - 0.46 cos(2 pi k / (M - 1))"""
    return general_hamming(M, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad)


def hann(M: int, *, sym: bool = True, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """sin^2(pi k / (M - 1))"""
    return general_hamming(M, alpha=0.5, sym=sym, dtype=dtype, layout=layout, device=device,
                           requires_grad=requires_grad)


def blackman(M: int, *, sym: bool = True, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """0.42 - 0.5 cos(2 pi k / (M - 1)) + 0.08 cos(4 pi k / (M - 1))"""
    return window("blackman", M, sym, cosines((0.42, 0.5, 0.08)), dtype, layout, device, requires_grad)


def nuttall(M: int, *, sym: bool = True, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """Nuttall's four cosines, whose side lobes fall below -98 dB."""
    return general_cosine(M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, dtype=dtype, layout=layout,
                          device=device, requires_grad=requires_grad)


def bartlett(M: int, *, sym: bool = True, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """A triangle.    1 - |2 k / (M - 1) - 1|"""
    return window("bartlett", M, sym, triangle, dtype, layout, device, requires_grad)


def cosine(M: int, *, sym: bool = True, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """Half a wave.    sin(pi (k + 1/2) / M)"""
    return window("cosine", M, sym, lambda xp, k, last: xp.sin(math.pi * (k + 0.5) / (last + 1)), dtype, layout,
                  device, requires_grad)


def exponential(M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True, dtype=None, layout=None,
                device=None, requires_grad: bool = False) -> Tensor:
    """exp(-|k - center| / tau), the center in the middle if none is given"""
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    return window("exponential", M, sym, lambda xp, k, last: xp.exp(-xp.abs(
        k - (last / 2 if center is None else center)) / tau), dtype, layout, device, requires_grad)


def gaussian(M: int, *, std: float = 1.0, sym: bool = True, dtype=None, layout=None, device=None,
             requires_grad: bool = False) -> Tensor:
    """exp(-((k - (M - 1) / 2) / std)^2 / 2)"""
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    return window("gaussian", M, sym, lambda xp, k, last: xp.exp(-((k - last / 2) / std) ** 2 / 2), dtype, layout,
        device,
                  requires_grad)


def kaiser(M: int, *, beta: float = 12.0, sym: bool = True, dtype=None, layout=None, device=None,
           requires_grad: bool = False) -> Tensor:
    """I_0(beta sqrt(1 - (2 k / (M - 1) - 1)^2)) / I_0(beta)"""
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    return window("kaiser", M, sym, kaiser_of(beta), dtype, layout, device, requires_grad)


# ---------------------------------------------------------------- torch's older names


def older(name: str, length: int, periodic: bool, formula: Callable, dtype, layout, device, requires_grad) -> Tensor:
    """torch.hann_window and its kin: periodic unless told otherwise, in any floating-point type."""
    xp, where, dtype = place(name, device, dtype, layout)
    dtype = default() if dtype is None else dtype
    if dtype.kind not in "fc":
        raise RuntimeError(f"{name} expects floating point dtypes, got: {CAPITAL[dtype.name]}")
    if length < 0:
        raise RuntimeError(f"{name} requires non-negative window_length, got window_length={length}")
    return made(move(values(xp, length, not periodic, formula).astype(dtype), where), requires_grad)


def bartlett_window(window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None,
                    requires_grad: bool = False) -> Tensor:
    """A triangle.  https://pytorch.org/docs/stable/generated/torch.bartlett_window.html"""
    return older("bartlett_window", window_length, periodic, triangle, dtype, layout, device, requires_grad)


def blackman_window(window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None,
                    requires_grad: bool = False) -> Tensor:
    """Blackman's.  https://pytorch.org/docs/stable/generated/torch.blackman_window.html"""
    return older("blackman_window", window_length, periodic, cosines((0.42, 0.5, 0.08)), dtype, layout, device,
                 requires_grad)


def hamming_window(window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *, dtype=None,
                   layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """alpha - beta cos.  https://pytorch.org/docs/stable/generated/torch.hamming_window.html"""
    return older("hamming_window", window_length, periodic, cosines((alpha, beta)), dtype, layout, device,
                 requires_grad)


def hann_window(window_length: int, periodic: bool = True, *, dtype=None, layout=None, device=None,
                requires_grad: bool = False) -> Tensor:
    """Hann's.  https://pytorch.org/docs/stable/generated/torch.hann_window.html"""
    return older("hann_window", window_length, periodic, cosines((0.5, 0.5)), dtype, layout, device, requires_grad)


def kaiser_window(window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype=None, layout=None,
                  device=None, requires_grad: bool = False) -> Tensor:
    """Kaiser's.  https://pytorch.org/docs/stable/generated/torch.kaiser_window.html"""
    return older("kaiser_window", window_length, periodic, kaiser_of(beta), dtype, layout, device, requires_grad)

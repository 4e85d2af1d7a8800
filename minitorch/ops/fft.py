"""Fourier transforms: a signal as a sum of waves, and back.

    y_k = scale * sum_n x_n e^(-2 pi i k n / N)        the inverse has e^(+...)

The scale is by `norm`: "backward" (or None) 1 forwards and 1 / N back, "ortho" 1 / sqrt(N) both ways, "forward" the
other way round. numpy.fft does the sums (cuFFT through CuPy). The matrix of the transform is symmetric, so the gradient
of a transform is the same transform of the gradient; of real signals half of the waves say all.
https://pytorch.org/docs/stable/fft.html        Read next: complex.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..autograd.op import op
from ..dtype import CAPITAL, FROM_NUMPY, default, of
from ..tensor import Tensor, wrap_dim
from .create import made, move, place

__all__: list[str] = []

MODES = ("backward", "ortho", "forward")

# ---------------------------------------------------------------- the three operations


@op(node="FftC2CBackward0")
def complex_to_complex(xp, x, /, axes, norm, forward):
    """The transform along `axes`.    gx = the same transform of g"""
    return (xp.fft.fftn if forward else xp.fft.ifftn)(x, axes=axes, norm=norm).astype(complex_type(x), copy=False)


@op(node="FftR2CBackward0")
def real_to_complex(xp, x, /, axes, norm, forward, onesided):
    """The transform of real numbers along `axes`; the last one's half, which says all, if `onesided`.

    gx = the real part of the same transform of g, the missing half as zeros
    """
    y = (xp.fft.fftn if forward else xp.fft.ifftn)(x, axes=axes, norm=norm) if not onesided else half(
        xp, x, axes, norm, forward)
    return y.astype(complex_type(x), copy=False)


def half(xp, x, axes, norm, forward):
    """The first half of the last axis. Inverse transforms of real numbers are conjugates of forward ones."""
    if forward:
        return xp.fft.rfftn(x, axes=axes, norm=norm)
    return xp.fft.rfftn(x, axes=axes, norm=norm_back(norm)).conj()


def complex_type(x):
    return FROM_NUMPY[x.dtype].to_complex().numpy


@op(node="FftC2RBackward0")
def complex_to_real(xp, x, /, axes, norm, forward, length):
    """The real signal of `length` whose transform along `axes` has x as its half.

    gx = the transform of g the other way, its waves between the first and the (even) last twice: they stand for two
    """
    shape = [x.shape[a] for a in axes[:-1]] + [length]
    y = xp.fft.irfftn(x.conj(), shape, axes, norm_back(norm)) if forward else xp.fft.irfftn(x, shape, axes, norm)
    return y.astype(x.real.dtype, copy=False)


def complex_to_real_rule(g, x_shape, axes, norm, forward, length):
    gx = real_to_complex(g, axes, norm_back(norm), not forward, True)
    last, count = axes[-1], x_shape[axes[-1]]
    twice = count - 1 - (length % 2 == 0)
    if twice > 0:
        gx = gx.slice_scatter(gx.narrow(last, 1, twice) * 2, last, 1, 1 + twice)
    return gx.conj()


def norm_back(norm: str) -> str:
    """The name under which the transform the other way has the scale that `norm` has this way."""
    return {"backward": "forward", "forward": "backward"}.get(norm, norm)


def half_rule(g, x_shape, axes, norm, forward, onesided):
    if onesided:
        g = resized(g, axes[-1:], [x_shape[axes[-1]]])
    return complex_to_complex(g, axes, norm, forward).real


complex_to_complex.backward(x=lambda g, axes, norm, forward: complex_to_complex(g, axes, norm, forward))
real_to_complex.backward(x=half_rule)
complex_to_real.backward(x=complex_to_real_rule)

# ---------------------------------------------------------------- arguments


def checked_norm(norm: str | None) -> str:
    if norm is not None and norm not in MODES:
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    return norm or "backward"


def as_float(x: Tensor, complex: bool = False) -> Tensor:
    """Integers as the default float; half precision is refused."""
    kind = x.array.dtype
    if kind == "float16":
        raise RuntimeError("Unsupported dtype Half")
    if kind.kind not in "fc":
        x = x.to(of(default()))
    return x.to(of(complex_type(x.array))) if complex and x.array.dtype.kind == "f" else x


def resized(x: Tensor, dims: Sequence[int], lengths: Sequence[int]) -> Tensor:
    """x cut off, or filled up with zeros, to a length along each dimension."""
    for dim, n in zip(dims, lengths):
        if n < 1:
            raise RuntimeError(f"Invalid number of data points ({n}) specified")
        have = x.array.shape[dim]
        if n < have:
            x = x.narrow(dim, 0, n)
        elif n > have:
            shape = x.array.shape
            x = x.new_zeros((*shape[:dim], n, *shape[dim + 1:])).slice_scatter(x, dim, 0, have)
    return x


def dims_of(x: Tensor, s, dim) -> tuple:
    """(dims, lengths) of an n-dimensional transform: all of x, the last len(s), or those given."""
    ndim = x.array.ndim
    if dim is not None:
        given = [dim] if isinstance(dim, int) else list(dim)
        dims = [wrap_dim(d, ndim) for d in given]
        if len(set(dims)) < len(dims):
            raise RuntimeError("FFT dims must be unique")
    if s is None:
        dims = list(range(ndim)) if dim is None else dims
        return dims, [x.array.shape[d] for d in dims]
    s = [s] if isinstance(s, int) else list(s)
    if dim is None:
        if len(s) > ndim:
            raise RuntimeError(f"Got shape with {len(s)} values but input tensor only has {ndim} dimensions.")
        dims = list(range(ndim - len(s), ndim))
    elif len(s) != len(dims):
        raise RuntimeError("When given, dim and shape arguments must have the same length")
    return dims, [x.array.shape[d] if n == -1 else n for d, n in zip(dims, s)]


def transform(x: Tensor, s, dim, norm, forward: bool) -> Tensor:
    """fftn or ifftn."""
    norm, x = checked_norm(norm), as_float(x)
    dims, lengths = dims_of(x, s, dim)
    x = resized(x, dims, lengths)
    if not dims:
        return x.to(of(complex_type(x.array)))
    if x.array.dtype.kind == "f":
        return real_to_complex(x, tuple(dims), norm, forward, False)
    return complex_to_complex(x, tuple(dims), norm, forward)


def real_transform(name: str, x: Tensor, s, dim, norm, forward: bool) -> Tensor:
    """rfftn or ihfftn: the half that says all."""
    if x.is_complex():
        raise RuntimeError(f"{name} expects a real input tensor, but got {CAPITAL[x.array.dtype.name]}")
    norm, x = checked_norm(norm), as_float(x)
    dims, lengths = dims_of(x, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    return real_to_complex(resized(x, dims, lengths), tuple(dims), norm, forward, True)


def to_real(name: str, x: Tensor, s, dim, norm, forward: bool) -> Tensor:
    """irfftn or hfftn: the real signal, of even length unless told otherwise."""
    norm, x = checked_norm(norm), as_float(x, complex=True)
    dims, lengths = dims_of(x, s, dim)
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")
    if s is None or (isinstance(s, (list, tuple)) and s[-1] == -1):
        lengths[-1] = 2 * (x.array.shape[dims[-1]] - 1)
    if lengths[-1] < 1:
        raise RuntimeError(f"Invalid number of data points ({lengths[-1]}) specified")
    x = resized(x, dims, [*lengths[:-1], lengths[-1] // 2 + 1])
    return complex_to_real(x, tuple(dims), norm, forward, lengths[-1])


# ---------------------------------------------------------------- torch.fft


def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The transform along one dimension.  https://pytorch.org/docs/stable/generated/torch.fft.fft.html"""
    return transform(input, n, dim, norm, True)


def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The way back.  https://pytorch.org/docs/stable/generated/torch.fft.ifft.html"""
    return transform(input, n, dim, norm, False)


def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Of a real signal, n // 2 + 1 waves.  https://pytorch.org/docs/stable/generated/torch.fft.rfft.html"""
    return real_transform("rfft", input, n, dim, norm, True)


def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """rfft's way back.  https://pytorch.org/docs/stable/generated/torch.fft.irfft.html"""
    return to_real("irfft", input, n, dim, norm, False)


def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The real transform of a signal given by its half.  https://pytorch.org/docs/stable/generated/torch.fft.hfft.html"""
    return to_real("hfft", input, n, dim, norm, True)


def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """hfft's way back.  https://pytorch.org/docs/stable/generated/torch.fft.ihfft.html"""
    return real_transform("ihfft", input, n, dim, norm, False)


def fftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """The transform along several dimensions.  https://pytorch.org/docs/stable/generated/torch.fft.fftn.html"""
    return transform(input, s, dim, norm, True)


def ifftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """The way back.  https://pytorch.org/docs/stable/generated/torch.fft.ifftn.html"""
    return transform(input, s, dim, norm, False)


def rfftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """Of real numbers, half of the last dimension.  https://pytorch.org/docs/stable/generated/torch.fft.rfftn.html"""
    return real_transform("rfftn", input, s, dim, norm, True)


def irfftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """rfftn's way back.  https://pytorch.org/docs/stable/generated/torch.fft.irfftn.html"""
    return to_real("irfftn", input, s, dim, norm, False)


def hfftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """hfft along several dimensions.  https://pytorch.org/docs/stable/generated/torch.fft.hfftn.html"""
    return to_real("hfftn", input, s, dim, norm, True)


def ihfftn(input: Tensor, s=None, dim=None, norm: str | None = None) -> Tensor:
    """hfftn's way back.  https://pytorch.org/docs/stable/generated/torch.fft.ihfftn.html"""
    return real_transform("ihfftn", input, s, dim, norm, False)


def of_two(function):
    """The transform along two dimensions, the last ones unless told otherwise."""
    def call(input: Tensor, s=None, dim=(-2, -1), norm: str | None = None) -> Tensor:
        return function(input, s, dim, norm)

    call.__name__ = call.__qualname__ = function.__name__.replace("fftn", "fft2")
    call.__doc__ = f"{function.__name__} along two dimensions."
    return call


fft2, ifft2, rfft2, irfft2, hfft2, ihfft2 = map(of_two, (fftn, ifftn, rfftn, irfftn, hfftn, ihfftn))

# ---------------------------------------------------------------- frequencies


def frequencies(name: str, n: int, d: float, whole: bool, dtype, layout, device, requires_grad) -> Tensor:
    xp, where, dtype = place(name, device, dtype, layout)
    dtype = default() if dtype is None else dtype
    k = xp.arange(n if whole else n // 2 + 1)
    k = xp.where(k > (n - 1) // 2, k - n, k) if whole else k
    return made(move((k.astype(dtype) * (1.0 / (n * d))).astype(dtype), where), requires_grad)


def fftfreq(n: int, d: float = 1.0, *, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """The frequencies of fft's n waves, samples `d` apart.    0, 1, ..., -2, -1 over n d

    https://pytorch.org/docs/stable/generated/torch.fft.fftfreq.html
    """
    return frequencies("fftfreq", n, d, True, dtype, layout, device, requires_grad)


def rfftfreq(n: int, d: float = 1.0, *, dtype=None, layout=None, device=None, requires_grad: bool = False) -> Tensor:
    """The frequencies of rfft's waves.  https://pytorch.org/docs/stable/generated/torch.fft.rfftfreq.html"""
    return frequencies("rfftfreq", n, d, False, dtype, layout, device, requires_grad)


def shifted(input: Tensor, dim, way: int) -> Tensor:
    ndim = input.array.ndim
    dims = list(range(ndim)) if dim is None else [wrap_dim(d, ndim) for d in ([dim] if isinstance(dim, int) else dim)]
    if not dims:
        return input.clone()
    lengths = [input.array.shape[d] for d in dims]
    return input.roll([n // 2 if way > 0 else (n + 1) // 2 for n in lengths], dims)


def fftshift(input: Tensor, dim=None) -> Tensor:
    """Frequency 0 in the middle.  https://pytorch.org/docs/stable/generated/torch.fft.fftshift.html"""
    return shifted(input, dim, 1)


def ifftshift(input: Tensor, dim=None) -> Tensor:
    """fftshift's way back.  https://pytorch.org/docs/stable/generated/torch.fft.ifftshift.html"""
    return shifted(input, dim, -1)

"""Complex numbers: their parts, conjugates and angles; complex and real views of one memory.

Conjugation is computed, not remembered as in torch: `conj` of a complex tensor is a copy, and `is_conj` is False.
How complex gradients work is said once, in autograd/rule.py (ComplexOpNode).
"""

from __future__ import annotations

import math

from ..autograd.op import in_place, op
from ..dtype import CAPITAL, FROM_NUMPY, astype, default
from ..tensor import Tensor, method

__all__: list[str] = ["angle", "complex", "conj", "conj_physical", "imag", "polar", "real", "resolve_conj",
"resolve_neg",
                      "view_as_complex", "view_as_real"]

# ---------------------------------------------------------------- parts


@op(view=True, node="RealBackward0")
def real_part(xp, x, /):
    """The real part, in x's memory.    gx = g"""
    return x.real


@op(view=True, node="ImagBackward0")
def imaginary_part(xp, x, /):
    """The imaginary part, in x's memory.    gx = i g"""
    return x.imag


real_part.backward(x=lambda g: g)
imaginary_part.backward(x=lambda g: g * -1j)


def real(input: Tensor) -> Tensor:
    """The real part: a view, or `input` itself if it is real.

    https://pytorch.org/docs/stable/generated/torch.real.html
    """
    return real_part(input) if input.is_complex() else input


def imag(input: Tensor) -> Tensor:
    """The imaginary part: a view.  https://pytorch.org/docs/stable/generated/torch.imag.html"""
    if not input.is_complex():
        raise RuntimeError("imag is not implemented for tensors with non-complex dtypes.")
    return imaginary_part(input)


Tensor.real = property(real, lambda self, value: self.real.copy_(value), doc=real.__doc__)
Tensor.imag = property(imag, lambda self, value: self.imag.copy_(value), doc=imag.__doc__)


@op(view=True, node="ViewAsRealBackward0")
def pairs(xp, x, /):
    """(real, imaginary) along a last dimension, in x's memory.    gx = g as complex numbers"""
    return x[..., None].view(x.real.dtype)


@op(view=True, node="ViewAsComplexBackward0")
def from_pairs(xp, x, /):
    """Complex numbers from a last dimension of two, in x's memory.    gx = g as pairs"""
    kind = FROM_NUMPY[x.dtype].to_complex().numpy
    if x.strides[-1] != x.itemsize:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    return x.view(kind)[..., 0]


pairs.backward(x=lambda g: from_pairs(g.contiguous()).conj())
from_pairs.backward(x=lambda g: pairs(g.conj()))


@method
def view_as_real(input: Tensor) -> Tensor:
    """(real, imaginary) along a last dimension: a view.

    https://pytorch.org/docs/stable/generated/torch.view_as_real.html
    """
    if not input.is_complex():
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return pairs(input)


@method
def view_as_complex(input: Tensor) -> Tensor:
    """Complex numbers of a last dimension of two: a view.

    https://pytorch.org/docs/stable/generated/torch.view_as_complex.html
    """
    x = input.array
    if x.dtype.kind != "f":
        raise RuntimeError("view_as_complex is only supported for half, float and double tensors, but got a tensor of "
                           "scalar type: "
                           f"{CAPITAL[x.dtype.name]}")
    if x.ndim == 0:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if x.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    return from_pairs(input)


# ---------------------------------------------------------------- made of two


@op(node="ComplexBackward0")
def complex_of(xp, x, imag, /):
    """y = x + i imag    gx = Re g    gimag = Im g"""
    x, imag = xp.broadcast_arrays(x, imag)
    y = xp.empty(x.shape, FROM_NUMPY[x.dtype].to_complex().numpy)
    y.real, y.imag = x, imag
    return y


complex_of.backward(x=lambda g: g.real, imag=lambda g: -g.imag)


@op(node="PolarBackward0")
def polar_of(xp, x, angle, /):
    """y = x (cos angle + i sin angle)    gx = Re(g conj(y)) / x    gangle = Im(g conj(y))"""
    return complex_of.op.body(xp, x * xp.cos(angle), x * xp.sin(angle))


polar_of.backward(x=lambda g, angle: (g * complex_of(angle.cos(), angle.sin())).real,
                  angle=lambda g, y: -(g * y).imag)


def check_parts(a: Tensor, b: Tensor) -> None:
    """torch's sentences for two tensors that make no complex one."""
    kinds = [t.array.dtype for t in (a, b)]
    if any(k.kind != "f" for k in kinds):
        raise RuntimeError("Expected both inputs to be Half, Float or Double tensors but got "
                           f"{CAPITAL[kinds[0].name]} and {CAPITAL[kinds[1].name]}")
    if kinds[0] != kinds[1]:
        raise RuntimeError(f"Expected object of scalar type {CAPITAL[kinds[0].name]} but got scalar type "
                           f"{CAPITAL[kinds[1].name]} for second argument")


def complex(real: Tensor, imag: Tensor) -> Tensor:
    """real + i imag.  https://pytorch.org/docs/stable/generated/torch.complex.html"""
    check_parts(real, imag)
    return complex_of(real, imag)


def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """The complex number of this size and angle.  https://pytorch.org/docs/stable/generated/torch.polar.html"""
    check_parts(abs, angle)
    return polar_of(abs, angle)


# ---------------------------------------------------------------- conjugates and angles


@op(node="ConjBackward0")
def conjugate(xp, x, /):
    """y = conj(x)    gx = conj(g)"""
    return x.conj()


conjugate.backward(x=lambda g: g.conj())


@method
def conj(input: Tensor) -> Tensor:
    """The complex conjugate; a real tensor itself.  https://pytorch.org/docs/stable/generated/torch.conj.html"""
    return conjugate(input) if input.array.dtype.kind == "c" else input


@method
@op(node="ConjPhysicalBackward0")
def conj_physical(xp, x, /):
    """y = conj(x)    gx = conj(g)"""
    return x.conj() if x.dtype.kind == "c" else x.copy()


conj_physical.backward(x=lambda g: g.conj())
in_place(conj_physical)


@method
def resolve_conj(input: Tensor) -> Tensor:
    """`input`: no tensor is a lazy conjugate here."""
    return input


@method
def resolve_neg(input: Tensor) -> Tensor:
    """`input`: no tensor is a lazy negative here."""
    return input


@op(node="AngleBackward0")
def angle_of(xp, x, /):
    """y = the angle of x; of a real number 0 or pi    gx = g * i / conj(x), 0 of a real number"""
    if x.dtype.kind == "c":
        return xp.angle(x)
    x = x if x.dtype.kind == "f" else astype(x, default())
    return xp.where(x < 0, x.dtype.type(math.pi), x * 0)


angle_of.backward(x=lambda g, x: (g * -1j / x).masked_fill(x == 0, 0) if x.is_complex() else g * 0)


@method
def angle(input: Tensor) -> Tensor:
    """The angle with the positive numbers.  https://pytorch.org/docs/stable/generated/torch.angle.html"""
    return angle_of(input)

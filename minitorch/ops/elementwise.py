"""Arithmetic, powers, exponentials, logarithms, trigonometry: one number in, one number out.

Each operation is its formula three times: as mathematics, as a NumPy body, as one gradient per input.
Read next: reduce.py; autograd/op.py for what `@op` makes of this.
"""

from __future__ import annotations


from ..autograd.op import in_place, op

from ..tensor import Tensor, method

# ---------------------------------------------------------------- arithmetic


@op(promotes="arithmetic")
def add(xp, x, other, /):
    """Elementwise sum.    y = x + other    gx = g    gother = g"""
    return x + other


add.backward(x=lambda g: g, other=lambda g: g)


@op(promotes="arithmetic")
def sub(xp, x, other, /):
    """Elementwise difference.    y = x - other    gx = g    gother = -g"""
    return x - other


sub.backward(x=lambda g: g, other=lambda g: -g)


@op(promotes="arithmetic", node="RsubBackward1")
def rsub(xp, x, other, /):
    """The other way round.    y = other - x    gx = -g    gother = g"""
    return other - x


rsub.backward(x=lambda g: -g, other=lambda g: g)


@method
@op(promotes="arithmetic")
def mul(xp, x, other, /):
    """Elementwise product.    y = x * other    gx = g * other    gother = g * x"""
    return x * other


mul.backward(x=lambda g, other: g * other, other=lambda g, x: g * x)


@op(promotes="float")
def div(xp, x, other, /):
    """Elementwise quotient, integers giving floats.    y = x / other    gx = g / other    gother = -g * x / other^2"""
    return x / other


div.backward(x=lambda g, other: g / other, other=lambda g, x, other: -g * ((x / other) / other))


@method
@op
def neg(xp, x, /):
    """Negation.    y = -x    gx = -g"""
    if x.dtype == bool:
        raise RuntimeError("Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, "
                           "use the `~` or `logical_not()` operator instead.")
    return -x


neg.backward(x=lambda g: -g)


@method
@op
def abs(xp, x, /):
    """Absolute value.    y = |x|    gx = g * sign(x)"""
    return xp.abs(x)


abs.backward(x=lambda g, x: g * x.sgn())


@method
@op
def sign(xp, x, /):
    """-1, 0 or 1.    gx = 0"""
    return xp.sign(x) if x.dtype != bool else x.copy()


sign.backward(x=lambda g: g * 0)

Tensor.sgn = sign  # of a real number they are the same

# ---------------------------------------------------------------- overloads and operators

_add, _sub = add, sub  # the operations; the public functions below take alpha


@method
def add(input: Tensor, other, *, alpha=1) -> Tensor:  # noqa: F811
    """input + alpha * other.  https://pytorch.org/docs/stable/generated/torch.add.html"""
    return _add(input, other if alpha == 1 else scaled(other, alpha))


@method
def sub(input: Tensor, other, *, alpha=1) -> Tensor:  # noqa: F811
    """input - alpha * other.  https://pytorch.org/docs/stable/generated/torch.sub.html"""
    return _sub(input, other if alpha == 1 else scaled(other, alpha))


def scaled(other, alpha):
    return mul(other, alpha) if isinstance(other, Tensor) else other * alpha


Tensor.__neg__ = neg
Tensor.__add__ = Tensor.__radd__ = _add
Tensor.__sub__, Tensor.__rsub__ = _sub, rsub
Tensor.__mul__ = Tensor.__rmul__ = mul
Tensor.__truediv__ = div

Tensor.__imul__ = in_place(mul)
Tensor.__iadd__, Tensor.__isub__, Tensor.__itruediv__ = in_place(_add), in_place(_sub), in_place(div)

"""Arithmetic and powers: numbers in, one number out.

Each operation is its formula three times: as mathematics, as a NumPy body, as one gradient per input. Where torch's
function takes more (`alpha`, `rounding_mode`, a number for a tensor), a plain def further down picks the operation.
Read next: special.py for functions of one number, exp to erf; autograd/op.py for what `@op` makes of this.
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.op import in_place, op, operator, twin
from ..autograd.view import check_in_place
from ..dtype import C_NAME, CAPITAL, float64, result_dtype
from ..tensor import Tensor, method, unwrap

__all__: list[str] = [
    "abs", "absolute", "add", "addcdiv", "addcmul", "div", "divide", "float_power", "floor_divide", "fmod", "lerp",
    "mul", "multiply", "neg", "negative", "positive", "pow", "reciprocal", "remainder", "rsqrt", "rsub", "sgn", "sign",
    "sqrt", "square", "sub", "subtract", "true_divide",
]


def kind(*operands) -> str:
    """The kind of number the operands met in ("b", "u", "i", "f"); a Python number stays one only beside floats."""
    return next((a.dtype.kind for a in operands if not is_number(a)), "f")


def python_number(value):
    """NumPy's numbers as Python's: a NumPy float64 beside a float32 array would give float64."""
    return value.item() if isinstance(value, np.generic) else value


def is_number(value) -> bool:
    """Whether a promoted operand is still a Python number."""
    return isinstance(value, (bool, int, float, complex))


def refuse(x, kinds: str, kernel: str) -> None:
    """Raise torch's sentence where its kernel does not take x's kind of number."""
    if kind(x) in kinds:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{CAPITAL[x.dtype.name]}'")


def zero(g):
    """The gradient of a step function."""
    return g.new_zeros(g.array.shape)


def in_place_twins(name: str, with_number, with_tensor):
    """Attach the in-place form of two twins."""
    with_number, with_tensor = in_place(with_number, name), in_place(with_tensor, name)

    def call(input, *others, **named):
        last = (*others, *named.values())[-1]
        return (with_tensor if isinstance(last, Tensor) else with_number)(input, *others, **named)

    setattr(Tensor, name, call)
    return call


# ---------------------------------------------------------------- arithmetic


@op(promotes="arithmetic")
def add(xp, x, other, /):
    """Elementwise sum.    y = x + other    gx = g    gother = g"""
    return x + other


add.backward(x=lambda g: g, other=lambda g: g)


@op(promotes="difference")
def sub(xp, x, other, /):
    """Elementwise difference.    y = x - other    gx = g    gother = -g"""
    return x - other


sub.backward(x=lambda g: g, other=lambda g: -g)


@op(promotes="difference", node="RsubBackward1")
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


def no_zero_divisor(xp, other) -> None:
    """Integers have no infinity to answer with."""
    if kind(other) in "iu" and not other.all():
        raise RuntimeError("ZeroDivisionError")


@op(promotes="arithmetic", node="DivBackward2")
def div_floor(xp, x, other, /):
    """Quotient rounded down.    y = floor(x / other)    gx = 0    gother = 0"""
    refuse(other if is_number(x) else x, "bc", "div_floor_cpu")
    no_zero_divisor(xp, other)
    return xp.floor_divide(x, other)


div_floor.backward(x=zero, other=zero)


@op(promotes="arithmetic", node="DivBackward2")
def div_trunc(xp, x, other, /):
    """Quotient rounded towards zero.    y = trunc(x / other)    gx = 0    gother = 0"""
    refuse(other if is_number(x) else x, "bc", "div_trunc_cpu")
    no_zero_divisor(xp, other)
    if kind(x, other) == "f":
        return xp.trunc(x / other)
    down = xp.floor_divide(x, other)
    return down + ((down < 0) & (down * other != x))  # from below zero one up, unless nothing was left over


div_trunc.backward(x=zero, other=zero)


def no_derivative(g):
    raise RuntimeError("derivative for aten::floor_divide is not implemented")


floor_divide = twin(div_floor, "NotImplemented")  # torch's name for the node of an operation without a derivative
floor_divide.backward(no_derivative)


@op(promotes="arithmetic", node="RemainderBackward0")
def remainder_number(xp, x, other, /):
    """What is left of x after rounding the quotient down.    y = x - other * floor(x / other)

    gx = g    gother = -g * floor(x / other)
    """
    refuse(x, "b", "remainder_cpu")
    no_zero_divisor(xp, other)
    return xp.remainder(x, other)


remainder_number.backward(x=lambda g: g, other=lambda g, x, other: -g * div(x, other, rounding_mode="floor"))
remainder_tensor = twin(remainder_number, "RemainderBackward1")


@op(promotes="arithmetic", node="FmodBackward0")
def fmod_number(xp, x, other, /):
    """What is left of x after cutting the quotient off.    y = x - other * trunc(x / other)

    gx = g    gother = -g * trunc(x / other)
    """
    refuse(x, "b", "fmod_cpu")
    no_zero_divisor(xp, other)
    return xp.fmod(x, other)


fmod_number.backward(x=lambda g: g, other=lambda g, x, other: -g * div(x, other, rounding_mode="trunc"))
fmod_tensor = twin(fmod_number, "FmodBackward1")


@method
@op
def neg(xp, x, /):
    """Negation.    y = -x    gx = -g"""
    if x.dtype == bool:
        raise RuntimeError("Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert "
                           "a mask, use the `~` or `logical_not()` operator instead.")
    return -x


neg.backward(x=lambda g: -g)


@method
@op
def abs(xp, x, /):
    """Absolute value.    y = |x|    gx = g * sgn(x)"""
    refuse(x, "b", "abs_cpu")
    return xp.abs(x)


abs.backward(x=lambda g, x: g * x.sgn().conj())


@method
@op
def sign(xp, x, /):
    """-1, 0 or 1; 0 of NaN.    gx = 0"""
    if x.dtype.kind == "c":
        raise NotImplementedError("Unlike NumPy, minitorch.sign is not intended to support complex numbers. Please use "
                                  "minitorch.sgn instead.")
    return xp.subtract(x > 0, x < 0, dtype=x.dtype) if x.dtype != bool else x.copy()


sign.backward(x=zero)


@method
@op
def sgn(xp, x, /):
    """The direction of x: its sign, or x / |x| of a complex number; 0 of 0.    gx = (g - Re(g * conj y) * y) / |x|"""
    if x.dtype.kind != "c":
        return sign.op.body(xp, x)
    size = xp.abs(x)
    return xp.where(size == 0, 0, x / xp.where(size == 0, 1, size)).astype(x.dtype)


def sgn_rule(g, x, y):
    if not y.is_complex():
        return zero(g)
    return ((g - (g * y).real * y.conj()) / x.abs()).masked_fill(x == 0, 0)


sgn.backward(x=sgn_rule)


@method
@op(node="PowBackward0")
def square(xp, x, /):
    """Square.    y = x^2    gx = 2 * g * x"""
    return x * x if x.dtype != bool else x.astype("int64")


square.backward(x=lambda g, x: 2 * g * x)


@method
@op(promotes="arithmetic")
def addcmul(xp, x, tensor1, tensor2, /, *, value=1):
    """A product added.    y = x + value * a * b    gx = g    ga = g * value * b    gb = g * value * a"""
    refuse(x, "b", "addcmul_cpu_out")
    return x + (float(value) if x.dtype.kind == "f" else int(value)) * tensor1 * tensor2


addcmul.backward(x=lambda g: g, tensor1=lambda g, tensor2, value: g * (tensor2 * value),
                 tensor2=lambda g, tensor1, value: g * (tensor1 * value))


@method
@op(promotes="arithmetic")
def addcdiv(xp, x, tensor1, tensor2, /, *, value=1):
    """A quotient added.    y = x + value * a / b    gx = g    ga = g * value / b    gb = -g * value * a / b^2"""
    if x.dtype.kind != "f":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  release addcdiv will perform a "
            "true division of tensor1 and tensor2. The historic addcdiv behavior can be implemented as (input + "
            "value * minitorch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as (input + value * "
            "tensor1 / tensor2) for float inputs. The future addcdiv behavior is just the latter implementation: "
            "(input + value * tensor1 / tensor2), for all dtypes.")
    return x + float(value) * tensor1 / tensor2


addcdiv.backward(x=lambda g: g, tensor1=lambda g, tensor2, value: g * (value / tensor2),
                 tensor2=lambda g, tensor1, tensor2, value: -g * (value * tensor1) / (tensor2 * tensor2))


def same_floats(x, kernel: str, **others) -> None:
    """lerp promotes nothing."""
    refuse(x, "biu", kernel)
    for name, other in others.items():
        if other.dtype != x.dtype:
            raise RuntimeError(f"expected dtype {C_NAME[x.dtype.name]} for `{name}` but got dtype "
                               f"{C_NAME[other.dtype.name]}")


@op(node="LerpBackward0")
def lerp_number(xp, x, end, /, weight):
    """From x to end.    y = x + weight * (end - x)    gx = g * (1 - weight)    gend = g * weight"""
    same_floats(x, "lerp_kernel_scalar", end=end)
    return x + weight * (end - x) if -0.5 < weight < 0.5 else end - (end - x) * (1 - weight)  # exact at both ends


lerp_number.backward(x=lambda g, weight: g * (1 - weight), end=lambda g, weight: g * weight)


@op(node="LerpBackward1")
def lerp_tensor(xp, x, end, weight, /):
    """From x to end, w: weight.    y = x + w * (end - x)    gx = g * (1 - w)    gend = g * w    gw = g * (end - x)"""
    same_floats(x, "lerp_kernel_tensor", end=end, weight=weight)
    return xp.where(xp.abs(weight) < 0.5, x + weight * (end - x), end - (end - x) * (1 - weight))


lerp_tensor.backward(x=lambda g, weight: g * (1 - weight), end=lambda g, weight: g * weight,
                     weight=lambda g, x, end: g * (end - x))

# ---------------------------------------------------------------- powers


def power(xp, x, n):
    """x^n: the small powers by products and roots, as in torch.

    A negative base leaves NumPy's vector loop, which is 45 times as fast: whole powers are taken of |x|.
    """
    if n in (2, 3):
        return x * x if n == 2 else x * x * x
    if n in (0.5, -0.5):
        return xp.sqrt(x) if n > 0 else 1 / xp.sqrt(x)
    if n in (-1, -2):
        return 1 / x if n == -1 else 1 / (x * x)
    if n != int(n):
        return x ** n
    return xp.copysign(xp.abs(x) ** n, x) if n % 2 else xp.abs(x) ** n


def integer_power(xp, x, n):
    """x^n of integers; 1 / x^-n cut off to an integer where n is negative."""
    y = x ** xp.maximum(n, 0)
    one = xp.where(x == 1, 1, xp.where(x == -1, 1 - 2 * (n % 2), 0))
    return xp.where(n < 0, one, y).astype(y.dtype)


@op(node="PowBackward0")
def pow_number(xp, x, /, exponent):
    """Power of a tensor.    y = x^n    gx = g * n * x^(n-1); 0 where n = 0"""
    target = result_dtype((x, exponent))
    if target.kind == "f":
        return power(xp, x.astype(target, copy=False), exponent)
    x = x.astype(target, copy=False)
    if target.kind == "c":
        return x ** exponent
    if x.dtype == bool:
        return x | (not exponent)
    if exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    return x ** exponent


def pow_rule(g, x, exponent):
    if exponent == 0:
        return zero(g)
    return g * (exponent * (x if exponent == 2 else x.pow(exponent - 1)))


pow_number.backward(x=pow_rule)


@op(promotes="arithmetic", node="PowBackward1")
def pow_tensor(xp, x, exponent, /):
    """Power, tensor to the tensor.    y = x^n

    gx = g * n * x^(n-1); 0 where n = 0
    gn = g * y * log(x); 0 where x = 0 and n >= 0
    """
    refuse(x if is_number(exponent) else exponent, "b", "pow")
    return x ** exponent if kind(x, exponent) in "fc" else integer_power(xp, x, exponent)


def exponent_rule(g, x, exponent, y):
    known = (exponent >= 0) & (x == 0)
    log = x.log() if isinstance(x, Tensor) else math.log(x) if x > 0 else -math.inf if x == 0 else math.nan
    return (g * (y * log)).masked_fill(known, 0)


pow_tensor.backward(x=lambda g, x, exponent: (g * (exponent * x.pow(exponent - 1))).masked_fill(exponent == 0, 0),
                    exponent=exponent_rule)
pow_of_number = twin(pow_tensor, "PowBackward2")


@method
@op(promotes="float")
def sqrt(xp, x, /):
    """Square root.    y = sqrt(x)    gx = g / (2 * y)"""
    return xp.sqrt(x)


sqrt.backward(x=lambda g, y: g / (2 * y))


@method
@op(promotes="float")
def rsqrt(xp, x, /):
    """Reciprocal of the square root.    y = 1 / sqrt(x)    gx = -g * y^3 / 2"""
    return 1 / xp.sqrt(x)


rsqrt.backward(x=lambda g, y: -0.5 * g * (y * y * y))


@method
@op(promotes="float")
def reciprocal(xp, x, /):
    """Reciprocal.    y = 1 / x    gx = -g * y^2"""
    return 1 / x


reciprocal.backward(x=lambda g, y: -g * (y * y))

# ---------------------------------------------------------------- torch's forms

_add, _sub, _rsub, _div = add, sub, rsub, div  # the operations; the public functions below take more
_add_, _sub_, _div_ = in_place(add), in_place(sub), in_place(div)


def scaled(input, other, alpha):
    """alpha * other, for a sum with `input`."""
    if isinstance(other, Tensor) and other.array.dtype.kind == "f" and alpha is not True:
        return other * alpha
    target = result_dtype((unwrap(input), unwrap(other))).kind
    if isinstance(alpha, bool) and target != "b":
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if isinstance(alpha, float) and target in "biu":
        raise RuntimeError("For integral input tensors, argument alpha must not be a floating point number.")
    return other * (alpha if target != "b" else bool(alpha))


@method
def add(input: Tensor, other, *, alpha=1) -> Tensor:  # noqa: F811
    """input + alpha * other.  https://pytorch.org/docs/stable/generated/torch.add.html"""
    return _add(input, other if alpha == 1 and alpha is not True else scaled(input, other, alpha))


@method
def add_(input: Tensor, other, *, alpha=1) -> Tensor:
    """In-place form of `add`."""
    check_in_place(input, (other,))
    return _add_(input, other if alpha == 1 and alpha is not True else scaled(input, other, alpha))


@method
def sub(input: Tensor, other, *, alpha=1) -> Tensor:  # noqa: F811
    """input - alpha * other.  https://pytorch.org/docs/stable/generated/torch.sub.html"""
    return _sub(input, other if alpha == 1 and alpha is not True else scaled(input, other, alpha))


@method
def sub_(input: Tensor, other, *, alpha=1) -> Tensor:
    """In-place form of `sub`."""
    check_in_place(input, (other,))
    return _sub_(input, other if alpha == 1 and alpha is not True else scaled(input, other, alpha))


rsub_tensor = twin(rsub, "RsubBackward0")


def rsub(input: Tensor, other, *, alpha=1) -> Tensor:  # noqa: F811
    """other - alpha * input."""
    return (rsub_tensor if isinstance(other, Tensor) else _rsub)(
        input if alpha == 1 and alpha is not True else scaled(other, input, alpha), other)


ROUNDED = {"floor": (div_floor, in_place(div_floor, "div_")), "trunc": (div_trunc, in_place(div_trunc, "div_"))}


def rounded(mode: str) -> tuple:
    """The division that rounds by `mode`, and its in-place form."""
    if mode not in ROUNDED:
        raise RuntimeError(f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'")
    return ROUNDED[mode]


@method
def div(input: Tensor, other, *, rounding_mode: str | None = None) -> Tensor:  # noqa: F811
    """input / other, rounded by "floor" or "trunc" or not.  https://pytorch.org/docs/stable/generated/torch.div.html"""
    return _div(input, other) if rounding_mode is None else rounded(rounding_mode)[0](input, other)


@method
def div_(input: Tensor, other, *, rounding_mode: str | None = None) -> Tensor:
    """In-place form of `div`."""
    return _div_(input, other) if rounding_mode is None else rounded(rounding_mode)[1](input, other)


@method
def true_divide(input: Tensor, other) -> Tensor:
    """input / other.  https://pytorch.org/docs/stable/generated/torch.true_divide.html"""
    return _div(input, other)


@method
def remainder(input: Tensor, other) -> Tensor:
    """What is left of input / other rounded down.  https://pytorch.org/docs/stable/generated/torch.remainder.html"""
    return (remainder_tensor if isinstance(other, Tensor) else remainder_number)(input, other)


@method
def fmod(input: Tensor, other) -> Tensor:
    """What is left of input / other cut off.  https://pytorch.org/docs/stable/generated/torch.fmod.html"""
    return (fmod_tensor if isinstance(other, Tensor) else fmod_number)(input, other)


@method
def lerp(input: Tensor, end: Tensor, weight) -> Tensor:
    """input + weight * (end - input).  https://pytorch.org/docs/stable/generated/torch.lerp.html"""
    return (lerp_tensor if isinstance(weight, Tensor) else lerp_number)(input, end, python_number(weight))


@method
def pow(input, exponent) -> Tensor:
    """input^exponent; one of them may be a number.  https://pytorch.org/docs/stable/generated/torch.pow.html"""
    if not isinstance(exponent, Tensor):
        return pow_number(input, python_number(exponent))
    return (pow_tensor if isinstance(input, Tensor) else pow_of_number)(input, exponent)


@method
def float_power(input, exponent) -> Tensor:
    """input^exponent in float64.  https://pytorch.org/docs/stable/generated/torch.float_power.html"""
    return pow(*[v.to(float64) if isinstance(v, Tensor) else v for v in (input, exponent)])


@method
def positive(input: Tensor) -> Tensor:
    """The tensor itself.  https://pytorch.org/docs/stable/generated/torch.positive.html"""
    if input.array.dtype == bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


absolute, negative, subtract, multiply, divide = abs, neg, sub, mul, div
Tensor.absolute, Tensor.negative, Tensor.subtract, Tensor.multiply, Tensor.divide = abs, neg, sub, mul, div
Tensor.floor_divide, Tensor.sgn = floor_divide, sgn

# ---------------------------------------------------------------- in place

for unary in (neg, abs, sign, square, sqrt, rsqrt, reciprocal, mul, addcmul, addcdiv):
    in_place(unary)

remainder_ = in_place_twins("remainder_", remainder_number, remainder_tensor)
fmod_ = in_place_twins("fmod_", fmod_number, fmod_tensor)
lerp_ = in_place_twins("lerp_", lerp_number, lerp_tensor)
pow_ = in_place_twins("pow_", pow_number, pow_tensor)
sgn_ = in_place(sgn, "sgn_")
floor_divide_ = in_place(floor_divide, "floor_divide_")

Tensor.absolute_, Tensor.negative_, Tensor.true_divide_ = Tensor.abs_, Tensor.neg_, _div_
Tensor.subtract_, Tensor.multiply_, Tensor.divide_ = sub_, Tensor.mul_, div_

# ---------------------------------------------------------------- operators

Tensor.__neg__, Tensor.__pos__, Tensor.__abs__ = neg, positive, abs
Tensor.__add__ = Tensor.__radd__ = operator(_add)
Tensor.__sub__, Tensor.__rsub__ = operator(_sub), operator(_rsub)
Tensor.__mul__ = Tensor.__rmul__ = operator(mul)
Tensor.__truediv__ = operator(_div)
Tensor.__rtruediv__ = lambda self, other: self.reciprocal() * other  # as torch rounds it
Tensor.__floordiv__ = operator(floor_divide)
Tensor.__rfloordiv__ = operator(lambda self, other: floor_divide(other, self))
Tensor.__mod__, Tensor.__rmod__ = operator(remainder), operator(lambda self, other: remainder(other, self))
Tensor.__pow__, Tensor.__rpow__ = operator(pow), operator(lambda self, other: pow(other, self))

Tensor.__iadd__, Tensor.__isub__, Tensor.__imul__ = operator(_add_), operator(_sub_), operator(Tensor.mul_)
Tensor.__itruediv__, Tensor.__ifloordiv__ = operator(_div_), operator(floor_divide_)
Tensor.__imod__, Tensor.__ipow__ = operator(remainder_), operator(pow_)

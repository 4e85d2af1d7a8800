"""Activations: the functions of one number that stand between a network's layers.

Bodies work in place on the array they return. The array backwards (`fused_backward`) compute once what a formula
names twice.
Read next: piecewise.py, for relu and all that is made of straight pieces; softmax.py.
"""

from __future__ import annotations

import math

from ..autograd.op import in_place, op, twin
from ..tensor import Tensor, method
from .elementwise import refuse
from .join import cat
from .special import erf_array, in_blocks, tanh  # noqa: F401 (tanh: nn.functional takes all activations from here)

__all__: list[str] = ["celu", "celu_", "selu", "selu_", "sigmoid"]

# ---------------------------------------------------------------- sigmoid and its kin


@method
@op(promotes="float")
def sigmoid(xp, x, /):
    """From any number to one in (0, 1).    y = 1 / (1 + exp(-x))    gx = g * y * (1 - y)

    Where exp overflows, y is 1 / inf = 0, as it should be.
    """
    y = xp.negative(x, out=xp.empty_like(x))
    xp.exp(y, out=y)
    y += 1
    return xp.reciprocal(y, out=y)


sigmoid.backward(x=lambda g, y: g * ((1 - y) * y))
in_place(sigmoid)
sigmoid_array = sigmoid.__wrapped_body__


@op(node="SiluBackward0")
def silu_op(xp, x, /):
    """x times its sigmoid, s.    y = x * s(x)    gx = g * s * (1 + x * (1 - s))    https://arxiv.org/abs/1606.08415"""
    refuse(x, "biu", "silu_cpu")
    y = sigmoid_array(xp, x)
    y *= x
    return y


silu_op.backward(x=lambda g, x: g * (x.sigmoid() * (1 + x * (1 - x.sigmoid()))))
_silu_ = in_place(silu_op, "silu_")


def silu_slope(xp, g, x):
    s = sigmoid_array(xp, x)
    y = 1 - s
    y *= x
    y += 1
    y *= s
    y *= g
    return y


@silu_op.fused_backward
def silu_arrays(xp, g, x):
    return (in_blocks(xp, silu_slope, g, x),)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.silu.html"""
    return (_silu_ if inplace else silu_op)(input)


@op(node="LogSigmoidBackward0")
def logsigmoid(xp, x, /):
    """Logarithm of the sigmoid.    y = min(x, 0) - ln(1 + exp(-|x|))    gx = g * sigmoid(-x)"""
    refuse(x, "biu", "log_sigmoid_cpu")
    return x.clip(-xp.inf, 0) - xp.log1p(xp.exp(-xp.abs(x)))


logsigmoid.backward(x=lambda g, x: g * (-x).sigmoid())


@op(node="SoftplusBackward0")
def softplus_op(xp, x, /, beta, threshold):
    """A smooth relu.    y = ln(1 + exp(b * x)) / b; x where b * x > threshold    gx = g * sigmoid(b * x)"""
    refuse(x, "biu", "softplus_cpu")
    z = x * beta
    return xp.where(z > threshold, x, xp.log1p(xp.exp(z)) / beta)


softplus_op.backward(x=lambda g, x, beta, threshold: (g * (x * beta).sigmoid()).where(x * beta <= threshold, g))


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.softplus.html"""
    return softplus_op(input, beta, threshold)


# ---------------------------------------------------------------- gelu and mish

ROOT_HALF = math.sqrt(0.5)
DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)
ROOT_2_PI, CUBE = math.sqrt(2 / math.pi), 0.044715


def gelu_exact(xp, x):
    y = erf_array(xp, x * ROOT_HALF)
    y += 1
    y *= x
    y *= 0.5
    return y


def gelu_inner(xp, x):
    """tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))"""
    y = x * x
    y *= CUBE
    y += 1
    y *= x
    y *= ROOT_2_PI
    return xp.tanh(y)


def gelu_tanh(xp, x):
    y = gelu_inner(xp, x)
    y += 1
    y *= x
    y *= 0.5
    return y


@op(node="GeluBackward0")
def gelu_op(xp, x, /, approximate):
    """x times the chance that a standard normal number is below x.    https://arxiv.org/abs/1606.08415

    y = x * P(x),  P(x) = (1 + erf(x / sqrt(2))) / 2    gx = g * (P(x) + x * exp(-x^2 / 2) / sqrt(2 * pi))
    tanh: P(x) = (1 + t) / 2,  t = tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))
    """
    refuse(x, "biu", "GeluKernelImpl")
    return in_blocks(xp, gelu_tanh if approximate == "tanh" else gelu_exact, x)


def gelu_rule(g, x, approximate):
    if approximate == "tanh":
        t = (ROOT_2_PI * (x + CUBE * x * x * x)).tanh()
        density = ROOT_2_PI / 2 * (1 - t * t) * (1 + 3 * CUBE * x * x)
        return g * ((1 + t) / 2 + x * density)
    return g * ((1 + (x * ROOT_HALF).erf()) / 2 + x * (DENSITY_AT_0 * (-0.5 * x * x).exp()))


gelu_op.backward(x=gelu_rule)


def gelu_exact_slope(xp, g, x):
    y = x * x
    y *= -0.5
    y = xp.exp(y)
    y *= x
    y *= DENSITY_AT_0
    p = erf_array(xp, x * ROOT_HALF)
    p += 1
    p *= 0.5
    y += p
    y *= g
    return y


def gelu_tanh_slope(xp, g, x):
    t = gelu_inner(xp, x)
    y = x * x
    y *= 3 * CUBE * ROOT_2_PI
    y += ROOT_2_PI
    y *= x
    y *= 1 - t * t
    y += t
    y += 1
    y *= g
    y *= 0.5
    return y


@gelu_op.fused_backward
def gelu_arrays(xp, g, x, approximate):
    return (in_blocks(xp, gelu_tanh_slope if approximate == "tanh" else gelu_exact_slope, g, x),)


def gelu(input: Tensor, *, approximate: str = "none") -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.gelu.html"""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return gelu_op(input, approximate)


def mish_block(xp, x):
    n = xp.exp(x.clip(-xp.inf, 20))  # from 20 on, n / (n + 2) is 1 to the last place
    n = n * (n + 2)
    return x * (n / (n + 2))


@op(node="MishBackward0")
def mish_op(xp, x, /):
    """x times tanh of softplus.    y = x * w,  w = tanh(ln(1 + e^x)) = n / (n + 2),  n = e^x * (e^x + 2)

    gx = g * (w + x * (1 - w^2) * sigmoid(x))    https://arxiv.org/abs/1908.08681
    """
    refuse(x, "biu", "mish_cpu")
    return in_blocks(xp, mish_block, x)


def mish_rule(g, x):
    w = softplus(x).tanh()
    return g * (w + x * (1 - w * w) * x.sigmoid())


mish_op.backward(x=mish_rule)
_mish_ = in_place(mish_op, "mish_")


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.mish.html"""
    return (_mish_ if inplace else mish_op)(input)


# ---------------------------------------------------------------- an exponential below zero


@op(node="EluBackward0")
def elu_op(xp, x, /, alpha, scale, inner):
    """y = scale * x where x > 0, else scale * alpha * (exp(inner * x) - 1)    https://arxiv.org/abs/1511.07289

    gx = g * scale where x > 0, else g * scale * alpha * inner * exp(inner * x)
    """
    refuse(x, "biu", "elu_cpu")
    y = xp.expm1(x.clip(-xp.inf, 0) * inner)
    y *= scale * alpha
    y += x.clip(0, xp.inf) * scale
    return y


def elu_rule(g, x, alpha, scale, inner):
    below = (x.clamp(max=0) * inner).exp() * (scale * alpha * inner)  # clamped: inf * 0 would be NaN
    return g * below.where(x <= 0, scale)


elu_op.backward(x=elu_rule)


@elu_op.fused_backward
def elu_arrays(xp, g, x, alpha, scale, inner):
    slope = xp.exp(x.clip(-xp.inf, 0) * inner)
    slope *= scale * alpha * inner
    slope += (x > 0) * x.dtype.type(scale - scale * alpha * inner)
    slope *= g
    return slope,


celu_op = twin(elu_op, "CeluBackward0")


def elu_of_result(g, y, alpha, scale, inner):
    """The same from the result: below zero, the slope is inner * (y + scale * alpha)."""
    if alpha < 0:
        raise RuntimeError("In-place elu backward calculation is triggered with a negative slope which is not "
                           "supported. This is caused by calling in-place forward function with a negative slope, "
                           "please call out-of-place version instead.")
    return g * (inner * (y + scale * alpha)).where(y <= 0, scale)


_elu_, _celu_ = [in_place(elu_op, f"{name}_", node=f"{name.capitalize()}Backward1", x=elu_of_result)
                 for name in ("elu", "celu")]


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.elu.html"""
    return (_elu_ if inplace else elu_op)(input, alpha, 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `elu`."""
    return _elu_(input, alpha, 1.0, 1.0)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """elu with the constants that keep mean 0 and variance 1 through layers.  https://arxiv.org/abs/1706.02515"""
    return (_elu_ if inplace else elu_op)(input, 1.6732632423543772, 1.0507009873554805, 1.0)


def selu_(input: Tensor) -> Tensor:
    """In-place form of `selu`."""
    return selu(input, inplace=True)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """elu with a continuous slope at 0 for every alpha.  https://arxiv.org/abs/1704.07483"""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return (_celu_ if inplace else celu_op)(input, alpha, 1.0, 1 / alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `celu`."""
    return celu(input, alpha, inplace=True)


# ---------------------------------------------------------------- gates and shrinkage


@op(node="GluBackward0")
def glu_op(xp, x, /, dim):
    """Half of x gates the other half.    y = a * s(b), x = [a, b] along dim    https://arxiv.org/abs/1612.08083

    gx = [g * s(b), g * a * s(b) * (1 - s(b))]
    """
    refuse(x, "biu", "glu_cpu")
    if x.shape[dim] % 2:
        raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {x.shape[dim]}")
    a, b = xp.split(x, 2, dim)
    y = sigmoid_array(xp, b)
    y *= a
    return y


def glu_rule(g, x, dim):
    a, b = x.chunk(2, dim)
    s = b.sigmoid()
    return cat((g * s, g * a * s * (1 - s)), dim)


glu_op.backward(x=glu_rule)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.glu.html"""
    if input.ndim == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return glu_op(input, dim)


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|).  https://pytorch.org/docs/stable/generated/torch.nn.functional.softsign.html"""
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input).  https://pytorch.org/docs/stable/generated/torch.nn.functional.tanhshrink.html"""
    return input - input.tanh()

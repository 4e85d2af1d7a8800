"""Activations: the functions of one number that stand between a network's layers.

Bodies work in place on the array they return. The array backwards (`fused_backward`) compute once what a formula
names twice, and multiply by `x > 0` rather than choose by it: on a mask without a pattern NumPy's `where` takes ten
times as long.
Read next: softmax.py.
"""

from __future__ import annotations

import math

from ..autograd.op import in_place, op
from ..tensor import Tensor, method
from .elementwise import refuse
from .special import erf_array, in_blocks, tanh  # noqa: F401 (tanh: nn.functional takes all activations from here)

__all__: list[str] = ["celu", "relu", "relu_", "selu", "sigmoid"]

# ---------------------------------------------------------------- straight lines


@op(node="ReluBackward0")
def relu_op(xp, x, /):
    """The positive part.    y = max(x, 0)    gx = g where y > 0, else 0"""
    if x.dtype == bool:
        raise RuntimeError("Boolean inputs not supported for relu")
    # clip by two numbers has a vector loop; maximum with a number has none and takes twice as long
    return x.clip(0, xp.inf) if x.dtype.kind == "f" else xp.maximum(x, 0)


relu_op.backward(x=lambda g, y: g * (y > 0))
relu_ = in_place(relu_op, "relu_")


@method
def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(input, 0).  https://pytorch.org/docs/stable/generated/torch.nn.functional.relu.html"""
    return relu_(input) if inplace else relu_op(input)


@op(node="LeakyReluBackward0")
def leaky_relu_op(xp, x, /, negative_slope):
    """A slope s below zero.    y = x where x > 0, else s * x    gx = g where x > 0, else s * g"""
    refuse(x, "biu", "leaky_relu_cpu")
    y = xp.multiply(x, negative_slope, out=xp.empty_like(x))
    return (xp.maximum if negative_slope <= 1 else xp.minimum)(x, y, out=y)


leaky_relu_op.backward(x=lambda g, x, negative_slope: g.where(x > 0, g * negative_slope))
_leaky_relu_ = in_place(leaky_relu_op, "leaky_relu_")


@leaky_relu_op.fused_backward
def leaky_relu_arrays(xp, g, x, negative_slope):
    y = (x > 0).astype(x.dtype)
    if 0 <= negative_slope <= 1:
        y = y.clip(negative_slope, 1)  # 0 and 1 become s and 1
    else:
        y = xp.where(x > 0, y, negative_slope)
    return (y * g,)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.leaky_relu.html"""
    return (_leaky_relu_ if inplace else leaky_relu_op)(input, negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """In-place form of `leaky_relu`."""
    return _leaky_relu_(input, negative_slope)


@op(node="HardtanhBackward0")
def hardtanh_op(xp, x, /, min_val, max_val):
    """x cut off at both ends.    y = min(max(x, a), b)    gx = g where a < x < b, else 0"""
    if x.dtype == bool:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if x.dtype.kind == "u" and min_val < 0:
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return x.clip(min_val, max_val) if x.dtype.kind == "f" else x.clip(int(min_val), int(max_val))


hardtanh_op.backward(x=lambda g, x, min_val, max_val: g * ((x > min_val) & (x < max_val)))
_hardtanh_ = in_place(hardtanh_op, "hardtanh_")


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.hardtanh.html"""
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return (_hardtanh_ if inplace else hardtanh_op)(input, min_val, max_val)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """min(max(input, 0), 6).  https://pytorch.org/docs/stable/generated/torch.nn.functional.relu6.html"""
    return hardtanh(input, 0, 6, inplace)


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
    return g * (x > 0) * scale + g * (x <= 0) * below


elu_op.backward(x=elu_rule)
celu_op = op(node="CeluBackward0")(elu_op.__wrapped_body__)
celu_op.backward(x=elu_rule)
_elu_, _celu_ = in_place(elu_op, "elu_"), in_place(celu_op, "celu_")


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """https://pytorch.org/docs/stable/generated/torch.nn.functional.elu.html"""
    return (_elu_ if inplace else elu_op)(input, alpha, 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """In-place form of `elu`."""
    return _elu_(input, alpha, 1.0, 1.0)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """elu with the constants that keep mean 0 and variance 1 through layers.  https://arxiv.org/abs/1706.02515"""
    return (_elu_ if inplace else elu_op)(input, 1.6732632423543772, 1.0507009873554805, 1.0)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """elu with a continuous slope at 0 for every alpha.  https://arxiv.org/abs/1704.07483"""
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return (_celu_ if inplace else celu_op)(input, alpha, 1.0, 1 / alpha)

"""Initial values: fill a tensor in place so that signals neither die out nor explode through layers.

Fan-in is how many inputs one output sums, fan-out how many outputs one input reaches; a convolution's kernel
positions count in both.  https://pytorch.org/docs/stable/nn.init.html
"""

from __future__ import annotations

import math
import warnings

from ..autograd.grad_mode import no_grad
from ..device import array_module
from ..ops.create import empty_like
from ..ops.create import eye as identity
from ..ops.sampling import randperm
from ..random import Generator
from ..tensor import Tensor, wrap

__all__ = ["calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
           "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_"]


# ---------------------------------------------------------------- constants


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Every element `val`."""
    return tensor.fill_(val)


@no_grad()
def ones_(tensor: Tensor) -> Tensor:
    """Every element 1."""
    return tensor.fill_(1.0)


@no_grad()
def zeros_(tensor: Tensor) -> Tensor:
    """Every element 0."""
    return tensor.zero_()


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix: a linear layer starts by passing its input on."""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(identity(*tensor.shape))


@no_grad()
def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution kernel that passes as many channels on as it can: one at its centre."""
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    per_group = tensor.shape[0] // groups
    centre = tuple([n // 2 for n in tensor.shape[2:]])
    tensor.zero_()
    for group in range(groups):
        for k in range(min(per_group, tensor.shape[1])):
            tensor[(group * per_group + k, k, *centre)] = 1
    return tensor


# ---------------------------------------------------------------- distributions


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """U(a, b)"""
    return tensor.uniform_(a, b, generator=generator)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """N(mean, std^2)"""
    return tensor.normal_(mean, std, generator=generator)


@no_grad()
def trunc_normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
                  generator: Generator | None = None) -> Tensor:
    """N(mean, std^2) cut to [a, b], by rejection: while any number is refused, all are drawn again for those places.

    Candidates are normal, refused outside [a, b]. Where [a, b] holds under 0.3 of the distribution, they are uniform
    in [a, b], and x is accepted with probability pdf(x) / max pdf.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn("mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be "
                      "incorrect.", stacklevel=3)
    below = lambda x: (1 + math.erf((x - mean) / std / math.sqrt(2))) / 2  # the share of the distribution below x
    if below(b) - below(a) > 0.3:
        low, high = tensor.new_tensor(a).item(), tensor.new_tensor(b).item()  # as the tensor's type has them
        propose = lambda: empty_like(tensor).normal_(mean, std, generator=generator)
        refused = lambda x: (x < low) | (x > high)
    else:
        log_peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
        propose = lambda: empty_like(tensor).uniform_(a, b, generator=generator)
        refused = lambda x: (empty_like(x).uniform_(generator=generator).log()
                             > ((x - mean) / std) ** 2 * -0.5 - log_peak)
    result = propose()
    again = refused(result)
    while again.any():
        candidates = propose()
        result = candidates.where(again, result)
        again = again & refused(candidates)
    return tensor.copy_(result)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """A matrix with orthonormal rows or columns: the Q of a normal matrix's QR.  Saxe et al. 2013"""
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.numel() // rows
    flat = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator).array
    xp = array_module(flat)
    q, r = xp.linalg.qr(flat.T if rows < columns else flat)
    q = q * xp.sign(xp.diag(r))  # this makes the distribution uniform over orthogonal matrices
    q = wrap(q.T if rows < columns else q)
    return tensor.copy_(q.reshape(tensor.shape)).mul_(gain)


@no_grad()
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """N(0, std^2) with a fraction `sparsity` of each column zero.  Martens 2010"""
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    tensor.normal_(0, std, generator=generator)
    for column in range(columns):
        places = randperm(rows)[: math.ceil(sparsity * rows)]  # torch draws these from the default generator
        tensor[places, column] = 0
    return tensor


# ---------------------------------------------------------------- scaled by fan-in and fan-out


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """How much a weight's scale must make up for what the nonlinearity takes away."""
    if nonlinearity in ("linear", "sigmoid", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
                        "conv_transpose3d"):
        return 1
    if nonlinearity == "tanh":
        return 5.0 / 3
    if nonlinearity == "relu":
        return math.sqrt(2.0)
    if nonlinearity == "leaky_relu":
        if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float))):
            raise ValueError(f"negative_slope {param} not a valid number")
        slope = 0.01 if param is None else param
        return math.sqrt(2.0 / (1 + slope**2))
    if nonlinearity == "selu":
        return 3.0 / 4  # found by experiment
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _calculate_fan_in_and_fan_out(tensor)[mode == "fan_out"]


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """U(-a, a), a = gain sqrt(6 / (fan_in + fan_out)).  Glorot & Bengio 2010"""
    a = math.sqrt(3.0) * gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return uniform_(tensor, -a, a, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """N(0, std^2), std = gain sqrt(2 / (fan_in + fan_out)).  Glorot & Bengio 2010"""
    std = gain * math.sqrt(2.0 / sum(_calculate_fan_in_and_fan_out(tensor)))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                     generator: Generator | None = None) -> Tensor:
    """U(-b, b), b = gain sqrt(3 / fan).  He et al. 2015, https://arxiv.org/abs/1502.01852"""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    fan = _calculate_correct_fan(tensor, mode)
    bound = math.sqrt(3.0) * (calculate_gain(nonlinearity, a) / math.sqrt(fan))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
                    generator: Generator | None = None) -> Tensor:
    """N(0, std^2), std = gain / sqrt(fan).  He et al. 2015, https://arxiv.org/abs/1502.01852"""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    fan = _calculate_correct_fan(tensor, mode)
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(fan), generator)


# ---------------------------------------------------------------- the former names, without an underscore


def former(fill):
    """`fill` under the name that it once had: the same, with a warning."""
    old = fill.__name__[:-1]

    def filled(*args, **kwargs) -> Tensor:
        warnings.warn(f"`nn.init.{old}` is now deprecated in favor of `nn.init.{old}_`.", FutureWarning, stacklevel=2)
        return fill(*args, **kwargs)

    filled.__name__ = filled.__qualname__ = old
    filled.__doc__ = f"The former name of `{old}_`."
    return filled


constant, uniform, normal, eye, dirac, sparse, orthogonal = map(
    former, (constant_, uniform_, normal_, eye_, dirac_, sparse_, orthogonal_))
xavier_uniform, xavier_normal, kaiming_uniform, kaiming_normal = map(
    former, (xavier_uniform_, xavier_normal_, kaiming_uniform_, kaiming_normal_))

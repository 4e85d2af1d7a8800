"""The length of vectors, and inputs brought to standard size: layer, batch, group, instance and RMS norm.

The last five do one thing, `standardized`: subtract a mean, divide by a deviation, then scale and shift,

    xhat = (x - mean x) * r        r = 1 / sqrt(var x + eps)        y = xhat * weight + bias

and differ in what the mean and variance are taken over:

    layer norm      the last dimensions, for each position      group norm      some channels, for each example
    batch norm      all but the channels (N, C, ...)            instance norm   one channel of each example
    RMS norm        as layer norm, but nothing is subtracted

All of x take part in mean and r, so the gradient comes back by three ways, with h = g * weight:

    gx = r * (h - mean(h) - xhat * mean(h * xhat))      gweight = sum(g * xhat)      gbias = sum(g)

The composed rules compute mean and r again from x: they are no constants, and a second derivative must go through
them. The fused ones read what the forward pass left. Read next: nn/normalization.py, the same as modules.
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.op import op
from ..dtype import CAPITAL, astype, numpy_dtype
from ..kernels import TEAMS, Ladder, best_team, by_team, ceil_div, kernel
from ..tensor import Tensor, expect_tensor, method
from .join import pad
from .reduce import ADDED_IN, add_up, count, every, kept, listed, numpy_names

__all__: list[str] = ["group_norm", "instance_norm", "layer_norm", "norm", "rms_norm"]

# ---------------------------------------------------------------- to mean 0 and variance 1


def mean_of(xp, a, b, axes):
    """mean(a), or mean(a * b), over `axes`, kept as length 1. einsum makes no array of the products."""
    names = "abcdefghijkl"[: a.ndim]
    left = "".join([name for d, name in enumerate(names) if d == 0 or d not in axes])
    y = xp.einsum(f"{names}->{left}", a) if b is None else xp.einsum(f"{names},{names}->{left}", a, b)
    y = add_up(y, 0) if 0 in axes else y  # apart from the others: add_up keeps the error of long sums small
    y /= count(a.shape, axes)
    return y.reshape([1 if d in axes else n for d, n in enumerate(a.shape)])


def standardized(xp, x, weight, bias, axes, eps):
    """(y, mean, var); weight and bias broadcast against x. float16 is computed in float32."""
    wide = x.astype(ADDED_IN.get(x.dtype, x.dtype), copy=False)
    mean = mean_of(xp, wide, None, axes)
    y = wide - mean
    var = mean_of(xp, y, y, axes)
    y *= 1 / xp.sqrt(var + eps)
    if weight is not None:
        y *= weight
    if bias is not None:
        y += bias
    return y.astype(x.dtype, copy=False), mean, var


def standardized_rule(g, x, weight, axes, eps, needs):
    """[gx, gweight, gbias], for the engine to sum to the shapes of weight and bias."""
    d = x - x.mean(axes, keepdim=True)
    r = ((d * d).mean(axes, keepdim=True) + eps).rsqrt()
    xhat, h = d * r, g if weight is None else g * weight
    gx = r * (h - h.mean(axes, keepdim=True) - xhat * (h * xhat).mean(axes, keepdim=True)) if needs[0] else None
    return [gx, g * xhat if needs[1] else None, g]


def standardized_fused(xp, g, x, weight, mean, var, axes, eps, needs):
    """The same, in arrays, from the mean and variance of the forward pass."""
    r = 1 / xp.sqrt(var + eps)
    xhat = x - mean
    xhat *= r
    gweight, gx = g * xhat if needs[1] else None, None
    if needs[0]:
        h = g.astype(xhat.dtype) if weight is None else g * weight
        mean_h, mean_hx = mean_of(xp, h, None, axes), mean_of(xp, h, xhat, axes)
        xhat *= mean_hx
        gx = h
        gx -= xhat
        gx -= mean_h
        gx *= r
    return [gx, gweight, g]


def check_affine(input: Tensor, **vectors) -> None:
    """weight, bias and running statistics have the input's type, or float32 beside float16."""
    for vector in vectors.values():
        if vector is not None and vector.array.dtype != input.array.dtype and input.array.dtype.name != "float16":
            raise RuntimeError("mixed dtype (CPU): expect parameter to have scalar type of Float")


def check_float(kernel: str, input: Tensor) -> None:
    if input.array.dtype.kind not in "fc":
        raise NotImplementedError(f'"{kernel}" not implemented for \'{CAPITAL[input.array.dtype.name]}\'')


# ---------------------------------------------------------------- layer norm


def last_axes(x, shape) -> tuple:
    return tuple(range(x.ndim - len(shape), x.ndim))


@op(outputs="y mean var", node="NativeLayerNormBackward0")
def layer_norm_over(xp, x, weight=None, bias=None, /, *, shape, eps):
    """Each of x's last `shape` standardized.    x (*, shape)    weight, bias (shape)    y (*, shape)"""
    return standardized(xp, x, weight, bias, last_axes(x, shape), eps)


def layer_norm_rule(g_y, x, weight, shape, eps, needs):
    return standardized_rule(g_y, x, weight, last_axes(x, shape), eps, needs)


layer_norm_over.backward(layer_norm_rule)


@layer_norm_over.fused_backward
def layer_norm_fused(xp, g_y, x, weight, mean, var, shape, eps, needs):
    return standardized_fused(xp, g_y, x, weight, mean, var, last_axes(x, shape), eps, needs)


# ---------------------------------------------------------------- the same on a GPU

LAYER_NORM = Ladder("layer_norm", *TEAMS)


def launch_rows(name: str, rows: int, columns: int, *args) -> None:
    team = LAYER_NORM.pick(best_team(columns))
    kernel("layer_norm.cu", f"{name}<{team.capitalize()}>")(*by_team(team, rows, columns), (*args, rows, columns))


def kernel_serves(x, *vectors) -> bool:
    return LAYER_NORM.used and x.size > 0 and all(a is None or a.dtype == "float32" for a in (x, *vectors))


@layer_norm_over.cuda
def layer_norm_on_gpu(xp, x, weight, bias, shape, eps):
    if not kernel_serves(x, weight, bias):
        return standardized(xp, x, weight, bias, last_axes(x, shape), eps)
    columns = math.prod(shape)
    x, weight, bias = (a if a is None else xp.ascontiguousarray(a) for a in (x, weight, bias))
    rows, kept_shape = x.size // columns, (*x.shape[: x.ndim - len(shape)], *(1,) * len(shape))
    y, mean, var = xp.empty_like(x), xp.empty(kept_shape, x.dtype), xp.empty(kept_shape, x.dtype)
    launch_rows("layer_norm", rows, columns, x, weight, bias, y, mean, var, eps)
    return y, mean, var


@layer_norm_over.cuda_backward
def layer_norm_backward_on_gpu(xp, g_y, x, weight, mean, var, shape, eps, needs):
    if not kernel_serves(x, weight, g_y):
        return layer_norm_fused(xp, g_y, x, weight, mean, var, shape, eps, needs)
    columns, gx, gweight, gbias = math.prod(shape), None, None, None
    g_y, x = xp.ascontiguousarray(g_y), xp.ascontiguousarray(x)
    rows = x.size // columns
    if needs[0]:
        gx = xp.empty_like(x)
        launch_rows("layer_norm_backward", rows, columns, g_y, x, weight, mean, var, gx, eps)
    if needs[1] or needs[2]:
        gweight, gbias = xp.empty(shape, x.dtype), xp.empty(shape, x.dtype)
        strips = min(64, ceil_div(rows, 8))
        of_strips = [xp.empty((strips, columns), x.dtype) for _ in range(2)]
        kernel("layer_norm.cu", "column_sums")((ceil_div(columns, 32), strips), (32, 8), (
            g_y, x, mean, var, *of_strips, rows, columns, eps))
        kernel("layer_norm.cu", "strip_sums")(ceil_div(columns, 128), 128, (
            *of_strips, gweight, gbias, strips, columns))
    return gx, gweight, gbias


def check_shape(input: Tensor, normalized_shape, star: str, **vectors) -> tuple:
    """normalized_shape as a tuple, or torch's refusals."""
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError("Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
                           "element, but got normalized_shape = []")
    for name, vector in vectors.items():
        if vector is not None and vector.array.shape != shape:
            raise RuntimeError(f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                               f"{list(vector.array.shape)} and normalized_shape = {list(shape)}")
    if input.array.shape[-len(shape):] != shape:
        expected = ", ".join([str(n) for n in shape])
        raise RuntimeError(f"Given normalized_shape={list(shape)}, expected input with shape [{star}{expected}], but "
                           f"got input of size{list(input.array.shape)}")
    return shape


def layer_norm(input: Tensor, normalized_shape, weight: Tensor | None = None, bias: Tensor | None = None,
               eps: float = 1e-5) -> Tensor:
    """The last dimensions, of sizes `normalized_shape`, brought to mean 0 and variance 1.  Ba et al. 2016.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
    """
    if isinstance(normalized_shape, int):
        raise TypeError("layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not int")
    expect_tensor(input, "layer_norm")
    shape = check_shape(input, normalized_shape, "*, ", weight=weight, bias=bias)
    check_float("LayerNormKernelImpl", input)
    check_affine(input, weight=weight, bias=bias)
    return layer_norm_over(input, weight, bias, shape=shape, eps=eps)[0]


# ---------------------------------------------------------------- batch norm


def batch_axes(x) -> tuple:
    return (0, *range(2, x.ndim))


@op(outputs="y mean var", node="NativeBatchNormBackward0")
def batch_norm_training(xp, x, weight=None, bias=None, /, *, eps):
    """Each channel standardized by the batch's own mean and variance.    x (N, C, ...)    weight, bias (C, 1 ...)"""
    return standardized(xp, x, weight, bias, batch_axes(x), eps)


def batch_norm_rule(g_y, x, weight, eps, needs):
    return standardized_rule(g_y, x, weight, batch_axes(x), eps, needs)


batch_norm_training.backward(batch_norm_rule)


@batch_norm_training.fused_backward
def batch_norm_fused(xp, g_y, x, weight, mean, var, eps, needs):
    return standardized_fused(xp, g_y, x, weight, mean, var, batch_axes(x), eps, needs)


@op(node="NativeBatchNormBackward0")
def batch_norm_eval(xp, x, mean, var, weight=None, bias=None, /, *, eps):
    """Each channel by a mean and variance that are given, and constant.

    y  = (x - mean) * r * weight + bias      r = 1 / sqrt(var + eps)
    gx = g * r * weight    gweight = g * (x - mean) * r    gbias = g
    """
    scale = 1 / xp.sqrt(var + eps)
    scale = scale if weight is None else scale * weight
    y = x * scale
    y += (0 if bias is None else bias) - mean * scale
    return y.astype(x.dtype, copy=False)


def batch_norm_eval_rule(g, x, mean, var, weight, eps, needs):
    r = (var + eps).rsqrt()
    gx = (g * r if weight is None else g * (r * weight)) if needs[0] else None
    return gx, None, None, g * ((x - mean) * r) if needs[3] else None, g


batch_norm_eval.backward(batch_norm_eval_rule)


def batch_norm(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
               bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5) -> Tensor:
    """Each channel standardized, by the batch in training, by the running averages else.  Ioffe & Szegedy 2015.

    In training, running = (1 - momentum) * running + momentum * batch, of the unbiased variance.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
    """
    if training:
        refuse_single("Expected more than 1 value per channel when training", input, batch_axes(input))
    vectors = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    channels = input.array.shape[1] if input.ndim > 1 else 0
    for name, vector in vectors.items():
        if vector is None and name.startswith("running") and not training:
            raise RuntimeError(f"{name} must be defined in evaluation mode")
        if vector is not None and vector.array.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {vector.array.size}")
    check_float("batch_norm", input)
    check_affine(input, **vectors)
    across = (channels, *(1,) * (input.ndim - 2))
    weight, bias = (v if v is None else v.reshape(across) for v in (weight, bias))
    if not training:
        return batch_norm_eval(input, running_mean.reshape(across), running_var.reshape(across), weight, bias, eps=eps)
    y, mean, var = batch_norm_training(input, weight, bias, eps=eps)
    n = input.array.size // max(channels, 1)
    if n:
        keep_running(running_mean, mean.array, momentum)
        keep_running(running_var, var.array * (n / (n - 1)), momentum)
    return y


def keep_running(running: Tensor | None, batch, momentum: float) -> None:
    """Move a running average, in place, towards the batch's. As in torch, no version is counted for it."""
    if running is not None:
        running.array *= 1 - momentum
        running.array += momentum * batch.reshape(-1)


def refuse_single(sentence: str, input: Tensor, axes) -> None:
    """One value has no variance."""
    if math.prod([input.array.shape[a] for a in axes]) == 1:
        raise ValueError(f"{sentence}, got input size {input.shape}")


def instance_norm(input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
                  weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: bool = True,
                  momentum: float = 0.1, eps: float = 1e-5) -> Tensor:
    """Each channel of each example on its own: batch norm of one example with N * C channels.  Ulyanov et al. 2016.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html
    """
    n, channels, *lengths = input.array.shape
    if use_input_stats:
        refuse_single("Expected more than 1 spatial element when training", input, range(2, input.ndim))
    vectors = [v if v is None else v.repeat(n) for v in (running_mean, running_var, weight, bias)]
    y = batch_norm(input.reshape(1, n * channels, *lengths), *vectors, use_input_stats, momentum, eps)
    if use_input_stats:
        for running, repeated in zip((running_mean, running_var), vectors):
            if running is not None:
                running.copy_(repeated.reshape(n, channels).mean(0))
    return y.view(input.shape)  # torch shows this view


# ---------------------------------------------------------------- group norm


def grouped(x, groups: int):
    """x (N, C, ...) as (N, groups, C / groups, rest)"""
    n, channels = x.shape[:2]
    rest = math.prod(x.shape[2:])
    return x.reshape((n, groups, channels // groups, rest))


@op(outputs="y mean var", node="NativeGroupNormBackward0")
def group_norm_in(xp, x, weight=None, bias=None, /, *, groups, eps):
    """Each group of channels of each example standardized.    x (N, C, ...)    weight, bias (groups, C / groups, 1)"""
    y, mean, var = standardized(xp, grouped(x, groups), weight, bias, (2, 3), eps)
    return y.reshape(x.shape), mean, var


def group_norm_rule(g_y, x, weight, groups, eps, needs):
    gx, *others = standardized_rule(grouped(g_y, groups), grouped(x, groups), weight, (2, 3), eps, needs)
    return [gx if gx is None else gx.reshape(x.shape), *others]


group_norm_in.backward(group_norm_rule)


@group_norm_in.fused_backward
def group_norm_fused(xp, g_y, x, weight, mean, var, groups, eps, needs):
    g, x_groups = grouped(g_y, groups), grouped(x, groups)
    gx, *others = standardized_fused(xp, g, x_groups, weight, mean, var, (2, 3), eps, needs)
    return [gx if gx is None else gx.reshape(x.shape), *others]


def group_norm(input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None,
               eps: float = 1e-5) -> Tensor:
    """Each of `num_groups` groups of channels of each example brought to mean 0 and variance 1.  Wu & He 2018.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
    """
    shape = input.array.shape
    if input.ndim < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.ndim}")
    if shape[0] * shape[1] // num_groups * math.prod(shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {list(shape)}")
    if shape[1] % num_groups:
        raise RuntimeError("Expected number of channels in input to be divisible by num_groups, but got input of shape "
                           f"{list(shape)} and num_groups={num_groups}")
    for name, vector in (("weight", weight), ("bias", bias)):
        if vector is not None and vector.array.shape != shape[1:2]:
            raise RuntimeError(f"Expected {name} to be a vector of size equal to the number of channels in input, but "
                               f"got {name} of shape {list(vector.array.shape)} and input of shape {list(shape)}")
    check_float("GroupNormKernelImpl", input)
    check_affine(input, weight=weight, bias=bias)
    weight, bias = (v if v is None else v.reshape(num_groups, -1, 1) for v in (weight, bias))
    return group_norm_in(input, weight, bias, groups=num_groups, eps=eps)[0]


# ---------------------------------------------------------------- RMS norm


@op(node="MulBackward0")
def rms_norm_over(xp, x, weight=None, /, *, shape, eps):
    """Each of x's last `shape` divided by its root mean square.

    xhat = x * r    r = 1 / sqrt(mean(x^2) + eps)    y = xhat * weight
    gx = r * (h - xhat * mean(h * xhat)), h = g * weight    gweight = sum(g * xhat)
    """
    wide = x.astype(ADDED_IN.get(x.dtype, x.dtype), copy=False)
    axes = last_axes(x, shape)
    square = (wide * wide).sum(axis=axes, keepdims=True) / count(x.shape, axes)
    y = wide / xp.sqrt(square + eps)
    return (y if weight is None else y * weight).astype(x.dtype, copy=False)


def rms_norm_rule(g, x, weight, shape, eps):
    axes = last_axes(x, shape)
    r = ((x * x).mean(axes, keepdim=True) + eps).rsqrt()
    xhat, h = x * r, g if weight is None else g * weight
    return r * (h - xhat * (h * xhat).mean(axes, keepdim=True)), g * xhat


rms_norm_over.backward(rms_norm_rule)


def rms_norm(input: Tensor, normalized_shape, weight: Tensor | None = None, eps: float | None = None) -> Tensor:
    """The last dimensions divided by their root mean square; eps None is the type's own.  Zhang & Sennrich 2019.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.rms_norm.html
    """
    shape = check_shape(input, normalized_shape, "*", weight=weight)
    check_float("rms_norm", input)
    eps = float(np.finfo(input.array.dtype).eps) if eps is None else eps
    return rms_norm_over(input, weight, shape=shape, eps=eps)


# ---------------------------------------------------------------- the length of vectors


@op(node="LinalgVectorNormBackward0")
def vector_norm(xp, x, /, ord, dim, keepdim, dtype):
    """y = (sum_i |x_i|^p)^(1/p) along `dim`, p = ord; the largest |x_i| for inf, the smallest for -inf.

    gx = g * sign(x) * (|x| / y)^(p - 1), 0 where y = 0;  for inf, g in equal parts to the largest
    """
    if dtype is not None:
        x = astype(x, dtype)
    if x.dtype.kind not in "fc":
        raise RuntimeError("linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
                           f"{CAPITAL[x.dtype.name]}")
    size = xp.abs(x)
    a = size.astype(ADDED_IN.get(size.dtype, size.dtype), copy=False)
    if ord in (math.inf, -math.inf):
        refuse_empty_norm(x, ord, dim)
        y = (a.max if ord > 0 else a.min)(axis=dim, keepdims=keepdim)
    elif ord == 0:
        y = add_up(a != 0, dim, keepdim)
    elif ord == 1:
        y = add_up(a, dim, keepdim)
    elif ord == 2:
        y = xp.sqrt(add_up(a * a, dim, keepdim))
    else:
        y = add_up(a**ord, dim, keepdim) ** (1 / ord)
    return y.astype(size.dtype, copy=False)


def refuse_empty_norm(x, ord: float, dim) -> None:
    if x.size == 0 and dim is None:
        raise RuntimeError(f"linalg.vector_norm cannot compute the {ord:g} norm on an empty tensor because the "
                           "operation does not have an identity")
    for d in listed(x.shape, dim):
        if x.shape[d] == 0:
            raise RuntimeError(f"linalg.vector_norm cannot compute the {ord:g} norm on the dimension {d}because this "
                               "dimension is empty and the operation does not have an identity")


def vector_norm_rule(g, x, y, ord, dim, keepdim):
    g, y = kept(g, x.shape, dim, keepdim), kept(y, x.shape, dim, keepdim)
    x = x.conj()
    if ord == 0:
        return None
    if ord in (math.inf, -math.inf):
        extreme = (x.abs() == y) | (x != x)
        return x.sgn() * (g / extreme.sum(dim, keepdim=True) * extreme)
    if ord == 1:
        return x.sgn() * g
    zero = y == 0
    if ord == 2:
        return g * (x / y).masked_fill(zero, 0)
    if ord < 1:
        return x.sgn() * (x.abs() ** (ord - 1)).masked_fill(x == 0, 0) * g * y ** (1 - ord)
    power = x.sgn() * x.abs() ** (ord - 1) if ord < 2 else x * x.abs() ** (ord - 2)
    return power * (g / y ** (ord - 1)).masked_fill(zero, 0)


vector_norm.backward(x=vector_norm_rule)


@method
@numpy_names
def norm(input: Tensor, p: float | str | None = "fro", dim=None, keepdim: bool = False, out=None, dtype=None) -> Tensor:
    """The p-norm of all elements, or along `dim`; "fro" and None are 2.

    https://pytorch.org/docs/stable/generated/torch.norm.html
    """
    if out is not None:
        raise NotImplementedError("norm: out")
    if isinstance(p, str) and p != "fro":
        raise NotImplementedError(f"norm: p={p!r}")
    return vector_norm(input, 2.0 if p in ("fro", None) else float(p), every(dim), keepdim, numpy_dtype(dtype))


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out=None) -> Tensor:
    """input / max(norm(input, p, dim), eps): vectors of length 1.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.normalize.html
    """
    if out is not None:
        raise NotImplementedError("normalize: out")
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """input / (k + alpha * m)^beta, m the mean square of the `size` channels around each, 0 beyond the ends.

    Krizhevsky et al. 2012.  https://pytorch.org/docs/stable/generated/torch.nn.functional.local_response_norm.html
    """
    if input.dim() < 3:
        raise ValueError("Expected 3D or higher dimensionality                          "
                         f"input (got {input.dim()} dimensions)")
    if input.numel() == 0:
        return input
    squares = pad(input * input, (0, 0) * (input.dim() - 2) + (size // 2, (size - 1) // 2))
    return input / (squares.unfold(1, size, 1).mean(-1) * alpha + k) ** beta

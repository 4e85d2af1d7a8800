"""How wrong: squared and absolute differences, cross-entropies, divergences.

Every loss is a number per element or per example, l, then its `reduction`: "none" (l itself), "mean" or "sum". The
formulas below are those of l; `share` turns the gradient of the reduced loss into that of each l.
Read next: softmax.py, for the log_softmax in cross_entropy; nn/loss.py, the same as modules.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from ..autograd.op import op
from ..device import array_module
from ..dtype import CAPITAL
from ..kernels import TEAMS, Ladder, best_team, by_team, kernel
from ..tensor import Tensor, expect_tensor, wrap
from .reduce import add_up
from .softmax import log_softmax

__all__: list[str] = []  # torch, too, has them in nn.functional only

# ---------------------------------------------------------------- reductions


def reduced(loss, reduction):
    """The losses themselves, their mean or their sum."""
    if reduction == "none":
        return loss
    total = add_up(loss, None)
    return (total / loss.size if reduction == "mean" else total).astype(loss.dtype, copy=False)


def summed_up(loss: Tensor, reduction: str) -> Tensor:
    """`reduced` for a loss that is composed of other operations."""
    return loss if reduction == "none" else loss.mean() if reduction == "mean" else loss.sum()


def share(g, n, reduction):
    """The gradient of each of n losses, given that of their mean or sum."""
    return g / n if reduction == "mean" else g


def chosen(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """`reduction`, checked; or what the two older flags say, where one of them is given."""
    if size_average is not None or reduce is not None:
        size_average, reduce = size_average is None or size_average, reduce is None or reduce
        reduction = "mean" if size_average and reduce else "sum" if reduce else "none"
        warnings.warn("size_average and reduce args will be deprecated, please use "
                      f"reduction='{reduction}' instead.", UserWarning, stacklevel=3)
    if reduction == "elementwise_mean":
        warnings.warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", UserWarning,
                      stacklevel=3)
        return "mean"
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def warn_of_sizes(input: Tensor, target: Tensor) -> None:
    if target.size() != input.size():
        warnings.warn(f"Using a target size ({target.shape}) that is different to the input size "
                      f"({input.shape}). This will likely lead to incorrect results due to broadcasting. Please ensure "
                      "they have the same size.", UserWarning, stacklevel=3)


def weighted(loss: Tensor, weight: Tensor, reduction: str) -> Tensor:
    """Unreduced losses times `weight`, then reduced; a mean is divided by the sum of the weights."""
    if weight.array.shape != loss.array.shape:
        raise ValueError("Weights and input must have the same size.")
    loss = loss * weight
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.sum() / weight.sum()


def refuse_gradient(function: str, **weights) -> None:
    for name, weight in weights.items():
        if weight is not None and weight.requires_grad:
            raise RuntimeError(f"The function '{function}' is not differentiable with respect to argument '{name}'. "
                               "This input cannot have requires_grad True.")


# ---------------------------------------------------------------- differences


@op(promotes="arithmetic", node="MseLossBackward0")
def squared_error(xp, x, target, /, reduction):
    """l = (x - target)^2    gx = g * 2 (x - target)    gtarget = -gx"""
    if x.dtype.kind not in "fc":
        raise NotImplementedError(f'"mse_cpu" not implemented for \'{CAPITAL[x.dtype.name]}\'')
    d = x - target
    return reduced(xp.multiply(d, d), reduction)


def squared_error_rule(g, x, target, reduction):
    d = x - target
    gx = share(g, d.numel(), reduction) * 2 * d
    return gx, -gx


squared_error.backward(squared_error_rule)


@squared_error.fused_backward
def squared_error_fused(xp, g, x, target, reduction, needs):
    gx = x - target
    gx = gx * (share(g, gx.size, reduction) * 2)
    return gx, -gx if needs[1] else None


def mse_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
             reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """(input - target)^2.  https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html"""
    reduction = chosen(reduction, size_average, reduce)
    warn_of_sizes(input, target)
    if weight is None:
        return squared_error(input, target, reduction)
    return weighted((input - target) ** 2, weight, reduction)


def l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
            reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """|input - target|.  https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html"""
    reduction = chosen(reduction, size_average, reduce)
    warn_of_sizes(input, target)
    loss = (input - target).abs()
    if weight is not None:
        return weighted(loss, weight, reduction)
    return summed_up(loss, reduction)


@op(promotes="arithmetic", node="SmoothL1LossBackward0")
def smooth_error(xp, x, target, /, reduction, beta):
    """A parabola near 0, straight lines beyond, with d = x - target.  Girshick, Fast R-CNN, 2015.

    l  = d^2 / (2 beta) where |d| < beta, |d| - beta / 2 elsewhere
    gx = g * clamp(d / beta, -1, 1)    gtarget = -gx
    """
    d = xp.abs(x - target)
    return reduced(xp.where(d < beta, d * d * (0.5 / beta), d - 0.5 * beta), reduction)


def smooth_error_rule(g, x, target, reduction, beta):
    d = x - target
    gx = share(g, d.numel(), reduction) * (d / beta).clamp(-1, 1)
    return gx, -gx


smooth_error.backward(smooth_error_rule)


def smooth_l1_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
                   reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Square near zero, linear beyond `beta`.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
    """
    reduction = chosen(reduction, size_average, reduce)
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    warn_of_sizes(input, target)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return smooth_error(input, target, reduction, beta)


@op(promotes="first", node="HuberLossBackward0")
def huber_error(xp, x, target, /, reduction, delta):
    """delta times smooth_error, with d = x - target, in x's type.  Huber 1964.

    l  = d^2 / 2 where |d| <= delta, delta (|d| - delta / 2) elsewhere
    gx = g * clamp(d, -delta, delta)    gtarget = -gx
    """
    d = xp.abs(x - target)
    return reduced(xp.where(d <= delta, d * d * 0.5, (d - 0.5 * delta) * delta), reduction)


def huber_error_rule(g, x, target, reduction, delta):
    d = x - target
    gx = share(g, d.numel(), reduction) * d.clamp(-delta, delta)
    return gx, -gx


huber_error.backward(huber_error_rule)


def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
               weight: Tensor | None = None) -> Tensor:
    """Square up to `delta`, linear beyond.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html
    """
    reduction = chosen(reduction)
    warn_of_sizes(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is None:
        return huber_error(input, target, reduction, delta)
    loss = weighted(huber_error(input, target, "none", delta), weight, "none")
    return loss if reduction == "none" else loss.sum() if reduction == "sum" else loss.mean()  # as in torch


# ---------------------------------------------------------------- classes


def class_facts(xp, target, weight, ignore_index, classes: int, dtype):
    """(class of each example, its weight, whether it is ignored): 0 and 0 for what is ignored."""
    ignored = target == ignore_index
    index = xp.where(ignored, 0, target).astype("int64", copy=False)
    outside = (index < 0) | (index >= classes)
    if outside.any():
        raise IndexError(f"Target {int(index[outside][0])} is out of bounds.")
    w = xp.ones(index.shape, dtype) if weight is None else weight[index]
    return index, xp.where(ignored, xp.zeros((), dtype), w), ignored


def nll_body(xp, x, target, weight=None, /, *, ignore_index, reduction):
    """Minus the log-probability of the target class t, weighted.    x (N, C, ...)    target (N, ...)    weight (C)

    l  = -weight_t x_t, 0 where t = ignore_index; its mean is divided by the sum of the weights met
    gx = -g weight_t at the target class, else 0
    """
    rows = x if x.ndim > 1 else x[None]
    index, w, ignored = class_facts(xp, target.reshape(-1) if x.ndim == 1 else target, weight, ignore_index,
                                    rows.shape[1], x.dtype)
    picked = xp.take_along_axis(rows, xp.expand_dims(index, 1), 1).squeeze(1)
    loss = xp.where(ignored, xp.zeros((), x.dtype), -w * picked)
    return reduced_by_weight(loss.reshape(target.shape), w, reduction)


def reduced_by_weight(loss, w, reduction):
    """As `reduced`, but the mean is divided by the sum of the weights."""
    if reduction == "mean":
        return (add_up(loss, None) / add_up(w, None)).astype(loss.dtype, copy=False)
    return reduced(loss, reduction)


def nll_factors(xp, target, weight, ignore_index, reduction, x_shape, dtype):
    """(class of each example, d loss / d x_class), with a dimension for the classes."""
    if len(x_shape) == 1:
        target, x_shape = target.reshape(-1), (1, *x_shape)
    index, w, ignored = class_facts(xp, target, weight, ignore_index, x_shape[1], dtype)
    factor = xp.where(ignored, xp.zeros((), dtype), -share(w, add_up(w, None), reduction)).astype(dtype, copy=False)
    return xp.expand_dims(index, 1), xp.expand_dims(factor, 1)


def nll_rule(g, target, weight, ignore_index, reduction, x_shape, x_dtype):
    xp = array_module(target.array)
    weight = None if weight is None else weight.array
    index, factor = nll_factors(xp, target.array, weight, ignore_index, reduction, x_shape, x_dtype)
    g = g if g.ndim == 0 else g.unsqueeze(1)
    rows = g.new_zeros(x_shape if len(x_shape) > 1 else (1, *x_shape))
    return rows.scatter(1, wrap(index), g * wrap(factor)).reshape(x_shape)


def nll_fused(xp, g, target, weight, ignore_index, reduction, x_shape, x_dtype):
    index, factor = nll_factors(xp, target, weight, ignore_index, reduction, x_shape, x_dtype)
    gx = xp.zeros(x_shape if len(x_shape) > 1 else (1, *x_shape), x_dtype)
    xp.put_along_axis(gx, index, (g if g.ndim == 0 else xp.expand_dims(g, 1)) * factor, 1)
    return gx.reshape(x_shape), None, None


nll_rows, nll_images = op(nll_body, node="NllLossBackward0"), op(nll_body, node="NllLoss2DBackward0")
for _nll in (nll_rows, nll_images):
    _nll.backward(x=nll_rule)
    _nll.fused_backward(nll_fused)


# On a GPU log_softmax and nll_loss are one operation, which never writes the softmax to memory.

CROSS_ENTROPY = Ladder("cross_entropy", *TEAMS)


@op(outputs="loss highest log_sum", node="NllLossBackward0")
def class_entropy(xp, x, target, weight=None, /, *, ignore_index, reduction):
    """The cross-entropy of scores and classes, weighted.    x (N, C)    target (N)    weight (C)    m, s (N)

    m  = max_j x_j    s = log sum_j exp(x_j - m)    l = weight_t (m - x_t + s), 0 where t = ignore_index
    gx = g weight_t (exp(x - m - s) - [j = t])
    """
    index, w, ignored = class_facts(xp, target, weight, ignore_index, x.shape[1], x.dtype)
    losses, highest, log_sum = (xp.empty(len(x), x.dtype) for _ in range(3))
    team = CROSS_ENTROPY.pick(best_team(x.shape[1]))
    kernel("cross_entropy.cu", f"cross_entropy<{team.capitalize()}>")(
        *by_team(team, *x.shape), (xp.ascontiguousarray(x), index, losses, highest, log_sum, *x.shape))
    return reduced_by_weight(xp.where(ignored, xp.zeros((), x.dtype), w * losses), w, reduction), highest, log_sum


def class_entropy_rule(g_loss, x, target, weight, ignore_index, reduction):
    s = x.log_softmax(1)
    gs = nll_rule(g_loss, target, weight, ignore_index, reduction, s.array.shape, s.array.dtype)
    return gs - s.exp() * gs.sum(1, keepdim=True)


class_entropy.backward(x=class_entropy_rule)


@class_entropy.cuda_backward
def class_entropy_on_gpu(xp, g_loss, x, target, weight, highest, log_sum, ignore_index, reduction):
    index, factor = nll_factors(xp, target, weight, ignore_index, reduction, x.shape, x.dtype)
    f = (0 - g_loss * factor[:, 0]).astype(x.dtype, copy=False)  # 0 and not -0 where a row is ignored
    gx, team = xp.empty(x.shape, x.dtype), CROSS_ENTROPY.pick(best_team(x.shape[1]))
    kernel("cross_entropy.cu", f"cross_entropy_backward<{team.capitalize()}>")(
        *by_team(team, *x.shape), (xp.ascontiguousarray(x), index[:, 0], highest, log_sum, f, gx, *x.shape))
    return gx, None, None


def fits_one_kernel(x) -> bool:
    return type(x) is not np.ndarray and CROSS_ENTROPY.used and x.ndim == 2 and x.dtype == "float32" and x.size > 0


def check_classes(input: Tensor, target: Tensor, weight: Tensor | None) -> None:
    """torch's refusals of what does not fit together."""
    shape, expected = input.array.shape, target.array.shape
    if len(shape) < 1:
        raise ValueError(f"Expected 1 or more dimensions (got {len(shape)})")
    if len(shape) == 1 and len(expected) == 1 and expected[0] != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {expected[0]}")
    if len(shape) > 1 and expected[:1] != shape[:1]:
        raise ValueError(f"Expected input batch_size ({shape[0]}) to match target batch_size ({(*expected, 0)[0]}).")
    if len(shape) <= 2 and len(expected) > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(shape) == 4 and len(expected) != 3:
        raise RuntimeError(f"only batches of spatial targets supported (3D tensors) but got targets of dimension: "
                           f"{len(expected)}")
    if len(shape) == 4 and expected[1:] != shape[2:]:
        raise RuntimeError(f"size mismatch (got input: {list(shape)} , target: {list(expected)}")
    if len(shape) > 2 and expected[1:] != shape[2:]:
        raise RuntimeError(f"Expected target size {[shape[0], *shape[2:]]}, got {list(expected)}")
    if target.array.dtype.name not in ("int64", "uint8"):
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {CAPITAL[target.array.dtype.name]}")
    classes = shape[1] if len(shape) > 1 else shape[0]
    if weight is not None and weight.array.shape != (classes,):
        raise RuntimeError(f"weight tensor should be defined either for all {classes} classes or no classes but got "
                           f"weight tensor of shape: {list(weight.array.shape)}")
    if weight is not None and weight.array.dtype != input.array.dtype:
        raise RuntimeError(f"expected scalar type {CAPITAL[input.array.dtype.name]} but found "
                           f"{CAPITAL[weight.array.dtype.name]}")


def nll_loss(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
             ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """-input[target] of log-probabilities.    input (N, C, ...)    target (N, ...)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
    """
    reduction = chosen(reduction, size_average, reduce)
    expect_tensor(target, "nll_loss_nd", "target", 2)
    check_classes(input, target, weight)
    refuse_gradient("nll_loss_forward" if input.ndim <= 2 else "nll_loss2d_forward", weight=weight)
    if input.array.dtype.kind not in "fc":
        raise NotImplementedError(f'"nll_loss_out_frame" not implemented for \'{CAPITAL[input.array.dtype.name]}\'')
    options = {"ignore_index": ignore_index, "reduction": reduction}
    if input.ndim <= 2:
        return nll_rows(input, target, weight, **options)
    if input.ndim == 4 or reduction != "none":
        return nll_images(input, target, weight, **options)
    n, classes = input.array.shape[:2]
    rows = input.array.size // (n * classes) if n * classes else 0
    flat = nll_images(input.reshape(n, classes, 1, rows), target.reshape(n, 1, rows), weight, **options)
    return flat.view(target.shape)  # torch shows this view


@op(node="DivBackward1")
def divided(xp, x, /, count):
    """y = x / count    gx = g / count"""
    return x / count


divided.backward(x=lambda g, count: g / count)


def cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
                  ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
                  label_smoothing: float = 0.0) -> Tensor:
    """-log softmax(input)[target]; `target` holds classes, or as many probabilities as `input` has scores.

    input (N, C, ...)    target (N, ...), or (N, C, ...)
    https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
    """
    reduction = chosen(reduction, size_average, reduce)
    expect_tensor(input, "cross_entropy_loss")
    expect_tensor(target, "cross_entropy_loss", "target", 2)
    soft = target.array.shape == input.array.shape
    if soft and target.array.dtype.kind != "f":
        raise RuntimeError("Expected floating point type for target with class probabilities, got "
                           f"{CAPITAL[target.array.dtype.name]}")
    if soft and ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    class_dim = 0 if input.ndim == 1 else 1
    if soft:
        return soft_cross_entropy(input, target, weight, reduction, label_smoothing, class_dim)
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")
    if label_smoothing <= 0 and fits_one_kernel(input.array):
        check_classes(input, target, weight)
        refuse_gradient("nll_loss_forward", weight=weight)
        return class_entropy(input, target, weight, ignore_index=ignore_index, reduction=reduction)[0]
    scores = log_softmax(input, class_dim)
    loss = nll_loss(scores, target, weight, ignore_index=ignore_index, reduction=reduction)
    if label_smoothing <= 0:
        return loss
    spread = spread_loss(scores, target, weight, ignore_index, reduction, class_dim)
    return (1 - label_smoothing) * loss + spread * (label_smoothing / scores.shape[class_dim])


def along_classes(weight: Tensor, input: Tensor, class_dim: int) -> Tensor:
    """`weight` in a shape that broadcasts against `input`."""
    return weight.reshape(-1, *(1,) * (input.ndim - 1 - class_dim))


def soft_cross_entropy(input, target, weight, reduction, label_smoothing, class_dim) -> Tensor:
    """-sum_c weight_c target_c log softmax(input)_c"""
    classes = input.shape[class_dim]
    if weight is not None and weight.array.shape != (classes,):
        raise RuntimeError(f"cross_entropy: weight tensor should be defined either for all {classes} classes or no "
                           f"classes but got weight tensor of shape: {list(weight.array.shape)}")
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    loss = log_softmax(input, class_dim) * target
    if weight is not None:
        loss = loss * along_classes(weight, input, class_dim)
    if reduction == "none":
        return -loss.sum(class_dim)
    return -loss.sum() if reduction == "sum" else divided(-loss.sum(), input.array.size // max(classes, 1))


def spread_loss(scores, target, weight, ignore_index, reduction, class_dim) -> Tensor:
    """The loss of a target spread evenly over all classes, times their number."""
    ignored = target == ignore_index
    loss = scores if weight is None else scores * along_classes(weight, scores, class_dim)
    loss = (-loss.sum(class_dim)).masked_fill(ignored, 0)
    if reduction == "none":
        return loss
    met = ~ignored if weight is None or reduction == "sum" else weight.gather(0, target.masked_select(~ignored))
    return loss.sum() / met.sum() if reduction == "mean" else loss.sum()


# ---------------------------------------------------------------- probabilities


@op(node="BinaryCrossEntropyBackward0")
def binary_error(xp, x, target, weight=None, /, *, reduction):
    """The cross-entropy of a probability x; its logarithms stop at -100, so that x = 0 and 1 have finite losses.

    l       = -weight (target log x + (1 - target) log(1 - x))
    gx      = g weight (x - target) / (x (1 - x))
    gtarget = g weight (log(1 - x) - log x)
    """
    for name, a in (("input", x), ("target", target)):
        if not ((a >= 0) & (a <= 1)).all():
            raise RuntimeError(f"all elements of {name} should be between 0 and 1")
    loss = (target - 1) * xp.maximum(xp.log1p(-x), -100) - target * xp.maximum(xp.log(x), -100)
    return reduced(loss if weight is None else loss * weight, reduction)


def binary_error_rule(g, x, target, weight, reduction, needs):
    g = share(g, x.numel(), reduction)
    g = g if weight is None else g * weight
    gx = g * (x - target) / (x * (1 - x)).clamp(min=1e-12) if needs[0] else None
    return gx, g * ((1 - x).log() - x.log()) if needs[1] else None, None


binary_error.backward(binary_error_rule)


def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """-(target log input + (1 - target) log(1 - input)) of probabilities.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
    """
    reduction = chosen(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is "
                         "deprecated. Please ensure they have the same size.")
    refuse_gradient("binary_cross_entropy", weight=weight)
    if target.array.dtype != input.array.dtype:
        raise RuntimeError(f"Found dtype {CAPITAL[target.array.dtype.name]} but expected "
                           f"{CAPITAL[input.array.dtype.name]}")
    return binary_error(input, target, weight, reduction=reduction)


@op(promotes="arithmetic", node="BinaryCrossEntropyWithLogitsBackward0")
def logit_error(xp, x, target, weight=None, pos_weight=None, /, *, reduction):
    """The same of p = sigmoid(x), without rounding p to 0 or 1; positive examples count pos_weight times.

    l       = weight ((1 - target) x + (1 + (pos_weight - 1) target) log(1 + exp(-x)))
    gx      = g weight (p - target)                          gtarget = -g weight x                where pos_weight = 1
    gx      = g weight ((1 - target + q) p - q), q = pos_weight target
    gtarget = g weight (log(1 - p) - pos_weight log p)
    """
    softplus = xp.log1p(xp.exp(-xp.abs(x))) + xp.maximum(-x, 0)  # log(1 + exp(-x)): exp of nothing positive
    loss = (1 - target) * x + (softplus if pos_weight is None else softplus * (1 + (pos_weight - 1) * target))
    return reduced(loss if weight is None else loss * weight, reduction)


def logit_error_rule(g, x, target, weight, pos_weight, reduction, needs):
    g = share(g, x.numel(), reduction)
    g, p, gtarget = g if weight is None else g * weight, x.sigmoid(), None
    if pos_weight is None:
        return g * (p - target), -g * x if needs[1] else None, None, None
    q = pos_weight * target
    if needs[1]:
        gtarget = g * ((1 - p).log() - pos_weight * p.log())
    return g * ((1 - target + q) * p - q), gtarget, None, None


logit_error.backward(logit_error_rule)


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                     size_average: bool | None = None, reduce: bool | None = None,
                                     reduction: str = "mean", pos_weight: Tensor | None = None) -> Tensor:
    """binary_cross_entropy of sigmoid(input), in one stable formula.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
    """
    reduction = chosen(reduction, size_average, reduce)
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
    refuse_gradient("binary_cross_entropy_with_logits", weight=weight, pos_weight=pos_weight)
    if target.array.dtype.kind in "biu":
        raise RuntimeError(f"result type {CAPITAL[input.array.dtype.name]} can't be cast to the desired output type "
                           f"{CAPITAL[target.array.dtype.name]}")
    return logit_error(input, target, weight, pos_weight, reduction=reduction)


@op
def times_log(xp, x, /):
    """y = x log x, 0 for 0    gx = g * (log x + 1)"""
    return xp.where(x == 0, x, x * xp.log(x))


times_log.backward(x=lambda g, x: g * (x.log() + 1))


def kl_div(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
           reduction: str = "mean", log_target: bool = False) -> Tensor:
    """target (log target - input), `input` being log-probabilities; with `log_target`, `target` too.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
    """
    by_batch = reduction == "batchmean" and size_average is None and reduce is None
    if reduction == "mean" and size_average is None and reduce is None:
        warnings.warn("reduction: 'mean' divides the total loss by both the batch size and the support size."
                      "'batchmean' divides only by the batch size, and aligns with the KL div math definition."
                      "'mean' will be changed to behave the same as 'batchmean' in the next major release.",
                      UserWarning, stacklevel=2)
    reduction = "sum" if by_batch else chosen(reduction, size_average, reduce)
    loss = target.exp() * (target - input) if log_target else times_log(target) - target * input
    loss = summed_up(loss, reduction)
    return loss / input.shape[0] if by_batch and input.ndim else loss


# ---------------------------------------------------------------- likelihoods


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
                     size_average: bool | None = None, eps: float = 1e-8, reduce: bool | None = None,
                     reduction: str = "mean") -> Tensor:
    """input - target log input, for counts of mean `input`; with `log_input`, input is the logarithm of the mean.

    `full` adds Stirling's approximation of log target!
    https://pytorch.org/docs/stable/generated/torch.nn.functional.poisson_nll_loss.html
    """
    reduction = chosen(reduction, size_average, reduce)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()
    if full:
        stirling = target * target.log() - target + 0.5 * (2 * math.pi * target).log()
        loss = loss + stirling.masked_fill(target <= 1, 0)
    return summed_up(loss, reduction)


def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6,
                      reduction: str = "mean") -> Tensor:
    """(log var + (input - target)^2 / var) / 2, for normal numbers of mean `input` and variance `var`.

    `var` has input's shape, or 1 or nothing for its last dimension; `eps` bounds it from below, without a gradient.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.gaussian_nll_loss.html
    """
    if isinstance(var, float):
        var = input.new_full(input.shape, var)
    if (var < 0).any():
        raise ValueError("var has negative entry/entries")
    if var.shape != input.shape:
        if input.shape[:-1] == var.shape:
            var = var.unsqueeze(-1)
        elif input.ndim != var.ndim or sum(n for m, n in zip(input.shape, var.shape) if m != n) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    var = var + (var.clamp(min=eps) - var).detach()
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)
    return summed_up(loss + 0.5 * math.log(2 * math.pi) if full else loss, reduction)

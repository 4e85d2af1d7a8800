"""Losses that ask for a margin: between two scores, two distances, or a class and all others.

A loss below zero counts as zero: what is right by the margin is right enough.
Read next: distance.py; loss.py, for what `chosen` and `reduced` do.
"""

from __future__ import annotations

from collections.abc import Callable

from ..autograd.op import op
from ..device import array_module
from ..dtype import CAPITAL
from ..tensor import Tensor, wrap
from .activation import logsigmoid
from .distance import pairwise_distance
from .loss import chosen, reduced, refuse_gradient, share, summed_up

__all__: list[str] = ["cosine_embedding_loss", "hinge_embedding_loss", "margin_ranking_loss", "triplet_margin_loss"]

# ---------------------------------------------------------------- pairs


def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                        size_average: bool | None = None, reduce: bool | None = None,
                        reduction: str = "mean") -> Tensor:
    """max(0, -target (input1 - input2) + margin): where target is 1, input1 should be the larger one, where -1, input2.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.margin_ranking_loss.html
    """
    reduction = chosen(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError("margin_ranking_loss : All input tensors should have same dimension but got sizes: "
                           f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} ")
    return summed_up((-target * (input1 - input2) + margin).clamp_min(0), reduction)


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None,
                         reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """input, a distance, where target is 1 (alike), max(0, margin - input) where it is -1 (different).

    https://pytorch.org/docs/stable/generated/torch.nn.functional.hinge_embedding_loss.html
    """
    reduction = chosen(reduction, size_average, reduce)
    apart = (margin - input).clamp_min(0).where(target != 1, 0)
    return summed_up(apart + input.where(target != -1, 0), reduction)


def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                          size_average: bool | None = None, reduce: bool | None = None,
                          reduction: str = "mean") -> Tensor:
    """1 - cos(input1, input2) where target is 1 (alike), max(0, cos - margin) where it is -1 (different).

    https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_embedding_loss.html
    """
    reduction, dim = chosen(reduction, size_average, reduce), target.ndim
    if dim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if input1.ndim != dim + 1 or input2.ndim != dim + 1:
        raise RuntimeError(f"{dim}D target tensor expects {dim + 1}D input tensors, but found inputs with sizes "
                           f"{list(input1.shape)} and {list(input2.shape)}.")
    squares = ((input1 * input1).sum(dim) + 1e-12) * ((input2 * input2).sum(dim) + 1e-12)
    cos = (input1 * input2).sum(dim) / squares.sqrt()
    return summed_up((1 - cos).where(target == 1, 0) + (cos - margin).clamp_min(0).where(target == -1, 0), reduction)


def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
                        eps: float = 1e-6, swap: bool = False, size_average: bool | None = None,
                        reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """max(0, margin + |anchor - positive| - |anchor - negative|), in the p-norm.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_loss.html
    """
    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=lambda a, b: pairwise_distance(a, b, p, eps), margin=margin,
        swap=swap, reduction=chosen(reduction, size_average, reduce))


def triplet_margin_with_distance_loss(
        anchor: Tensor, positive: Tensor, negative: Tensor, *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None, margin: float = 1.0, swap: bool = False,
        reduction: str = "mean") -> Tensor:
    """triplet_margin_loss with any distance; `swap`: the negative is as far as the nearer of anchor and positive.

    Balntas et al. 2016
    https://pytorch.org/docs/stable/generated/torch.nn.functional.triplet_margin_with_distance_loss.html
    """
    reduction = chosen(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError("The anchor, positive, and negative tensors are expected to have the same number of "
                           f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative "
                           f"{negative.ndim}D inputs")
    distance = distance_function or pairwise_distance
    far = distance(anchor, negative)
    if swap:
        far = far.minimum(distance(positive, negative))
    return summed_up((margin + distance(anchor, positive) - far).clamp_min(0), reduction)


# ---------------------------------------------------------------- logistic margins


@op(promotes="first", node="SoftMarginLossBackward0")
def soft_margin(xp, x, target, /, reduction):
    """Two classes, target 1 and -1.    l = log(1 + exp(-target x))    gx = -g target sigmoid(-target x)"""
    z = target * x
    return reduced(xp.log1p(xp.exp(-xp.abs(z))) + xp.maximum(-z, 0), reduction)


def soft_margin_rule(g, x, target, reduction):
    z = target * x
    return share(g, z.numel(), reduction) * -target * (-z).sigmoid()


soft_margin.backward(x=soft_margin_rule)


def soft_margin_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
                     reduction: str = "mean") -> Tensor:
    """log(1 + exp(-target input))

    https://pytorch.org/docs/stable/generated/torch.nn.functional.soft_margin_loss.html
    """
    reduction = chosen(reduction, size_average, reduce)
    refuse_gradient("soft_margin_loss", target=target)
    if input.array.dtype.kind not in "fc":
        raise RuntimeError("result type Float can't be cast to the desired output type "
                           f"{CAPITAL[input.array.dtype.name]}")
    return soft_margin(input, target, reduction)


def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                size_average: bool | None = None, reduce: bool | None = None,
                                reduction: str = "mean") -> Tensor:
    """The mean over classes of binary_cross_entropy_with_logits.    input, target (N, C)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_soft_margin_loss.html
    """
    if size_average is not None or reduce is not None:
        reduction = chosen(reduction, size_average, reduce)
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    loss = (loss if weight is None else loss * weight).sum(-1) / input.size(-1)
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    return summed_up(loss, reduction)


# ---------------------------------------------------------------- a class against all others


@op(node="MultiMarginLossBackward0")
def class_margin(xp, x, target, weight=None, /, *, p, margin, reduction):
    """How far the class t falls short of leading all others by the margin.    x (N, C) or (C)    target (N)

    l    = sum over c != t of weight_t max(0, margin - x_t + x_c)^p / C
    gx_c = g weight_t p max(0, margin - x_t + x_c)^(p - 1) / C, and gx_t minus their sum
    """
    z = class_excess(xp, x, target, margin)
    w = 1 if weight is None else weight[target.reshape(-1)]
    loss = (w * (z if p == 1 else z * z).sum(1) / z.shape[1]).astype(x.dtype, copy=False)
    return reduced(loss.reshape(target.shape), reduction)


def class_excess(xp, x, target, margin):
    """max(0, margin - x_t + x_c), 0 for c = t"""
    rows, at = x.reshape(-1, x.shape[-1] if x.ndim else 1), target.reshape(-1, 1)
    z = (rows - xp.take_along_axis(rows, at, 1) + margin).clip(0, xp.inf)
    xp.put_along_axis(z, at, z.dtype.type(0), 1)
    return z


def class_margin_rule(g, x, target, weight, p, margin, reduction):
    rows, at = x.reshape(-1, x.shape[-1] if x.ndim else 1), target.reshape(-1, 1)
    z = (rows - rows.gather(1, at) + margin).scatter(1, at, 0)
    slope = (z > 0).to(z.dtype) if p == 1 else z.clamp_min(0) * 2
    g = share(g, len(at), reduction).reshape(-1, 1) / z.shape[1]
    slope = slope * (g if weight is None else g * weight[target].reshape(-1, 1))
    return slope.scatter_add(1, at, -slope.sum(1, keepdim=True)).reshape(x.shape)


class_margin.backward(x=class_margin_rule)


def check_examples(name: str, input: Tensor, target: Tensor) -> None:
    if input.ndim > 2 or (input.ndim and not input.shape[-1]):
        raise RuntimeError("Expected non-empty vector or matrix with optional 0-dim batch size, but got: "
                           f"{list(input.shape)}")
    if target.array.dtype != "int64":
        raise RuntimeError(f"expected scalar type Long but found {CAPITAL[target.array.dtype.name]}")
    if input.array.dtype.kind not in "fc":
        raise NotImplementedError(f"\"{name}\" not implemented for '{CAPITAL[input.array.dtype.name]}'")


def multi_margin_loss(input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
                      size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> Tensor:
    """The hinge loss of one class among several: sum over c of max(0, margin - input[target] + input[c])^p / C

    https://pytorch.org/docs/stable/generated/torch.nn.functional.multi_margin_loss.html
    """
    reduction = chosen(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    refuse_gradient("multi_margin_loss", weight=weight)
    count, classes = input.shape[0] if input.ndim > 1 else 1, input.shape[-1] if input.ndim else 1
    if input.ndim < 3 and (target.ndim > 1 or target.numel() != count):
        raise RuntimeError("multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
                           f"samples (batch size). Expected target size [{count}], but got {list(target.shape)}. Input "
                           f"has shape {list(input.shape)}.")
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(f"inconsistent weight size, expected {classes} but got {list(weight.shape)}")
    check_examples("multi_margin_loss_cpu_kernel", input, target)
    if ((target.array < 0) | (target.array >= classes)).any():
        raise RuntimeError("target out of range")
    return class_margin(input, target, weight, p=p, margin=margin, reduction=reduction)


@op(node="MultilabelMarginLossBackward0")
def label_margins(xp, x, target, /, reduction):
    """How far the labels of an example fall short of leading all other classes by 1.    x, target (N, C) or (C)

    l = sum over labels t and other classes c of max(0, 1 - x_t + x_c) / C    labels are listed up to the first -1
    """
    short, _, _ = label_excess(xp, x, target)
    return reduced((short.sum((1, 2)) / short.shape[2]).astype(x.dtype, copy=False).reshape(x.shape[:-1]), reduction)


def label_excess(xp, x, target):
    """(max(0, 1 - x_t + x_c) (N, labels, C); the labels (N, labels), 0 after the first -1; which of them there are)"""
    rows, t = x.reshape(-1, x.shape[-1] if x.ndim else 1), target.reshape(-1, x.shape[-1] if x.ndim else 1)
    there = ((t < 0).cumsum(1) == 0)
    t = xp.where(there, t, 0)
    classes = xp.arange(t.shape[1])
    other = ~((t[:, :, None] == classes) & there[:, :, None]).any(1)  # (N, C)
    short = (1 - xp.take_along_axis(rows, t, 1)[:, :, None] + rows[:, None, :]).clip(0, xp.inf)
    return short * (there[:, :, None] & other[:, None, :]), t, there


def label_margins_rule(g, x, target, reduction):
    xp = array_module(x.array)
    short, t, _ = label_excess(xp, x.array, target.array)
    over = wrap((short > 0).astype(x.array.dtype))  # where a label falls short of leading a class
    slope = over.sum(1).scatter_add(1, wrap(t), -over.sum(2))
    return (slope * (share(g, len(t), reduction).reshape(-1, 1) / t.shape[1])).reshape(x.shape)


label_margins.backward(x=label_margins_rule)


def multilabel_margin_loss(input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
                           reduction: str = "mean") -> Tensor:
    """The hinge loss of several classes at once; `target` lists them, -1 after the last.    input, target (N, C)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.multilabel_margin_loss.html
    """
    reduction = chosen(reduction, size_average, reduce)
    if input.ndim < 3 and target.array.shape != input.array.shape:
        raise RuntimeError(f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}")
    check_examples("multilabel_margin_loss_forward_out_frame", input, target)
    if ((target.array < -1) | (target.array >= (input.shape[-1] if input.ndim else 1))).any():
        raise RuntimeError("argument #2 'target' is out of range")
    return label_margins(input, target, reduction)

"""Layers and losses as torch has them at its top level: other arguments, the same functions.

Reductions are numbers there: 0 none, 1 mean, 2 sum.
"""

from __future__ import annotations

from ..tensor import Tensor, method
from . import dropout as dropouts
from . import embedding as embeddings
from . import loss, margin_loss, norm
from .ctc import ctc_loss as ctc_loss_named

__all__: list[str] = [
    "alpha_dropout", "alpha_dropout_", "batch_norm", "binary_cross_entropy_with_logits", "cosine_embedding_loss",
    "ctc_loss",
    "detach", "dropout", "dropout_", "embedding", "feature_alpha_dropout", "feature_alpha_dropout_",
    "hinge_embedding_loss", "kl_div", "margin_ranking_loss", "poisson_nll_loss", "triplet_margin_loss",
]


def reduction_named(number: int) -> str:
    """The reduction behind torch's number for it."""
    if number not in (0, 1, 2):
        raise ValueError(f"{number} is not a valid value for reduction")
    return ("none", "mean", "sum")[number]


def with_number(function, after: int, default: int = 1):
    """A loss whose reduction is a number, its (after + 1)-th argument."""
    def call(*args, reduction: int = default, **options) -> Tensor:
        if len(args) > after:
            args, reduction = (*args[:after], *args[after + 1:]), args[after]
        return function(*args, reduction=reduction_named(reduction), **options)

    call.__name__ = call.__qualname__ = function.__name__
    call.__doc__ = f"nn.functional.{function.__name__}, its reduction a number: 0 none, 1 mean, 2 sum."
    return call


binary_cross_entropy_with_logits = with_number(
    lambda input, target, weight=None, pos_weight=None, *, reduction: loss.binary_cross_entropy_with_logits(
        input, target, weight, pos_weight=pos_weight, reduction=reduction), 4)
kl_div = with_number(lambda input, target, *, log_target=False, reduction: loss.kl_div(
    input, target, reduction=reduction, log_target=log_target), 2)
poisson_nll_loss = with_number(lambda input, target, log_input, full, eps, *, reduction: loss.poisson_nll_loss(
    input, target, log_input, full, eps=eps, reduction=reduction), 5)
cosine_embedding_loss = with_number(lambda input1, input2, target, margin=0.0, *, reduction: (
    margin_loss.cosine_embedding_loss(input1, input2, target, margin, reduction=reduction)), 4)
hinge_embedding_loss = with_number(lambda input, target, margin=1.0, *, reduction: (
    margin_loss.hinge_embedding_loss(input, target, margin, reduction=reduction)), 3)
margin_ranking_loss = with_number(lambda input1, input2, target, margin=0.0, *, reduction: (
    margin_loss.margin_ranking_loss(input1, input2, target, margin, reduction=reduction)), 4)
triplet_margin_loss = with_number(
    lambda anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap=False, *, reduction: (
        margin_loss.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=reduction)), 7)
ctc_loss = with_number(lambda log_probs, targets, input_lengths, target_lengths, blank=0, zero_infinity=False, *,
    reduction: (
    ctc_loss_named(log_probs, targets, input_lengths, target_lengths, blank, reduction, zero_infinity)), 5)


def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """nn.functional.dropout."""
    return dropouts.dropout(input, p, train)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """nn.functional.dropout, in place."""
    return dropouts.dropout(input, p, train, True)


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """nn.functional.alpha_dropout."""
    return dropouts.alpha_dropout(input, p, train)


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """nn.functional.alpha_dropout, in place."""
    return dropouts.alpha_dropout(input, p, train, True)


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """nn.functional.feature_alpha_dropout."""
    return dropouts.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """nn.functional.feature_alpha_dropout, in place."""
    return dropouts.feature_alpha_dropout(input, p, train, True)


def embedding(weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False,
              sparse: bool = False) -> Tensor:
    """nn.functional.embedding, the table first; padding_idx -1 is none."""
    return embeddings.embedding(indices, weight, None if padding_idx == -1 else padding_idx,
                                scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)


def batch_norm(input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
               running_var: Tensor | None, training: bool, momentum: float, eps: float, cudnn_enabled: bool) -> Tensor:
    """nn.functional.batch_norm; `cudnn_enabled` chooses a library that is not here and changes nothing."""
    return norm.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def detach(input: Tensor) -> Tensor:
    """Tensor.detach."""
    return input.detach()


@method
def sum_to_size(self: Tensor, *size) -> Tensor:
    """Summed so that the shape is `size`, which broadcasts to its own."""
    size = tuple(size[0]) if len(size) == 1 and not isinstance(size[0], int) else size
    shape = self.array.shape
    lead = len(shape) - len(size)
    fits = lead >= 0 and all(n in (1, m) for n, m in zip(size, shape[lead:]))
    if not fits:
        raise RuntimeError(f"size {{{list(size)}}} is not expandable to size {{{list(shape)}}}.")
    dims = (*range(lead), *[lead + k for k, n in enumerate(size) if n == 1 and shape[lead + k] != 1])
    return self.sum(dims, keepdim=True).reshape(size) if dims else self


@method
def is_shared(self: Tensor) -> bool:
    """Whether other processes share the memory: never."""
    return False

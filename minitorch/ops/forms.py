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
    "ctc_loss", "detach", "dropout", "dropout_", "embedding", "feature_alpha_dropout", "feature_alpha_dropout_",
    "feature_dropout", "feature_dropout_",
    "hinge_embedding_loss", "kl_div", "margin_ranking_loss", "poisson_nll_loss", "triplet_margin_loss",
]


def reduction_named(number: int) -> str:
    """The reduction behind torch's number for it."""
    if number not in (0, 1, 2):
        raise ValueError(f"{number} is not a valid value for reduction")
    return ("none", "mean", "sum")[number]


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Tensor | None = None,
                                     pos_weight: Tensor | None = None, reduction: int = 1) -> Tensor:
    """nn.functional.binary_cross_entropy_with_logits."""
    return loss.binary_cross_entropy_with_logits(input, target, weight, pos_weight=pos_weight,
                                                 reduction=reduction_named(reduction))


def kl_div(input: Tensor, target: Tensor, reduction: int = 1, *, log_target: bool = False) -> Tensor:
    """nn.functional.kl_div."""
    return loss.kl_div(input, target, reduction=reduction_named(reduction), log_target=log_target)


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """nn.functional.poisson_nll_loss."""
    return loss.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=reduction_named(reduction))


def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0,
                          reduction: int = 1) -> Tensor:
    """nn.functional.cosine_embedding_loss."""
    return margin_loss.cosine_embedding_loss(input1, input2, target, margin, reduction=reduction_named(reduction))


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 1) -> Tensor:
    """nn.functional.hinge_embedding_loss."""
    return margin_loss.hinge_embedding_loss(input, target, margin, reduction=reduction_named(reduction))


def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0,
                        reduction: int = 1) -> Tensor:
    """nn.functional.margin_ranking_loss."""
    return margin_loss.margin_ranking_loss(input1, input2, target, margin, reduction=reduction_named(reduction))


def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2.0,
                        eps: float = 1e-6, swap: bool = False, reduction: int = 1) -> Tensor:
    """nn.functional.triplet_margin_loss."""
    return margin_loss.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap,
                                           reduction=reduction_named(reduction))


def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths, target_lengths, blank: int = 0, reduction: int = 1,
             zero_infinity: bool = False) -> Tensor:
    """nn.functional.ctc_loss."""
    return ctc_loss_named(log_probs, targets, input_lengths, target_lengths, blank, reduction_named(reduction),
                          zero_infinity)


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


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """nn.functional.dropout2d, for any number of dimensions."""
    dropouts.check(input, p)
    return dropouts.by_channel(input, p, train, False)


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """feature_dropout, in place."""
    dropouts.check(input, p)
    return dropouts.by_channel(input, p, train, True)


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

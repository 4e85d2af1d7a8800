"""Products of many matrices, and the loss of a large last layer, each as one call.

Read next: linalg.py, for one product; loss.py, for the losses.
"""

from __future__ import annotations

import math

from ..dtype import numpy_dtype
from ..tensor import Tensor
from .join import cat, stack
from .linalg import linear
from .loss import cross_entropy

__all__: list[str] = []


def grouped_mm(mat_a: Tensor, mat_b: Tensor, *, offs: Tensor | None = None, bias: Tensor | None = None,
               out_dtype=None) -> Tensor:
    """Group by group, a @ b: a matrix of three dimensions has its groups along the first one; one of two is cut at
    `offs`, where each group ends.

    a (M, K), b (G, K, N): rows of a, y (M, N)           a (G, M, K), b (K, N): columns of b, y (M, N)
    a (M, K), b (K, N): columns of a and rows of b, y (G, M, N)    a (G, M, K), b (G, K, N): y (G, M, N), no offs
    https://pytorch.org/docs/stable/generated/torch.nn.functional.grouped_mm.html
    """
    flat_a, flat_b = mat_a.ndim == 2, mat_b.ndim == 2
    if mat_a.ndim not in (2, 3) or mat_b.ndim not in (2, 3):
        raise RuntimeError(f"mat_a and mat_b have to be 2 or 3 dim, but got {mat_a.ndim} and {mat_b.ndim}")
    if (offs is not None) != (flat_a or flat_b):
        raise RuntimeError("Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d")
    if bias is not None:
        raise RuntimeError("Bias not supported yet")
    if out_dtype is not None and numpy_dtype(out_dtype) != mat_a.array.dtype:
        raise RuntimeError("Grouped gemm output dtype must match `mat_a` dtype")
    if offs is None:
        return mat_a @ mat_b
    ends = offs.tolist()
    groups = [slice(begin, end) for begin, end in zip([0, *ends], ends)]
    if flat_a and flat_b:
        return stack([mat_a[:, at] @ mat_b[at] for at in groups])
    if flat_a:
        return cat([mat_a[at] @ b for at, b in zip(groups, mat_b.unbind())])
    return cat([a @ mat_b[:, at] for at, a in zip(groups, mat_a.unbind())], 1)


def check_linear_cross_entropy(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """torch's sentences."""
    if input.ndim not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.ndim}")
    if weight.ndim < 2:
        raise RuntimeError(f"expected linear_weight with dimensionality at least 2, got {weight.ndim}")
    if input.shape[-1] != weight.shape[-1]:
        raise RuntimeError("expected equal input and linear_weight last dimensions (in_features), got "
                           f"{input.shape[-1]} and {weight.shape[-1]}, respectively")
    if bias is not None and bias.shape != weight.shape[:-1]:
        raise RuntimeError(f"expected linear_bias shape {tuple(weight.shape[:-1])}, got {tuple(bias.shape)}")
    if weight.ndim > 2 and input.ndim == 1:
        raise RuntimeError(f"K-dimensional loss defined by linear_weight shape {tuple(weight.shape)} requires batched "
                           f"input, (N, {input.shape[-1]}), got unbatched input with shape {tuple(input.shape)}")


def linear_cross_entropy(input: Tensor, linear_weight: Tensor, target: Tensor, *, linear_bias: Tensor | None = None,
                         weight: Tensor | None = None, reduction: str = "mean", ignore_index: int | None = None,
                         label_smoothing: float = 0.0, options=None) -> Tensor:
    """cross_entropy(linear(input, linear_weight, linear_bias), target).

    input (N, F) or (F), linear_weight (C, *, F), linear_bias (C, *); logits (N, C, *)
    https://pytorch.org/docs/stable/generated/torch.nn.functional.linear_cross_entropy.html
    """
    if options is not None:
        raise NotImplementedError("linear_cross_entropy: options")
    check_linear_cross_entropy(input, linear_weight, linear_bias)
    shape = (*input.shape[:-1], *linear_weight.shape[:-1])
    if tuple(target.shape) == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    rows = linear_weight.reshape(math.prod(linear_weight.shape[:-1]), -1)
    logits = linear(input, rows, None if linear_bias is None else linear_bias.reshape(-1)).reshape(shape)
    return cross_entropy(logits, target, weight, ignore_index=-100 if ignore_index is None else ignore_index,
                         reduction=reduction, label_smoothing=label_smoothing)

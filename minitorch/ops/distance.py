"""How far, how alike: distances and angles between vectors.

Read next: margin_loss.py, losses of distances; norm.py, for the norms they are made of.
"""

from __future__ import annotations

from ..autograd.op import twin
from ..dtype import CAPITAL, result_dtype
from ..tensor import Tensor, expect_tensor
from .create import triu_indices
from .norm import vector_norm
from .shape import broadcast_tensors

__all__: list[str] = ["cdist", "cosine_similarity", "dist", "pairwise_distance", "pdist"]

length = twin(vector_norm, "NormBackward1")  # the name under which torch shows the norm in a distance


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between x1 and x2 along `dim`.    sum((x1 / |x1|) * (x2 / |x2|)), |x| at least eps

    https://pytorch.org/docs/stable/generated/torch.nn.functional.cosine_similarity.html
    """
    expect_tensor(x1, "cosine_similarity", "x1")
    expect_tensor(x2, "cosine_similarity", "x2", 2)
    common = result_dtype([x1.array, x2.array])
    if common.kind not in "fc":
        raise RuntimeError(f"expected common dtype to be floating point, yet common dtype is {CAPITAL[common.name]}")
    x1, x2 = broadcast_tensors(x1, x2)
    return (unit(x1, dim, eps) * unit(x2, dim, eps)).sum(dim)


def unit(x: Tensor, dim: int, eps: float) -> Tensor:
    """x scaled to length 1; the bound on its length has no gradient of its own."""
    length = x.norm(2, dim, keepdim=True)
    return x / (length + (length.clamp(min=eps) - length).detach())


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last dimension.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.pairwise_distance.html
    """
    return length(x1 - x2 + eps, p, (-1,), keepdim, None)


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference of all elements.  https://pytorch.org/docs/stable/generated/torch.dist.html"""
    return (input - other).norm(p)


Tensor.dist = dist


COMPUTE_MODES = ("use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist")


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0,
          compute_mode: str = "use_mm_for_euclid_dist_if_necessary") -> Tensor:
    """The p-norms between all rows of x1 and all of x2.    x1 (..., m, k), x2 (..., n, k), y (..., m, n)

    By differences in every mode: what torch's fast ones lose where two rows are close is kept.
    https://pytorch.org/docs/stable/generated/torch.cdist.html
    """
    if compute_mode not in COMPUTE_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for name, x in (("X1", x1), ("X2", x2)):
        if x.array.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, {name} got: {x.array.ndim}D")
    if x1.array.shape[-1] != x2.array.shape[-1]:
        raise RuntimeError(f"X1 and X2 must have the same number of columns. X1: {x1.array.shape[-1]} X2: "
                           f"{x2.array.shape[-1]}")
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    return vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), float(p), (-1,), False, None)


def pdist(input: Tensor, p: float = 2) -> Tensor:
    """The p-norms between every two rows, (0, 1), (0, 2), ...: n (n - 1) / 2 of them.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.pdist.html
    """
    if input.array.ndim != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.array.ndim}D")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    first, second = triu_indices(len(input), len(input), 1, device=input.device)
    return vector_norm(input.index_select(0, first) - input.index_select(0, second), float(p), (-1,), False, None)

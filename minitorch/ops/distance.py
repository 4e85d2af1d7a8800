"""How far, how alike: distances and angles between vectors.

Read next: margin_loss.py, losses of distances; norm.py, for the norms they are made of.
"""

from __future__ import annotations

from ..autograd.op import twin
from ..dtype import CAPITAL, result_dtype
from ..tensor import Tensor, expect_tensor
from .norm import vector_norm
from .shape import broadcast_tensors

__all__: list[str] = ["cosine_similarity", "pairwise_distance"]

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

"""Adamax (Kingma & Ba 2015, section 7.1, https://arxiv.org/abs/1412.6980)."""

from __future__ import annotations

from ..device import array_module
from ..ops.create import zeros_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, number, scalar
from .optimizer import ParamsT


class Adamax(ElementwiseOptimizer):
    """Adam with the largest gradient of late in place of the root of the mean square.

    g = g + weight_decay * p
    m = m + (1 - beta1) * (g - m)
    u = max(beta2 * u, |g| + eps)
    p = p - lr / (1 - beta1^t) * m / u

    https://pytorch.org/docs/stable/generated/torch.optim.Adamax.html
    """

    def __init__(self, params: ParamsT, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False,
                 differentiable: bool = False, capturable: bool = False):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, foreach=foreach,
                                      maximize=maximize, differentiable=differentiable, capturable=capturable))

    def start(self, p: Tensor, group: dict) -> dict:
        return dict(step=number(0), exp_avg=zeros_like(p), exp_inf=zeros_like(p))

    def update(self, param: Tensor, group: dict) -> None:
        (state, t), xp, eps = self.next_step(param, group), array_module(param.array), group["eps"]
        beta1, beta2 = group["betas"]
        lr = float(scalar(group["lr"]) / (1 - beta1**t))
        for p, g, m, u in self.blocks(param, group, state["exp_avg"], state["exp_inf"]):
            m += (1 - beta1) * (g - m)
            u *= beta2
            xp.maximum(u, abs(g) + eps, out=u)
            p -= lr * m / u

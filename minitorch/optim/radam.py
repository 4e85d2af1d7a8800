"""RAdam (Liu et al. 2020, https://arxiv.org/abs/1908.03265)."""

from __future__ import annotations

import math

from ..device import array_module
from ..ops.create import zeros_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, number, scalar
from .optimizer import ParamsT


class RAdam(ElementwiseOptimizer):
    """Adam whose steps are rectified: plain momentum until the average of squares has seen enough to be trusted.

    m = m + (1 - beta1) * (g - m)
    v = beta2 * v + (1 - beta2) * g^2
    rho_t = rho - 2 t beta2^t / (1 - beta2^t)      rho = 2 / (1 - beta2) - 1: how many gradients v averages over
    r = sqrt((rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t))
    p = p - lr * m / (1 - beta1^t) * r * sqrt(1 - beta2^t) / (sqrt(v) + eps)         (the last two factors: rho_t > 5)

    Weight decay as in Adam (decoupled_weight_decay: as in AdamW).
    https://pytorch.org/docs/stable/generated/torch.optim.RAdam.html
    """

    added = dict(foreach=None, maximize=False, differentiable=False, decoupled_weight_decay=False, capturable=False)

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, decoupled_weight_decay: bool = False, *,
                 foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
                 differentiable: bool = False):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, maximize=maximize,
                                      foreach=foreach, capturable=capturable,
                                      decoupled_weight_decay=decoupled_weight_decay, differentiable=differentiable))

    def start(self, p: Tensor, group: dict) -> dict:
        return dict(step=number(0), exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))

    def update(self, param: Tensor, group: dict) -> None:
        (state, t), xp, eps = self.next_step(param, group), array_module(param.array), group["eps"]
        beta1, beta2 = group["betas"]
        lr = float(scalar(group["lr"])) / (1 - beta1**t)
        rho = 2 / (1 - beta2) - 1
        rho_t = rho - 2 * t * beta2**t / (1 - beta2**t)
        if rho_t > 5:
            r = math.sqrt((rho_t - 4) * (rho_t - 2) * rho / ((rho - 4) * (rho - 2) * rho_t))
            lr *= r * math.sqrt(1 - beta2**t)
        for p, g, m, v in self.blocks(param, group, state["exp_avg"], state["exp_avg_sq"]):
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            p -= lr * m / (xp.sqrt(v) + eps) if rho_t > 5 else lr * m

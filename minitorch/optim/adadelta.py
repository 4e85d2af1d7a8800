"""Adadelta (Zeiler 2012, https://arxiv.org/abs/1212.5701)."""

from __future__ import annotations

from ..device import array_module
from ..ops.create import zeros_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, number, scalar
from .optimizer import ParamsT


class Adadelta(ElementwiseOptimizer):
    """Steps as large, on average, as the steps before: the units of the parameter, whatever those of the gradient.

    g = g + weight_decay * p
    v = rho * v + (1 - rho) * g^2
    d = sqrt(u + eps) / sqrt(v + eps) * g
    u = rho * u + (1 - rho) * d^2
    p = p - lr * d

    https://pytorch.org/docs/stable/generated/torch.optim.Adadelta.html
    """

    def __init__(self, params: ParamsT, lr: float | Tensor = 1.0, rho: float = 0.9, eps: float = 1e-6,
                 weight_decay: float = 0, foreach: bool | None = None, *, capturable: bool = False,
                 maximize: bool = False, differentiable: bool = False):
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        super().__init__(params, dict(lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize,
                                      capturable=capturable, foreach=foreach, differentiable=differentiable))

    def start(self, p: Tensor, group: dict) -> dict:
        return dict(step=number(0), square_avg=zeros_like(p), acc_delta=zeros_like(p))

    def update(self, param: Tensor, group: dict) -> None:
        (state, _), xp = self.next_step(param, group), array_module(param.array)
        lr, rho, eps = float(scalar(group["lr"])), group["rho"], group["eps"]
        for p, g, v, u in self.blocks(param, group, state["square_avg"], state["acc_delta"]):
            v *= rho
            v += (1 - rho) * (g * g)
            d = xp.sqrt(u + eps) / xp.sqrt(v + eps) * g
            u *= rho
            u += (1 - rho) * (d * d)
            p -= lr * d

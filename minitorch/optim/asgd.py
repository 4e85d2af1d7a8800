"""Averaged stochastic gradient descent (Polyak & Juditsky 1992, https://doi.org/10.1137/0330046)."""

from __future__ import annotations

from ..ops.create import zeros_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, number, scalar
from .optimizer import ParamsT


class ASGD(ElementwiseOptimizer):
    """Gradient descent with a falling rate eta; `state[p]["ax"]` is the average of the parameter since step t0.

    g = g + weight_decay * p
    p = (1 - lambd * eta) * p - eta * g
    a = a + mu * (p - a)
    eta = lr / (1 + lambd * lr * t)^alpha          mu = 1 / max(1, t - t0)          (for the step that follows)

    https://pytorch.org/docs/stable/generated/torch.optim.ASGD.html
    """

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-2, lambd: float = 1e-4, alpha: float = 0.75,
                 t0: float = 1e6, weight_decay: float = 0, foreach: bool | None = None, maximize: bool = False,
                 differentiable: bool = False, capturable: bool = False):
        super().__init__(params, dict(lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay,
                                      foreach=foreach, maximize=maximize, differentiable=differentiable,
                                      capturable=capturable))

    def start(self, p: Tensor, group: dict) -> dict:
        return dict(step=number(0), eta=number(scalar(group["lr"])), mu=number(1), ax=zeros_like(p))

    def update(self, param: Tensor, group: dict) -> None:
        (state, t), lambd, lr = self.next_step(param, group), group["lambd"], scalar(group["lr"])
        eta, mu = state["eta"].item(), state["mu"].item()
        for p, g, a in self.blocks(param, group, state["ax"]):
            p *= 1 - lambd * eta
            p -= eta * g
            if mu == 1:
                a[...] = p
            else:
                a += mu * (p - a)
        state["eta"].copy_(number(lr / (1 + lambd * lr * t) ** group["alpha"]))
        state["mu"].copy_(number(1 / max(1, t - group["t0"])))

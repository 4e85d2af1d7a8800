"""Adagrad (Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html)."""

from __future__ import annotations

from ..device import array_module
from ..ops.create import full_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, number, scalar
from .optimizer import ParamsT


class Adagrad(ElementwiseOptimizer):
    """Steps divided by the root of the sum of all squared gradients so far.

    g = g + weight_decay * p
    s = s + g^2                                    (at first initial_accumulator_value)
    p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
    """

    added = dict(foreach=None, maximize=False, differentiable=False, fused=None)

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
                 initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
                 maximize: bool = False, differentiable: bool = False, fused: bool | None = None):
        super().__init__(params, dict(lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
                                      initial_accumulator_value=initial_accumulator_value, foreach=foreach,
                                      maximize=maximize, differentiable=differentiable, fused=fused))
        for group in self.param_groups:  # torch's Adagrad has its state from the beginning
            for p in group["params"]:
                self.state[p].update(self.start(p, group))

    def start(self, p: Tensor, group: dict) -> dict:
        first = self.defaults["initial_accumulator_value"]
        first = complex(first, first) if p.is_complex() else first
        return dict(step=number(0, group["fused"]), sum=full_like(p, first))

    def share_memory(self) -> None:
        """Move the sums to memory that processes share."""
        for state in self.state.values():
            state["sum"].share_memory_()

    def update(self, param: Tensor, group: dict) -> None:
        (state, t), xp, eps = self.next_step(param, group), array_module(param.array), group["eps"]
        lr = float(scalar(group["lr"]) / (1 + (t - 1) * group["lr_decay"]))
        for p, g, s in self.blocks(param, group, state["sum"]):
            s += g * g
            p -= lr * g / (xp.sqrt(s) + eps)

"""Rprop (Riedmiller & Braun 1993, https://doi.org/10.1109/ICNN.1993.298623)."""

from __future__ import annotations

from ..device import array_module
from ..ops.create import full_like, zeros_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, number, scalar
from .optimizer import ParamsT


class Rprop(ElementwiseOptimizer):
    """Steps that know the gradient's sign only: longer while it stays the same, shorter when it turns.

    s = sign(g * before)
    d = d * (etas[1] where s > 0, etas[0] where s < 0), within step_sizes       (at first lr)
    g = 0 where s < 0                                                           (no step back)
    p = p - d * sign(g)

    https://pytorch.org/docs/stable/generated/torch.optim.Rprop.html
    """

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
                 step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False,
                 foreach: bool | None = None, maximize: bool = False, differentiable: bool = False):
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        super().__init__(params, dict(lr=lr, etas=etas, step_sizes=step_sizes, foreach=foreach, maximize=maximize,
                                      differentiable=differentiable, capturable=capturable))

    def start(self, p: Tensor, group: dict) -> dict:
        first = float(scalar(group["lr"]))
        return dict(step=number(0), prev=zeros_like(p),
                    step_size=full_like(p.grad, complex(first, first) if p.is_complex() else first))

    def update(self, param: Tensor, group: dict) -> None:
        (state, _), xp = self.next_step(param, group), array_module(param.array)
        shorter, longer = group["etas"]
        for p, g, before, d in self.blocks(param, group, state["prev"], state["step_size"]):
            s = xp.sign(g * before)
            d[s > 0] *= longer
            d[s < 0] *= shorter
            xp.clip(d, *group["step_sizes"], out=d)
            before[...] = g
            before[s < 0] = 0
            p -= xp.sign(before) * d

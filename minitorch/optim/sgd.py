"""Stochastic gradient descent, with momentum.

Sutskever et al. 2013, http://www.cs.toronto.edu/~hinton/absps/momentum.pdf
"""

from __future__ import annotations

from ..ops.create import empty_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, scalar
from .optimizer import ParamsT


class SGD(ElementwiseOptimizer):
    """Walk against the gradient.

    g = g + weight_decay * p                       (maximize: g = -g first)
    b = momentum * b + (1 - dampening) * g         (b = g at the first step)
    p = p - lr * b                                 (nesterov: p - lr * (g + momentum * b))

    https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
    """

    added = dict(nesterov=False, maximize=False, foreach=None, differentiable=False, fused=False)

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-3, momentum: float = 0, dampening: float = 0,
                 weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None):
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
                                      nesterov=nesterov, maximize=maximize, foreach=foreach,
                                      differentiable=differentiable, fused=fused))

    def update(self, param: Tensor, group: dict) -> None:
        lr, momentum, take = float(scalar(group["lr"])), group["momentum"], 1 - group["dampening"]
        state, first = self.state[param] if momentum != 0 else {}, False
        if momentum != 0 and state.get("momentum_buffer") is None:
            state["momentum_buffer"], first = empty_like(param), True
        for p, g, b in self.blocks(param, group, state.get("momentum_buffer")):
            if momentum != 0:
                if first:
                    b[...] = g
                else:
                    b *= momentum
                    b += g if take == 1 else take * g
                g = g + momentum * b if group["nesterov"] else b
            p -= lr * g

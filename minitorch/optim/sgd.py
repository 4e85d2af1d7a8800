"""Stochastic gradient descent, with momentum.  Sutskever et al. 2013, http://www.cs.toronto.edu/~hinton/absps/momentum.pdf"""

from __future__ import annotations

from ..tensor import Tensor
from .optimizer import Optimizer, ParamsT, check, refuse


class SGD(Optimizer):
    """Walk against the gradient.

    g = g + weight_decay * p
    b = momentum * b + (1 - dampening) * g        (b = g at the first step)
    p = p - lr * b                                 (nesterov: p - lr * (g + momentum * b))

    https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
    """

    def __init__(self, params: ParamsT, lr: float = 1e-3, momentum: float = 0, dampening: float = 0, weight_decay: float = 0,
                 nesterov: bool = False, *, maximize: bool = False, foreach: bool | None = None,
                 differentiable: bool = False, fused: bool | None = None):
        refuse(differentiable=differentiable)  # foreach and fused choose among implementations of the same numbers
        check("learning rate", lr)
        check("momentum value", momentum)
        check("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
                                      nesterov=nesterov, maximize=maximize, foreach=foreach, differentiable=differentiable,
                                      fused=fused))

    def update(self, p: Tensor, g: Tensor, state: dict, group: dict) -> None:
        momentum = group["momentum"]
        if group["maximize"]:
            g = -g
        if group["weight_decay"] != 0:
            g = g + p * group["weight_decay"]
        if momentum != 0:
            b = state.get("momentum_buffer")
            if b is None:
                b = state["momentum_buffer"] = g.clone()
            else:
                b.mul_(momentum).add_(g if group["dampening"] == 0 else g * (1 - group["dampening"]))
            g = g + b * momentum if group["nesterov"] else b
        p.add_(g * -group["lr"])

"""Stochastic gradient descent, with momentum.

Sutskever et al. 2013, http://www.cs.toronto.edu/~hinton/absps/momentum.pdf
"""

from __future__ import annotations

from ..tensor import Tensor
from .optimizer import Optimizer, ParamsT, check, check_implementation, refuse, scalar


class SGD(Optimizer):
    """Walk against the gradient.

    g = g + weight_decay * p                       (maximize: g = -g first)
    b = momentum * b + (1 - dampening) * g         (b = g at the first step)
    p = p - lr * b                                 (nesterov: p - lr * (g + momentum * b))

    https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
    """

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-3, momentum: float = 0, dampening: float = 0,
                 weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None):
        refuse(differentiable=differentiable)
        check("learning rate", lr)
        check("momentum value", momentum)
        check("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        super().__init__(params, dict(lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay,
                                      nesterov=nesterov, maximize=maximize, foreach=foreach,
                                      differentiable=differentiable, fused=fused))
        check_implementation(foreach, fused)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # what older checkpoints lack
            for name, value in dict(nesterov=False, maximize=False, foreach=None, differentiable=False,
                                    fused=False).items():
                group.setdefault(name, value)

    def update(self, p: Tensor, g: Tensor, group: dict) -> None:
        momentum = group["momentum"]
        if group["maximize"]:
            g = -g
        if group["weight_decay"] != 0:
            g = g + p * group["weight_decay"]
        if momentum != 0:
            state = self.state[p]
            b = state.get("momentum_buffer")
            if b is None:
                b = state["momentum_buffer"] = g.detach().clone()
            else:
                b.mul_(momentum).add_(g if group["dampening"] == 0 else g * (1 - group["dampening"]))
            g = g + b * momentum if group["nesterov"] else b
        p.add_(g * -scalar(group["lr"]))

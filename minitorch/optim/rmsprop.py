"""RMSprop (Hinton 2012, lecture 6, https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf)."""

from __future__ import annotations

from ..device import array_module
from ..ops.create import zeros_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, check, number, scalar
from .optimizer import ParamsT


class RMSprop(ElementwiseOptimizer):
    """Steps divided by the root of a running average of the squared gradient.

    g = g + weight_decay * p
    v = alpha * v + (1 - alpha) * g^2
    s = sqrt(v) + eps                              (centered: sqrt(v - a^2) + eps, a the running average of g)
    p = p - lr * g / s                             (momentum: b = momentum * b + g / s,  p = p - lr * b)

    https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html        Centered: Graves 2013, arXiv:1308.0850.
    """

    added = dict(momentum=0, centered=False) | ElementwiseOptimizer.added

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
                 weight_decay: float = 0, momentum: float = 0, centered: bool = False, capturable: bool = False,
                 foreach: bool | None = None, maximize: bool = False, differentiable: bool = False):
        check("alpha value", alpha)
        super().__init__(params, dict(lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered,
                                      weight_decay=weight_decay, capturable=capturable, foreach=foreach,
                                      maximize=maximize, differentiable=differentiable))

    def start(self, p: Tensor, group: dict) -> dict:
        state = dict(step=number(0), square_avg=zeros_like(p))
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros_like(p)
        if group["centered"]:
            state["grad_avg"] = zeros_like(p)
        return state

    def update(self, param: Tensor, group: dict) -> None:
        (state, _), xp, lr = self.next_step(param, group), array_module(param.array), float(scalar(group["lr"]))
        alpha, eps, momentum = group["alpha"], group["eps"], group["momentum"]
        buffer = state["momentum_buffer"] if momentum > 0 else None
        average = state["grad_avg"] if group["centered"] else None
        for p, g, v, b, a in self.blocks(param, group, state["square_avg"], buffer, average):
            v *= alpha
            v += (1 - alpha) * (g * g)
            if a is not None:
                a += (1 - alpha) * (g - a)
                v = v - a * a
            step = g / (xp.sqrt(v) + eps)
            if b is not None:
                b *= momentum
                b += step
                step = b
            p -= lr * step

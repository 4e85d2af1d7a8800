"""Adam (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980) and AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

from __future__ import annotations

import math

from ..device import array_module
from ..ops.create import zeros_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, number, scalar
from .optimizer import ParamsT


class Adam(ElementwiseOptimizer):
    """Steps scaled by running averages of the gradient and of its square.

    g = g + weight_decay * p                                (AdamW instead: p = p - lr * weight_decay * p)
    m = m + (1 - beta1) * (g - m)
    v = beta2 * v + (1 - beta2) * g^2                       (amsgrad: v in the last line is the largest v so far)
    p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)

    https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
    """

    added = dict(amsgrad=False, maximize=False, foreach=None, capturable=False, differentiable=False,
                 decoupled_weight_decay=False, fused=None)

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False, capturable: bool = False, differentiable: bool = False,
                 fused: bool | None = None, decoupled_weight_decay: bool = False):
        if isinstance(lr, Tensor) and foreach:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
                                      maximize=maximize, foreach=foreach, capturable=capturable,
                                      differentiable=differentiable, fused=fused,
                                      decoupled_weight_decay=decoupled_weight_decay))
        if all(isinstance(beta, Tensor) for beta in betas):
            raise NotImplementedError("optim: betas as Tensors")
        if not all(isinstance(beta, float) for beta in betas):
            raise ValueError("betas must be either both floats or both Tensors")

    def start(self, p: Tensor, group: dict) -> dict:
        state = dict(step=number(0, group["fused"]), exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = zeros_like(p)
        return state

    def update(self, param: Tensor, group: dict) -> None:
        (state, t), xp, eps = self.next_step(param, group), array_module(param.array), group["eps"]
        beta1, beta2 = group["betas"]
        lr, root = float(scalar(group["lr"]) / (1 - beta1**t)), math.sqrt(1 - beta2**t)
        largest = state["max_exp_avg_sq"] if group["amsgrad"] else None
        for p, g, m, v, u in self.blocks(param, group, state["exp_avg"], state["exp_avg_sq"], largest):
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            if u is not None:
                v = xp.maximum(u, v, out=u)
            p -= lr * m / (xp.sqrt(v) / root + eps)


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameter itself and never enters the averages.

    https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
    """

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False,
                 foreach: bool | None = None, capturable: bool = False, differentiable: bool = False,
                 fused: bool | None = None):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, foreach=foreach, maximize=maximize,
                         capturable=capturable, differentiable=differentiable, fused=fused, decoupled_weight_decay=True)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True  # whatever the checkpoint says

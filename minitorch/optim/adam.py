"""Adam (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980) and AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101)."""

from __future__ import annotations

import math

from ..dtype import float32
from ..ops.create import tensor, zeros_like
from ..tensor import Tensor
from .optimizer import Optimizer, ParamsT, check, check_implementation, refuse, scalar


class Adam(Optimizer):
    """Steps scaled by running averages of the gradient and of its square.

    g = g + weight_decay * p                                (AdamW instead: p = p - lr * weight_decay * p)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g^2                       (amsgrad: v in the last line is the largest v so far)
    p = p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)

    https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
    """

    def __init__(self, params: ParamsT, lr: float | Tensor = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None,
                 maximize: bool = False, capturable: bool = False, differentiable: bool = False,
                 fused: bool | None = None, decoupled_weight_decay: bool = False):
        refuse(capturable=capturable, differentiable=differentiable)
        if isinstance(lr, Tensor) and foreach:
            raise ValueError("lr as a Tensor is not supported for capturable=False and foreach=True")
        check("learning rate", lr)
        check("epsilon value", eps)
        check("beta parameter at index 0", betas[0], 0.0, 1.0)
        check("beta parameter at index 1", betas[1], 0.0, 1.0)
        check("weight_decay value", weight_decay)
        if isinstance(betas[0], Tensor) and isinstance(betas[1], Tensor):
            refuse(betas=betas[0])
        if not (isinstance(betas[0], float) and isinstance(betas[1], float)):
            raise ValueError("betas must be either both floats or both Tensors")
        super().__init__(params, dict(lr=lr, betas=tuple(betas), eps=eps, weight_decay=weight_decay, amsgrad=amsgrad,
                                      maximize=maximize, foreach=foreach, capturable=capturable,
                                      differentiable=differentiable, fused=fused,
                                      decoupled_weight_decay=decoupled_weight_decay))
        check_implementation(foreach, fused)

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        for group in self.param_groups:  # what older checkpoints lack: settings, and a step count that is a tensor
            for name, value in dict(amsgrad=False, maximize=False, foreach=None, capturable=False, differentiable=False,
                                    decoupled_weight_decay=False, fused=None).items():
                group.setdefault(name, value)
            for p in group["params"]:
                mine = self.state.get(p)
                if mine and not isinstance(mine["step"], Tensor):
                    mine["step"] = tensor(float(mine["step"]), dtype=float32 if group["fused"] else None)

    def start(self, p: Tensor, state: dict, group: dict) -> None:
        """The state of a parameter before its first step."""
        state["step"] = tensor(0.0, dtype=float32 if group["fused"] else None)
        state["exp_avg"] = zeros_like(p)
        state["exp_avg_sq"] = zeros_like(p)
        if group["amsgrad"]:
            state["max_exp_avg_sq"] = zeros_like(p)

    def update(self, p: Tensor, g: Tensor, group: dict) -> None:
        lr, eps, decay = scalar(group["lr"]), group["eps"], group["weight_decay"]
        beta1, beta2 = group["betas"]
        state = self.state[p]
        if not state:
            self.start(p, state, group)
        state["step"].add_(1)
        t, m, v = state["step"].item(), state["exp_avg"], state["exp_avg_sq"]
        if group["maximize"]:
            g = -g
        if decay != 0:
            if group["decoupled_weight_decay"]:
                p.mul_(1 - lr * decay)
            else:
                g = g + p * decay
        m.lerp_(g, 1 - beta1)
        v.mul_(beta2).add_(g * g * (1 - beta2))
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"]
            v = largest.copy_(largest.maximum(v))
        p.add_(m / (v.sqrt() / math.sqrt(1 - beta2**t) + eps) * (-lr / (1 - beta1**t)))


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

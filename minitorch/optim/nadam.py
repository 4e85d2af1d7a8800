"""NAdam (Dozat 2016, https://openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ)."""

from __future__ import annotations

from ..autograd.view import bump
from ..device import array_module
from ..ops.create import zeros_like
from ..tensor import Tensor
from .elementwise import ElementwiseOptimizer, number, scalar
from .optimizer import ParamsT


class NAdam(ElementwiseOptimizer):
    """Adam with Nesterov's momentum, whose strength mu_t grows with t.

    mu_t = beta1 * (1 - 0.96^(t * momentum_decay) / 2)        M_t = mu_1 mu_2 ... mu_t
    m = m + (1 - beta1) * (g - m)
    v = beta2 * v + (1 - beta2) * g^2
    s = sqrt(v / (1 - beta2^t)) + eps
    p = p - lr * (1 - mu_t) / (1 - M_t) * g / s - lr * mu_{t+1} / (1 - M_{t+1}) * m / s

    Weight decay as in Adam (decoupled_weight_decay: as in AdamW).
    https://pytorch.org/docs/stable/generated/torch.optim.NAdam.html
    """

    added = dict(maximize=False, foreach=None, capturable=False, differentiable=False, decoupled_weight_decay=False)

    def __init__(self, params: ParamsT, lr: float | Tensor = 2e-3, betas: tuple[float, float] = (0.9, 0.999),
                 eps: float = 1e-8, weight_decay: float = 0, momentum_decay: float = 4e-3,
                 decoupled_weight_decay: bool = False, *, foreach: bool | None = None, maximize: bool = False,
                 capturable: bool = False, differentiable: bool = False):
        super().__init__(params, dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay,
                                      momentum_decay=momentum_decay, decoupled_weight_decay=decoupled_weight_decay,
                                      maximize=maximize, foreach=foreach, capturable=capturable,
                                      differentiable=differentiable))

    def start(self, p: Tensor, group: dict) -> dict:
        return dict(step=number(0), mu_product=number(1), exp_avg=zeros_like(p), exp_avg_sq=zeros_like(p))

    def update(self, param: Tensor, group: dict) -> None:
        (state, t), xp, lr = self.next_step(param, group), array_module(param.array), scalar(group["lr"])
        (beta1, beta2), eps = group["betas"], group["eps"]
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (k * group["momentum_decay"])) for k in (t, t + 1))
        product = state["mu_product"]
        product.array *= mu
        bump(product)
        of_g = float(lr * (1 - mu) / (1 - product.item()))
        of_m = float(lr * mu_next / (1 - product.item() * mu_next))
        for p, g, m, v in self.blocks(param, group, state["exp_avg"], state["exp_avg_sq"]):
            m += (1 - beta1) * (g - m)
            v *= beta2
            v += (1 - beta2) * (g * g)
            s = xp.sqrt(v / (1 - beta2**t)) + eps
            p -= of_g * g / s
            p -= of_m * m / s

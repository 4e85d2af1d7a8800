"""Keep gradients from growing too large: by their common norm, or each element by a bound."""

from __future__ import annotations

from collections.abc import Iterable

from ...autograd.grad_mode import no_grad
from ...ops.create import tensor
from ...ops.join import stack
from ...tensor import Tensor


def gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    """The gradients there are."""
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [p.grad for p in parameters if p.grad is not None]


@no_grad()
def get_total_norm(tensors: Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False,
                   foreach: bool | None = None) -> Tensor:
    """The norm of all elements of all tensors, as if they were one vector."""
    tensors = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not tensors:
        return tensor(0.0)
    total = stack([t.norm(float(norm_type)) for t in tensors]).norm(float(norm_type))
    if error_if_nonfinite and not total.isfinite():
        raise RuntimeError(f"The total norm of order {float(norm_type)} for gradients from `parameters` is non-finite, so it cannot be "
                           "clipped. To disable this error and scale the gradients by the non-finite norm anyway, set "
                           "`error_if_nonfinite=False`")
    return total


@no_grad()
def clip_grad_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0,
                    error_if_nonfinite: bool = False, foreach: bool | None = None) -> Tensor:
    """Scale all gradients by min(1, max_norm / (norm + 1e-6)); gives the norm before.

    `foreach` chooses among torch's implementations of the same numbers; here there is one.
    """
    grads = gradients(parameters)
    total = get_total_norm(grads, norm_type, error_if_nonfinite, foreach)
    scale = (max_norm / (total + 1e-6)).clamp(max=1.0)  # multiplied in even if 1: no waiting for its value on a GPU
    for g in grads:
        g.mul_(scale)
    return total


@no_grad()
def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Clamp every element of every gradient to [-clip_value, clip_value]."""
    for g in gradients(parameters):
        g.clamp_(min=-float(clip_value), max=float(clip_value))

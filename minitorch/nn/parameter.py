"""Parameter: a tensor that a Module counts among what it learns; Buffer: one that it only keeps."""

from __future__ import annotations

from collections import OrderedDict

from ..autograd.attributes import alias
from ..storage import with_state
from ..tensor import Tensor


class Parameter(Tensor):
    """A tensor that becomes a module's parameter when it is assigned to an attribute of it.

    It shares the memory of `data`.  https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True):
        made = alias((Tensor() if data is None else data).detach(), cls)
        if requires_grad and made.array.dtype.kind not in "fc":
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        made.requires_grad_(requires_grad)
        return made

    def __repr__(self) -> str:
        text = super().__repr__()
        return "Parameter containing:\n" + (text if type(self) is Parameter else f"Parameter({text})")

    def __deepcopy__(self, memo: dict) -> Parameter:
        """A parameter of its own memory; unlike a Tensor's copy it leaves the gradient behind, as in torch."""
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        plain = self.data, self.requires_grad, OrderedDict()
        return (rebuild_parameter_with_state, (*plain, self.__dict__)) if self.__dict__ else (rebuild_parameter, plain)


def rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks) -> Parameter:
    """What a pickle calls to make a parameter."""
    if backward_hooks:
        raise NotImplementedError("rebuild_parameter: backward_hooks")
    return Parameter(data, requires_grad)


def rebuild_parameter_with_state(data: Tensor, requires_grad: bool, backward_hooks, state: dict) -> Parameter:
    """What a pickle calls to make a parameter that has attributes."""
    return with_state(rebuild_parameter(data, requires_grad, backward_hooks), state)


class Buffer(Tensor):
    """A tensor that becomes a module's buffer when it is assigned to an attribute of it."""

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True):
        data = Tensor() if data is None else data
        made = alias(data.detach(), cls)
        made.persistent, made._is_buffer = persistent, True  # torch's names: to torch a buffer is a Tensor with these
        return made.requires_grad_(data.requires_grad)


__all__ = ["Buffer", "Parameter"]

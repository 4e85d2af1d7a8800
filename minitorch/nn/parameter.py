"""Parameter: a tensor that a Module counts among what it learns; Buffer: one that it only keeps."""

from __future__ import annotations

from ..autograd.attributes import alias
from ..tensor import Tensor


class Parameter(Tensor):
    """A tensor that becomes a module's parameter when it is assigned to an attribute of it.

    It shares the memory of `data`.  https://pytorch.org/docs/stable/generated/torch.nn.parameter.Parameter.html
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True):
        if data is None:
            data = Tensor()
        made = alias(data.detach(), cls)
        made.requires_grad_(requires_grad)
        return made

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        return type(self), (self.data, self.requires_grad)


class Buffer(Tensor):
    """A tensor that becomes a module's buffer when it is assigned to an attribute of it."""

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True):
        made = alias((Tensor() if data is None else data).detach(), cls)
        made.persistent = persistent
        return made

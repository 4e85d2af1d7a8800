"""What a Tensor knows of gradients: requires_grad, grad, grad_fn, backward, hooks, detach.

Attached to Tensor, so that tensor.py need not know the graph.  Read next: engine.py.
"""

from __future__ import annotations

import warnings
import weakref
from collections import OrderedDict

from ..dtype import C_NAME, CAPITAL
from ..tensor import Tensor, method, new, wrap
from . import engine
from .grad_mode import INFERENCE, mode
from .graph import INFERENCE_VERSION, AccumulateGrad, RemovableHandle
from .view import View, current_edge


def attribute(getter):
    """Attach a property of the getter's name to Tensor."""
    made = property(getter, doc=getter.__doc__)
    setattr(Tensor, getter.__name__, made)
    return made


@attribute
def requires_grad(self) -> bool:
    """Whether operations on this tensor are recorded."""
    view = self.viewed
    return self.edge is not None or (view is not None and view.base.edge is not None and self.array.dtype.kind in "fc")


def set_requires_grad(self, flag: bool) -> None:
    edge = current_edge(self)
    if edge is not None and not edge[0].is_leaf:
        if not flag:
            raise RuntimeError("you can only change requires_grad flags of leaf variables. If you want to use a "
                               "computed variable in a subgraph that doesn't require differentiation use var_no_grad = "
                               "var.detach().")
        return
    if flag and self.array.dtype.kind not in "fc":
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    if flag and self.version is INFERENCE_VERSION and not mode.word & INFERENCE:
        raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
    if flag and edge is None:
        self.edge = AccumulateGrad(self), 0
    elif not flag:
        self.edge = None


Tensor.requires_grad = requires_grad.setter(set_requires_grad)


@method
def requires_grad_(self, requires_grad: bool = True) -> Tensor:
    """Set `requires_grad` in place, and return the tensor."""
    set_requires_grad(self, requires_grad)
    return self


@attribute
def is_leaf(self) -> bool:
    """Whether no recorded op made this tensor."""
    edge = current_edge(self)
    return edge is None or edge[0].is_leaf


@attribute
def grad_fn(self):
    """The node that made this tensor, None for a leaf."""
    edge = current_edge(self)
    return None if edge is None or edge[0].is_leaf else edge[0]


@attribute
def output_nr(self) -> int:
    """Which output of `grad_fn` this tensor is."""
    edge = current_edge(self)
    return 0 if edge is None else edge[1]


@attribute
def grad(self):
    """The gradient that `backward` added up here; None before."""
    if self._grad is None and not self.is_leaf and not self.retains_grad:
        warnings.warn("The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
                      "attribute won't be populated during autograd.backward(). If you indeed want the .grad field to "
                      "be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. If you access "
                      "the non-leaf Tensor by mistake, make sure you access the leaf Tensor instead. See "
                      "github.com/pytorch/pytorch/pull/30531 for more information.", UserWarning, stacklevel=2)
    return self._grad


def set_grad(self, g) -> None:
    if g is None:
        self._grad = None
        return
    if not isinstance(g, Tensor):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(g).__name__}")
    if g is self:
        raise RuntimeError("can't assign Variable as its own grad")
    if g.array.shape != self.array.shape:
        raise RuntimeError(f"attempting to assign a gradient of size '{list(g.array.shape)}' to a tensor of size "
                           f"'{list(self.array.shape)}'. Please ensure that the gradient and the tensor are the same "
                           "size")
    if g.array.dtype != self.array.dtype:
        raise RuntimeError(f"attempting to assign a gradient with dtype '{C_NAME[g.array.dtype.name]}' to a tensor "
                           f"with grad_dtype '{CAPITAL[self.array.dtype.name]}'. The gradient must match the tensor's "
                           "grad_dtype (defaults to the tensor's dtype). You can set the tensor's grad_dtype "
                           "attribute with a specific dtype, or None to allow any dtype. Set grad_dtype with caution. "
                           "Diverging the dtypes of a tensor and its gradient may break downstream systems that "
                           "assume they match.")
    self._grad = g


Tensor.grad = grad.setter(set_grad).deleter(lambda self: set_grad(self, None))


@method
def backward(self, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False,
             inputs=None) -> None:
    """Add the gradient of this tensor to `.grad` of the leaves it was computed from, or of `inputs` alone."""
    engine.backward(self, gradient, retain_graph, create_graph, inputs=inputs)


@attribute
def retains_grad(self) -> bool:
    """Whether `retain_grad` was called on this non-leaf tensor."""
    edge = current_edge(self)
    if edge is None or edge[0].watchers is None:
        return False
    retained = edge[0].watchers.retained.get(edge[1])
    return retained is not None and retained() is self


@method
def retain_grad(self) -> None:
    """Ask for `.grad` of a tensor that is no leaf."""
    edge = current_edge(self)
    if edge is None:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if edge[0].is_leaf:
        return
    edge[0].watched().retained[edge[1]] = weakref.ref(self)


@method
def register_hook(self, hook) -> RemovableHandle:
    """Call hook(grad) when this tensor's gradient is complete; a tensor it returns takes the gradient's place."""
    edge = current_edge(self)
    if edge is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    node, slot = edge
    return RemovableHandle(node.watched().tensor_hooks.setdefault(slot, OrderedDict()), hook)


@method
def register_post_accumulate_grad_hook(self, hook) -> RemovableHandle:
    """Call hook(tensor) after `.grad` of this leaf was added to."""
    if not self.requires_grad:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
    if not self.is_leaf:
        raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
    return self.edge[0].register_hook(hook)


@method
def detach(self) -> Tensor:
    """A tensor on the same memory and version counter, outside the graph."""
    return alias(self)


@method
def detach_(self) -> Tensor:
    """Leave the graph, in place."""
    if self.viewed is not None:
        raise RuntimeError("Can't detach views in-place. Use detach() instead. If you are using "
                           "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as True, "
                           "gradients are views of DDP buckets, and hence detach_() cannot be called on these "
                           "gradients. To fix this error, please refer to the Optimizer.zero_grad() function in "
                           "minitorch/optim/optimizer.py as the solution.")
    self.edge = None
    return self


@attribute
def data(self) -> Tensor:
    """A tensor on the same memory, outside the graph and with a version of its own: writes through it go unseen."""
    return wrap(self.array)


def set_data(self, other: Tensor) -> None:
    if not isinstance(other, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(other).__name__}")
    self.array = other.array
    if self.edge is not None and self.edge[0].is_leaf:
        self.edge[0].outputs = ((other.array.shape, other.array.dtype),)


Tensor.data = data.setter(set_data)


@attribute
def _version(self) -> int:
    """How often the storage was written to in place."""
    if self.version is INFERENCE_VERSION:
        raise RuntimeError("Inference tensors do not track version counter.")
    return self.version[0]


@attribute
def _base(self):
    """The tensor this one is a view of, None for no view."""
    return None if self.viewed is None else self.viewed.base


@method
def _is_view(self) -> bool:
    return isinstance(self.viewed, View)


@method
def is_inference(self) -> bool:
    """Whether the tensor was made in inference mode."""
    return self.version is INFERENCE_VERSION


def alias(x: Tensor, cls: type = Tensor) -> Tensor:
    """Another tensor on x's memory and version counter, without a place in the graph."""
    t = new(cls)
    t.array, t.version = x.array, x.version
    t.edge = t._grad = t.viewed = None
    return t


class VariableMeta(type):
    def __instancecheck__(cls, value) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=VariableMeta):
    """What a Tensor was called long ago: Variable(tensor, requires_grad) gives a tensor on the same memory.

    https://pytorch.org/docs/stable/autograd.html#variable-deprecated
    """

    def __new__(cls, data: Tensor, requires_grad: bool = False) -> Tensor:
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)

"""Places in the graph that a user can hold, hooks on several of them at once, and writes that nobody else would see.

torch keeps these in `autograd.graph`.  Read next: engine.py, which takes edges wherever it takes tensors.
https://pytorch.org/docs/stable/autograd.html#module-torch.autograd.graph
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

from ..tensor import Tensor
from . import grad_mode
from .graph import Node, RemovableHandle
from .view import bump, current_edge


class GradientEdge(NamedTuple):
    """Where the gradient of output `output_nr` of `node` arrives.

    `ownership_token` is torch's: there, it keeps alive what the node alone would not. Here the node is enough.
    """

    node: Node
    output_nr: int
    ownership_token: Node | None = None


def edge_of(t: Tensor | GradientEdge) -> tuple | None:
    """The place in the graph, as (node, slot), of a tensor or of what `get_gradient_edge` gave."""
    return (t.node, t.output_nr) if isinstance(t, GradientEdge) else current_edge(t)


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The place of a tensor in the graph; `autograd.grad` and `backward` take it for the tensor, which may be gone."""
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    return GradientEdge(*current_edge(tensor))


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count one in-place write to a tensor, or to each of several: one that this library has not seen."""
    if not isinstance(tensor, Iterable):
        raise RuntimeError("increment_version expect a Iterable[Tensor] as input")
    for t in (tensor,) if isinstance(tensor, Tensor) else tensor:
        if not isinstance(t, Tensor):
            raise RuntimeError("increment_version expects each element of the iterable to be a tensor")
        bump(t)


class MultiHandle(RemovableHandle):
    """Removes the hooks of several handles."""

    def __init__(self, handles: Sequence[RemovableHandle]):
        self.handles = handles

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()


def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable, *, mode: str = "all") -> RemovableHandle:
    """Call `fn` once in every backward pass that gets to one of the tensors.

    mode "all"    fn(gradients) when the last of those that the pass gets to is known; None stands for the others'
    mode "any"    fn(gradient) when the first is known

    https://pytorch.org/docs/stable/generated/torch.autograd.graph.register_multi_grad_hook.html
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of {('all', 'any')} but got {mode}")
    if mode == "any":
        watch = First(fn)
        return MultiHandle([t.register_hook(watch) for t in tensors if t.requires_grad])
    if not all([t.requires_grad for t in tensors]):
        raise AssertionError("Expected gradient function to be set")
    watch = All(fn, [current_edge(t)[0] for t in tensors])
    return MultiHandle([t.register_hook(functools.partial(watch, k)) for k, t in enumerate(tensors)])


class First:
    """A hook on several tensors, of which the first call in a pass counts."""

    def __init__(self, fn: Callable):
        self.fn, self.seen = fn, WeakKeyDictionary()

    def __call__(self, g: Tensor | None) -> None:
        walk = grad_mode.mode.walk
        if walk not in self.seen:
            self.seen[walk] = True
            self.fn(g)


class All:
    """A hook on several tensors that keeps their gradients, pass by pass, until as many came as the pass will bring."""

    def __init__(self, fn: Callable, nodes: list[Node]):
        self.fn, self.nodes, self.found = fn, nodes, WeakKeyDictionary()  # {walk: (gradients, how many are to come)}

    def __call__(self, k: int, g: Tensor | None) -> None:
        walk = grad_mode.mode.walk
        if walk not in self.found:
            self.found[walk] = [None] * len(self.nodes), sum(map(walk.will_run, self.nodes))
        gradients, missing = self.found[walk]
        gradients[k] = g
        self.found[walk] = gradients, missing - 1
        if missing == 1:
            del self.found[walk]
            self.fn(gradients)

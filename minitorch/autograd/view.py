"""Views of a base, and writing through them.

A view shares its base's memory and version counter, and remembers how it was taken: a chain of steps, each a view op
with its parameters. The chain serves both ways:

    forward     base -> view: apply the steps           (to find the memory again)
    gradient    view -> base: undo the steps backwards  (the vjp of a view scatters into zeros)

In-place through a view,  v.mul_(w):   base' = base with v's part replaced by v * w      (node CopySlices)
and afterwards            v = the same part of base'                                     (node AsStridedBackward0)

A write to the base makes the recorded edge of each of its views stale; `current_edge` renews it when it is asked for.
https://pytorch.org/docs/stable/notes/autograd.html#in-place-operations-with-autograd
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from ..device import array_module
from ..tensor import Tensor, wrap
from .grad_mode import INFERENCE, RECORDING, mode
from .graph import INFERENCE_VERSION, AccumulateGrad, Node, fill_node, written_by_hand

PLAIN, MULTIPLE, NO_GRAD, FUNCTION = "plain", "multiple", "no_grad", "function"


class Step(NamedTuple):
    """One view op, how to repeat it, and the shape, type and strides of what it was taken of."""

    op: object
    params: tuple
    slot: int | None  # which output, where the op has several
    shape: tuple
    dtype: np.dtype
    strides: tuple

    def take(self, array):
        result = self.op.on_arrays(array_module(array), (array,), self.params)
        return result if self.slot is None else result[self.slot]


class View:
    """How to take a view of `base` again; `seen` is the version at which the view's edge was valid."""

    __slots__ = ("base", "chain", "seen", "origin")

    def __init__(self, base: Tensor, chain: tuple, seen: int, origin: str):
        self.base, self.chain, self.seen, self.origin = base, chain, seen, origin

    def take(self, array):
        for step in self.chain:
            array = step.take(array)
        return array

    def untake(self, g: Tensor) -> Tensor:
        """The gradient of the base for the gradient of the view: zero outside the view."""
        for step in reversed(self.chain):
            g = step.op.view_gradient(g, step)
        return g


def mark_view(y: Tensor, x: Tensor, op, params, slot: int | None) -> None:
    """Make `y`, just taken of `x`, a view of x or of x's base."""
    step = Step(op, params, slot, x.array.shape, x.array.dtype, x.array.strides)
    y.version = x.version
    origin = NO_GRAD if not mode.word & RECORDING else PLAIN if slot is None else MULTIPLE
    if x.viewed is None:
        base, chain = x, (step,)
    else:
        base, chain = x.viewed.base, (*x.viewed.chain, step)
        origin = x.viewed.origin if origin == PLAIN else origin
    y.viewed = View(base, chain, version_of(x), origin)


def version_of(x: Tensor) -> int:
    return 0 if x.version is INFERENCE_VERSION else x.version[0]


def current_edge(x: Tensor):
    """x's place in the graph. That of a view is renewed if its base was written to since."""
    view = x.viewed
    if view is None:
        return x.edge
    version, base_edge = version_of(x), view.base.edge
    if view.seen != version:
        if base_edge is not None or (x.edge is not None and not x.edge[0].is_leaf):
            check_view_may_change(x, "its base or another view of its base has been")
            x.edge = as_strided_edge(x)
            view.seen = version
    elif x.edge is None and base_edge is not None and x.array.dtype.kind in "fc":
        x.edge = AccumulateGrad(x), 0  # a view taken while nobody recorded: a leaf that requires grad, as in torch
    return x.edge


WHY_NOT = {
    NO_GRAD: "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by "
             "moving both the view and the inplace either both inside the no_grad block (if you don't want the inplace "
             "to be tracked) or both outside (if you want the inplace to be tracked).",
    MULTIPLE: "This view is the output of a function that returns multiple views. Such functions do not allow the "
              "output views to be modified inplace. You should replace the inplace operation by an out-of-place one.",
    FUNCTION: "This view was created inside a custom Function (or because an input was returned as-is) and the "
              "autograd logic to handle view+inplace would override the custom backward associated with the custom "
              "Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the "
              "output of the custom Function.",
}


# ---------------------------------------------------------------- the two nodes


class AsStridedBackward0(Node):
    """A view taken again of a base that was written to.    gbase = view.untake(g)"""

    __slots__ = ()
    renamed_by_writes = False

    def pull(self, g, edges):
        return [self.saved.untake(wrap(g)).array]

    def pull_recorded(self, g, edges):
        return [self.saved.untake(g)]

    def free(self) -> None:
        """Nothing of value is kept: a second backward may come by."""


class CopySlices(Node):
    """The base after a view of it was replaced.    gbase = g, zero where the view is    gnew = view.take(g)"""

    __slots__ = ()
    name = written_by_hand

    def pull(self, g, edges):
        return [None if r is None else r.array for r in self.pull_recorded(wrap(g), edges)]

    def pull_recorded(self, g, edges):
        view = self.saved
        to_base = to_new = None
        if edges[0] is not None:
            shape = view.take(np.empty(self.outputs[0][0], bool)).shape
            hole = view.untake(wrap(array_module(g.array).ones(shape, g.array.dtype)))
            to_base = g.masked_fill(hole != 0, 0)
        if edges[1] is not None:
            to_new = g
            for step in view.chain:
                to_new = step.op.call(to_new, step)
        return [to_base, to_new]

    def free(self) -> None:
        """Nothing of value is kept: a second backward may come by."""


def as_strided_edge(x: Tensor):
    base = x.viewed.base
    node = fill_node(AsStridedBackward0(), (base.edge,), ((x.array.shape, x.array.dtype),))
    node.saved = View(None, chain_of(x), 0, x.viewed.origin)  # the chain alone: a node never holds a tensor
    return node, 0


def chain_of(x: Tensor) -> tuple:
    """The steps from x's base to x; one step of as_strided if the base has another shape by now (`base.t_()`)."""
    view, base = x.viewed, x.viewed.base.array
    first = view.chain[0]
    if first.strides != base.strides or first.shape != base.shape:
        view.chain = wrap(base).as_strided(x.shape, x.stride(), x.storage_offset()).viewed.chain
    return view.chain


# ---------------------------------------------------------------- writing in place


def check_in_place(x: Tensor, operands: tuple = ()) -> None:
    """Refuse what torch refuses to write to, and operands in the memory that is written to."""
    check_may_change(x)
    if x.array.size and any(s == 0 and n > 1 for s, n in zip(x.array.strides, x.array.shape)):
        raise RuntimeError("unsupported operation: more than one element of the written-to tensor refers to a single "
                           "memory location. Please clone() the tensor before performing the operation.")
    check_operands(x, operands)


def check_may_change(x: Tensor) -> None:
    """Refuse a change, of the elements or of the shape, that the graph could not follow."""
    if x.version is INFERENCE_VERSION and not mode.word & INFERENCE:
        raise RuntimeError("Inplace update to inference tensor outside InferenceMode is not allowed.You can make a "
                           "clone to get a normal tensor before doing inplace update.See "
                           "https://github.com/pytorch/rfcs/pull/17 for more details.")
    if not mode.word & RECORDING:
        return
    if x.viewed is None:
        if x.edge is not None and x.edge[0].is_leaf:
            raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
        return
    base_edge = x.viewed.base.edge
    if x.edge is None and base_edge is None:
        return
    if x.edge is None and x.viewed.origin == PLAIN:
        # its base became differentiable later; until someone asks for its place in the graph it passes for a leaf
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")
    check_view_may_change(x)
    if base_edge is None or base_edge[0].is_leaf:
        raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")


def check_view_may_change(x: Tensor, what: str = "is being") -> None:
    """Refuse a recorded write, to a view or to what it shares memory with, if torch could not rewrite its history."""
    view = x.viewed
    if view is None or view.origin == PLAIN:
        return
    recorded = x.edge is not None and not x.edge[0].is_leaf
    if recorded:
        node, slot = x.edge
        of = re.sub(r"Backward0?(\d*)$", r"\1", node.name())  # Squeeze1 of SqueezeBackward1, as in torch
        view_is = f"Output {slot} of {of} is a view"
        if view.origin == NO_GRAD:
            view_is += " of a view which was created in no_grad mode"
    else:
        view_is = "A view was created in no_grad mode"
    how = "" if recorded and view.origin != NO_GRAD else " with grad mode enabled"
    raise RuntimeError(f"{view_is} and {what} modified inplace{how}. {WHY_NOT[view.origin]}")


def check_operands(x: Tensor, operands: tuple, apart: bool = False) -> None:
    """Refuse to write into `x` what is read from another part of its memory; the same part is fine, unless `apart`.

    As torch does, only where both lie densely in memory: elsewhere, finding out would cost too much.
    """
    for t in operands:
        if not isinstance(t, Tensor):
            continue
        a, b = x.array, t.array
        if a is not b and not share_memory(a, b):
            continue
        same = a is b or (a.ctypes.data == b.ctypes.data and steps(a) == steps(b))
        if apart or not same:
            raise RuntimeError("unsupported operation: some elements of the input tensor and the written-to tensor "
                               "refer to a single memory location. Please clone() the tensor before performing the "
                               "operation.")


def share_memory(a, b) -> bool:
    """Whether two arrays that fill their memory meet in it."""
    return (isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)
            and dense(a) and dense(b))


def steps(array) -> list:
    """Lengths and strides, without the dimensions of length 1."""
    return [(n, s) for n, s in zip(array.shape, array.strides) if n != 1]


def dense(array: np.ndarray) -> bool:
    """Whether the elements fill a range of memory, in whatever order of dimensions."""
    step = array.itemsize
    for stride, n in sorted((s, n) for s, n in zip(array.strides, array.shape) if n > 1):
        if stride != step:
            return False
        step *= n
    return True


def bump(x: Tensor) -> None:
    """One more in-place write to x's storage."""
    if x.version is not INFERENCE_VERSION:
        x.version[0] += 1


def rebase(x: Tensor, edge) -> None:
    """`x` was written to by the op at `edge`: give it, and the base it is a view of, their new places in the graph."""
    before = x.edge
    if x.viewed is None:
        x.edge = edge
        keep_retained(x, before)
        x.version[1:] = [edge[0].name()]  # what changed_error will tell
        return
    base = x.viewed.base
    node = fill_node(CopySlices(), (base.edge, edge), ((base.array.shape, base.array.dtype),))
    node.saved = View(None, chain_of(x), 0, x.viewed.origin)
    base.edge = node, 0
    base.version[1:] = [node.name()]
    x.edge = as_strided_edge(x)
    keep_retained(x, before)
    x.viewed.seen = version_of(x)


def keep_retained(x: Tensor, before) -> None:
    """`x.retain_grad()` asks for the gradient of x's newest value."""
    if before is not None and before[0].watchers is not None:
        retained = before[0].watchers.retained
        if before[1] in retained and retained[before[1]]() is x:
            x.edge[0].watched().retained[x.edge[1]] = retained.pop(before[1])


def take_place(x: Tensor, y: Tensor) -> Tensor:
    """x becomes y, a view just taken of it (`x.t_()`): its memory, its place in the graph, its way from x's base."""
    x.array = y.array
    if x.viewed is not None:
        x.viewed, y.viewed.origin = y.viewed, x.viewed.origin
        if y.edge is not None:
            x.viewed.seen = version_of(x)
    if x.edge is not None and x.edge[0].is_leaf:  # while nobody records, a parameter may be given another shape
        x.edge[0].outputs = ((x.array.shape, x.array.dtype),)
    elif y.edge is not None:
        x.edge = y.edge
    return x

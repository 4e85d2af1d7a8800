"""`autograd.Function`: a user's own forward and backward.

    class Exp(Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            y, = ctx.saved_tensors
            return g * y

    y = Exp.apply(x)

`ctx` is the node of the graph itself. With `create_graph`, `backward` is recorded, and so differentiable again.
https://pytorch.org/docs/stable/autograd.html#function
"""

from __future__ import annotations

import functools

import numpy as np

from ..device import array_module
from ..tensor import Tensor, wrap
from .attributes import alias
from .grad_mode import ANOMALY, RECORDING, SAVING, mode, no_grad
from .graph import SECOND_TIME, Node, changed_error, fill_node
from .saved import PACKED, note_lines, packed, unpacked
from .view import FUNCTION, MULTIPLE, bump, check_in_place, current_edge, rebase


class FunctionNode(Node):
    """The node of a custom Function, and the `ctx` of its forward and backward."""

    function: type  # set on the class

    def __init__(self, inputs: tuple):
        self.inputs_edges = tuple([current_edge(t) if isinstance(t, Tensor) else None for t in inputs])
        recording = bool(mode.word & RECORDING)
        fill_node(self, self.inputs_edges if recording else (None,) * len(inputs), ())
        self.needs_input_grad = tuple([recording and e is not None for e in self.inputs_edges])
        self.to_save, self.dirty, self.non_differentiable, self.materialize = (), (), (), True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors for `saved_tensors`; a later in-place write to one of them is noticed."""
        self.to_save = tensors

    save_for_forward = save_for_backward

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs `forward` wrote to in place; they must be returned."""
        self.dirty = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs have no gradient."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` sees zeros (True, the default) or None for outputs that got no gradient."""
        self.materialize = value

    @property
    def saved_tensors(self) -> tuple:
        if self.saved is None:
            raise RuntimeError(SECOND_TIME)
        found = []
        for entry in self.saved:
            if entry is None:
                found.append(None)
                continue
            if entry[1] is PACKED:
                found.append(unpacked(entry[0], entry[2]))
                continue
            array, version, then, edge = entry
            edge = (self, edge[1]) if edge is not None and edge[0] is OWN else edge
            if version[0] != then:
                raise changed_error(array, version, then, edge, edge is not None and edge[0] is self)
            t = wrap(array)
            t.version, t.edge = version, edge
            found.append(t)
        return tuple(found)

    def keep(self) -> None:
        """Turn what forward asked to save into arrays with versions; an output is remembered by its slot: no circle."""
        self.saved = []
        for t in self.to_save:
            if t is None:
                self.saved.append(None)
                continue
            if not isinstance(t, Tensor):
                raise TypeError("save_for_backward can only save variables, but argument is of type "
                                f"{type(t).__name__}")
            if mode.word & SAVING:
                self.saved.append(packed(t))
                continue
            edge = current_edge(t)
            if edge is not None and edge[0] is self:
                edge = OWN, edge[1]
            self.saved.append((t.array, t.version, t.version[0], edge))
        self.to_save = self.dirty = self.non_differentiable = ()

    def free(self) -> None:
        if self.saved:
            self.saved = None

    def gradients(self, gs: list) -> list:
        """What the user's backward returns for each input, checked."""
        if self.materialize:
            gs = [wrap(np.zeros(*like)) if g is None and like else g for g, like in zip(gs, self.outputs)]
        returned = self.function.backward(self, *gs)
        returned = returned if isinstance(returned, tuple) else (returned,)
        extra = returned[len(self.edges):]
        if len(returned) < len(self.edges) or any(g is not None for g in extra):
            raise RuntimeError(f"function {self.name()} returned an incorrect number of gradients (expected "
                               f"{len(self.edges)}, got {len(returned)})")
        for g in returned:
            if g is not None and not isinstance(g, Tensor):
                raise TypeError(f"expected Variable or None (got {type(g).__name__})")
        return list(returned[: len(self.edges)])

    def pull(self, g, edges):
        gs = [None if x is None else wrap(x) for x in (g if type(g) is list else [g])]
        return [None if r is None else self.checked(r, e).array for r, e in zip(self.gradients(gs), self.edges)]

    def pull_recorded(self, g, edges):
        found = self.gradients(g if type(g) is list else [g])
        return [None if r is None else self.checked(r, e) for r, e in zip(found, self.edges)]

    def checked(self, g: Tensor, edge) -> Tensor:
        if edge is not None:
            expected, _ = edge[0].outputs[edge[1]]
            try:
                fits = np.broadcast_shapes(g.array.shape, expected) in (g.array.shape, expected)
            except ValueError:
                fits = False
            if not fits:
                raise RuntimeError(f"Function {self.name()} returned an invalid gradient at index "
                                   f"{self.edges.index(edge)} - got {list(g.array.shape)} but expected shape "
                                   f"compatible with {list(expected)}")
        return g


OWN = object()  # stands for the node itself among what it saved


class Function:
    """Base class of custom operations: override the static methods `forward` and `backward`, call `apply`."""

    def __init__(self, *args, **kwargs):
        raise RuntimeError(f"{type(self).__name__} should not be instantiated. Methods on autograd functions are all "
                           "static, so you should invoke them on the class itself. Instantiating an autograd function "
                           "will raise an error in a future version of PyTorch.")

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.node_class = type(cls.__name__ + "Backward", (FunctionNode,), {"function": cls})

    @staticmethod
    def forward(*args, **kwargs):
        raise NotImplementedError("You must implement the forward function for custom autograd.Function.")

    @staticmethod
    def backward(ctx, *grad_outputs):
        raise NotImplementedError("You must implement either the backward or vjp method for your custom "
                                  "autograd.Function to use it with backward mode AD.")

    setup_context = None

    @classmethod
    def apply(cls, *args):
        """Run `forward` unrecorded, and record the call as one node."""
        ctx = cls.node_class(args)
        with no_grad():
            if cls.setup_context is None:
                result = cls.forward(ctx, *args)
            else:
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
        outputs = result if isinstance(result, tuple) else (result,)
        outputs = tuple([place(ctx, y, args) for y in outputs])
        recorded = any(ctx.needs_input_grad)
        ctx.outputs = tuple([(y.array.shape, y.array.dtype) if isinstance(y, Tensor) else None for y in outputs])
        tensors = [(slot, y) for slot, y in enumerate(outputs) if isinstance(y, Tensor)]
        differentiable = [slot for slot, y in tensors
                          if recorded and y.array.dtype.kind in "fc" and not among(y, ctx.non_differentiable)]
        for slot, y in tensors:
            if among(y, ctx.dirty):
                bump(y)
                if slot in differentiable:
                    rebase(y, (ctx, slot))
                continue
            if slot in differentiable:
                y.edge = (ctx, slot)
            if y.viewed is not None:
                y.viewed.origin = MULTIPLE if len(differentiable) > 1 else FUNCTION
        if recorded:
            ctx.keep()
            if mode.word & ANOMALY:
                note_lines(ctx)
        return outputs if isinstance(result, tuple) else outputs[0]


def among(t: Tensor, tensors: tuple) -> bool:
    return any([t is other for other in tensors])


def place(ctx: FunctionNode, y, inputs: tuple):
    """What `apply` returns for `y`: a tensor that has, or may be given, a place of its own in the graph.

    An input returned as it came becomes a view of itself; not so one that `forward` wrote to. What has no gradient
    here leaves the graph it came from.
    """
    if not isinstance(y, Tensor):
        return y
    if among(y, ctx.dirty):
        if mode.word & RECORDING and y.is_leaf and y.requires_grad:
            raise RuntimeError("a leaf Variable that requires grad has been used in an in-place operation.")
        check_in_place(y)
        return y
    detached = y.requires_grad and (not any(ctx.needs_input_grad) or among(y, ctx.non_differentiable))
    if not among(y, inputs):
        return y.detach_() if detached and y.viewed is None else y
    with no_grad():
        fresh = alias(y) if detached else y.view_as(y)
    ctx.non_differentiable = tuple([fresh if t is y else t for t in ctx.non_differentiable])
    return fresh


def once_differentiable(backward):
    """Decorate a `backward` that must not be differentiated: its results carry no graph, and a second order raises."""
    @functools.wraps(backward)
    def call(ctx, *gs):
        recorded = mode.word & RECORDING and any([isinstance(g, Tensor) and g.requires_grad for g in gs])
        with no_grad():
            found = backward(ctx, *gs)
        if not recorded:
            return found
        found = found if isinstance(found, tuple) else (found,)
        return tuple([refuse(g, gs) if isinstance(g, Tensor) else g for g in found])

    return call


class _Refuse(Node):
    """Raises when a gradient arrives that `once_differentiable` promised nobody would ask for."""

    __slots__ = ()

    def pull(self, g, edges):
        raise RuntimeError("trying to differentiate twice a function that was marked with @once_differentiable")

    pull_recorded = pull


def refuse(g: Tensor, gs) -> Tensor:
    edges = tuple([current_edge(t) if isinstance(t, Tensor) else None for t in gs])
    t = wrap(array_module(g.array).asarray(g.array))
    t.edge = fill_node(_Refuse(), edges, ((g.array.shape, g.array.dtype),)), 0
    return t

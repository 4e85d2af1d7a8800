"""The walk from the outputs back to the leaves.

    pending[node]   the gradient of the node's output, summed so far
    heap            nodes with a gradient, newest first: when a node comes up, all that used its output has been walked

No recursion, so a graph may be of any depth. Gradients are bare arrays, unless the backward is itself recorded
(`create_graph`): then they are Tensors, and the same formulas are differentiable in turn.
https://pytorch.org/docs/stable/notes/autograd.html
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from functools import cached_property
from heapq import heappop, heappush

import numpy as np

from ..device import array_module
from ..dtype import FROM_NUMPY
from ..tensor import Size, Tensor, wrap
from .edge import GradientEdge, edge_of
from .grad_mode import ANOMALY, RECORDING, mode
from .rule import fit_tensor
from .saved import checked_gradients


def fit(g, shape: tuple, dtype):
    """An array with the shape and type of the input it is the gradient of."""
    if g.shape != shape:
        lead = g.ndim - len(shape)
        if lead > 0:
            g = g.sum(axis=tuple(range(lead)))
        elif lead < 0:
            g = g.reshape((1,) * -lead + g.shape)
        dims = tuple([i for i, n in enumerate(shape) if n == 1 and g.shape[i] != 1])
        if dims:
            g = g.sum(axis=dims, keepdims=True)
        if g.shape != shape:
            g = array_module(g).broadcast_to(g, shape)
    if g.dtype is dtype:
        return g
    return (g.real if g.dtype.kind == "c" and dtype.kind != "c" else g).astype(dtype)


def apart(gradients) -> bool:
    """Whether no two of a node's gradients are one array, or one a view of another."""
    if len(gradients) == 1:
        return True
    arrays = [g for g in gradients if g is not None]
    owners = {id(g) for g in arrays}
    return len(owners) == len(arrays) and not any([id(g.base) in owners for g in arrays if g.base is not None])


class Walk:
    """One backward pass.

    pending     {node: gradient of its output}; a list of gradients where the node has several outputs
    owned       edges whose pending gradient no one else holds: it may be added to in place
    targets     {node: slots} whose gradients are asked for; None: all leaves receive
    wanted      with targets, the nodes on a way to one of them
    caught      {(node, slot): gradient} of the targets, for `autograd.grad`; None: they receive, as leaves do
    """

    def __init__(self, roots: list, keep_graph: bool, recorded: bool, targets: dict | None = None,
                 catches: bool = False):
        self.roots, self.keep_graph, self.recorded, self.targets = roots, keep_graph, recorded, targets
        self.pending, self.heap, self.owned, self.leaves = {}, [], set(), []
        self.wanted = None if targets is None else reaching(self.nodes, targets)
        self.caught, self.anomaly = {} if catches else None, bool(mode.word & ANOMALY)

    @cached_property
    def nodes(self) -> set:
        """All nodes behind the roots."""
        return behind([edge for edge, _ in self.roots])

    def will_run(self, node) -> bool:
        """Whether this pass gets to a node."""
        if self.wanted is None:
            return node in self.nodes
        if self.caught is not None and node.is_leaf and node in self.targets:
            raise RuntimeError("A leaf node was passed to _will_engine_execute_node but we are currently running "
                               "autograd.grad(). This is currently not supported.")
        return node in self.wanted

    def send(self, edge: tuple, g, fresh: bool) -> None:
        """Add `g` to what is pending at `edge`. `fresh`: nobody else holds the array."""
        node, slot = edge
        pending, several = self.pending, len(node.outputs) > 1
        if node not in pending:
            pending[node] = [None] * len(node.outputs) if several else None
            if node.is_leaf:
                self.leaves.append(node)
            else:
                heappush(self.heap, (-node.order, node))
        before = pending[node][slot] if several else pending[node]
        if before is None:
            if fresh:
                self.owned.add(edge)
        elif edge in self.owned and not self.recorded:
            before += g
            g = before
        else:
            g = before + g
            self.owned.add(edge)
        if several:
            pending[node][slot] = g
        else:
            pending[node] = g

    def run(self) -> None:
        """Walk until nothing is pending but leaves; then let these receive."""
        heap, pending, pull = self.heap, self.pending, self.pull_recorded if self.recorded else self.pull
        while heap:
            node = heappop(heap)[1]
            g = pending.pop(node)
            edges = node.edges
            if self.wanted is not None:
                edges = [e if e is not None and e[0] in self.wanted else None for e in edges]
            runs = self.wanted is None or any(edges)
            if self.caught is not None and runs:
                self.catch(node, g)  # before its hooks; after them, if it is asked for alone: so does torch
            if node.watchers is not None:
                g = self.call_hooks(node, g)
            if not runs:
                if self.caught is not None:
                    self.catch(node, g)
                continue
            pull(node, g, edges)
            if not self.keep_graph:
                node.free()
        for leaf in self.leaves:
            self.receive(leaf, pending.pop(leaf))

    def pull(self, node, g, edges) -> None:
        """Run a node's formulas on arrays and send what they give."""
        gradients = checked_gradients(node, node.pull, g, edges) if self.anomaly else node.pull(g, edges)
        own = node.fresh_gradients and apart(gradients)
        if node.watchers is not None and node.watchers.node_hooks:
            gradients, own = self.call_node_hooks(node, gradients, g), False  # a hook may keep what it saw
        for edge, gx in zip(edges, gradients):
            if edge is None or gx is None:
                continue
            shape, dtype = edge[0].outputs[edge[1]]
            fresh = own and gx is not g and gx.base is None  # neither the incoming gradient nor a view
            if gx.shape != shape or gx.dtype is not dtype:
                gx = fit(gx, shape, dtype)
                fresh = fresh and gx.base is None
            self.send(edge, gx, fresh)

    def pull_recorded(self, node, g, edges) -> None:
        """The same on Tensors, recorded in turn."""
        pull = node.pull_recorded
        gradients = checked_gradients(node, pull, g, edges) if self.anomaly else pull(g, edges)
        if node.watchers is not None and node.watchers.node_hooks:
            gradients = self.call_node_hooks(node, gradients, g)
        for edge, gx in zip(edges, gradients):
            if edge is not None and gx is not None:
                self.send(edge, fit_tensor(gx, *edge[0].outputs[edge[1]]), False)

    # ------------------------------------------------------------ ends

    def receive(self, leaf, g) -> None:
        """A leaf's gradient is complete: hooks, then `.grad` or the answer of `autograd.grad`."""
        fresh = (leaf, 0) in self.owned
        if leaf.watchers is not None:
            before = g
            g = self.call_hooks(leaf, g)
            fresh = fresh and g is before and not leaf.watchers.tensor_hooks
        if self.caught is not None:
            self.catch(leaf, g)
        elif self.targets is None or leaf in self.targets:
            self.give(leaf, g, fresh)

    def give(self, leaf, g, fresh: bool) -> None:
        """Add to the `.grad` of a leaf; then the hooks that wait for it."""
        accumulate(leaf.variable, g, fresh)
        if leaf.watchers is not None and leaf.variable is not None:
            for hook in list(leaf.watchers.node_hooks.values()):
                hook(leaf.variable)

    def catch(self, node, g) -> None:
        for slot in self.targets.get(node, ()):
            self.caught[node, slot] = g[slot] if type(g) is list else g

    # ------------------------------------------------------------ hooks

    def call_hooks(self, node, g):
        """Tensor hooks see the complete gradient of their tensor, and may replace it; `retain_grad` keeps it."""
        gs = g if type(g) is list else [g]
        for slot, hooks in node.watchers.tensor_hooks.items():
            for hook in list(hooks.values()):
                changed = hook(as_tensor(gs[slot]))
                if changed is not None:
                    check_hook_result(hook, as_tensor(gs[slot]), changed)
                    gs[slot] = changed if self.recorded else changed.array
                    self.owned.discard((node, slot))
        for hook in list(node.watchers.pre_hooks.values()):
            changed = hook(tuple(map(as_tensor, gs)))
            if changed is not None:
                changed = changed if isinstance(changed, tuple) else (changed,)
                gs = [c if self.recorded or c is None else c.array for c in changed]
                self.owned.difference_update([(node, slot) for slot in range(len(gs))])
        for slot, tensor in node.watchers.retained.items():
            if gs[slot] is not None:
                accumulate(tensor(), gs[slot], False)
        return gs if type(g) is list else gs[0]

    def call_node_hooks(self, node, gradients, g):
        """Hooks on a node: hook(grad_inputs, grad_outputs) may replace the gradients of the node's inputs."""
        for hook in list(node.watchers.node_hooks.values()):
            changed = hook(tuple(map(as_tensor, gradients)), tuple(map(as_tensor, g if type(g) is list else [g])))
            if changed is not None:
                changed = changed if isinstance(changed, tuple) else (changed,)
                gradients = [c if self.recorded or c is None else c.array for c in changed]
        return gradients


def as_tensor(g):
    return g if g is None or isinstance(g, Tensor) else wrap(g)


def check_hook_result(hook, g: Tensor | None, changed) -> None:
    """Refuse what a hook put in place of a gradient, unless it could be that gradient."""
    if not isinstance(changed, Tensor):
        raise TypeError("expected Variable, but hook returned '" + type(changed).__name__ + "'")
    name = getattr(hook, "__name__", "<unknown>")
    if g is None:
        raise RuntimeError(f"can't replace a None gradient with a non-None value (hook '{name}')")
    if changed.array.dtype != g.array.dtype:
        raise RuntimeError(f"hook '{name}' has changed the type of value (was {g.type()} got {changed.type()})")
    if changed.array.shape != g.array.shape:
        raise RuntimeError(f"hook '{name}' has changed the size of value")


def accumulate(t: Tensor | None, g, fresh: bool) -> None:
    """Add to `t.grad`. The leaf owns it: an array that someone else may hold is copied."""
    if t is None:
        return
    if isinstance(g, Tensor):  # recorded: the graph of the gradient is kept
        t._grad = g if t._grad is None else t._grad + g
    elif t._grad is None:
        t._grad = wrap(g if fresh else g.copy())
    elif t._grad.edge is None:
        t._grad.array += g
        t._grad.version[0] += 1
    else:  # the .grad of a recorded backward is part of a graph, which must not change under it
        t._grad = wrap(t._grad.array + g)


def behind(edges) -> set:
    """All nodes that a gradient may get to from `edges`."""
    nodes, stack = set(), [e[0] for e in edges]
    while stack:
        node = stack.pop()
        if node not in nodes:
            nodes.add(node)
            stack += [e[0] for e in node.edges if e is not None]
    return nodes


def reaching(nodes, targets) -> set:
    """Those of `nodes` from which a gradient gets to one of the `targets`."""
    wanted = set()
    for node in sorted(nodes, key=lambda n: n.order):  # inputs before what uses them
        if node in targets or any([e is not None and e[0] in wanted for e in node.edges]):
            wanted.add(node)
    return wanted


# ---------------------------------------------------------------- the public functions


def start(outputs, gradients, create_graph: bool) -> list:
    """(edge, gradient) of each tensor to differentiate, checked."""
    roots = []
    for k, (y, g) in enumerate(zip(outputs, gradients)):
        edge = edge_of(y)
        if edge is None:
            raise RuntimeError(f"element {k} of tensors does not require grad and does not have a grad_fn")
        shape, dtype = edge[0].outputs[edge[1]]
        if g is None:
            if math.prod(shape) != 1:
                raise RuntimeError("grad can be implicitly created only for scalar outputs")
            if dtype.kind == "c":
                raise RuntimeError("grad can be implicitly created only for real scalar outputs but got "
                                   f"{FROM_NUMPY[dtype]}")
            xp = array_module(y.array) if isinstance(y, Tensor) else np  # an edge knows of no device
            g = wrap(xp.ones(shape, dtype))
        elif not isinstance(g, Tensor):
            raise TypeError(f"gradients can be either Tensors or None, but got {type(g).__name__}")
        elif g.array.shape != shape:
            raise RuntimeError(f"Mismatch in shape: grad_output[{k}] has a shape of {Size(g.array.shape)} and "
                               f"output[{k}] has a shape of {Size(shape)}.")
        roots.append((edge, g if create_graph else g.array))
    return roots


def run(walk: Walk) -> None:
    """Walk from the roots, with recording on only if the backward itself is recorded."""
    before, mode.word = mode.word, mode.word & ~RECORDING | (RECORDING if walk.recorded else 0)
    around, mode.walk = mode.walk, walk
    try:
        for edge, g in walk.roots:
            if walk.wanted is None or edge[0] in walk.wanted or len(walk.roots) == 1:  # its hooks run, as in torch
                walk.send(edge, g, False)
        walk.run()
    finally:
        mode.word, mode.walk = before, around


def as_tuple(x) -> tuple:
    """One tensor, or one edge, as a tuple of one."""
    return (x,) if isinstance(x, (Tensor, GradientEdge)) else tuple(x)


def inputs_of(inputs, function: str) -> tuple:
    """The tensors, or edges, with respect to which `function` differentiates: one, several, or the values of a dict."""
    if isinstance(inputs, Mapping):
        if type(inputs) is not dict:
            raise TypeError(f"`inputs` argument to `{function}()` must be a dict, not {type(inputs).__name__}. Other "
                            "Mapping types are not supported.")
        inputs = inputs.values()
    inputs = as_tuple(inputs)
    if not inputs:
        raise RuntimeError(f"`inputs` argument to `{function}()` cannot be empty.")
    return inputs


def targets_of(inputs: tuple) -> dict:
    """{node: {slots}} of the tensors whose gradients are asked for."""
    targets = {}
    for t in inputs:
        if not isinstance(t, (Tensor, GradientEdge)):
            raise RuntimeError(f"all inputs have to be Tensors or GradientEdges, but got {type(t).__name__}")
        edge = edge_of(t)
        if edge is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        targets.setdefault(edge[0], set()).add(edge[1])
    return targets


def backward(tensors, grad_tensors=None, retain_graph: bool | None = None, create_graph: bool = False,
             grad_variables=None, inputs=None) -> None:
    """Add the gradient of `tensors` to `.grad` of the leaves, or of `inputs` alone.

    https://pytorch.org/docs/stable/generated/torch.autograd.backward.html
    """
    if grad_variables is not None:
        warnings.warn("`grad_variables` is deprecated. Use `grad_tensors` instead.", FutureWarning, stacklevel=2)
        if grad_tensors is not None:
            raise RuntimeError("`grad_tensors` and `grad_variables` (deprecated) arguments both passed to "
                               "`backward()`. Please only use `grad_tensors`.")
        grad_tensors = grad_variables
    inputs = None if inputs is None else inputs_of(inputs, "backward")
    tensors = as_tuple(tensors)
    gradients = (None,) * len(tensors) if grad_tensors is None else as_tuple(grad_tensors)
    roots = start(tensors, gradients, create_graph)
    targets = None if inputs is None else targets_of(inputs)
    for t in inputs or ():
        if isinstance(t, Tensor):
            t.retain_grad()  # of no effect on a leaf
    run(Walk(roots, create_graph if retain_graph is None else retain_graph, create_graph, targets))


def grad(outputs, inputs, grad_outputs=None, retain_graph: bool | None = None, create_graph: bool = False,
         only_inputs: bool = True, allow_unused: bool | None = None, is_grads_batched: bool = False,
         materialize_grads: bool = False) -> tuple | dict:
    """The gradients of the sum of `outputs` with respect to `inputs`, a dict of them for a dict; no `.grad` is touched.

    https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
    """
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when materialize_grads=True, but got: "
                         "allow_unused=False.")
    if not only_inputs:
        warnings.warn("only_inputs argument is deprecated and is ignored now (defaults to True). To accumulate "
                      "gradient for other parts of the graph, please use minitorch.autograd.backward.", FutureWarning,
                      stacklevel=2)
    if is_grads_batched:
        raise NotImplementedError("autograd.grad: is_grads_batched")
    outputs, wanted = as_tuple(outputs), inputs_of(inputs, "grad")
    gradients = (None,) * len(outputs) if grad_outputs is None else as_tuple(grad_outputs)
    roots = start(outputs, gradients, create_graph)
    walk = Walk(roots, create_graph if retain_graph is None else retain_graph, create_graph, targets_of(wanted),
                catches=True)
    run(walk)
    results = tuple([answer(walk, k, t, allow_unused, materialize_grads) for k, t in enumerate(wanted)])
    return dict(zip(inputs, results)) if isinstance(inputs, dict) else results


def answer(walk: Walk, k: int, t: Tensor | GradientEdge, allow_unused: bool | None, materialize: bool) -> Tensor | None:
    """The gradient that was caught for input number `k`; what it is where none came."""
    g = walk.caught.get(edge_of(t))
    if g is None and materialize:
        if isinstance(t, GradientEdge):
            raise RuntimeError("materialize_grads cannot be used when the given input is a GradientEdge")
        return wrap(array_module(t.array).zeros_like(t.array)).requires_grad_(walk.recorded)
    if g is None and not allow_unused:
        raise RuntimeError(f"The differentiated Tensor at index {k} appears to not have been used in the graph. "
                           "Set allow_unused=True if this is the desired behavior.")
    return as_tensor(g)

"""What a recorded graph is made of: Node (one executed op), Leaf (where a gradient ends), and edges.

A tensor's place in the graph is its `edge`, a pair (node, slot): the node that made it and which of the node's
outputs it is. A node's `edges` are those of its inputs. Nodes point only backwards and never at tensors, so a graph
is freed by reference count the moment its last tensor is.

Read next: op.py, which makes the nodes; engine.py, which walks them.
"""

from __future__ import annotations

import itertools
import re
import weakref
from collections import OrderedDict

from .. import shown
from ..dtype import CAPITAL

stamp = itertools.count(1).__next__  # nodes are numbered as they are made: creation order is topological

FACT = [0]  # the version of what cannot change: shapes, numbers


class Inference:
    """The version of a tensor made in inference mode: reading it, as saving for backward does, is refused."""

    def __getitem__(self, _):
        raise RuntimeError(
            "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in "
            "computation tracked by autograd. To work around this, you can make a clone to get a normal tensor and use "
            "it in autograd, or use `minitorch.no_grad()` instead of `minitorch.inference_mode()`.")


INFERENCE_VERSION = Inference()


class Node:
    """One executed op: where its gradients go and what its rules read.

    order       its number; the walk visits newest first
    edges       per input, (node, slot) or None for an input that needs no gradient
    outputs     per output, (shape, dtype): what a gradient that arrives there must look like
    saved       what the rules read, None once freed
    plan        which rules to run (rule.py)
    watchers    None, or the hooks on this node and its outputs
    """

    __slots__ = ("order", "edges", "outputs", "saved", "plan", "watchers", "__weakref__")
    is_leaf = False
    renamed_by_writes = True  # not so a view's, which becomes AsStridedBackward0
    fresh_gradients = False  # whether `pull` makes new arrays, which nobody else holds

    def name(self) -> str:
        return type(self).__name__

    def __init_subclass__(cls):
        cls.__module__ = "minitorch"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object at {id(self):#x}>"

    @property
    def next_functions(self) -> tuple:
        """The nodes this node sends gradients to, as ((node, slot), ...); (None, 0) where none is needed."""
        return tuple((None, 0) if e is None else e for e in self.edges)

    @property
    def metadata(self) -> dict:
        """Whatever a user wants to keep with the node."""
        return self.watched().metadata

    def register_hook(self, hook) -> RemovableHandle:
        """Call hook(grad_inputs, grad_outputs) after this node has run; what it returns replaces grad_inputs."""
        return RemovableHandle(self.watched().node_hooks, hook)

    def register_prehook(self, hook) -> RemovableHandle:
        """Call hook(grad_outputs) before this node runs; what it returns replaces grad_outputs."""
        return RemovableHandle(self.watched().pre_hooks, hook)

    def watched(self) -> Watchers:
        """The hooks of this node, made if there are none yet."""
        if self.watchers is None:
            self.watchers = Watchers()
        return self.watchers

    def free(self) -> None:
        """Let go of what was saved for backward."""
        self.saved = None

    def pull(self, g, edges):
        """The gradient of each input, as arrays, for the output gradient `g` (a list where there are several)."""
        raise NotImplementedError

    def pull_recorded(self, g, edges):
        """The same on Tensors, recorded in turn."""
        raise NotImplementedError


class Watchers:
    """The hooks on a node.

    tensor_hooks    {slot: {id: function}}: see, and may change, the complete gradient of an output
    retained        {slot: weak reference to the tensor whose .grad is wanted}
    pre_hooks       {id: function}: see, and may change, the gradients of all outputs before the node runs
    node_hooks      {id: function}: see, and may change, the gradients of all inputs after it has run
    made_at         the lines of the script that made the node, in anomaly mode
    metadata        what a user keeps with the node
    """

    __slots__ = ("tensor_hooks", "retained", "pre_hooks", "node_hooks", "made_at", "metadata")

    def __init__(self):
        self.tensor_hooks, self.retained, self.made_at = {}, {}, None
        self.pre_hooks, self.node_hooks, self.metadata = OrderedDict(), OrderedDict(), {}


def fill_node(node: Node, edges: tuple, outputs: tuple) -> Node:
    """Set every slot of a new node; `outputs` are (shape, dtype) pairs."""
    node.order = stamp()
    node.edges, node.outputs = edges, outputs
    node.saved = node.plan = node.watchers = None
    return node


def written_by_hand(node: Node) -> str:
    """torch generates most nodes; of the few others it shows where they stand."""
    return f"{shown.package}::autograd::{type(node).__name__}"


class AccumulateGrad(Node):
    """A leaf: the gradient ends here and is added to `.grad`. The tensor is held weakly: no circle."""

    __slots__ = ("tensor",)
    is_leaf = True

    name = written_by_hand

    def __init__(self, tensor):
        fill_node(self, (), ((tensor.array.shape, tensor.array.dtype),))
        self.order = 0  # older than every op
        self.tensor = weakref.ref(tensor)

    @property
    def variable(self):
        return self.tensor()


class RemovableHandle:
    """What `register_hook` returns; `remove()` takes the hook away."""

    made = itertools.count()

    def __init__(self, hooks: OrderedDict, hook):
        self.id = next(self.made)
        self.hooks = weakref.ref(hooks)
        hooks[self.id] = hook

    def remove(self) -> None:
        hooks = self.hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception) -> None:
        self.remove()


SECOND_TIME = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward.")


def changed_error(array, version: list, expected: int, origin, own_output: bool) -> RuntimeError:
    """A saved tensor was written to after it was saved.

    `origin` is the edge it came from, None for a leaf. A recorded write has given the tensor another node since: the
    version counter carries its name, and torch tells that one, unless the node had saved its own output.
    """
    node, slot = origin or (None, 0)
    renamed = len(version) > 1 and not own_output and node is not None and node.renamed_by_writes
    name = version[1] if renamed else "" if node is None or node.is_leaf else node.name()
    of = f", which is output {slot} of {re.sub('Backward[0-9]*$', '', name)}," if name else ""
    return RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[minitorch.{CAPITAL[array.dtype.name]}Tensor {list(array.shape)}]{of} is at version {version[0]}; expected "
        f"version {expected} instead. Hint: enable anomaly detection to find the operation that failed to compute its "
        "gradient, with minitorch.autograd.set_detect_anomaly(True, check_nan=False).")


__all__ = ["AccumulateGrad", "FACT", "INFERENCE_VERSION", "Node", "RemovableHandle", "SECOND_TIME",
           "Watchers",
           "changed_error", "fill_node", "stamp"]

"""Reverse-mode differentiation.  Read in this order:

    grad_mode.py    is the graph being recorded?
    graph.py        Node, Leaf, edges: what a recorded graph is made of
    edge.py         places in the graph that a user can hold, hooks on several of them
    op.py           @op: from a NumPy body and one formula per input to a differentiable operation
    view.py         views of a base, and writing through them
    saved.py        hooks on saved tensors; anomaly mode
    engine.py       the walk from the outputs back to the leaves
    function.py     torch.autograd.Function: a user's own forward and backward
    gradcheck.py    formulas against finite differences
"""

from ..missing import say_what_is_missing as _say_what_is_missing
from . import graph
from .attributes import Variable
from .edge import GradientEdge, get_gradient_edge, increment_version, register_multi_grad_hook
from .engine import backward, grad
from .function import Function
from .grad_mode import (
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .saved import (
    allow_mutation_on_saved_tensors, detect_anomaly, disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks,
    set_detect_anomaly,
)

for _made in (GradientEdge, allow_mutation_on_saved_tensors, disable_saved_tensors_hooks, get_gradient_edge,
              increment_version, register_multi_grad_hook, save_on_cpu, saved_tensors_hooks):
    setattr(graph, _made.__name__, _made)  # torch keeps these there
graph.__getattr__ = _say_what_is_missing(graph.__name__)

__all__ = [
    "Function", "Variable", "backward", "detect_anomaly", "enable_grad", "grad", "gradcheck", "gradgradcheck", "graph",
    "inference_mode", "is_grad_enabled", "is_inference_mode_enabled", "no_grad", "set_detect_anomaly",
    "set_grad_enabled",
]
__getattr__ = _say_what_is_missing(__name__)

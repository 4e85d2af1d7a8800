"""Reverse-mode differentiation.  Read in this order:

    grad_mode.py    is the graph being recorded?
    graph.py        Node, Leaf, edges: what a recorded graph is made of
    op.py           @op: from a NumPy body and one formula per input to a differentiable operation
    view.py         views of a base, and writing through them
    engine.py       the walk from the outputs back to the leaves
    function.py     torch.autograd.Function: a user's own forward and backward
    gradcheck.py    formulas against finite differences
"""

from . import attributes  # noqa: F401  (attaches what a Tensor knows of gradients)
from .engine import backward, grad
from .function import Function
from .grad_mode import (
                        enable_grad,
                        inference_mode,
                        is_grad_enabled,
                        is_inference_mode_enabled,
                        no_grad,
                        set_grad_enabled,
)
from .gradcheck import gradcheck, gradgradcheck

__all__ = ["Function", "backward", "enable_grad", "grad", "gradcheck", "gradgradcheck", "inference_mode",
           "is_grad_enabled", "is_inference_mode_enabled", "no_grad", "set_grad_enabled"]

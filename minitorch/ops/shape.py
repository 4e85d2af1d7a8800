"""The same elements seen under another shape: views, wherever the memory allows it.

A view op's formula reads shapes and parameters alone, so that a view can be taken, and undone, at any time
(autograd/view.py).  Read next: join.py, which makes new arrays of several.
"""

from __future__ import annotations

from ..autograd.op import op
from ..tensor import Tensor, method, wrap


def sizes(shape: tuple) -> tuple:
    """(2, 3) of both f(2, 3) and f((2, 3))."""
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape


@op(view=True, node="ViewBackward0")
def view_as_shape(xp, x, /, shape):
    """x's elements in row-major order under another shape.    gx = g under x's shape"""
    return x.reshape(shape)


view_as_shape.backward(x=lambda g, x_shape: g.reshape(x_shape))


@method
def reshape(input: Tensor, *shape) -> Tensor:
    """`input` under another shape: a view where the memory allows it, a copy otherwise."""
    return view_as_shape(input, sizes(shape))


@op(view=True)
def expand_to(xp, x, /, shape):
    """x repeated along dimensions of length 1 and new leading ones, without a copy (stride 0).    gx = g summed over them"""
    return xp.lib.stride_tricks.as_strided(x, shape, (0,) * (len(shape) - x.ndim) + tuple(
        0 if n == 1 != m else s for n, m, s in zip(x.shape, shape[len(shape) - x.ndim:], x.strides)))


expand_to.backward(x=lambda g: g)  # the engine sums g to x's shape


@method
def expand(input: Tensor, *shape) -> Tensor:
    shape = sizes(shape)
    lead = len(shape) - input.array.ndim
    return expand_to(input, tuple(input.array.shape[i - lead] if n == -1 else n for i, n in enumerate(shape)))


@op(view=True)
def select(xp, x, /, dim, index):
    """One slice of x along `dim`.    gx = g at that slice of zeros"""
    return x[(slice(None),) * dim + (index, ...)]


def select_rule(g, x_shape, dim, index):
    whole = g.new_zeros(x_shape)
    whole[(slice(None),) * dim + (index,)] = g
    return whole


select.backward(x=select_rule)
method(select)

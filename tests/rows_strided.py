"""Rows of ops/strided.py."""

from samples import row


def windowed(d):
    """A tensor of any shape, and a window that stays inside its memory; elements may be shown twice, or not at all."""
    x = d.array(d.shape(0, 3, zero=False))
    size = d.shape(0, 3, side=3)
    stride, room = [], x.size - 1
    for n in size:
        step = d.integer(0, room // max(n - 1, 1))
        stride.append(step)
        room -= step * max(n - 1, 0)
    start = d.choice(None, d.integer(0, room)) if x.size else None
    return (x, size, tuple(stride)) + (() if start is None else (start,)), {}


def unfolded(d):
    x = d.array(d.shape(1, 3))
    dim = d.dim(x.ndim)
    return (x, dim, d.integer(0, x.shape[dim]), d.integer(1, 3)), {}


row("as_strided", windowed, node="AsStridedBackward0", method=True,
    errors=(lambda t: t.ones(4).as_strided((3, 3), (2, 1)), lambda t: t.ones(4).as_strided((3,), (2, 1)),
            lambda t: t.ones(4).as_strided((3,), (-1,)), lambda t: t.ones(4).as_strided((2,), (1,), 3)))
row("Tensor.unfold", unfolded, node="UnfoldBackward0",
    errors=(lambda t: t.ones(4).unfold(0, 5, 1), lambda t: t.ones(4).unfold(0, 2, 0),
            lambda t: t.ones(4).unfold(0, -2, 1), lambda t: t.ones(4).unfold(1, 2, 1)))

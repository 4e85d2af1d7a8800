"""Elements in another order, several times, or only those of a triangle: operations that copy.

Read next: join.py, which makes one of several.
"""

from __future__ import annotations

from ..autograd.op import in_place, op
from ..device import array_module
from ..tensor import Tensor, contiguous_format, method, wrap, wrap_dim
from .shape import sizes

__all__ = [
    "flip", "fliplr", "flipud", "roll", "repeat_interleave", "tile", "tril", "triu",
]

# ---------------------------------------------------------------- copies in another order


@op(node="FlipBackward0")
def flip_dims(xp, x, /, dims):
    """The order along `dims` reversed.    gx = g reversed"""
    return xp.flip(x, dims).copy()


flip_dims.backward(x=lambda g, dims: g.flip(dims))


@method
def flip(input: Tensor, *dims) -> Tensor:
    """The order along `dims` reversed."""
    return flip_dims(input, sizes(dims))


@method
def fliplr(input: Tensor) -> Tensor:
    """flip(1)"""
    if input.array.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return input.flip(1)


@method
def flipud(input: Tensor) -> Tensor:
    """flip(0)"""
    if input.array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return input.flip(0)


@op(node="RollBackward0")
def roll_dims(xp, x, /, shifts, dims):
    """Elements moved along `dims`, those that fall off coming back at the other end.    gx = g moved back"""
    return xp.roll(x, shifts, dims or None)


roll_dims.backward(x=lambda g, shifts, dims: roll_dims(g, tuple([-s for s in shifts]), dims))


@method
def roll(input: Tensor, shifts: int | tuple, dims: int | tuple = ()) -> Tensor:
    """Elements moved by `shifts` along `dims`, or along the flattened tensor."""
    shifts, dims = (tuple(v) if isinstance(v, (tuple, list)) else (v,) for v in (shifts, dims))
    if not dims and len(shifts) == 1:
        return roll_dims(input, shifts, ())
    if len(shifts) != len(dims):
        raise RuntimeError(f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}")
    if not input.array.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return roll_dims(input, shifts, dims)


@op(node="RepeatBackward0")
def repeat_times(xp, x, /, repeats):
    """x laid side by side, repeats[d] times along each dimension d.    gx = g summed over the copies"""
    return xp.tile(x, repeats)


def repeat_rule(g, x_shape, repeats):
    own = (1,) * (len(repeats) - len(x_shape)) + tuple(x_shape)
    split = g.reshape([n for pair in zip(repeats, own) for n in pair])
    return split.sum(tuple(range(0, 2 * len(own), 2))).reshape(x_shape) if own else g


repeat_times.backward(x=repeat_rule)


@method
def repeat(self: Tensor, *repeats) -> Tensor:
    """Copies side by side, as many as `repeats` says along each dimension."""
    repeats = sizes(repeats)
    if len(repeats) < self.array.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    if any(n < 0 for n in repeats):
        shape = [n * m for n, m in zip(repeats, (1,) * (len(repeats) - self.array.ndim) + self.array.shape)]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {shape}")
    return repeat_times(self, repeats)


@method
def tile(input: Tensor, *dims) -> Tensor:
    """repeat, with leading ones where `dims` are too few."""
    dims = sizes(dims)
    return input.repeat((1,) * (input.array.ndim - len(dims)) + dims)


@method
def repeat_interleave(input: Tensor, repeats: int | Tensor, dim: int | None = None, *,
                      output_size: int | None = None) -> Tensor:
    """Each slice along `dim` several times in a row; without `dim` of the flattened tensor."""
    flat = input.flatten() if dim is None else input
    dim = wrap_dim(-1 if dim is None else dim, flat.array.ndim)
    if isinstance(repeats, int):
        if repeats < 0:
            raise RuntimeError("Repeats must be non-negative")
        shape = flat.array.shape
        wide = flat.unsqueeze(dim + 1).expand(*shape[: dim + 1], repeats, *shape[dim + 1:])
        return wide.clone(memory_format=contiguous_format).view(*shape[:dim], shape[dim] * repeats, *shape[dim + 1:])
    times = repeats.expand(flat.array.shape[dim]) if repeats.array.ndim == 0 else repeats
    if times.array.shape != (flat.array.shape[dim],):
        raise RuntimeError("repeats must have the same size as input along dim, but got repeats.size(0) = "
                           f"{times.array.shape[0]} and input.size({dim}) = {flat.array.shape[dim]}")
    xp = array_module(times.array)
    return flat.index_select(dim, wrap(xp.repeat(xp.arange(times.array.size), times.array)))


# ---------------------------------------------------------------- triangles


def triangle(keep, node: str):
    """tril and triu: what is kept of the matrix, zeros elsewhere; the gradient is cut the same way."""
    def body(xp, x, /, diagonal=0):
        """The lower (tril) or upper (triu) triangle of matrices.    gx = the same triangle of g"""
        if x.ndim < 2:
            raise RuntimeError(f"{keep}: input tensor must have at least 2 dimensions")
        return getattr(xp, keep)(x, diagonal)

    body.__name__ = keep
    made = op(body, node=node)
    made.backward(x=lambda g, diagonal: made(g, diagonal))
    in_place(made)
    return method(made)


tril, triu = triangle("tril", "TrilBackward0"), triangle("triu", "TriuBackward0")

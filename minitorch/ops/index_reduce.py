"""Many elements to one place: scatter_reduce, index_reduce, put; and renorm, which shortens slices.

Read next: gather.py, whose gather and scatter_add carry the gradients here.
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.op import in_place, op
from ..dtype import CAPITAL
from ..tensor import Tensor, method
from .gather import along, check_positions, check_slices, padded, same_type
from .norm import vector_norm, vector_norm_rule

__all__ = ["index_reduce", "put", "renorm", "scatter_reduce"]

# ---------------------------------------------------------------- reduced into places


def worst(dtype, largest: bool):
    """The number of a type that no other is below (above)."""
    if dtype.kind == "f":
        return -math.inf if largest else math.inf
    if dtype.kind == "b":
        return not largest
    return np.iinfo(dtype).min if largest else np.iinfo(dtype).max


def reduce_at(xp, x, at, src, reduce: str, include_self: bool):
    """x with src reduced into x[at]; without `include_self`, what stood there does not count."""
    y = x.copy()
    if not include_self:
        y[at] = {"sum": 0, "mean": 0, "prod": 1}.get(reduce, worst(x.dtype, reduce == "amax"))
    into = {"sum": xp.add, "mean": xp.add, "prod": xp.multiply, "amax": xp.maximum, "amin": xp.minimum}[reduce]
    into.at(y, at, src)
    if reduce == "mean":
        count = xp.ones_like(y)
        if not include_self:
            count[at] = 0
        xp.add.at(count, at, xp.ones_like(src))
        count[count == 0] = 1
        y = y / count if y.dtype.kind == "f" else y // count
    return y


def reduce_rule(g, x, y, src, reduce, include_self, pick, add, again):
    """gx and gsrc, given how to read the places (`pick`), add to them (`add`) and reduce into them (`again`).

    sum           gx = g                     gsrc = g picked
    mean          gx = g / count             gsrc = (g / count) picked
    prod          gx = g * y / x             gsrc = (g * y) picked / src; a single 0 is left out of y instead
    amax, amin    g in equal parts to all that are the extreme y
    """
    ones, own = src.new_ones(src.array.shape), x.new_full(x.array.shape, include_self)
    if reduce == "sum":
        return g, pick(g)
    if reduce == "mean":
        count = add(own, ones)
        shared = g / count.masked_fill(count == 0, 1)
        return shared, pick(shared)
    if reduce == "prod":
        zero = src == 0
        alone = zero & (pick(add(x * 0, zero.to(x.dtype))) == 1)
        others = pick(g * again(x, src.masked_fill(alone, 1)))
        x_kept = x.masked_fill(x == 0, 1)
        return g * again(x_kept, src) / x_kept, others.where(alone, pick(g * y) / src.masked_fill(zero, 1))
    extreme_x, extreme = (x == y).to(g.dtype), (src == pick(y)).to(g.dtype)
    shared = g / add(extreme_x, extreme)
    return shared * extreme_x, pick(shared) * extreme


@op(node="ScatterReduceBackward0")
def scatter_reduce_along(xp, x, position, src, /, dim, reduce, include_self):
    """x with src[i, j] reduced into [i, position[i, j]], for the last of two dimensions; see `reduce_rule`."""
    check_positions("scatter", x, dim, position, src)
    return reduce_at(xp, x, along(xp, position, dim, position.shape), src[tuple(slice(n) for n in position.shape)],
                     reduce, include_self)


def scatter_reduce_rule(g, x, y, position, src, dim, reduce, include_self):
    part = src[tuple(slice(n) for n in position.array.shape)]
    gx, gsrc = reduce_rule(
        g, x, y, part, reduce, include_self, lambda t: t.gather(dim, position),
        lambda t, values: t.scatter_add(dim, position, values),
        lambda x, src: scatter_reduce_along(x, position, src, dim, reduce, include_self))
    return gx if include_self else g.scatter(dim, position, 0), None, padded(gsrc, src.array.shape)


scatter_reduce_along.backward(scatter_reduce_rule)
_scatter_reduce_ = in_place(scatter_reduce_along, "_scatter_reduce_", apart=True)


def checked_reduce(input: Tensor, src: Tensor, reduce: str) -> str:
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}")
    same_type("scatter", input, src)
    return reduce


@method
def scatter_reduce(input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *,  # noqa: A002
                   include_self: bool = True) -> Tensor:
    """`src` reduced into `input` at positions `index` along `dim`: by sum, prod, mean, amax or amin.

    https://pytorch.org/docs/stable/generated/torch.scatter_reduce.html
    """
    return scatter_reduce_along(input, index, src, dim, checked_reduce(input, src, reduce), include_self)


@method
def scatter_reduce_(self: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *,  # noqa: A002
                    include_self: bool = True) -> Tensor:
    """In-place form of `scatter_reduce`."""
    return _scatter_reduce_(self, index, src, dim, checked_reduce(self, src, reduce), include_self)


@op(node="IndexReduceBackward0")
def index_reduce_along(xp, x, position, source, /, dim, reduce, include_self):
    """x with each slice of source reduced into the slice at its position; see `reduce_rule`."""
    check_reduced_slices(x, dim, position, source)
    if x.ndim == 0:
        x, source = x.reshape(1), source.reshape(1)
        return reduce_at(xp, x, (position.reshape(-1),), source, reduce, include_self).reshape(())
    y = reduce_at(xp, xp.moveaxis(x, dim, 0), (position.reshape(-1),), xp.moveaxis(source, dim, 0), reduce,
                  include_self)
    return xp.moveaxis(y, 0, dim)


def check_reduced_slices(x, dim: int, position, source) -> None:
    """index_reduce's sentences."""
    if x.dtype != source.dtype:
        raise RuntimeError(f"index_reduce_(): self ({CAPITAL[x.dtype.name]}) and source ({CAPITAL[source.dtype.name]}) "
                           "must have the same scalar type")
    if position.ndim > 1:
        raise IndexError(f"index_reduce_(): Index is supposed to be a vector, but got dim: {position.ndim} with type: "
                         f"{CAPITAL[position.dtype.name]} and size: {list(position.shape)}")
    if position.dtype.kind != "i" or position.dtype.itemsize < 4:
        raise RuntimeError(f"index_reduce_(): Expected dtype int32/int64 for index but got: "
                           f"{CAPITAL[position.dtype.name]}")
    if source.ndim and position.size != source.shape[dim]:
        raise RuntimeError(f"index_reduce_(): Number of indices ({position.size}) should be equal to source.size(dim): "
                           f"({source.shape[dim]}), for dim: {dim}")
    if source.ndim != x.ndim or any(n != m for d, (n, m) in enumerate(zip(x.shape, source.shape)) if d != dim):
        raise RuntimeError("source tensor shape must match self tensor shape, excluding the specified dimension. Got "
                           f"self.shape = {list(x.shape)} source.shape = {list(source.shape)}")
    check_slices("index_reduce", x, dim, position)


def index_reduce_rule(g, x, y, position, source, dim, reduce, include_self):
    gx, gsource = reduce_rule(
        g, x, y, source, reduce, include_self, lambda t: t.index_select(dim, position),
        lambda t, values: t.index_add(dim, position, values),
        lambda x, src: index_reduce_along(x, position, src, dim, reduce, include_self))
    return gx if include_self else g.index_fill(dim, position, 0), None, gsource


index_reduce_along.backward(index_reduce_rule)
_index_reduce_ = in_place(index_reduce_along, "_index_reduce_", apart=True)


def checked_slice_reduce(reduce: str) -> str:
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}.")
    return reduce


@method
def index_reduce(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,  # noqa: A002
                 include_self: bool = True) -> Tensor:
    """The slices of `source` reduced into `input` at positions `index` along `dim`: by prod, mean, amax or amin.

    https://pytorch.org/docs/stable/generated/torch.Tensor.index_reduce_.html
    """
    return index_reduce_along(input, index, source, dim, checked_slice_reduce(reduce), include_self)


@method
def index_reduce_(self: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,  # noqa: A002
                  include_self: bool = True) -> Tensor:
    """In-place form of `index_reduce`."""
    return _index_reduce_(self, index, source, dim, checked_slice_reduce(reduce), include_self)


# ---------------------------------------------------------------- put


@op(node="PutBackward0")
def put_flat(xp, x, position, source, /, accumulate):
    """x with source at positions of its elements in row-major order, put or added.

    gx = g, zero where replaced    gsource = g taken at the positions
    """
    if position.dtype.name != "int64":
        raise RuntimeError(f"put_(): Expected a long tensor for index, but got {CAPITAL[position.dtype.name]}")
    if x.dtype != source.dtype:
        raise RuntimeError("put_(): self and source expected to have the same dtype, but got self.dtype = "
                           f"{CAPITAL[x.dtype.name]} and source.dtype = {CAPITAL[source.dtype.name]}")
    if position.size != source.size:
        raise IndexError("put_(): Expected source and index to have the same number of elements, but got "
                         f"source.numel() = {source.size}, index.numel() = {position.size}")
    outside = (position >= x.size) | (position < -x.size)
    if outside.any():
        raise IndexError(f"out of range: tried to access index {int(position[outside].ravel()[0])} on a tensor of "
                         f"{x.size} elements.")
    y = x.copy("C").reshape(-1)
    if accumulate:
        xp.add.at(y, position.reshape(-1), source.reshape(-1))
    else:
        y[position.reshape(-1)] = source.reshape(-1)
    return y.reshape(x.shape)


put_flat.backward(
    x=lambda g, position, accumulate: g if accumulate else g.put(position, g.new_zeros(position.array.shape)),
    source=lambda g, position, source_shape: g.take(position).reshape(source_shape))
_put_ = in_place(put_flat, "_put_", apart=True)


@method
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:  # noqa: A002
    """`source` at positions `index` of the flattened tensor, put there or added.

    https://pytorch.org/docs/stable/generated/torch.Tensor.put_.html
    """
    return put_flat(input, index, source, accumulate)


@method
def put_(self: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:  # noqa: A002
    """In-place form of `put`."""
    return _put_(self, index, source, accumulate)


# ---------------------------------------------------------------- renorm


@op(node="RenormBackward0")
def renorm_slices(xp, x, /, p, dim, maxnorm):
    """Every slice along `dim` whose p-norm n is over `maxnorm` times maxnorm / (n + 1e-7).

    gx = g where n <= maxnorm, else, with s = maxnorm / (n + 1e-7),  g s - (sum of g x) s / (n + 1e-7) * dn / dx
    """
    n = vector_norm.op.body(xp, x, p, tuple(d for d in range(x.ndim) if d != dim), True, None)
    one = xp.ones((), x.dtype)
    return x * xp.where(n > maxnorm, maxnorm / (n + x.dtype.type(1e-7)), one)


def renorm_rule(g, x, p, dim, maxnorm):
    dims = tuple(d for d in range(x.ndim) if d != dim)
    n = x.norm(p, dims, keepdim=True)
    scale = maxnorm / (n + 1e-7)
    to_norm = -(g * x).sum(dims, keepdim=True) * scale / (n + 1e-7)
    return (g * scale + vector_norm_rule(to_norm, x, n, p, dims, True)).where(n > maxnorm, g)


renorm_slices.backward(x=renorm_rule)
_renorm_ = in_place(renorm_slices, "_renorm_")


def check_renorm(input: Tensor, p, maxnorm) -> None:
    """renorm's sentences."""
    if input.array.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.array.ndim} dimensions")
    if not input.is_floating_point():
        raise RuntimeError("linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
                           f"{CAPITAL[input.array.dtype.name]}")
    if input.is_complex():
        raise NotImplementedError("renorm: complex input")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")


@method
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """No slice along `dim` longer than `maxnorm`.  https://pytorch.org/docs/stable/generated/torch.renorm.html"""
    check_renorm(input, p, maxnorm)
    return renorm_slices(input, p, dim, maxnorm)


@method
def renorm_(self: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """In-place form of `renorm`."""
    check_renorm(self, p, maxnorm)
    return _renorm_(self, p, dim, maxnorm)

"""Elements by position, slices by number, elements by mask: gather, scatter, index_select, masked_fill and their kin.

gather and scatter_add are each other's gradient; so are index_select and index_add.  Read next: reduce.py.
"""

from __future__ import annotations

import numpy as np

from ..autograd.grad_mode import no_grad
from ..autograd.op import in_place, op
from ..device import array_module
from ..dtype import C_NAME, CAPITAL
from ..tensor import Tensor, method, wrap, wrap_dim
from .convert import as_number
from .index import add_at

__all__ = [
    "argwhere", "gather", "index_add", "index_copy", "index_fill", "index_select", "masked_fill", "masked_scatter",
    "masked_select", "nonzero", "scatter", "scatter_add", "take", "take_along_dim",
]

# ---------------------------------------------------------------- gather and scatter


def along(xp, position, dim: int, shape: tuple) -> tuple:
    """The full index of positions along `dim`: every other dimension counts itself."""
    grids = [xp.arange(n).reshape((1,) * d + (n,) + (1,) * (len(shape) - d - 1)) for d, n in enumerate(shape)]
    grids[dim] = position
    return tuple(grids)


def check_positions(name: str, x, dim: int, position, src=None) -> None:
    """Refuse positions of a wrong type, number of dimensions, or value."""
    if position.dtype.kind != "i" or position.dtype.itemsize < 4:
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    if max(position.ndim, 1) != max(x.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as "
                           f"{'input' if name == 'gather' else 'self'} tensor")
    if src is not None and max(position.ndim, 1) != max(src.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as src tensor")
    for d in range(x.ndim):
        if (d != dim and position.shape[d] > x.shape[d]) or (src is not None and position.shape[d] > src.shape[d]):
            beside = f" and to be no larger size than src {list(src.shape)}" if src is not None else ""
            place = f"Size does not match at dimension {d} expected" if name == "gather" else "Expected"
            raise RuntimeError(f"{place} index {list(position.shape)} to be no larger than self {list(x.shape)} apart "
                               f"from dimension {dim}{beside}")
    length = x.shape[dim] if x.ndim else 1
    if position.size and (position.min() < 0 or position.max() >= length):
        wrong = position[(position < 0) | (position >= length)].ravel()[0]
        raise RuntimeError(f"index {int(wrong)} is out of bounds for dimension {dim} with size {length}")


@op(node="GatherBackward0")
def gather_along(xp, x, position, /, dim):
    """y[i, j] = x[i, position[i, j]] for the last of two dimensions.    gx = zeros with g added at the positions"""
    check_positions("gather", x, dim, position)
    return x[along(xp, position, dim, position.shape)]


gather_along.backward(x=lambda g, x_shape, dim, position: scatter_add(g.new_zeros(x_shape), dim, position, g))


@method
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:  # noqa: A002
    """The elements of `input` at positions `index` along `dim`."""
    if sparse_grad:
        raise NotImplementedError("gather: sparse_grad")
    return gather_along(input, index, dim)


@op(node="ScatterAddBackward0")
def scatter_add_along(xp, x, position, src, /, dim):
    """x with src[i, j] added at [i, position[i, j]].    gx = g    gsrc = g gathered at the positions"""
    check_positions("scatter", x, dim, position, src)
    y = x.copy()
    part = src[tuple(slice(n) for n in position.shape)]
    xp.add.at(y, along(xp, position, dim, position.shape), part)
    return y


scatter_add_along.backward(x=lambda g: g, src=lambda g, src_shape, dim, position: padded(g.gather(dim, position),
src_shape))


def padded(g: Tensor, shape: tuple) -> Tensor:
    """`g` in the corner of zeros of `shape`: what of a larger source was not used has no gradient."""
    if g.array.shape == tuple(shape):
        return g
    whole = g.new_zeros(shape)
    whole[tuple(slice(n) for n in g.array.shape)] = g
    return whole


@method
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:  # noqa: A002
    """`input` with the elements of `src` added at positions `index` along `dim`."""
    same_type("scatter", input, src)
    return scatter_add_along(input, index, src, dim)


_scatter_add_ = in_place(scatter_add_along, "_scatter_add_", apart=True)
Tensor.scatter_add_ = lambda self, dim, index, src: _scatter_add_(self, index, src, dim)


@op(node="ScatterBackward0")
def scatter_source(xp, x, position, src, /, dim):
    """x with src[i, j] put at [i, position[i, j]].    gx = g, zero where replaced    gsrc = g gathered there"""
    check_positions("scatter", x, dim, position, src)
    y = x.copy()
    y[along(xp, position, dim, position.shape)] = src[tuple(slice(n) for n in position.shape)]
    return y


scatter_source.backward(x=lambda g, dim, position: g.scatter(dim, position, 0),
                        src=lambda g, src_shape, dim, position: padded(g.gather(dim, position), src_shape))


@op(node="ScatterBackward1")
def scatter_number(xp, x, position, /, dim, value):
    """x with a number put at the positions.    gx = g, zero where replaced"""
    check_positions("scatter", x, dim, position)
    y = x.copy()
    y[along(xp, position, dim, position.shape)] = value
    return y


scatter_number.backward(x=lambda g, dim, position: g.scatter(dim, position, 0))


@op(node="NotImplemented")
def scatter_reduced(xp, x, position, src, /, dim, reduce):
    """x with src added or multiplied in at the positions; torch differentiates this form no more than we do."""
    check_positions("scatter", x, dim, position, src)
    y = x.copy()
    {"add": xp.add, "multiply": xp.multiply}[reduce].at(y, along(xp, position, dim, position.shape),
                                                         src[tuple(slice(n) for n in position.shape)])
    return y


def same_type(name: str, x: Tensor, src: Tensor) -> None:
    if x.array.dtype != src.array.dtype:
        raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")


@method
def scatter(input: Tensor, dim: int, index: Tensor, src=None, *, value=None, reduce: str | None = None) -> Tensor:  # noqa: A002
    """`input` with `src` (a tensor or a number) put at positions `index` along `dim`; or added, or multiplied in."""
    src = value if src is None else src
    if reduce is not None and reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(src, Tensor):
        if reduce is None:
            return scatter_number(input, index, dim, src)
        src = input.new_full(index.array.shape, src)
    same_type("scatter", input, src)
    return scatter_source(input, index, src, dim) if reduce is None else scatter_reduced(input, index, src, dim, reduce)


_scatter_source_ = in_place(scatter_source, "_scatter_source_", apart=True)
_scatter_number_ = in_place(scatter_number, "_scatter_number_")


@method
def scatter_(self: Tensor, dim: int, index: Tensor, src=None, *, value=None, reduce: str | None = None) -> Tensor:  # noqa: A002
    """In-place form of `scatter`."""
    src = value if src is None else src
    if reduce is not None:
        with no_grad():
            return self.copy_(self.scatter(dim, index, src, reduce=reduce))
    if isinstance(src, Tensor):
        same_type("scatter", self, src)
        return _scatter_source_(self, index, src, dim)
    return _scatter_number_(self, index, dim, src)


@method
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """gather, with the other dimensions broadcast."""
    if dim is None:
        return input.flatten().gather(0, indices.flatten())
    dim = wrap_dim(dim, input.array.ndim)
    if input.array.ndim != indices.array.ndim:
        raise RuntimeError("minitorch.take_along_dim(): input and indices should have the same number of dimensions, "
                           f"but got {input.array.ndim} dimensions for input, and {indices.array.ndim} dimensions "
                           "for indices")
    others = np.broadcast_shapes(*[s[:dim] + (1,) + s[dim + 1:] for s in (input.array.shape, indices.array.shape)])
    shape = lambda n: others[:dim] + (n,) + others[dim + 1:]
    return input.expand(shape(input.array.shape[dim])).gather(dim, indices.expand(shape(indices.array.shape[dim])))


@method
def take(input: Tensor, index: Tensor) -> Tensor:  # noqa: A002
    """The elements at positions in the flattened tensor, in the shape of `index`."""
    return taken(input, index)


@op(node="TakeBackward0")
def taken(xp, x, position, /):
    """y = x.ravel()[position].    gx = zeros with g added at the positions"""
    if position.dtype != np.int64:
        raise RuntimeError(f"take(): Expected a long tensor for index, but got {CAPITAL[position.dtype.name]}")
    if position.size and (position.max() >= x.size or position.min() < -x.size):
        raise IndexError("out of range: tried to access index "
                         f"{int(position.max() if position.max() >= x.size else position.min())} on a tensor of "
                         f"{x.size} elements.")
    return x.reshape(-1)[position]


taken.backward(x=lambda g, x_shape, position: g.new_zeros(int(np.prod(x_shape))).index_put(
    (position,), g, accumulate=True).reshape(x_shape))


# ---------------------------------------------------------------- whole slices by number


def slice_index(x, dim: int, position) -> tuple:
    return (slice(None),) * dim + (position,)


def check_slices(name: str, x, dim: int, position) -> None:
    if position.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector" if name == "index_select" else
                         f"{name}(): Index is supposed to be a vector, but got dim: {position.ndim} with type: "
                         f"{CAPITAL[position.dtype.name]}, size: {list(position.shape)}")
    if position.dtype.kind != "i" or position.dtype.itemsize < 4:
        raise RuntimeError(f"{name}(): Expected dtype int32 or int64 for index")
    length = x.shape[dim] if x.ndim else 1
    if not length and position.size and name == "index_select":
        raise RuntimeError("index_select(): self indexing axis dim should be positive")
    if position.size and (position.min() < 0 or position.max() >= length):
        raise IndexError("index out of range in self")


@op(node="IndexSelectBackward0")
def slices(xp, x, position, /, dim):
    """The slices of x along `dim` at positions.    gx = zeros with the slices of g added there"""
    check_slices("index_select", x, dim, position)
    return xp.take(x, position.reshape(-1), axis=dim)


slices.backward(x=lambda g, x_shape, dim, position: index_add(g.new_zeros(x_shape), dim, position, g))


@method
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:  # noqa: A002
    """The slices along `dim` at positions `index`, as a copy."""
    return slices(input, index, dim)


@op(node="IndexAddBackward0")
def add_slices(xp, x, position, source, /, dim, alpha):
    """x with alpha times each slice of source added at its position.    gx = g    gsource = alpha times g's slices"""
    check_slices("index_add", x, dim, position)
    if dim < source.ndim and position.size != source.shape[dim]:
        raise RuntimeError(f"index_add_(): Number of indices ({position.size}) should be equal to source.size(dim): "
                           f"({source.shape[dim]}), for dim: {dim}")
    if source.ndim != x.ndim or any(n != m for d, (n, m) in enumerate(zip(x.shape, source.shape)) if d != dim):
        raise RuntimeError("source tensor shape must match self tensor shape, excluding the specified dimension. Got "
                           f"self.shape = {list(x.shape)} source.shape = {list(source.shape)}")
    y = x.copy()
    front = xp.moveaxis(y, dim, 0) if y.ndim else y.reshape(1)
    add_at(xp, front, (position.reshape(-1),), xp.moveaxis(source, dim, 0) * alpha if source.ndim else source * alpha)
    return y


add_slices.backward(x=lambda g: g, source=lambda g, dim, position, alpha: g.index_select(dim, position) * alpha)


@method
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha=1) -> Tensor:  # noqa: A002
    """`input` with alpha times the slices of `source` added at positions `index` along `dim`."""
    if input.array.dtype != source.array.dtype:
        raise RuntimeError("index_add_(): self and source expected to have the same dtype, but got (self) "
                           f"{CAPITAL[input.array.dtype.name]} and (source) {CAPITAL[source.array.dtype.name]}")
    return add_slices(input, index, source, dim, alpha)


_index_add_ = in_place(add_slices, "_index_add_", apart=True)
Tensor.index_add_ = lambda self, dim, index, source, *, alpha=1: _index_add_(self, index, source, dim, alpha)


@op(node="IndexFillBackward0")
def fill_slices(xp, x, position, /, dim, value):
    """x with slices along `dim` set to a number.    gx = g, zero there"""
    check_slices("index_fill", x, dim, position)
    y = x.copy()
    y[slice_index(y, dim, position)] = value
    return y


fill_slices.backward(x=lambda g, dim, position: g.index_fill(dim, position, 0))
_index_fill_ = in_place(fill_slices, "_index_fill_")


@method
def index_fill(input: Tensor, dim: int, index: Tensor, value) -> Tensor:  # noqa: A002
    """`input` with the slices at positions `index` along `dim` set to `value`."""
    return fill_slices(input, index, dim, value.item() if isinstance(value, Tensor) else value)


Tensor.index_fill_ = lambda self, dim, index, value: _index_fill_(
    self, index, dim, value.item() if isinstance(value, Tensor) else value)


@op(node="IndexCopyBackward0")
def copy_slices(xp, x, position, source, /, dim):
    """x with slices along `dim` replaced by those of source.    gx = g, zero there    gsource = g's slices there"""
    check_slices("index_copy", x, dim, position)
    if x.ndim and source.ndim and x.ndim != source.ndim:
        raise IndexError("index_copy_(): When source and destination are not scalars, their dimensionality must match. "
                         f"Source dimensionality ({source.ndim}), destination dimensionality ({x.ndim})")
    slice_of_x, slice_of_source = [a.shape[:dim] + a.shape[dim + 1:] for a in (x, source)]
    if slice_of_x != slice_of_source:
        raise RuntimeError("index_copy_(): Source/destination tensor must have same slice shapes. Destination slice "
                           f"shape: {' '.join(map(str, slice_of_x))} at dimension {dim} and source slice shape: "
                           f"{' '.join(map(str, slice_of_source))} at dimension 0.")
    if source.ndim and position.size != source.shape[dim]:
        raise IndexError(f"index_copy_(): Number of indices ({position.size}) should be equal to source.size(dim) "
                         f"({source.shape[dim]})")
    y = x.copy()
    y[slice_index(y, dim, position)] = source
    return y


copy_slices.backward(x=lambda g, dim, position: g.index_fill(dim, position, 0),
                     source=lambda g, dim, position: g.index_select(dim, position))
_index_copy_ = in_place(copy_slices, "_index_copy_", apart=True)


@method
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:  # noqa: A002
    """`input` with the slices at positions `index` along `dim` replaced by those of `source`."""
    if input.array.dtype != source.array.dtype:
        raise RuntimeError("index_copy_(): self and source expected to have the same dtype, but got (self) "
                           f"{CAPITAL[input.array.dtype.name]} and (source) {CAPITAL[source.array.dtype.name]}")
    return copy_slices(input, index, source, dim)


Tensor.index_copy_ = lambda self, dim, index, source: _index_copy_(self, index, source, dim)


# ---------------------------------------------------------------- masks


@op(node="MaskedFillBackward0")
def filled(xp, x, mask, /, value):
    """x with `value` where the mask is true.    gx = g, zero there"""
    check_mask(mask)
    return xp.where(mask, xp.asarray(as_number(value, x.dtype)), x)


filled.backward(x=lambda g, mask: filled(g, mask, 0))


@op(node="MaskedFillBackward1")
def filled_with(xp, x, mask, value, /):
    """The same with a 0-dim tensor.    gx = g, zero there    gvalue = the sum of g there"""
    check_mask(mask)
    if value.ndim:
        raise RuntimeError("masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                           f"{value.ndim} dimension(s).")
    return xp.where(mask, value.astype(x.dtype), x)


filled_with.backward(x=lambda g, mask: filled(g, mask, 0), value=lambda g, mask: filled(g, ~mask, 0).sum())


def check_mask(mask) -> None:
    if mask.dtype.kind != "b":
        raise RuntimeError("masked_fill_ only supports boolean masks, but got mask with dtype "
                           f"{C_NAME[mask.dtype.name]}")


@method
def masked_fill(input: Tensor, mask: Tensor, value) -> Tensor:
    """`input` with `value` (a number or a 0-dim tensor) where `mask` is true."""
    return filled_with(input, mask, value) if isinstance(value, Tensor) else filled(input, mask, value)


_filled_, _filled_with_ = in_place(filled, "_filled_"), in_place(filled_with, "_filled_with_")
Tensor.masked_fill_ = lambda self, mask, value: (
    _filled_with_(self, mask, value) if isinstance(value, Tensor) else _filled_(self, mask, value))


@op(node="MaskedSelectBackward0")
def selected(xp, x, mask, /):
    """The elements of x where the mask is true, in one dimension.    gx = zeros with g at these places"""
    if mask.dtype.kind != "b":
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    x, mask = xp.broadcast_arrays(x, mask)
    return x[mask]


selected.backward(x=lambda g, x_shape, mask: scattered(
    g.new_zeros(np.broadcast_shapes(x_shape, mask.array.shape)), mask.expand(np.broadcast_shapes(x_shape,
    mask.array.shape)), g))


@method
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where `mask` is true, in one dimension."""
    return selected(input, mask)


@op(node="MaskedScatterBackward0")
def scattered(xp, x, mask, source, /):
    """x with elements of source, in order, where the mask is true.    gx = g, zero there    gsource = g there"""
    mask = xp.broadcast_to(mask, x.shape)
    count = int(mask.sum())
    if source.size < count:
        raise RuntimeError("Number of elements of source < number of ones in mask")
    y = x.copy()
    y[mask] = source.reshape(-1)[:count]
    return y


def scattered_source(g, mask, source_shape):
    picked = g.masked_select(mask)
    whole = g.new_zeros(int(np.prod(source_shape)))
    whole[: picked.array.size] = picked
    return whole.reshape(source_shape)


scattered.backward(x=lambda g, mask: g.masked_fill(mask, 0), source=scattered_source)
in_place(scattered, "masked_scatter_")


@method
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """`input` with the elements of `source`, in order, where `mask` is true."""
    return scattered(input, mask, source)


# ---------------------------------------------------------------- positions


@method
def nonzero(input: Tensor, *, as_tuple: bool = False):
    """The positions of elements that are not zero: (count, ndim), or one tensor per dimension."""
    array = input.array
    if as_tuple:
        found = array.reshape(1).nonzero() if array.ndim == 0 else array.nonzero()
        return tuple([wrap(k.astype(np.int64, copy=False)) for k in found])
    xp = array_module(array)
    if array.ndim == 0:
        return wrap(xp.zeros((int(bool(array)), 0), np.int64))
    return wrap(xp.stack(array.nonzero(), axis=1).astype(np.int64, copy=False))


@method
def argwhere(input: Tensor) -> Tensor:
    """nonzero(), under NumPy's name."""
    return input.nonzero()


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """A last dimension of `num_classes` zeros with a 1 at the class; as many as the largest class needs by default.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
    """
    x = input.array
    if x.dtype != np.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if x.size == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if x.size and x.min() < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(x.max()) + 1
    elif num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    elif x.size and x.max() >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    xp = array_module(x)
    return wrap((x[..., None] == xp.arange(num_classes)).astype(np.int64))

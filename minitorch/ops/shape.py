"""The same elements under another shape: views, wherever the memory allows it.

A view op's formula reads shapes and parameters alone, so that a view can be taken, and undone, at any time
(autograd/view.py).  Read next: arrange.py, whose operations copy.
"""

from __future__ import annotations

import math
import warnings

from ..autograd.op import op, twin
from ..device import window
from ..dtype import CAPITAL, numpy_dtype
from ..tensor import Tensor, contiguous_format, method, wrap_dim

__all__ = [
    "adjoint", "broadcast_tensors", "broadcast_to", "diagonal", "flatten", "moveaxis", "movedim", "narrow",
    "permute", "ravel", "reshape", "select", "squeeze", "swapaxes", "swapdims", "t", "transpose", "unbind",
    "unflatten", "unsqueeze",
]

# ---------------------------------------------------------------- sizes


def sizes(shape: tuple) -> tuple:
    """(2, 3) of f(2, 3), of f((2, 3)) and of f([2, 3])."""
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = shape[0]
    return tuple([n.__index__() for n in shape])


def infer_size(shape: tuple, count: int) -> tuple:
    """`shape` with its -1, if it has one, filled in for `count` elements."""
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    for at, n in enumerate(shape):
        if n < -1:
            raise RuntimeError(f"invalid shape dimension {n} at index {at} of shape {list(shape)}")
    known = math.prod(n for n in shape if n != -1)
    if -1 in shape:
        if known == 0 and count == 0:
            raise RuntimeError(f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified "
                               "dimension size -1 can be any value and is ambiguous")
        if known and count % known == 0:
            return tuple(count // known if n == -1 else n for n in shape)
    elif known == count:
        return shape
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {count}")


def viewable(array, shape: tuple) -> bool:
    """Whether the elements can be seen under `shape` without moving them.

    The old dimensions fall into runs that lie contiguously in memory; each new dimension must stay within one run.
    """
    if array.flags.c_contiguous or array.size == 0:
        return True
    new, run, filled, step = len(shape) - 1, 1, 1, array.strides[-1]
    for d in reversed(range(array.ndim)):
        run *= array.shape[d]
        if d > 0 and (array.shape[d - 1] == 1 or array.strides[d - 1] == run * step):
            continue  # the run goes on
        while new >= 0 and (filled < run or shape[new] == 1):
            filled *= shape[new]
            new -= 1
        if filled != run:
            return False
        if d > 0:
            step, run, filled = array.strides[d - 1], 1, 1
    return new == -1


# ---------------------------------------------------------------- reshape


@op(view=True, node="ViewBackward0")
def view_shape(xp, x, /, shape):
    """x's elements in row-major order under another shape.    gx = g under x's shape"""
    return x.reshape(shape)


view_shape.backward(x=lambda g, x_shape: g.reshape(x_shape))


@op(node="UnsafeViewBackward0")
def copied_shape(xp, x, /, shape):
    """The same where x's memory is in another order: a copy.    gx = g under x's shape"""
    return x.reshape(shape)


copied_shape.backward(x=lambda g, x_shape: g.reshape(x_shape))

reshape_alias = twin(view_shape, "ReshapeAliasBackward0")  # of memory in another order, whose elements need not move


@op(view=True, node="ViewBackward1")
def view_dtype(xp, x, /, dtype):
    """x's bytes read as numbers of another type.    gx = g's bytes read as x's type"""
    return x.view(dtype)


@op(view=True, node="AliasBackward0")
def alias_of(xp, x, /):
    """All of x, as another tensor on the same memory.    gx = g"""
    return x[...]


alias_of.backward(x=lambda g: g)


@method
def view(self: Tensor, *shape) -> Tensor:
    """`self` under another shape, or its bytes as another dtype; never a copy."""
    if len(shape) == 1 and not isinstance(shape[0], (int, tuple, list, Tensor)):
        return view_dtype(self, numpy_dtype(shape[0]))
    shape = infer_size(sizes(shape), self.array.size)
    if not viewable(self.array, shape):
        raise RuntimeError("view size is not compatible with input tensor's size and stride (at least one dimension "
                           "spans across two contiguous subspaces). Use .reshape(...) instead.")
    return view_shape(self, shape)


@method
def reshape(input: Tensor, *shape) -> Tensor:
    """`input` under another shape: a view where the memory allows it, a copy otherwise."""
    shape = infer_size(sizes(shape), input.array.size)
    if not viewable(input.array, shape):
        return copied_shape(input, shape)
    return (view_shape if input.array.flags.c_contiguous else reshape_alias)(input, shape)


@method
def view_as(self: Tensor, other: Tensor) -> Tensor:
    """self.view(other.shape)"""
    return self.view(other.array.shape)


@method
def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """self.reshape(other.shape)"""
    return self.reshape(other.array.shape)


@method
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim as one."""
    shape = input.array.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return input.reshape(1)
    if start == end:
        return input
    return input.reshape(*shape[:start], math.prod(shape[start: end + 1]), *shape[end + 1:])


@method
def unflatten(input: Tensor, dim: int, sizes: tuple) -> Tensor:  # noqa: A002
    """One dimension as several."""
    shape = input.array.shape
    dim = wrap_dim(dim, len(shape))
    try:
        new = infer_size(tuple(sizes), shape[dim])
    except RuntimeError:
        raise RuntimeError(f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
                           f"({shape[dim]}) in the input tensor") from None
    return input.view(*shape[:dim], *new, *shape[dim + 1:])


@method
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return input.contiguous().view(-1)


@method
def contiguous(self: Tensor, memory_format=None) -> Tensor:
    """`self` if its memory is in row-major order, a copy otherwise."""
    if memory_format is not None and str(memory_format).rpartition(".")[2] != "contiguous_format":
        raise NotImplementedError("contiguous: memory_format")
    return self if self.array.flags.c_contiguous else self.clone(memory_format=contiguous_format)


# ---------------------------------------------------------------- order of dimensions


@op(view=True)
def transpose(xp, x, /, dim0, dim1):
    """Two dimensions change places.    gx = g with them changed back"""
    return xp.swapaxes(x, dim0, dim1)


transpose.backward(x=lambda g, dim0, dim1: g.transpose(dim0, dim1))
swapaxes = swapdims = transpose
Tensor.transpose = Tensor.swapaxes = Tensor.swapdims = transpose


@op(view=True, node="PermuteBackward0")
def permute_dims(xp, x, /, dims):
    """Dimension dims[i] of x becomes dimension i.    gx = g with the inverse permutation"""
    return x.transpose(dims)


permute_dims.backward(x=lambda g, dims: g.permute(tuple(sorted(range(len(dims)), key=dims.__getitem__))))


@method
def permute(input: Tensor, *dims) -> Tensor:
    """The dimensions in another order."""
    dims = sizes(dims)
    ndim = input.array.ndim
    if len(dims) != ndim:
        raise RuntimeError("permute(sparse_coo): number of dimensions in the tensor input does not match the length "
                           f"of the desired ordering of dimensions i.e. input.dim() = {ndim} is not equal to "
                           f"len(dims) = {len(dims)}")
    if len({wrap_dim(d, ndim) for d in dims}) < ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return permute_dims(input, dims)


@method
def movedim(input: Tensor, source, destination) -> Tensor:
    """Dimensions at `source` go to `destination`; the others keep their order."""
    ndim = input.array.ndim
    if not ndim:
        return alias_of(input)
    source, destination = (tuple([wrap_dim(d, ndim) for d in (v if isinstance(v, (tuple, list)) else (v,))])
                           for v in (source, destination))
    rest = iter([d for d in range(ndim) if d not in source])
    return input.permute([source[destination.index(d)] if d in destination else next(rest) for d in range(ndim)])


moveaxis = Tensor.moveaxis = movedim


@op(view=True, node="TBackward0")
def transpose_matrix(xp, x, /):
    """A matrix transposed; anything smaller as it is.    gx = g transposed"""
    return x.T


transpose_matrix.backward(x=lambda g: g.t())


@method
def t(input: Tensor) -> Tensor:
    """A matrix transposed."""
    return transpose_matrix(at_most_a_matrix(input, "t"))


def at_most_a_matrix(x: Tensor, name: str) -> Tensor:
    if x.array.ndim > 2:
        raise RuntimeError(f"{name}() expects a tensor with <= 2 dimensions, but self is {x.array.ndim}D")
    return x


def matrix_transpose(self: Tensor, name: str, hint: str = "This function is the identity in these cases.") -> Tensor:
    if self.array.ndim == 0:
        warnings.warn(f"{name if '(' in name else 'Tensor.' + name} is deprecated on 0-D tensors. {hint}", UserWarning,
                      stacklevel=3)
        return self
    if self.array.ndim < 2:
        raise RuntimeError(f"tensor.{name} is only supported on matrices or batches of matrices. Got "
                           f"{self.array.ndim}-D tensor.")
    return self.transpose(-2, -1)


@method
def adjoint(input: Tensor) -> Tensor:
    """Matrices transposed and conjugated."""
    return matrix_transpose(input, "adjoint()", "Consider using x.conj().").conj()


def reversed_dims(self: Tensor) -> Tensor:
    """The dimensions in reverse order; torch means this for matrices alone."""
    ndim = self.array.ndim
    if ndim == 0:
        return matrix_transpose(self, "T")
    if ndim != 2:
        warnings.warn("The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and "
                      "it will throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
                      "`x.permute(*minitorch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
                      UserWarning, stacklevel=2)
    return self.permute(tuple(range(ndim))[::-1])


Tensor.T = property(reversed_dims)
Tensor.mT = property(lambda self: matrix_transpose(self, "mT"), doc="Matrices transposed.")
Tensor.mH = property(lambda self: adjoint(self), doc="Matrices transposed and conjugated.")
Tensor.H = property(lambda self: adjoint(self), doc="A matrix transposed and conjugated.")


# ---------------------------------------------------------------- dimensions of length one


@method
@op(view=True, new_dim=1)
def unsqueeze(xp, x, /, dim):
    """A new dimension of length 1 at `dim` of the result.    gx = g without it"""
    return xp.expand_dims(x, dim)


unsqueeze.backward(x=lambda g, x_shape: g.reshape(x_shape))


def squeeze_named(node: str):
    """The operation under the name its node has in torch: it tells how the dimensions were given."""
    @op(view=True, node=node)
    def squeeze_dims(xp, x, /, dims):
        """x without the given dimensions, all of length 1.    gx = g with them"""
        return xp.squeeze(x, dims)

    squeeze_dims.backward(x=lambda g, x_shape: g.reshape(x_shape))
    return squeeze_dims


squeeze_all, squeeze_one, squeeze_some = map(squeeze_named, [f"SqueezeBackward{k}" for k in range(3)])


@method
def squeeze(input: Tensor, dim: int | tuple | None = None) -> Tensor:
    """`input` without its dimensions of length 1, or without those of `dim` that are."""
    call = squeeze_all if dim is None else squeeze_one if isinstance(dim, int) else squeeze_some
    return call(input, squeezable(input.array.shape, dim))


def squeezable(shape: tuple, dim: int | tuple | None) -> tuple:
    """Those of the given dimensions that have length 1."""
    given = range(len(shape)) if dim is None else (dim,) if isinstance(dim, int) else dim
    wrapped = [wrap_dim(d, len(shape)) for d in given]
    return tuple([d for d in wrapped if shape and shape[d] == 1])


# ---------------------------------------------------------------- repetition without a copy


@op(view=True, node="ExpandBackward0")
def expand_to(xp, x, /, shape):
    """x repeated along dimensions of length 1 and along new leading ones: stride 0.    gx = g summed over them"""
    lead = len(shape) - x.ndim
    strides = (0,) * lead + tuple(0 if n == 1 != m else s for n, m, s in zip(x.shape, shape[lead:], x.strides))
    return window(x, shape, strides)


expand_to.backward(x=lambda g: g)  # the engine sums a gradient to its input's shape


@method
def expand(self: Tensor, *shape) -> Tensor:
    """`self` repeated to `shape`, where -1 keeps a length."""
    given, own = sizes(shape), self.array.shape
    lead = len(given) - len(own)
    if lead < 0:
        raise RuntimeError(f"expand(minitorch.{CAPITAL[self.array.dtype.name]}Tensor{{{list(own)}}}, "
                           f"size={list(given)}): the number of sizes provided ({len(given)}) must be greater or equal "
                           f"to the number of dimensions in the tensor ({len(own)})")
    target = []
    for d, n in reversed(tuple(enumerate(given))):  # torch complains of the last dimension first
        if n == -1 and d < lead:
            raise RuntimeError(f"The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing "
                               f"dimension {d}")
        length = own[d - lead] if d >= lead else 1
        if n not in (-1, length) and length != 1:
            raise RuntimeError(f"The expanded size of the tensor ({n}) must match the existing size ({length}) at "
                               f"non-singleton dimension {d}.  Target sizes: {list(given)}.  Tensor sizes: {list(own)}")
        target.append(length if n == -1 else n)
    return expand_to(self, tuple(target[::-1]))


@method
def expand_as(self: Tensor, other: Tensor) -> Tensor:
    """self.expand(other.shape)"""
    return self.expand(other.array.shape)


@method
def broadcast_to(input: Tensor, size: tuple) -> Tensor:
    """input.expand(size)"""
    return input.expand(size)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All tensors expanded to the shape they broadcast to."""
    tensors = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    shape = ()
    for k in tensors:
        shape = broadcast_shape(shape, k.array.shape)
    return tuple([k.expand(shape) if k.array.shape != shape else k for k in tensors])


def broadcast_shape(a: tuple, b: tuple) -> tuple:
    """The shape two shapes broadcast to."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    lead = len(longer) - len(shorter)
    result = list(longer)
    for d, n in enumerate(shorter, lead):
        if longer[d] == 1:
            result[d] = n
        elif n not in (1, longer[d]):
            raise RuntimeError(f"The size of tensor a ({a[d - len(longer)]}) must match the size of tensor b "
                               f"({b[d - len(longer)]}) at non-singleton dimension {d}")
    return tuple(result)


# ---------------------------------------------------------------- parts


@op(view=True, node="SelectBackward0")
def select_at(xp, x, /, dim, index):
    """One slice of x along `dim`.    gx = g at that slice of zeros"""
    return x[(slice(None),) * dim + (index, ...)]


def into_slice(g, x_shape, dim, index):
    """`g` at one slice, or a range of slices, of zeros: written through a view, so it is recorded where need be."""
    whole = g.new_zeros(x_shape)
    part = whole.select(dim, index) if isinstance(index, int) else slice_along(whole, dim, index)
    part.copy_(g)
    return whole


select_at.backward(x=into_slice)


@method
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """One slice along `dim`: that dimension is gone."""
    shape, index = input.array.shape, index.__index__()
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, len(shape))
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(f"select(): index {index} out of range for tensor of size {list(shape)} at dimension {dim}")
    return select_at(input, dim, index)


@op(view=True, node="SliceBackward0")
def slice_along(xp, x, /, dim, index):
    """x[start:stop:step] along `dim`.    gx = g there, zeros elsewhere"""
    return x[(slice(None),) * dim + (index,)]


slice_along.backward(x=into_slice)


@method
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """`length` slices along `dim`, from `start` on."""
    if not input.array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, input.array.ndim)
    n = input.array.shape[dim]
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    start = int(start)
    if not -n <= start <= n:
        raise IndexError(f"start out of range (expected to be in range of [{-n}, {n}], but got {start})")
    start = start + n if start < 0 else start
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return slice_along(input, dim, slice(start, start + length, 1))


@op(view=True, outputs="*", node="UnbindBackward0")
def unbind_along(xp, x, /, dim):
    """All slices of x along `dim`.    gx = the slices' gradients stacked"""
    return [x[(slice(None),) * dim + (k, ...)] for k in range(x.shape[dim])]


def unbind_rule(g, x_shape, dim):
    whole = next(part for part in g if part is not None).new_zeros(x_shape)
    for k, part in enumerate(g):
        if part is not None:
            whole.select(dim, k).copy_(part)
    return whole


unbind_along.backward(x=unbind_rule)


@method
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """All slices along `dim`, as a tuple of views."""
    if not input.array.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    return unbind_along(input, dim)


@op(view=True, node="DiagonalBackward0")
def diagonal_of(xp, x, /, offset, dim1, dim2):
    """The elements with equal index (shifted by `offset`) in two dimensions, as a last one.    gx = g there"""
    return window(*diagonal_layout(x, offset, dim1, dim2))


def diagonal_layout(x, offset: int, dim1: int, dim2: int):
    """(memory, shape, strides) of a diagonal: a step along it is one along each dimension."""
    rows, columns = x.shape[dim1], x.shape[dim2]
    length = max(min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns), 0)
    start = [slice(None)] * x.ndim
    if length:
        start[dim2 if offset >= 0 else dim1] = slice(abs(offset), None)
    rest = [d for d in range(x.ndim) if d not in (dim1, dim2)]
    return (x[tuple(start)], (*[x.shape[d] for d in rest], length),
            (*[x.strides[d] for d in rest], x.strides[dim1] + x.strides[dim2]))


def into_diagonal(g, x_shape, offset, dim1, dim2):
    whole = g.new_zeros(x_shape)
    whole.diagonal(offset, dim1, dim2).copy_(g)
    return whole


diagonal_of.backward(x=into_diagonal)


@method
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two dimensions, as the last dimension of a view."""
    dim1, dim2 = wrap_dim(dim1, input.array.ndim), wrap_dim(dim2, input.array.ndim)
    if dim1 == dim2:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return diagonal_of(input, offset, dim1, dim2)

"""Shapes by strides: any window on a tensor's memory, overlapping windows, and shapes changed in place.

`as_strided` is the view that all others are cases of: element (i, j, ...) is offset + i * stride[0] + j * stride[1] ...
in memory. Its gradient needs to know where x's own elements lay, so x's strides are among its parameters.
Read next: shape.py for the views of everyday; autograd/view.py for writing through one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..autograd.grad_mode import RECORDING, mode
from ..autograd.op import in_place_view, op
from ..autograd.view import Step, View, bump, check_may_change, take_place
from ..device import array_module, memory_of, offset_in, window
from ..dtype import C_NAME
from ..tensor import Tensor, contiguous_format, contiguous_strides, memory_format, method, wrap, wrap_dim
from .shape import at_most_a_matrix, sizes, squeezable, squeeze_named, transpose, transpose_matrix, unsqueeze

__all__ = ["as_strided"]

# ---------------------------------------------------------------- as_strided


@method
def storage_offset(self: Tensor) -> int:
    """How many elements of the memory lie before the first one."""
    return offset_in(memory_of(self.array), self.array) // self.array.itemsize


def positions(xp, shape: tuple, strides: tuple, start: int = 0):
    """Where in memory, in elements, each element lies; one dimension, in row-major order."""
    at = xp.full(1, start)
    for n, step in zip(shape, strides):
        at = (at[:, None] + step * xp.arange(n)).reshape(-1)
    return at


def elements(xp, x_shape: tuple, x_strides: tuple, size: tuple, stride: tuple, start: int):
    """For each element of the window, which of x's elements it is, counted in row-major order; -1 for none."""
    own, wanted = positions(xp, x_shape, x_strides), positions(xp, size, stride, start)
    last = int(own.max(initial=0))
    found = xp.full(last + 2, -1)  # one more, for what lies outside
    found[own] = xp.arange(own.size)
    return found[xp.where((wanted >= 0) & (wanted <= last), wanted, last + 1)]


@op(view=True, node="AsStridedBackward0")
def window_on(xp, x, /, size, stride, start, x_strides):
    """x's memory under another shape and other strides, in elements, from `start` elements after x's first one on.

    gx = each element's gradients summed; an element of x that lies where another does gets none
    """
    if x.strides == tuple([s * x.itemsize for s in x_strides]):
        return window(x, size, tuple([s * x.itemsize for s in stride]), start * x.itemsize)
    return x.reshape(-1)[elements(xp, x.shape, x_strides, size, stride, start)].reshape(size)  # a gradient, dense


def into_window(g, x_shape, size, stride, start, x_strides):
    xp = array_module(g.array)
    at = elements(xp, x_shape, x_strides, size, stride, start)
    inside = wrap(xp.flatnonzero(at >= 0))
    whole = g.new_zeros(math.prod(x_shape))
    return whole.index_add(0, wrap(at)[inside], g.reshape(-1)[inside]).reshape(x_shape)


window_on.backward(x=into_window)


@method
def as_strided(input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """The window on `input`'s memory with this shape and these strides, from `storage_offset` on (of `input`, if None).

    https://pytorch.org/docs/stable/generated/torch.as_strided.html
    """
    y = window_on(input, *layout(input, size, stride, storage_offset))
    if input.viewed is not None:  # a step from the base: it may show what lies outside `input`
        base = input.viewed.base
        size, stride, _, strides = layout(base, size, stride, y.storage_offset())
        step = Step(window_on.op, (size, stride, y.storage_offset() - base.storage_offset(), strides), None,
                    base.array.shape, base.array.dtype, base.array.strides)
        y.viewed = View(base, (step,), y.viewed.seen, y.viewed.origin)
    return y


def layout(x: Tensor, size, stride, offset: int | None) -> tuple:
    """(size, stride, start after x's first element, x's strides), checked against x's storage."""
    size, stride, own = sizes((size,)), sizes((stride,)), x.storage_offset()
    offset = own if offset is None else offset
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any([n < 0 for n in size]):
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(size)} and strides={list(stride)}")
    if any([s < 0 for s in stride]):
        raise RuntimeError("as_strided: Negative strides are not supported at the moment, got strides: "
                           f"{list(stride)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    item = x.array.itemsize
    needed = 0 if 0 in size else (sum([(n - 1) * s for n, s in zip(size, stride)]) + 1 + offset) * item
    if needed > memory_of(x.array).nbytes:
        raise RuntimeError(f"setStorage: sizes {list(size)}, strides {list(stride)}, storage offset {offset}, and "
                           f"itemsize {item} requiring a storage size of {needed} are out of bounds for storage of "
                           f"size {memory_of(x.array).nbytes}")
    return size, stride, offset - own, x.stride()


# ---------------------------------------------------------------- unfold


@op(view=True, node="UnfoldBackward0")
def windows_along(xp, x, /, dim, size, step):
    """All windows of `size` slices along `dim`, `step` apart, their slices as a last dimension.    gx = g summed"""
    count = (x.shape[dim] - size) // step + 1
    shape, strides = list(x.shape), list(x.strides)
    shape[dim], strides[dim] = count, strides[dim] * step
    return window(x, (*shape, size), (*strides, x.strides[dim]))


def into_windows(g, x_shape, dim, size, step):
    xp, count = array_module(g.array), (x_shape[dim] - size) // step + 1
    at = (xp.arange(count)[:, None] * step + xp.arange(size)).reshape(-1)
    slices = g.movedim(-1, dim + 1).flatten(dim, dim + 1)
    return g.new_zeros(x_shape).index_add(dim, wrap(at), slices)


windows_along.backward(x=into_windows)


@method
def unfold(self: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of length `size` along a dimension, `step` apart, as a new last dimension of a view.

    https://pytorch.org/docs/stable/generated/torch.Tensor.unfold.html
    """
    dim = wrap_dim(dimension, self.array.ndim)
    if not self.array.ndim:
        return self.reshape(1).unfold(dim, size, step)[0]
    if size > self.array.shape[dim]:
        raise RuntimeError(f"maximum size for tensor at dimension {dim} is {self.array.shape[dim]} but size is {size}")
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return windows_along(self, dim, size, step)


# ---------------------------------------------------------------- shapes changed in place

transpose_matrix_ = in_place_view(transpose_matrix, "TBackward1")
transpose_ = Tensor.transpose_ = Tensor.swapaxes_ = Tensor.swapdims_ = in_place_view(transpose, "TransposeBackward1")
unsqueeze_ = Tensor.unsqueeze_ = in_place_view(unsqueeze, "UnsqueezeBackward1")
window_on_ = in_place_view(window_on, "AsStridedBackward1")
squeeze_all_, squeeze_one_, squeeze_some_ = [in_place_view(squeeze_named(""), f"SqueezeBackward{k}") for k in (3, 4, 5)]


@method
def t_(self: Tensor) -> Tensor:
    """Become one's own transpose."""
    check_may_change(self)
    return transpose_matrix_(at_most_a_matrix(self, "t_"))


@method
def squeeze_(self: Tensor, dim: int | tuple | None = None) -> Tensor:
    """Lose the dimensions of length 1, or those of `dim` that are."""
    call = squeeze_all_ if dim is None else squeeze_one_ if isinstance(dim, int) else squeeze_some_
    return call(self, squeezable(self.array.shape, dim))


@method
def as_strided_(self: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None) -> Tensor:
    """Become the window on one's own memory with this shape and these strides."""
    return window_on_(self, *layout(self, size, stride, storage_offset))


@method
def resize_(self: Tensor, *sizes_: int, memory_format: memory_format = contiguous_format) -> Tensor:
    """Take another shape in row-major order on the same memory; on more memory, its end unset, if that is too small.

    Tensors that share the old memory keep it: NumPy's cannot grow under them.
    https://pytorch.org/docs/stable/generated/torch.Tensor.resize_.html
    """
    if memory_format is not contiguous_format:
        raise NotImplementedError("resize_: memory_format")
    size = sizes(sizes_)
    if self.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if any([n < 0 for n in size]):
        raise RuntimeError("numel: integer multiplication overflow")
    if size == self.array.shape:
        return self
    self.array = resized(self.array, size)
    bump(self)
    return self


def resized(x, size: tuple):
    """An array of another shape on x's memory, or on a longer copy of it."""
    xp, memory, item = array_module(x), memory_of(x), x.itemsize
    start, count = offset_in(memory, x), math.prod(size)
    if start + count * item > memory.nbytes:
        memory = memory.ravel("K").view(xp.uint8)[:memory.nbytes // item * item].view(x.dtype)
        x = xp.concatenate([memory, xp.empty(start // item + count - memory.size, x.dtype)])[start // item:]
    return window(x, size, tuple([s * item for s in contiguous_strides(size)]))


@method
def resize_as_(self: Tensor, the_template: Tensor, *, memory_format: memory_format = contiguous_format) -> Tensor:
    """self.resize_(the_template.shape)"""
    return self.resize_(the_template.array.shape, memory_format=memory_format)


@method
def set_(self: Tensor, source: Tensor | None = None, storage_offset: int | None = None,
         size: Sequence[int] | None = None, stride: Sequence[int] | None = None) -> Tensor:
    """Show another tensor's memory from now on: all of it as `source` does, or from an offset on with given strides.

    https://pytorch.org/docs/stable/generated/torch.Tensor.set_.html
    """
    check_may_change(self)
    if self.requires_grad and mode.word & RECORDING:
        raise NotImplementedError("set_: of a tensor with a history")  # torch gives it one that cannot be walked
    source = self.new_empty(0) if source is None else source
    if source.array.dtype != self.array.dtype:
        raise RuntimeError(f"Could not set tensor of type {C_NAME[source.array.dtype.name]} to a tensor of type "
                           f"{C_NAME[self.array.dtype.name]}")
    if size is not None:
        stride = contiguous_strides(size) if stride is None else stride
        source = source.detach().as_strided(size, stride, storage_offset)
    self.array = source.array
    bump(self)
    return take_place(self, self)


@method
def fill_diagonal_(self: Tensor, fill_value: float, wrap: bool = False) -> Tensor:
    """Write a number on the main diagonal; `wrap`: begin again one row below the end, in a matrix higher than wide.

    https://pytorch.org/docs/stable/generated/torch.Tensor.fill_diagonal_.html
    """
    shape, strides = self.array.shape, self.stride()
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    count = min(shape)
    self.as_strided((count,), (sum(strides),), self.storage_offset()).fill_(fill_value)
    if wrap and len(shape) == 2 and shape[0] > shape[1] + 1:
        self[shape[1] + 1:].fill_diagonal_(fill_value, wrap)
    return self

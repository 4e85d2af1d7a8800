"""Several tensors as one and one as several: cat, stack, split, chunk; pad, meshgrid.

Read next: index.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from ..autograd.op import op
from ..dtype import result_dtype
from ..tensor import Tensor, class_name, expect_tensor, method, wrap_dim
from .shape import sizes, slice_along

__all__: list[str] = [
    "atleast_1d", "atleast_2d", "atleast_3d", "cat", "chunk", "column_stack", "concat", "concatenate", "dsplit",
    "dstack", "hsplit", "hstack", "meshgrid", "row_stack", "split", "split_with_sizes", "stack", "tensor_split",
    "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "vsplit", "vstack",
]

# ---------------------------------------------------------------- several as one


@op(variadic=True, node="CatBackward0")
def joined(xp, tensors, /, axis):
    """Arrays one after another along `axis`.    g is cut where they meet"""
    target = result_dtype(tensors)
    kept = [a for a in tensors if a.shape != (0,)] or tensors[:1]
    return xp.concatenate([a if a.dtype == target else a.astype(target) for a in kept], axis=axis)


def cut(g, tensors_shape, axis, needs):
    """Each tensor's part of `g`, of those that need one."""
    start, parts = 0, []
    for shape, needed in zip(tensors_shape, needs):
        if shape == (0,):
            parts.append(g.new_zeros(0))
            continue
        parts.append(g.narrow(axis, start, shape[axis]) if needed else None)
        start += shape[axis]
    return parts


joined.backward(cut)


def several(name: str, tensors) -> tuple:
    """The argument of `cat` and its family as a tuple; anything but a list or tuple of tensors is refused."""
    if not isinstance(tensors, (tuple, list)):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
                        f"{class_name(tensors)}")
    for k, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {class_name(x)}")
    return tuple(tensors)


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors one after another along `dim`; all other lengths agree. Empty 1-D ones are passed over, as in torch."""
    tensors = several("cat", tensors)
    if not tensors:
        raise ValueError("minitorch.cat(): expected a non-empty list of Tensors")
    for k, x in enumerate(tensors):
        if x.array.ndim == 0:
            raise RuntimeError(f"zero-dimensional tensor (at position {k}) cannot be concatenated")
    kept = tuple([x for x in tensors if x.array.shape != (0,)]) or tensors[:1]
    first = kept[0].array.shape
    dim = wrap_dim(dim, len(first))
    for k, x in enumerate(kept[1:], 1):
        shape = x.array.shape
        if len(shape) != len(first):
            raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}")
        if any(n != m and d != dim for d, (n, m) in enumerate(zip(first, shape))):
            wrong = next(d for d, (n, m) in enumerate(zip(first, shape)) if n != m and d != dim)
            raise RuntimeError(f"Sizes of tensors must match except in dimension {dim}. Expected size {first[wrong]} "
                               f"but got size {shape[wrong]} for tensor number {k} in the list.")
    return joined(tensors, dim)


concat = concatenate = cat


@op(variadic=True, node="StackBackward0")
def stacked(xp, tensors, /, at):
    """Arrays side by side along a new dimension.    Each one's gradient is its slice of g"""
    target = result_dtype(tensors)
    return xp.stack([a if a.dtype == target else a.astype(target) for a in tensors], axis=at)


stacked.backward(lambda g, at, needs: [g.select(at, k) if needed else None for k, needed in enumerate(needs)])


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new dimension."""
    tensors = several("stack", tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    for k, x in enumerate(tensors):
        if x.array.shape != tensors[0].array.shape:
            raise RuntimeError(f"stack expects each tensor to be equal size, but got {list(tensors[0].array.shape)} "
                               f"at entry 0 and {list(x.array.shape)} at entry {k}")
    return stacked(tensors, wrap_dim(dim, tensors[0].array.ndim + 1))


def at_least(x: Tensor, ndim: int) -> Tensor:
    """x with leading dimensions of length 1, and for three a last one, as NumPy's stacks want it."""
    if x.array.ndim == 0:
        x = x.reshape(1)
    if x.array.ndim == 1 and ndim >= 2:
        x = x.unsqueeze(0)
    return x.unsqueeze(-1) if x.array.ndim == 2 and ndim == 3 else x


def at_leasts(ndim: int):
    """atleast_1d, atleast_2d, atleast_3d."""
    def call(*tensors):
        """Every tensor with at least so many dimensions, new ones of length 1."""
        given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
        results = tuple([at_least(x, ndim) for x in given])
        return results[0] if len(results) == 1 and given is tensors else results

    call.__name__ = call.__qualname__ = f"atleast_{ndim}d"
    return call


atleast_1d, atleast_2d, atleast_3d = map(at_leasts, (1, 2, 3))


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side: along the second dimension, or the first of 1-D ones."""
    tensors = [at_least(x, 1) for x in several("hstack", tensors)]
    return cat(tensors, 0 if tensors and tensors[0].array.ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors below each other, 1-D ones as rows."""
    return cat([at_least(x, 2) for x in several("vstack", tensors)], 0)


row_stack = vstack


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors behind each other, along a third dimension."""
    return cat([at_least(x, 3) for x in several("dstack", tensors)], 2)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors side by side, 1-D ones as columns."""
    return cat([x.reshape(-1, 1) if x.array.ndim <= 1 else x for x in several("column_stack", tensors)], 1)


# ---------------------------------------------------------------- one as several


@op(view=True, outputs="*", node="SplitBackward0")
def split_evenly(xp, x, /, dim, size):
    """Pieces of `size` along `dim`, the last one shorter.    gx = the pieces' gradients in their places"""
    return [x[(slice(None),) * dim + (slice(k, k + size),)] for k in range(0, max(x.shape[dim], 1), max(size, 1))]


@op(view=True, outputs="*", node="SplitWithSizesBackward0")
def split_sizes(xp, x, /, dim, lengths):
    """Pieces of given lengths along `dim`.    gx = the pieces' gradients in their places"""
    starts = [sum(lengths[:k]) for k in range(len(lengths))]
    return [x[(slice(None),) * dim + (slice(k, k + n),)] for k, n in zip(starts, lengths)]


def pieces_rule(g, x_shape, dim, lengths):
    whole, start = next(part for part in g if part is not None).new_zeros(x_shape), 0
    for part, n in zip(g, lengths):
        if part is not None:
            whole.narrow(dim, start, n).copy_(part)
        start += n
    return whole


split_evenly.backward(x=lambda g, x_shape, dim, size: pieces_rule(g, x_shape, dim, [size] * (len(g) - 1) + [
    x_shape[dim] - size * (len(g) - 1)]))
split_sizes.backward(x=pieces_rule)


@method
def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of pieces along `dim`: all of one size (the last may be shorter), or of the given sizes."""
    if not tensor.array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    length = tensor.size(dim)
    dim = wrap_dim(dim, tensor.array.ndim)
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size < 0:
            raise RuntimeError(f"split expects split_size be non-negative, but got split_size={size}")
        if size == 0 and length:
            raise RuntimeError(f"split_size can only be 0 if dimension size is 0, but got dimension size of {length}")
        return split_evenly(tensor, dim, size)
    lengths = [n.__index__() for n in split_size_or_sections]
    if any(n < 0 for n in lengths):
        raise RuntimeError("split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes="
                           f"{lengths}")
    if sum(lengths) != length:
        raise RuntimeError(f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at "
                           f"dimension {dim}), but got split_sizes={lengths}")
    return split_sizes(tensor, dim, lengths)


@method
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of pieces of the given sizes."""
    return input.split(list(split_sizes), dim)


def unsafe(pieces, name: str):
    """The same pieces as copies, which may be written to in place: torch's views here would not notice."""
    def call(input: Tensor, *args, **options):
        return tuple([piece.clone() for piece in pieces(input, *args, **options)])

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"The pieces of `{name.removeprefix('unsafe_')}`, apart from `input` in memory."
    setattr(Tensor, name, call)
    return call


unsafe_split = unsafe(split, "unsafe_split")
unsafe_split_with_sizes = unsafe(split_with_sizes, "unsafe_split_with_sizes")


@method
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` views of equal size along `dim`, the last one possibly shorter."""
    if input.array.ndim == 0:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    dim = wrap_dim(dim, input.array.ndim)
    length = input.array.shape[dim]
    if length == 0:
        return input.split([0] * chunks, dim)
    return input.split(-(-length // chunks), dim)


unsafe_chunk = unsafe(chunk, "unsafe_chunk")


@method
def tensor_split(input: Tensor, indices_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Views of as many nearly equal pieces, or of the pieces between the given places."""
    if not input.array.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims")
    dim = wrap_dim(dim, input.array.ndim)
    n = input.array.shape[dim]
    if isinstance(indices_or_sections, int):
        if indices_or_sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {indices_or_sections}")
        each, more = divmod(n, indices_or_sections)
        ends = [each * (k + 1) + min(k + 1, more) for k in range(indices_or_sections)]
    else:
        ends = [*[min(max(k + n if k < 0 else k, 0), n) for k in indices_or_sections], n]
    starts = [0, *ends[:-1]]
    return tuple([slice_along(input, dim, slice(a, max(a, b), 1)) for a, b in zip(starts, ends)])


def split_along(name: str, ndim: int):
    """hsplit, vsplit, dsplit: tensor_split along a dimension of its own, in equal pieces only."""
    def call(input: Tensor, indices_or_sections: int | Sequence[int]) -> tuple[Tensor, ...]:
        shape = input.array.shape
        if len(shape) < ndim:
            raise RuntimeError(f"minitorch.{name} requires a tensor with at least {ndim} dimension, but got a tensor "
                               f"with {len(shape)} dimensions!")
        dim = {"hsplit": min(len(shape) - 1, 1), "vsplit": 0, "dsplit": 2}[name]
        if isinstance(indices_or_sections, int) and shape[dim] % max(indices_or_sections, 1):
            raise RuntimeError(f"minitorch.{name} attempted to split along dimension {dim}, but the size of the "
                               f"dimension {shape[dim]} is not divisible by the split_size {indices_or_sections}!")
        return input.tensor_split(indices_or_sections, dim)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"Views of equal pieces.  https://pytorch.org/docs/stable/generated/torch.{name}.html"
    setattr(Tensor, name, call)
    return call


hsplit, vsplit, dsplit = split_along("hsplit", 1), split_along("vsplit", 2), split_along("dsplit", 3)


def meshgrid(*tensors: Tensor, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinates of a grid: tensor k varies along dimension k ("ij"), or the first two change places ("xy")."""
    tensors = tuple(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    if indexing is None:
        warnings.warn("minitorch.meshgrid: in an upcoming release, it will be required to pass the indexing argument.",
                      UserWarning, stacklevel=2)
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'minitorch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')
    for x in tensors:
        if x.array.ndim > 1:
            raise RuntimeError(f"minitorch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {x}")
    swap = indexing == "xy" and len(tensors) >= 2
    order = [1, 0, *range(2, len(tensors))] if swap else list(range(len(tensors)))
    given = [tensors[k] for k in order]
    shape = [x.array.size for x in given]
    grids = [x.reshape(*[-1 if d == k else 1 for d in range(len(given))]).expand(shape) for k, x in enumerate(given)]
    return tuple([grids[k] for k in order])


# ---------------------------------------------------------------- pad


@op(node="ConstantPadNdBackward0")
def pad_constant(xp, x, /, widths, value):
    """x with `value` around it; a negative width cuts.    gx = g without what was added"""
    kept = x[tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(widths, x.shape))]
    return xp.pad(kept, [(max(a, 0), max(b, 0)) for a, b in widths], constant_values=value)


pad_constant.backward(x=lambda g, widths: pad_constant(g, tuple([(-a, -b) for a, b in widths]), 0))


def pad_by_index(x: Tensor, widths: list, mode: str) -> Tensor:
    """Elements of x itself around it: each padded dimension is a selection of x's slices."""
    for dim, (before, after) in enumerate(widths):
        n = x.array.shape[dim]
        if (before, after) == (0, 0):
            continue
        at = x.new_tensor(range(-before, n + after)).long()
        if mode == "reflect":  # -2 -1 0 1 2 | 3 4  ->  2 1 0 1 2 | 1 0
            at = (n - 1) - ((n - 1) - at.abs()).abs()
        elif mode == "replicate":
            at = at.clamp(0, n - 1)
        else:
            at = at.remainder(n)
        x = x.index_select(dim, at)
    return x


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Pad the last dimensions: `pad` is (before, after) of the last one, then of the one before it, and so on.

    mode: constant (`value`, 0 by default), reflect, replicate or circular.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
    """
    expect_tensor(input, "pad")
    pad = sizes((pad,))
    ndim = input.array.ndim
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > ndim:
        raise RuntimeError("Padding length should be less than or equal to two times the input dimension but got "
                           f"padding length {len(pad)} and input of dimension {ndim}")
    pairs = [(pad[k], pad[k + 1]) for k in range(0, len(pad), 2)]
    widths = [(0, 0)] * (ndim - len(pairs)) + pairs[::-1]
    for d, ((a, b), n) in enumerate(zip(widths, input.array.shape)):
        if n + a + b < 0:
            raise RuntimeError(f"The input size {n}, plus negative padding {a} and {b} resulted in a negative output "
                               f"size, which is invalid. Check dimension {d} of your input.")
    if mode == "constant":
        return pad_constant(input, tuple(widths), 0 if value is None else value)
    if value is not None and value != 0:
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    for k, ((a, b), n) in enumerate(zip(pairs, reversed(input.array.shape))):
        if mode == "reflect" and max(a, b) >= n and (a, b) != (0, 0):
            raise RuntimeError(f"Argument #{2 * k + 4}: Padding size should be less than the corresponding input "
                               f"dimension, but got: padding ({a}, {b}) at dimension {ndim - 1 - k} of input "
                               f"{list(input.array.shape)}")
        if mode == "circular" and max(a, b) > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
    return pad_by_index(input, [(max(a, 0), max(b, 0)) for a, b in widths], mode)

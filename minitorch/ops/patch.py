"""Views without shared memory: part of a copy replaced (`*_scatter`), or the view copied (`*_copy`).

Read next: shape.py and strided.py, for the views themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..tensor import Tensor, method
from .shape import slice_along

__all__: list[str] = [
    "alias_copy", "as_strided_copy", "as_strided_scatter", "detach_copy", "diagonal_copy", "diagonal_scatter",
    "expand_copy", "narrow_copy", "permute_copy", "select_copy", "select_scatter", "slice_copy", "slice_scatter",
    "split_copy", "split_with_sizes_copy", "squeeze_copy", "t_copy", "transpose_copy", "unbind_copy", "unfold_copy",
    "unsqueeze_copy", "view_as_complex_copy", "view_as_real_copy", "view_copy",
]

# ---------------------------------------------------------------- part of a copy replaced


def replaced(input: Tensor, src: Tensor, view: Callable[[Tensor], Tensor]) -> Tensor:
    """A copy of `input` with `src` written to one view of it: gradients go by the rules of writing through views."""
    y = input.clone()
    part = view(y)
    if part.array.shape != src.array.shape:
        raise RuntimeError("expected src to have a size equal to the slice of self. src size = "
                           f"{list(src.array.shape)}, slice size = {list(part.array.shape)}")
    part.copy_(src)
    return y


@method
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """`input` with src as select(dim, index).  https://pytorch.org/docs/stable/generated/torch.select_scatter.html"""
    return replaced(input, src, lambda y: y.select(dim, index))


@method
def slice_scatter(input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
                  step: int = 1) -> Tensor:
    """`input` with src as a slice along `dim`.  https://pytorch.org/docs/stable/generated/torch.slice_scatter.html"""
    return replaced(input, src, lambda y: sliced(y, dim, start, end, step))


@method
def diagonal_scatter(input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """`input` with src on a diagonal.  https://pytorch.org/docs/stable/generated/torch.diagonal_scatter.html"""
    return replaced(input, src, lambda y: y.diagonal(offset, dim1, dim2))


@method
def as_strided_scatter(input: Tensor, src: Tensor, size: Sequence[int], stride: Sequence[int],
                       storage_offset: int | None = None) -> Tensor:
    """`input` with src in a window on its memory.

    https://pytorch.org/docs/stable/generated/torch.as_strided_scatter.html
    """
    return replaced(input, src, lambda y: y.as_strided(size, stride, storage_offset))


def sliced(x: Tensor, dim: int, start: int | None, end: int | None, step: int) -> Tensor:
    return slice_along(x, dim if dim >= 0 else dim + x.array.ndim, slice(start, end, step))


# ---------------------------------------------------------------- views copied


def copied(view: Callable, name: str):
    """The function that copies what a view shows; each of several."""
    def call(input: Tensor, *args, **options):
        y = view(input, *args, **options)
        return tuple([part.clone() for part in y]) if isinstance(y, tuple) else y.clone()

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"A copy of what `{name.removesuffix('_copy')}` shows."
    return call


def slice_of(input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    return sliced(input, dim, start, end, step)


VIEWS = {"alias": lambda x: x.view_as(x), "slice": slice_of, "split": Tensor.split, "split_with_sizes": Tensor.split,
         "unfold": lambda x, dimension, size, step: x.unfold(dimension, size, step),
         "permute": lambda x, dims: x.permute(dims), "view": lambda x, size: x.reshape(size),
         "expand": lambda x, size, *, implicit=False: x.expand(size)}
for _name in ("as_strided", "detach", "diagonal", "narrow", "select", "squeeze", "t", "transpose", "unbind",
    "unsqueeze", "view_as_complex", "view_as_real"):
    VIEWS[_name] = getattr(Tensor, _name)
for _name, _view in VIEWS.items():
    globals()[_name + "_copy"] = copied(_view, _name + "_copy")
Tensor.narrow_copy = globals()["narrow_copy"]

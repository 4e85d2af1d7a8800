"""Along one dimension, in order: running sums and products, sorting, the largest few, the k-th, the median.

What is picked by index passes its gradient back to that index.
Read next: softmax.py; index.py for gather and scatter, which carry the gradients here.
"""

from __future__ import annotations

from ..autograd.op import in_place, op
from ..dtype import astype, numpy_dtype
from ..tensor import Tensor, method
from .reduce import numpy_names, pick, spared, sum_type, to_index, to_index_fused, to_ties

__all__: list[str] = ["argsort", "cumprod", "cumsum", "kthvalue", "median", "msort", "sort", "topk"]

# ---------------------------------------------------------------- running sums and products

# The types running totals are kept in, as torch's are on the CPU.
RUNS_IN = {"float16": "float32", "float32": "float64", "complex64": "complex128"}


def reversed_cumsum(g: Tensor, dim: int) -> Tensor:
    """sum_(j >= i) g_j"""
    return g.flip(dim).cumsum(dim).flip(dim)


@op(node="CumsumBackward0")
def cumsum_along(xp, x, /, dim, dtype=None):
    """y_i = x_1 + ... + x_i    gx_i = sum_(j >= i) g_j"""
    x = x if dtype is None else astype(x, dtype)
    target = sum_type(x, dtype)
    return x.cumsum(axis=dim, dtype=RUNS_IN.get(x.dtype.name, target)).astype(target, copy=False)


cumsum_along.backward(x=lambda g, dim: reversed_cumsum(g, dim))


@op(node="CumprodBackward0")
def cumprod_along(xp, x, /, dim, dtype=None):
    """y_i = x_1 ... x_i    gx_i = sum_(j >= i) g_j * (the product y_j without x_i) = sum_(j >= i) g_j y_j / x_i"""
    x = x if dtype is None else astype(x, dtype)
    target = sum_type(x, dtype)
    return x.cumprod(axis=dim, dtype=RUNS_IN.get(x.dtype.name, target)).astype(target, copy=False)


def cumprod_rule(g, x, y, dim):
    if x.ndim == 0 or x.shape[dim] == 1:
        return g
    if not (x == 0).any():
        return reversed_cumsum(g * y, dim) / x
    without = spared(x, dim).cumprod(-1).triu()  # (..., i, j): the product of the first j without x_i; j < i has no x_i
    return (without * g.movedim(dim, -1).unsqueeze(-2)).sum(-1).movedim(-1, dim)


cumprod_along.backward(x=cumprod_rule)
in_place(cumsum_along, "cumsum_")
in_place(cumprod_along, "cumprod_")


@method
@numpy_names
def cumsum(input: Tensor, dim: int, *, dtype=None) -> Tensor:
    """Running sums along `dim`.  https://pytorch.org/docs/stable/generated/torch.cumsum.html"""
    return cumsum_along(input, dim, numpy_dtype(dtype))


@method
@numpy_names
def cumprod(input: Tensor, dim: int, *, dtype=None) -> Tensor:
    """Running products along `dim`.  https://pytorch.org/docs/stable/generated/torch.cumprod.html"""
    return cumprod_along(input, dim, numpy_dtype(dtype))


# ---------------------------------------------------------------- sorting


def order_of(xp, x, dim, descending):
    """Indices that sort x along `dim`: ties keep their order, NaN counts as largest."""
    if not descending:
        return x.argsort(axis=dim, kind="stable")
    # sorted from behind and read backwards, so that ties keep their order
    backwards = xp.flip(x, dim).argsort(axis=dim, kind="stable")
    return x.shape[dim] - 1 - xp.flip(backwards, dim)


def sort_body(xp, x, /, dim, descending):
    """values = x in order along `dim`, indices = where they were    gx_i = g at the place that x_i went to"""
    return pick(xp, x, order_of(xp, x, dim, descending), dim, True)


sort_along = op(sort_body, outputs="values indices", node="SortBackward0")
sort_stable = op(sort_body, outputs="values indices", node="SortBackward1")


@method
@numpy_names
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = None) -> tuple:
    """(values, indices) in order along `dim`; always stable.  https://pytorch.org/docs/stable/generated/torch.sort.html"""
    return (sort_along if stable is None else sort_stable)(input, dim, descending)


@method
@numpy_names
def argsort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Tensor:
    """The indices that sort along `dim`.  https://pytorch.org/docs/stable/generated/torch.argsort.html"""
    return sort_along(input, dim, descending).indices


@method
def msort(input: Tensor) -> Tensor:
    """Values in order along the first dimension.  https://pytorch.org/docs/stable/generated/torch.msort.html"""
    return sort_along(input, 0, False).values


@op(outputs="values indices", node="TopkBackward0")
def topk_along(xp, x, /, k, dim, largest, sorted):
    """values = the k largest (or smallest) along `dim`, indices = where they are    gx_i = g at x_i's place, else 0"""
    n = x.shape[dim]
    if not 0 <= k <= n:
        raise RuntimeError("selected index k out of range")
    if x.dtype == bool:
        raise RuntimeError("topk does not support bool dtypes on CPU")
    if k == 0 or n == k:
        chosen = order_of(xp, x, dim, largest)[(slice(None),) * dim + (slice(k),)]
        return pick(xp, x, chosen, dim, True)
    # a partition finds the k, much faster than sorting all; these are then put in order
    part = x.argpartition(n - k if largest else k - 1, axis=dim)
    chosen = part[(slice(None),) * dim + (slice(n - k, None) if largest else slice(k),)]
    chosen.sort(axis=dim)  # among equals the first comes first
    values = xp.take_along_axis(x, chosen, dim)
    return pick(xp, x, xp.take_along_axis(chosen, order_of(xp, values, dim, largest), dim), dim, True)


@method
@numpy_names
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> tuple:
    """(values, indices) of the k largest along `dim`, in order; which of several equal ones, torch leaves open.

    https://pytorch.org/docs/stable/generated/torch.topk.html
    """
    return topk_along(input, k, dim, largest, sorted)


def to_places(g_values, indices, x_shape, dim):
    return g_values.new_zeros(x_shape).scatter(dim, indices, g_values)


def to_places_fused(xp, g_values, indices, x_shape, dim):
    return to_index_fused(xp, g_values, indices, x_shape, dim, True)


for _picked in (sort_along, sort_stable, topk_along):
    _picked.backward(x=to_places)
    _picked.fused_backward(to_places_fused)


# ---------------------------------------------------------------- one of the order


def kth(xp, x, k, dim, keepdim):
    """(value, index) of the k-th smallest along `dim`, k from 0."""
    order = order_of(xp, x, dim, False)
    return pick(xp, x, order[(slice(None),) * dim + (slice(k, k + 1),)], dim, keepdim)


@op(outputs="values indices", node="KthvalueBackward0")
def kthvalue_along(xp, x, /, k, dim, keepdim):
    """values = the k-th smallest along `dim`, indices = where it is    gx_i = g at that i, else 0"""
    if not 1 <= k <= x.shape[dim]:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    return kth(xp, x, k - 1, dim, keepdim)


@op(outputs="values indices", node="MedianBackward1")
def median_along(xp, x, /, dim, keepdim):
    """values = the middle along `dim`, the lower one of two; NaN if there is one    gx_i = g at its i, else 0"""
    n = x.shape[dim]
    if n == 0:
        raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
    values, indices = kth(xp, x, (n - 1) // 2, dim, True)
    largest = kth(xp, x, n - 1, dim, True)
    nan = largest[0] != largest[0]
    if nan.any():
        indices = xp.where(nan, (x != x).argmax(axis=dim, keepdims=True), indices)
    return pick(xp, x, indices, dim, keepdim)


for _one in (kthvalue_along, median_along):
    _one.backward(x=to_index)
    _one.fused_backward(to_index_fused)


@op(node="MedianBackward0")
def median_all(xp, x, /):
    """y = the middle of all elements, the lower one of two    gx_i = g / (number of ties) where x_i = y, else 0"""
    if x.size == 0:
        return xp.full((), float("nan"), x.dtype)
    return median_along.op.body(xp, x.reshape(-1), 0, False)[0]


median_all.backward(x=to_ties)


@method
@numpy_names
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> tuple:
    """(values, indices) of the k-th smallest along `dim`.  https://pytorch.org/docs/stable/generated/torch.kthvalue.html"""
    return kthvalue_along(input, k, dim, keepdim)


@method
@numpy_names
def median(input: Tensor, dim: int | None = None, keepdim: bool = False):
    """median(): of all elements; median(dim): (values, indices) along it; the lower one of two middles.

    https://pytorch.org/docs/stable/generated/torch.median.html
    """
    return median_all(input) if dim is None else median_along(input, dim, keepdim)

"""What a sample says: extremes together, mode, quantiles, covariance, counts and histograms.

Read next: running.py.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

from .. import shown
from ..autograd.op import op, result_class
from ..device import array_module
from ..dtype import CAPITAL
from ..tensor import Tensor, method, wrap, wrap_dim
from .elementwise import refuse
from .reduce import kept, numpy_names, pick, to_index, to_index_fused
from .sort import median_all, median_along, order_of

__all__: list[str] = ["aminmax", "bincount", "corrcoef", "cov", "histc", "histogram", "histogramdd", "mode", "nanmean",
                      "nanmedian", "nanquantile", "quantile"]

# ---------------------------------------------------------------- extremes, mode, median


@op(outputs="min max", node="AminmaxBackward0")
def both_extremes(xp, x, /, dim, keepdim):
    """min and max along `dim`, or of all    gx = the gradients in equal parts to all elements that are extreme"""
    if x.size == 0 and (dim is None or x.shape[dim] == 0):
        raise RuntimeError("aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
                           if dim is None else
                           f"aminmax(): Expected reduction dim {dim} to have non-zero size.")
    return x.min(axis=dim, keepdims=keepdim), x.max(axis=dim, keepdims=keepdim)


def both_extremes_rule(g_min, g_max, x, min, max, dim, keepdim):
    gx = 0
    for g, y in ((g_min, min), (g_max, max)):
        if g is not None:
            extreme = x == kept(y, x.array.shape, dim, keepdim)
            share = extreme.sum() if dim is None else extreme.sum(dim, keepdim=True)
            gx = gx + kept(g, x.array.shape, dim, keepdim) * extreme / share
    return gx


both_extremes.backward(x=both_extremes_rule)


@method
@numpy_names
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> tuple:
    """(min, max) in one call.  https://pytorch.org/docs/stable/generated/torch.aminmax.html"""
    return both_extremes(input, dim, keepdim)


@op(outputs="values indices", node="ModeBackward0")
def mode_along(xp, x, /, dim, keepdim):
    """values = the commonest along `dim`, the smallest of several, indices = where it is last    gx_i = g at that i"""
    if x.shape[dim] == 0:
        raise IndexError(f"mode(): Expected reduction dim {dim} to have non-zero size.")
    order = order_of(xp, x, dim, False)
    run = xp.moveaxis(xp.take_along_axis(x, order, dim), dim, -1)  # equal elements side by side
    places = xp.arange(run.shape[-1])
    begins = xp.concatenate([xp.ones((*run.shape[:-1], 1), bool), run[..., 1:] != run[..., :-1]], axis=-1)
    length = places - xp.maximum.accumulate(xp.where(begins, places, 0), axis=-1)
    longest = xp.moveaxis(length.argmax(-1, keepdims=True), -1, dim)
    return pick(xp, x, xp.take_along_axis(order, longest, dim), dim, keepdim)


@op(outputs="values indices", node="NanmedianBackward1")
def nanmedian_along(xp, x, /, dim, keepdim):
    """values = the middle of what is not NaN along `dim`, the lower one of two    gx_i = g at its i, else 0"""
    if x.dtype.kind != "f":
        return median_along.op.body(xp, x, dim, keepdim)
    if x.shape[dim] == 0:
        raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
    middle = ((x == x).sum(axis=dim, keepdims=True) - 1).clip(0) // 2
    return pick(xp, x, xp.take_along_axis(order_of(xp, x, dim, False), middle, dim), dim, keepdim)


for _picked in (mode_along, nanmedian_along):
    _picked.backward(x=to_index)
    _picked.fused_backward(to_index_fused)


@op(node="NanmedianBackward0")
def nanmedian_all(xp, x, /):
    """y = the middle of all elements that are not NaN    gx_i = g / (number of ties) where x_i = y, else 0"""
    if x.size == 0:
        return median_all.op.body(xp, x)
    return nanmedian_along.op.body(xp, x.reshape(-1), 0, False)[0]


nanmedian_all.backward(**median_all.op.rules)


@method
@numpy_names
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> tuple:
    """(values, indices) of the commonest along `dim`.  https://pytorch.org/docs/stable/generated/torch.mode.html"""
    return mode_along(input, dim, keepdim)


@method
@numpy_names
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False):
    """median, without regard to NaN.  https://pytorch.org/docs/stable/generated/torch.nanmedian.html"""
    return nanmedian_all(input) if dim is None else nanmedian_along(input, dim, keepdim)


@method
@numpy_names
def nanmean(input: Tensor, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The average of what is not NaN.  https://pytorch.org/docs/stable/generated/torch.nanmean.html"""
    if input.array.dtype.kind not in "fc":
        raise RuntimeError("nanmean(): expected input to have floating point or complex dtype but got "
                           f"{CAPITAL[input.array.dtype.name]}")
    return input.nansum(dim, keepdim, dtype=dtype) / (~input.isnan()).sum(dim, keepdim)


# ---------------------------------------------------------------- quantiles


def quantile_of(input: Tensor, q, dim, keepdim: bool, interpolation: str, ignore_nan: bool) -> Tensor:
    """The elements below and above the place q (n - 1) in sorted order, and a number between them."""
    if input.array.size == 0:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if input.array.dtype.name not in ("float32", "float64"):
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError("quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but "
                           f"got {interpolation}")
    if not isinstance(q, Tensor):
        if not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q:g}")
        q = input.new_tensor(q)
    check_quantiles(input, q)
    flat = dim is None
    x = input.reshape(-1) if flat else input
    dim = 0 if flat else wrap_dim(dim, input.array.ndim)
    x = x.reshape(1) if x.array.ndim == 0 else x
    ordered = x.movedim(dim, -1).sort().values  # NaN last
    here = ordered.array
    xp = array_module(here)
    count = (here == here).sum(-1, keepdims=True) if ignore_nan else xp.where(
        (here == here).all(-1, keepdims=True), here.shape[-1], 0)
    rank = q.array.reshape(-1) * (count - 1)  # of NaN alone -q: the last place, a NaN
    rank = xp.where(count == 0, here.shape[-1] - 1, rank).astype(here.dtype)
    if interpolation in ("lower", "higher", "nearest"):
        rank = {"lower": xp.floor, "higher": xp.ceil, "nearest": xp.rint}[interpolation](rank)
    below = xp.floor(rank)
    weight = xp.full_like(rank, 0.5) if interpolation == "midpoint" else rank - below
    weight = xp.where(rank == below, 0, weight).astype(here.dtype)
    low = ordered.gather(-1, wrap(below.astype("int64")))
    high = ordered.gather(-1, wrap(xp.ceil(rank).astype("int64")))
    y = low.lerp(high, wrap(weight)).movedim(-1, 0)  # (q, the other dimensions)
    if keepdim:
        y = y.reshape(-1, *[1] * input.array.ndim) if flat else y.unsqueeze(dim + 1)
    return y if q.array.ndim else y.squeeze(0)


def check_quantiles(input: Tensor, q: Tensor) -> None:
    if q.array.ndim > 1:
        raise RuntimeError("quantile() q must be a scalar or 1D tensor")
    if q.array.dtype != input.array.dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    if not ((q.array >= 0) & (q.array <= 1)).all():
        raise RuntimeError("quantile() q values must be in the range [0, 1]")


@method
@numpy_names
def quantile(input: Tensor, q, dim: int | None = None, keepdim: bool = False, *,
             interpolation: str = "linear") -> Tensor:
    """The number that a share q of the elements lies below; several q give a first dimension.

    https://pytorch.org/docs/stable/generated/torch.quantile.html
    """
    return quantile_of(input, q, dim, keepdim, interpolation, False)


@method
@numpy_names
def nanquantile(input: Tensor, q, dim: int | None = None, keepdim: bool = False, *,
                interpolation: str = "linear") -> Tensor:
    """quantile, without regard to NaN.  https://pytorch.org/docs/stable/generated/torch.nanquantile.html"""
    return quantile_of(input, q, dim, keepdim, interpolation, True)


# ---------------------------------------------------------------- covariance


def check_weights(input: Tensor, name: str, weights: Tensor | None, kinds: str, words: str) -> None:
    """cov's sentences for its weights."""
    if weights is None:
        return
    w = weights.array
    if w.ndim > 1:
        raise RuntimeError(f"cov(): expected {name} to have one or fewer dimensions but got {name} with {w.ndim} "
                           "dimensions")
    if w.dtype.kind not in kinds:
        raise RuntimeError(f"cov(): expected {name} to have {words} dtype but got {name} with "
                           f"{CAPITAL[w.dtype.name]} dtype")
    if w.size != (input.array.shape[-1] if input.array.ndim else 1):
        raise RuntimeError(f"cov(): expected {name} to have the same numel as there are observations in the input but "
                           f"got {w.size} != {input.array.shape[-1] if input.array.ndim else 1}")
    if (w < 0).any():
        raise RuntimeError(f"cov(): {name} cannot be negative")


@method
def cov(input: Tensor, *, correction: int = 1, fweights: Tensor | None = None,
        aweights: Tensor | None = None) -> Tensor:
    """The covariances of the rows, whose columns are observations.    (x - mean x) (x - mean x)^H / (n - correction)

    Observations count `fweights` times, and weigh `aweights`.
    https://pytorch.org/docs/stable/generated/torch.cov.html
    """
    if input.array.ndim > 2:
        raise RuntimeError("cov(): expected input to have two or fewer dimensions but got an input with "
                           f"{input.array.ndim} dimensions")
    if input.array.dtype.kind == "b":
        raise RuntimeError("cov(): bool dtype is not supported for input")
    check_weights(input, "fweights", fweights, "iu", "integral")
    check_weights(input, "aweights", aweights, "f", "floating point")
    x = input.reshape(1, -1) if input.array.ndim < 2 else input
    w = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    total = x.array.shape[1] if w is None else w.sum()
    if w is not None and float(total) == 0:
        raise RuntimeError("cov(): weights sum to zero, can't be normalized")
    mean = (x if w is None else x * w).sum(1, keepdim=True) / total
    d = x - mean
    if w is None or aweights is None:
        freedom = total - correction
    else:
        freedom = total - correction * (w * aweights).sum() / total
    if float(freedom) <= 0:
        warnings.warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than the number of "
                      "observations.", UserWarning, stacklevel=2)
        freedom = 0
    return (d @ (d if w is None else d * w).mH / freedom).squeeze()


@method
def corrcoef(input: Tensor) -> Tensor:
    """The correlations of the rows: covariances over the product of two deviations, held within [-1, 1].

    https://pytorch.org/docs/stable/generated/torch.corrcoef.html
    """
    if input.array.ndim > 2:
        raise RuntimeError("corrcoef(): expected input to have two or fewer dimensions but got an input with "
                           f"{input.array.ndim} dimensions")
    c = input.cov()
    if c.array.ndim == 0:
        return c / c
    deviation = c.diagonal().sqrt()
    return (c / deviation[:, None] / deviation).clamp(-1, 1)


# ---------------------------------------------------------------- counts


@method
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of 0, 1, 2, ... occurs, or the sum of its weights.

    https://pytorch.org/docs/stable/generated/torch.bincount.html
    """
    x = input.array
    if x.dtype.kind not in "iu":
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{CAPITAL[x.dtype.name]}'")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if x.ndim == 1 and x.size == 0:
        return wrap(array_module(x).zeros(minlength, "int64"))
    if x.ndim != 1 or x.min() < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(array_module(x).bincount(x, minlength=minlength).astype("int64"))
    w = weights.array
    if w.shape != x.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    return wrap(array_module(x).bincount(x, w, minlength).astype("float32" if w.dtype == "float32" else "float64"))


def bounds(x, low: float, high: float, name: str, margin: float = 0.5) -> tuple:
    """The range of a histogram: the data's own where none is given, widened by a margin where that is empty."""
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
        if not math.isfinite(low) or not math.isfinite(high):
            raise RuntimeError(f"{name}: range of [{low:g}, {high:g}] is not finite")
    if low == high:
        low, high = low - margin, high + margin
    if not math.isfinite(low) or not math.isfinite(high):
        raise RuntimeError(f"{name}: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError(f"{name}: max must be larger than min")
    return low, high


@method
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """Counts in `bins` equal intervals from min to max, the data's own range if both are 0.

    https://pytorch.org/docs/stable/generated/torch.histc.html
    """
    x = input.array
    refuse(x, "biu", "histogram_cpu")
    if bins <= 0:
        raise RuntimeError(f"minitorch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    xp = array_module(x)
    low, high = bounds(x, min, max, f"{shown.package}.histc", 1)
    return wrap(counted(xp, x.reshape(-1, 1), [edges_of(xp, low, high, bins, x.dtype)], None, x.dtype))


def edges_of(xp, low: float, high: float, bins: int, dtype):
    return xp.linspace(low, high, bins + 1).astype(dtype)


def counted(xp, x, edges: list, weight, dtype):
    """How many rows of x (n, d) lie in each box of the grid; the last interval has both its ends."""
    places, inside = 0, True
    for k, e in enumerate(edges):
        column = x[:, k]
        at = xp.searchsorted(e, column, side="right") - 1
        at = xp.where(column == e[-1], len(e) - 2, at)
        inside = inside & (column >= e[0]) & (column <= e[-1])
        places = places * (len(e) - 1) + at
    shape = [len(e) - 1 for e in edges]
    picked = places[inside]
    w = None if weight is None else weight.reshape(-1)[inside]
    return xp.bincount(picked, w, math.prod(shape)).astype(dtype).reshape(shape)


Histogram = result_class("histogram", "hist bin_edges")
Histogramdd = result_class("histogramdd", "hist bin_edges")


def grid_of(xp, x, bins, range_, name: str) -> list:
    """The edges along each of x's columns: given, or as many equal intervals as asked for."""
    count = x.shape[1]
    if isinstance(bins, int):
        bins = [bins] * count
    if len(bins) != count:
        raise RuntimeError(f"{shown.package}.{name}(): The size of bins must be equal to the innermost dimension of "
                           "the input.")
    edges = []
    for k, b in enumerate(bins):
        if isinstance(b, Tensor):
            edges.append(b.array)
            continue
        if b <= 0:
            raise RuntimeError(f"{shown.package}.histogram(): bins must be > 0, but got {b} for dimension {k}")
        low, high = range_[2 * k: 2 * k + 2] if range_ is not None else (0, 0)
        edges.append(edges_of(xp, *bounds(x[:, k], low, high, f"{shown.package}.{name}"), b, x.dtype))
    return edges


def densities(hist, edges: list):
    """Counts as shares per unit of volume: they integrate to 1."""
    hist = hist / hist.sum()
    for k, e in enumerate(edges):
        widths = e[1:] - e[:-1]
        hist = hist / widths.reshape((-1,) + (1,) * (len(edges) - k - 1))
    return hist


@method
def histogram(input: Tensor, bins, *, range: Sequence[float] | None = None, weight: Tensor | None = None,
              density: bool = False) -> tuple:
    """(hist, bin_edges): counts, or sums of weights, between the edges; `bins` is their number or the edges.

    https://pytorch.org/docs/stable/generated/torch.histogram.html
    """
    x = input.array.reshape(-1, 1)
    refuse(x, "biu", "histogramdd")
    xp = array_module(x)
    edges = grid_of(xp, x, [bins], range, "histogram")
    hist = counted(xp, x, edges, None if weight is None else weight.array, x.dtype)
    return Histogram(wrap(densities(hist, edges) if density else hist), wrap(edges[0]))


def histogramdd(input: Tensor, bins, *, range: Sequence[float] | None = None, weight: Tensor | None = None,
                density: bool = False) -> tuple:
    """(hist, bin_edges) of points in several dimensions, the last dimension of `input` holding their coordinates.

    https://pytorch.org/docs/stable/generated/torch.histogramdd.html
    """
    refuse(input.array, "biu", "histogramdd")
    x = input.array.reshape(-1, input.array.shape[-1])
    xp = array_module(x)
    edges = grid_of(xp, x, bins, range, "histogramdd")
    hist = counted(xp, x, edges, None if weight is None else weight.array, x.dtype)
    return Histogramdd(wrap(densities(hist, edges) if density else hist), tuple(map(wrap, edges)))


"""Many numbers to one: sums, products, variances, extremes, truth; along some dimensions, or all of them.

`dim` is None for all dimensions, one number, or several; `keepdim` leaves each of them behind with length 1. A rule
puts them back so (`kept`) and leaves it to the engine to spread the gradient along them.
Read next: sort.py for what keeps its shape (cumsum, sort), softmax.py and norm.py for what is built on reductions.
"""

from __future__ import annotations

import functools
import math
import warnings

from ..autograd.op import op
from ..dtype import CAPITAL, astype, bool_, float16, float32, int8, int16, int32, int64, numpy_dtype, uint8
from ..tensor import Tensor, method
from .create import eye

__all__: list[str] = ["all", "amax", "amin", "any", "argmax", "argmin", "count_nonzero", "logsumexp", "max", "mean",
                      "min", "nansum", "prod", "std", "std_mean", "sum", "var", "var_mean"]

# ---------------------------------------------------------------- dimensions


def numpy_names(function):
    """Let `function` take NumPy's words `axis` and `keepdims` as well, as torch does."""

    @functools.wraps(function)
    def call(*args, **options):
        if "axis" in options:
            options["dim"] = options.pop("axis")
        if "keepdims" in options:
            options["keepdim"] = options.pop("keepdims")
        return function(*args, **options)

    return call


def every(dim):
    """None for an empty list of dimensions, which means all of them, too."""
    return None if isinstance(dim, (tuple, list)) and len(dim) == 0 else dim


def listed(x_shape, dim) -> tuple:
    """The reduced dimensions, as a tuple."""
    return tuple(range(len(x_shape))) if dim is None else (dim,) if isinstance(dim, int) else dim


def count(x_shape, dim) -> int:
    """How many numbers are reduced to one."""
    return math.prod([x_shape[d] for d in listed(x_shape, dim)]) if x_shape else 1


def kept(t, x_shape, dim, keepdim):
    """A result, or its gradient, with the reduced dimensions back as length 1, so that it broadcasts against x."""
    if keepdim or dim is None:
        return t
    dims = listed(x_shape, dim)
    return t.reshape(tuple([1 if d in dims else n for d, n in enumerate(x_shape)]))


# ---------------------------------------------------------------- sums and products

# float16 is added up in float32, bool and integers in int64.
ADDED_IN = {float16.numpy: float32.numpy, **{t.numpy: int64.numpy for t in (bool_, uint8, int8, int16, int32)}}
BLOCK = 512


def add_up(x, dim, keepdim=False):
    """The sum, in the type it is computed in."""
    n = x.shape[dim] if isinstance(dim, int) and x.ndim else 0
    if n >= 8 * BLOCK and dim < x.ndim - 1 and x.dtype.kind == "f":
        # NumPy adds pairwise along the last dimension only, elsewhere one by one: sums of blocks keep the error small
        whole, before = n - n % BLOCK, (slice(None),) * dim
        blocks = x[(*before, slice(whole))].reshape(*x.shape[:dim], -1, BLOCK, *x.shape[dim + 1:])
        y = add_up(blocks, dim + 1).sum(axis=dim, keepdims=keepdim)
        return y + add_up(x[(*before, slice(whole, None))], dim, keepdim) if whole < n else y
    return x.sum(axis=dim, keepdims=keepdim, dtype=ADDED_IN.get(x.dtype))


def sum_type(x, dtype):
    """The type of a sum or a product: as asked for, int64 of integers, else that of x."""
    return dtype or (x.dtype if x.dtype.kind in "fc" else int64.numpy)


@op(node="SumBackward0")
def sum_all(xp, x, /, dtype):
    """y = sum_i x_i    gx_i = g"""
    return add_up(x if dtype is None else astype(x, dtype), None).astype(sum_type(x, dtype), copy=False)


sum_all.backward(x=lambda g: g)


@op(node="SumBackward1")
def sum_dims(xp, x, /, dim, keepdim, dtype):
    """y = sum_i x_i along `dim`    gx_i = g"""
    return add_up(x if dtype is None else astype(x, dtype), dim, keepdim).astype(sum_type(x, dtype), copy=False)


sum_dims.backward(x=lambda g, x_shape, dim, keepdim: kept(g, x_shape, dim, keepdim))


@method
@numpy_names
def sum(input: Tensor, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The sum of all elements, or along `dim`.  https://pytorch.org/docs/stable/generated/torch.sum.html"""
    if dim is None and not keepdim:
        return sum_all(input, numpy_dtype(dtype))
    return sum_dims(input, every(dim), keepdim, numpy_dtype(dtype))


@op(node="NansumBackward0")
def nansum_dims(xp, x, /, dim, keepdim, dtype):
    """y = sum of the x_i that are not NaN    gx_i = g there, 0 at a NaN"""
    return sum_dims.op.body(xp, xp.where(x == x, x, xp.zeros((), x.dtype)), dim, keepdim, dtype)


nansum_dims.backward(x=lambda g, x, dim, keepdim: kept(g, x.shape, dim, keepdim) * (x == x))


@method
@numpy_names
def nansum(input: Tensor, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The sum with every NaN as 0.  https://pytorch.org/docs/stable/generated/torch.nansum.html"""
    return nansum_dims(input, every(dim), keepdim, numpy_dtype(dtype))


def mean_body(xp, x, /, dim, keepdim, dtype):
    """y = sum_i x_i / n    gx_i = g / n"""
    given, x = ("Input dtype", x) if dtype is None else ("Optional dtype", astype(x, dtype))
    if x.dtype.kind not in "fc":
        raise RuntimeError(f"mean(): could not infer output dtype. {given} must be either a floating point or complex "
                           f"dtype. Got: {CAPITAL[x.dtype.name]}")
    return (add_up(x, dim, keepdim) / count(x.shape, dim)).astype(x.dtype, copy=False)


mean_all, mean_dims = op(mean_body, node="MeanBackward0"), op(mean_body, node="MeanBackward1")
for _mean in (mean_all, mean_dims):
    _mean.backward(x=lambda g, x_shape, dim, keepdim: kept(g, x_shape, dim, keepdim) / (count(x_shape, dim) or 1))


@method
@numpy_names
def mean(input: Tensor, dim=None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The average of all elements, or along `dim`.  https://pytorch.org/docs/stable/generated/torch.mean.html"""
    of = mean_all if dim is None and not keepdim else mean_dims
    return of(input, every(dim), keepdim, numpy_dtype(dtype))


def prod_body(xp, x, /, dim, keepdim, dtype):
    """y = x_1 x_2 ... x_n    gx_i = g * (the product of the others) = g * y / x_i, if no x_i is 0"""
    x = x if dtype is None else astype(x, dtype)
    return x.prod(axis=dim, keepdims=keepdim, dtype=ADDED_IN.get(x.dtype)).astype(sum_type(x, dtype), copy=False)


def prod_rule(g, x, y, dim, keepdim):
    if x.ndim == 0:
        return g
    if dim is None:
        g, y, x_flat = g.reshape(1), y.reshape(1), x.reshape(-1)
        return prod_rule(g, x_flat, y, 0, True).reshape(x.shape)
    g, y = kept(g, x.shape, dim, keepdim), kept(y, x.shape, dim, keepdim)
    if not (x == 0).any():
        return g * y / x
    return g * spared(x, dim).prod(-1).movedim(-1, dim)


def spared(x: Tensor, dim: int) -> Tensor:
    """x n times over, in the k-th copy 1 for x_k: products of it leave x_k out.    (..., k, i), i along x's `dim`"""
    return x.movedim(dim, -1).unsqueeze(-2).masked_fill(eye(x.shape[dim], dtype=bool_, device=x.device), 1)


prod_all, prod_dim = op(prod_body, node="ProdBackward0"), op(prod_body, node="ProdBackward1")
for _prod in (prod_all, prod_dim):
    _prod.backward(x=prod_rule)


@method
@numpy_names
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The product of all elements, or along `dim`.  https://pytorch.org/docs/stable/generated/torch.prod.html"""
    return (prod_all if dim is None else prod_dim)(input, dim, keepdim, numpy_dtype(dtype))


# ---------------------------------------------------------------- variance


def moments(x, dim, correction, keepdim, name: str, refused: str):
    """(var, mean), each with the reduced dimensions kept; two passes, for no digits are lost then."""
    if x.dtype.kind not in "fc":
        raise RuntimeError(f"{refused} only support floating point and complex dtypes")
    n = count(x.shape, dim)
    if n - correction <= 0:
        warnings.warn(f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the reduction "
                      "factor (input numel divided by output numel).", UserWarning, stacklevel=2)
    m = add_up(x, dim, True) / n
    d = x - m
    freedom = n - correction if n > correction else 0
    v = add_up(d * d if d.dtype.kind == "f" else (d * d.conj()).real, dim, True) / freedom
    axes = listed(x.shape, dim)
    results = (v, m) if keepdim else (v.squeeze(axes), m.squeeze(axes))
    return [results[0].astype(x.real.dtype, copy=False), results[1].astype(x.dtype, copy=False)]


def var_gradient(g, x, dim, correction, keepdim):
    """g's way through the variance alone.    d var / d x_i = 2 (x_i - mean x) / (n - correction)"""
    share = kept(g, x.shape, dim, keepdim) * 2 / (count(x.shape, dim) - correction)
    return (x - x.mean(dim, keepdim=True)).conj() * share


def of_var(g, y):
    """The gradient of the variance y^2, given that of the deviation y; 0 where y = 0, a kink."""
    return (g / (y * 2)).masked_fill(y == 0, 0)


@op(node="VarBackward0")
def var_dims(xp, x, /, dim, correction, keepdim):
    """y = sum_i (x_i - mean x)^2 / (n - correction)    gx_i = g * 2 (x_i - mean x) / (n - correction)"""
    return moments(x, dim, correction, keepdim, "var", "std and var")[0]


var_dims.backward(x=var_gradient)


@op(node="StdBackward0")
def std_dims(xp, x, /, dim, correction, keepdim):
    """y = sqrt(var x)    gx_i = g * (x_i - mean x) / (n - correction) / y, 0 where y = 0"""
    return xp.sqrt(moments(x, dim, correction, keepdim, "std", "std and var")[0])


std_dims.backward(x=lambda g, y, x, dim, correction, keepdim: var_gradient(of_var(g, y), x, dim, correction, keepdim))


@op(outputs="var mean", node="VarMeanBackward0")
def var_mean_dims(xp, x, /, dim, correction, keepdim):
    """Both, from one pass over x.    gx = the variance's + gmean / n"""
    return moments(x, dim, correction, keepdim, "var_mean", "var_mean")


@op(outputs="std mean", node="StdMeanBackward0")
def std_mean_dims(xp, x, /, dim, correction, keepdim):
    """Both, from one pass over x.    gx = the deviation's + gmean / n"""
    v, m = moments(x, dim, correction, keepdim, "std_mean", "std_mean")
    return xp.sqrt(v), m


def var_mean_rule(g_var, g_mean, x, dim, correction, keepdim):
    gx = 0 if g_var is None else var_gradient(g_var, x, dim, correction, keepdim)
    return gx if g_mean is None else gx + kept(g_mean, x.shape, dim, keepdim) / count(x.shape, dim)


def std_mean_rule(g_std, g_mean, std, x, dim, correction, keepdim):
    return var_mean_rule(g_std if g_std is None else of_var(g_std, std), g_mean, x, dim, correction, keepdim)


var_mean_dims.backward(x=var_mean_rule)
std_mean_dims.backward(x=std_mean_rule)


def corrected(dim, unbiased, correction) -> tuple:
    """(dim, correction) of var(dim, unbiased), var(unbiased) and var(dim, correction=...)."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return every(dim), (1 if unbiased else 0) if correction is None else correction


@method
@numpy_names
def var(input: Tensor, dim=None, unbiased: bool = True, keepdim: bool = False, *, correction=None) -> Tensor:
    """The variance of all elements, or along `dim`.  https://pytorch.org/docs/stable/generated/torch.var.html"""
    return var_dims(input, *corrected(dim, unbiased, correction), keepdim)


@method
@numpy_names
def std(input: Tensor, dim=None, unbiased: bool = True, keepdim: bool = False, *, correction=None) -> Tensor:
    """The standard deviation of all elements, or along `dim`.  https://pytorch.org/docs/stable/generated/torch.std.html"""
    return std_dims(input, *corrected(dim, unbiased, correction), keepdim)


@numpy_names
def var_mean(input: Tensor, dim=None, unbiased: bool = True, keepdim: bool = False, *, correction=None) -> tuple:
    """(variance, mean).  https://pytorch.org/docs/stable/generated/torch.var_mean.html"""
    return tuple(var_mean_dims(input, *corrected(dim, unbiased, correction), keepdim))


@numpy_names
def std_mean(input: Tensor, dim=None, unbiased: bool = True, keepdim: bool = False, *, correction=None) -> tuple:
    """(standard deviation, mean).  https://pytorch.org/docs/stable/generated/torch.std_mean.html"""
    return tuple(std_mean_dims(input, *corrected(dim, unbiased, correction), keepdim))


# ---------------------------------------------------------------- extremes


def refuse_empty(name: str, x, dim) -> None:
    """Nothing has no largest element."""
    if x.size == 0 and dim is None:
        raise RuntimeError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                           "Specify the reduction dim with the 'dim' argument.")
    for d in listed(x.shape, dim) if x.size == 0 else ():
        if x.shape[d] == 0:
            raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")


def to_ties(g, x, y):
    """g in equal parts to all elements that are the extreme y; to the NaNs, if y is one."""
    extreme = (x == y) | ((x != x) & (y != y))
    return g * extreme / extreme.sum()


@op(node="MaxBackward1")
def max_all(xp, x, /):
    """y = max_i x_i, NaN if there is one    gx_i = g / (number of ties) where x_i = y, else 0"""
    refuse_empty("max", x, None)
    return x.max()


@op(node="MinBackward1")
def min_all(xp, x, /):
    """y = min_i x_i, NaN if there is one    gx_i = g / (number of ties) where x_i = y, else 0"""
    refuse_empty("min", x, None)
    return x.min()


max_all.backward(x=to_ties)
min_all.backward(x=to_ties)


def pick(xp, x, indices, dim, keepdim):
    """(the elements at `indices` along `dim`, the indices)"""
    values = xp.take_along_axis(x, indices, dim)
    return (values, indices) if keepdim else (values.squeeze(dim), indices.squeeze(dim))


def to_index(g_values, indices, x_shape, dim, keepdim):
    g_values, indices = kept(g_values, x_shape, dim, keepdim), kept(indices, x_shape, dim, keepdim)
    return g_values.new_zeros(x_shape).scatter(dim, indices, g_values)


def to_index_fused(xp, g_values, indices, x_shape, dim, keepdim):
    gx = xp.zeros(x_shape, g_values.dtype)
    if x_shape:
        indices, g_values = kept(indices, x_shape, dim, keepdim), kept(g_values, x_shape, dim, keepdim)
        xp.put_along_axis(gx, indices, g_values, dim)
        return gx,
    return g_values,


@op(outputs="values indices", node="MaxBackward0")
def max_dim(xp, x, /, dim, keepdim):
    """values = max_i x_i along `dim`, indices = the first i where it is    gx_i = g at that i, else 0"""
    refuse_empty("max", x, dim)
    return pick(xp, x, x.argmax(axis=dim, keepdims=True), dim, keepdim)


@op(outputs="values indices", node="MinBackward0")
def min_dim(xp, x, /, dim, keepdim):
    """values = min_i x_i along `dim`, indices = the first i where it is    gx_i = g at that i, else 0"""
    refuse_empty("min", x, dim)
    return pick(xp, x, x.argmin(axis=dim, keepdims=True), dim, keepdim)


for _extreme in (max_dim, min_dim):
    _extreme.backward(x=to_index)
    _extreme.fused_backward(to_index_fused)


@method
@numpy_names
def max(input: Tensor, dim=None, keepdim: bool = False, *, other: Tensor | None = None):
    """max(): the largest element; max(dim): (values, indices) along it; max(other): elementwise.

    https://pytorch.org/docs/stable/generated/torch.max.html
    """
    if isinstance(dim, Tensor) or other is not None:
        return input.maximum(dim if other is None else other)
    return max_all(input) if dim is None else max_dim(input, dim, keepdim)


@method
@numpy_names
def min(input: Tensor, dim=None, keepdim: bool = False, *, other: Tensor | None = None):
    """min(): the smallest element; min(dim): (values, indices) along it; min(other): elementwise.

    https://pytorch.org/docs/stable/generated/torch.min.html
    """
    if isinstance(dim, Tensor) or other is not None:
        return input.minimum(dim if other is None else other)
    return min_all(input) if dim is None else min_dim(input, dim, keepdim)


def to_ties_along(g, x, y, dim, keepdim):
    extreme = x == kept(y, x.shape, dim, keepdim)
    return kept(g, x.shape, dim, keepdim) * extreme / extreme.sum(dim, keepdim=True)


@op(node="AmaxBackward0")
def amax_dims(xp, x, /, dim, keepdim):
    """y = max_i x_i along `dim`    gx_i = g / (number of ties) where x_i = y, else 0"""
    refuse_empty("amax", x, dim)
    return x.max(axis=dim, keepdims=keepdim)


@op(node="AminBackward0")
def amin_dims(xp, x, /, dim, keepdim):
    """y = min_i x_i along `dim`    gx_i = g / (number of ties) where x_i = y, else 0"""
    refuse_empty("amin", x, dim)
    return x.min(axis=dim, keepdims=keepdim)


amax_dims.backward(x=to_ties_along)
amin_dims.backward(x=to_ties_along)


@method
@numpy_names
def amax(input: Tensor, dim=(), keepdim: bool = False) -> Tensor:
    """The largest element along some dimensions.  https://pytorch.org/docs/stable/generated/torch.amax.html"""
    return amax_dims(input, every(dim), keepdim)


@method
@numpy_names
def amin(input: Tensor, dim=(), keepdim: bool = False) -> Tensor:
    """The smallest element along some dimensions.  https://pytorch.org/docs/stable/generated/torch.amin.html"""
    return amin_dims(input, every(dim), keepdim)


def refuse_index(name: str, x, dim) -> None:
    """argmax's sentences."""
    if x.dtype == bool:
        raise RuntimeError(f"{name}(): does not support bool input")
    if x.size == 0 and dim is None:
        raise IndexError(f"{name}(): Expected reduction dim to be specified for input.numel() == 0.")
    refuse_empty(name, x, dim)


@method
@numpy_names
@op
def argmax(xp, x, /, dim=None, keepdim=False):
    """The first index of the largest element along `dim`, or among all in row-major order."""
    refuse_index("argmax", x, dim)
    return x.argmax(axis=dim, keepdims=keepdim)


@method
@numpy_names
@op
def argmin(xp, x, /, dim=None, keepdim=False):
    """The first index of the smallest element along `dim`, or among all in row-major order."""
    refuse_index("argmin", x, dim)
    return x.argmin(axis=dim, keepdims=keepdim)


# ---------------------------------------------------------------- truth and counts


@method
@numpy_names
@op
def all(xp, x, /, dim=None, keepdim=False):
    """Whether no element is zero; of uint8, as uint8."""
    y = xp.all(x, axis=dim, keepdims=keepdim)
    return y.astype(x.dtype) if x.dtype.name == "uint8" else y


@method
@numpy_names
@op
def any(xp, x, /, dim=None, keepdim=False):
    """Whether some element is not zero; of uint8, as uint8."""
    y = xp.any(x, axis=dim, keepdims=keepdim)
    return y.astype(x.dtype) if x.dtype.name == "uint8" else y


@op
def count_dims(xp, x, /, dim):
    """How many elements are not zero."""
    return (x != 0).sum(axis=dim)


@method
@numpy_names
def count_nonzero(input: Tensor, dim=None) -> Tensor:
    """How many elements are not zero.  https://pytorch.org/docs/stable/generated/torch.count_nonzero.html"""
    return count_dims(input, every(dim))


# ---------------------------------------------------------------- logsumexp


@method
@numpy_names
@op(promotes="float")
def logsumexp(xp, x, /, dim, keepdim=False):
    """The smooth maximum, as softmax's denominator.

    y = log sum_i exp(x_i) = m + log sum_i exp(x_i - m)      m = max x keeps exp from overflowing
    gx_i = g * exp(x_i - y)
    """
    wide = x.astype(ADDED_IN.get(x.dtype, x.dtype), copy=False)
    m = wide.max(axis=dim, keepdims=True) if x.size else xp.zeros((), wide.dtype)
    m = xp.where(xp.isfinite(m), m, xp.zeros((), m.dtype))  # inf - inf would be NaN
    y = xp.log(xp.exp(wide - m).sum(axis=dim, keepdims=True)) + m
    return (y if keepdim else y.squeeze(dim)).astype(x.dtype, copy=False)


logsumexp.backward(x=lambda g, x, y, dim, keepdim: (
    kept(g, x.shape, dim, keepdim) * (x - kept(y, x.shape, dim, keepdim)).exp()))

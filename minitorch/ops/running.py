"""Along one dimension: running extremes, differences, integrals.

Read next: sort.py, for cumsum and cumprod; search.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..autograd.op import op
from ..tensor import Tensor, method, wrap_dim
from .elementwise import refuse
from .join import cat
from .reduce import numpy_names

__all__: list[str] = ["cummax", "cummin", "cumulative_trapezoid", "diff", "gradient", "logcumsumexp", "trapezoid",
                      "trapz"]

# ---------------------------------------------------------------- running extremes


def running(xp, x, dim: int, accumulate) -> tuple:
    """The extreme so far, and where it was last; a NaN stays."""
    values = accumulate(x, axis=dim)
    places = xp.arange(x.shape[dim]).reshape((-1,) + (1,) * (x.ndim - dim - 1))
    return values, xp.maximum.accumulate(xp.where((x == values) | (x != x), places, 0), axis=dim)


def to_running(g_values, indices, x_shape, dim):
    return g_values.new_zeros(x_shape).scatter_add(dim, indices, g_values)


@op(outputs="values indices", node="CummaxBackward0")
def cummax_along(xp, x, /, dim):
    """values_i = max(x_1, ..., x_i), indices = where it is last    gx = g added up at the indices"""
    return running(xp, x, dim, xp.maximum.accumulate)


@op(outputs="values indices", node="CumminBackward0")
def cummin_along(xp, x, /, dim):
    """values_i = min(x_1, ..., x_i), indices = where it is last    gx = g added up at the indices"""
    return running(xp, x, dim, xp.minimum.accumulate)


cummax_along.backward(x=to_running)
cummin_along.backward(x=to_running)


@method
@numpy_names
def cummax(input: Tensor, dim: int) -> tuple:
    """(values, indices) of the largest so far.  https://pytorch.org/docs/stable/generated/torch.cummax.html"""
    return cummax_along(input, dim)


@method
@numpy_names
def cummin(input: Tensor, dim: int) -> tuple:
    """(values, indices) of the smallest so far.  https://pytorch.org/docs/stable/generated/torch.cummin.html"""
    return cummin_along(input, dim)


@op(node="LogcumsumexpBackward0")
def logcumsumexp_along(xp, x, /, dim):
    """y_i = log(e^x_1 + ... + e^x_i)    gx_i = sum_(j >= i) g_j e^(x_i - y_j)"""
    refuse(x, "biu", "logcumsumexp_out_cpu")
    return xp.logaddexp.accumulate(x, axis=dim) if x.size else x.copy()


def logcumsumexp_rule(g, x, y, dim):
    """In logarithms, g's positive and negative parts apart: neither e^x nor e^-y may be formed."""
    return positive_part(g, x, y, dim) - positive_part(-g, x, y, dim)


def positive_part(g, x, y, dim):
    log = g.masked_fill(g <= 0, 1).log().masked_fill(g <= 0, -float("inf")) - y
    return (log.flip(dim).logcumsumexp(dim).flip(dim) + x).exp()


logcumsumexp_along.backward(x=logcumsumexp_rule)


@method
@numpy_names
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """Running logsumexp.  https://pytorch.org/docs/stable/generated/torch.logcumsumexp.html"""
    return logcumsumexp_along(input, dim)


# ---------------------------------------------------------------- differences


@method
@numpy_names
def diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
         append: Tensor | None = None) -> Tensor:
    """The n-th differences of neighbours along `dim`.  https://pytorch.org/docs/stable/generated/torch.diff.html"""
    if input.array.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = wrap_dim(dim, input.array.ndim)
    ends = [t for t in (prepend, input, append) if t is not None]
    x = cat(ends, dim) if len(ends) > 1 else input
    if n == 0:
        return x.clone() if x is input else x
    for _ in range(min(n, x.array.shape[dim])):
        after, before = x.narrow(dim, 1, x.array.shape[dim] - 1), x.narrow(dim, 0, x.array.shape[dim] - 1)
        x = after ^ before if x.array.dtype.kind == "b" else after - before
    return x


def slope(x: Tensor, spacing, dim: int, edge_order: int) -> Tensor:
    """dx / dt along one dimension: central differences inside, one-sided ones at the two ends.

    With steps a before and b after a point, (x_(+1) - x_0) / b and (x_0 - x_(-1)) / a weigh a and b, over a + b.
    """
    n = x.array.shape[dim]
    part = lambda start, length: x.narrow(dim, start, length)
    if isinstance(spacing, Tensor):
        steps = spacing.diff()
        shape = [-1 if k == dim else 1 for k in range(x.array.ndim)]
        h = lambda start, length: steps.narrow(0, start, length).reshape(shape)
    else:
        h = lambda start, length: spacing
    rise = lambda start, length: (part(start + 1, length) - part(start, length)) / h(start, length)
    first, last = rise(0, 1), rise(n - 2, 1)
    if edge_order == 2:
        a, b, c, d = h(0, 1), h(1, 1), h(n - 3, 1), h(n - 2, 1)
        first = first - a * (rise(1, 1) - rise(0, 1)) / (a + b)
        last = last + d * (rise(n - 2, 1) - rise(n - 3, 1)) / (c + d)
    if n == 2:
        return cat([first, last], dim)
    a, b = h(0, n - 2), h(1, n - 2)
    return cat([first, (a * rise(1, n - 2) + b * rise(0, n - 2)) / (a + b), last], dim)


def gradient(input: Tensor, *, spacing=1, dim: int | Sequence[int] | None = None, edge_order: int = 1) -> tuple:
    """Estimates of the derivative along each of `dim`, from neighbours; `spacing` is steps, or coordinates.

    https://pytorch.org/docs/stable/generated/torch.gradient.html
    """
    if edge_order not in (1, 2):
        raise RuntimeError("minitorch.gradient only supports edge_order=1 and edge_order=2.")
    ndim = input.array.ndim
    several = isinstance(spacing, (list, tuple))
    if dim is None:
        dims = list(range(ndim))
    else:
        dims = [wrap_dim(d, ndim) for d in ([dim] if isinstance(dim, int) else dim)]
    spacings = list(spacing) if several else [spacing] * len(dims)
    if len(spacings) != len(dims):
        raise RuntimeError(f"minitorch.gradient expected spacing to be unspecified, a scalar or a list of length "
                           f"{len(dims)} but got a list of length {len(spacings)}")
    if any(input.array.shape[d] < edge_order + 1 for d in dims):
        raise RuntimeError("minitorch.gradient expected each dimension size to be at least edge_order+1")
    return tuple([slope(input, s, d, edge_order) for s, d in zip(spacings, dims)])


# ---------------------------------------------------------------- integrals


def panels(name: str, y: Tensor, x: Tensor | None, dx, dim: int) -> Tensor:
    """The areas between neighbours: their mean times the distance of their x."""
    dim = wrap_dim(dim, y.array.ndim)
    n = max(y.array.shape[dim] - 1, 0)
    pairs = y.narrow(dim, 1 if n else 0, n) + y.narrow(dim, 0, n)
    if x is None:
        return pairs * (dx / 2)
    if x.array.ndim == 1:
        if x.array.shape[0] != y.array.shape[dim]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        x = x.reshape([-1 if k == dim else 1 for k in range(y.array.ndim)])
        along = dim
    else:
        along = wrap_dim(dim - y.array.ndim, x.array.ndim)
    m = max(x.array.shape[along] - 1, 0)
    return pairs * (x.narrow(along, 1 if m else 0, m) - x.narrow(along, 0, m)) / 2


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """The integral by the trapezoid rule.  https://pytorch.org/docs/stable/generated/torch.trapezoid.html"""
    return panels("trapezoid", y, x, dx, dim).sum(dim)


def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """The running integral.  https://pytorch.org/docs/stable/generated/torch.cumulative_trapezoid.html"""
    return panels("cumulative_trapezoid", y, x, dx, dim).cumsum(dim)


trapz = trapezoid

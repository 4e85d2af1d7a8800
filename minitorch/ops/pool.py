"""Pooling: the maximum or the mean of windows, and of as many windows as outputs are wanted (adaptive).

A window is a `range` of positions along each spatial dimension (the last one, two or three), cut off where it leaves
the input. The ops know nothing of strides and paddings: they are given, for each dimension, the ranges.
Read next: pool_arguments.py, where they come from; conv.py, whose windows are all alike and need no list.
"""

from __future__ import annotations

import functools
import itertools
import math
from bisect import bisect_right

import numpy as np

from ..autograd.op import op
from ..tensor import Tensor, expect_tensor
from .pool_arguments import (
    adaptive,
    check_adaptive,
    check_line,
    check_max_pool1d,
    check_unpool,
    each_side,
    is_omitted,
    line_number,
    output_sides,
    refuse_kinds,
    side_by_side,
    single,
    sliding_windows,
    unpooled_size,
)

__all__: list[str] = ["adaptive_avg_pool1d", "adaptive_max_pool1d", "avg_pool1d", "max_pool1d", "max_pool2d",
                      "max_pool3d"]

BOTH = 2, 3  # numbers of spatial dimensions; one dimension is pooled as a plane of one row

# ---------------------------------------------------------------- maximum


def table(xp, windows: tuple):
    """The position of each element of each window (count, longest); a short window repeats its last element."""
    longest = max(map(len, windows), default=0)
    return xp.asarray([[w[min(k, len(w) - 1)] for k in range(longest)] for w in windows], dtype=np.int64)


def step_of(windows: tuple) -> int:
    """How far apart full windows are, all alike; 0 where they are not."""
    steps = {b.start - a.start for a, b in itertools.pairwise(windows)} or {1}
    return steps.pop() if len(steps) == len({len(w) for w in windows}) == 1 else 0


def selectors(xp, windows: tuple) -> list:
    """How to take out of the input, for each element of the windows in turn, that element of every window.

    Slices, which copy nothing, where all windows are full and equally far apart.
    """
    steps = [step_of(side) for side in windows]
    if all(steps):
        return [(..., *[slice(i, i + n * (len(side) - 1) + 1, n) for i, n, side in zip(first, steps, windows)])
                for first in itertools.product(*[side[0] for side in windows])]
    tables = [table(xp, side) for side in windows]
    return [(..., *xp.ix_(*[t[:, k] for t, k in zip(tables, element)]))
            for element in itertools.product(*[range(t.shape[1]) for t in tables])]


def max_windows(xp, x, /, windows):
    """The maximum of each window, and where in its plane it is: the first maximum, or the last NaN.

    y[p] = max over i in windows[p] of x[i]    gx = g added at the positions of the maxima
    """
    shape = (*x.shape[:-len(windows)], *map(len, windows))
    if not all(windows) or not x.size:
        return xp.zeros(shape, x.dtype), xp.zeros(shape, np.int64)
    elements = [x[at] for at in selectors(xp, windows)]
    y = elements[0].copy()
    for element in elements[1:]:
        xp.maximum(y, element, out=y)  # a NaN stays
    before, which = xp.ones(shape, bool), xp.zeros(shape, np.int32)
    for element in elements:  # count the elements before the first that is the maximum: no branch, no index
        before &= element != y
        which += before
    if before.any():  # NaN equals nothing
        for k, element in enumerate(elements):
            which[xp.isnan(element)] = k
    return y, positions(xp, which, windows, x.shape[-len(windows):])


def positions(xp, which, windows: tuple, size: tuple):
    """Where in the plane the element number `which` of each window lies."""
    tables, at = [table(xp, side) for side in windows], 0
    number = xp.unravel_index(which, tuple([t.shape[1] for t in tables]))
    for d, (t, n) in enumerate(zip(tables, size)):
        window = xp.arange(len(t)).reshape(-1, *(1,) * (len(tables) - 1 - d))
        at = at * n + t[window, number[d]]
    return at


def max_rule(g_values, indices, x_shape, windows):
    n = len(windows)
    plane = g_values.new_zeros((*x_shape[:-n], math.prod(x_shape[-n:])))
    return plane.scatter_add(-1, indices.flatten(-n), g_values.flatten(-n)).reshape(x_shape)


def max_fused(xp, g_values, indices, x_shape, windows):
    """The same with all planes in a row."""
    n = len(windows)
    gx, plane = xp.zeros(math.prod(x_shape), g_values.dtype), math.prod(x_shape[-n:])
    planes = xp.arange(math.prod(x_shape[:-n])).reshape(*x_shape[:-n], *(1,) * n) * plane
    xp.add.at(gx, (indices + planes).reshape(-1), g_values.reshape(-1))
    return (gx.reshape(x_shape),)


max_pool = {n: op(max_windows, outputs="values indices", node=f"MaxPool{n}DWithIndicesBackward0") for n in BOTH}
adaptive_max_pool = {n: op(max_windows, outputs="values indices", node=f"AdaptiveMaxPool{n}DBackward0") for n in BOTH}
for call in (*max_pool.values(), *adaptive_max_pool.values()):
    call.backward(x=max_rule)
    call.fused_backward(max_fused)


def put_back(xp, x, indices, /, size):
    """Each value at its index in a plane of zeros: what a max_pool left, where it was.

    y[indices[p]] = x[p]    gx[p] = g[indices[p]]
    """
    lead = x.shape[:-len(size)]
    plane = xp.zeros((*lead, math.prod(size)), x.dtype)
    xp.put_along_axis(plane, indices.reshape(*lead, -1), x.reshape(*lead, -1), -1)
    return plane.reshape(*lead, *size)


def put_back_rule(g, indices, x_shape, size):
    flat = (*x_shape[:-len(size)], -1)
    return g.reshape(flat).gather(-1, indices.reshape(flat)).reshape(x_shape)


unpool = {n: op(put_back, node=f"MaxUnpool{n}DBackward0") for n in BOTH}
for call in unpool.values():
    call.backward(x=put_back_rule)


# ---------------------------------------------------------------- mean


def transposed(windows: tuple, n: int) -> tuple:
    """For each position in 0..n, which windows hold it: neighbours, since windows begin and end in order."""
    starts, stops = [w.start for w in windows], [w.stop for w in windows]
    return tuple([range(bisect_right(stops, i), bisect_right(starts, i)) for i in range(n)])


def sum_along(xp, x, axis: int, windows: tuple):
    """The sum of x over each window of one axis: one pass for each element of the longest window."""
    longest, stops = max(map(len, windows), default=0), np.array([w.stop for w in windows])
    y = xp.zeros((*x.shape[:axis], len(windows), *x.shape[axis + 1:]), x.dtype)
    for k in range(longest):
        at = np.array([w.start + k for w in windows])
        part = x.take(xp.asarray(np.minimum(at, x.shape[axis] - 1)), axis)
        inside = at < stops
        if not inside.all():
            part = xp.where(xp.asarray(inside).reshape(-1, *(1,) * (x.ndim - axis - 1)), part, 0)
        y += part
    return y


@op
def sum_windows(xp, x, /, windows):
    """y[p] = sum over i in windows[p] of x[i]

    gx[i] = sum of g over the windows that hold i: the same operation, its windows transposed
    """
    y = x.astype(xp.float32) if x.dtype == np.float16 else x
    for d, side in enumerate(windows, x.ndim - len(windows)):
        y = sum_along(xp, y, d, side)
    return y.astype(x.dtype, copy=False)


def sum_rule(g, x_shape, windows):
    return sum_windows(g, tuple([transposed(side, n) for side, n in zip(windows, x_shape[-len(windows):])]))


sum_windows.backward(x=sum_rule)


def mean_windows(xp, x, /, windows, divisor):
    """Sums over windows, divided.    y = sum_windows(x) / divisor    gx = (g / divisor) spread over the windows

    `divisor` is a number, or its factors along each dimension. Integers are cut off towards zero.
    """
    y = sum_windows.__wrapped_body__(xp, x, windows)
    over = divisor if isinstance(divisor, int) else xp.asarray(product(divisor).astype(y.dtype))
    return y / over if y.dtype.kind == "f" else xp.sign(y) * xp.sign(over) * (abs(y) // abs(over))


def product(factors: tuple):
    """factors[0][p] * factors[1][q] * ... for all p, q, ..."""
    return functools.reduce(np.multiply.outer, map(np.asarray, factors))


def mean_rule(g, x_shape, windows, divisor):
    return sum_rule(g / (divisor if isinstance(divisor, int) else g.new_tensor(product(divisor))), x_shape, windows)


avg_pool = {n: op(mean_windows, node=f"AvgPool{n}DBackward0") for n in BOTH}
adaptive_avg_pool = {n: op(mean_windows, node=f"AdaptiveAvgPool{n}DBackward0") for n in BOTH}
for call in (*avg_pool.values(), *adaptive_avg_pool.values()):
    call.backward(x=mean_rule)


# ---------------------------------------------------------------- torch's functions: sliding windows


def max_pools(n: int, input: Tensor, kernel_size, stride, padding, dilation, ceil_mode: bool, return_indices: bool):
    name = f"max_pool{n}d"
    expect_tensor(input, name)
    arguments = each_side(n, name, kernel_size, stride, padding, dilation)
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input")
    windows = sliding_windows(name, input, *arguments, ceil_mode)
    refuse_kinds(input, "b", name)
    values, indices = max_pool[n](input, windows)
    return (values, indices) if return_indices else values


def max_pool2d(input: Tensor, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False,
               return_indices: bool = False):
    """Maxima of windows.  https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html"""
    return max_pools(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(input: Tensor, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False,
               return_indices: bool = False):
    """Maxima of windows.  https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool3d.html"""
    return max_pools(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d(input: Tensor, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False,
               return_indices: bool = False):
    """Maxima of windows of (N, C, L).  https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html"""
    kernel, padding = line_number("kernel_size", kernel_size), line_number("padding", padding)
    dilation = line_number("dilation", dilation)
    stride = kernel if is_omitted(stride) else line_number("stride", stride)
    check_max_pool1d(input, kernel, stride, padding, dilation, ceil_mode)
    plane = input.unsqueeze(-2)
    values, indices = max_pool2d(plane, (1, kernel), (1, stride), (0, padding), (1, dilation), ceil_mode, True)
    return (values.squeeze(-2), indices.squeeze(-2)) if return_indices else values.squeeze(-2)


def avg_pools(n: int, input: Tensor, kernel_size, stride, padding, ceil_mode: bool, count_include_pad: bool,
              divisor_override: int | None) -> Tensor:
    name = f"avg_pool{n}d"
    expect_tensor(input, name)
    kernel, stride, padding, dilation = each_side(n, name, kernel_size, stride, padding)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    windows = sliding_windows(name, input, kernel, stride, padding, dilation, ceil_mode)
    refuse_kinds(input, "iub", "avg_pool2d" if n == 2 else "avg_pool3d_out_frame", except_type="int64")
    divisor = divisor_override or tuple([
        [min(i * s - p + k, m + p) - (i * s - p) if count_include_pad else len(w) for i, w in enumerate(side)]
        for side, m, k, s, p in zip(windows, input.shape[-n:], kernel, stride, padding)])
    return avg_pool[n](input, windows, divisor)


def avg_pool2d(input: Tensor, kernel_size, stride=None, padding=0, ceil_mode: bool = False,
               count_include_pad: bool = True, divisor_override: int | None = None) -> Tensor:
    """Means of windows.  https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html

    Padding counts as zeros (`count_include_pad`), but not what lies beyond it where `ceil_mode` reaches out.
    """
    return avg_pools(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(input: Tensor, kernel_size, stride=None, padding=0, ceil_mode: bool = False,
               count_include_pad: bool = True, divisor_override: int | None = None) -> Tensor:
    """Means of windows.  https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool3d.html"""
    return avg_pools(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool1d(input: Tensor, kernel_size, stride=None, padding=0, ceil_mode: bool = False,
               count_include_pad: bool = True) -> Tensor:
    """Means of windows of (N, C, L).  https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html"""
    check_line("avg_pool1d", input)
    kernel, padding = single("avg_pool1d", "kernel_size", kernel_size), single("avg_pool1d", "padding", padding)
    stride = kernel if is_omitted(stride) else single("avg_pool1d", "stride", stride)
    if stride == 0:
        raise RuntimeError("stride should not be zero")
    y = avg_pool2d(input.unsqueeze(-2), (1, kernel), (1, stride), (0, padding), ceil_mode, count_include_pad)
    return y.squeeze(-2)


def lp_pools(input: Tensor, norm_type: float, kernel_size, stride, ceil_mode: bool, count: int, max_pool, avg_pool):
    """(sum over each window of x^p)^(1/p): the p-norm of windows, for p infinite their largest |x|."""
    if norm_type == math.inf:
        return max_pool(input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    if norm_type == -math.inf:
        return -max_pool(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)
    mean = avg_pool(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    return (mean.sign() * mean.abs().relu()).mul(count).pow(1.0 / norm_type)


def lp_pool1d(input: Tensor, norm_type: float, kernel_size: int, stride=None, ceil_mode: bool = False) -> Tensor:
    """p-norms of windows of (N, C, L).
    https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool1d.html
    """
    return lp_pools(input, norm_type, kernel_size, stride, ceil_mode, kernel_size, max_pool1d, avg_pool1d)


def lp_pool2d(input: Tensor, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False) -> Tensor:
    """p-norms of windows.  https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool2d.html"""
    count = math.prod(side_by_side(2, kernel_size))
    return lp_pools(input, norm_type, kernel_size, stride, ceil_mode, count, max_pool2d, avg_pool2d)


def lp_pool3d(input: Tensor, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False) -> Tensor:
    """p-norms of windows.  https://pytorch.org/docs/stable/generated/torch.nn.functional.lp_pool3d.html"""
    count = math.prod(side_by_side(3, kernel_size))
    return lp_pools(input, norm_type, kernel_size, stride, ceil_mode, count, max_pool3d, avg_pool3d)


# ---------------------------------------------------------------- torch's functions: adaptive windows


def adaptive_avg_pools(n: int, input: Tensor, output_size) -> Tensor:
    name = f"adaptive_avg_pool{n}d"
    size = output_sides(n, f"{name}: output_size must be {n}", output_size, input)
    if min(size) < 0:
        received = "{{{}, {}}}" if n == 2 else "{{{}, {},{}}}"
        raise RuntimeError(f"{name}: elements of output_size must be greater than or equal to 0 but received "
                           + received.format(*size))
    check_adaptive(n, name, input, n if n == 2 else n + 1, "")
    if size == (1,) * n:
        return input.mean(tuple(range(-1, -n - 1, -1)), keepdim=True)
    windows = tuple([adaptive(m, k) for m, k in zip(input.shape[-n:], size)])
    return adaptive_avg_pool[n](input, windows, tuple([[len(w) for w in side] for side in windows]))


def adaptive_max_pools(n: int, input: Tensor, output_size, return_indices: bool):
    name = f"adaptive_max_pool{n}d"
    size = output_sides(n, f"{name}(): internal error: output_size.size() must be {n}", output_size, input)
    check_adaptive(n, name, input, n + 1, ":")
    if min(size) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: {[*input.shape[:-n], *size]}")
    windows = tuple([adaptive(m, k) for m, k in zip(input.shape[-n:], size)])
    values, indices = adaptive_max_pool[n](input, windows)
    return (values, indices) if return_indices else values


def adaptive_avg_pool2d(input: Tensor, output_size) -> Tensor:
    """As many means as `output_size` says.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
    """
    return adaptive_avg_pools(2, input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size) -> Tensor:
    """As many means as `output_size` says.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool3d.html
    """
    return adaptive_avg_pools(3, input, output_size)


def adaptive_max_pool2d(input: Tensor, output_size, return_indices: bool = False):
    """As many maxima as `output_size` says.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
    """
    return adaptive_max_pools(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size, return_indices: bool = False):
    """As many maxima as `output_size` says.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html
    """
    return adaptive_max_pools(3, input, output_size, return_indices)


def adaptive_avg_pool1d(input: Tensor, output_size) -> Tensor:
    """As many means over (N, C, L) as `output_size` says."""
    check_line("adaptive_avg_pool1d", input)
    count = single("adaptive_avg_pool1d", "output_size", output_size)
    return adaptive_avg_pool2d(input.unsqueeze(-2), (1, count)).squeeze(-2)


def adaptive_max_pool1d(input: Tensor, output_size, return_indices: bool = False):
    """As many maxima over (N, C, L) as `output_size` says."""
    check_line("adaptive_max_pool1d", input)
    count = single("adaptive_max_pool1d", "output_size", output_size)
    for d in (-2, -1):
        if input.shape[d] == 0:
            raise RuntimeError("adaptive_max_pool1d(): Expected input to have non-zero size for non-batch dimensions, "
                               f"but input has sizes {list(input.shape)} with dimension {d + input.ndim} being empty")
    values, indices = adaptive_max_pool2d(input.unsqueeze(-2), (1, count), True)
    return (values.squeeze(-2), indices.squeeze(-2)) if return_indices else values.squeeze(-2)


# ---------------------------------------------------------------- torch's functions: back from maxima


def max_unpools(n: int, input: Tensor, indices: Tensor, kernel_size, stride, padding, output_size) -> Tensor:
    kernel = side_by_side(n, kernel_size)
    stride = kernel if stride is None else side_by_side(n, stride)
    size = unpooled_size(input.shape[-n:], kernel, stride, side_by_side(n, padding), output_size)
    if n == 1:
        return max_unpools_checked(2, input.unsqueeze(-1), indices.unsqueeze(-1), (*size, 1), (1, 1)).squeeze(-1)
    return max_unpools_checked(n, input, indices, size, stride)


def max_unpools_checked(n: int, input: Tensor, indices: Tensor, size: tuple, stride: tuple) -> Tensor:
    check_unpool(n, input, indices, size, stride)
    return unpool[n](input, indices, size)


def max_unpool1d(input: Tensor, indices: Tensor, kernel_size, stride=None, padding=0, output_size=None) -> Tensor:
    """The maxima of `max_pool1d` back in their places, zeros elsewhere.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool1d.html
    """
    return max_unpools(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(input: Tensor, indices: Tensor, kernel_size, stride=None, padding=0, output_size=None) -> Tensor:
    """The maxima of `max_pool2d` back in their places, zeros elsewhere.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool2d.html
    """
    return max_unpools(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(input: Tensor, indices: Tensor, kernel_size, stride=None, padding=0, output_size=None) -> Tensor:
    """The maxima of `max_pool3d` back in their places, zeros elsewhere.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.max_unpool3d.html
    """
    return max_unpools(3, input, indices, kernel_size, stride, padding, output_size)

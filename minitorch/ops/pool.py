"""Pooling: the maximum or the mean of windows, and of as many windows as outputs are wanted (adaptive).

A window is a `range` of positions along each of the two last dimensions, cut off where it leaves the input. The ops
know nothing of strides and paddings: they are given the ranges.
Read next: conv.py, whose windows are all alike and need no list.
"""

from __future__ import annotations

import math
from bisect import bisect_right

import numpy as np

from ..autograd.op import op
from ..dtype import CAPITAL
from ..tensor import Tensor

__all__: list[str] = ["adaptive_avg_pool1d", "avg_pool1d", "max_pool1d", "max_pool2d"]


# ---------------------------------------------------------------- windows along one dimension


def output_length(n: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """How many windows there are; rounding up, the last one must still start in the input or before it."""
    room = n + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= n + padding else count


def sliding(n: int, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> tuple:
    """The positions inside 0..n of each window."""
    reach = dilation * (kernel - 1) + 1
    starts = [p * stride - padding for p in range(output_length(n, kernel, stride, padding, dilation, ceil_mode))]
    return tuple([range(s if s >= 0 else s % dilation, min(s + reach, n), dilation) for s in starts])


def adaptive(n: int, count: int) -> tuple:
    """`count` windows that cover 0..n evenly; they may overlap by one."""
    return tuple([range(p * n // count, -(-(p + 1) * n // count)) for p in range(count)])


def transposed(windows: tuple, n: int) -> tuple:
    """For each position in 0..n, which windows hold it: neighbours, since windows begin and end in order."""
    starts, stops = [w.start for w in windows], [w.stop for w in windows]
    return tuple([range(bisect_right(stops, i), bisect_right(starts, i)) for i in range(n)])


# ---------------------------------------------------------------- maximum


def table(xp, windows: tuple):
    """The position of each element of each window (count, longest); a short window repeats its last element."""
    longest = max(map(len, windows), default=0)
    return xp.asarray([[w[min(k, len(w) - 1)] for k in range(longest)] for w in windows], dtype=np.int64)


def max_windows(xp, x, /, rows, columns):
    """The maximum of each window, and where in its plane it is: the first maximum, or the last NaN.

    y[p, q] = max over i in rows[p], j in columns[q] of x[i, j]    gx = g added at the positions of the maxima
    """
    if not rows or not columns or not x.size:
        shape = (*x.shape[:-2], len(rows), len(columns))
        return xp.zeros(shape, x.dtype), xp.zeros(shape, np.int64)
    i, j = table(xp, rows), table(xp, columns)
    elements = [(a, b) for a in range(i.shape[1]) for b in range(j.shape[1])]
    element = lambda a, b: x[..., i[:, a, None], j[:, b]]
    y = element(0, 0)
    for a, b in elements[1:]:
        xp.maximum(y, element(a, b), out=y)  # a NaN stays
    before, which = xp.ones(y.shape, bool), xp.zeros(y.shape, np.int32)
    for a, b in elements:  # count the elements before the first that is the maximum: no branch, no index
        before &= element(a, b) != y
        which += before
    if before.any():  # NaN equals nothing
        for k, (a, b) in enumerate(elements):
            which[xp.isnan(element(a, b))] = k
    a, b = xp.divmod(which, j.shape[1])
    return y, i[xp.arange(len(i))[:, None], a] * x.shape[-1] + j[xp.arange(len(j)), b]


max_pool = op(max_windows, outputs="values indices", node="MaxPool2DWithIndicesBackward0")
adaptive_max_pool = op(max_windows, outputs="values indices", node="AdaptiveMaxPool2DBackward0")


def max_rule(g_values, indices, x_shape):
    plane = g_values.new_zeros((*x_shape[:-2], math.prod(x_shape[-2:])))
    return plane.scatter_add(-1, indices.flatten(-2), g_values.flatten(-2)).reshape(x_shape)


def max_fused(xp, g_values, indices, x_shape):
    """The same with all planes in a row."""
    gx, plane = xp.zeros(math.prod(x_shape), g_values.dtype), math.prod(x_shape[-2:])
    planes = xp.arange(math.prod(x_shape[:-2])).reshape(*x_shape[:-2], 1, 1) * plane
    xp.add.at(gx, (indices + planes).reshape(-1), g_values.reshape(-1))
    return (gx.reshape(x_shape),)


for call in (max_pool, adaptive_max_pool):
    call.backward(x=max_rule)
    call.fused_backward(max_fused)


# ---------------------------------------------------------------- mean


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
def sum_windows(xp, x, /, rows, columns):
    """y[p, q] = sum over i in rows[p], j in columns[q] of x[i, j]

    gx[i, j] = sum of g over the windows that hold i, j: the same operation, its windows transposed
    """
    wide = x.astype(xp.float32) if x.dtype == np.float16 else x
    return sum_along(xp, sum_along(xp, wide, x.ndim - 2, rows), x.ndim - 1, columns).astype(x.dtype, copy=False)


def sum_rule(g, x_shape, rows, columns):
    return sum_windows(g, transposed(rows, x_shape[-2]), transposed(columns, x_shape[-1]))


sum_windows.backward(x=sum_rule)


def mean_windows(xp, x, /, rows, columns, divisor):
    """Sums over windows, divided.    y = sum_windows(x) / divisor    gx = (g / divisor) spread over the windows

    `divisor` is a number, or the factors (row_counts, column_counts). Integers are cut off towards zero.
    """
    y = sum_windows.__wrapped_body__(xp, x, rows, columns)
    over = divide_by(xp, divisor, y.dtype)
    return y / over if y.dtype.kind == "f" else xp.sign(y) * xp.sign(over) * (abs(y) // abs(over))


def divide_by(xp, divisor, dtype):
    if isinstance(divisor, int):
        return divisor
    return xp.asarray(np.outer(*divisor).astype(dtype))


def mean_rule(g, x_shape, rows, columns, divisor):
    if not isinstance(divisor, int):
        divisor = g.new_tensor(np.outer(*divisor))
    return sum_rule(g / divisor, x_shape, rows, columns)


avg_pool = op(mean_windows, node="AvgPool2DBackward0")
adaptive_avg_pool = op(mean_windows, node="AdaptiveAvgPool2DBackward0")
for call in (avg_pool, adaptive_avg_pool):
    call.backward(x=mean_rule)


# ---------------------------------------------------------------- arguments


def pair(value, sentence: str) -> tuple:
    """(height, width) of one number or two."""
    value = (value,) if isinstance(value, int) else tuple(value)
    if len(value) not in (1, 2):
        raise RuntimeError(sentence)
    return value * 2 if len(value) == 1 else value


def pairs(name: str, kernel_size, stride, padding, dilation=1) -> tuple:
    """Each argument as (height, width); no stride means the kernel's size."""
    must = f"{name}: {{}} must either be a single int, or a tuple of two ints"
    kernel = pair(kernel_size, must.format("kernel_size"))
    omitted = stride is None or (not isinstance(stride, int) and not stride)
    stride = kernel if omitted else pair(
        stride, f"{name}: stride must either be omitted, a single int, or a tuple of two ints")
    return (kernel, stride, pair(padding, must.format("padding")),
            pair(dilation, f"{name}: dilation must be either a single int, or a tuple of two ints"))


def check_windows(kernel: tuple, stride: tuple, padding: tuple, dilation: tuple) -> None:
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    for k, p, d in reversed(list(zip(kernel, padding, dilation))):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (max(k - 1, 0) * d + 1) // 2 and d > 0 and k > 0:
            raise RuntimeError("pad should be at most half of effective kernel size, but got "
                               f"pad={p}, kernel_size={k} and dilation={d}")
    for what, value, h, w in (("kernel size", kernel, "kH", "kW"), ("stride", stride, "dH", "dW"),
                              ("dilation", dilation, "dilationH", "dilationW")):
        if min(value) <= 0:
            raise RuntimeError(f"{what} should be greater than zero, but got {h}: {value[0]} {w}: {value[1]}")


def sliding_windows(input: Tensor, kernel, stride, padding, dilation, ceil_mode: bool) -> tuple:
    """The ranges of rows and of columns, after torch's checks."""
    check_windows(kernel, stride, padding, dilation)
    shape = input.array.shape
    if 0 in shape[-3:]:
        raise RuntimeError("Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but got:"
                           f"{list(shape)}")
    if any(p > k // 2 for p, k in zip(padding, kernel)):
        raise RuntimeError("pad should be smaller than or equal to half of kernel size, but got padW = "
                           f"{padding[1]}, padH = {padding[0]}, kW = {kernel[1]}, kH = {kernel[0]}")
    found = [output_length(*each, ceil_mode) for each in zip(shape[-2:], kernel, stride, padding, dilation)]
    if min(found) < 1:
        planes, h, w = shape[-3:]
        raise RuntimeError(f"Given input size: ({planes}x{h}x{w}). Calculated output size: "
                           f"({planes}x{found[0]}x{found[1]}). Output size is too small")
    return tuple([sliding(*each, ceil_mode) for each in zip(shape[-2:], kernel, stride, padding, dilation)])


def refuse_kinds(x: Tensor, kinds: str, kernel: str, except_type: str = "") -> None:
    """Raise torch's sentence for kinds of numbers (b: bool, u and i: integers) that its kernel does not take."""
    if x.array.dtype.kind in kinds and x.array.dtype.name != except_type:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{CAPITAL[x.array.dtype.name]}'")


def check_line(name: str, input: Tensor) -> None:
    if input.ndim not in (2, 3):
        raise RuntimeError(f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 "
                           f"'self' (while checking arguments for {name})")


def single(name: str, what: str, value) -> int:
    """The number in `value` or (value,)."""
    value = (value,) if isinstance(value, int) else tuple(value)
    if len(value) != 1:
        raise RuntimeError(f"{name}() argument '{what}' should contain one int (got {len(value)})")
    return value[0]


# ---------------------------------------------------------------- torch's functions: sliding windows


def max_pool2d(input: Tensor, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False,
               return_indices: bool = False):
    """Maxima of windows.  https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html"""
    arguments = pairs("max_pool2d", kernel_size, stride, padding, dilation)
    if input.ndim not in (3, 4):
        raise RuntimeError("non-empty 3D or 4D (batch mode) tensor expected for input")
    windows = sliding_windows(input, *arguments, ceil_mode)
    refuse_kinds(input, "b", "max_pool2d")
    values, indices = max_pool(input, *windows)
    return (values, indices) if return_indices else values


MAX_POOL1D_TAKES = {
    "kernel_size": "an int, list of ints or tuple of ints", "dilation": "an int, list of ints or tuple of ints",
    "padding": "an int, list of ints, or tuple of ints", "stride": "None, an int, list of ints, or tuple of ints"}


def line_number(what: str, value) -> int:
    value = (value,) if isinstance(value, int) else tuple(value)
    if len(value) != 1:
        raise RuntimeError(f"max_pool1d() {what} must be {MAX_POOL1D_TAKES[what]} of size 1 but got size {len(value)}")
    return value[0]


def max_pool1d(input: Tensor, kernel_size, stride=None, padding=0, dilation=1, ceil_mode: bool = False,
               return_indices: bool = False):
    """Maxima of windows of (N, C, L).  https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html"""
    kernel, padding = line_number("kernel_size", kernel_size), line_number("padding", padding)
    dilation = line_number("dilation", dilation)
    omitted = stride is None or (not isinstance(stride, int) and not stride)
    stride = kernel if omitted else line_number("stride", stride)
    check_max_pool1d(input, kernel, stride, padding, dilation, ceil_mode)
    plane = input.unsqueeze(-2)
    values, indices = max_pool2d(plane, (1, kernel), (1, stride), (0, padding), (1, dilation), ceil_mode, True)
    return (values.squeeze(-2), indices.squeeze(-2)) if return_indices else values.squeeze(-2)


def check_max_pool1d(input: Tensor, kernel: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> None:
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError("max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
                           f"input, but got:{list(input.shape)}")
    for what, n in (("kernel_size", kernel), ("stride", stride), ("dilation", dilation)):
        if n <= 0:
            raise RuntimeError(f"max_pool1d() {what} must be greater than zero, but got {n}")
    if padding < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding}")
    if padding > kernel // 2:
        raise RuntimeError("max_pool1d() padding should be at most half of kernel size, but got "
                           f"padding={padding} and kernel_size={kernel}")
    count = output_length(input.shape[-1], kernel, stride, padding, dilation, ceil_mode)
    if count < 1:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {count}")
    refuse_kinds(input, "iub", "max_pool1d_impl")


def avg_pool2d(input: Tensor, kernel_size, stride=None, padding=0, ceil_mode: bool = False,
               count_include_pad: bool = True, divisor_override: int | None = None) -> Tensor:
    """Means of windows.  https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html

    Padding counts as zeros (`count_include_pad`), but not what lies beyond it where `ceil_mode` reaches out.
    """
    kernel, stride, padding, dilation = pairs("avg_pool2d", kernel_size, stride, padding)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    windows = sliding_windows(input, kernel, stride, padding, dilation, ceil_mode)
    refuse_kinds(input, "iub", "avg_pool2d", except_type="int64")
    divisor = divisor_override or tuple([
        [min(i * s - p + k, n + p) - (i * s - p) if count_include_pad else len(w) for i, w in enumerate(side)]
        for side, n, k, s, p in zip(windows, input.shape[-2:], kernel, stride, padding)])
    return avg_pool(input, *windows, divisor)


def avg_pool1d(input: Tensor, kernel_size, stride=None, padding=0, ceil_mode: bool = False,
               count_include_pad: bool = True) -> Tensor:
    """Means of windows of (N, C, L).  https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html"""
    check_line("avg_pool1d", input)
    kernel, padding = single("avg_pool1d", "kernel_size", kernel_size), single("avg_pool1d", "padding", padding)
    omitted = stride is None or (not isinstance(stride, int) and not stride)
    stride = kernel if omitted else single("avg_pool1d", "stride", stride)
    if stride == 0:
        raise RuntimeError("stride should not be zero")
    y = avg_pool2d(input.unsqueeze(-2), (1, kernel), (1, stride), (0, padding), ceil_mode, count_include_pad)
    return y.squeeze(-2)


# ---------------------------------------------------------------- torch's functions: adaptive windows


def output_pair(sentence: str, output_size, input: Tensor) -> tuple:
    """(height, width), None keeping the input's."""
    size = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
    if len(size) != 2:
        raise RuntimeError(sentence)
    return tuple(n if m is None else m for m, n in zip(size, input.shape[-2:]))


def check_adaptive(name: str, input: Tensor, dims: tuple, colon: str) -> None:
    if input.ndim not in (3, 4):
        raise RuntimeError(f"{name}(): Expected 3D or 4D tensor, but got{colon} {list(input.shape)}")
    for d in dims:
        if input.shape[d] == 0:
            raise RuntimeError(f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input "
                               f"has sizes {list(input.shape)} with dimension {d + input.ndim} being empty")
    refuse_kinds(input, "iub", name)


def adaptive_avg_pool2d(input: Tensor, output_size) -> Tensor:
    """As many means as `output_size` says.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
    """
    size = output_pair("adaptive_avg_pool2d: output_size must be 2", output_size, input)
    if min(size) < 0:
        raise RuntimeError("adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but "
                           f"received {{{size[0]}, {size[1]}}}")
    check_adaptive("adaptive_avg_pool2d", input, (-2, -1), "")
    if size == (1, 1):
        return input.mean((-1, -2), keepdim=True)
    windows = [adaptive(n, m) for n, m in zip(input.shape[-2:], size)]
    return adaptive_avg_pool(input, *windows, tuple([[len(w) for w in side] for side in windows]))


def adaptive_max_pool2d(input: Tensor, output_size, return_indices: bool = False):
    """As many maxima as `output_size` says.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
    """
    size = output_pair("adaptive_max_pool2d(): internal error: output_size.size() must be 2", output_size, input)
    check_adaptive("adaptive_max_pool2d", input, (-3, -2, -1), ":")
    if min(size) < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: {[*input.shape[:-2], *size]}")
    values, indices = adaptive_max_pool(input, *[adaptive(n, m) for n, m in zip(input.shape[-2:], size)])
    return (values, indices) if return_indices else values


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

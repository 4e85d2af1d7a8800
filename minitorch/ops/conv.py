"""Convolution over any number of spatial dimensions, and its transpose: conv1d conv2d conv3d, conv_transpose1d 2d 3d.

One trilinear form holds all of it: x (N, C, size), weight (O, C / groups, kernel), y (N, O, positions),

    T = sum over n, o, c, k, p of  y[n, o, p] * weight[o, c, k] * x[n, c, p * stride + k * dilation - padding]

    conv(x, weight, positions)      dT/dy         the convolution
    conv_input(gy, weight, size)    dT/dx         its gradient for x, and the transposed convolution
    conv_weight(gy, x, kernel)      dT/dweight    its gradient for weight

Each is linear in two of the three, so the derivative of any of them is another: the family is closed, and every order
of derivative comes from these bodies. All three lay the windows of x side by side as columns (im2col) and leave the
sums to one matrix product; on a GPU, conv_gpu.py launches kernels/conv2d.cu in their place.
Read next: pool.py, which slides windows, too; linalg.py.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from ..autograd.op import op
from ..device import window
from ..dtype import C_NAME, CAPITAL
from ..tensor import Tensor, expect_tensor

__all__: list[str] = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

CACHED = 1 << 20  # bytes of columns made at a time, to be read again out of the cache (1.4 x faster on one core)


class Geometry(NamedTuple):
    """How a window slides: one number for each spatial dimension; padding (before, after)."""

    stride: tuple
    padding: tuple
    dilation: tuple
    groups: int

    def positions(self, size, kernel) -> tuple:
        """How many windows fit:  (size + padding - dilation * (kernel - 1) - 1) // stride + 1"""
        return tuple((n + sum(p) - d * (k - 1) - 1) // s + 1
                     for n, k, s, p, d in zip(size, kernel, self.stride, self.padding, self.dilation))

    def padded(self, size) -> tuple:
        return tuple(n + sum(p) for n, p in zip(size, self.padding))

    def inside(self, size) -> tuple:
        """Where the input lies within its padding."""
        return (..., *(slice(p[0], p[0] + n) for n, p in zip(size, self.padding)))

    def at(self, k, positions) -> tuple:
        """The elements of the padded input that kernel element `k` meets, one for each position."""
        return (..., *(slice(i * d, i * d + s * (n - 1) + 1, s)
                       for i, n, s, d in zip(k, positions, self.stride, self.dilation)))


def pad(xp, x, geometry: Geometry):
    """x with zeros around it."""
    if not any(map(any, geometry.padding)):
        return x
    padded = xp.zeros((*x.shape[:2], *geometry.padded(x.shape[2:])), x.dtype)
    padded[geometry.inside(x.shape[2:])] = x
    return padded


def windows(xp, x, kernel, positions, geometry: Geometry):
    """The windows of padded x, without a copy: (N, C, kernel, positions); [k, p] is x[p * stride + k * dilation]."""
    along_kernel = [n * d for n, d in zip(x.strides[2:], geometry.dilation)]
    along_positions = [n * s for n, s in zip(x.strides[2:], geometry.stride)]
    return window(x, (*x.shape[:2], *kernel, *positions), (*x.strides[:2], *along_kernel, *along_positions))


def parts(count: int, channels: int, kernel, positions, itemsize: int):
    """Slices of a batch whose columns fit the cache together."""
    step = max(1, CACHED // max(channels * math.prod(kernel) * math.prod(positions) * itemsize, 1))
    return [slice(n, n + step) for n in range(0, count, step)]


def by_group(weight, groups: int):
    """weight (O, C / groups, kernel) as one matrix for each group: (groups, O / groups, C / groups * kernel)"""
    return weight.reshape(groups, weight.shape[0] // groups, math.prod(weight.shape[1:]))


# ---------------------------------------------------------------- the three


@op(node="ConvolutionBackward0")
def conv(xp, x, weight, bias, /, positions, geometry):
    """y[n, o, p] = bias[o] + sum over c, k of  weight[o, c, k] * x[n, c, p * stride + k * dilation - padding]

    gx = conv_input(g, weight)    gweight = conv_weight(g, x)    gbias = sum of g over n and p
    """
    kernel, (count, channels), groups = weight.shape[2:], x.shape[:2], geometry.groups
    matrix = by_group(weight, groups)  # (groups, O / groups, C / groups * kernel)
    x, y = pad(xp, x, geometry), xp.empty((count, *matrix.shape[:2], math.prod(positions)), x.dtype)
    for part in parts(count, channels, kernel, positions, x.itemsize):
        columns = windows(xp, x[part], kernel, positions, geometry)
        xp.matmul(matrix, columns.reshape(len(columns), groups, matrix.shape[2], y.shape[3]), out=y[part])
        if bias is not None:
            y[part] += bias.reshape(groups, -1, 1)
    return y.reshape(count, weight.shape[0], *positions)


@op(node="ConvolutionBackward0")
def conv_input(xp, gy, weight, bias, /, size, geometry):
    """gx[n, c, q] = bias[c] + sum of  weight[o, c, k] * gy[n, o, p]  over p * stride + k * dilation - padding = q

    ggy = conv(g, weight)    gweight = conv_weight(gy, g)    gbias = sum of g over n and q
    """
    kernel, (count, _, *positions) = weight.shape[2:], gy.shape
    groups, channels = geometry.groups, weight.shape[1] * geometry.groups
    matrix = by_group(weight, groups).mT
    gx = xp.zeros((count, channels, *geometry.padded(size)), gy.dtype)
    depthwise = groups == channels == len(weight)
    for part in parts(count, channels, kernel, positions, gy.itemsize):
        gy_part, gx_part = gy[part], gx[part]
        if not depthwise:
            columns = xp.matmul(matrix, gy_part.reshape(len(gy_part), groups, matrix.shape[2], math.prod(positions)))
            columns = columns.reshape(*gx_part.shape[:2], *kernel, *positions)
        for k in itertools.product(*map(range, kernel)):  # windows overlap: add them one kernel element at a time
            if depthwise:  # a multiple of gy, and no sum: it need not be kept
                column = gy_part * weight[(slice(None), 0, *k)].reshape(-1, *(1,) * len(kernel))
            else:
                column = columns[(slice(None), slice(None), *k)]
            gx_part[geometry.at(k, positions)] += column
    gx = xp.ascontiguousarray(gx[geometry.inside(size)])
    return gx if bias is None else gx + bias.reshape(-1, *(1,) * len(kernel))


@op
def conv_weight(xp, gy, x, /, kernel, geometry):
    """gweight[o, c, k] = sum over n, p of  gy[n, o, p] * x[n, c, p * stride + k * dilation - padding]

    ggy = conv(x, g)    gx = conv_input(gy, g)
    """
    (count, outputs, *positions), channels, groups = gy.shape, x.shape[1], geometry.groups
    shape = (groups, outputs // groups, channels // groups * math.prod(kernel))
    x, gweight = pad(xp, x, geometry), xp.zeros(shape, gy.dtype)
    for part in parts(count, channels, kernel, positions, x.itemsize):
        # all images of a part side by side: one long sum instead of one product for each image
        columns = xp.moveaxis(windows(xp, x[part], kernel, positions, geometry), 0, 1 + len(kernel))
        rows, length = xp.moveaxis(gy[part], 0, 1), len(gy[part]) * math.prod(positions)
        gweight += rows.reshape(*shape[:2], length) @ columns.reshape(groups, shape[2], length).mT
    return gweight.reshape(outputs, channels // groups, *kernel)


def over_positions(g):
    """The gradient of a bias: g summed over all but the channels."""
    return g.sum((0, *range(2, g.ndim)))


conv.backward(
    x=lambda g, weight, x_shape, geometry: conv_input(g, weight, None, x_shape[2:], geometry),
    weight=lambda g, x, weight_shape, geometry: conv_weight(g, x, weight_shape[2:], geometry),
    bias=over_positions)
conv_input.backward(
    gy=lambda g, weight, gy_shape, geometry: conv(g, weight, None, gy_shape[2:], geometry),
    weight=lambda g, gy, weight_shape, geometry: conv_weight(gy, g, weight_shape[2:], geometry),
    bias=over_positions)
conv_weight.backward(
    gy=lambda g, x, gy_shape, geometry: conv(x, g, None, gy_shape[2:], geometry),
    x=lambda g, gy, x_shape, geometry: conv_input(gy, g, None, x_shape[2:], geometry))


# ---------------------------------------------------------------- torch's functions


def per_dim(name: str, value, spatial: int) -> tuple:
    """One number for every spatial dimension."""
    value = [value] if isinstance(value, int) else list(value)
    if len(value) not in (1, spatial):
        raise RuntimeError(f"expected {name} to be a single integer value or a list of {spatial} values to match the "
                           f"convolution dimensions, but got {name}={value}")
    return tuple(value * spatial if len(value) == 1 else value)


def padding_pairs(padding, kernel, stride, dilation) -> tuple:
    """(before, after) for every dimension; "same" keeps the size, the odd one out coming after."""
    spatial = len(kernel)
    if padding == "same":
        if any(s != 1 for s in stride):
            raise RuntimeError("padding='same' is not supported for strided convolutions")
        totals = [d * (k - 1) for d, k in zip(dilation, kernel)]
        return tuple((n // 2, n - n // 2) for n in totals)
    if isinstance(padding, str) and padding != "valid":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    numbers = per_dim("padding", 0 if padding == "valid" else padding, spatial)
    if min(numbers) < 0:
        raise RuntimeError("negative padding is not supported")
    return tuple((p, p) for p in numbers)


def prepare(name: str, input: Tensor, weight: Tensor, stride, padding, dilation, groups: int) -> Geometry:
    """Check what all convolutions have in common."""
    spatial = int(name[-2])
    expect_tensor(input, name)
    expect_tensor(weight, name, "weight", 2)
    if input.ndim not in (spatial + 1, spatial + 2):
        raise RuntimeError(f"Expected {spatial + 1}D (unbatched) or {spatial + 2}D (batched) input to {name}, but got "
                           f"input of size: {list(input.shape)}")
    kernel = weight.shape[2:]
    stride = per_dim("stride", per_dim("stride", stride, spatial) if isinstance(stride, int) else stride, len(kernel))
    dilation = per_dim("dilation", dilation, len(kernel))
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    pairs = padding_pairs(padding, kernel, stride, dilation)
    for what, numbers in (("stride", stride), ("dilation", dilation)):
        if min(numbers) <= 0:
            raise RuntimeError(f"non-positive {what} is not supported")
    return Geometry(stride, pairs, dilation, groups)


def check_types(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Refuse mixed types; float32 images meet oneDNN's refusal, which torch takes for all but the smallest."""
    x, w = input.array.dtype, weight.array.dtype
    if bias is not None and bias.array.dtype != x:
        raise RuntimeError(f"Input type ({C_NAME[x.name]}) and bias type ({C_NAME[bias.array.dtype.name]}) should be "
                           "the same")
    if x != w and x != "float32":
        raise RuntimeError(f"expected scalar type {CAPITAL[x.name]} but found {CAPITAL[w.name]}")
    if x != w:
        raise RuntimeError(f"Input type (minitorch.{CAPITAL[x.name]}Tensor) and weight type "
                           f"(minitorch.{CAPITAL[w.name]}Tensor) should be the same or input should be a MKLDNN tensor "
                           "and weight is a dense tensor")


def check_bias(weight: Tensor, bias: Tensor | None, outputs: int, given: str) -> None:
    if bias is not None:
        expect_tensor(bias, "convolution", "bias", 3)
    if bias is not None and bias.shape != (outputs,):
        raise RuntimeError(f"Given {given}weight of size {list(weight.shape)}, expected bias to be 1-dimensional with "
                           f"{outputs} elements, but got bias of size {list(bias.shape)} instead")


def by_times(numbers) -> str:
    return "(" + " x ".join(map(str, numbers)) + ")"


def check_shapes(input: Tensor, weight: Tensor, bias: Tensor | None, geometry: Geometry) -> None:
    """Raise torch's sentence unless input (N, C, size) and weight (O, C / groups, kernel) have a convolution."""
    x, w, groups = list(input.shape), list(weight.shape), geometry.groups
    if w[0] < groups:
        raise RuntimeError(f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got "
                           f"weight of size {w} instead")
    if w[0] % groups:
        raise RuntimeError(f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but "
                           f"got weight of size [{w}] instead")
    if x[1] != w[1] * groups:
        raise RuntimeError(f"Given groups={groups}, weight of size {w}, expected input{x} to have {w[1] * groups} "
                           f"channels, but got {x[1]} channels instead")
    check_bias(weight, bias, w[0], "")
    if min(geometry.positions(x[2:], w[2:])) < 1:
        reach = [d * (k - 1) + 1 for d, k in zip(geometry.dilation, w[2:])]
        raise RuntimeError(f"Calculated padded input size per channel: {by_times(geometry.padded(x[2:]))}. Kernel "
                           f"size: {by_times(reach)}. Kernel size can't be greater than actual input size")
    if 0 in x[2:]:
        raise RuntimeError(f"Only zero batch or zero channel inputs are supported, but got input shape: {x}")


def convolution(name: str):
    """conv1d, conv2d or conv3d."""

    def convolve(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, dilation=1,
                 groups: int = 1) -> Tensor:
        geometry = prepare(name, input, weight, stride, padding, dilation, groups)
        if input.ndim != weight.ndim:  # one image without a batch
            return convolve(input.unsqueeze(0), weight, bias, stride, padding, dilation, groups).squeeze(0)
        check_shapes(input, weight, bias, geometry)
        check_types(input, weight, bias)
        return conv(input, weight, bias, geometry.positions(input.shape[2:], weight.shape[2:]), geometry)

    convolve.__name__ = convolve.__qualname__ = name
    convolve.__doc__ = (f"Cross-correlation of `input` with `weight` over {name[-2]} dimension(s).  "
                        f"https://pytorch.org/docs/stable/generated/torch.nn.functional.{name}.html")
    return convolve


def transposed(name: str):
    """conv_transpose1d, conv_transpose2d or conv_transpose3d."""

    def convolve(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride=1, padding=0, output_padding=0,
                 groups: int = 1, dilation=1) -> Tensor:
        geometry = prepare(name, input, weight, stride, padding, dilation, groups)
        if input.ndim != weight.ndim:
            batch = input.unsqueeze(0)
            return convolve(batch, weight, bias, stride, padding, output_padding, groups, dilation).squeeze(0)
        w, more = list(weight.shape), per_dim("output_padding", output_padding, len(geometry.stride))
        if input.shape[1] != w[0]:
            raise RuntimeError(f"Given transposed=1, weight of size {w}, expected input{list(input.shape)} to have "
                               f"{w[0]} channels, but got {input.shape[1]} channels instead")
        check_bias(weight, bias, w[1] * groups, "transposed=1, ")
        check_output_padding(more, geometry)
        check_types(input, weight, None)  # torch compares the bias last here
        check_types(input, weight, bias)
        size = tuple((n - 1) * s - sum(p) + d * (k - 1) + 1 + m for n, k, s, p, d, m in zip(
            input.shape[2:], w[2:], geometry.stride, geometry.padding, geometry.dilation, more))
        if min(size) < 1:
            given, made = [by_times((1, *n) if len(n) == 1 else n) for n in (input.shape[2:], size)]
            raise RuntimeError(f"Given input size per channel: {given}. Calculated output size per channel: {made}. "
                               "Output size is too small")
        return conv_input(input, weight, bias, size, geometry)

    convolve.__name__ = convolve.__qualname__ = name
    convolve.__doc__ = (f"The gradient of conv{name[-2:]} for its input, used as a layer.  "
                        f"https://pytorch.org/docs/stable/generated/torch.nn.functional.{name}.html")
    return convolve


def check_output_padding(more: tuple, geometry: Geometry) -> None:
    if all(m < s or m < d for m, s, d in zip(more, geometry.stride, geometry.dilation)):
        return
    numbers = {"output_padding": more, "stride": geometry.stride, "dilation": geometry.dilation}
    if len(more) == 1:  # torch takes a line for an image of height 1
        numbers = {what: (int(what != "output_padding"), *n) for what, n in numbers.items()}
    shown = [f"{what}_{side}: {n}" for what, each in numbers.items()
             for side, n in zip(("depth", "height", "width")[-len(each):], each)]
    raise RuntimeError("output padding must be smaller than either stride or dilation, but got " + " ".join(shown))


conv1d, conv2d, conv3d = map(convolution, ("conv1d", "conv2d", "conv3d"))
conv_transpose1d, conv_transpose2d, conv_transpose3d = map(
    transposed, ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"))

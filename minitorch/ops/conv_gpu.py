"""The convolution of images on a GPU: the launches of kernels/conv2d.cu for the three operations of conv.py.

A sequence counts as an image of height 1. Volumes, and other types than float32, take the bodies of conv.py.
"""

from __future__ import annotations

import math

import numpy as np

from ..kernels import Ladder, ceil_div, kernel
from .conv import Geometry, conv, conv_input, conv_weight

CONV2D = Ladder("conv2d", "direct", "gemm")
DIVISOR = np.dtype([("by", "u4"), ("magic", "u4"), ("shift", "u4")])
NUMBERS = "N C H W O OH OW groups stride_h stride_w pad_h pad_w dilation_h dilation_w".split()
DIVISORS = "width height kw kernel ow output".split()
CONV = np.dtype([(name, "i4") for name in NUMBERS] + [(name, DIVISOR) for name in DIVISORS])  # struct Conv of conv2d.cu
TILE, LONG_SUM = 64, 4096  # of conv2d_gemm: numbers a side; pixels that one block sums before others help it


def divisor(d: int) -> tuple:
    """d as struct Divisor: its multiplier and shift."""
    shift = (d - 1).bit_length()
    return d, (1 << 32) * ((1 << shift) - d) // d + 1, shift


def image(numbers: tuple, missing) -> tuple:
    """Numbers for height and width; for a sequence `missing` stands for the height's."""
    return numbers if len(numbers) == 2 else (missing, *numbers)


def served(positions, *arrays) -> bool:
    return CONV2D.used and len(positions) <= 2 and all([a is None or (a.dtype == "float32" and a.size) for a in arrays])


def struct(x_shape: tuple, weight_shape: tuple, positions: tuple, geometry: Geometry) -> np.void:
    (n, c, *size), (o, _, *kernel_size) = x_shape, weight_shape
    (h, w), (kh, kw), (oh, ow) = image(size, 1), image(kernel_size, 1), image(tuple(positions), 1)
    before = image(tuple([p[0] for p in geometry.padding]), 0)
    given = n, c, h, w, o, oh, ow, geometry.groups, *image(geometry.stride, 1), *before, *image(geometry.dilation, 1)
    return np.array((*given, *map(divisor, (w, h * w, kw, kh * kw, ow, oh * ow))), CONV)[()]


def launch(name: str, outputs: int, pixels: int, groups: int, args: tuple) -> None:
    """A kernel whose results are `pixels` numbers for each of the `outputs` channels of each group."""
    if CONV2D.pick() == "direct":
        kernel("conv2d.cu", "conv2d_direct" + name)((ceil_div(pixels, 128), outputs * groups), 128, args)
    else:
        grid = ceil_div(pixels, TILE), ceil_div(outputs, TILE), groups
        kernel("conv2d.cu", "conv2d_gemm" + name)(grid, 256, args)


def contiguous(xp, *arrays) -> list:
    return [a if a is None else xp.ascontiguousarray(a) for a in arrays]


@conv.cuda
def conv_on_gpu(xp, x, weight, bias, positions, geometry):
    if not served(positions, x, weight, bias):
        return conv.op.body(xp, x, weight, bias, positions, geometry)
    y = xp.empty((len(x), len(weight), *positions), x.dtype)
    shape = struct(x.shape, weight.shape, positions, geometry)
    launch("", len(weight) // geometry.groups, len(x) * math.prod(positions), geometry.groups,
           (*contiguous(xp, x, weight, bias), y, shape))
    return y


@conv_input.cuda
def conv_input_on_gpu(xp, gy, weight, bias, size, geometry):
    positions = gy.shape[2:]
    if not served(positions, gy, weight, bias) or not math.prod(size):
        return conv_input.op.body(xp, gy, weight, bias, size, geometry)
    inputs = weight.shape[1]
    gx = xp.empty((len(gy), inputs * geometry.groups, *size), gy.dtype)
    shape = struct(gx.shape, weight.shape, positions, geometry)
    launch("_input", inputs, len(gy) * math.prod(size), geometry.groups, (*contiguous(xp, gy, weight, bias), gx, shape))
    return gx


@conv_weight.cuda
def conv_weight_on_gpu(xp, gy, x, size, geometry):
    positions = gy.shape[2:]
    if not served(positions, gy, x):
        return conv_weight.op.body(xp, gy, x, size, geometry)
    gweight = xp.empty((gy.shape[1], x.shape[1] // geometry.groups, *size), gy.dtype)
    shape = struct(x.shape, gweight.shape, positions, geometry)
    outputs, window, (gy, x) = len(gweight) // geometry.groups, math.prod(gweight.shape[1:]), contiguous(xp, gy, x)
    if CONV2D.pick() == "direct":
        launch("_weight", outputs, window, geometry.groups, (gy, x, gweight, shape))
        return gweight
    return summed_in_parts(xp, gy, x, gweight, shape, outputs, window)


def summed_in_parts(xp, gy, x, gweight, shape, outputs: int, window: int):
    """The gradient of the weights, its sum over all pixels split among blocks."""
    pixels, groups = len(gy) * math.prod(gy.shape[2:]), int(shape["groups"])
    splits = min(ceil_div(pixels, LONG_SUM), 65535 // groups)
    parts = gweight if splits == 1 else xp.empty((splits, *gweight.shape), gweight.dtype)
    grid = ceil_div(window, TILE), ceil_div(outputs, TILE), groups * splits
    kernel("conv2d.cu", "conv2d_gemm_weight")(grid, 256, (gy, x, parts, splits, shape))
    if splits > 1:
        kernel("conv2d.cu", "sum_parts")(ceil_div(gweight.size, 128), 128, (parts, gweight, splits, gweight.size))
    return gweight

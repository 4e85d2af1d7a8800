"""Other sizes of an image: interpolate; pixel_shuffle and its relatives; unfold and fold.

Interpolation works one dimension at a time: each output position is a weighted sum of one, two or four input
positions, its taps. They are computed once, as a table of indices and one of weights (`taps`).
Read next: pool.py for means over windows (mode "area"); conv.py for the windows of unfold.
"""

from __future__ import annotations

import itertools
import math
import warnings

import numpy as np

from ..autograd.op import op
from ..tensor import Tensor
from .conv import Geometry
from .conv import pad as pad_around
from .conv import windows as sliding
from .pool import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from .pool_arguments import named, refuse_kinds, side_by_side

__all__: list[str] = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]

# ---------------------------------------------------------------- where an output position lies in the input


def source(n: int, m: int, scale: float | None, align_corners: bool, dtype) -> np.ndarray:
    """The positions, among n, of m equally spaced points, in `dtype`; `scale`, if given, stands for m / n.

    The corners' centres meet (align_corners), or else their outer edges do: then each pixel is a square of side 1.
    """
    i, dtype = np.arange(m, dtype=dtype), np.dtype(dtype).type
    if align_corners:
        return i * (dtype(n - 1) / dtype(m - 1) if m > 1 else dtype(0))
    return (i + dtype(0.5)) * ratio(n, m, scale, dtype) - dtype(0.5)


def ratio(n: int, m: int, scale: float | None, dtype):
    return dtype(1 / scale) if scale is not None and scale > 0 else dtype(n) / dtype(m)


def nearest(n: int, m: int, scale: float | None, exact: bool) -> tuple:
    """(taps (1, m), None): the pixel that holds each point, its centre (exact) or its lower edge; all in float32."""
    x = (np.arange(m, dtype="float32") + np.float32(0.5 * exact)) * ratio(n, m, scale, np.float32)
    return np.minimum(np.floor(x).astype(int), n - 1)[None], None


def linear(n: int, m: int, scale: float | None, align_corners: bool, dtype) -> tuple:
    """(taps (2, m), weights (2, m)): the pixels on both sides, each the heavier the nearer it is."""
    x = np.maximum(source(n, m, scale, align_corners, dtype), 0) if m != n else np.arange(n, dtype=dtype)
    at = np.minimum(x.astype(int), n - 1)
    t = np.clip(x - at, 0, 1).astype(dtype)
    return np.stack([at, np.minimum(at + 1, n - 1)]), np.stack([1 - t, t])


def cubic(n: int, m: int, scale: float | None, align_corners: bool, dtype, a: float = -0.75) -> tuple:
    """(taps (4, m), weights (4, m)): Keys' cubic convolution, 1981, with its free parameter a as in torch.

    w(t) = (a + 2) t^3 - (a + 3) t^2 + 1 for t <= 1,    a t^3 - 5a t^2 + 8a t - 4a for 1 < t < 2
    """
    x = source(n, m, scale, align_corners, dtype)
    at = np.minimum(np.floor(x).astype(int), n - 1)
    t = np.clip(x - at, 0, 1).astype(dtype)
    inner = lambda t: ((a + 2) * t - (a + 3)) * t * t + 1
    outer = lambda t: ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return (np.clip(np.stack([at - 1, at, at + 1, at + 2]), 0, n - 1),
            np.stack([outer(t + 1), inner(t), inner(1 - t), outer(2 - t)]).astype(dtype))


# ---------------------------------------------------------------- the operation, and the way back


def weighted(xp, part, weights, axis: int):
    """part * weights along one axis; no weights are all 1."""
    if weights is None:
        return part
    return part * xp.asarray(weights).reshape(-1, *(1,) * (part.ndim - 1 - axis))


def interpolated(xp, x, /, sides):
    """For each of the last dimensions in turn:    y[p] = sum over k of weights[k, p] * x[taps[k, p]]

    gx = spread(g)
    """
    y = x.astype("float32") if x.dtype == np.float16 else x
    for axis, (taps, weights) in reversed(list(enumerate(sides, x.ndim - len(sides)))):
        parts = [weighted(xp, y.take(xp.asarray(at), axis), None if weights is None else weights[k], axis)
                 for k, at in enumerate(taps)]
        y = sum(parts[1:], start=parts[0])
    return y.astype(x.dtype, copy=False)


@op
def spread(xp, g, /, sides, size):
    """The transpose of `interpolated`:    gx[i] = sum of weights[k, p] * g[p] over all k, p with taps[k, p] = i

    gg = interpolated(ggx). Taps are in order, so that those of one i are neighbours: one sum for each run of them.
    """
    y = g.astype("float32") if g.dtype == np.float16 else g
    for axis, (taps, weights), n in zip(range(g.ndim - len(sides), g.ndim), sides, size):
        gx = xp.zeros((*y.shape[:axis], n, *y.shape[axis + 1:]), y.dtype)
        for k, at in enumerate(taps):
            found, first = np.unique(at, return_index=True)
            part = weighted(xp, y, None if weights is None else weights[k], axis)
            gx[(slice(None),) * axis + (xp.asarray(found),)] += xp.add.reduceat(part, xp.asarray(first), axis)
        y = gx
    return y.astype(g.dtype, copy=False)


NODES = {"nearest": ("UpsampleNearest1D", "UpsampleNearest2D", "UpsampleNearest3D"),
         "nearest-exact": ("UpsampleNearestExact1D", "UpsampleNearestExact2D", "UpsampleNearestExact3D"),
         "linear": ("UpsampleLinear1D",), "bilinear": ("", "UpsampleBilinear2D"),
         "trilinear": ("", "", "UpsampleTrilinear3D"), "bicubic": ("", "UpsampleBicubic2D")}
upsample_by = {(mode, n): op(interpolated, node=name + "Backward0")
               for mode, names in NODES.items() for n, name in enumerate(names, 1) if name}
spread.backward(g=lambda g, sides: upsample_by["nearest", 1](g, sides))
for call in upsample_by.values():
    call.backward(x=lambda g, x_shape, sides: spread(g, sides, x_shape[-len(sides):]))


# ---------------------------------------------------------------- interpolate


def wanted(input: Tensor, size, scale_factor, recompute: bool) -> tuple:
    """(output's lengths, scale factors or Nones) of the arguments of interpolate."""
    n = input.ndim - 2
    place = f"input with spatial dimensions of {list(input.shape[2:])} and "
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if size is not None:
        if not isinstance(size, (list, tuple)):
            return (size,) * n, (None,) * n
        if len(size) != n:
            raise ValueError("Input and output must have the same number of spatial dimensions, but got "
                             f"{place}output size of {size}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
                             "format and output size in (o1, o2, ...,oK) format.")
        if any(isinstance(m, float) for m in size):
            raise TypeError("expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], "
                            f"but got size with types {[type(m) for m in size]}")
        return tuple(size), (None,) * n
    if isinstance(scale_factor, (list, tuple)) and len(scale_factor) != n:
        raise ValueError(f"Input and scale_factor must have the same number of spatial dimensions, but got {place}"
                         f"scale_factor of shape {scale_factor}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
                         "format and scale_factor in (s1, s2, ...,sK) format.")
    scales = tuple(scale_factor) if isinstance(scale_factor, (list, tuple)) else (scale_factor,) * n
    return tuple([int(m * s) for m, s in zip(input.shape[2:], scales)]), (None,) * n if recompute else scales


def check_mode(input: Tensor, mode: str) -> None:
    """Raise torch's sentence where `mode` does not fit the number of dimensions."""
    needs = {"linear": 3, "bilinear": 4, "trilinear": 5}.get(mode)
    if needs and input.ndim in (3, 4, 5) and needs != input.ndim:
        raise NotImplementedError(f"Got {input.ndim}D input, but {mode} mode needs {needs}D input")
    if (mode, input.ndim - 2) not in upsample_by:
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.ndim}D) for the modes: nearest | "
            "linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact " f"(got {mode})")


def check_sizes(input: Tensor, size: tuple, kind: str) -> None:
    n, shape = input.ndim - 2, input.array.shape
    if min(shape[2:] + size) <= 0:
        sides = "DHW"[-n:]
        raise RuntimeError("Input and output sizes should be greater than 0, but got input "
                           f"({commas(sides, shape[2:])}) {'and ' if n == 1 else ''}output ({commas(sides, size)})")
    if shape[1] == 0 and n > 1:
        raise RuntimeError(f"Non-empty {n + 2}D data tensor expected but got a tensor with sizes {list(shape)}")
    if input.array.dtype.name == "uint8" and kind != "nearest":
        raise NotImplementedError(f"interpolate: uint8 images in mode {kind}")
    last = kind in ("nearest", "linear") and n == 2  # torch's kernel for channels_last names itself
    names = {"linear": "bilinear"}.get(kind, kind)
    refuse_kinds(input, "iub", f"upsample_{names}2d_channels_last" if last else f"compute_indices_weights_{kind}",
                 except_type="uint8")


def commas(sides: str, values) -> str:
    return ", ".join([f"{s}: {value}" for s, value in zip(sides, values)])


def interpolate(input: Tensor, size=None, scale_factor=None, mode: str = "nearest", align_corners: bool | None = None,
                recompute_scale_factor: bool | None = None, antialias: bool = False) -> Tensor:
    """`input` in another size.    (N, C, lengths) -> (N, C, size), or scale_factor * lengths rounded down

    https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
    """
    if mode in ("nearest", "area", "nearest-exact") and align_corners is not None:
        raise ValueError("align_corners option can only be set with the interpolating modes: linear | bilinear | "
                         "bicubic | trilinear")
    n, recompute = input.dim() - 2, bool(recompute_scale_factor)
    if recompute and size is not None and scale_factor is None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    size, scales = wanted(input, size, scale_factor, recompute)
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and n == 2):
        raise ValueError("Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D "
                         "tensor as input")
    if antialias:
        raise NotImplementedError("interpolate: antialias")
    if mode == "lanczos" and n == 2:
        raise ValueError("Lanczos mode requires antialias=True")
    if mode == "area" and n in (1, 2, 3):
        return (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[n - 1](input, size)
    check_mode(input, mode)
    kind = "nearest" if mode.startswith("nearest") else "cubic" if mode == "bicubic" else "linear"
    check_sizes(input, size, kind)
    sides = list(zip(input.shape[2:], size, scales))
    if kind == "nearest":
        taps = tuple([nearest(*side, mode == "nearest-exact") for side in sides])
    else:
        dtype = "float64" if input.array.dtype.name == "float64" else "float32"
        taps = tuple([(cubic if kind == "cubic" else linear)(*side, bool(align_corners), dtype) for side in sides])
    return upsample_by[mode, n](input, taps)


def upsample(input: Tensor, size=None, scale_factor=None, mode: str = "nearest",
             align_corners: bool | None = None) -> Tensor:
    """The older name of `interpolate`."""
    warnings.warn("`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size=None, scale_factor=None) -> Tensor:
    """An older name of `interpolate` by the nearest pixel."""
    warnings.warn("`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.",
                  stacklevel=2)
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size=None, scale_factor=None) -> Tensor:
    """An older name of bilinear `interpolate`, the corners aligned."""
    warnings.warn("`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.",
                  stacklevel=2)
    return interpolate(input, size, scale_factor, "bilinear", True)


# ---------------------------------------------------------------- channels and pixels


def check_shuffle(name: str, input: Tensor, what: str, r: int) -> None:
    if input.ndim < 3:
        raise RuntimeError(f"{name} expects input to have at least 3 dimensions, but got input with {input.ndim} "
                           "dimension(s)")
    if r <= 0:
        raise RuntimeError(f"{name} expects a positive {what}, but got {r}")


@op(node="PixelShuffleBackward0")
def shuffled_up(xp, x, /, r):
    """r^2 channels become a square of r x r pixels.    y[c, h r + i, w r + j] = x[c r^2 + i r + j, h, w]

    gx = shuffled_down(g)    https://arxiv.org/abs/1609.05158
    """
    *lead, c, h, w = x.shape
    y = x.reshape(math.prod(lead), c // r**2, r, r, h, w).transpose(0, 1, 4, 2, 5, 3)
    return y.reshape(*lead, c // r**2, h * r, w * r)


@op(node="PixelUnshuffleBackward0")
def shuffled_down(xp, x, /, r):
    """A square of r x r pixels becomes r^2 channels.    y[c r^2 + i r + j, h, w] = x[c, h r + i, w r + j]

    gx = shuffled_up(g)
    """
    *lead, c, h, w = x.shape
    y = x.reshape(math.prod(lead), c, h // r, r, w // r, r).transpose(0, 1, 3, 5, 2, 4)
    return y.reshape(*lead, c * r**2, h // r, w // r)


shuffled_up.backward(x=lambda g, r: shuffled_down(g, r))
shuffled_down.backward(x=lambda g, r: shuffled_up(g, r))


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(..., C r^2, H, W) -> (..., C, H r, W r)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_shuffle.html
    """
    check_shuffle("pixel_shuffle", input, "upscale_factor", upscale_factor)
    if input.shape[-3] % upscale_factor**2:
        raise RuntimeError("pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of "
                           f"upscale_factor, but input.size(-3)={input.shape[-3]} is not divisible by "
                           f"{upscale_factor**2}")
    return shuffled_up(input, upscale_factor)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(..., C, H r, W r) -> (..., C r^2, H, W)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.pixel_unshuffle.html
    """
    check_shuffle("pixel_unshuffle", input, "downscale_factor", downscale_factor)
    for side, d in (("height", -2), ("width", -1)):
        if input.shape[d] % downscale_factor:
            raise RuntimeError(f"pixel_unshuffle expects {side} to be divisible by downscale_factor, but "
                               f"input.size({d})={input.shape[d]} is not divisible by {downscale_factor}")
    return shuffled_down(input, downscale_factor)


@op(node="ChannelShuffleBackward0")
def riffled(xp, x, /, groups):
    """Channels taken from each group in turn.    y[:, i groups + k] = x[:, k C / groups + i]    gx = the way back"""
    n, c = x.shape[:2]
    return xp.moveaxis(x.reshape(n, groups, c // groups, *x.shape[2:]), 1, 2).reshape(x.shape)


riffled.backward(x=lambda g, x_shape, groups: riffled(g, x_shape[1] // groups))


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """(N, C, ...), its channels as a matrix of `groups` rows, transposed.  https://arxiv.org/abs/1707.01083

    https://pytorch.org/docs/stable/generated/torch.nn.functional.channel_shuffle.html
    """
    if input.ndim < 3:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if input.shape[1] % groups:
        raise RuntimeError("Number of channels must be divisible by groups. Got "
                           f"{input.shape[1]} channels and {groups} groups.")
    return riffled(input, groups)


# ---------------------------------------------------------------- windows as columns


@op(node="Im2ColBackward0")
def unfolded(xp, x, /, kernel, geometry):
    """Each window as a column.    x (N, C, H, W) or (C, H, W) -> y (N, C * kernel, windows)    gx = folded(g)"""
    *lead, channels, h, w = x.shape
    positions = geometry.positions((h, w), kernel)
    columns = sliding(xp, pad_around(xp, x if lead else x[None], geometry), kernel,
                      positions, geometry)
    return columns.reshape(*lead, channels * math.prod(kernel), math.prod(positions))


@op(node="Col2ImBackward0")
def folded(xp, x, /, size, kernel, geometry):
    """Columns added up where their windows lie: the transpose of `unfolded`.    gx = unfolded(g)"""
    positions = geometry.positions(size, kernel)
    lead = (*x.shape[:-2], x.shape[-2] // math.prod(kernel))
    y = xp.zeros((*lead, *geometry.padded(size)), x.dtype)
    columns = x.reshape(*lead, *kernel, *positions)
    for k in itertools.product(*map(range, kernel)):  # windows overlap: one element of each at a time
        y[geometry.at(k, positions)] += columns[(..., *k, slice(None), slice(None))]
    return xp.ascontiguousarray(y[geometry.inside(size)])


unfolded.backward(x=lambda g, x_shape, kernel, geometry: folded(g, x_shape[-2:], kernel, geometry))
folded.backward(x=lambda g, kernel, geometry: unfolded(g, kernel, geometry))


def columns_of(kernel_size, dilation, padding, stride, **others) -> tuple:
    """(kernel, geometry), checked in torch's words."""
    given = {"kernel_size": kernel_size, "dilation": dilation, "padding": padding, "stride": stride}
    pairs = {what: side_by_side(2, value) for what, value in {**others, **given}.items()}
    for what, value in pairs.items():
        if len(value) != 2:
            raise RuntimeError(f"It is expected {what} equals to 2, but got size {len(value)}")
    for what, name, letter in (("kernel_size", "kernel size", "kernel"), ("dilation", "dilation", "dilation"),
                               ("padding", "padding", "pad"), ("stride", "stride", "stride")):
        lowest, words = (0, "non-negative") if what == "padding" else (1, "greater than zero")
        if min(pairs[what]) < lowest:
            sides = named((letter + "_height", letter + "_width"), pairs[what])
            raise RuntimeError(f"{name} should be {words}, but got {sides}")
    return pairs["kernel_size"], Geometry(pairs["stride"], tuple([(p, p) for p in pairs["padding"]]),
                                          pairs["dilation"], 1)


def text(kernel: tuple, geometry: Geometry) -> str:
    return f"kernel_size={kernel}, dilation={geometry.dilation}, padding={tuple([p for p, _ in geometry.padding])}"


def unfold(input: Tensor, kernel_size, dilation=1, padding=0, stride=1) -> Tensor:
    """The windows of an image as columns.    (N, C, H, W) -> (N, C * kernel, windows)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.unfold.html
    """
    kernel, geometry = columns_of(kernel_size, dilation, padding, stride)
    if input.ndim not in (3, 4) or 0 in input.shape[-3:]:
        raise RuntimeError("Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
                           f"dimensions for input, but got: {list(input.shape)}")
    found = geometry.positions(input.shape[-2:], kernel)
    if min(found) < 1:
        raise RuntimeError(f"Given input with spatial size {tuple(input.shape[-2:])}, {text(kernel, geometry)}, "
                           f"calculated shape of the array of sliding blocks as {found}, but its components must be at "
                           "least one.")
    refuse_kinds(input, "iu", "im2col_out_cpu")
    return unfolded(input, kernel, geometry)


def fold(input: Tensor, output_size, kernel_size, dilation=1, padding=0, stride=1) -> Tensor:
    """Columns added up to an image: the transpose of `unfold`.    (N, C * kernel, windows) -> (N, C, output_size)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.fold.html
    """
    kernel, geometry = columns_of(kernel_size, dilation, padding, stride, output_size=output_size)
    size, shape = side_by_side(2, output_size), list(input.shape)
    if input.ndim not in (2, 3) or 0 in shape[-2:]:
        raise RuntimeError("Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero "
                           f"dimensions for input, but got: {shape}")
    if shape[-2] % math.prod(kernel):
        raise RuntimeError("Expected size of input's dimension 1 to be divisible by the product of kernel_size, but "
                           f"got input.size(1)={shape[-2]} and kernel_size={kernel}.")
    h, w = geometry.positions(size, kernel)
    if shape[-1] != h * w or min(h, w) < 1:
        raise RuntimeError(f"Given output_size={size}, {text(kernel, geometry)}, stride={geometry.stride}, expected "
                           f"size of input's dimension 2 to match the calculated number of sliding blocks {h} * {w} = "
                           f"{h * w}, but got input.size(2)={shape[-1]}.")
    refuse_kinds(input, "iu", "col2im_out_cpu")
    return folded(input, size, kernel, geometry)

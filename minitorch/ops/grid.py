"""Pictures seen through a grid of places: affine_grid makes one, grid_sample reads the picture there.

Jaderberg et al. 2015, Spatial Transformer Networks.        Read next: resize.py.
"""

from __future__ import annotations

import itertools
import math
import warnings

from ..device import array_module
from ..tensor import Size, Tensor, wrap

__all__: list[str] = []


def say_default(align_corners: bool | None) -> bool:
    """False if it is not given, with torch's warning."""
    if align_corners is None:
        warnings.warn("Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. "
                      "Please specify align_corners=True if the old behavior is desired. See the documentation of "
                      "grid_sample for details.", UserWarning, stacklevel=3)
    return bool(align_corners)


# ---------------------------------------------------------------- affine_grid


def affine_grid(theta: Tensor, size, align_corners: bool | None = None) -> Tensor:
    """The places, from -1 to 1, that matrices theta send the points of a picture to.

    grid[n, i, j] = theta[n] (x_j, y_i, 1)    theta (N, 2, 3), size (N, C, H, W), grid (N, H, W, 2); 3-D alike
    https://pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html
    """
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    size = tuple(size)
    if len(size) not in (4, 5):
        raise NotImplementedError("affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
                                  f"respectively. Got size {size}.")
    d = len(size) - 2
    if theta.array.ndim != 3 or theta.array.shape[1:] != (d, d + 1):
        raise ValueError(f"Expected a batch of {d}D affine matrices of shape Nx{d}x{d + 1} for size {size}. Got "
                         f"{Size(theta.array.shape)}.")
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    align_corners = say_default(align_corners)
    xp = array_module(theta.array)
    axes = [middles(xp, n, align_corners, theta.array.dtype) for n in size[2:]]
    points = xp.meshgrid(*axes, indexing="ij")[::-1]  # x, the last dimension, comes first
    base = xp.stack([*points, xp.ones(size[2:], theta.array.dtype)], -1).reshape(-1, d + 1)
    return (wrap(base) @ theta.mT).reshape(size[0], *size[2:], d)


def middles(xp, n: int, align_corners: bool, dtype):
    """n places between -1 and 1: the middles of pixels, or with `align_corners` the first at -1 and the last at 1."""
    if n == 1:
        return xp.zeros(1, dtype)
    places = xp.linspace(-1, 1, n).astype(dtype)
    return places if align_corners else places * dtype.type((n - 1) / n)


# ---------------------------------------------------------------- grid_sample


def to_pixels(x: Tensor, n: int, align_corners: bool) -> Tensor:
    """A place from -1 to 1 as a pixel's number."""
    return (x + 1) * ((n - 1) / 2) if align_corners else ((x + 1) * n - 1) / 2


def kept_inside(x: Tensor, n: int, padding_mode: str, align_corners: bool) -> Tensor:
    """A pixel's number brought back into the picture: at its border, or by reflection there."""
    if padding_mode == "reflection":
        low, span = (0.0, n - 1.0) if align_corners else (-0.5, float(n))
        if span == 0:
            return x * 0
        away = (x - low).abs()
        rest = away.fmod(span)
        turned = (away / span).floor().fmod(2) == 1
        x = (span - rest).where(turned, rest) + low
    return x.clamp(0, n - 1) if padding_mode != "zeros" else x


def read(flat: Tensor, places: list, sizes: tuple) -> Tensor:
    """The picture (N, C, H * W ...) at whole-numbered places (N, ...), one array for each dimension; 0 outside."""
    xp = array_module(flat.array)
    at, inside = 0, True
    for p, n in zip(places, sizes):
        inside = inside & (p >= 0) & (p < n)
        at = at * n + xp.clip(p, 0, n - 1)
    batch, channels = flat.array.shape[:2]
    shape = at.shape[1:]
    index = xp.broadcast_to(xp.where(inside, at, 0).astype("int64").reshape(batch, 1, -1), (
        batch, channels, math.prod(shape)))
    picked = flat.gather(2, wrap(index)).reshape(batch, channels, *shape)
    return picked * wrap(inside[:, None].astype(flat.array.dtype))


def cubic_weights(t: Tensor, a: float = -0.75) -> list:
    """Keys' cubic for the four neighbours of a place t beyond the second of them."""
    def near(u):
        return ((a + 2) * u - (a + 3)) * u * u + 1

    def far(u):
        return ((a * u - 5 * a) * u + 8 * a) * u - 4 * a

    return [far(t + 1), near(t), near(1 - t), far(2 - t)]


def check_grid(input: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    """torch's sentences."""
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError("nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but "
                         f"got: '{mode}'")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError("nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
                         f"'reflection', but got: '{padding_mode}'")
    x, g = input.array.shape, grid.array.shape
    if x[:1] != g[:1]:
        raise RuntimeError("grid_sampler(): expected grid and input to have same batch size, but got input with sizes "
                           f"{list(x)} and grid with sizes {list(g)}")
    if g[-1] != len(x) - 2:
        raise RuntimeError(f"grid_sampler(): expected grid to have size {len(x) - 2} in last dimension, but got grid "
                           f"with sizes {list(g)}")


def grid_sample(input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros",
                align_corners: bool | None = None) -> Tensor:
    """`input` (N, C, H, W) at the places of `grid` (N, h, w, 2), each between its neighbours: (N, C, h, w).

    y = sum over corners of (product of 1 - |place - corner|) * input[corner]; 3-D alike
    https://pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html
    """
    check_grid(input, grid, mode, padding_mode)
    align_corners = say_default(align_corners)
    sizes = input.array.shape[2:]
    if mode == "bicubic" and len(sizes) != 2:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    xp, d = array_module(input.array), len(sizes)
    flat = input.reshape(*input.array.shape[:2], math.prod(sizes))
    places = [to_pixels(grid[..., d - 1 - k], n, align_corners) for k, n in enumerate(sizes)]
    if mode == "bicubic":
        return between_sixteen(flat, places, sizes, padding_mode, align_corners)
    places = [kept_inside(p, n, padding_mode, align_corners) for p, n in zip(places, sizes)]
    if mode == "nearest":
        return read(flat, [xp.rint(p.array) for p in places], sizes)
    lows = [xp.floor(p.array) for p in places]
    weights = [(1 - (p - wrap(low)), p - wrap(low)) for p, low in zip(places, lows)]
    y = 0
    for corner in itertools.product((0, 1), repeat=d):
        weight = math.prod([w[c].unsqueeze(1) for w, c in zip(weights, corner)])
        y = y + read(flat, [low + c for low, c in zip(lows, corner)], sizes) * weight
    return y


def between_sixteen(flat: Tensor, places: list, sizes: tuple, padding_mode: str, align_corners: bool) -> Tensor:
    """Cubics through four rows of four pixels; each pixel's own number is brought into the picture."""
    xp = array_module(flat.array)
    lows = [xp.floor(p.array) for p in places]
    rows, columns = [cubic_weights(p - wrap(low)) for p, low in zip(places, lows)]
    y = 0
    for i in range(4):
        for j in range(4):
            corner = [kept_inside(wrap(low + (k - 1)), n, padding_mode, align_corners).array
                      for low, k, n in zip(lows, (i, j), sizes)]
            y = y + read(flat, corner, sizes) * (rows[i] * columns[j]).unsqueeze(1)
    return y



"""Fractional max pooling: windows of one size at random places, as many as outputs are wanted.

Each plane has its own places, drawn from one number u of [0, 1) for each of its dimensions.
B. Graham, Fractional max-pooling, 2014.  Read next: pool.py, for windows that are alike in all planes.
"""

from __future__ import annotations

from ..autograd.op import op
from ..device import array_module
from ..tensor import Tensor
from .pool import max_rule
from .pool_arguments import side_by_side
from .sampling import rand

__all__: list[str] = []

AXES = {2: ("height", "width"), 3: ("time", "height", "width")}


def begins(xp, u, n: int, count: int, size: int):
    """Where `count` windows of `size` begin, of 0 ... n - size.    u (..., 1), begins (..., count)

    b_i = floor((i + u) a) - floor(u a)    a = (n - size) / (count - 1);    the last one ends where the plane ends
    """
    if count == 1:
        return xp.full((*u.shape[:-1], 1), n - size)
    a = u.dtype.type((n - size) / (count - 1))
    b = ((xp.arange(count, dtype=u.dtype) + u) * a).astype("int64") - (u * a).astype("int64")
    b[..., -1] = n - size
    return b


def places(xp, u, plane: tuple, kernel: tuple, size: tuple):
    """The position in its plane of each element of each window: (N, C, *size, elements)."""
    d, at = len(plane), 0
    numbers = range(d) if d == 3 else (1, 0)  # the first number is a plane's width, a volume's time
    for axis, (n, k, m) in enumerate(zip(plane, kernel, size)):
        side = begins(xp, u[..., numbers[axis], None], n, m, k)[..., None] + xp.arange(k)  # (N, C, m, k)
        shape = [*side.shape[:2], *(1,) * (2 * d)]
        shape[2 + axis], shape[2 + d + axis] = m, k
        at = at * n + side.reshape(shape)
    return at.reshape(*at.shape[:2 + d], -1)


def max_of_places(xp, x, /, at, n):
    """y = the largest of each window of the last n dimensions, and where in its plane it is: the first, or the last NaN

    gx = g added at those positions
    """
    lead = x.shape[:-n]
    elements = xp.take_along_axis(x.reshape(*lead, -1), at.reshape(*lead, -1), -1).reshape(at.shape)
    which = elements.argmax(-1)
    bad = xp.isnan(elements)
    which = xp.where(bad.any(-1), at.shape[-1] - 1 - bad[..., ::-1].argmax(-1), which)[..., None]
    return xp.take_along_axis(elements, which, -1)[..., 0], xp.take_along_axis(at, which, -1)[..., 0]


fractional = {n: op(max_of_places, outputs="values indices", node=f"FractionalMaxPool{n}DBackward0") for n in AXES}
for _call in fractional.values():
    _call.backward(x=lambda g_values, indices, x_shape, n: max_rule(g_values, indices, x_shape, x_shape[-n:]))


def check(n: int, name: str, x: Tensor, kernel: tuple, size: tuple, samples: Tensor) -> None:
    """torch's sentences; x is batched."""
    shape = list(x.array.shape)
    for d in range(1, n + 2):
        if shape[d] == 0:
            raise RuntimeError(f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got"
                               f"{shape} with dimension {d} being empty.")
    if samples.array.dtype != x.array.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    for d, wanted in ((0, shape[0]), (1, shape[1]), (2, n)):
        if samples.array.shape[d] != wanted:
            raise RuntimeError(f"Expect _random_samples.size({d}) equals to {wanted}; got {samples.array.shape[d]}.")
    for word, have, k, m in zip(AXES[n], shape[2:], kernel, size):
        if m + k - 1 > have:
            out = "" if n == 2 else "_out"
            raise RuntimeError(f"{name}{out}(): pool {word} {k} too large relative to input {word} {have}")


def fractional_max_pools(n: int, input: Tensor, kernel_size, output_size, output_ratio,
                         samples: Tensor | None) -> tuple[Tensor, Tensor]:
    name = f"fractional_max_pool{n}d"
    if output_size is None and output_ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if output_size is None:
        ratio = tuple(output_ratio) if isinstance(output_ratio, (tuple, list)) else (output_ratio,) * n
        if len(ratio) > n:
            raise ValueError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
        output_size = tuple([int(m * ratio[k]) for k, m in enumerate(input.shape[-n:])])
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got: {list(input.shape)}")
    kernel, size = side_by_side(n, kernel_size), side_by_side(n, output_size)
    x = input if input.ndim == n + 2 else input.unsqueeze(0)
    if samples is None:
        samples = rand(*x.shape[:2], n, dtype=x.dtype, device=x.device)
    check(n, name, x, kernel, size, samples)
    at = places(array_module(x.array), samples.array, x.shape[2:], kernel, size)
    return tuple(fractional[n](input, at if input.ndim == n + 2 else at[0], n))


def fractional_max_pool2d_with_indices(input: Tensor, kernel_size, output_size=None, output_ratio=None,
                                       return_indices: bool = False,
                                       _random_samples: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """fractional_max_pool2d, and where each maximum is in its plane."""
    return fractional_max_pools(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d_with_indices(input: Tensor, kernel_size, output_size=None, output_ratio=None,
                                       return_indices: bool = False,
                                       _random_samples: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """fractional_max_pool3d, and where each maximum is in its volume."""
    return fractional_max_pools(3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool2d(input: Tensor, kernel_size, output_size=None, output_ratio=None,
                          return_indices: bool = False, _random_samples: Tensor | None = None):
    """Maxima of windows at random places.    input (N, C, H, W) or (C, H, W)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool2d.html
    """
    found = fractional_max_pools(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]


def fractional_max_pool3d(input: Tensor, kernel_size, output_size=None, output_ratio=None,
                          return_indices: bool = False, _random_samples: Tensor | None = None):
    """Maxima of windows at random places.    input (N, C, T, H, W) or (C, T, H, W)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.fractional_max_pool3d.html
    """
    found = fractional_max_pools(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]

"""The arguments of pooling: from kernel, stride, padding and dilation to windows, with torch's refusals.

Read next: pool.py, which takes the maximum or the mean of these windows.
"""

from __future__ import annotations

from ..dtype import CAPITAL
from ..tensor import Tensor

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


# ---------------------------------------------------------------- numbers, one for each spatial dimension


def is_omitted(stride) -> bool:
    return stride is None or (not isinstance(stride, int) and not stride)


def side_by_side(n: int, value) -> tuple:
    """One number for each of n dimensions: of one number or of n."""
    value = (value,) if isinstance(value, int) else tuple(value)
    return value * n if len(value) == 1 else value


def each_side(n: int, name: str, kernel_size, stride, padding, dilation=1) -> tuple:
    """Each argument as a tuple of n numbers; no stride means the kernel's size."""
    either = "must be" if name == "avg_pool3d" else "must either be"
    one_or_all = f"a single int, or a tuple of {('two', 'three')[n - 2]} ints"

    def sides(what: str, value, either: str) -> tuple:
        value = side_by_side(n, value)
        if len(value) != n:
            raise RuntimeError(f"{name}: {what} {either} {one_or_all}")
        return value

    kernel = sides("kernel_size", kernel_size, either)
    return (kernel, kernel if is_omitted(stride) else sides("stride", stride, f"{either} omitted,"),
            sides("padding", padding, either), sides("dilation", dilation, "must be either"))


def named(letters: tuple, values) -> str:
    """kH: 2 kW: 3"""
    return " ".join([f"{letter}: {value}" for letter, value in zip(letters, values)])


def check_windows(kernel: tuple, stride: tuple, padding: tuple, dilation: tuple) -> None:
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    for k, p, d in reversed(list(zip(kernel, padding, dilation))):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > (max(k - 1, 0) * d + 1) // 2 and d > 0 and k > 0:
            raise RuntimeError("pad should be at most half of effective kernel size, but got "
                               f"pad={p}, kernel_size={k} and dilation={d}")
    sides = "THW"[-len(kernel):]
    for what, value, letter in (("kernel size", kernel, "k"), ("stride", stride, "d"),
                                ("dilation", dilation, "dilation")):
        if min(value) <= 0:
            raise RuntimeError(f"{what} should be greater than zero, but got "
                               f"{named([letter + s for s in sides], value)}")


def check_image(name: str, shape: tuple, kernel: tuple, padding: tuple) -> None:
    """The input's shape, after torch's two shape checks: one for planes, one for volumes."""
    n, sides = len(kernel), "THW"[-len(kernel):]
    if n == 2:
        if 0 in shape[-3:]:
            raise RuntimeError("Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
                               f"got:{list(shape)}")
        if any(p > k // 2 for p, k in zip(padding, kernel)):
            raise RuntimeError("pad should be smaller than or equal to half of kernel size, but got padW = "
                               f"{padding[1]}, padH = {padding[0]}, kW = {kernel[1]}, kH = {kernel[0]}")
        return
    if len(shape) not in (4, 5):
        raise RuntimeError("non-empty 4D or 5D (batch mode) tensor expected for input")
    if 0 in shape[-4:]:
        where = "max_pool3d_with_indices_out_cpu_template" if name == "max_pool3d" else name
        raise RuntimeError(f"{where}(): Expected input's non-batch dimensions to have positive length, but input has a "
                           f"shape of {list(shape)} and non-batch dimension 0 has length zero!")
    if name == "avg_pool3d" and any(m < k for m, k in zip(shape[-3:], kernel)):
        raise RuntimeError(f"input image ({named(sides, shape[-3:])}) smaller than kernel size "
                           f"({named(['k' + s for s in sides], kernel)})")
    if any(p > k // 2 for p, k in zip(padding, kernel)):
        raise RuntimeError("pad should be smaller than or equal to half of kernel size, but got "
                           f"{named(['k' + s for s in 'TWH'], (kernel[0], kernel[2], kernel[1]))} "
                           f"{named(['pad' + s for s in 'TWH'], (padding[0], padding[2], padding[1]))}")


def sliding_windows(name: str, input: Tensor, kernel, stride, padding, dilation, ceil_mode: bool) -> tuple:
    """The ranges along each spatial dimension, after torch's checks."""
    check_windows(kernel, stride, padding, dilation)
    shape, n = input.array.shape, len(kernel)
    check_image(name, shape, kernel, padding)
    sides = list(zip(shape[-n:], kernel, stride, padding, dilation))
    found = [output_length(*side, ceil_mode) for side in sides]
    if min(found) < 1:
        planes = shape[-n - 1]
        raise RuntimeError(f"Given input size: ({'x'.join(map(str, shape[-n - 1:]))}). Calculated output size: "
                           f"({'x'.join(map(str, (planes, *found)))}). Output size is too small")
    return tuple([sliding(*side, ceil_mode) for side in sides])


def refuse_kinds(x: Tensor, kinds: str, kernel: str, except_type: str = "") -> None:
    """Raise torch's sentence for kinds of numbers (b: bool, u and i: integers) that its kernel does not take."""
    if x.array.dtype.kind in kinds and x.array.dtype.name != except_type:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{CAPITAL[x.array.dtype.name]}'")


# ---------------------------------------------------------------- one spatial dimension


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


MAX_POOL1D_TAKES = {
    "kernel_size": "an int, list of ints or tuple of ints", "dilation": "an int, list of ints or tuple of ints",
    "padding": "an int, list of ints, or tuple of ints", "stride": "None, an int, list of ints, or tuple of ints"}


def line_number(what: str, value) -> int:
    value = (value,) if isinstance(value, int) else tuple(value)
    if len(value) != 1:
        raise RuntimeError(f"max_pool1d() {what} must be {MAX_POOL1D_TAKES[what]} of size 1 but got size {len(value)}")
    return value[0]


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


# ---------------------------------------------------------------- adaptive windows, and back from maxima


def output_sides(n: int, sentence: str, output_size, input: Tensor) -> tuple:
    """The output's lengths, None keeping the input's."""
    size = (output_size,) * n if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(size) != n:
        raise RuntimeError(sentence)
    return tuple(m if k is None else k for k, m in zip(size, input.shape[-n:]))


def check_adaptive(n: int, name: str, input: Tensor, positive: int, colon: str) -> None:
    """The input's shape; its last `positive` lengths must not be 0."""
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got{colon} {list(input.shape)}")
    for d in range(input.ndim - positive, input.ndim):
        if input.shape[d] == 0:
            raise RuntimeError(f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input "
                               f"has sizes {list(input.shape)} with dimension {d} being empty")
    refuse_kinds(input, "iub", name if n == 2 else name + "_cpu")


def unpooled_size(size: tuple, kernel: tuple, stride: tuple, padding: tuple, wanted) -> tuple:
    """The size that a max_pool with these arguments made `size` of, or `wanted`, if it may have been that."""
    usual = [(m - 1) * s + k - 2 * p for m, k, s, p in zip(size, kernel, stride, padding)]
    if wanted is not None:
        n = len(kernel)
        wanted = wanted[2:] if len(wanted) == n + 2 else wanted
        if len(wanted) != n:
            raise ValueError(f"output_size should be a sequence containing {n} or {n + 2} elements, but it has a "
                             f"length of '{len(wanted)}'")
        for d, (m, s) in enumerate(zip(usual, stride)):
            if not m - s < wanted[d] < m + s:
                raise ValueError(f'invalid output_size "{wanted}" (dim {d} must be between {m - s} and {m + s})')
        usual = wanted
    for d, m in enumerate(usual):
        if m < 0:
            raise ValueError("max_unpooling: output_size must contain non-negative spatial dimensions, but got "
                             f"output_size[{d}]={m}")
    return tuple(usual)


def check_unpool(n: int, input: Tensor, indices: Tensor, size: tuple, stride: tuple) -> None:
    shape, kind = list(input.shape), indices.array.dtype.name
    if kind != "int64":
        got = f" but got: {CAPITAL[kind]}" if n == 2 else ""
        raise RuntimeError("elements in indices should be type int64" + got)
    if input.ndim not in (n + 1, n + 2):
        raise RuntimeError(f"Input to max_unpooling{n}d should be a {n + 1}d or {n + 2}d Tensor, but got a tensor with "
                           f"{input.ndim} dimensions.")
    if min(stride) <= 0 and n == 3:
        raise RuntimeError(f"strides should be greater than zero, but got stride: {list(stride)}")
    if indices.shape != input.shape:
        raise RuntimeError(f"Expected shape of indices to be same as that of the input tensor ({shape}) but got "
                           f"indices tensor with shape: {list(indices.shape)}")
    for d in range(input.ndim - n - 1, input.ndim):
        if shape[d] == 0:
            raise RuntimeError(f"max_unpooling{n}d_forward_out_cpu(): Expected input to have non-zero size for "
                               f"non-batch dimensions, but got {shape} with dimension {d} being empty.")
    refuse_kinds(input, "iub", f"max_unpool{n}d")
    plane, at = 1, indices.array
    for m in size:
        plane *= m
    outside = (at < 0) | (at >= plane)
    if outside.any():
        raise RuntimeError(f"Found an invalid max index: {int(at[outside][0])} (output volumes are of size "
                           f"{'x'.join(map(str, size))})")

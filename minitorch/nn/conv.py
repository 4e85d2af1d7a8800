"""Convolution layers, and transposed ones, over one, two or three spatial dimensions.

One class for all: it is told how many spatial dimensions it has.  The arithmetic is in ops/conv.py.
"""

from __future__ import annotations

import math

from ..ops.create import empty
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


def per_dim(value, n: int) -> tuple:
    """One number for every spatial dimension, or the numbers as given."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * n


class _ConvNd(Module):
    """What convolutions and transposed convolutions share: the options, the weights, the way they are printed.

    The bias (out_channels), and the weight, start as U(-k, k), k = 1 / sqrt(weight.shape[1] * prod(kernel_size)).
    """

    spatial: int
    transposed: bool

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride, padding, output_padding, dilation,
                 groups: int, bias: bool, padding_mode: str, device, dtype):
        super().__init__()
        n = self.spatial
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = per_dim(kernel_size, n), per_dim(stride, n), per_dim(dilation, n)
        self.padding = padding if isinstance(padding, str) else per_dim(padding, n)
        self.output_padding, self.padding_mode = per_dim(output_padding, n), padding_mode
        self._check_options()
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(empty((first, second // groups, *self.kernel_size), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _check_options(self) -> None:
        if self.groups <= 0:
            raise ValueError("groups must be a positive integer")
        if self.in_channels % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        if self.out_channels % self.groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(self.padding, str):
            words = {"same", "valid"}
            if self.padding not in words:
                raise ValueError(f"Invalid padding string {self.padding!r}, should be one of {words}")
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise ValueError("padding='same' is not supported for strided convolutions")
        modes = {"zeros", "reflect", "replicate", "circular"}
        if self.padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes}, but got padding_mode='{self.padding_mode}'")

    def reset_parameters(self) -> None:
        """Draw the initial values again."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # this gain makes the bound 1 / sqrt(fan_in)
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        for name, default in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            if getattr(self, name) != (default,) * self.spatial:
                parts.append(f"{name}={getattr(self, name)}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class _Conv(_ConvNd):
    """y[n, o] = b[o] + sum over channels i of x[n, i] correlated with W[o, i]

    W (out_channels, in_channels / groups, *kernel_size)
    """

    transposed = False

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, dilation=1,
                 groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device=None, dtype=None):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, 0, dilation, groups, bias,
                         padding_mode, device, dtype)

    def _pad_widths(self) -> list:
        """The padding as F.pad takes it: last dimension first, before and after."""
        widths = []
        for d in reversed(range(self.spatial)):
            if self.padding == "same":
                total = self.dilation[d] * (self.kernel_size[d] - 1)
                widths += [total // 2, total - total // 2]
            else:
                widths += [0, 0] if self.padding == "valid" else [self.padding[d]] * 2
        return widths

    def forward(self, input: Tensor) -> Tensor:
        convolve = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[self.spatial]
        if self.padding_mode == "zeros":
            return convolve(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        padded = F.pad(input, self._pad_widths(), mode=self.padding_mode)
        return convolve(padded, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)


class Conv1d(_Conv):
    """Convolution over (N, C, L).  https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html"""

    spatial = 1


class Conv2d(_Conv):
    """Convolution over (N, C, H, W).  https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html"""

    spatial = 2


class Conv3d(_Conv):
    """Convolution over (N, C, D, H, W).  https://pytorch.org/docs/stable/generated/torch.nn.Conv3d.html"""

    spatial = 3


class _ConvTranspose(_ConvNd):
    """The gradient of a convolution with respect to its input, as a layer.

    W (in_channels, out_channels / groups, *kernel_size)
    output length = (length - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + 1 + output_padding
    """

    transposed = True

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, output_padding=0,
                 groups: int = 1, bias: bool = True, dilation=1, padding_mode: str = "zeros", device=None, dtype=None):
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, output_padding, dilation, groups,
                         bias, padding_mode, device, dtype)

    def forward(self, input: Tensor, output_size=None) -> Tensor:
        convolve = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}[self.spatial]
        more = self.output_padding if output_size is None else self._output_padding(input, list(output_size))
        return convolve(input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation)

    def _output_padding(self, input: Tensor, output_size: list) -> list:
        """What to add to the shortest output so that it is of `output_size`."""
        n = self.spatial
        lead = 2 if input.ndim == n + 2 else 1
        if len(output_size) == lead + n:
            output_size = output_size[lead:]
        if len(output_size) != n:
            raise ValueError(f"ConvTranspose{n}D: for {input.ndim}D input, output_size must have {n} or {lead + n} "
                             f"elements (got {len(output_size)})")
        shortest = [(input.shape[lead + d] - 1) * self.stride[d] - 2 * self.padding[d]
                    + self.dilation[d] * (self.kernel_size[d] - 1) + 1 for d in range(n)]
        longest = [low + s - 1 for low, s in zip(shortest, self.stride)]
        if not all(low <= size <= high for low, size, high in zip(shortest, output_size, longest)):
            raise ValueError(f"requested an output size of {output_size}, but valid sizes range from {shortest} to "
                             f"{longest} (for an input of {type(input.shape)(input.shape[2:])})")
        return [size - low for size, low in zip(output_size, shortest)]


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution over (N, C, L)."""

    spatial = 1


class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution over (N, C, H, W).  https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html"""

    spatial = 2


class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution over (N, C, D, H, W)."""

    spatial = 3

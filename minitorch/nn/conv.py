"""Convolution layers.  Conv1d, Conv2d, Conv3d: one class, told how many spatial dimensions it has."""

from __future__ import annotations

import math

from ..ops.create import empty
from ..tensor import Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


def per_dim(value, n: int) -> tuple:
    """One number for every spatial dimension, or the numbers as given."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * n


class _ConvNd(Module):
    """y[n, o] = b[o] + sum over channels i of x[n, i] correlated with W[o, i]

    W (out_channels, in_channels / groups, *kernel_size) and b (out_channels) start as U(-k, k),
    k = 1 / sqrt(in_channels / groups * prod(kernel_size)).
    """

    spatial: int

    def __init__(self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, dilation=1, groups: int = 1,
                 bias: bool = True, padding_mode: str = "zeros", device=None, dtype=None):
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups:
            raise ValueError("out_channels must be divisible by groups")
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(f"Invalid padding string {padding!r}, should be one of {{'valid', 'same'}}")
            if padding == "same" and any(s != 1 for s in per_dim(stride, self.spatial)):
                raise ValueError("padding='same' is not supported for strided convolutions")
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise ValueError("padding_mode must be one of {'zeros', 'reflect', 'replicate', 'circular'}, but got "
                             f"padding_mode='{padding_mode}'")
        n = self.spatial
        self.in_channels, self.out_channels, self.groups, self.padding_mode = in_channels, out_channels, groups, padding_mode
        self.kernel_size, self.stride, self.dilation = per_dim(kernel_size, n), per_dim(stride, n), per_dim(dilation, n)
        self.padding = padding if isinstance(padding, str) else per_dim(padding, n)
        self.transposed, self.output_padding = False, (0,) * n
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the initial values again."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in != 0:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def pad_widths(self) -> tuple:
        """The padding as F.pad takes it: last dimension first, before and after."""
        widths = []
        for k, d, p in zip(self.kernel_size, self.dilation, self._padding_numbers()):
            total = d * (k - 1) if self.padding == "same" else 2 * p
            widths.insert(0, (total // 2, total - total // 2))
        return tuple(n for pair in widths for n in pair)

    def _padding_numbers(self) -> tuple:
        return (0,) * self.spatial if isinstance(self.padding, str) else self.padding

    def forward(self, input: Tensor) -> Tensor:
        convolve = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[self.spatial]
        if self.padding_mode == "zeros":
            return convolve(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
        padded = F.pad(input, self.pad_widths(), mode=self.padding_mode)
        return convolve(padded, self.weight, self.bias, self.stride, (0,) * self.spatial, self.dilation, self.groups)

    def extra_repr(self) -> str:
        n = self.spatial
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        if self.padding != (0,) * n:
            parts.append(f"padding={self.padding}")
        if self.dilation != (1,) * n:
            parts.append(f"dilation={self.dilation}")
        if self.groups != 1:
            parts.append(f"groups={self.groups}")
        if self.bias is None:
            parts.append("bias=False")
        if self.padding_mode != "zeros":
            parts.append(f"padding_mode={self.padding_mode}")
        return ", ".join(parts)


class Conv1d(_ConvNd):
    """Convolution over (N, C, L).  https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html"""

    spatial = 1


class Conv2d(_ConvNd):
    """Convolution over (N, C, H, W).  https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html"""

    spatial = 2


class Conv3d(_ConvNd):
    """Convolution over (N, C, D, H, W).  https://pytorch.org/docs/stable/generated/torch.nn.Conv3d.html"""

    spatial = 3

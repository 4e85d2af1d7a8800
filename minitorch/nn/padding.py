"""Padding layers: an input grown at its edges by a constant, or by copies of what it holds.

`padding` is one number for every side, or (left, right, top, bottom, front, back) as far as there are dimensions.
https://pytorch.org/docs/stable/nn.html#padding-layers
"""

from __future__ import annotations

from ..tensor import Tensor
from . import functional as F
from .module import Module

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d", "ReplicationPad2d",
    "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d"]


class _Pad(Module):
    """Padding of the last `spatial` dimensions."""

    mode: str
    spatial: int

    def __init__(self, padding):
        super().__init__()
        self.padding = tuple(padding) if isinstance(padding, (tuple, list)) else (padding,) * (2 * self.spatial)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _Reflection(_Pad):
    """Grows by the mirror image, the edge itself not repeated: c b | a b c | b a."""

    mode = "reflect"


class _Replication(_Pad):
    """Grows by copies of the edge: a a | a b c | c c."""

    mode = "replicate"


class _Circular(_Pad):
    """Grows by the other end: b c | a b c | a b."""

    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (self.spatial + 1, self.spatial + 2):
            raise ValueError(f"expected {self.spatial + 1}D or {self.spatial + 2}D input (got {input.ndim}D input)")
        return super().forward(input)


class _Constant(_Pad):
    """Grows by `value`."""

    def __init__(self, padding, value: float):
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _Zero(_Constant):
    """Grows by zeros."""

    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


def sized(kind: type, name: str) -> list[type]:
    """The layers of one kind for one, two and three spatial dimensions."""
    return [type(f"{name}{n}d", (kind,), {"spatial": n, "__doc__": kind.__doc__, "__module__": __name__})
            for n in (1, 2, 3)]


CircularPad1d, CircularPad2d, CircularPad3d = sized(_Circular, "CircularPad")
ConstantPad1d, ConstantPad2d, ConstantPad3d = sized(_Constant, "ConstantPad")
ReflectionPad1d, ReflectionPad2d, ReflectionPad3d = sized(_Reflection, "ReflectionPad")
ReplicationPad1d, ReplicationPad2d, ReplicationPad3d = sized(_Replication, "ReplicationPad")
ZeroPad1d, ZeroPad2d, ZeroPad3d = sized(_Zero, "ZeroPad")

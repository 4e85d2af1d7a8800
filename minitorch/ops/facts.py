"""Questions about tensors that compute nothing: signs, sizes, types; and what never is so here.

Read next: convert.py.
"""

from __future__ import annotations

from ..dtype import FROM_NUMPY
from ..tensor import Size, Tensor, expect_tensor, method

__all__: list[str] = ["broadcast_shapes", "get_device", "is_conj", "is_distributed", "is_inference", "is_neg",
"is_nonzero",
                      "is_same_size", "is_signed"]


def broadcast_shapes(*shapes) -> Size:
    """The shape that tensors of these shapes broadcast to.

    https://pytorch.org/docs/stable/generated/torch.broadcast_shapes.html
    """
    shapes = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    result: list[int] = []
    for k, shape in enumerate(shapes):
        result = [1] * (len(shape) - len(result)) + result
        for back in range(1, len(shape) + 1):
            n = shape[-back]
            if n < 0:
                raise RuntimeError(f"Trying to create tensor with negative dimension ({n}): ({n})")
            if n != 1 and result[-back] not in (1, n):
                raise RuntimeError(f"Attempting to broadcast a dimension of length {n} at {-back}! Mismatching "
                                   f"argument at index {k} had {shape}; but expected shape should be broadcastable to "
                                   f"{result}")
            result[-back] = n if n != 1 else result[-back]
    return Size(result)


@method
def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether the shapes are equal."""
    return input.array.shape == other.array.shape


@method
def is_signed(input: Tensor) -> bool:
    """Whether the type has negative numbers."""
    return FROM_NUMPY[input.array.dtype].is_signed


@method
def is_nonzero(input: Tensor) -> bool:
    """Whether the one element is not 0."""
    expect_tensor(input, "is_nonzero")
    if input.array.size != 1:
        raise RuntimeError("Boolean value of Tensor with no values is ambiguous" if input.array.size == 0 else
                           "Boolean value of Tensor with more than one value is ambiguous")
    return input.item() != 0


@method
def is_conj(input: Tensor) -> bool:
    """Whether the tensor is a lazily conjugated view: never, here conjugates are computed."""
    return False


@method
def is_neg(input: Tensor) -> bool:
    """Whether the tensor is a lazily negated view: never."""
    return False


@method
def is_distributed(input: Tensor) -> bool:
    """Whether the tensor is spread over processes: never."""
    return False


def is_inference(input: Tensor) -> bool:
    """Whether the tensor was made in inference mode."""
    return input.is_inference()


def get_device(input: Tensor) -> int:
    """The number of the tensor's GPU, -1 on the CPU."""
    return input.get_device()

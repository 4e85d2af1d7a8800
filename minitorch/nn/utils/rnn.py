"""Sequences of different lengths in one tensor: padded to the longest, or packed, with no padding at all.

A packed batch is sorted by length, longest first, and stored time by time: `batch_sizes[t]` rows for time t, one for
each sequence that is longer than t.  https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.PackedSequence.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ... import dtype as dtypes
from ...ops.create import arange, as_tensor, empty_like
from ...ops.rnn import pack, pad
from ...ops.sort import sort
from ...tensor import Tensor, wrap

__all__ = ["PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence",
           "pad_sequence", "unpack_sequence", "unpad_sequence"]


class PackedSequence_(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


def cast(name: str):
    """The method that converts the data to a type."""
    return lambda self: self.to(dtype=getattr(dtypes, name))


class PackedSequence(PackedSequence_):
    """A packed batch, made by `pack_padded_sequence` or `pack_sequence`, taken and given by recurrent layers.

    data              (sum of batch_sizes, *)
    batch_sizes       how many sequences are alive at each time; always on the CPU
    sorted_indices    the batch's order as a permutation of the sequences' own, None if they are the same
    """

    def __new__(cls, data: Tensor, batch_sizes: Tensor | None = None, sorted_indices: Tensor | None = None,
                unsorted_indices: Tensor | None = None):
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError("batch_sizes should always be on CPU. Instances of PackedSequence should never be created "
                             "manually. They should be instantiated by functions like pack_sequence and "
                             "pack_padded_sequences in nn.utils.rnn. "
                             "https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence")
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs) -> PackedSequence:
        """The data converted as by `Tensor.to`, the permutations on its device; self where nothing changes."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        order, back = [None if t is None else t.to(data.device) for t in self[2:]]
        return type(self)(data, self.batch_sizes, order, back)

    def cpu(self, *args, **kwargs) -> PackedSequence:
        return self.to(*args, **{"device": "cpu", **kwargs})

    def cuda(self, *args, **kwargs) -> PackedSequence:
        return self.to(*args, **kwargs) if args or "device" in kwargs else self.to(device="cuda", **kwargs)

    def pin_memory(self) -> PackedSequence:
        data, order, back = [None if t is None else t.pin_memory() for t in (self.data, *self[2:])]
        return type(self)(data, self.batch_sizes, order, back)

    def is_pinned(self) -> bool:
        return self.data.is_pinned()

    double, float, half, long = cast("float64"), cast("float32"), cast("float16"), cast("int64")
    int, short, char, byte = cast("int32"), cast("int16"), cast("int8"), cast("uint8")

    @property
    def is_cuda(self) -> bool:
        return self.data.is_cuda


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes one; None of None."""
    if permutation is None:
        return None
    return empty_like(permutation).scatter_(0, permutation, arange(permutation.numel(), device=permutation.device))


# ---------------------------------------------------------------- padded and packed


def pack_padded_sequence(input: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False,
                         enforce_sorted: bool = True) -> PackedSequence:
    """The rows of a padded batch that are no padding.    input (T, N, *), or (N, T, *) with batch_first

    Lengths must fall, unless enforce_sorted is False: then the batch is sorted first.
    """
    lengths = lengths.to(dtypes.int64) if isinstance(lengths, Tensor) else as_tensor(lengths, dtype=dtypes.int64)
    order = None
    if not enforce_sorted:
        lengths, order = sort(lengths, descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = input.transpose(0, 1)
    check_lengths(input, lengths)
    counts = lengths.numpy()
    batch_sizes = (np.arange(counts[0])[:, None] < counts).sum(axis=1)
    return PackedSequence(pack(input, tuple(counts.tolist())), wrap(batch_sizes), order)


def check_lengths(input: Tensor, lengths: Tensor) -> None:
    """torch's refusals; input (T, N, *)"""
    if lengths.ndim != 1 or not lengths.is_cpu:
        raise RuntimeError("'lengths' argument should be a 1D CPU int64 tensor, but got "
                           f"{lengths.ndim}D {lengths.device.type} Long tensor")
    batch = input.size(1)
    if input.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if len(lengths) != batch:
        raise RuntimeError(f"Expected `len(lengths)` to be equal to batch_size, but got {len(lengths)} "
                           f"(batch_size={batch})")
    if lengths[-1] <= 0:
        raise RuntimeError("Length of all samples has to be greater than 0, but found an element in 'lengths' that is "
                           "<= 0")
    if (lengths[1:] > lengths[:-1]).any():
        raise RuntimeError("`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can "
                           "pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this "
                           "requirement if you do not need ONNX exportability.")


def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
                        total_length: int | None = None) -> tuple[Tensor, Tensor]:
    """The inverse of `pack_padded_sequence`: (padded batch, lengths), in the sequences' own order."""
    sizes = sequence.batch_sizes.numpy()
    times = len(sizes) if total_length is None else total_length
    if times < len(sizes):
        raise ValueError("Expected total_length to be at least the length of the longest sequence in input, but got "
                         f"total_length={total_length} and max sequence length being {len(sizes)}")
    if len(sizes) == 0:
        raise RuntimeError("batch_sizes can not be empty")
    if sizes.sum() != len(sequence.data) or (sizes[1:] > sizes[:-1]).any():
        raise RuntimeError(f"batch_sizes {sizes.tolist()} do not fit {len(sequence.data)} rows of data")
    lengths = (np.arange(sizes[0])[:, None] < sizes).sum(axis=1)  # as batch_sizes is made of lengths
    output = pad(sequence.data, tuple(lengths.tolist()), times, padding_value)
    output, lengths = output.transpose(0, 1) if batch_first else output, wrap(lengths)
    back = sequence.unsorted_indices
    if back is None:
        return output, lengths
    return output.index_select(0 if batch_first else 1, back), lengths[back.cpu()]


# ---------------------------------------------------------------- lists of sequences


def pad_sequence(sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0,
                 padding_side: str = "right") -> Tensor:
    """Sequences (T_n, *) side by side: (T, N, *), or (N, T, *) with batch_first, T the longest's length."""
    if not isinstance(sequences, Iterable):
        raise RuntimeError("pad_sequence: Expected iterable for input sequences, but got arg of type: "
                           f"{type(sequences)}")
    sequences = tuple(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    times = max([s.size(0) for s in sequences])
    shape = (len(sequences), times) if batch_first else (times, len(sequences))
    output = sequences[0].new_full((*shape, *sequences[0].shape[1:]), padding_value)
    for n, s in enumerate(sequences):
        where = slice(times - len(s), times) if padding_side == "left" else slice(0, len(s))
        output[(n, where) if batch_first else (where, n)].copy_(s)
    return output


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, each of its own length; without batch_first, the batch is transposed in place.
    """
    if not batch_first:
        padded_sequences.transpose_(0, 1)
    times = arange(padded_sequences.shape[1], device=lengths.device)
    return [s[times < length] for s, length in zip(padded_sequences, lengths, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (T_n, *) as one packed batch; longest first, unless enforce_sorted is False."""
    lengths = as_tensor([s.size(0) for s in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The inverse of `pack_sequence`."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)

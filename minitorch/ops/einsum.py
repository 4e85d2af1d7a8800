"""einsum: sums of products, written by the names of their dimensions. A composition of permute, bmm and sum.

Read next: linalg.py for bmm.
"""

from __future__ import annotations

import math
import re

from ..tensor import Tensor
from .linalg import bmm

__all__: list[str] = ["bilinear", "einsum"]


def einsum(*args) -> Tensor:
    """Sums of products by the names of dimensions: einsum("bij,bjk->bik", x, y).

    y[output] = sum over every label that `output` lacks of the product of the operands at their labels
    https://pytorch.org/docs/stable/generated/torch.einsum.html

    Every operand gets all labels as dimensions, the output's first; then one product at a time, left to right, each
    summing the labels that nobody will need again.
    """
    terms, output, operands = einsum_arguments(args)
    terms = [expand_ellipsis(x, labels, k) for k, (x, labels) in enumerate(zip(operands, terms))]
    output = output_labels(output, terms)
    operands, terms = zip(*[diagonals(x, labels, k) for k, (x, labels) in enumerate(zip(operands, terms))])
    check_label_sizes(operands, terms)
    order = output + sorted({label for labels in terms for label in labels} - set(output), key=str)
    summed = range(len(output), len(order))
    y, *others = [aligned(x, labels, order) for x, labels in zip(operands, terms)]
    for k, x in enumerate(others):
        later = {label for labels in terms[k + 2:] for label in labels}
        y = contract(y, x, [d for d in summed if order[d] not in later])
    if not summed:
        return y
    return y.reshape(y.shape[:len(output)]) if others else y.sum(tuple(summed))


def contract(x: Tensor, other: Tensor, summed: list) -> Tensor:
    """x * other, which broadcast, summed over `summed`, whose dimensions stay with length 1.

    One bmm: (dimensions of both, x's own, summed) times (dimensions of both, summed, other's own).
    """
    both, own, inner, others = [], [], [], []
    for d, (n, m) in enumerate(zip(x.shape, other.shape)):
        if d in summed and (n == 1 or m == 1):
            x, other = x.sum(d, keepdim=True) if n != 1 else x, other.sum(d, keepdim=True) if m != 1 else other
            own.append(d)
        else:
            (inner if d in summed else both if n != 1 != m else own if n != 1 else others).append(d)
    if not inner:
        return x * other
    count = lambda t, dims: math.prod(t.shape[d] for d in dims)
    left = arranged(x, both + own + inner + others, (count(x, both), count(x, own), count(x, inner)))
    right = arranged(other, both + inner + others + own, (count(x, both), count(x, inner), count(other, others)))
    order = both + own + inner + others
    shape = [1 if d in inner else other.shape[d] if d in others else x.shape[d] for d in order]
    return arranged(bmm(left, right).reshape(shape), [order.index(d) for d in range(len(order))], None)


def arranged(x: Tensor, order: list, shape: tuple | None) -> Tensor:
    """x permuted and reshaped, where that changes anything."""
    x = x if order == sorted(order) else x.permute(order)
    return x if shape is None or x.array.shape == shape else x.reshape(shape)


def aligned(x: Tensor, labels: list, order: list) -> Tensor:
    """x with a dimension for every label of `order`, of length 1 where it has none."""
    missing = [label for label in order if label not in labels]
    if missing:
        x = x.reshape((*x.shape, *(1,) * len(missing)))
    return x.permute([(labels + missing).index(label) for label in order])


def diagonals(x: Tensor, labels: list, k: int) -> tuple[Tensor, list]:
    """x with every label once: dimensions of one label become their diagonal."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            if x.shape[i] != x.shape[j]:
                raise RuntimeError(f"einsum(): subscript {label} is repeated for operand {k} but the sizes don't "
                                   f"match, {x.shape[j]} != {x.shape[i]}")
            x = x.diagonal(0, i, j)
            labels = [*[m for d, m in enumerate(labels) if d not in (i, j)], label]
    return x, labels


def check_label_sizes(operands, terms) -> None:
    """Raise torch's sentence where a label has two lengths; a length of 1 is broadcast."""
    sizes: dict = {}
    for k, (x, labels) in enumerate(zip(operands, terms)):
        for label, n in zip(labels, x.shape):
            seen = sizes.get(label, 1)
            if n != seen and 1 not in (n, seen) and isinstance(label, int):
                at = label + len([m for m in labels if isinstance(m, int)])
                raise RuntimeError(f"einsum(): dimension {at} covered by ellipsis in operand {k}has size {n} which "
                                   f"does not broadcast with previously seen ellipsis with size {seen} for the "
                                   "respective dimension")
            if n != seen and 1 not in (n, seen):
                raise RuntimeError(f"einsum(): subscript {label} has size {n} for operand {k} which does not "
                                   f"broadcast with previously seen size {seen}")
            sizes[label] = n if seen == 1 else seen


def expand_ellipsis(x: Tensor, labels: list, k: int) -> list:
    """`...` as negative numbers, one for each dimension it stands for: -1 is the last of them in every operand."""
    named = len(labels) - labels.count("...")
    count = x.ndim - named
    if count < 0 or (count and "..." not in labels):
        differs = "is more than" if "..." in labels else "does not match"
        raise RuntimeError(f"einsum(): the number of subscripts in the equation ({named}) {differs} the number of "
                           f"dimensions ({x.ndim}) for operand {k}"
                           + ("" if "..." in labels else " and no ellipsis was given"))
    return [m for label in labels for m in (range(-count, 0) if label == "..." else (label,))]


def output_labels(output: list | None, terms: list) -> list:
    """The labels of the result; without `->`, the ellipsis and then those that occur once, in alphabetical order."""
    every = [label for labels in terms for label in labels]
    ellipsis = sorted({label for label in every if isinstance(label, int)})
    if output is None:
        return ellipsis + sorted(label for label in every if isinstance(label, str) and every.count(label) == 1)
    for label in output:
        if label != "..." and output.count(label) > 1:
            raise RuntimeError(f"einsum(): output subscript {label} appears more than once in the output")
        if label != "..." and label not in every:
            raise RuntimeError(f"einsum(): output subscript {label} does not appear in the equation for any input "
                               "operand")
    return [m for label in output for m in (ellipsis if label == "..." else (label,))]


def einsum_arguments(args: tuple) -> tuple[list, list | None, tuple]:
    """The labels of each operand, those of the output (None: not given), and the operands.

    Either ("ij,jk->ik", x, y) or, with numbers for letters, (x, [0, 1], y, [1, 2], [0, 2]).
    """
    if len(args) < 2:
        raise ValueError("einsum(): must specify the equation string and at least one operand, or at least one operand "
                         "and its subscripts list")
    if not isinstance(args[0], str):
        subscripts = [letters(labels) for labels in args[1::2]]
        has_output = len(args) % 2
        return subscripts, letters(args[-1]) if has_output else None, args[:len(args) - has_output:2]
    equation, *operands = args
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = operands[0]
    stray = re.search(r"[^a-zA-Z ,.]", equation.replace("->", "  ", 1))
    if stray:
        raise RuntimeError(f"einsum(): invalid subscript given at index {stray.start()} in the equation string, "
                           "subscripts must be in [a-zA-Z]")
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    terms = [labels_of(term, f"operand {k}") for k, term in enumerate(inputs.split(","))]
    if len(terms) != len(operands):
        raise RuntimeError(f"einsum(): {'more' if len(operands) > len(terms) else 'fewer'} operands were provided than "
                           "specified in the equation")
    return terms, labels_of(output, "output") if arrow else None, tuple(operands)


def letters(subscripts) -> list:
    """Numbers as letters, 0 to 51 as A to Z and a to z; `...` stays."""
    for n in subscripts:
        if n is not ... and not 0 <= n < 52:
            raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")
    return ["..." if n is ... else chr(n + ord("A") if n < 26 else n - 26 + ord("a")) for n in subscripts]


def labels_of(term: str, where: str) -> list:
    """["...", "i", "j"] of "...ij"."""
    labels: list = re.findall(r"\.\.\.|.", term)
    if "." in labels:
        raise RuntimeError(f"einsum(): found '.' for {where} that is not part of any ellipsis")
    if labels.count("...") > 1:
        raise RuntimeError(f"einsum(): found '.' for {where} " + (
            "but an ellipsis (...) was already found" if where == "output" else
            "for which an ellipsis was already found"))
    return labels


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y_o = x1^T W_o x2 + b_o    input1 (*, I)    input2 (*, J)    weight (O, I, J)    bias (O)    y (*, O)

    https://pytorch.org/docs/stable/generated/torch.nn.functional.bilinear.html
    """
    if input1.dim() != input2.dim():
        raise RuntimeError(f"bilinear(): input dimensions do not match: got {input1.dim()} and {input2.dim()}")
    for d, (n, m) in enumerate(zip(input1.shape[:-1], input2.shape[:-1])):
        if n != m:
            raise RuntimeError(f"bilinear(): input batch dimensions do not match at dim {d}: got {n} and {m}")
    sizes = [("input1", input1.size(-1), weight.size(1)), ("input2", input2.size(-1), weight.size(2))]
    if bias is not None:
        sizes.append(("bias", bias.size(0), weight.size(0)))
    for name, n, expected in sizes:
        if n != expected:
            raise RuntimeError(f"bilinear(): {name} size does not match weight size: got {n} but expected {expected}")
    y = einsum("...i,oij,...j->...o", input1, weight, input2)
    return y if bias is None else y + bias

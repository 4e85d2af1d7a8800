"""`out=`: write a function's result into tensors that are there already.

    minitorch.add(a, b, out=c)                          c holds a + b
    minitorch.max(x, 1, out=(values, indices))          one tensor for each result

The function itself knows nothing of it: it computes, and what it gave is written. Such a call has no derivative.
https://pytorch.org/docs/stable/notes/out.html
"""

from __future__ import annotations

import functools
import warnings

from ..autograd.grad_mode import RECORDING, mode, no_grad
from ..autograd.op import check_cast, write
from ..autograd.view import check_in_place
from ..device import array_module
from ..dtype import C_NAME, CAPITAL
from ..tensor import Tensor
from .strided import resized

RESIZED = (
    "An output with one or more elements was resized since it had shape {}, which does not match the required output "
    "shape {}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless they "
    "have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with "
    "t.resize_(0).")

# What torch says where the dtype of `out` must be that of the result, by the machinery behind the function.
STRUCTURED = "Expected out tensor to have dtype {}, but got {} instead"
ITERATOR = "Found dtype {1} but expected {0}"
OWN = "dtype {} does not match dtype of out parameter ({})"  # unless `dtype` says so, such a function computes in it


@functools.cache  # two names of one function stay one
def with_out(function, exact: str = ""):
    """`function` with the keyword `out`; `exact` is the error where another dtype is not converted to."""
    @functools.wraps(function)
    def call(*args, out=None, **kwargs):
        if out is None:
            return function(*args, **kwargs)
        if exact is OWN:
            kwargs.setdefault("dtype", out.dtype)
        tensors = tensors_in((*args, *kwargs.values()))
        outs = tensors_in((out,))
        check(function.__name__, tensors, outs)
        with no_grad():
            results = function(*args, **kwargs)
        single = isinstance(results, Tensor)
        if single is not isinstance(out, Tensor):
            raise TypeError(f"{function.__name__}(): argument 'out' must be "
                            f"{'Tensor' if single else 'tuple of Tensors'}, not {type(out).__name__}")
        pairs = list(zip(outs, (results,) if single else results, strict=True))
        for target, result in pairs:  # all are looked at before one is changed
            check_type(target, result, exact if single else STRUCTURED)
        for target, result in pairs:
            put(target, result, silently=exact is OWN and not tensors)
        return out if single else type(results)(*out)

    return call


def tensors_in(values) -> list[Tensor]:
    """The tensors among some arguments, and in their tuples and lists."""
    return [t for v in values for t in (v if isinstance(v, (tuple, list)) else (v,)) if isinstance(t, Tensor)]


def check(name: str, inputs: list, outs: list) -> None:
    """Refuse a call that would have to be recorded, or that reads what it is about to overwrite."""
    if mode.word & RECORDING and any(t.requires_grad for t in (*inputs, *outs)):
        raise RuntimeError(f"{name}(): functions with out=... arguments don't support automatic differentiation, but "
                           "one of the arguments requires grad.")
    for target in outs:
        check_in_place(target, inputs)


def check_type(target: Tensor, result: Tensor, exact: str) -> None:
    """Refuse a target whose type the result may not be written to."""
    if exact and target.array.dtype != result.array.dtype:
        names = C_NAME if exact is STRUCTURED else CAPITAL
        raise RuntimeError(exact.format(names[result.array.dtype.name], names[target.array.dtype.name]))
    check_cast(result.array.dtype, target.array.dtype)


def put(target: Tensor, result: Tensor, silently: bool) -> None:
    """Write a result, giving `target` its shape; torch warns of that, but not where something is made of nothing."""
    shape = result.array.shape
    if target.array.shape != shape:
        if target.array.size and not silently:
            warnings.warn(RESIZED.format(list(target.array.shape), list(shape)), UserWarning, stacklevel=3)
        target.array = resized(target.array, shape)
    write(target, result.array, array_module(target.array))

"""One call in both libraries: `same(call)` asserts that minitorch does what torch does.

    same(lambda t: t.arange(5).float())            equal values, shape, strides, dtype, place in the graph
    same(lambda t: t.zeros(-1))                    equal errors: their type and sentence

A call may return anything made of tensors, arrays, numbers, shapes, dtypes and devices.
"""

import inspect
import re
import warnings

import numpy as np
import torch

import minitorch

# torch's generated argument parser writes its own texts; of these errors only the type is compared.
PARSER = re.compile(r"invalid combination|must be .*, not|missing \d|unexpected keyword|takes \d|unpack the object")


def text(value) -> str:
    """What prints alike in both libraries, but for the library's name and addresses."""
    return re.sub("0x[0-9a-f]+", "0x", str(value).replace("minitorch", "torch"))


def steps(t) -> list:
    """The strides that matter: of an empty tensor none, and none along dimensions of length 1."""
    return [step for step, n in zip(t.stride(), t.shape) if n > 1 and t.numel()]


def facts(value):
    """`value` as plain data that can be compared across the libraries; arrays stay arrays."""
    if isinstance(value, (torch.Tensor, minitorch.Tensor)):
        node = None if value.grad_fn is None else type(value.grad_fn).__name__
        return (tuple(value.shape), steps(value), text(value.dtype), value.requires_grad, value.is_leaf, node,
                value.detach().numpy())
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [facts(v) for v in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype, value
    return text(repr(value))


def outcome(library, call):
    """("value", facts) or ("error", type, sentence)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return "value", facts(call(library))
        except Exception as error:
            return "error", type(error), text(error)


def equal(ours, theirs, rtol: float) -> None:
    """Assert that two plain values agree, arrays to a relative tolerance."""
    if isinstance(theirs, (list, tuple)):
        assert type(ours) is type(theirs) and len(ours) == len(theirs), f"{ours}, torch has {theirs}"
        for a, b in zip(ours, theirs, strict=True):
            equal(a, b, rtol)
    elif isinstance(theirs, (np.ndarray, np.generic)):
        np.testing.assert_allclose(ours, theirs, rtol=rtol)
    else:
        assert ours == theirs, f"{ours}, torch has {theirs}"


def same(call, rtol: float = 0.0) -> None:
    """Assert that `call` of minitorch and of torch end alike: in equal values, or in equal errors."""
    ours, theirs = outcome(minitorch, call), outcome(torch, call)
    shown = inspect.getsource(call)
    if theirs[0] == "error" and PARSER.search(theirs[2]):
        assert ours[:2] == theirs[:2], f"{ours}, torch has {theirs}: {shown}"
        return
    try:
        equal(ours, theirs, rtol)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{shown}") from None

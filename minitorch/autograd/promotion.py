"""What happens to the inputs before a body sees them: torch's type promotion, and torch's words for bad inputs.

Defines `PROMOTIONS`, one function per word that `@op(promotes=...)` takes.  Read next: op.py.
"""

from __future__ import annotations

import numpy as np

from ..device import is_array
from ..dtype import C_NAME, astype, default, result_dtype


def cast(value, target: np.dtype, xp):
    """An array in type `target`. A Python number stays one beside floats, where NumPy keeps the array's type."""
    if value is None:
        return None
    if is_array(value):
        return astype(value, target)
    return value if target.kind in "fc" else xp.asarray(value).astype(target)


def cast_all(arrays, target: np.dtype, xp):
    cast_arrays = [cast(a, target, xp) for a in arrays]
    if not any(map(is_array, cast_arrays)):  # numbers alone: nothing else says the type
        return [None if a is None else xp.asarray(a, target) for a in cast_arrays]
    return cast_arrays


def arithmetic(op, arrays, xp):
    return cast_all(arrays, result_dtype(arrays), xp)


def to_float(op, arrays, xp):
    target = result_dtype(arrays)
    return cast_all(arrays, default() if target.kind in "biu" else target, xp)


def same(op, arrays, xp):
    dtypes = [a.dtype for a in arrays if is_array(a)]
    for t in dtypes:
        if t != dtypes[0]:
            raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {C_NAME[dtypes[0].name]} != "
                               f"{C_NAME[t.name]}")
    return arrays


def first(op, arrays, xp):
    """What is written into a tensor takes the tensor's type."""
    return [arrays[0], *[astype(xp.asarray(a), arrays[0].dtype) for a in arrays[1:]]]


def tensors(op, arrays, xp):
    """As arithmetic, for what torch has no form with a number of."""
    for k, a in enumerate(arrays):
        if not is_array(a):
            raise wrong_type(op, k, a)
    return arithmetic(op, arrays, xp)


def difference(op, arrays, xp):
    """As arithmetic; bools are not subtracted."""
    bools = [a.dtype.kind == "b" if is_array(a) else isinstance(a, bool) for a in arrays]
    if all(bools):
        raise RuntimeError("Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
                           "`logical_xor()` operator instead.")
    if any(bools):
        raise RuntimeError("Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
                           "invert a mask, use the `~` or `logical_not()` operator instead.")
    return arithmetic(op, arrays, xp)


def choice(op, arrays, xp):
    """The first says which of the others to take: they meet, it stays."""
    return [arrays[0], *arithmetic(op, arrays[1:], xp)]


PROMOTIONS = {"arithmetic": arithmetic, "compare": arithmetic, "float": to_float, "same": same, "first": first,
              "tensors": tensors, "difference": difference, "choice": choice, "none": None}


def wrong_type(op, position: int, value) -> TypeError:
    """What came where a Tensor was expected."""
    name = op.inputs[0 if op.variadic else position]
    kind = type(value)
    shown = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return TypeError(f"{op.name}(): argument '{'input' if name == 'x' else name}' (position {position + 1}) must be "
                     f"Tensor, not {shown}")


def broadcast_error(op, arrays, error: ValueError) -> Exception:
    """torch's sentence for shapes that do not broadcast; the body's own error otherwise."""
    shapes = [a.shape for a in arrays if is_array(a)]
    if len(shapes) < 2 or "broadcast" not in str(error):
        return error
    first = shapes[0]
    for shape in shapes[1:]:
        for back in range(1, min(len(first), len(shape)) + 1):
            m, n = first[-back], shape[-back]
            if m != n and 1 not in (m, n):
                at = max(len(first), len(shape)) - back
                return RuntimeError(f"The size of tensor a ({m}) must match the size of tensor b ({n}) at "
                                    f"non-singleton dimension {at}")
    return error

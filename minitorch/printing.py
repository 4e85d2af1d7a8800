"""Tensors as text: every character as torch prints it, `minitorch.float64` for `torch.float64`.

Defines `set_printoptions`, `get_printoptions`, `printoptions`, which the user sees; `array_text` (the bracketed
numbers) and `tensor_text` (the whole repr), which tensors call. Only NumPy arrays come in.

    numbers   all numbers of a tensor share one notation and one width        _Notation, _ComplexNotation
    layout    brackets, wrapped lines, "..." for what is left out             _layout, _lines
    suffixes  what the numbers do not tell: size, dtype, device, gradient     _suffixes, _append

https://pytorch.org/docs/stable/generated/torch.set_printoptions.html
"""

from __future__ import annotations

import contextlib
import dataclasses
import math

import numpy as np

from . import shown

# ---------------------------------------------------------------- options


@dataclasses.dataclass
class _Options:
    """What `set_printoptions` sets, with torch's defaults."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_options = _Options()

PROFILES = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed, from now on.

    precision  digits after the point of a float (4)
    threshold  tensors of more elements than this show only their edges (1000)
    edgeitems  how many items of each edge they show (3)
    linewidth  where lines are broken (80)
    profile    "default", "short" or "full": values for the four above, which may still be given beside it
    sci_mode   whether floats are written as 1.0000e+00; None decides for each tensor, by its numbers
    """
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    chosen = PROFILES.get(profile, {}) | {name: value for name, value in given.items() if value is not None}
    for name, value in chosen.items():
        setattr(_options, name, value)
    _options.sci_mode = sci_mode  # None has a meaning here, so that a call without it returns to automatic


def get_printoptions() -> dict:
    """The options in force, in the form that `set_printoptions(**options)` takes."""
    return dataclasses.asdict(_options)


@contextlib.contextmanager
def printoptions(**options):
    """`set_printoptions` for the length of a `with` block."""
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


# ---------------------------------------------------------------- numbers


class _Notation:
    """How the real numbers `shown` are written: integers, fixed point or scientific, in a column of `width`.

    Zeros, infinities and nans have no say in either choice: they are written as the other numbers are, and may be
    wider than the column.
    """

    def __init__(self, shown: np.ndarray):
        self.style, deciding = "exact", shown.ravel()
        if shown.dtype.kind == "f":
            deciding = deciding[np.isfinite(deciding) & (deciding != 0)].astype(np.float64)
            self.style = _float_style(deciding)
        self.width = max([1, *(len(self.bare(value)) for value in deciding.tolist())])

    def bare(self, value: bool | int | float) -> str:
        """The number without padding."""
        if self.style == "exact":
            return str(value)
        if self.style == "integral":  # the point alone says that this is a float; inf and nan say it themselves
            return f"{value:.0f}" + ("." if math.isfinite(value) else "")
        return f"{value:.{_options.precision}{self.style}}"

    def write(self, value: bool | int | float) -> str:
        return self.bare(value).rjust(self.width)


def _float_style(values: np.ndarray) -> str:
    """The style for finite `values` without zeros: "integral" (3.), "f" (3.1416) or "e" (3.1416e+00)."""
    if not values.size:
        return "integral"

    scientific = _options.sci_mode
    if scientific is None:
        magnitudes = np.abs(values)
        low, high = magnitudes.min().item(), magnitudes.max().item()
        scientific = high / low > 1000 or high > 1e8 or low < 1e-4

    if scientific:
        return "e"
    return "integral" if (values == np.ceil(values)).all() else "f"


class _ComplexNotation:
    """How complex numbers are written: a notation for the real parts, one for the imaginary, and "j"."""

    def __init__(self, shown: np.ndarray):
        self.real, self.imag = _Notation(shown.real), _Notation(shown.imag)
        self.width = self.real.width + self.imag.width + 1  # torch counts the "j", not the "+"

    def write(self, value: complex) -> str:
        imag = self.imag.write(value.imag).lstrip()
        return self.real.write(value.real) + ("" if imag.startswith("-") else "+") + imag + "j"


# ---------------------------------------------------------------- layout


def array_text(array: np.ndarray, indent: int) -> str:
    """The numbers of an array in nested brackets; lines after the first begin `indent` columns to the right."""
    if array.size == 0:
        return "[]"
    summarize = array.size > _options.threshold
    shown = _edges(array) if summarize else array
    notation = _ComplexNotation(shown) if array.dtype.kind == "c" else _Notation(shown)
    return _layout(array, indent, summarize, notation)


def _edges(array: np.ndarray) -> np.ndarray:
    """The array without what a summary leaves out, so that hidden numbers do not decide the notation."""
    edge = _options.edgeitems
    for axis, n in enumerate(array.shape):
        if n > 2 * edge:
            array = np.delete(array, slice(edge, n - edge), axis)
    return array


def _layout(array: np.ndarray, indent: int, summarize: bool, notation: _Notation | _ComplexNotation) -> str:
    """The brackets of one dimension around the texts of its items, `indent` columns from the left."""
    if array.ndim == 0:
        return notation.write(array.item())

    def texts(items: np.ndarray) -> list[str]:
        if items.ndim == 1:
            return [notation.write(value) for value in items.tolist()]
        return [_layout(item, indent + 1, summarize, notation) for item in items]

    n, edge = len(array), _options.edgeitems
    if summarize and n > 2 * edge:
        dots = " ..." if array.ndim == 1 and edge else "..."
        items = [*texts(array[:edge]), dots, *texts(array[n - edge:])]
    else:
        items = texts(array)

    margin = " " * (indent + 1)
    if array.ndim == 1:
        lines, newline = _lines(items, indent, notation.width), ",\n"
    else:  # matrices of a batch stand one empty line apart, batches of them two, and so on
        lines, newline = items, "," + "\n" * (array.ndim - 1)
    return "[" + (newline + margin).join(lines) + "]"


def _lines(items: list[str], indent: int, width: int) -> list[str]:
    """A row's items joined into lines of as many as fit the line width, one at least."""
    per_line = max(1, math.floor((_options.linewidth - indent) / (width + len(", "))))
    return [", ".join(items[i:i + per_line]) for i in range(0, len(items), per_line)]


# ---------------------------------------------------------------- the whole


def tensor_text(
    array: np.ndarray,
    *,
    default_dtype: np.dtype,
    device: str | None = None,
    requires_grad: bool = False,
    grad_fn_name: str | None = None,
    tangent: str | None = None,
    prefix: str = "tensor(",
    contents: str | None = None,
) -> str:
    """The repr of a tensor: `tensor([1., 2.], dtype=minitorch.float64, grad_fn=<AddBackward0>)`.

    default_dtype  the type of new float tensors, which goes without saying
    device         None where that goes without saying (the CPU)
    grad_fn_name   None for a leaf; a tensor that has one prints it in place of requires_grad=True
    tangent        the text of the tangent of a forward-mode dual tensor
    prefix         `MyTensor(` for a subclass
    contents       what stands in the place of the numbers
    """
    suffixes = [f"device='{device}'"] if device is not None else []
    suffixes += _suffixes(array, np.dtype(default_dtype))
    if grad_fn_name is not None:
        suffixes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    if contents is None:
        contents = array_text(array, len(prefix))
    return _append(prefix + contents, suffixes, len(prefix))


def _suffixes(array: np.ndarray, default_dtype: np.dtype) -> list[str]:
    """`size=` and `dtype=`, where a reader could not tell them from the numbers."""
    implied = {default_dtype}
    if array.size:
        implied |= {np.dtype(bool), np.dtype(np.int64), np.promote_types(default_dtype, np.complex64)}
        show_size = _options.edgeitems == 0
    else:  # "[]" shows neither that the numbers would be integers nor any shape but (0,)
        show_size = array.ndim != 1

    suffixes = [f"size={array.shape}"] if show_size else []
    if array.dtype not in implied:
        suffixes.append(f"dtype={shown.package}.{array.dtype.name}")
    return suffixes


def _append(text: str, suffixes: list[str], indent: int) -> str:
    """`text`, the suffixes, and ")"; a suffix that would pass the line width begins a line of its own."""
    column = len(text) - text.rfind("\n") + 1  # two more than the last line holds: torch's count
    for suffix in suffixes:
        # Counted with torch's shorter name in it, so that lines break exactly where torch's do.
        length = len(suffix.replace(f"={shown.package}.", "=torch."))
        if column + len(", ") + length > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            column = indent + length
        else:
            text += ", " + suffix
            column += len(", ") + length
    return text + ")"

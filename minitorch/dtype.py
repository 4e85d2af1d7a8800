"""Number types: minitorch's dtype objects, and torch's promotion rules over NumPy's dtypes.

Defines `dtype`, the types `float32 ... complex128`, `finfo`, `iinfo`, `promote`, `result_type`.
Inside the house an array's type is its NumPy dtype; a `dtype` appears only where a user can see it.
Read next: device.py, then tensor.py.
"""

from __future__ import annotations

import builtins
import warnings

import numpy as np

from . import shown


class dtype:  # noqa: N801 (torch's name)
    """A number type, as `minitorch.float32`.  https://pytorch.org/docs/stable/tensor_attributes.html"""

    __slots__ = ("name", "numpy", "itemsize", "is_floating_point", "is_complex", "is_signed")

    def __init__(self, name: str):
        self.name = name
        self.numpy = np.dtype(name)
        self.itemsize = self.numpy.itemsize
        self.is_floating_point = self.numpy.kind == "f"
        self.is_complex = self.numpy.kind == "c"
        self.is_signed = self.numpy.kind in "ifc"

    def __repr__(self) -> str:
        return f"{shown.package}.{self.name}"

    def __reduce__(self) -> str:  # pickled as the global of this name: there is one object per type
        return self.name if self.name != "bool" else "bool_"

    def to_real(self) -> dtype:
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    def to_complex(self) -> dtype:
        if not (self.is_floating_point or self.is_complex):
            raise RuntimeError(f"Unknown Complex ScalarType for {CAPITAL[self.name]}")
        return {"float64": complex128}.get(self.name, complex64 if self.is_floating_point else self)


class absent_dtype(dtype):  # noqa: N801
    """A type of torch's that NumPy lacks: scripts may name it and compare with it; a tensor of it is refused."""

    def __init__(self, name: str, itemsize: int):
        self.name, self.itemsize = name, itemsize
        self.is_floating_point, self.is_complex, self.is_signed = True, False, True

    @property
    def numpy(self) -> np.dtype:
        raise NotImplementedError(f"{self.name}: NumPy has no such type")


bfloat16 = absent_dtype("bfloat16", 2)
uint8, int8, int16, int32, int64 = map(dtype, ("uint8", "int8", "int16", "int32", "int64"))
uint16, uint32, uint64 = map(dtype, ("uint16", "uint32", "uint64"))
float16, float32, float64 = map(dtype, ("float16", "float32", "float64"))
complex64, complex128 = map(dtype, ("complex64", "complex128"))
bool_ = dtype("bool")
ALL = (bool_, uint8, int8, int16, int32, int64, uint16, uint32, uint64, float16, float32, float64, complex64,
       complex128)
ALIASES = {"bool": bool_, "half": float16, "float": float32, "double": float64, "short": int16, "int": int32,
           "long": int64, "cfloat": complex64, "cdouble": complex128}

FROM_NUMPY = {t.numpy: t for t in ALL}

# The words torch uses for types in its error sentences.
CAPITAL = {"bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int", "int64": "Long",
           "uint16": "UInt16", "uint32": "UInt32", "uint64": "UInt64", "float16": "Half", "float32": "Float",
           "float64": "Double", "complex64": "ComplexFloat", "complex128": "ComplexDouble"}
C_NAME = {**{k: v.lower() for k, v in CAPITAL.items()}, "uint8": "unsigned char", "int8": "signed char",
          "int64": "long int", "int16": "short int", "complex64": "c10::complex<float>",
          "complex128": "c10::complex<double>", "float16": "c10::Half"}


def of(array_dtype: np.dtype) -> dtype:
    """The minitorch dtype of a NumPy dtype; a type that torch does not have is refused in torch's words."""
    try:
        return FROM_NUMPY[array_dtype]
    except KeyError:
        kind = np.dtype(array_dtype).type
        raise TypeError(
            f"can't convert np.ndarray of type {kind.__module__}.{kind.__name__}. The only supported types are: "
            "float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, "
            "uint8, and bool."
        ) from None


def numpy_dtype(given: dtype | type | None) -> np.dtype | None:
    """The NumPy dtype behind `dtype=`: a minitorch dtype, or Python's float, int, bool, complex."""
    if isinstance(given, dtype):
        return given.numpy
    if given is None:
        return None
    by_type = {builtins.float: float64.numpy, builtins.int: int64.numpy, builtins.bool: bool_.numpy,
               builtins.complex: complex128.numpy}
    if given in by_type:
        return by_type[given]
    raise TypeError(f"dtype must be a minitorch.dtype, not {type(given).__name__}")


# ---------------------------------------------------------------- the default type

_default = [float32.numpy]


def default() -> np.dtype:
    """The NumPy dtype that a Python float becomes."""
    return _default[0]


def default_complex() -> np.dtype:
    return np.dtype("complex128") if _default[0] == float64.numpy else np.dtype("complex64")


def get_default_dtype() -> dtype:
    """The type of tensors made from Python floats; float32 until `set_default_dtype`."""
    return FROM_NUMPY[_default[0]]


def set_default_dtype(d: dtype) -> None:
    """Choose the type of tensors made from Python floats: float16, float32 or float64."""
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default[0] = d.numpy


# ---------------------------------------------------------------- conversion


def astype(array, target: np.dtype):
    """`array` in type `target`, as torch converts; the same array if it has that type."""
    if array.dtype == target:
        return array
    if array.dtype.kind == "c" and target.kind not in "cb":
        warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=3)
        array = array.real
    if target == np.float16 and array.itemsize > 4:  # through float32, from which torch's Half is made
        array = array.astype(np.float32)
    return array.astype(target, order=copy_order(array))


def copy_order(array) -> str:
    """How torch lays out a copy: as the array is, but an expanded one (stride 0) in the order of its indices."""
    return "C" if 0 in array.strides else "K"


# ---------------------------------------------------------------- promotion

# bool < integer < float < complex
CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}


def category(array_dtype: np.dtype) -> int:
    return CATEGORY[array_dtype.kind]


def promote(a: np.dtype, b: np.dtype) -> np.dtype:
    """The smallest type that holds both, by torch's rule.

    Unlike NumPy's, an integer never widens a float: int64 with float32 is float32.
    """
    if a != b and "f" not in (a.kind, b.kind):
        for t in (a, b):
            if t.kind == "u" and t.itemsize > 1:
                raise RuntimeError("Promotion for uint16, uint32, uint64 types is not supported, "
                                   f"attempted to promote {CAPITAL[a.name]} and {CAPITAL[b.name]}")
    low, high = sorted((category(a), category(b)))
    if low < 2 <= high:
        return a if category(a) == high else b
    return np.promote_types(a, b)


def scalar_dtype(value) -> np.dtype:
    """The type a Python number has in promotion: bool, int64, the default float or its complex."""
    if isinstance(value, (builtins.bool, np.bool_)):
        return bool_.numpy
    if isinstance(value, (builtins.int, np.integer)):
        return int64.numpy
    if isinstance(value, (builtins.float, np.floating)):
        return default()
    if isinstance(value, (builtins.complex, np.complexfloating)):
        return default_complex()
    raise TypeError(f"expected a number or a Tensor, not {type(value).__name__}")


def _combine(higher: np.dtype | None, lower: np.dtype | None) -> np.dtype | None:
    """A group of operands outvotes the groups below it unless one of those is of a higher category."""
    if higher is None or lower is None:
        return higher or lower
    if higher.kind == "f" and lower.kind == "c":
        return FROM_NUMPY[higher].to_complex().numpy
    if higher.kind == "b" and lower.kind in "iu":
        return promote(higher, lower)  # refuses what torch refuses
    return lower if category(lower) > category(higher) else higher


def result_dtype(operands) -> np.dtype:
    """The type in which arrays and Python numbers meet.

    Tensors with dimensions decide first, then 0-dim tensors, then Python numbers; a later group counts only if its
    category (bool < integer < float < complex) is higher.
    https://pytorch.org/docs/stable/tensor_attributes.html#type-promotion-doc
    """
    groups: list[np.dtype | None] = [None, None, None]
    for v in operands:
        if v is None:
            continue
        if hasattr(v, "shape") and hasattr(v, "strides"):
            rank, t = (0 if v.ndim else 1), v.dtype
        else:
            rank, t = 2, scalar_dtype(v)
        groups[rank] = t if groups[rank] is None else promote(groups[rank], t)
    return _combine(groups[0], _combine(groups[1], groups[2]))


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type that holds both.  https://pytorch.org/docs/stable/generated/torch.promote_types.html"""
    return FROM_NUMPY[promote(type1.numpy, type2.numpy)]


def can_cast_arrays(source: np.dtype, target: np.dtype) -> bool:
    """Whether a result may be written into `target`: only upwards in bool < integer < float < complex."""
    if source.kind in "iu" and target.kind == "b":
        return False
    return category(source) <= category(target)


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether torch lets a result of type `from_` be written into a tensor of type `to`."""
    return can_cast_arrays(from_.numpy, to.numpy)


# ---------------------------------------------------------------- limits


class finfo:  # noqa: N801
    """Limits of a floating-point type: bits, eps, max, min, tiny, resolution."""

    def __init__(self, type: dtype | None = None):
        type = type or get_default_dtype()
        if not (type.is_floating_point or type.is_complex):
            raise TypeError("minitorch.finfo() requires a floating point input type. "
                            "Use minitorch.iinfo to handle 'minitorch.finfo'")
        info = np.finfo(type.numpy)
        self.dtype, self.bits = type.to_real().name, info.bits
        self.eps, self.max, self.min = builtins.float(info.eps), builtins.float(info.max), builtins.float(info.min)
        self.tiny = self.smallest_normal = builtins.float(info.tiny)
        self.resolution = builtins.float(f"1e-{info.precision}")

    def __repr__(self) -> str:
        return (f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, eps={self.eps:g}, "
                f"smallest_normal={self.smallest_normal:g}, tiny={self.tiny:g}, dtype={self.dtype})")


class iinfo:  # noqa: N801
    """Limits of an integer type: bits, max, min."""

    def __init__(self, type: dtype):
        if type.is_floating_point or type.is_complex:
            raise TypeError("minitorch.iinfo() requires an integer input type. "
                            "Use minitorch.finfo to handle 'minitorch.iinfo'")
        if type.name == "bool":
            raise TypeError("minitorch.bool is not supported by minitorch.iinfo")
        info = np.iinfo(type.numpy)
        self.dtype, self.bits, self.max, self.min = type.name, info.bits, builtins.int(info.max), builtins.int(info.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"

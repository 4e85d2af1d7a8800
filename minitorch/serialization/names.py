"""The names under which torch's pickles know what minitorch calls otherwise.

A pickle refers to classes and functions by module and name. Files speak torch's names, so that torch can read them:
`torch_name` gives the one to write, `ALLOWED` says what the harmless ones stand for, `resolve` finds any other.
Read next: unpickler.py.
"""

from __future__ import annotations

import sys
from _codecs import encode
from collections import Counter, OrderedDict

from .. import dtype as dtypes
from .. import storage
from ..device import device
from ..dtype import CAPITAL
from ..nn import parameter
from ..ops.sampling import Generator
from ..tensor import Size, Tensor, layout, strided

OWN = __name__.partition(".")[0]  # minitorch


class StorageType:
    """What torch's pickles mean by `torch.FloatStorage`: a type of numbers."""

    def __init__(self, dtype: dtypes.dtype):
        self.dtype = dtype


def get_layout(name: str) -> layout:
    """The layout of that name; only one exists."""
    if name != "torch.strided":
        raise NotImplementedError("load: a layout that is not torch.strided")
    return strided


STORAGE_TYPES = {t: StorageType(t) for t in dtypes.ALL if t.name not in storage.UNNAMED}
TENSOR_MAKERS = {
    "torch._utils._rebuild_tensor": storage.rebuild_tensor_v1,
    "torch._utils._rebuild_tensor_v2": storage.rebuild_tensor,
    "torch._utils._rebuild_tensor_v3": storage.rebuild_tensor_v3,
    "torch._utils._rebuild_parameter": parameter.rebuild_parameter,
    "torch._utils._rebuild_parameter_with_state": parameter.rebuild_parameter_with_state,
}
CONTAINERS = {"collections.OrderedDict": OrderedDict, "collections.Counter": Counter, "builtins.set": set,
              "builtins.bytearray": bytearray, "torch.Size": Size, "_codecs.encode": encode}
CALLABLE = {**TENSOR_MAKERS, **CONTAINERS, "torch._tensor._rebuild_from_type_v2": storage.rebuild_from_type,
            "torch.device": device, "torch.serialization._get_layout": get_layout, "builtins.complex": complex}

# All that a file may name without being trusted. Of these only what is in CALLABLE is ever called.
ALLOWED = {
    **CALLABLE, "torch.Tensor": Tensor, "torch.nn.parameter.Parameter": parameter.Parameter,
    "torch.storage.UntypedStorage": storage.UntypedStorage, "torch.storage.TypedStorage": storage.TypedStorage,
    **{f"torch.{t.name}": t for t in dtypes.ALL},
    **{f"torch.{CAPITAL[t.name]}Storage": kind for t, kind in STORAGE_TYPES.items()},
}
# Types of torch's that NumPy has none for, and their storages.
MISSING = {f"torch.{name}": dtype for dtype, names in {
    "bfloat16": "bfloat16 BFloat16Storage", "complex32": "complex32 ComplexHalfStorage", "qint8": "qint8 QInt8Storage",
    "quint8": "quint8 QUInt8Storage", "qint32": "qint32 QInt32Storage", "float8_e4m3fn": "float8_e4m3fn",
    "float8_e5m2": "float8_e5m2"}.items() for name in names.split()}

WRITTEN = {made: tuple(name.rsplit(".", 1)) for name, made in ALLOWED.items() if name.startswith("torch.")}
WRITTEN.update({parameter.Buffer: ("torch", "Tensor"), Generator: ("torch._C", "Generator")})
MOVED = {"torch._C._nn": "torch.nn.functional"}  # where torch's functions in C++ say they live


def torch_name(thing, name: str) -> tuple[str, str] | None:
    """(module, name) of minitorch's `thing` in torch: the shortest path by which a user can name it."""
    if thing in WRITTEN:
        return WRITTEN[thing]
    first, *rest = (getattr(thing, "__module__", None) or "").split(".")
    for k in range(len(rest) + 1) if first == OWN else ():
        if getattr(sys.modules.get(".".join([OWN, *rest[:k]])), name, None) is thing:
            return ".".join(["torch", *rest[:k]]), name
    return None


def resolve(module: str, name: str):
    """What minitorch has by a name of torch's: torch.nn.modules.linear.Linear is minitorch.nn.Linear."""
    path = f"{module}.{name}"
    if path in ALLOWED or path in MISSING:
        return allowed(path)
    for thing, written in WRITTEN.items():
        if written == (module, name):
            return thing
    module = MOVED.get(module, module)
    places = [sys.modules[OWN]]
    for step in module.split(".")[1:]:
        inner = getattr(places[-1], step, None)
        if inner is None:
            break
        places.append(inner)
    for place in reversed(places):
        if hasattr(place, name.partition(".")[0]):
            for step in name.split("."):
                place = getattr(place, step)
            return place
    raise AttributeError(f"load: minitorch has no {path}")


def allowed(path: str):
    """What an allowed name stands for."""
    if path in MISSING:
        raise NotImplementedError(f"load: {path}: NumPy has no type torch.{MISSING[path]}; convert the tensor to "
                                  "another one before it is saved")
    return ALLOWED[path]

"""Writing a file: a pickle in torch's names, and the storages beside it.

    the zip format                         the legacy format, one stream
    <name>/data.pkl       the pickle       pickles: magic number, protocol version, facts of the machine,
    <name>/byteorder      "little"             the object, the list of the storages' keys
    <name>/data/<key>     a storage        per key: number of elements (8 bytes), elements
    <name>/version        "3\\n"

In the pickle a storage is only referred to, as ("storage", its type, key, device, number of elements).
Read next: archive.py, the way back.
"""

from __future__ import annotations

import io
import os
import pickle
import secrets
import shutil
import struct
import sys
import types
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from .. import dtype as dtypes
from ..storage import TypedStorage, UntypedStorage
from ..tensor import layout
from .names import STORAGE_TYPES, StorageType, get_layout, torch_name

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
ALIGNMENT = 64  # of the storages in a zip file, so that they can be mapped into memory


class Pickler(pickle._Pickler):  # Python's twin of the C class: the only one that lets a name be chosen
    """Pickles with torch's names for minitorch's things, and collects the storages instead of pickling them."""

    def __init__(self, file, protocol: int, legacy: bool):
        super().__init__(file, protocol)
        self.legacy, self.storages, self.types = legacy, {}, {}  # key: (storage, dtype); storage: key, dtype

    def persistent_id(self, obj) -> tuple | None:
        if not isinstance(obj, (TypedStorage, UntypedStorage)):
            return None
        storage, typed = obj.untyped(), isinstance(obj, TypedStorage)
        dtype = obj.dtype if typed else dtypes.uint8
        key, known = self.types.setdefault(storage, (str(len(self.types)), dtype))
        if known is not dtype:
            raise RuntimeError("Cannot save multiple tensors or storages that view the same data as different types")
        self.storages[key] = storage, dtype
        kind = STORAGE_TYPES[dtype] if typed else UntypedStorage
        return ("storage", kind, key, str(storage.device), obj.size(), *[None] * self.legacy)

    def save_global(self, obj, name: str | None = None) -> None:
        found = torch_name(obj, name or getattr(obj, "__qualname__", ""))
        if found is None:
            return super().save_global(obj, name)
        if self.proto >= 4:
            self.save(found[0])
            self.save(found[1])
            self.write(pickle.STACK_GLOBAL)
        else:
            self.write(pickle.GLOBAL + "{}\n{}\n".format(*found).encode())
        self.memoize(obj)

    def save_layout(self, obj) -> None:
        self.save_reduce(get_layout, (f"torch.{obj.name}",), obj=obj)

    dispatch = {**pickle._Pickler.dispatch, types.FunctionType: save_global, StorageType: save_global,
                layout: save_layout}


def save(obj: object, f: str | os.PathLike | io.IOBase, pickle_module=pickle, pickle_protocol: int = 2,
         _use_new_zipfile_serialization: bool = True) -> None:
    """Write `obj`, tensors and what holds them, to a file that torch reads as well.

    f   a path, whose old file stays whole until the new one is complete, or an object with `write`
    Tensors that share memory share it again after loading, and it is written once.
    https://pytorch.org/docs/stable/generated/torch.save.html
    """
    if pickle_module is not pickle:
        raise NotImplementedError("save: pickle_module")
    if pickle_protocol == 0:  # text cannot refer to a storage; torch writes a file that nothing can read
        raise NotImplementedError("save: pickle_protocol=0")
    is_path = isinstance(f, (str, os.PathLike))
    if not is_path and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    buffer = io.BytesIO()
    pickler = Pickler(buffer, pickle_protocol, legacy=not _use_new_zipfile_serialization)
    pickler.dump(obj)
    name = os.path.splitext(os.path.basename(os.fspath(f)))[0] if is_path else "archive"
    with replacing(os.fspath(f)) if is_path else nullcontext(f) as file:
        if _use_new_zipfile_serialization:
            write_zip(file, name, buffer.getvalue(), pickler.storages)
        else:
            write_legacy(file, buffer.getvalue(), pickler.storages, pickle_protocol)


def write_zip(file, name: str, pickled: bytes, storages: dict) -> None:
    # No record .format_version: by it torch would compute, from its own writer's habits, where each record lies.
    records = {"data.pkl": pickled, "byteorder": sys.byteorder.encode()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for key, content in records.items():
            archive.writestr(zipfile.ZipInfo(f"{name}/{key}"), content)
        for key, (storage, _) in storages.items():
            info = zipfile.ZipInfo(f"{name}/data/{key}")
            start = archive.fp.tell() + 30 + len(info.filename.encode()) + 4  # header, name, head of the padding
            padding = -start % ALIGNMENT
            info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
            archive.writestr(info, memoryview(storage.cpu().array))
        archive.writestr(zipfile.ZipInfo(f"{name}/version"), b"3\n")


def write_legacy(file, pickled: bytes, storages: dict, protocol: int) -> None:
    machine = {"protocol_version": PROTOCOL, "little_endian": sys.byteorder == "little",
               "type_sizes": {"short": 2, "int": 4, "long": 4}}
    keys = sorted(storages)
    for part in (MAGIC, PROTOCOL, machine, None, keys):
        file.write(pickled if part is None else pickle.dumps(part, protocol))
    for storage, dtype in [storages[key] for key in keys]:
        file.write(struct.pack("<q", storage.nbytes() // dtype.itemsize))
        file.write(memoryview(storage.cpu().array))


@contextmanager
def replacing(path: str) -> Iterator:
    """A new file that takes the place of `path` when all is written; on an error it goes, and the old one stays."""
    path = os.path.realpath(path)
    folder, name = os.path.split(path)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    if os.path.exists(path) and not os.path.isfile(path):  # a pipe, a device: nothing to keep
        with open(path, "wb") as file:
            yield file
        return
    fresh = os.path.join(folder, f".{name}.{secrets.token_hex(8)}")
    try:
        with open(fresh, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # or a crash could leave the new name and no content
        if os.path.exists(path):
            shutil.copymode(path, fresh)
        os.replace(fresh, path)
    except BaseException:
        if os.path.exists(fresh):
            os.unlink(fresh)
        raise

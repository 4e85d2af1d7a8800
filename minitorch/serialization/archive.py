"""Reading a file: the zip format of torch 1.6 and newer, and the one stream before it.

Nothing in a file is believed. Storages are stored as they are, so each must be as long as its record; together they
may take as much memory as the file is long. The pickle is interpreted by unpickler.py, unless the caller trusts it.
Read next: writer.py, which shows both formats.
"""

from __future__ import annotations

import io
import mmap as memory_map
import os
import pickle
import pickletools
import struct
import sys
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np

from .. import dtype as dtypes
from ..device import cuda_is_available, device
from ..storage import TypedStorage, UntypedStorage
from .names import ALLOWED, StorageType, resolve
from .unpickler import Weights, user_globals
from .writer import MAGIC, PROTOCOL

CHUNK = 2**20  # bytes read at a time


def load(f: str | os.PathLike | io.IOBase, map_location=None, pickle_module=None, *, weights_only: bool | None = None,
         mmap: bool | None = None, **pickle_load_args):
    """Read what `save`, here or in torch, wrote; no code of the file's is run unless `weights_only=False`.

    f              a path, or an object with `read`, `readline`, `seek` and `tell`
    map_location   where the storages go: a device, a dict from places in the file to places here, or
                   function(storage, place) -> storage or None
    weights_only   True, also where it is not said: tensors and plain data alone, see `serialization.add_safe_globals`
    mmap           leave the storages in the file until they are read; writes stay in memory
    A file that is not what it should be raises pickle.UnpicklingError, RuntimeError or EOFError.
    https://pytorch.org/docs/stable/generated/torch.load.html
    """
    weights_only = pickle_module is None if weights_only is None else weights_only
    if weights_only and pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if weights_only and pickle_load_args:
        warnings.warn("pickle_load_args only works if `weights_only=False`.", stacklevel=2)
    is_path = isinstance(f, (str, os.PathLike))
    if is_path and os.fspath(f).endswith(".safetensors"):
        raise NotImplementedError("load: a safetensors file")
    if mmap and not is_path:
        raise ValueError("f must be a file path in order to use the mmap argument")
    for needed in () if is_path else ("seek", "tell", "read", "readline"):
        if not hasattr(f, needed):
            raise AttributeError(f"'{type(f).__name__}' object has no attribute '{needed}'. You can only "
                                 "minitorch.load from a file that is seekable. Please pre-load the data into a buffer "
                                 "like io.BytesIO and try to load from it instead.")
    trusted = None if weights_only else pickle_module or pickle
    with open(f, "rb") if is_path else nullcontext(f) as file:
        start = file.tell()
        is_zip = file.read(4) == b"PK\x03\x04"
        file.seek(start)
        if mmap and not is_zip:
            raise RuntimeError("mmap can only be used with files saved with "
                               "`minitorch.save(_use_new_zipfile_serialization=True)`, please save your checkpoint "
                               "with this option in order to use mmap.")
        return (ZipReader if is_zip else LegacyReader)(file, map_location, trusted, pickle_load_args, mmap).load()


def restored(storage: UntypedStorage, place: str, map_location) -> UntypedStorage:
    """The storage where `map_location` wants what was saved from `place`."""
    if callable(map_location):
        moved = map_location(storage, place)
        if moved is not None and not isinstance(moved, UntypedStorage):
            raise RuntimeError(f"map_location returned {type(moved).__name__}, not a storage or None")
        if moved is not None:
            return moved
    elif isinstance(map_location, dict):
        place = map_location.get(place, place)
    elif map_location is not None:
        place = map_location
    place = str(place)
    if place.partition(":")[0] not in ("cpu", "cuda"):
        raise RuntimeError("don't know how to restore data location of minitorch.storage.UntypedStorage (tagged with "
                           f"{place})")
    if place.startswith("cuda") and not cuda_is_available():
        raise RuntimeError("Attempting to deserialize object on a CUDA device but minitorch.cuda.is_available() is "
                           "False. If you are running on a CPU-only machine, please use minitorch.load with "
                           "map_location=minitorch.device('cpu') to map your storages to the CPU.")
    return storage.to(device(place))


def trusting(pickle_module) -> type:
    """An unpickler that does what the pickle says, with minitorch's things for torch's."""
    class Trusting(pickle_module.Unpickler):
        def find_class(self, module, name):
            known = module.partition(".")[0] == "torch"
            return resolve(module, name) if known else super().find_class(module, name)

    return Trusting


class Reader:
    """What both formats share: the unpickler, and the storages already read, by key.

    `trusted` is the pickle module that may do what the file says; None: none may.
    """

    def __init__(self, file, map_location=None, trusted=None, arguments: dict | None = None, mmap: bool | None = False):
        self.file, self.start = file, file.tell()
        self.size = self.left = file.seek(0, os.SEEK_END) - self.start
        file.seek(self.start)
        self.map_location, self.trusted = map_location, trusted
        self.arguments = {"encoding": "utf-8", **(arguments or {})}
        self.storages, self.swap = {}, False
        self.map = memory_map.mmap(file.fileno(), 0, access=memory_map.ACCESS_COPY) if mmap else None

    def unpickle(self, file):
        """The object of the next pickle in `file`."""
        if self.trusted is None:
            return Weights(file, self.storage, self.size, self.arguments["encoding"]).load()
        unpickler = trusting(self.trusted)(file, **self.arguments)
        unpickler.persistent_load = self.storage
        return unpickler.load()

    def storage(self, saved_id: tuple) -> TypedStorage:
        """The storage that the pickle refers to."""
        if saved_id[0] in ("module", b"module"):  # the legacy format's note of where a class was defined
            return saved_id[1]
        _, kind, key, place, count, *rest = saved_id
        key, place = [v.decode("ascii") if isinstance(v, bytes) else v for v in (key, place)]
        if kind is not UntypedStorage and not isinstance(kind, StorageType):
            raise pickle.UnpicklingError(f"Expected the type of a storage, not {type(kind).__name__}")
        if type(key) is not str or type(place) is not str or type(count) is not int or count < 0:
            raise pickle.UnpicklingError("Expected ('storage', type, key, place, number of elements)")
        if self.swap and kind is UntypedStorage:
            raise NotImplementedError("load: bytes of unknown type in a file of other byte order")
        dtype = dtypes.uint8 if kind is UntypedStorage else kind.dtype
        if key not in self.storages:
            self.take(count * dtype.itemsize)
            self.storages[key] = TypedStorage(self.make(dtype, key, place, count), dtype)
        if any(rest):  # in files older than torch 0.4: a part of that storage
            _, start, length = rest[0]
            part = self.storages[key].storage[start * dtype.itemsize:(start + length) * dtype.itemsize]
            return TypedStorage(part, dtype)
        return self.storages[key]

    def take(self, nbytes: int) -> None:
        """Memory for a storage: all of them together may take as much as the file is long."""
        self.left -= nbytes
        if self.left < 0:
            raise RuntimeError(f"The storages take more memory than the file has bytes, {self.size}: the file is cut "
                               "short or corrupt")

    def placed(self, array: np.ndarray, place: str) -> UntypedStorage:
        return restored(UntypedStorage.on(array), place, self.map_location)


# ---------------------------------------------------------------- zip


class ZipReader(Reader):
    """A zip file's records, stored without compression."""

    def load(self):
        with self.opened() as names:
            order = self.content("byteorder") if self.prefix + "byteorder" in names else b"little"
            if order not in (b"little", b"big"):
                raise RuntimeError(f"Unknown endianness type: {order[:20]!r}")
            self.swap = order != sys.byteorder.encode()
            return self.unpickle(io.BytesIO(self.content("data.pkl")))

    @contextmanager
    def opened(self) -> Iterator[list[str]]:
        """The archive's table of contents."""
        with corrupt_if_not():
            self.archive = zipfile.ZipFile(self.file)
        with self.archive:
            names = self.archive.namelist()
            self.prefix = names[0].partition("/")[0] + "/" if names else ""
            if self.prefix + "constants.pkl" in names:
                raise NotImplementedError("load: a TorchScript archive")
            yield names

    def record(self, name: str) -> zipfile.ZipInfo:
        try:
            info = self.archive.getinfo(self.prefix + name)
        except KeyError:
            raise RuntimeError(f"PytorchStreamReader failed locating file {name}: file not found") from None
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: it is compressed")
        if info.file_size > self.size:
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: it is longer than the archive")
        return info

    def content(self, name: str) -> bytes:
        with corrupt_if_not():
            return self.archive.read(self.record(name))

    def make(self, dtype: dtypes.dtype, key: str, place: str, count: int) -> UntypedStorage:
        info = self.record(f"data/{key}")
        nbytes = count * dtype.itemsize
        if info.file_size != nbytes:
            raise RuntimeError(f"PytorchStreamReader failed reading file data/{key}: it has {info.file_size} bytes, "
                               f"the pickle says {nbytes}")
        with corrupt_if_not(), self.archive.open(info) as source:  # which looks at the record's own header
            if self.map is not None:
                array = np.frombuffer(self.map, dtype.numpy, count, self.place_of(info))
            else:
                array = np.empty(count, dtype.numpy)
                fill(source, array)
        if self.swap:
            array.byteswap(inplace=True)
        return self.placed(array, place)

    def place_of(self, info: zipfile.ZipInfo) -> int:
        """Where in the file a record's bytes begin: after its header, name and padding."""
        header = self.map[info.header_offset:info.header_offset + 30]
        name, extra = struct.unpack("<HH", header[26:30])
        return info.header_offset + 30 + name + extra


@contextmanager
def corrupt_if_not() -> Iterator[None]:
    """All that zipfile raises for a file that is no zip file comes as one error, in torch's words."""
    try:
        yield
    except (zipfile.BadZipFile, EOFError, LookupError, OSError, OverflowError, ValueError, struct.error) as error:
        raise RuntimeError(f"PytorchStreamReader failed reading zip archive: {error or type(error).__name__}. The file "
                           "might be corrupted.") from error


def fill(source, array: np.ndarray) -> None:
    """Read an array's bytes, in pieces: what is read is in memory twice."""
    view, at = memoryview(array.view(np.uint8)), 0
    while at < len(view):
        piece = source.read(min(CHUNK, len(view) - at))
        if not piece:
            raise RuntimeError(f"unexpected EOF, expected {len(view) - at} more bytes. The file might be corrupted.")
        view[at:at + len(piece)] = piece
        at += len(piece)


# ---------------------------------------------------------------- the legacy stream


class Bounded:
    """A file that is never asked for more than it holds: it would set memory aside for it."""

    def __init__(self, file, end: int):
        self.file, self.end = file, end

    def read(self, n: int = -1) -> bytes:
        if n > self.end - self.file.tell():
            raise EOFError("The file ends within a pickle")
        return self.file.read(n)

    def readline(self, n: int = -1) -> bytes:
        return self.file.readline(n)


class LegacyReader(Reader):
    """Pickles and storages one after the other."""

    def load(self):
        file = Bounded(self.file, self.start + self.size)
        if self.unpickle(file) != MAGIC:
            raise RuntimeError("Invalid magic number; corrupt file?")
        version = self.unpickle(file)
        if type(version) is not int or version != PROTOCOL:
            raise RuntimeError("Invalid protocol version")
        machine = self.unpickle(file)
        self.swap = type(machine) is dict and machine.get("little_endian", True) != (sys.byteorder == "little")
        result = self.unpickle(file)
        keys = self.unpickle(file)
        if type(keys) is not list or any([type(key) is not str for key in keys]) or set(keys) != set(self.storages):
            raise RuntimeError("The storages in the file are not those that the pickle refers to")
        for key in keys:
            self.read_into(self.storages[key], *struct.unpack("<q", file.read(8)))
        return result

    def make(self, dtype: dtypes.dtype, key: str, place: str, count: int) -> UntypedStorage:
        return self.placed(np.empty(count, dtype.numpy), place)

    def read_into(self, storage: TypedStorage, count: int) -> None:
        """The next storage of the file, which is to be as long as the pickle said."""
        if count != storage.size():
            raise RuntimeError(f"A storage has {count} elements, the pickle says {storage.size()}")
        memory = storage.array
        here = memory if isinstance(memory, np.ndarray) else np.empty(count, storage.dtype.numpy)
        fill(self.file, here)
        if self.swap:
            here.byteswap(inplace=True)
        if here is not memory:
            memory.set(here)


# ---------------------------------------------------------------- looking without loading


def get_unsafe_globals_in_checkpoint(f: str | os.PathLike | io.IOBase) -> list[str]:
    """The names in a zip file's pickle that `load` would refuse by default.

    https://pytorch.org/docs/stable/notes/serialization.html
    """
    with open(f, "rb") if isinstance(f, (str, os.PathLike)) else nullcontext(f) as file:
        reader = ZipReader(file)
        with reader.opened():
            pickled = reader.content("data.pkl")
    named = [argument.replace(" ", ".").replace("__builtin__.", "builtins.")
             for code, argument, _ in pickletools.genops(pickled) if code.name == "GLOBAL"]
    return sorted({name for name in named if name not in ALLOWED and name not in user_globals()})

"""An unpickler that runs nothing: pickle's own interpreter with most of it taken out.

A pickle is a program for a machine with a stack; three of its instructions call what the program names. Here only
names on a list are known (names.py), only some of these are called, and each call's arguments are checked:

    GLOBAL    pushes what a name stands for        from ALLOWED, or from what the user declared safe
    REDUCE    calls function(*arguments)           only CALLABLE, or the user's
    NEWOBJ    makes an object of a class           only Parameter, or the user's
    BUILD     gives an object its state            only OrderedDict, Parameter, or the user's

Memory is bounded as well: what a call copies is charged, and all copies together may be COPIES times the file.
Python hashes nested tuples recursively, and one that is met twice twice: keys are walked, and charged, beforehand.
What the other instructions make is in proportion to the pickle's length. They are those of torch's own reader,
torch/_weights_only_unpickler.py, but for EMPTY_SET: 216 bytes of memory for one of the file's, and nothing to fill it.
Read next: archive.py, which finds pickle and storages in a file.
"""

from __future__ import annotations

import pickle
import struct
from _codecs import encode
from collections import Counter, OrderedDict
from collections.abc import Callable
from math import prod

from ..device import device
from ..nn.parameter import Parameter
from ..storage import rebuild_from_type, rebuild_tensor, rebuild_tensor_v1, rebuild_tensor_v3
from ..tensor import Size, Tensor
from .names import ALLOWED, CALLABLE, CONTAINERS, MISSING, TENSOR_MAKERS, allowed, resolve

BLOCKED = {"sys", "os", "posix", "nt"}  # not even if the user declares them safe
DEPTH = 100  # of tuples in a key
COPIES = 4  # an honest file copies its text twice (str to bytes to bytearray), and conjugates its numbers
MALFORMED = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, struct.error)
UNSAFE = ("Weights only load failed. Loading it with `weights_only=False` may succeed, but runs what the file says: do "
          "that only with a file from a source you trust.\n")
WINDOWS = {rebuild_tensor_v1: 4, rebuild_tensor: 6, rebuild_tensor_v3: 7}  # where the metadata are among the arguments


class Instructions(dict):
    """The interpreter's methods by instruction; any other instruction is refused."""

    def __missing__(self, code: int):
        raise pickle.UnpicklingError(f"Unsupported operand {code}")


class Weights(pickle._Unpickler):  # Python's twin of the C class: the only one whose instructions can be taken out
    """Reads a pickle of tensors and plain data from a file of `size` bytes; `storage(saved_id)` gives the storages."""

    dispatch = Instructions((code[0], pickle._Unpickler.dispatch[code[0]]) for code in map(vars(pickle).get, """
        PROTO STOP MARK GLOBAL BINPERSID TUPLE TUPLE1 TUPLE2 TUPLE3 NONE NEWFALSE NEWTRUE EMPTY_TUPLE EMPTY_LIST
        EMPTY_DICT BININT BININT1 BININT2 BINFLOAT BINUNICODE SHORT_BINSTRING LONG1 BINGET LONG_BINGET
        BINPUT LONG_BINPUT""".split()))

    def __init__(self, file, storage: Callable, size: int, encoding: str = "utf-8"):
        super().__init__(file, encoding=encoding)
        self.storage, self.budget, self.trusted = storage, COPIES * size, user_globals()

    def load(self):
        try:
            return super().load()
        except pickle.UnpicklingError as error:
            raise pickle.UnpicklingError(UNSAFE + str(error)) from None
        except MALFORMED as error:
            raise pickle.UnpicklingError(f"{UNSAFE}The pickle is malformed: {type(error).__name__}: {error}") from error

    # ------------------------------------------------------------ what things cost

    def charge(self, amount: int) -> None:
        self.budget -= amount
        if self.budget < 0:
            raise pickle.UnpicklingError("The pickle copies far more than the file holds")

    def check_key(self, key) -> None:
        """Walk a key's tuples level by level before Python hashes them."""
        level = [key]
        for _ in range(DEPTH):
            inner = [k for k in level if type(k) in (tuple, list, Size)]
            if not inner:
                return
            self.charge(sum(map(len, inner)))
            level = [item for k in inner for item in k]
        raise pickle.UnpicklingError("Key nested too deep")

    def check_container(self, function: Callable, args: tuple) -> None:
        """A container is made of other containers, never of a number, which would be a size."""
        for value in args:
            if type(value) not in (list, tuple, dict, OrderedDict, Counter, set, str, bytes, Size):
                raise pickle.UnpicklingError(f"Cannot make {function.__name__} of {type(value).__name__}")
            self.charge(len(value))
            if type(value) in (list, tuple, Size):
                self.check_key(value)
        if (function in (bytearray, encode) or len(args) > 2) and args[1:] not in ((), ("latin1",), ("latin-1",)):
            raise pickle.UnpicklingError("Text is encoded in latin1 only")

    def check_tensor(self, function: Callable, args: tuple) -> None:
        """A window is made of integers. A conjugate or negative one comes as a copy, which is charged."""
        if function not in WINDOWS:
            return
        for numbers in (args[1:2], *args[2:4]):
            if type(numbers) not in (tuple, list, Size) or any([type(n) is not int for n in numbers]):
                raise pickle.UnpicklingError("Offset, size and stride must be integers")
        if args[WINDOWS[function]:]:
            self.charge(max(0, prod(args[2])) * 16)

    # ------------------------------------------------------------ names

    def find_class(self, module: str, name: str):
        module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)  # Python 2's names
        path = f"{module}.{name}"
        if module in BLOCKED:
            raise pickle.UnpicklingError(f"Trying to load unsupported GLOBAL {path} whose module {module} is blocked.")
        if path in ALLOWED or path in MISSING:
            return allowed(path)
        if path in self.trusted:
            return self.trusted[path]
        if module.partition(".")[0] == "torch":  # the user declares minitorch's class, the file names torch's
            try:
                found = resolve(module, name)
            except AttributeError:
                found = None
            if is_one_of(found, self.trusted):
                return found
        path = path.removeprefix("builtins.")
        raise pickle.UnpicklingError(
            f"Unsupported global: GLOBAL {path} was not an allowed global by default. Please use "
            f"`minitorch.serialization.add_safe_globals([{path}])` or the "
            f"`minitorch.serialization.safe_globals([{path}])` context manager to allowlist this global if you trust "
            "this class/function.")

    def persistent_load(self, saved_id):
        if type(saved_id) is not tuple or not saved_id or saved_id[0] not in ("storage", b"storage"):
            raise pickle.UnpicklingError("Only persistent_load of storage is allowed")
        return self.storage(saved_id)

    # ------------------------------------------------------------ the instructions that act

    def load_reduce(self):
        args = self.stack.pop()
        function = self.stack[-1]
        if type(args) is not tuple:
            raise pickle.UnpicklingError(f"Arguments must be a tuple, not {type(args).__name__}")
        self.stack[-1] = self.call(function, args)

    def call(self, function, args: tuple):
        if is_one_of(function, CONTAINERS):
            self.check_container(function, args)
        elif is_one_of(function, TENSOR_MAKERS):
            self.check_tensor(function, args)
        elif function is rebuild_from_type:
            make, cls, inner, state = args
            if not is_one_of(make, TENSOR_MAKERS) or not (cls is Tensor or is_one_of(cls, self.trusted)):
                raise pickle.UnpicklingError(f"Trying to make a tensor by unrecognized {type(make).__name__}")
            self.check_tensor(make, inner)
        elif function is device and any([type(a) not in (str, int) for a in args]):
            raise pickle.UnpicklingError("A device is a name and a number")
        elif function is Parameter:  # in files older than torch 0.4
            return Parameter(*args)
        elif not is_one_of(function, CALLABLE) and not is_one_of(function, self.trusted):
            raise pickle.UnpicklingError("Trying to call reduce for unrecognized function, of type "
                                         f"{type(function).__name__}")
        return function(*args)

    def load_newobj(self):
        args, cls = self.stack.pop(), self.stack.pop()
        if cls is Parameter:
            self.append(Parameter(*args))
        elif isinstance(cls, type) and is_one_of(cls, self.trusted):
            self.append(cls.__new__(cls, *args))
        else:
            raise pickle.UnpicklingError("Can only create new object for nn.Parameter or classes allowlisted via "
                                         f"`add_safe_globals` but got {type(cls).__name__}")

    def load_build(self):
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is OrderedDict and type(state) is dict:
            target.__dict__.update(state)
        elif type(target) is Parameter and type(state) is tuple and len(state) == 3:  # as they were before 0.4
            target.requires_grad_(bool(state[0]))
        elif is_one_of(type(target), self.trusted):
            self.stack.append(state)
            pickle._Unpickler.load_build(self)
        else:
            raise pickle.UnpicklingError("Can only build Parameter, OrderedDict or types allowlisted via "
                                         f"`add_safe_globals`, but got {type(target).__name__}")

    def load_append(self):
        item = self.stack.pop()
        self.extend([item])

    def load_appends(self):
        self.extend(self.pop_mark())

    def extend(self, items: list) -> None:
        if type(self.stack[-1]) is not list:
            raise pickle.UnpicklingError(f"Can only extend lists, but got {type(self.stack[-1]).__name__}")
        self.stack[-1].extend(items)

    def load_setitem(self):
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def load_setitems(self):
        self.set_items(self.pop_mark())

    def set_items(self, items: list) -> None:
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter):
            raise pickle.UnpicklingError("Can only SETITEM for dict, collections.OrderedDict, collections.Counter, but "
                                         f"got {type(target).__name__}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            self.check_key(key)
            target[key] = value

    dispatch.update({code[0]: method for code, method in (
        (pickle.REDUCE, load_reduce), (pickle.NEWOBJ, load_newobj), (pickle.BUILD, load_build),
        (pickle.APPEND, load_append), (pickle.APPENDS, load_appends), (pickle.SETITEM, load_setitem),
        (pickle.SETITEMS, load_setitems))})


def is_one_of(thing, table: dict) -> bool:
    """By identity: what a hostile pickle put on the stack is neither hashed nor compared."""
    return any([thing is known for known in table.values()])


# ---------------------------------------------------------------- what the user declares safe

declared: set = set()


def user_globals() -> dict:
    """The declared classes and functions by the names that pickles have for them."""
    named = {}
    for entry in declared:
        if isinstance(entry, tuple):
            if len(entry) != 2:
                raise ValueError("Expected tuple of length 2 (global, str of callable full path), but got tuple of "
                                 f"length: {len(entry)}")
            if type(entry[1]) is not str:
                raise TypeError("Expected second item in tuple to be str of callable full path, but got: "
                                f"{type(entry[1])}")
            named[entry[1]] = entry[0]
        else:
            named[f"{entry.__module__}.{entry.__qualname__}"] = entry
    return named


def add_safe_globals(safe_globals: list) -> None:
    """Let `load` make these classes and call these functions, given themselves or as (thing, "its.full.name")."""
    declared.update(safe_globals)


def get_safe_globals() -> list:
    """What was declared safe."""
    return list(declared)


def clear_safe_globals() -> None:
    """Forget what was declared safe."""
    declared.clear()


class safe_globals:  # noqa: N801 (torch's name)
    """`with safe_globals([...])`: declared safe inside the block."""

    def __init__(self, safe_globals: list):
        self.safe_globals = safe_globals

    def __enter__(self) -> None:
        add_safe_globals(self.safe_globals)

    def __exit__(self, *exception) -> None:
        declared.difference_update(self.safe_globals)

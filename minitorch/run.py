"""Run a PyTorch script unchanged: while it runs, `import torch` means minitorch.

    python -m minitorch run train.py --epochs 2
    python -m minitorch run -m package.train --epochs 2

`torch` and `minitorch` are then two names of the same module objects; nothing exists twice. `install()` does the same
in a program of one's own.  Read next: script.py, for what a spawned worker process does.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import os
import runpy
import sys
import types

import minitorch

TORCH = "2.13.0"  # the version whose behaviour is followed, and what `torch.__version__` begins with


class TorchIsMinitorch(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers imports of `torch` and of all below it with minitorch's own modules."""

    def find_spec(self, fullname: str, path=None, target=None):
        if fullname != "torch" and not fullname.startswith("torch."):
            return None
        own = "minitorch" + fullname[len("torch"):]
        try:
            found = importlib.util.find_spec(own)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise ModuleNotFoundError(f"minitorch has no module {own!r}, which this script imports as {fullname!r}",
                                      name=fullname)
        return importlib.util.spec_from_loader(fullname, self, is_package=found.submodule_search_locations is not None)

    def create_module(self, spec):
        module = importlib.import_module("minitorch" + spec.name[len("torch"):])
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module) -> None:
        """It has run already. The import system has just called it torch.*; its own name is given back."""
        module.__spec__ = module.__spec__.loader_state


def install() -> None:
    """Make `import torch` mean minitorch, in this process, from now on."""
    if any(isinstance(finder, TorchIsMinitorch) for finder in sys.meta_path):
        return
    if "torch" in sys.modules:
        raise RuntimeError("torch itself is imported already; minitorch cannot take its name any more")
    sys.meta_path.insert(0, TorchIsMinitorch())
    minitorch.__version__ = f"{TORCH}+minitorch.{minitorch.__version__}"  # scripts compare it with torch's


def main(arguments: list[str]) -> int:
    """`python -m minitorch run`: run the script or module with its arguments; its exit status."""
    if not arguments or arguments == ["-m"] or arguments[0] in ("-h", "--help"):
        print("usage: python -m minitorch run SCRIPT.py [ARGUMENT...]\n"
              "       python -m minitorch run -m MODULE [ARGUMENT...]", file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    install()
    try:
        if arguments[0] == "-m":
            sys.argv[:] = arguments[1:]
            sys.path[0] = os.getcwd()
            runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
        else:
            run_script(arguments)
    except SystemExit:
        raise
    except BaseException as error:
        error.__traceback__ = own_frames_left_out(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def run_script(arguments: list[str]) -> None:
    """Execute a file as `__main__`, as `python FILE` does."""
    path = arguments[0]
    try:
        with open(path, "rb") as file:
            code = compile(file.read(), path, "exec")
    except OSError as error:
        print(f"minitorch run: can't open file {path!r}: [Errno {error.errno}] {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    module = types.ModuleType("__main__")
    module.__file__, module.__builtins__ = path, __builtins__
    module.__spec__ = importlib.util.find_spec("minitorch.script")  # what a spawned worker runs in its place
    sys.modules["__main__"] = module
    os.environ["MINITORCH_SCRIPT"] = os.path.abspath(path)  # to script.py; `sys.argv[0]` is replaced on its way there
    sys.argv[:] = arguments
    sys.path[0] = os.path.dirname(os.path.abspath(path))
    exec(code, module.__dict__)


def own_frames_left_out(traceback):
    """The part of a traceback that Python would show without this file."""
    own = (__file__, runpy.__file__)
    first = traceback
    while first is not None and (first.tb_frame.f_code.co_filename in own
                                 or first.tb_frame.f_code.co_filename == "<frozen runpy>"):
        first = first.tb_next
    return traceback if first is None else first

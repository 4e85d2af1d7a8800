"""Run a PyTorch script unchanged: while it runs, `import torch` means minitorch.

    python -m minitorch run train.py --epochs 2
    python -m minitorch run -m package.train --epochs 2

`torch` and `minitorch` are then two names of the same module objects; nothing exists twice. `install()` does the same
in a program of one's own.  Read next: script.py, for what a spawned worker process does.
"""

from __future__ import annotations

import builtins
import importlib
import importlib.abc
import importlib.util
import os
import re
import sys
import types
from importlib.machinery import ModuleSpec

import minitorch

from . import shown
from .torch_version import TORCH, TorchVersion

SCRIPT = "MINITORCH_SCRIPT"  # the environment's note for script.py: the script's full path, or the module's name


def own_name(name: str) -> str:
    """Where minitorch keeps torch's module `name`; it has no folder nn/modules/: the files stand in nn/ itself."""
    return "minitorch" + re.sub(r"^\.nn\.modules\b", ".nn", name.removeprefix("torch"))


class TorchIsMinitorch(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Answers imports of `torch` and of all below it with minitorch's own modules."""

    def find_spec(self, fullname: str, path=None, target=None):
        if fullname != "torch" and not fullname.startswith("torch."):
            return None
        own = own_name(fullname)
        try:
            found = importlib.util.find_spec(own)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise ModuleNotFoundError(f"minitorch has no module {own!r}, which this script imports as {fullname!r}",
                                      name=fullname)
        return importlib.util.spec_from_loader(fullname, self, is_package=found.submodule_search_locations is not None)

    def create_module(self, spec):
        module = importlib.import_module(own_name(spec.name))
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
    shown.package = "torch"
    # One module has one version: scripts compare it with torch's, so torch's it is, and ours behind the plus.
    minitorch.__version__ = TorchVersion(f"{TORCH}+minitorch.{minitorch.__version__}")


# ---------------------------------------------------------------- running


def main(arguments: list[str]) -> int:
    """`python -m minitorch run`: run the script or module with its arguments; it ends as it would under Python."""
    if not arguments or arguments == ["-m"] or arguments[0] in ("-h", "--help"):
        print("usage: python -m minitorch run SCRIPT.py [ARGUMENT...]\n"
              "       python -m minitorch run -m MODULE [ARGUMENT...]", file=sys.stderr)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    install()
    try:
        run_module(arguments[1:]) if arguments[0] == "-m" else run_script(arguments)
    except SystemExit:
        raise
    except BaseException as error:
        error.__traceback__ = own_frames_left_out(error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
        sys.excepthook = lambda *shown: None  # what is left to Python is the exit status, or the signal of Ctrl-C
        raise
    return 0


def run_script(arguments: list[str]) -> None:
    """Execute a file, as `python FILE ARGUMENT...` does."""
    path = os.path.abspath(arguments[0])
    try:
        with open(path, "rb") as file:
            source = file.read()
    except OSError as error:
        sys.stderr.write(f"minitorch run: can't open file {path!r}: [Errno {error.errno}] {error.strerror}\n")
        raise SystemExit(2) from None
    search_first(os.path.dirname(os.path.realpath(path)))
    sys.argv[:] = arguments
    run_as_main(lambda: compile(source, path, "exec"), path, path)


def run_module(arguments: list[str]) -> None:
    """Find a module, or a package's `__main__`, and execute it, as `python -m MODULE ARGUMENT...` does."""
    name = arguments[0]
    search_first(os.getcwd())
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            name += ".__main__"
            spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        sys.exit(f"{sys.executable}: Error while finding module specification for {name!r} "
                 f"({type(error).__name__}: {error})")
    if spec is None:
        sys.exit(f"{sys.executable}: No module named {name}")
    sys.argv[:] = [spec.origin, *arguments[1:]]
    run_as_main(lambda: spec.loader.get_code(spec.name), spec.origin, spec.name, spec.parent)


def search_first(folder: str) -> None:
    """Python looks for modules first in the script's folder; for minitorch's, where it found them."""
    before, sys.path[0] = sys.path[0], folder
    if os.path.join(before, "minitorch") == minitorch.__path__[0]:
        sys.path.append(before)  # and so do spawned processes, which are given this list


class MainSpec(ModuleSpec):
    """`name` is what a spawned process imports in place of the main module, `parent` where relative imports start."""

    parent = ""


def run_as_main(code_of, path: str, known_as: str, parent: str | None = None) -> None:
    """Execute code as the module `__main__`."""
    module = types.ModuleType("__main__")
    spec = MainSpec("minitorch.script", None, origin=path)
    spec.parent = parent or ""
    vars(module).update(__file__=path, __spec__=spec, __package__=parent, __builtins__=builtins)
    sys.modules["__main__"] = module
    os.environ[SCRIPT] = known_as
    exec(code_of(), vars(module))


def own_frames_left_out(traceback):
    """The part of a traceback that Python would show without this file."""
    first = traceback
    while first is not None and first.tb_frame.f_code.co_filename == __file__:
        first = first.tb_next
    return first

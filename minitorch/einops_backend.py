"""einops on tensors: https://einops.rocks.

einops finds its backends among the subclasses of its AbstractBackend. Ours is torch's, with minitorch in place of
torch. It can be made only where einops is imported: so einops is watched for, and not imported from here.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys

import minitorch

BACKENDS = "einops._backends"  # the module of einops that defines them


def add_backend(backends) -> None:
    """Make the subclass that einops looks for; its module keeps it."""
    class MinitorchBackend(backends.TorchBackend):
        framework_name = "minitorch"

        def __init__(self):
            self.torch = minitorch

        def is_float_type(self, x) -> bool:
            return x.is_floating_point()

    backends.MinitorchBackend = MinitorchBackend


class Watch(importlib.abc.MetaPathFinder):
    """Lets the import of einops' backends take its course, and adds one when it has run."""

    def find_spec(self, fullname: str, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(fullname, path) if fullname == BACKENDS else None
        if spec is not None:
            run = spec.loader.exec_module

            def run_and_add(module) -> None:
                run(module)
                add_backend(module)
                sys.meta_path.remove(self)

            spec.loader.exec_module = run_and_add
        return spec


if BACKENDS in sys.modules:
    add_backend(sys.modules[BACKENDS])
else:
    sys.meta_path.insert(0, Watch())

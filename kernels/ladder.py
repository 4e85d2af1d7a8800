"""A ladder: several kernels for one operation, one idea apart, and which of them is used.

    softmax_rows = Ladder("softmax")

    @softmax_rows.rung
    def warp(x, y): ...            # launches the kernel

    softmax_rows(x, y)             # the chosen rung, by default the last one
    use("softmax", "warp")         # from here on; `with use(...):` for a block
"""

from __future__ import annotations

from collections.abc import Callable

ladders: dict[str, Ladder] = {}


class Ladder:
    """The rungs of one operation, from the simplest to the best."""

    def __init__(self, name: str):
        self.name, self.rungs, self.chosen = name, {}, None
        ladders[name] = self

    def rung(self, launch: Callable) -> Callable:
        """Add a rung under the function's name, above those before it."""
        self.rungs[launch.__name__.rstrip("_")] = launch
        return launch

    def __call__(self, *args):
        return self.rungs[self.chosen or next(reversed(self.rungs))](*args)


class use:  # noqa: N801 (a verb: it acts when it is called)
    """Choose a rung: `use("matmul", "tiled")` from here on, `with use("matmul", "tiled"):` for a block; None: the best."""

    def __init__(self, name: str, rung: str | None):
        if name not in ladders:
            raise ValueError(f"no kernels for {name!r}; there are kernels for {', '.join(sorted(ladders))}")
        self.ladder = ladders[name]
        if rung is not None and rung not in self.ladder.rungs:
            raise ValueError(f"{name} has no rung {rung!r}; it has {', '.join(self.ladder.rungs)}")
        self.before = self.ladder.chosen
        self.ladder.chosen = rung

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception) -> None:
        self.ladder.chosen = self.before

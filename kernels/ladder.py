"""A ladder: several kernels for one operation, one idea apart, and which of them is used.

    SOFTMAX = Ladder("softmax", "thread", "warp", "block")    # beside the operation

    SOFTMAX.pick("warp")           # where it launches: the rung that was chosen, else the one it thinks best
    use("softmax", "thread")       # what a user calls; `with use(...):` for a block, use("softmax", None) to let it be
"""

from __future__ import annotations

ladders: dict[str, Ladder] = {}


class Ladder:
    """The rungs of one operation, from the simplest to the best; and "library", which is no kernel of ours.

    With "library" an operation takes the body it has for every device: on a GPU, CuPy and its libraries.
    """

    def __init__(self, name: str, *rungs: str):
        self.name, self.kernels, self.rungs, self.chosen = name, rungs, (*rungs, "library"), None
        ladders[name] = self

    @property
    def used(self) -> bool:
        """Whether a kernel is to be launched at all."""
        return self.chosen != "library"

    def pick(self, best: str | None = None) -> str:
        """The chosen rung; if none was, the best for what is to be done, or of all."""
        return self.chosen or best or self.kernels[-1]


class use:  # noqa: N801 (a verb: it acts when it is called)
    """Choose a rung: `use("matmul", "tiled")` from here on, `with use("matmul", "tiled"):` for a block.

    None leaves the choice to the operation again.
    """

    def __init__(self, name: str, rung: str | None):
        if name not in ladders:
            raise ValueError(f"no kernels for {name!r}; there are kernels for {', '.join(sorted(ladders))}")
        self.ladder = ladders[name]
        if rung is not None and rung not in self.ladder.rungs:
            raise ValueError(f"{name} has no rung {rung!r}; it has {', '.join(self.ladder.rungs)}")
        self.before = self.ladder.chosen
        self.ladder.chosen = rung

    def __enter__(self) -> None:
        return None

    def __exit__(self, *exception) -> None:
        self.ladder.chosen = self.before

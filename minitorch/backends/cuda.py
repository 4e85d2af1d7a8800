"""minitorch.backends.cuda: how precisely torch would multiply matrices on a GPU."""

from __future__ import annotations

from ..device import cuda_is_available
from ..settings import kept


def is_built() -> bool:
    """Whether a GPU can be used."""
    return cuda_is_available()


class MatmulSwitches:
    """Switches of the matrix product. `allow_tf32` is another view of `get_float32_matmul_precision`."""

    def __init__(self):
        vars(self).update(allow_fp16_reduced_precision_reduction=True, allow_bf16_reduced_precision_reduction=True)

    @property
    def allow_tf32(self) -> bool:
        return kept.precision != "highest"

    @allow_tf32.setter
    def allow_tf32(self, flag: bool) -> None:
        kept.precision = "high" if flag else "highest"

    def __getattr__(self, name: str):
        raise AttributeError(f"Unknown attribute {name}")

    def __setattr__(self, name: str, value) -> None:
        getattr(self, name)  # of an unknown switch: an error
        super().__setattr__(name, value)


matmul = MatmulSwitches()

"""utils.tensorboard: SummaryWriter, from the package tensorboardX.

https://pytorch.org/docs/stable/tensorboard.html
"""

from __future__ import annotations

import functools

from ..tensor import Tensor

try:
    import tensorboardX
except ImportError as error:
    raise ImportError("minitorch.utils.tensorboard needs the package tensorboardX: pip install tensorboardX") from error

__all__ = ["SummaryWriter"]


def arrays(value):
    """`value` with the arrays of tensors in place of the tensors: tensorboardX would ask torch for them."""
    if isinstance(value, Tensor):
        return value.numpy(force=True)
    if type(value) in (list, tuple):
        return type(value)(map(arrays, value))
    return {key: arrays(v) for key, v in value.items()} if type(value) is dict else value


def with_arrays(add):
    """The method `add`, given arrays."""
    @functools.wraps(add)
    def add_arrays(self, *args, **options):
        return add(self, *arrays(args), **arrays(options))

    return add_arrays


class SummaryWriter(tensorboardX.SummaryWriter):
    """Writes what is added to it to files that TensorBoard reads."""

    def add_graph(self, model, input_to_model=None, verbose: bool = False, **options) -> None:
        raise NotImplementedError("SummaryWriter.add_graph")


for _name in ("scalar", "scalars", "histogram", "image", "images", "image_with_boxes", "video", "audio", "embedding",
              "pr_curve", "mesh"):
    setattr(SummaryWriter, f"add_{_name}", with_arrays(getattr(tensorboardX.SummaryWriter, f"add_{_name}")))

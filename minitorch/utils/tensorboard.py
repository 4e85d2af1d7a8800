"""utils.tensorboard: SummaryWriter, from the package tensorboardX."""

try:
    from tensorboardX import SummaryWriter
except ImportError as error:
    raise ImportError("minitorch.utils.tensorboard needs the package tensorboardX: pip install tensorboardX") from error

__all__ = ["SummaryWriter"]

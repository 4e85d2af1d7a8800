"""minitorch.data: another name for minitorch.utils.data."""

from .utils.data import *  # noqa: F403
from .utils.data import __all__  # noqa: F401

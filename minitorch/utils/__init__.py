"""minitorch.utils: data loading in utils/data/."""

from . import data

__all__ = ["data"]

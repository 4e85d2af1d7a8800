"""minitorch: all of PyTorch that a person can read. (provisional contents page)"""
from pathlib import Path as _Path

__path__.append(str(_Path(__file__).parent.parent)) if False else None
from .tensor import Tensor, Size
from .dtype import *
from .device import device
from . import autograd
from .autograd import *
from .ops.create import *
from .ops.convert import *
from .ops.sampling import *
from .ops.elementwise import *
from .ops.compare import *
from .ops.activation import *
from .ops.special import *
from .ops.reduce import *
from .ops.sort import *
from .ops.shape import *
from .ops.join import *
from .ops.index import *
from .ops.linalg import *
from .ops.softmax import *
from .ops.norm import *
from .ops.conv import *
from .ops.pool import *
from .ops.embedding import *
from .ops.dropout import *
from .ops.attention import *
from .ops.loss import *

__version__ = "0.1.0"

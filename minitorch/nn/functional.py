"""nn.functional: the operations that layers are made of, as plain functions.

This is the contents page: each stands in ops/, with its formula and its gradient.
https://pytorch.org/docs/stable/nn.functional.html
"""

from ..ops.activation import (
    celu,
    elu,
    elu_,
    gelu,
    hardtanh,
    leaky_relu,
    leaky_relu_,
    logsigmoid,
    mish,
    relu,
    relu6,
    relu_,
    selu,
    sigmoid,
    silu,
    softplus,
)
from ..ops.attention import scaled_dot_product_attention
from ..ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from ..ops.dropout import alpha_dropout, dropout, dropout1d, dropout2d
from ..ops.embedding import embedding
from ..ops.gather import one_hot
from ..ops.join import pad
from ..ops.linalg import linear
from ..ops.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from ..ops.norm import batch_norm, group_norm, instance_norm, layer_norm, normalize, rms_norm
from ..ops.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)
from ..ops.softmax import log_softmax, softmax, softmin
from ..ops.special import tanh

__all__ = [name for name in dir() if not name.startswith("_")]

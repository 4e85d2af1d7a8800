"""minitorch: all of PyTorch that a person can read.

This is the contents page: what a user can name, in groups. The house in reading order:

    dtype.py device.py tensor.py    what a tensor is
    autograd/                       how it remembers and differentiates: autograd/__init__.py says where to start
    ops/                            the operations, one family a file: ops/softmax.py is a good first one
    random.py printing.py           torch's random numbers, torch's text
    nn/ optim/ utils/data/          layers, optimizers, batches
    storage.py serialization/       memory, files
"""

import math as _math
import os as _os

__version__ = "0.1.0"

# In the source tree kernels/ stands beside this folder; installed, inside it.
if not _os.path.isdir(_os.path.join(__path__[0], "kernels")):
    __path__.append(_os.path.dirname(__path__[0]))

# tensors and their gradients
from .tensor import Size, Tensor
from . import autograd
from .autograd import (
    enable_grad, inference_mode, is_grad_enabled, is_inference_mode_enabled, no_grad, set_grad_enabled,
)
from .autograd.saved import is_anomaly_check_nan_enabled, is_anomaly_enabled, set_anomaly_enabled

# new tensors
from .ops.create import (
    arange, as_tensor, asarray, BoolTensor, ByteTensor, channels_last, channels_last_3d, CharTensor,
    contiguous_format, DoubleTensor, empty, empty_like, empty_strided, eye, FloatTensor, from_numpy, full, full_like,
    HalfTensor, IntTensor, layout, linspace, logspace, LongTensor, memory_format, ones, ones_like, preserve_format,
    scalar_tensor, ShortTensor, strided, tensor, tril_indices, triu_indices, zeros, zeros_like,
)
from .ops.buffer import empty_permuted, from_file, frombuffer
from .ops.sampling import (
    bernoulli, binomial, default_generator, Generator, get_rng_state, initial_seed, manual_seed, multinomial,
    normal, poisson, rand, rand_like, randint, randint_like, randn, randn_like, randperm, seed, set_rng_state,
)
from .ops.window import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window

# types and copies
from .ops.convert import clone, fill, is_complex, is_floating_point, is_tensor, numel, result_type
from .ops.complex import (
    angle, complex, conj, conj_physical, imag, polar, real, resolve_conj, resolve_neg, view_as_complex, view_as_real,
)
from .ops.facts import (
    broadcast_shapes, get_device, is_conj, is_distributed, is_inference, is_neg, is_nonzero, is_same_size, is_signed,
)

# one number in, one number out
from .ops.elementwise import (
    abs, absolute, add, addcdiv, addcmul, div, divide, float_power, floor_divide, fmod, lerp, mul, multiply, neg,
    negative, positive, pow, reciprocal, remainder, rsqrt, rsub, sgn, sign, sqrt, square, sub, subtract, true_divide,
)
from .ops.special import (
    acos, acosh, arccos, arccosh, arcsin, arcsinh, arctan, arctan2, arctanh, asin, asinh, atan, atan2, atanh, ceil,
    cos, cosh, erf, erfc, exp, exp2, expm1, fix, floor, frac, log, log10, log1p, log2, round, sin, sinh, tan, tanh,
    trunc,
)
from .ops.floating import (
    copysign, deg2rad, fmax, fmin, frexp, gcd, heaviside, hypot, isneginf, isposinf, isreal, lcm, ldexp, nextafter,
    rad2deg, signbit,
)
from .ops.logarithm import logaddexp, logaddexp2, logit, sinc, xlogy
from .ops.normal import erfinv
from .ops.gamma import digamma, igamma, igammac, lgamma, mvlgamma, polygamma
from .ops.bessel import i0
from .ops.activation import celu, celu_, selu, selu_, sigmoid
from .ops.piecewise import hardshrink, prelu, relu, relu_, rrelu, rrelu_, threshold, threshold_
from .ops.compare import (
    allclose, bitwise_and, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift, bitwise_xor, clamp,
    clamp_max, clamp_min, clip, eq, equal, ge, greater, greater_equal, gt, isclose, isfinite, isinf, isnan, le, less,
    less_equal, logical_and, logical_not, logical_or, logical_xor, lt, maximum, minimum, nan_to_num, ne, not_equal,
    where,
)

# shapes and parts
from .ops.shape import (
    adjoint, broadcast_tensors, broadcast_to, diagonal, flatten, moveaxis, movedim, narrow, permute, ravel, reshape,
    select, squeeze, swapaxes, swapdims, t, transpose, unbind, unflatten, unsqueeze,
)
from .ops.strided import as_strided
from .ops.arrange import flip, fliplr, flipud, repeat_interleave, roll, tile, tril, triu
from .ops.join import (
    atleast_1d, atleast_2d, atleast_3d, cat, chunk, column_stack, concat, concatenate, dsplit, dstack, hsplit, hstack,
    meshgrid, row_stack, split, split_with_sizes, stack, tensor_split, unsafe_chunk, unsafe_split,
    unsafe_split_with_sizes, vsplit, vstack,
)
from .ops.index import index_put
from .ops.gather import (
    argwhere, gather, index_add, index_copy, index_fill, index_select, masked_fill, masked_scatter, masked_select,
    nonzero, scatter, scatter_add, take, take_along_dim,
)
from .ops.index_reduce import index_reduce, put, renorm, scatter_reduce
from .ops.combine import (
    block_diag, cartesian_prod, combinations, cross, diag, diag_embed, diagflat, kron, rot90, vander,
)
from .ops.patch import (
    alias_copy, as_strided_copy, as_strided_scatter, detach_copy, diagonal_copy, diagonal_scatter, expand_copy,
    narrow_copy, permute_copy, select_copy, select_scatter, slice_copy, slice_scatter, split_copy,
    split_with_sizes_copy, squeeze_copy, t_copy, transpose_copy, unbind_copy, unfold_copy,
    unsqueeze_copy, view_as_complex_copy, view_as_real_copy, view_copy,
)
from .ops.search import (
    bucketize, isin, nonzero_static, searchsorted, unique, unique_consecutive, unravel_index,
)

# many numbers to few
from .ops.reduce import (
    all, amax, amin, any, argmax, argmin, count_nonzero, logsumexp, max, mean, min, nansum, prod, std, std_mean, sum,
    var, var_mean,
)
from .ops.sort import argsort, cumprod, cumsum, kthvalue, median, msort, sort, topk
from .ops.statistics import (
    aminmax, bincount, corrcoef, cov, histc, histogram, histogramdd, mode, nanmean, nanmedian, nanquantile, quantile,
)
from .ops.running import cummax, cummin, cumulative_trapezoid, diff, gradient, logcumsumexp, trapezoid, trapz
from .ops.softmax import log_softmax, softmax

# linear algebra
from .ops.linalg import (
    addbmm, addmm, addmv, addr, baddbmm, bmm, dot, ger, inner, matmul, mm, mv, outer, tensordot, trace, vdot,
)
from .ops.einsum import bilinear, einsum
from .ops.solve import cholesky_inverse, cholesky_solve, det, inverse, logdet, lu_solve, lu_unpack, slogdet
from .ops.decompose import geqrf, pinverse, qr, svd
from .ops.lowrank import pca_lowrank, svd_lowrank
from .ops.matrix import chain_matmul, matrix_exp, matrix_power, orgqr, ormqr

# layers as functions (nn.functional has them all, and the losses)
from .ops.distance import cdist, cosine_similarity, dist, pairwise_distance, pdist
from .ops.stft import istft, stft
from .ops.norm import group_norm, instance_norm, layer_norm, norm, rms_norm
from .ops.conv import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .ops import conv_gpu as _conv_gpu  # noqa: F401 (its kernels, for the operations of conv.py)
from .ops.pool import adaptive_avg_pool1d, adaptive_max_pool1d, avg_pool1d, max_pool1d, max_pool2d, max_pool3d
from .ops.pool_indices import max_pool1d_with_indices
from .ops.resize import channel_shuffle, pixel_shuffle, pixel_unshuffle
from .ops.forms import (
    alpha_dropout, alpha_dropout_, batch_norm, binary_cross_entropy_with_logits, cosine_embedding_loss, ctc_loss,
    detach, dropout, dropout_, embedding, feature_alpha_dropout, feature_alpha_dropout_, feature_dropout,
    feature_dropout_, hinge_embedding_loss, kl_div, margin_ranking_loss, poisson_nll_loss, triplet_margin_loss,
)
from .ops.rnn import gru, gru_cell, lstm, lstm_cell, rnn_relu, rnn_relu_cell, rnn_tanh, rnn_tanh_cell

# memory and files
from .storage import UntypedStorage
from . import serialization
from .serialization import load, save
from .dlpack import from_dlpack, to_dlpack

# printing
from .printing import set_printoptions

# the process
from .settings import (
    are_deterministic_algorithms_enabled, compile, get_deterministic_debug_mode, get_float32_matmul_precision,
    get_num_interop_threads, get_num_threads, is_deterministic_algorithms_warn_only_enabled, is_storage,
    is_warn_always_enabled, set_deterministic_debug_mode, set_float32_matmul_precision, set_flush_denormal,
    set_num_interop_threads, set_num_threads, set_warn_always, typename, use_deterministic_algorithms,
)
from .amp import autocast, is_autocast_enabled
from .missing import say_what_is_missing as _say_what_is_missing

# namespaces
from . import fft, linalg, nn, optim, random, signal, special, utils
from . import accelerator, amp, backends, cuda, data, distributed, multiprocessing, version

# types, last: `dtype` and `device` are the names of files as well
from .dtype import (
    ALIASES as _ALIASES, can_cast, dtype, finfo, get_default_dtype, iinfo, promote_types, set_default_dtype,
    bfloat16, bool_, complex64, complex128, float16, float32, float64, int8, int16, int32, int64, uint8, uint16,
    uint32, uint64,
)
from .device import device, get_default_device, set_default_device

# Functions with the keyword `out`; the others name the dtype they insist on for it, in one sentence or the other
# (torch has more sentences for it than these).
from .ops.out import ITERATOR as _ITERATOR, OWN as _OWN, STRUCTURED as _STRUCTURED, with_out as _with_out

_WITH_OUT = {
    "": """
        acos acosh add addbmm addcdiv addcmul addr arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin
        asinh atan atan2 atanh bernoulli bitwise_and bitwise_left_shift bitwise_not bitwise_or
        bitwise_right_shift bitwise_xor cat column_stack concat concatenate copysign cos cosh deg2rad diff
        digamma div divide dstack eq erf erfc erfinv exp exp2 expm1 float_power floor_divide fmax fmin fmod gcd
        ge ger greater greater_equal gt hstack hypot i0 igamma igammac kron kthvalue lcm ldexp le lerp less
        less_equal lgamma log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not logical_or
        logical_xor logit logsumexp lt max maximum mean median min minimum mul multinomial multiply mvlgamma
        nanmean ne nextafter normal not_equal outer polygamma pow rad2deg reciprocal remainder row_stack rsqrt
        sigmoid sin sinc sinh sort sqrt square stack std sub subtract tan tanh topk true_divide var
        vstack xlogy""",
    _STRUCTURED: """
        addmm addmv alias_copy all amax amin aminmax any argmax argmin argsort as_strided_copy baddbmm bmm
        bucketize cross cummax cummin detach_copy diag diagonal_copy dot expand_copy frexp gather heaviside
        histc histogram index_add index_copy index_reduce index_select inner isin isneginf isposinf log_softmax
        logcumsumexp masked_select matmul mm mode msort mv nan_to_num nanquantile nonzero
        nonzero_static norm permute_copy quantile renorm scatter scatter_add scatter_reduce searchsorted
        select_copy signbit slice_copy slice_scatter softmax squeeze_copy t_copy take
        take_along_dim tensordot transpose_copy tril triu unfold_copy unsqueeze_copy vdot view_copy
        where""",
    _ITERATOR: "abs absolute ceil clamp clamp_max clamp_min clip fix floor frac neg negative round sgn sign trunc",
    _OWN: """
        arange cumprod cumsum empty eye full linspace logspace nansum ones prod rand randint randn randperm sum
        zeros""",
}
for _exact, _names in _WITH_OUT.items():
    for _name in _names.split():
        globals()[_name] = _with_out(globals()[_name], _exact)

# The in-place forms that torch also has as functions.
_IN_PLACE = """
    abs_ acos_ acosh_ addmv_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ as_strided_ asin_ asinh_ atan_
    atanh_ ceil_ clamp_ clamp_max_ clamp_min_ clip_ conj_physical_ cos_ cosh_ deg2rad_ detach_ erf_ erfc_ exp2_
    exp_ expm1_ fill_ fix_ floor_ frac_ gcd_ i0_ index_put_ lcm_ ldexp_ log10_ log1p_ log2_ log_ logit_
    nan_to_num_ neg_ negative_ rad2deg_ reciprocal_ resize_as_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_
    square_ tan_ tanh_ trunc_ xlogy_ zero_"""
globals().update({_name: getattr(Tensor, _name) for _name in _IN_PLACE.split()})

globals().update(_ALIASES)  # minitorch.float is float32, minitorch.long is int64, minitorch.bool is bool, ...
inf, nan, pi, e, newaxis = _math.inf, _math.nan, _math.pi, _math.e, None

__all__ = [name for name in dir() if not name.startswith("_")]
__getattr__ = _say_what_is_missing(__name__)

from . import einops_backend as _einops_backend  # noqa: E402 (looks at what stands above)

"""Scaled dot-product attention: every query takes the average of the values, weighted by how well their keys fit it.

One operation, because its scores, (L, S) for each head, are the largest thing in a transformer: they are never saved.
The backward pass makes them again.  Vaswani et al., Attention is all you need, 2017; Dao et al., FlashAttention, 2022.
Read next: softmax.py; kernels/attention.cu for the same without ever holding all scores.
"""

from __future__ import annotations

import math

import numpy as np

from ..autograd.op import op
from ..dtype import C_NAME, CAPITAL
from ..kernels import Ladder, ceil_div, kernel, strided
from ..tensor import Tensor
from .create import ones
from .dropout import dropout
from .linalg import check_batches, check_mm

__all__: list[str] = []


def attention(xp, query, key, value, mask, keep, /, scale, is_causal):
    """Averages of value (..., S, Ev), one for each query (..., L, E), weighted by a softmax over the keys (..., S, E).

    s = scale * query key^T + mask    p = exp(s - lse)    lse = log sum exp(s)    y = (p * keep) value
    gp = (g value^T) * keep    gs = p * (gp - sum(gp * p))
    gquery = scale * gs key    gkey = scale * gs^T query    gvalue = (p * keep)^T g    gmask = gs

    A mask of bools says where to attend; is_causal lets query i attend to keys 0..i. A query that may attend to nothing
    gets zeros. `keep` is the mask of dropout.
    """
    if key.shape[-2] == 0:
        shape = scores_shape(query, key)[:-1]
        return xp.zeros((*shape, value.shape[-1]), query.dtype), xp.zeros((*shape, 1), query.dtype)
    p = scores(xp, query, key, mask, scale, is_causal)
    top = p.max(axis=-1, keepdims=True)
    top[top == -np.inf] = 0  # nothing to attend to: exp(-inf - 0) is 0, exp(-inf + inf) would be NaN
    p -= top
    xp.exp(p, out=p)
    total = p.sum(axis=-1, keepdims=True)
    total[total == 0] = 1
    y = (p if keep is None else p * keep) @ value
    y /= total
    return y, top + xp.log(total)


def scores_shape(query, key) -> tuple:
    return (*np.broadcast_shapes(query.shape[:-2], key.shape[:-2]), query.shape[-2], key.shape[-2])


def scores(xp, query, key, mask, scale, is_causal):
    """scale * query key^T, and -inf where a mask forbids to attend."""
    s = (query * scale) @ key.mT
    if is_causal:
        xp.copyto(s, -np.inf, where=~xp.tri(*s.shape[-2:], dtype=bool))
    if mask is None:
        return s
    if mask.dtype.kind != "b":
        return s + mask
    return xp.where(mask, s, xp.asarray(-np.inf, s.dtype))


def weights(query, key, mask, scale, is_causal):
    """p, in Tensor terms."""
    s = query * scale @ key.mT
    if is_causal:
        s = s.masked_fill(ones(s.shape[-2:], dtype=bool, device=s.device).tril().logical_not(), -math.inf)
    if mask is not None:
        s = s + mask if mask.is_floating_point() else s.masked_fill(mask.logical_not(), -math.inf)
    nothing = (s == -math.inf).all(-1, keepdim=True)
    return s.masked_fill(nothing, 0).softmax(-1).masked_fill(nothing, 0)


def attention_rule(g_output, query, key, value, mask, keep, scale, is_causal, needs):
    p = weights(query, key, mask, scale, is_causal)
    kept = p if keep is None else p * keep
    gvalue = kept.mT @ g_output if needs[2] else None
    gp = g_output @ value.mT
    gp = gp if keep is None else gp * keep
    gs = p * (gp - (gp * p).sum(-1, keepdim=True))
    return gs @ key * scale, gs.mT @ query * scale, gvalue, gs if needs[3] else None, None


def attention_fused(xp, g_output, query, key, value, mask, keep, output, lse, scale, is_causal):
    """The same in place. The sum of gp * p over the keys is that of g * y over the values' E: fewer terms."""
    p = scores(xp, query, key, mask, scale, is_causal)
    p -= lse
    xp.exp(p, out=p)
    gs = g_output @ value.mT
    if keep is not None:
        gs *= keep
    gvalue = (p if keep is None else p * keep).mT @ g_output
    gs -= (g_output * output).sum(axis=-1, keepdims=True)
    gs *= p
    gscores, gs = gs, gs * scale
    return gs @ key, gs.mT @ query, gvalue, gscores, None


# torch runs one of two algorithms and names the node after the last operation of it.
FLASH = op(attention, outputs="output lse", node="ScaledDotProductFlashAttentionForCpuBackward0")
MATRICES = op(attention, outputs="output lse", node="MmBackward0")
STACKS = op(attention, outputs="output lse", node="UnsafeViewBackward0")
for call in (FLASH, MATRICES, STACKS):
    call.backward(attention_rule)
    call.fused_backward(attention_fused)


# ---------------------------------------------------------------- the same on a GPU

ATTENTION = Ladder("attention", "naive", "online", "flash")
SHAPE = np.dtype([(name, "i4") for name in (  # struct Shape of attention.cuh
    "L", "S", "d", "heads", "mask_batch", "mask_head", "mask_query", "mask_key", "causal")] + [("scale", "f4")])
HEAD_SIZES = (16, 32, 64, 96, 128)  # for which the kernels are made; a head between two counts as the larger
MOST_HEADS = 65535  # of a grid's second dimension


def tiles(size: int, forward: bool) -> tuple[int, int]:
    """How many vectors a block owns, and how many it meets in a turn.

    They and the scores take at most the 64 KB of shared memory that every GPU gives a block. One case takes more:
    backward, heads above 96 take 72 KB, which Turing (sm_75) does not have.
    """
    return (64, 64 if size <= 64 else 32) if forward else (64 if size <= 64 else 32, 32)


def tile_bytes(size: int, own: int, turn: int, vectors: int) -> int:
    """Shared memory for so many vectors and for the scores; the widths of rows are those of attention.cuh."""
    return 4 * (vectors * (size + 4) + own * (turn + 16))


def kernel_serves(query, key, value, mask, keep) -> bool:
    """float32, heads of one size up to 128, as many of them on all sides; a mask for batch, head, query and key."""
    arrays = [query, key, value] + ([mask] if mask is not None and mask.dtype != bool else [])
    return (ATTENTION.used and keep is None and all([a.dtype == "float32" and a.size for a in arrays])
            and query.shape[:-2] == key.shape[:-2] == value.shape[:-2] and math.prod(query.shape[:-2]) <= MOST_HEADS
            and query.shape[-1] == value.shape[-1] <= HEAD_SIZES[-1] and (mask is None or query.ndim <= 4))


def prepare(xp, query, key, mask, scale, is_causal) -> tuple:
    """(size of head the kernel is made for, number of heads in all, mask, struct Shape)."""
    *leading, length, d = query.shape
    heads = leading[-1] if len(leading) > 1 else 1
    strides = (0, 0, 0, 0)
    if mask is not None:
        if mask.dtype == bool:
            mask = xp.where(mask, xp.zeros((), "float32"), xp.asarray(-np.inf, "float32"))
        wide = xp.broadcast_to(mask, (*leading, length, key.shape[-2]))
        steps = [stride // 4 for stride in wide.strides]
        strides = (steps[0], 0, *steps[1:]) if len(leading) == 1 else (*(0,) * (4 - len(steps)), *steps)
    shape = np.array((length, key.shape[-2], d, heads, *strides, is_causal, scale), SHAPE)[()]
    return next(n for n in HEAD_SIZES if n >= d), math.prod(leading), mask if mask is None else strided(mask), shape


def attention_on_gpu(xp, query, key, value, mask, keep, scale, is_causal):
    if not kernel_serves(query, key, value, mask, keep):
        return attention(xp, query, key, value, mask, keep, scale, is_causal)
    size, heads, mask, shape = prepare(xp, query, key, mask, scale, is_causal)
    query, key, value = map(xp.ascontiguousarray, (query, key, value))
    y, lse = xp.empty_like(query), xp.empty((*query.shape[:-1], 1), query.dtype)
    rung, length, (own, turn) = ATTENTION.pick(), query.shape[-2], tiles(size, forward=True)
    name, grid, block, shared = {
        "naive": (f"attention_naive<{size}>", (ceil_div(length, 128), heads), 128, 0),
        "online": (f"attention_online<{size}>", (ceil_div(length, 4), heads), 128, 0),
        "flash": (f"attention_flash<{size},{own},{turn}>", ceil_div(length, own) * heads, 256,
                  tile_bytes(size, own, turn, own + turn)),
    }[rung]
    kernel("attention.cu", name)(grid, block, (query, key, value, mask, y, lse, shape), shared)
    return y, lse


def attention_backward_on_gpu(xp, g_output, query, key, value, mask, keep, output, lse, scale, is_causal, needs):
    if needs[3] or not kernel_serves(query, key, value, mask, keep):
        return attention_fused(xp, g_output, query, key, value, mask, keep, output, lse, scale, is_causal)
    size, heads, mask, shape = prepare(xp, query, key, mask, scale, is_causal)
    g, query, key, value, output = map(xp.ascontiguousarray, (g_output, query, key, value, output))
    delta, n = xp.empty_like(lse), lse.size
    kernel("attention_backward.cu", "attention_delta")(ceil_div(n, 4), 128, (g, output, delta, n, query.shape[-1]))
    gquery, gkey, gvalue = map(xp.empty_like, (query, key, value))
    given = (query, key, value, mask, g, lse, delta)
    own, turn = tiles(size, forward=False)
    shared = tile_bytes(size, own, turn, 2 * (own + turn))
    for name, length, made in ("queries", query.shape[-2], (gquery,)), ("keys", key.shape[-2], (gkey, gvalue)):
        if ATTENTION.pick() == "flash":
            kernel("attention_backward.cu", f"attention_{name}_tiles<{size},{own},{turn}>")(
                ceil_div(length, own) * heads, 256, (*given, *made, shape), shared)
        else:
            kernel("attention_backward.cu", f"attention_{name}_warp<{size}>")(
                (ceil_div(length, 4), heads), 128, (*given, *made, shape))
    return gquery, gkey, gvalue, None, None


for call in (FLASH, MATRICES, STACKS):
    call.cuda(attention_on_gpu)
    call.cuda_backward(attention_backward_on_gpu)


def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
                                 dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
                                 enable_gqa: bool = False) -> Tensor:
    """softmax(scale * query key^T + attn_mask) value, with scale = 1 / sqrt(E) unless given.

    query (..., L, E), key (..., S, E), value (..., S, Ev); with `enable_gqa`, several heads of query share one of key.
    https://pytorch.org/docs/stable/generated/torch.nn.functional.scaled_dot_product_attention.html
    """
    check_types(query, key, value, attn_mask)
    scale = 1 / math.sqrt(max(query.shape[-1], 1)) if scale is None else scale
    if enable_gqa:
        key, value = shared_heads(query, key), shared_heads(query, value)
    call = FLASH if flash(query, key, value, attn_mask, dropout_p) else MATRICES if query.ndim == 2 else STACKS
    if call is not FLASH and attn_mask is not None and is_causal:
        raise RuntimeError("_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
    check_shapes(query.array, key.array, value.array, attn_mask)
    keep = None
    if dropout_p > 0:
        if dropout_p > 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {dropout_p:g}")
        keep = dropout(query.new_ones(scores_shape(query, key)), dropout_p)
    return call(query, key, value, attn_mask, keep, scale, is_causal)[0]


def shared_heads(query: Tensor, key: Tensor) -> Tensor:
    """key (..., heads, S, E) with each head repeated for the heads of query that share it."""
    each, rest = divmod(query.size(-3), key.size(-3))
    if rest:
        raise RuntimeError("Number of heads in key and value must divide the number of heads in ")
    return key.repeat_interleave(each, -3)


def flash(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, dropout_p: float) -> bool:
    """Whether torch would take its fused algorithm."""
    alike = query.ndim == 4 and key.shape == value.shape and query.shape[:2] == key.shape[:2] and (
        query.shape[-1] == key.shape[-1])
    plain_mask = mask is None or (mask.ndim in (2, 4) and not mask.requires_grad)
    return alike and plain_mask and dropout_p <= 0 and query.numel() > 0 and key.numel() > 0


def check_types(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> None:
    if min(query.ndim, key.ndim, value.ndim) < 2:
        raise RuntimeError("Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
                           f"{query.ndim} key.dim: {key.ndim} and value.dim: {value.ndim} instead.")
    names = [C_NAME[t.array.dtype.name] for t in (query, key, value)]
    if len(set(names)) > 1:
        raise RuntimeError("Expected query, key, and value to have the same dtype, but got query.dtype: "
                           f"{names[0]} key.dtype: {names[1]} and value.dtype: {names[2]} instead.")
    if query.array.dtype.kind != "f":
        raise RuntimeError(f"expected scalar type Float but found {CAPITAL[query.array.dtype.name]}")
    if mask is not None and mask.array.dtype.kind != "b" and mask.array.dtype != query.array.dtype:
        raise RuntimeError("Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                           f"attn_mask.dtype: {C_NAME[mask.array.dtype.name]} and  query.dtype: {names[0]} instead.")


def check_shapes(query, key, value, mask: Tensor | None) -> None:
    """Raise the sentence of the product, or the broadcast, that would fail."""
    weights = np.broadcast_to(query.dtype.type(0), (*query.shape[:-1], key.shape[-2]))
    for x, other in ((query, key.mT), (weights, value)):
        if x.ndim == other.ndim == 2:
            check_mm(x.shape, other)
        else:
            check_batches(x, other)
    if mask is None:
        return
    if query.ndim == 4 and not mask.requires_grad:
        mask.size(-2)  # torch looks at it while it chooses the algorithm, and a mask of one dimension has none
    shape = scores_shape(query, key)
    for back in range(1, min(len(shape), mask.ndim) + 1):
        n, m = shape[-back], mask.shape[-back]
        if n != m and m != 1 and n != 1:
            raise RuntimeError(f"The size of tensor a ({n}) must match the size of tensor b ({m}) at non-singleton "
                               f"dimension {max(len(shape), mask.ndim) - back}")
    whole = np.broadcast_shapes(shape, mask.shape)
    if whole != shape:
        raise RuntimeError(f"output with shape {list(shape)} doesn't match the broadcast shape {list(whole)}")

"""Attention of several heads, with everything nn.MultiheadAttention can ask of it.

    q, k, v = query W_q, key W_k, value W_v              each split into heads of E / heads numbers
    head    = softmax(q k^T / sqrt(E / heads) + mask) v
    result  = the heads side by side, times W_out

Vaswani et al., Attention Is All You Need, 2017.  Read next: attention.py, for the product of one head.
"""

from __future__ import annotations

import math
import warnings

from ..dtype import dtype as dtype_class
from ..tensor import Tensor
from .attention import scaled_dot_product_attention
from .dropout import dropout
from .join import cat, pad
from .linalg import baddbmm, bmm, linear
from .softmax import softmax


def canonical_mask(mask: Tensor | None, name: str, other_type: dtype_class | None, other_name: str,
                   target_type: dtype_class, check_other: bool = True) -> Tensor | None:
    """A mask to be added: of a bool mask, -inf where it is true."""
    if mask is None:
        return None
    kind = mask.array.dtype.kind
    if kind not in "bf":
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if check_other and other_type is not None and other_type is not mask.dtype:
        warnings.warn(f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
                      stacklevel=3)
    return mask.new_zeros(mask.shape, dtype=target_type).masked_fill_(mask, -math.inf) if kind == "b" else mask


def type_of(mask: Tensor | None) -> dtype_class | None:
    return None if mask is None else mask.dtype


def check_shapes(query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None,
                 heads: int) -> bool:
    """Whether the inputs are batched; refuses what does not go together."""
    dims = query.dim()
    if dims not in (2, 3):
        raise AssertionError("query should be unbatched 2D or batched 3D tensor but received "
                             f"{dims}-D query tensor")
    kind = "batched" if dims == 3 else "unbatched"
    if (key.dim(), value.dim()) != (dims, dims):
        raise AssertionError(f"For {kind} ({dims}-D) `query`, expected `key` and `value` to be {dims}-D but found "
                             f"{key.dim()}-D and {value.dim()}-D tensors respectively")
    if padding is not None and padding.dim() != dims - 1:
        raise AssertionError(f"For {kind} ({dims}-D) `query`, expected `key_padding_mask` to be `None` or {dims - 1}-D "
                             f"but found {padding.dim()}-D tensor instead")
    if mask is not None and mask.dim() not in (2, 3):
        raise AssertionError(f"For {kind} ({dims}-D) `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
                             f"{mask.dim()}-D tensor instead")
    if dims == 2 and mask is not None and mask.dim() == 3:
        expected = (heads, query.shape[0], key.shape[0])
        if tuple(mask.shape) != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {mask.shape}")
    return dims == 3


def check_mask_size(mask: Tensor, two: tuple, three: tuple) -> Tensor:
    """The mask as three dimensions: (1 or batch * heads, L, S)."""
    expected = two if mask.dim() == 2 else three
    if tuple(mask.shape) != expected:
        raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {expected}.")
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def packed_projection(q: Tensor, k: Tensor, v: Tensor, weight: Tensor, bias: Tensor | None) -> tuple:
    """query, key and value through one weight (3 E, E); in one product where they are one tensor."""
    size = q.shape[-1]
    if k is v and q is k:
        together = linear(q, weight, bias)
        together = together.unflatten(-1, (3, size)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
        return together[0], together[1], together[2]
    weights = weight.split([size] * 3) if k is not v else weight.split([size, size * 2])
    biases = (None,) * 3 if bias is None else bias.split([len(w) for w in weights])
    q = linear(q, weights[0], biases[0])
    if k is not v:
        return q, linear(k, weights[1], biases[1]), linear(v, weights[2], biases[2])
    together = linear(k, weights[1], biases[1])
    together = together.unflatten(-1, (2, size)).unsqueeze(0).transpose(0, -2).squeeze(-2).contiguous()
    return q, together[0], together[1]


def multi_head_attention_forward(
        query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
        in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None, bias_v: Tensor | None,
        add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor, out_proj_bias: Tensor | None,
        training: bool = True, key_padding_mask: Tensor | None = None, need_weights: bool = True,
        attn_mask: Tensor | None = None, use_separate_proj_weight: bool = False, q_proj_weight: Tensor | None = None,
        k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None, static_k: Tensor | None = None,
        static_v: Tensor | None = None, average_attn_weights: bool = True,
        is_causal: bool = False) -> tuple[Tensor, Tensor | None]:
    """(result (L, N, E), weights (N, L, S) or None); query (L, N, E), key (S, N, Ek), value (S, N, Ev), N may be absent.

    https://pytorch.org/docs/stable/generated/torch.nn.functional.multi_head_attention_forward.html
    """
    batched = check_shapes(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        same_kv, same_qk = value is key, query is key
        query = query.unsqueeze(1)
        key = query if same_qk else key.unsqueeze(1)
        value = key if same_kv else value.unsqueeze(1)
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, batch, size = query.shape
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
                           "`generate_square_subsequent_mask` to create this mask.")
    key_padding_mask = canonical_mask(key_padding_mask, "key_padding_mask", type_of(attn_mask), "attn_mask", query.dtype)
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None  # scaled_dot_product_attention makes it
    else:
        attn_mask = canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, check_other=False)
        is_causal = is_causal and key_padding_mask is None
    if size != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}")
    head = size // num_heads
    if head * num_heads != size:
        raise AssertionError(f"embed_dim {size} not divisible by num_heads {num_heads}")
    if use_separate_proj_weight:
        if key.shape[:2] != value.shape[:2]:
            raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
        biases = (None,) * 3 if in_proj_bias is None else in_proj_bias.chunk(3)
        q, k, v = [linear(x, w, b) for x, w, b in zip((query, key, value),
                                                      (q_proj_weight, k_proj_weight, v_proj_weight), biases)]
    else:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        q, k, v = packed_projection(query, key, value, in_proj_weight, in_proj_bias)
    if attn_mask is not None:
        attn_mask = check_mask_size(attn_mask, (length, key.shape[0]), (batch * num_heads, length, key.shape[0]))

    def one_more(mask: Tensor | None) -> Tensor | None:
        return None if mask is None else pad(mask, (0, 1))  # what is added to every sequence is never masked

    if bias_k is not None and bias_v is not None:
        for name, static in (("key", static_k), ("value", static_v)):
            if static is not None:
                raise AssertionError(f"bias cannot be added to static {name}.")
        k, v = cat([k, bias_k.repeat(1, batch, 1)]), cat([v, bias_v.repeat(1, batch, 1)])
        attn_mask, key_padding_mask = one_more(attn_mask), one_more(key_padding_mask)

    def heads(x: Tensor) -> Tensor:  # (S, N, E) to (N * heads, S, head)
        return x.view(x.shape[0], batch * num_heads, head).transpose(0, 1)

    q, k, v = heads(q), heads(k) if static_k is None else static_k, heads(v) if static_v is None else static_v
    if add_zero_attn:
        zeros = k.new_zeros(batch * num_heads, 1, head)
        k, v = cat([k, zeros], 1), cat([v, zeros], 1)
        attn_mask, key_padding_mask = one_more(attn_mask), one_more(key_padding_mask)
    source = k.shape[1]
    if key_padding_mask is not None:
        for dim, (expected, n) in enumerate(zip((batch, source), key_padding_mask.shape)):
            if n != expected:
                raise AssertionError(f"Expected key_padded_mask.shape[{dim}] to be {expected}, but got {n}")
        padding = key_padding_mask.view(batch, 1, 1, source).expand(-1, num_heads, -1, -1)
        padding = padding.reshape(batch * num_heads, 1, source)
        attn_mask = padding if attn_mask is None else attn_mask + padding
    dropout_p = dropout_p if training else 0.0

    weights = None
    if need_weights:
        scaled = q * math.sqrt(1.0 / head)
        scores = bmm(scaled, k.transpose(-2, -1)) if attn_mask is None else baddbmm(attn_mask, scaled,
                                                                                    k.transpose(-2, -1))
        weights = softmax(scores, -1)
        weights = dropout(weights, dropout_p) if dropout_p > 0.0 else weights
        y = bmm(weights, v).transpose(0, 1).contiguous().view(length * batch, size)
        weights = weights.view(batch, num_heads, length, source)
        weights = weights.mean(dim=1) if average_attn_weights else weights
    else:
        if attn_mask is not None:
            single = attn_mask.shape[0] == 1 and attn_mask.dim() == 3
            attn_mask = attn_mask.unsqueeze(0) if single else attn_mask.view(batch, num_heads, -1, source)
        q, k, v = [x.view(batch, num_heads, x.shape[1], head) for x in (q, k, v)]
        y = scaled_dot_product_attention(q, k, v, attn_mask, dropout_p, is_causal)
        y = y.permute(2, 0, 1, 3).contiguous().view(batch * length, size)
    y = linear(y, out_proj_weight, out_proj_bias).view(length, batch, -1)
    if not batched:
        y, weights = y.squeeze(1), None if weights is None else weights.squeeze(0)
    return y, weights

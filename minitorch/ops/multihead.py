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


def canonical_masks(mask: Tensor | None, padding: Tensor | None, target_type: dtype_class, is_causal: bool,
                    need_weights: bool) -> tuple:
    """Both masks, to be added, and whether to leave the causal one to scaled_dot_product_attention."""
    if is_causal and mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
                           "`generate_square_subsequent_mask` to create this mask.")
    padding = canonical_mask(padding, "key_padding_mask", type_of(mask), "attn_mask", target_type)
    if is_causal and padding is None and not need_weights:
        return None, None, True
    mask = canonical_mask(mask, "attn_mask", None, "", target_type, check_other=False)
    return mask, padding, is_causal and padding is None


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


def with_padding(mask: Tensor | None, padding: Tensor, batch: int, heads: int, source: int) -> Tensor:
    """The two masks as one, (N * heads, L or 1, S)."""
    for dim, expected in enumerate((batch, source)):
        if padding.shape[dim] != expected:
            raise AssertionError(f"Expected key_padded_mask.shape[{dim}] to be {expected}, but got "
                                 f"{padding.shape[dim]}")
    padding = padding.view(batch, 1, 1, source).expand(-1, heads, -1, -1).reshape(batch * heads, 1, source)
    return padding if mask is None else mask + padding


def projections(query: Tensor, key: Tensor, value: Tensor, weight: Tensor | None, separate: tuple | None,
                bias: Tensor | None) -> tuple:
    """query, key and value through one weight, (3 E, E), or through a separate one each."""
    if separate is None:
        if key.shape != value.shape:
            raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
        if weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        return packed_projection(query, key, value, weight, bias)
    if key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    for name, w in zip("qkv", separate):
        if w is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return tuple(map(linear, (query, key, value), separate, biases))


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


def check_both(bias_k: Tensor | None, bias_v: Tensor | None) -> None:
    if (bias_k is None) != (bias_v is None):
        there, absent = ("bias_v", "bias_k") if bias_k is None else ("bias_k", "bias_v")
        raise AssertionError(f"{there} is set but {absent} is None")


def split_heads(x: Tensor, heads: int, head: int) -> Tensor:
    """(S, N, E) to (heads, S, head), where heads counts those of the whole batch."""
    return x.view(x.shape[0], heads, head).transpose(0, 1)


def keys_or_values(name: str, x: Tensor, bias: Tensor | None, static: Tensor | None, add_zero: bool, heads: int,
                   head: int) -> Tensor:
    """The heads of the keys, or of the values: those given as `static`, if any; then what every sequence is given."""
    if bias is not None:
        if static is not None:
            raise AssertionError(f"bias cannot be added to static {name}.")
        x = cat([x, bias.repeat(1, x.shape[1], 1)])
    if static is not None:
        for dim, expected in ((0, heads), (2, head)):
            if static.shape[dim] != expected:
                raise AssertionError(f"expecting static_{name[0]}.size({dim}) of {expected}, but got "
                                     f"{static.shape[dim]}")
    x = split_heads(x, heads, head) if static is None else static
    return cat([x, x.new_zeros(heads, 1, head)], 1) if add_zero else x


def averages_and_weights(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout_p: float, is_causal: bool,
                         split: tuple) -> tuple[Tensor, Tensor]:
    """What `averages` gives, and the weights (N, heads, L, S), which scaled_dot_product_attention would not show."""
    q = q * math.sqrt(1.0 / q.shape[2])
    scores = bmm(q, k.mT) if mask is None else baddbmm(mask, q, k.mT)
    weights = softmax(scores, -1)
    if dropout_p > 0.0:
        weights = dropout(weights, dropout_p)
    return bmm(weights, v), weights.view(*split, *weights.shape[1:])


def averages(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout_p: float, is_causal: bool,
             split: tuple) -> tuple[Tensor, None]:
    """(heads of the whole batch, L, head); `split` is (N, heads of one sequence)."""
    if mask is not None:
        mask = mask.unsqueeze(0) if mask.shape[0] == 1 else mask.view(*split, *mask.shape[1:])
    q, k, v = [x.view(*split, *x.shape[1:]) for x in (q, k, v)]
    return scaled_dot_product_attention(q, k, v, mask, dropout_p, is_causal).flatten(0, 1), None


def multi_head_attention_forward(
        query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
        in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None, bias_v: Tensor | None,
        add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor, out_proj_bias: Tensor | None,
        training: bool = True, key_padding_mask: Tensor | None = None, need_weights: bool = True,
        attn_mask: Tensor | None = None, use_separate_proj_weight: bool = False, q_proj_weight: Tensor | None = None,
        k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None, static_k: Tensor | None = None,
        static_v: Tensor | None = None, average_attn_weights: bool = True,
        is_causal: bool = False) -> tuple[Tensor, Tensor | None]:
    """(result (L, N, E), weights (N, L, S) or None); query (L, N, E), key (S, N, Ek), value (S, N, Ev).

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
    attn_mask, key_padding_mask, is_causal = canonical_masks(attn_mask, key_padding_mask, query.dtype, is_causal,
                                                             need_weights)
    if size != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {size}")
    if size % num_heads:
        raise AssertionError(f"embed_dim {size} not divisible by num_heads {num_heads}")
    head, heads = size // num_heads, batch * num_heads
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    q, k, v = projections(query, key, value, in_proj_weight, separate, in_proj_bias)
    if attn_mask is not None:
        attn_mask = check_mask_size(attn_mask, (length, key.shape[0]), (heads, length, key.shape[0]))
    check_both(bias_k, bias_v)
    q = split_heads(q, heads, head)
    k = keys_or_values("key", k, bias_k, static_k, add_zero_attn, heads, head)
    v = keys_or_values("value", v, bias_v, static_v, add_zero_attn, heads, head)
    added = (bias_k is not None) + add_zero_attn
    if added:  # what every sequence is given is never masked
        attn_mask, key_padding_mask = [None if m is None else pad(m, (0, added)) for m in (attn_mask, key_padding_mask)]
    if key_padding_mask is not None:
        attn_mask = with_padding(attn_mask, key_padding_mask, batch, num_heads, k.shape[1])
    attend = averages_and_weights if need_weights else averages
    y, weights = attend(q, k, v, attn_mask, dropout_p if training else 0.0, is_causal, (batch, num_heads))
    y = linear(y.transpose(0, 1).reshape(length * batch, size), out_proj_weight, out_proj_bias)
    y = y.view(length, batch, y.shape[1])
    if need_weights and average_attn_weights:
        weights = weights.mean(dim=1)
    return (y, weights) if batched else (y.squeeze(1), weights.squeeze(0) if need_weights else None)

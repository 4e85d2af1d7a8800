"""MultiheadAttention.  The computation is ops/multihead.py's; here are its parameters.  Read next: transformer.py."""

from __future__ import annotations

from ..autograd.grad_mode import is_grad_enabled
from ..ops.create import empty
from ..ops.multihead import canonical_mask, multi_head_attention_forward, type_of
from ..tensor import Tensor
from .init import constant_, xavier_normal_, xavier_uniform_
from .linear import Linear
from .module import Module
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear that tools which quantize leave alone; the name is torch's."""


class MultiheadAttention(Module):
    """Attention of `num_heads` heads between a query and pairs of key and value.

    query (L, N, E), key (S, N, kdim), value (S, N, vdim), or (N, L, E) ... with `batch_first`; N may be absent.
    https://pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
                 add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
                 vdim: int | None = None, batch_first: bool = False, device=None, dtype=None):
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                             f"num_heads={num_heads} instead")
        super().__init__()
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim, self.vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim == self.vdim
        self.head_dim = embed_dim // num_heads
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")
        made = {"device": device, "dtype": dtype}
        one, three = self._qkv_same_embed_dim, not self._qkv_same_embed_dim
        for name, shape, there in (
                ("q_proj_weight", (embed_dim, embed_dim), three), ("k_proj_weight", (embed_dim, self.kdim), three),
                ("v_proj_weight", (embed_dim, self.vdim), three), ("in_proj_weight", (3 * embed_dim, embed_dim), one),
                ("in_proj_bias", (3 * embed_dim,), bias)):
            self.register_parameter(name, Parameter(empty(shape, **made)) if there else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **made)
        for name in ("bias_k", "bias_v"):
            self.register_parameter(name, Parameter(empty((1, 1, embed_dim), **made)) if add_bias_kv else None)
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            constant_(self.in_proj_bias, 0.0)
            constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                xavier_normal_(bias)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
                need_weights: bool = True, attn_mask: Tensor | None = None, average_attn_weights: bool = True,
                is_causal: bool = False) -> tuple[Tensor, Tensor | None]:
        """(result, weights or None); `key_padding_mask` (N, S) and `attn_mask` hide keys where true, or are added."""
        masks = [mask for mask in (attn_mask, key_padding_mask) if mask is not None]
        fast = query is key is value and not any([mask.is_floating_point() for mask in masks]) and (
            self.fast_inference(query))
        key_padding_mask = canonical_mask(key_padding_mask, "key_padding_mask", type_of(attn_mask), "attn_mask",
                                          query.dtype)
        attn_mask = canonical_mask(attn_mask, "attn_mask", None, "", query.dtype, check_other=False)
        wanted = need_weights
        if fast:  # torch's kernel knows no hint, and a query that may attend to nothing gets NaN as with weights
            need_weights, is_causal = need_weights or bool(masks), False
        turned = self.batch_first and query.dim() == 3
        if turned:  # what was one tensor stays one: it is then projected in one product
            first = query.transpose(1, 0)
            second = first if query is key else key.transpose(1, 0)
            query, key, value = first, second, second if value is key else value.transpose(1, 0)
        y, weights = multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias, self.training,
            key_padding_mask, need_weights, attn_mask, not self._qkv_same_embed_dim, self.q_proj_weight,
            self.k_proj_weight, self.v_proj_weight, average_attn_weights=average_attn_weights, is_causal=is_causal)
        return (y.transpose(1, 0) if turned else y), weights if wanted else None

    def merge_masks(self, attn_mask: Tensor | None, key_padding_mask: Tensor | None,
                    query: Tensor) -> tuple[Tensor | None, int | None]:
        """One mask for query (N, L, E), and its kind: 1 for padding alone (N, L), 2 for (N, num_heads, L, L)."""
        if attn_mask is None:
            return key_padding_mask, None if key_padding_mask is None else 1
        batch, length, _ = query.shape
        every = attn_mask.view(1 if attn_mask.dim() == 2 else batch, -1, length, length)
        merged = every.expand(batch, self.num_heads, -1, -1)
        if key_padding_mask is not None:
            merged = merged + key_padding_mask.view(batch, 1, 1, length).expand(-1, self.num_heads, -1, -1)
        return merged, 2

    def fast_inference(self, query: Tensor, *others: Tensor) -> bool:
        """Whether torch computes attention of `query` to itself by its kernel for inference."""
        fits = query.dim() == 3 and self.batch_first and not self.training and self.num_heads % 2 == 0 and (
            self._qkv_same_embed_dim and self.in_proj_bias is not None and self.bias_k is None
            and not self.add_zero_attn)
        return fits and not (is_grad_enabled() and any(
            [t.requires_grad for t in (query, *others, *self.parameters())]))

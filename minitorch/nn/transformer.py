"""The Transformer: layers of attention and feed-forward, stacks of them, encoder and decoder together.

    encoder layer    x = norm1(x + attention(x, x, x))    x = norm2(x + feed_forward(x))
    decoder layer    the same, with norm(x + attention(x, memory, memory)) between the two
    norm_first       x = x + f(norm(x)) instead: the residual path is never normalized

Vaswani et al., Attention Is All You Need, 2017; norm_first: Xiong et al., On Layer Normalization in the Transformer
Architecture, 2020.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from functools import cache

from ..ops.arrange import triu
from ..ops.create import arange, full
from ..ops.multihead import canonical_mask, type_of
from ..tensor import Tensor
from . import functional as F
from .activation import GELU, ReLU
from .container import ModuleList
from .dropout import Dropout
from .init import xavier_uniform_
from .linear import Linear
from .module import Module
from .multihead import MultiheadAttention
from .normalization import LayerNorm

__all__ = ["Transformer", "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder",
           "TransformerEncoderLayer"]


def causal_mask(size: int, device=None, dtype=None) -> Tensor:
    """-inf above the diagonal, 0 elsewhere: position i sees positions up to i."""
    return triu(full((size, size), -math.inf, device=device, dtype=dtype), 1)


def is_causal_mask(mask: Tensor | None, is_causal: bool | None, size: int | None) -> bool:
    """Whether a mask is the causal one: as the caller says, or by looking."""
    if is_causal is None and mask is not None:
        side = mask.shape[-2] if size is None else size
        made = causal_mask(side, mask.device, mask.dtype if mask.is_floating_point() else None)
        return mask.shape == made.shape and bool((mask == made).all())
    return is_causal is True


def sequence_length(x: Tensor, batch_first: bool) -> int | None:
    """The length of a sequence (L, E), (L, N, E) or (N, L, E)."""
    return x.shape[0] if x.dim() == 2 else x.shape[1 if batch_first else 0] if x.dim() == 3 else None


def activation_function(activation: str | Callable) -> Callable:
    if isinstance(activation, str):
        if activation not in ("relu", "gelu"):
            raise RuntimeError(f"activation should be relu/gelu, not {activation}")
        return getattr(F, activation)
    return activation


def copies(layer: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


@cache
def warn_of_nested_tensors() -> None:
    """Torch's sentence, once a process, where it leaves padding out by a nested tensor; here a mask does the same."""
    warnings.warn("The PyTorch API of nested tensors is in prototype stage and will change in the near future. We "
                  "recommend specifying layout=torch.jagged when constructing a nested tensor, as this layout receives "
                  "active development, has better operator coverage, and works with torch.compile.", stacklevel=2)


class _Layer(Module):
    """What the two kinds of layer share: parameters in torch's order, the blocks, the two norm orders.

    The blocks have torch's names, because subclasses replace them.
    """

    attentions: tuple[str, ...]

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: str | Callable[[Tensor], Tensor] = F.relu, layer_norm_eps: float = 1e-5,
                 batch_first: bool = False, norm_first: bool = False, bias: bool = True, device=None, dtype=None):
        super().__init__()
        made = {"device": device, "dtype": dtype}
        for name in self.attentions:
            setattr(self, name, MultiheadAttention(d_model, nhead, dropout=dropout, bias=bias, batch_first=batch_first,
                                                   **made))
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, **made)
        self.norm_first = norm_first
        blocks = range(1, len(self.attentions) + 2)
        for k in blocks:
            setattr(self, f"norm{k}", LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **made))
        for k in blocks:
            setattr(self, f"dropout{k}", Dropout(dropout))
        self.activation = activation_function(activation)

    def residual(self, x: Tensor, block: Callable[[Tensor], Tensor], norm: LayerNorm) -> Tensor:
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))

    def _sa_block(self, x: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None,
                  is_causal: bool = False) -> Tensor:
        return self.dropout1(self.self_attn(x, x, x, key_padding_mask, False, attn_mask, is_causal=is_causal)[0])

    def _ff_block(self, x: Tensor) -> Tensor:
        last_dropout = getattr(self, f"dropout{len(self.attentions) + 1}")
        return last_dropout(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then feed-forward.

    https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoderLayer.html
    """

    attentions = ("self_attn",)

    @property
    def activation_relu_or_gelu(self) -> int:
        """1 for relu, 2 for gelu, 0 for anything else: torch's inference path knows these two."""
        known = ((F.relu, ReLU), (F.gelu, GELU))
        return next((k for k, (f, cls) in enumerate(known, 1)
                     if self.activation is f or isinstance(self.activation, cls)), 0)

    def forward(self, src: Tensor, src_mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
                is_causal: bool = False) -> Tensor:
        padding = canonical_mask(src_key_padding_mask, "src_key_padding_mask", type_of(src_mask), "src_mask", src.dtype)
        mask = canonical_mask(src_mask, "src_mask", None, "", src.dtype, check_other=False)
        if self.fast_inference(src):
            return self.inference(src, mask, padding)
        x = self.residual(src, lambda x: self._sa_block(x, mask, padding, is_causal), self.norm1)
        return self.residual(x, self._ff_block, self.norm2)

    def inference(self, src: Tensor, mask: Tensor | None, padding: Tensor | None) -> Tensor:
        """What torch's one kernel for inference gives: it hides keys where a mask is not 0, and has one gelu."""
        mask, padding = [None if m is None else m != 0 for m in (mask, padding)]
        activation = F.gelu if self.activation_relu_or_gelu == 2 else F.relu
        x = self.residual(src, lambda x: self.self_attn(x, x, x, padding, False, mask)[0], self.norm1)
        return self.residual(x, lambda x: self.linear2(activation(self.linear1(x))), self.norm2)

    def fast_inference(self, src: Tensor) -> bool:
        """Whether torch would compute this layer by its one kernel for inference."""
        watched = any([m._forward_hooks or m._forward_pre_hooks for m in self.modules()])
        return bool(not self.training and self.activation_relu_or_gelu and self.norm1.eps == self.norm2.eps
                    and not watched and self.self_attn.fast_inference(src, *self.parameters()))


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to the encoder's output, then feed-forward.

    https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoderLayer.html
    """

    attentions = ("self_attn", "multihead_attn")

    def forward(self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
                tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
                tgt_is_causal: bool = False, memory_is_causal: bool = False) -> Tensor:
        x = self.residual(tgt, lambda x: self._sa_block(x, tgt_mask, tgt_key_padding_mask, tgt_is_causal), self.norm1)
        x = self.residual(x, lambda x: self._mha_block(x, memory, memory_mask, memory_key_padding_mask,
                                                       memory_is_causal), self.norm2)
        return self.residual(x, self._ff_block, self.norm3)

    def _mha_block(self, x: Tensor, mem: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None,
                   is_causal: bool = False) -> Tensor:
        return self.dropout2(self.multihead_attn(x, mem, mem, key_padding_mask, False, attn_mask,
                                                 is_causal=is_causal)[0])


class TransformerEncoder(Module):
    """`num_layers` copies of an encoder layer.

    https://pytorch.org/docs/stable/generated/torch.nn.TransformerEncoder.html
    """

    def __init__(self, encoder_layer: TransformerEncoderLayer, num_layers: int, norm: Module | None = None,
                 enable_nested_tensor: bool = True, mask_check: bool = True):
        super().__init__()
        self.layers = copies(encoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check
        self.use_nested_tensor = enable_nested_tensor
        reason = self.keeps_padding(encoder_layer)
        if enable_nested_tensor and reason:
            warnings.warn(f"enable_nested_tensor is True, but self.use_nested_tensor is False because {reason}",
                          stacklevel=2)
            self.use_nested_tensor = False

    @staticmethod
    def keeps_padding(layer: Module) -> str:
        """Why torch would not drop padded positions in inference; "" if it would."""
        if not isinstance(layer, TransformerEncoderLayer):
            return "encoder_layer was not TransformerEncoderLayer"
        attention = layer.self_attn
        reasons = {
            "encoder_layer.norm_first was True": layer.norm_first,
            "encoder_layer.self_attn.batch_first was not True(use batch_first for better inference performance)":
                not attention.batch_first,
            "encoder_layer.self_attn was passed bias=False": attention.in_proj_bias is None,
            "encoder_layer.activation_relu_or_gelu was not True": not layer.activation_relu_or_gelu,
            "encoder_layer.norm1.eps was not equal to encoder_layer.norm2.eps": layer.norm1.eps != layer.norm2.eps,
            "encoder_layer.self_attn.num_heads is odd": attention.num_heads % 2 == 1,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def forward(self, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
                is_causal: bool | None = None) -> Tensor:
        padding = canonical_mask(src_key_padding_mask, "src_key_padding_mask", type_of(mask), "mask", src.dtype)
        mask = canonical_mask(mask, "mask", None, "", src.dtype, check_other=False)
        x, first = src, self.layers[0]
        hidden = self.left_out(first, src, padding) if padding is not None and mask is None else None
        padding = padding if hidden is None else hidden
        causal = is_causal_mask(mask, is_causal, sequence_length(src, first.self_attn.batch_first))
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=causal, src_key_padding_mask=padding)
        if hidden is not None:
            x = x.masked_fill(hidden.unsqueeze(-1), 0)
        return x if self.norm is None else self.norm(x)

    def left_out(self, first: TransformerEncoderLayer, src: Tensor, padding: Tensor) -> Tensor | None:
        """The positions (N, S) that torch leaves out in inference, and gives zeros; None if it computes them all.

        It takes as many positions of each sequence as are not padded, from the first on. Unless `mask_check` is off, it
        does so only where these are the very ones.
        """
        if not self.use_nested_tensor or not first.fast_inference(src):
            return None
        lengths = padding.logical_not().sum(1, keepdim=True)
        hidden = arange(padding.shape[1], device=padding.device) >= lengths
        if self.mask_check and bool((hidden != (padding != 0)).any()):
            return None
        warn_of_nested_tensors()
        return hidden


class TransformerDecoder(Module):
    """`num_layers` copies of a decoder layer.

    https://pytorch.org/docs/stable/generated/torch.nn.TransformerDecoder.html
    """

    def __init__(self, decoder_layer: TransformerDecoderLayer, num_layers: int, norm: Module | None = None):
        super().__init__()
        self.layers = copies(decoder_layer, num_layers)
        self.num_layers, self.norm = num_layers, norm

    def forward(self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
                tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
                tgt_is_causal: bool | None = None, memory_is_causal: bool = False) -> Tensor:
        x = tgt
        causal = is_causal_mask(tgt_mask, tgt_is_causal, sequence_length(tgt, self.layers[0].self_attn.batch_first))
        for layer in self.layers:
            x = layer(x, memory, tgt_mask=tgt_mask, memory_mask=memory_mask, tgt_key_padding_mask=tgt_key_padding_mask,
                      memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=causal,
                      memory_is_causal=memory_is_causal)
        return x if self.norm is None else self.norm(x)


class Transformer(Module):
    """Encoder and decoder: src (S, N, E) and tgt (T, N, E) give (T, N, E).

    https://pytorch.org/docs/stable/generated/torch.nn.Transformer.html
    """

    def __init__(self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6,
                 dim_feedforward: int = 2048, dropout: float = 0.1, activation: str | Callable = F.relu,
                 custom_encoder=None, custom_decoder=None, layer_norm_eps: float = 1e-5, batch_first: bool = False,
                 norm_first: bool = False, bias: bool = True, device=None, dtype=None):
        super().__init__()
        made = {"device": device, "dtype": dtype}
        layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        self.encoder = custom_encoder if custom_encoder is not None else TransformerEncoder(
            TransformerEncoderLayer(*layer, **made), num_encoder_layers,
            LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **made))
        self.decoder = custom_decoder if custom_decoder is not None else TransformerDecoder(
            TransformerDecoderLayer(*layer, **made), num_decoder_layers,
            LayerNorm(d_model, eps=layer_norm_eps, bias=bias, **made))
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        for p in self.parameters():
            if p.dim() > 1:
                xavier_uniform_(p)

    def forward(self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None, tgt_mask: Tensor | None = None,
                memory_mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
                tgt_key_padding_mask: Tensor | None = None, memory_key_padding_mask: Tensor | None = None,
                src_is_causal: bool | None = None, tgt_is_causal: bool | None = None,
                memory_is_causal: bool = False) -> Tensor:
        batch = 0 if self.batch_first else 1
        if src.dim() == 3 and src.shape[batch] != tgt.shape[batch]:
            raise RuntimeError("the batch number of src and tgt must be equal")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise RuntimeError("the feature number of src and tgt must be equal to d_model")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                            tgt_key_padding_mask=tgt_key_padding_mask,
                            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
                            memory_is_causal=memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device=None, dtype=None) -> Tensor:
        """-inf above the diagonal, 0 elsewhere."""
        return causal_mask(sz, device, dtype)

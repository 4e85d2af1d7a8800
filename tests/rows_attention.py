"""Rows of ops/attention.py. Node names tell torch's two algorithms apart; its fused one has no second derivative."""

import sys

import numpy as np
from samples import row

NAME = "nn.functional.scaled_dot_product_attention"


def triple(d, lead: tuple, value_size: bool = False) -> tuple:
    """query (*lead, L, E), key (*lead, S, E), value (*lead, S, E or Ev)"""
    l, s, e = d.integer(1, 5), d.integer(1, 5), d.integer(1, 4)
    ev = d.integer(1, 4) if value_size else e
    return d.array((*lead, l, e)), d.array((*lead, s, e)), d.array((*lead, s, ev))


def mask_for(d, query, key, lead: tuple = ()):
    """Bools, or floats with some -inf; some rows wholly masked."""
    shape = (*lead, query.shape[-2], key.shape[-2])
    allowed = d.rng.random(shape) < 0.7
    return allowed if d.boolean() else np.where(allowed, d.array(shape), -np.inf).astype(d.dtype)


def options(d) -> dict:
    return {k: v for k, v in (("is_causal", True), ("scale", 0.3)) if d.boolean()}


def heads(d):
    return triple(d, (d.integer(1, 2), d.integer(1, 3))), options(d)


def one_head(d):
    return triple(d, (), value_size=True), options(d)


def three(d):
    return triple(d, (d.integer(1, 3),), value_size=True), options(d)


def five(d):
    return triple(d, (2, 1, 2), value_size=True), options(d)


def masked(lead: int):
    def draw(d):
        batch = tuple(d.integer(1, 3) for _ in range(lead))
        query, key, value = triple(d, batch)
        wide = () if d.boolean() else tuple(1 if d.boolean() else n for n in batch)
        return (query, key, value, mask_for(d, query, key, wide)), {}

    return draw


def learned_mask(d):
    query, key, value = triple(d, (2, 2))
    return (query, key, value, d.array((d.choice(1, 2), query.shape[-2], key.shape[-2]))), {}


def grouped(d):
    batch, shared, each = d.integer(1, 2), d.integer(1, 3), d.integer(1, 3)
    query, key, value = triple(d, (batch, shared))
    return (d.array((batch, shared * each, *query.shape[-2:])), key, value), {"enable_gqa": True, **options(d)}


def broadcast(d):
    query, key, value = triple(d, (d.integer(2, 3), 2))
    return (query, key[:1], value[0]), {}


def with_dropout(d):
    """The same seed for both libraries: they drop the same weights."""
    for library in ("minitorch", "torch"):
        if library in sys.modules:
            sys.modules[library].manual_seed(7)
    return triple(d, (d.integer(1, 2), 3)), {"dropout_p": d.choice(0.3, 1.0), **options(d)}


def refused(*shapes, **kwargs):
    return lambda t: t.nn.functional.scaled_dot_product_attention(*[t.ones(s) for s in shapes], **kwargs)


Q, K = (2, 3, 5, 4), (2, 3, 6, 4)
FLASH, STACKS = "ScaledDotProductFlashAttentionForCpuBackward0", "UnsafeViewBackward0"

row(NAME, heads, node=FLASH, second=False, id="heads", errors=(
    refused((4,), (4,), (4,)), refused(Q, K, K, (5, 7)), refused((3, 5, 4), (3, 6, 4), (3, 6, 4), (5, 5)),
    refused((5, 4), (6, 4), (6, 4), (5, 7)), refused(Q, (2, 3, 6, 3), K), refused((5, 4), (6, 3), (6, 4)),
    refused((5, 4), (6, 4), (7, 4)), refused((2, 6, 5, 4), (2, 4, 6, 4), (2, 4, 6, 4), enable_gqa=True),
    refused((2, 6, 5, 4), K, K), refused((5, 4), (6, 4), (6, 4), (5, 6), is_causal=True),
    refused(Q, K, K, dropout_p=1.5),
    refused((5, 4), (6, 4), (6, 4), enable_gqa=True), refused(Q, K, K, (6,)),
    refused((5, 4), (6, 4), (6, 4), (2, 5, 6)), refused((3, 1, 4), (3, 6, 4), (3, 6, 4), (5, 6)),
    lambda t: t.nn.functional.scaled_dot_product_attention(t.ones(Q).long(), t.ones(K).long(), t.ones(K).long()),
    lambda t: t.nn.functional.scaled_dot_product_attention(t.ones(Q), t.ones(K).double(), t.ones(K)),
    lambda t: t.nn.functional.scaled_dot_product_attention(t.ones(Q), t.ones(K), t.ones(K), t.ones(5, 6).long()),
    lambda t: t.nn.functional.scaled_dot_product_attention(t.ones(Q), t.ones(K), t.ones(K), t.ones(5, 6).double())))
row(NAME, masked(2), grad=(0, 1, 2), node=FLASH, second=False, id="heads, mask")
row(NAME, grouped, node=FLASH, second=False, id="grouped heads")
row(NAME, one_head, node="MmBackward0", id="one head")
row(NAME, masked(0), node="MmBackward0", grad=(0, 1, 2), id="one head, mask")
row(NAME, three, node=STACKS, id="3-D")
row(NAME, five, node=STACKS, id="5-D")
row(NAME, masked(1), grad=(0, 1, 2), node=STACKS, id="3-D, mask")
row(NAME, learned_mask, node=STACKS, id="learned mask")
row(NAME, broadcast, node=STACKS, id="broadcast")
row(NAME, with_dropout, node=STACKS, id="dropout")
row(NAME, lambda d: ((d.array((2, 3, 4)), d.array((2, 0, 4)), d.array((2, 0, 4))), {}), grad=(), id="no keys")
row(NAME, lambda d: ((d.array((2, 3, 0)), d.array((2, 5, 0)), d.array((2, 5, 4))), {}), grad=(), id="no features")

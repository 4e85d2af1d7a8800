"""Rows for ops/embedding.py."""

import math

from samples import row

F = "nn.functional."


def table(d, **options):
    rows = d.integer(1, 6)
    index = d.rng.integers(0, rows, d.shape(0, 3, zero=False)).astype(d.choice("int64", "int32"))
    return (index, d.array((rows, d.integer(1, 4)))), options


def padded(d):
    args, options = table(d)
    rows = len(args[1])
    return args, {"padding_idx": d.integer(-rows, rows - 1)}


row(F + "embedding", table, dtypes=("float32", "float64", "float16", "int64"), node="EmbeddingBackward0", errors=(
    lambda t: t.nn.functional.embedding(t.tensor([0, 5]), t.ones(5, 2)),
    lambda t: t.nn.functional.embedding(t.tensor([0, -1]), t.ones(5, 2)),
    lambda t: t.nn.functional.embedding(t.tensor([0.0]), t.ones(5, 2)),
    lambda t: t.nn.functional.embedding(t.tensor([True]), t.ones(5, 2)),
    lambda t: t.nn.functional.embedding(t.tensor([0.0]), t.ones(5, 2), max_norm=1.0),
    lambda t: t.nn.functional.embedding(t.tensor([0, 5]), t.ones(5, 2), max_norm=1.0),
    lambda t: t.nn.functional.embedding(t.tensor([0, -1]), t.ones(5, 2), max_norm=1.0),
    lambda t: t.nn.functional.embedding(t.tensor([0]), t.ones(5)),
    lambda t: t.nn.functional.embedding(t.tensor([0]), t.ones(5, 2), padding_idx=5),
    lambda t: t.nn.functional.embedding(t.tensor([0]), t.ones(5, 2), padding_idx=-6),
))
row(F + "embedding", padded, id="padding")
row(F + "embedding", lambda d: ((d.rng.integers(0, 3, (2, 0)), d.array((3, 2))), {}), second=False, id="nothing")
row(F + "embedding", lambda d: table(d, scale_grad_by_freq=True), second=False, id="by frequency")
row(F + "embedding", lambda d: table(d, max_norm=1.0, norm_type=d.choice(0.0, 1.0, 2.0, 3.0, math.inf)), grad=(),
    id="max norm")

"""How far are the attention kernels from torch's?    python -m benchmarks.attention
"""

from __future__ import annotations

import math

from .rungs import Subject, main, numbers


def of(batch: int, heads: int, length: int, size: int) -> tuple:
    return ((batch, heads, length, size),) * 3


SUBJECT = Subject(
    "attention", lambda library, q, k, v: library.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True),
    sizes={f"{b} x {h} x {n} x {d}": of(b, h, n, d) for b, h, n, d in (
        (1, 2, 64, 32), (8, 12, 512, 64), (4, 16, 1024, 64), (4, 16, 2048, 128), (1, 16, 8192, 64))},
    small={"1 x 2 x 64 x 32": of(1, 2, 64, 32), "1 x 1 x 67 x 24": of(1, 1, 67, 24)},
    # causal: half of two products forward and five backward
    flops=lambda q, k, v: 7 * math.prod(q) * q[-2],
    traffic=lambda q, k, v: 4 * (numbers(q, k, v, q) + 2 * numbers(q, k, v, q)),
)


if __name__ == "__main__":
    main(SUBJECT, __doc__)

"""How far are the matrix products of kernels/matmul.cu from cuBLAS?    python -m benchmarks.matmul
"""

from __future__ import annotations

import math

from .rungs import Subject, main, numbers


def square(n: int) -> tuple:
    return (n, n), (n, n)


SUBJECT = Subject(
    "matmul", lambda library, a, b: a @ b,
    sizes={f"{n} x {n}": square(n) for n in (64, 256, 1024, 2048, 4096)}
    | {"8 x 4096 x 4096": ((8, 4096), (4096, 4096)), "32 of 512 x 512": ((32, 512, 512), (32, 512, 512))},
    small={"64 x 64": square(64), "65 x 67 x 63": ((65, 67), (67, 63))},
    # forward, and two products of the same size backward
    flops=lambda a, b: 6 * math.prod(a) * b[-1],
    traffic=lambda a, b: 4 * 3 * numbers(a, b, (*a[:-1], b[-1])),
)


if __name__ == "__main__":
    main(SUBJECT, __doc__)

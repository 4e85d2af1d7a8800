"""How much of the memory's bandwidth do the softmax kernels use?    python -m benchmarks.softmax
"""

from __future__ import annotations

from .rungs import Subject, main, numbers

SUBJECT = Subject(
    "softmax", lambda library, x: x.softmax(-1),
    sizes={f"{n} x {c}": ((n, c),) for n, c in ((64, 64), (4096, 128), (4096, 1024), (4096, 8192), (256, 65536))},
    small={"64 x 64": ((64, 64),), "33 x 130": ((33, 130),), "4 x 2048": ((4, 2048),)},
    flops=lambda x: 9 * numbers(x),
    traffic=lambda x: 4 * 5 * numbers(x),  # x to y; g and y to gx
)


if __name__ == "__main__":
    main(SUBJECT, __doc__)

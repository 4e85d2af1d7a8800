"""How much of the memory's bandwidth do the layer norm kernels use?    python -m benchmarks.layer_norm
"""

from __future__ import annotations

from .rungs import Subject, main, numbers


def of(rows: int, columns: int) -> tuple:
    return (rows, columns), (columns,), (columns,)


SUBJECT = Subject(
    "layer_norm", lambda library, x, w, b: library.nn.functional.layer_norm(x, x.shape[1:], w, b),
    sizes={f"{n} x {c}": of(n, c) for n, c in ((64, 64), (8192, 256), (8192, 1024), (8192, 4096), (512, 32768))},
    small={"64 x 64": of(64, 64), "33 x 130": of(33, 130), "4 x 2048": of(4, 2048)},
    flops=lambda x, w, b: 20 * numbers(x),
    traffic=lambda x, w, b: 4 * 7 * numbers(x),  # x to y; g and x to gx; g and x to gw and gb
)


if __name__ == "__main__":
    main(SUBJECT, __doc__)

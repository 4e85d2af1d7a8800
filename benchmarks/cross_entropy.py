"""What does it save never to write the softmax?    python -m benchmarks.cross_entropy
"""

from __future__ import annotations

from .rungs import Subject, main, numbers


def of(rows: int, classes: int) -> tuple:
    return (rows, classes), (rows, classes)


SUBJECT = Subject(
    "cross_entropy", lambda library, x, t: library.nn.functional.cross_entropy(x, t),
    sizes={f"{n} x {c}": of(n, c) for n, c in ((64, 10), (4096, 128), (4096, 1000), (4096, 50304))},
    small={"64 x 64": of(64, 64), "33 x 130": of(33, 130), "4 x 2048": of(4, 2048)},
    flops=lambda x, t: 8 * numbers(x),
    traffic=lambda x, t: 4 * 3 * numbers(x),  # x once; x to gx
    classes=(1,),
)


if __name__ == "__main__":
    main(SUBJECT, __doc__)

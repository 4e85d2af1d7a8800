"""How far are the convolutions of kernels/conv2d.cu from cuDNN?    python -m benchmarks.conv2d
"""

from __future__ import annotations

import math

from .rungs import Subject, main, numbers


def of(images: int, channels: int, side: int, outputs: int, window: int) -> tuple:
    return (images, channels, side, side), (outputs, channels, window, window)


SUBJECT = Subject(
    "conv2d", lambda library, x, w: library.nn.functional.conv2d(x, w, padding=w.shape[2] // 2),
    sizes={"1 x 3 x 32^2, 16 of 3 x 3": of(1, 3, 32, 16, 3), "64 x 64 x 56^2, 64 of 3 x 3": of(64, 64, 56, 64, 3),
           "64 x 256 x 14^2, 256 of 3 x 3": of(64, 256, 14, 256, 3),
           "64 x 256 x 56^2, 64 of 1 x 1": of(64, 256, 56, 64, 1)},
    small={"2 x 8 x 16^2, 16 of 3 x 3": of(2, 8, 16, 16, 3), "3 x 5 x 13^2, 7 of 3 x 3": of(3, 5, 13, 7, 3)},
    # forward and two gradients of the same size; the image keeps its size
    flops=lambda x, w: 6 * math.prod(w) * x[0] * x[2] * x[3],
    traffic=lambda x, w: 4 * 3 * numbers(x, w, (x[0], w[0], *x[2:])),
)


if __name__ == "__main__":
    main(SUBJECT, __doc__)

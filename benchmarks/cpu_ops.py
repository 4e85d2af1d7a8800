"""How long does minitorch take for what torch does on one core?    python -m benchmarks.cpu_ops [--quick] [--out FILE]

Prints a table of medians and draws it. Both libraries run the same lines on the same numbers in one process, on one
thread, in turn, so that whatever else the machine does falls on both. The first row is the cost of the graph itself:
an addition of eight numbers, recorded; it is to stay below twice torch's.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy loads its BLAS

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import minitorch

torch.set_num_threads(1)
rng = np.random.default_rng(0)
CASES: dict[str, Callable] = {}


def case(label: str):
    """Add `make(t, *arrays) -> function to time` to the table; t is one of the two libraries."""
    def add(make):
        CASES[label] = make
        return make

    return add


def normal(*shape) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def leaves(t, *arrays) -> list:
    return [t.from_numpy(a.copy()).requires_grad_() for a in arrays]


def there_and_back(t, function: Callable, *arrays) -> Callable:
    """Forward, and backward with a gradient of random numbers."""
    inputs = leaves(t, *arrays)
    g = t.from_numpy(np.random.default_rng(1).standard_normal(tuple(function(*inputs).shape)).astype(np.float32))
    return lambda: t.autograd.grad(function(*inputs), inputs, g)


@case("add of 8 numbers, recorded")
def small_add(t):
    x, y = leaves(t, np.ones(8, np.float32), np.ones(8, np.float32))
    return lambda: x + y


@case("50 steps of tanh(h @ w + x), backward")
def chain(t):
    x, w = leaves(t, CHAIN[0], CHAIN[1])

    def run():
        h = x
        for _ in range(50):
            h = t.tanh(h @ w + x)
        return t.autograd.grad(h.sum(), [x, w])

    return run


@case("matmul 512 x 512")
def matmul(t):
    a, b = (t.from_numpy(m) for m in MATRICES)
    return lambda: a @ b


@case("conv2d 3 x 3, 16 to 32 channels, both ways")
def conv(t):
    return there_and_back(t, lambda x, w, b: t.nn.functional.conv2d(x, w, b, padding=1), *IMAGES)


@case("the same, depthwise, 16 channels, both ways")
def depthwise(t):
    x, w = IMAGES[0], IMAGES[1][:16, :1]
    return there_and_back(t, lambda x, w: t.nn.functional.conv2d(x, w, padding=1, groups=16), x, w)


@case("max_pool2d 2 x 2, both ways")
def pool(t):
    return there_and_back(t, lambda x: t.nn.functional.max_pool2d(x, 2), IMAGES[0])


@case("softmax of 1024 x 512, both ways")
def softmax(t):
    return there_and_back(t, lambda x: t.softmax(x, -1), ROWS)


@case("layer_norm of 1024 x 512, both ways")
def layer_norm(t):
    return there_and_back(t, lambda x, w, b: t.nn.functional.layer_norm(x, (512,), w, b), ROWS, ROWS[0], ROWS[1])


@case("causal attention, 32 heads of 128 x 32, both ways")
def attention(t):
    attend = t.nn.functional.scaled_dot_product_attention
    return there_and_back(t, lambda q, k, v: attend(q, k, v, is_causal=True), *HEADS)


@case("cross_entropy of 1024 x 512, both ways")
def cross_entropy(t):
    x, target = t.from_numpy(ROWS.copy()).requires_grad_(), t.from_numpy(CLASSES)
    return lambda: t.autograd.grad(t.nn.functional.cross_entropy(x, target), x)


@case("gelu of 1024 x 512, both ways")
def gelu(t):
    return there_and_back(t, lambda x: t.nn.functional.gelu(x), ROWS)


@case("LSTM, 50 steps of 32 x 128, both ways")
def lstm(t):
    t.manual_seed(0)
    layer = t.nn.LSTM(128, 128)
    x = t.from_numpy(SEQUENCES)
    return lambda: t.autograd.grad(layer(x)[0].sum(), list(layer.parameters()))


def stepping(t, optimizer, arrays) -> Callable:
    """Steps of parameters that start as `arrays`, with gradients that stay the same."""
    parameters = [t.nn.Parameter(t.from_numpy(a.copy())) for a in arrays]
    for p, a in zip(parameters, arrays):
        p.grad = t.from_numpy(a[::-1].copy())
    return optimizer(parameters).step


@case("Adam step, 20 matrices of 128 x 128")
def adam(t):
    return stepping(t, t.optim.Adam, PARAMETERS)


@case("Adam step, one matrix of 2048 x 2048")
def adam_large(t):
    return stepping(t, t.optim.Adam, [LARGE])


@case("SGD step with momentum, 20 matrices of 128 x 128")
def sgd(t):
    return stepping(t, lambda parameters: t.optim.SGD(parameters, lr=0.01, momentum=0.9), PARAMETERS)


CHAIN = normal(32, 64), normal(64, 64) / 8
MATRICES = normal(512, 512), normal(512, 512)
IMAGES = normal(16, 16, 28, 28), normal(32, 16, 3, 3), normal(32)
ROWS, CLASSES = normal(1024, 512), rng.integers(0, 512, 1024)
HEADS = [normal(8, 4, 128, 32) for _ in range(3)]
PARAMETERS, LARGE, SEQUENCES = normal(20, 128, 128), normal(2048, 2048), normal(50, 32, 128)


# ---------------------------------------------------------------- measuring


def seconds(run: Callable, calls: int) -> float:
    """The mean time of one call."""
    start = time.perf_counter()
    for _ in range(calls):
        run()
    return (time.perf_counter() - start) / calls


def compare(make: Callable, rounds: int, per_round: float) -> tuple[float, float, float]:
    """Median seconds of minitorch and of torch, timed in turn, and the median of their quotients."""
    ours, theirs = make(minitorch), make(torch)
    both = []
    for run in (ours, theirs):
        run()
        both.append((run, max(1, round(per_round / max(seconds(run, 3), 1e-7)))))
    times = [[seconds(run, calls) for run, calls in both] for _ in range(rounds)]
    columns = [*zip(*times), [mine / torchs for mine, torchs in times]]
    return tuple(map(statistics.median, columns))


def shown(s: float) -> str:
    return f"{s * 1e6:8.2f} us" if s < 1e-3 else f"{s * 1e3:8.2f} ms"


def draw(labels: list, ratios: list, path: Path) -> None:
    """Bars on a logarithmic scale: 1 is torch's time."""
    import matplotlib  # not needed for the table

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 0.4 * len(labels) + 1.2))
    colors = ["#4878a8" if r <= 2 else "#c06848" for r in ratios[::-1]]
    axes.barh(labels[::-1], [r - 1 for r in ratios[::-1]], left=1, color=colors)
    for y, r in enumerate(ratios[::-1]):
        axes.text(r, y, f" {r:.2f}", va="center")
    axes.axvline(1, color="black", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlim(min(0.5, *ratios) / 1.2, max(4, *ratios) * 1.5)
    axes.set_xticks([0.5, 1, 2, 4], ["0.5", "1", "2", "4"])
    axes.minorticks_off()
    axes.set_xlabel("time of minitorch / time of torch, one thread")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    print(f"picture: {path}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="7 rounds of 5 ms instead of 15 of 50 ms")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "cpu_ops.png")
    arguments = parser.parse_args()
    rounds, per_round = (7, 0.005) if arguments.quick else (15, 0.05)
    print(f"{'one thread, median':<50} {'minitorch':>11} {'torch':>11} {'ratio':>6}")
    ratios = []
    for label, make in CASES.items():
        ours, theirs, ratio = compare(make, rounds, per_round)
        ratios.append(ratio)
        print(f"{label:<50} {shown(ours)} {shown(theirs)} {ratio:6.2f}", flush=True)
    draw(list(CASES), ratios, arguments.out)


if __name__ == "__main__":
    main()

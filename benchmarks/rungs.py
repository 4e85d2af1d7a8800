"""Every rung of a ladder of kernels beside the libraries: on a GPU their times, without one what the simulator counts.

Defines `Subject` and `main`, which the scripts matmul.py, softmax.py, layer_norm.py, cross_entropy.py, conv2d.py and
attention.py call with what they compare; gpu.py runs them all.

On a GPU: medians of event times of forward and backward, every rung in turn, the inputs taken from as many copies as
overflow the second-level cache; "library" is the operation's body in CuPy, "torch" is torch on the same GPU. Without
a GPU: for small sizes, the sectors of global memory and the wavefronts of shared memory of each rung, as multiples of
what they had to be. Those say nothing of time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from minitorch.kernels import ladders, simulate, use

import minitorch

RESULTS = Path(__file__).parent / "results"
ROUNDS, WARM_UP = 30, 5
PAST_THE_CACHE = 128 << 20  # bytes of inputs to go through before the first of them comes again
PEAKS = {"H100": (66.9, 3350), "H200": (66.9, 4800), "A100": (19.5, 1555)}  # TFLOP/s of float32, GB/s: SXM data sheets


class Subject(NamedTuple):
    """What a script compares: `call(library, *tensors)`, its arguments at several sizes, and the work that this is."""

    ladder: str
    call: Callable
    sizes: dict[str, tuple]   # for a GPU: label -> shapes of the arguments
    small: dict[str, tuple]   # for the simulator
    flops: Callable           # shapes -> operations, forward and backward
    traffic: Callable         # shapes -> bytes that must move, forward and backward
    classes: tuple = ()       # positions of arguments that are classes: shape (number, classes)


def arrays(subject: Subject, shapes: tuple) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, shape[1], shape[0]) if k in subject.classes else
            rng.standard_normal(shape).astype("float32") for k, shape in enumerate(shapes)]


def there_and_back(subject: Subject, library, where: str, shapes: tuple) -> Callable:
    """A function that runs forward and backward on the next of several copies of the inputs."""
    host = arrays(subject, shapes)
    copies = max(1, min(64, PAST_THE_CACHE // max(1, sum(a.nbytes for a in host)))) if where == "cuda" else 1
    inputs = [[library.from_numpy(a.copy()).to(where) for a in host] for _ in range(copies)]
    for given in inputs:
        for t in given:
            if t.is_floating_point():
                t.requires_grad_()
    g = library.ones_like(subject.call(library, *inputs[0])).detach()
    turn = iter(range(1 << 62))

    def run() -> None:
        given = inputs[next(turn) % copies]
        y = subject.call(library, *given)
        library.autograd.grad(y, [t for t in given if t.is_floating_point()], g)

    return run


# ---------------------------------------------------------------- with a GPU


def torch_on_gpu():
    """torch, if it sees a GPU, told to compute float32 as float32."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    if not torch.cuda.is_available():
        return None
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return torch


def times(runs: dict[str, Callable]) -> dict[str, float]:
    """Median milliseconds of each, all of them in turn in every round, by the GPU's own clock."""
    import cupy

    taken: dict[str, list] = {name: [] for name in runs}
    for k in range(WARM_UP + ROUNDS):
        for name, run in runs.items():
            begin, end = cupy.cuda.Event(), cupy.cuda.Event()
            minitorch.cuda.synchronize()
            begin.record()
            run()
            end.record()
            end.synchronize()
            if k >= WARM_UP:
                taken[name].append(cupy.cuda.get_elapsed_time(begin, end))
    return {name: statistics.median(t) for name, t in taken.items()}


def with_rung(name: str, rung: str, run: Callable) -> Callable:
    def chosen() -> None:
        with use(name, rung):
            run()

    return chosen


def measure(subject: Subject) -> list[dict]:
    """A row for each size and rung, and for torch."""
    found, torch = [], torch_on_gpu()
    for label, shapes in subject.sizes.items():
        run = there_and_back(subject, minitorch, "cuda", shapes)
        runs = {rung: with_rung(subject.ladder, rung, run) for rung in ladders[subject.ladder].rungs}
        if torch is not None:
            # torch's default stream and CuPy's are both the legacy stream: CuPy's events see torch's work
            runs["torch"] = there_and_back(subject, torch, "cuda", shapes)
        for rung, ms in times(runs).items():
            found.append({"subject": subject.ladder, "size": label, "rung": rung, "ms": ms,
                          "tflops": subject.flops(*shapes) / ms / 1e9, "gbs": subject.traffic(*shapes) / ms / 1e6})
    return found


def table(rows: list[dict]) -> str:
    lines = [f"{'':16}{'size':28}{'rung':12}{'ms':>10}{'TFLOP/s':>10}{'GB/s':>9}   of torch's speed"]
    for row in rows:
        torch = [other["ms"] for other in rows if (other["subject"], other["size"], other["rung"]) == (
            row["subject"], row["size"], "torch")]
        ratio = f"{torch[0] / row['ms']:10.2f}" if torch else "         -"
        lines.append(f"{row['subject']:16}{row['size']:28}{row['rung']:12}{row['ms']:10.4f}{row['tflops']:10.2f}"
                     f"{row['gbs']:9.0f}{ratio}")
    return "\n".join(lines)


def roofline(rows: list[dict], subject: Subject, gpu: str, path: Path) -> None:
    """Achieved against intensity: under the slope memory sets the pace, under the flat arithmetic does."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(7, 5))
    peak = next((peaks for name, peaks in PEAKS.items() if name in gpu), None)
    if peak:
        x = np.geomspace(0.05, 5000, 200)
        axes.plot(x, np.minimum(peak[0], x * peak[1] / 1e3), color="black", linewidth=1, label=f"{gpu}: data sheet")
    for rung in dict.fromkeys(row["rung"] for row in rows):
        chosen = [row for row in rows if row["rung"] == rung]
        shapes = [subject.sizes[row["size"]] for row in chosen]
        intensity = [subject.flops(*given) / subject.traffic(*given) for given in shapes]
        axes.plot(intensity, [row["tflops"] for row in chosen], "o-", label=rung, linewidth=0.7)
    axes.set(xscale="log", yscale="log", xlabel="operations per byte that must move", ylabel="TFLOP/s",
             title=f"{subject.ladder}, forward and backward, on {gpu}")
    axes.legend(fontsize=8)
    save(figure, path)


# ---------------------------------------------------------------- without one


def count(subject: Subject) -> list[dict]:
    """A row for each size and rung: requests of warps, and cost over ideal in each memory."""
    found = []
    for label, shapes in subject.small.items():
        run = there_and_back(subject, minitorch, "sim", shapes)
        for rung in ladders[subject.ladder].kernels:
            with use(subject.ladder, rung), simulate("check") as counts:
                run()
            row = {"subject": subject.ladder, "size": label, "rung": rung}
            for memory in ("global", "shared"):
                part = [a for a in counts.values() if a.memory == memory]
                row[memory] = sum(a.requests for a in part)
                row[memory + " ratio"] = sum(a.cost for a in part) / max(1, sum(a.ideal for a in part))
            found.append(row)
    return found


def count_table(rows: list[dict]) -> str:
    lines = ["no GPU here: what the simulator counts, forward and backward; it says nothing of time",
             f"{'':16}{'size':28}{'rung':12}{'global requests':>16}{'sectors/ideal':>15}{'shared requests':>17}"
             f"{'wavefronts/ideal':>18}"]
    for row in rows:
        shared = f"{row['shared ratio']:18.2f}" if row["shared"] else f"{'-':>18}"
        lines.append(f"{row['subject']:16}{row['size']:28}{row['rung']:12}{row['global']:16,}"
                     f"{row['global ratio']:15.2f}{row['shared']:17,}{shared}")
    return "\n".join(lines)


def bars(rows: list[dict], path: Path) -> None:
    """Requests to global memory of each rung, and how well they fit it."""
    plt = pyplot()
    labels = [f"{row['rung']}, {row['size']}" for row in rows][::-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 0.3 * len(rows) + 1.4), sharey=True)
    left.barh(labels, [row["global"] for row in rows][::-1], color="#4878a8")
    left.set(xscale="log", xlim=(1, None), xlabel="requests of warps to global memory")
    right.barh(labels, [row["global ratio"] for row in rows][::-1], color="#c06848")
    right.axvline(1, color="black", linewidth=1)
    right.set(xlabel="sectors / ideal")
    figure.suptitle(f"{rows[0]['subject']}: counted by the simulator, not measured on a GPU", fontsize=10)
    save(figure, path)


# ---------------------------------------------------------------- both


def pyplot():
    import matplotlib  # not needed for the tables

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def save(figure, path: Path) -> None:
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    print(f"picture: {path}")


def report(subject: Subject, out: Path) -> list[dict]:
    """Measure or count, print the table, draw the picture; the rows."""
    if minitorch.cuda.is_available():
        rows, gpu = measure(subject), minitorch.cuda.get_device_name(0)
        print(table(rows))
        roofline(rows, subject, gpu, out / f"{subject.ladder}_{gpu.replace(' ', '_')}.png")
    else:
        rows = count(subject)
        print(count_table(rows))
        bars(rows, out / f"{subject.ladder}_simulated.png")
    return rows


def main(subject: Subject, description: str) -> None:
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the picture and, with --json, the rows")
    parser.add_argument("--json", action="store_true", help="write the rows, too")
    given = parser.parse_args()
    rows = report(subject, given.out)
    if given.json:
        (given.out / f"{subject.ladder}.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def numbers(*shapes) -> int:
    return sum(math.prod(shape) for shape in shapes)

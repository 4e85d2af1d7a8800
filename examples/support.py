"""What the examples share: their options, the choice of device, and the folder of pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import minitorch
from minitorch.device import cuda_is_available

OUT = Path("out")


def options(about: str, steps: int, seed: int = 1337) -> argparse.ArgumentParser:
    """The options every example takes; each may add its own."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--device", default="cuda" if cuda_is_available() else "cpu",
                        help="cpu or cuda (a GPU through CuPy)")
    parser.add_argument("--seed", type=int, default=seed, help="of all random numbers")
    parser.add_argument("--steps", type=int, default=steps, help="steps of training")
    return parser


def stop(sentence: str) -> None:
    """End with one clear line."""
    sys.exit(f"{Path(sys.argv[0]).name}: {sentence}")


def start(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the options and seed the generator."""
    args = parser.parse_args()
    if args.steps < 1:
        stop(f"--steps must be at least 1, not {args.steps}")
    try:
        args.device = minitorch.device(args.device)
        minitorch.zeros(1, device=args.device)
    except RuntimeError as error:
        stop(str(error))
    minitorch.manual_seed(args.seed)
    return args


def pyplot():
    """matplotlib without a screen."""
    try:
        import matplotlib
    except ImportError:
        stop("the picture needs matplotlib: pip install matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def save(figure, name: str) -> None:
    """Write a picture into out/ and say where it is."""
    OUT.mkdir(exist_ok=True)
    figure.savefig(OUT / name, dpi=120, bbox_inches="tight")
    print(f"picture: {OUT / name}")

"""python -m minitorch doctor: what this machine has, whether minitorch works on it, and what to install."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

import minitorch
import minitorch.kernels as kernels
from minitorch.device import cuda_is_available


def installed(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def blas() -> str:
    """The name and version of NumPy's BLAS, and its threads."""
    try:
        found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        name = f"{found['name']} {found['version']}"
    except (TypeError, KeyError):  # an older NumPy, or a build that does not tell
        name = "unknown"
    return f"{name}, {minitorch.get_num_threads()} threads"


def compiler() -> str | None:
    """The first line that a C++ compiler says of itself."""
    for name in ("g++", "clang++"):
        if shutil.which(name):
            told = subprocess.run([name, "--version"], capture_output=True, text=True)
            if told.returncode == 0:
                return told.stdout.splitlines()[0]
    return None


def cupy_packages() -> list[str]:
    """CuPy as installed, under whichever of its names."""
    return [f"{name} {version}" for name in ("cupy-cuda13x", "cupy-cuda12x", "cupy")
            if (version := installed(name)) is not None]


def gradcheck_passes() -> bool:
    """Whether a small network's formulas agree with finite differences on this machine."""
    minitorch.manual_seed(0)
    w = minitorch.randn(3, 2, dtype=minitorch.float64, requires_grad=True)
    x = minitorch.randn(4, 3, dtype=minitorch.float64, requires_grad=True)
    return minitorch.autograd.gradcheck(lambda x, w: minitorch.nn.functional.softmax((x @ w).tanh(), 1), (x, w))


def kernel_files() -> list[Path]:
    return sorted(Path(kernels.__file__).parent.glob("*.cu"))


def main() -> int:
    """Print the table and the advice; 1 if something that is there does not work."""
    cupy, cxx, files = cupy_packages(), compiler(), kernel_files()
    works = gradcheck_passes()
    rows = [
        ("minitorch", importlib.import_module("minitorch").__version__),
        ("Python", f"{platform.python_version()} ({sys.platform}, {platform.machine()})"),
        ("NumPy", np.__version__), ("BLAS", blas()),
        ("CuPy", ", ".join(cupy) or "not installed"),
        ("CUDA", f"{minitorch.cuda.device_count()} GPU" if cuda_is_available() else "no GPU found"),
        ("C++ compiler", cxx or "none found"),
        ("gradcheck", "passed" if works else "FAILED"),
        ("kernels", f"{len(files)} files" if files else "none yet in this version"),
    ]
    for name, value in rows:
        print(f"{name:<13} {value}")
    advice = []
    if not works:
        advice.append("The gradcheck failed: this NumPy computes something else than expected. Please report it.")
    if not cupy:
        advice.append("For a GPU: pip install cupy-cuda12x or cupy-cuda13x, whichever CUDA the driver has.")
    elif not cuda_is_available():
        advice.append("CuPy is installed and finds no GPU: look at the driver (nvidia-smi).")
    if files and cxx is None:
        advice.append("To run kernels without a GPU, install g++ or clang.")
    print("\n" + "\n".join(advice or ["Nothing is missing."]))
    return 0 if works else 1

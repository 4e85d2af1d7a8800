"""python -m minitorch doctor: what this machine has, whether minitorch works on it, and what to install."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys

import numpy as np

import minitorch
from minitorch.device import cuda_is_available, cupy
from minitorch.kernels import simulator

CUPY = ("cupy-cuda13x", "cupy-cuda12x", "cupy")  # the names under which CuPy is distributed


class Missing(Exception):
    """Something that may well be missing: what is said in its place, and what to do for it."""


def python() -> str:
    return f"{platform.python_version()} ({sys.platform}, {platform.machine()})"


def blas() -> str:
    """NumPy's BLAS and its threads."""
    found = np.show_config(mode="dicts").get("Build Dependencies", {}).get("blas", {})
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (f"{found.get('name', 'of an unknown name')} {found.get('version', '')}, "
            f"threads: {minitorch.get_num_threads()}, cores: {cores}")


def says(*command: str) -> str:
    """The first line that a program prints; nothing if it is not there or fails."""
    if shutil.which(command[0]) is None:
        return ""
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return told.stdout.partition("\n")[0] if told.returncode == 0 else ""


def driver() -> str:
    """The GPU and the version of its driver."""
    return says("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")


def cupy_version() -> str:
    found = [dist.name + " " + dist.version for dist in importlib.metadata.distributions() if dist.name in CUPY]
    if not found:
        advice = "For the GPU: pip install cupy-cuda13x (or cupy-cuda12x, for a driver that knows no CUDA 13)."
        raise Missing("not installed", advice if driver() else "")
    return ", ".join(sorted(set(found)))


def cuda() -> str:
    """The GPU as CuPy sees it, the newest CUDA its driver knows, and the compiler for kernels."""
    if cuda_is_available():
        versions = cupy().cuda.runtime.driverGetVersion(), cupy().cuda.nvrtc.getVersion()
        known, compiler = f"{versions[0] // 1000}.{versions[0] % 1000 // 10}", ".".join(map(str, versions[1]))
        return f"{minitorch.cuda.get_device_name(0)}, driver for CUDA {known}, NVRTC {compiler}"
    if driver():
        raise Missing(f"{driver()}, not reached",
                      "There is a GPU that CuPy does not reach: install CuPy for the CUDA of its driver.")
    raise Missing("no NVIDIA driver found", "Without an NVIDIA GPU everything runs on the CPU.")


def compiler() -> str:
    """What a C++ compiler says of itself."""
    for name in (os.environ.get("CXX", ""), "g++", "clang++"):
        if name and says(name, "--version"):
            return says(name, "--version")
    raise Missing("none found", "To run kernels without a GPU, install g++ or clang++.")


def gradcheck() -> str:
    """Compare the gradients of a small network with finite differences."""
    generator = minitorch.Generator().manual_seed(0)
    x, w = (minitorch.randn(*shape, dtype=minitorch.float64, requires_grad=True, generator=generator)
            for shape in ((4, 3), (3, 2)))
    minitorch.autograd.gradcheck(lambda x, w: minitorch.nn.functional.softmax((x @ w).tanh(), 1), (x, w))
    return "passed"


def kernel() -> str:
    """Run softmax.cu, on the GPU or in the simulator, and compare it with NumPy."""
    place = "cuda" if cuda_is_available() else "sim"
    if place == "sim":
        try:
            simulator.compiler()
        except RuntimeError as error:
            raise Missing("not run: there is neither a GPU nor a C++ compiler", "") from error
    x = minitorch.linspace(-3, 3, 70).reshape(2, 35)
    error = (x.to(place).softmax(1).cpu() - x.softmax(1)).abs().max().item()
    if not error < 1e-6:
        raise ArithmeticError(f"softmax.cu is wrong by {error:.1e}")
    return "softmax.cu passed, " + ("on the GPU" if place == "cuda" else "in the simulator")


ROWS = {"minitorch": lambda: minitorch.__version__, "Python": python, "NumPy": lambda: np.__version__, "BLAS": blas,
        "CuPy": cupy_version, "CUDA": cuda, "C++ compiler": compiler, "gradcheck": gradcheck, "kernels": kernel}


def main() -> int:
    """Print the table, then what to install; 1 if something that is there does not work."""
    advice, broken = [], 0
    for name, look in ROWS.items():
        try:
            shown = look()
        except Missing as missing:
            shown = missing.args[0]
            advice.append(missing.args[1])
        except Exception as error:  # whatever it is, the other rows are still of use
            shown, broken = f"FAILED: {type(error).__name__}: {error}".partition("\n")[0], broken + 1
            advice.append(f"{name} does not work as it should: please report this table.")
        print(f"{name:<13} {shown}")
    print("\n" + "\n".join(filter(None, advice)) if any(advice) else "\nNothing is missing.")
    return 1 if broken else 0

"""What all tests share: one thread for BLAS, the settings of hypothesis, and the parts that a machine may lack.

A file that compares with torch opens with `torch = pytest.importorskip("torch")`; its tests thereby have the mark
`torch`. A test that needs another part says `@pytest.mark.needs("compiler")`. Both are skipped where the part is
missing. While MINITORCH_REQUIRE is set (`make test` sets it to "torch"), the parts it lists must be there, and any
skip is a failure unless its reason names a part that this machine lacks: what can run here is never left out.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy is imported: the tests already run side by side

import functools
import importlib.util
import re
import shutil
import subprocess
import sys

import pytest
from hypothesis import settings

IN_CI = bool(os.environ.get("CI"))
settings.register_profile("default", max_examples=50, deadline=None, derandomize=IN_CI)
settings.register_profile("all", max_examples=500, deadline=None, derandomize=IN_CI, print_blob=True)
settings.load_profile("all" if os.environ.get("MINITORCH_TEST_ALL") else "default")


# ---------------------------------------------------------------- parts that a machine may lack


def runs_a_compiler() -> bool:
    """Whether a C++ compiler answers (macOS has a g++ that only offers to install one)."""
    found = [shutil.which(name) for name in (os.environ.get("CXX", ""), "g++", "clang++")]
    return any(path and subprocess.run([path, "--version"], capture_output=True).returncode == 0 for path in found)


def finds_a_gpu() -> bool:
    from minitorch.device import cuda_is_available

    return cuda_is_available()


def finds_nvrtc() -> bool:
    from minitorch.kernels import nvrtc

    return nvrtc.available()


def has_avx2() -> bool:
    """Whether torch takes its AVX2 or AVX-512 loops, whose roundings `minitorch.random` reproduces."""
    import torch

    return torch.backends.cpu.get_cpu_capability().startswith("AVX")


PARTS = {
    "torch": lambda: importlib.util.find_spec("torch") is not None,
    "cupy": lambda: importlib.util.find_spec("cupy") is not None,
    "gpu": finds_a_gpu,
    "nvrtc": finds_nvrtc,
    "compiler": runs_a_compiler,
    "AVX2": has_avx2,
}


@functools.cache
def has(part: str) -> bool:
    return PARTS[part]()


REQUIRED = os.environ.get("MINITORCH_REQUIRE", "").replace(",", " ").split()


def pytest_configure(config):
    missing = [part for part in REQUIRED if not has(part)]
    if missing:
        raise pytest.UsageError(f"MINITORCH_REQUIRE asks for {', '.join(missing)}, which this machine lacks")


def pytest_collection_modifyitems(items):
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(1)
    for item in items:
        if torch is not None and getattr(item.module, "torch", None) is torch:
            item.add_marker("torch")
        needed = [part for mark in item.iter_markers("needs") for part in mark.args]
        needed += ["torch"] if item.get_closest_marker("torch") else []
        for part in needed:
            if not has(part):
                item.add_marker(pytest.mark.skip(reason=f"needs {part}"))


# ---------------------------------------------------------------- a skip of what can run here is a failure


def refuse_needless_skip(report):
    """Turns a skip into a failure while MINITORCH_REQUIRE is set, unless its reason names a part that is missing."""
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        named = [part for part in PARTS if re.search(rf"\b{part}\b", reason, re.IGNORECASE)]
        if all(has(part) for part in named):
            report.outcome = "failed"
            report.longrepr = (f"{reason}\nMINITORCH_REQUIRE is set, and the reason of this skip names no part that "
                               f"this machine lacks. Parts ({', '.join(PARTS)}) are listed in tests/conftest.py.")
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return refuse_needless_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return refuse_needless_skip((yield))

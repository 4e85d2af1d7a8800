"""Everything that wants a GPU, in one command of under ten minutes:    python -m benchmarks.gpu

1. The table of tests/samples.py and the kernels' own tests on "cuda".
2. compute-sanitizer's memcheck and racecheck over the kernels at small sizes, where the tool is installed.
3. Every rung of every ladder beside CuPy and torch, in this process.

Writes results/<GPU's name>.json and .txt: what was run, with which versions, and every figure. Without a GPU it stops
with a sentence and status 1.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

from minitorch.kernels import cases, nvrtc

import minitorch

from . import attention, conv2d, cross_entropy, layer_norm, matmul, softmax
from .rungs import RESULTS, report, table

SUBJECTS = (matmul, softmax, layer_norm, cross_entropy, conv2d, attention)
ROOT = Path(__file__).parent.parent
SANITIZED = """
from minitorch.kernels import cases
for file in cases.CASES:
    for case, rung in cases.runs(file):
        print(file, rung, case, cases.difference(case, rung, "cuda"))
"""


def run(name: str, command: list[str], limit: float) -> dict:
    """Run a program, show its last lines; its outcome and time."""
    began = time.monotonic()
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit,
                              env={**os.environ, "PYTHONPATH": str(ROOT)})
        status, told = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired:
        status, told = "out of time", ""
    last = told.strip().splitlines()[-1:] or [""]
    outcome = "passed" if status == 0 else f"FAILED ({status})"
    print(f"{name:32} {outcome:14} {time.monotonic() - began:6.0f} s   {last[0]}")
    return {"name": name, "status": status, "last line": last[0]}


def kernels_agree() -> dict:
    """Every case of every file with every rung, on the GPU against float64 on the CPU."""
    worst = max((cases.difference(case, rung, "cuda"), f"{file}, {rung}, {case}")
                for file in cases.CASES for case, rung in cases.runs(file))
    status = 0 if worst[0] < 1e-5 else 1
    print(f"{'kernels against NumPy':32} {'passed' if status == 0 else 'FAILED':14} worst {worst[0]:.1e}: {worst[1]}")
    return {"name": "kernels against NumPy", "status": status, "last line": f"{worst[0]:.1e} {worst[1]}"}


def correctness() -> list[dict]:
    found = [kernels_agree()]
    found.append(run("the table on cuda", [sys.executable, "-m", "pytest", "-q", "-n", "4", "tests/test_devices.py",
                                           "-k", "cuda"], 240))
    sanitizer = shutil.which("compute-sanitizer")
    for tool in ("memcheck", "racecheck") if sanitizer else ():
        command = [sanitizer, "--tool", tool, "--error-exitcode", "1", sys.executable, "-c", SANITIZED]
        found.append(run(tool, command, 240))
    if not sanitizer:
        print(f"{'compute-sanitizer':32} not installed")
    return found


def machine() -> dict:
    def version(name: str) -> str | None:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            return None

    return {"gpu": minitorch.cuda.get_device_name(0), "python": platform.python_version(), "nvrtc": nvrtc.version(),
            **{name: version(name) for name in ("numpy", "cupy-cuda12x", "cupy-cuda13x", "torch")}}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    if not minitorch.cuda.is_available():
        print("benchmarks.gpu: there is no GPU here that CuPy reaches; nothing was run, nothing written. Without one, "
              "python -m benchmarks.matmul (softmax, layer_norm, ...) shows what the simulator counts.")
        return 1
    began, found = time.monotonic(), {"machine": machine(), "checks": correctness(), "rows": []}
    for subject in SUBJECTS:
        found["rows"] += report(subject.SUBJECT, given.out)
    name = found["machine"]["gpu"].replace(" ", "_")
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (given.out / f"{name}.txt").write_text(f"python -m benchmarks.gpu\n{found['machine']}\n\n{table(found['rows'])}\n",
                                           encoding="utf-8")
    print(f"{time.monotonic() - began:.0f} s; written: {given.out / name}.json and .txt")
    return int(any(check["status"] != 0 for check in found["checks"]))


if __name__ == "__main__":
    sys.exit(main())

"""The package: minitorch/ as it stands, and kernels/ under the name minitorch.kernels."""

import re
from pathlib import Path

from setuptools import find_packages, setup

contents = Path(__file__).with_name("minitorch").joinpath("__init__.py").read_text(encoding="utf-8")
version = re.search(r'^__version__ = "(.+)"', contents, re.MULTILINE)[1]  # read, not imported: NumPy may not be there

examples = ["matplotlib", "tqdm", "scikit-learn"]
# NVIDIA's compiler, to try the kernels for every architecture without a GPU; there is no build of it for macOS
nvrtc = [f"nvidia-cuda-{part}>=13; sys_platform != 'darwin' and platform_machine in 'x86_64 AMD64 aarch64'"
         for part in ("nvrtc", "runtime", "crt")]
tools = [*examples, "einops", "hypothesis", "pillow", "pytest>=8", "pytest-xdist", "ruff", "scipy", "pip",
         "setuptools>=70.1", "tensorboardX"]

setup(
    name="minitorch",
    version=version,
    description="All of PyTorch that a person can read, on NumPy or CuPy",
    author="the minitorch authors",
    license="MIT",
    license_files=["LICENSE"],
    python_requires=">=3.10",
    packages=[
        *find_packages(include=["minitorch", "minitorch.*"]),
        *(f"minitorch.kernels.{name}".rstrip(".") for name in ["", *find_packages("kernels")]),
    ],
    package_dir={"minitorch.kernels": "kernels"},
    package_data={"": ["*.cu", "*.cuh", "*.h", "*.cpp", "*.md", "py.typed"]},
    install_requires=["numpy>=2"],
    extras_require={
        "examples": examples,
        "notorch": tools,
        "test": [*tools, *nvrtc, "torch==2.13.0"],
        "cuda12x": ["cupy-cuda12x"],
        "cuda13x": ["cupy-cuda13x"],
    },
    zip_safe=False,
)

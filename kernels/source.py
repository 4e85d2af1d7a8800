"""What a .cu file says of itself: its kernels and their parameters, what it includes, the oldest GPU it runs on.

Defines `Source`, `Parameter`. The loader needs no more of C++ than the text of a kernel's signature.
"""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

FOLDER = Path(__file__).parent
TYPES = {  # of a parameter in C, and of the array or number that is passed for it
    "float": np.float32, "double": np.float64, "half": np.float16, "__half": np.float16, "__nv_bfloat16": np.uint16,
    "bool": np.bool_, "char": np.int8, "int": np.int32, "unsigned": np.uint32, "unsigned int": np.uint32,
    "long long": np.int64, "unsigned long long": np.uint64, "size_t": np.uint64,
}
SIGNATURE = re.compile(r"__global__\s+void\s+(?:__launch_bounds__\s*\((?:[^()]|\([^()]*\))*\)\s*)?(\w+)\s*\(([^)]*)\)")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
QUALIFIERS = re.compile(r"\b(const|__restrict__|__grid_constant__)\b")
COMMENTS = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)


class Parameter(NamedTuple):
    """One parameter of a kernel: `const float* x` has type "float", pointer and const true, name "x"."""

    type: str
    pointer: bool
    const: bool
    name: str

    def dtype(self, defines: dict) -> np.dtype:
        """The NumPy dtype; a type that is a macro is looked up in `defines`."""
        name = defines.get(self.type, self.type)
        if name not in TYPES:
            raise TypeError(f"parameter '{self.name}' has a type that the loader does not know: {name}")
        return np.dtype(TYPES[name])


class Source:
    """A .cu file: `path`, `text`, `kernels` {name: [Parameter]}, `arch` (75 for sm_75), `digest` of all its text."""

    def __init__(self, path: Path, text: str | None = None):
        self.path = path
        self.text = path.read_text(encoding="utf-8") if text is None else text
        code = COMMENTS.sub("", self.text)
        self.kernels = {name: [parameter(p) for p in parameters.split(",") if p.strip()]
                        for name, parameters in SIGNATURE.findall(code)}
        arch = re.search(r"^// arch: sm_(\d+)(a?)", self.text, re.MULTILINE)
        self.arch = int(arch[1]) if arch else 75
        self.exact = bool(arch and arch[2])  # that GPU and no later one
        self.included = included(path, code)
        everything = "\0".join([self.text, *(p.read_text(encoding="utf-8") for p in self.included)])
        self.digest = hashlib.sha256(everything.encode()).hexdigest()

    def parameters(self, name: str) -> list[Parameter]:
        """Those of a kernel, named with or without its template arguments."""
        kernel = name.partition("<")[0]
        if kernel not in self.kernels:
            raise ValueError(f"{self.path.name} has no kernel '{kernel}'; it has {', '.join(sorted(self.kernels))}")
        return self.kernels[kernel]


def parameter(text: str) -> Parameter:
    *words, name = QUALIFIERS.sub("", text).replace("*", " ").split()
    return Parameter(" ".join(words), "*" in text, re.search(r"\bconst\b", text) is not None, name)


def included(path: Path, code: str) -> list[Path]:
    """The files that a file includes by "name", and those that they include."""
    found = []
    for name in INCLUDE.findall(code):
        other = path.parent / name
        other = other if other.exists() else FOLDER / name
        if not other.exists():
            raise FileNotFoundError(f"{path.name} includes {name}, which is not there")
        found += [other, *included(other, COMMENTS.sub("", other.read_text(encoding="utf-8")))]
    return list(dict.fromkeys(found))


@functools.cache
def source(file: str) -> Source:
    """The file of this name in kernels/, or of this path."""
    path = Path(file)
    path = path if path.is_absolute() or path.exists() else FOLDER / file
    if not path.exists():
        raise FileNotFoundError(f"no file {file} here and none in kernels/")
    return Source(path.resolve())

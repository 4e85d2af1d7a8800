"""Tutorial scripts print torch's figures: each runs under torch and, unchanged, under `python -m minitorch run`.

The two outputs are compared line by line: the words must be the same, whole numbers equal, and other figures within
1e-3 (of the larger of 1 and the figure). The checkpoints that the two runs leave are compared in the same way. Each
script has a folder of its own to run in, with pictures from scripts/make_data.py.
"""

import importlib.util
import os
import re
import subprocess
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

SCRIPTS = Path(__file__).with_name("scripts")
NAMES = sorted(path.name for path in SCRIPTS.glob("[0-9][0-9]_*.py"))
TOLERANCE = 1e-3
CHECKPOINTS = (".pt", ".pth", ".tar")
FIGURE = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|inf|nan)(?!\w)")


# ---------------------------------------------------------------- one run


def run(folder: Path, *command) -> str:
    """What a script prints in `folder`, on one thread; it must succeed."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run([sys.executable, *map(str, command)], cwd=folder, timeout=240, capture_output=True,
                          env={**os.environ, **threads, "PYTHONPATH": str(SCRIPTS.parent.parent),
                               "PYTHONIOENCODING": "utf-8", "PYTHONHASHSEED": "0"}, text=True, encoding="utf-8")
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-500:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def pictures():
    """The module that draws the image folders."""
    found = importlib.util.spec_from_file_location("make_data", SCRIPTS / "make_data.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


# ---------------------------------------------------------------- two outputs


def parts(line: str) -> tuple[list[str], list[str]]:
    """The words and the figures of a line; a printed minus sign or blank belongs to the figure."""
    words = [word.replace(" ", "") for word in FIGURE.split(line)]
    return words, FIGURE.findall(line)


def is_whole(figure: str) -> bool:
    return re.fullmatch(r"[-+]?\d+", figure) is not None


def agrees(ours: str, theirs: str) -> bool:
    """Whole numbers are counts, labels and tokens, and have to be equal; other figures agree to the tolerance."""
    if ours == theirs:
        return True
    if is_whole(ours) and is_whole(theirs):
        return int(ours) == int(theirs)
    x, y = float(ours), float(theirs)
    return abs(x - y) <= TOLERANCE * max(1.0, abs(y)) * (1 + 1e-6)  # 0.825 - 0.824 is a bit above 1e-3


def differences(ours: str, theirs: str) -> list[str]:
    """The lines that differ, in both forms."""
    found = []
    for number, (mine, its) in enumerate(zip_longest(ours.splitlines(), theirs.splitlines()), 1):
        same = mine is not None and its is not None
        if same:
            (words, figures), (its_words, its_figures) = parts(mine), parts(its)
            same = words == its_words and all(map(agrees, figures, its_figures))
        if not same:
            found.append(f"line {number}:\n    minitorch: {mine}\n    torch:     {its}")
    return found


def leaves(value, path="") -> dict:
    """A checkpoint as a flat table: where in it, and what."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return {path: value}
    return {place: leaf for key, item in items for place, leaf in leaves(item, f"{path}/{key}").items()}


def compare_checkpoints(mine: Path, its: Path):
    """torch reads both files, and finds the same tensors under the same keys."""
    ours, theirs = (leaves(torch.load(path, weights_only=True)) for path in (mine, its))
    assert list(ours) == list(theirs), its.name
    for place, expected in theirs.items():
        if isinstance(expected, torch.Tensor):
            assert ours[place].dtype == expected.dtype, f"{its.name}{place}"
            torch.testing.assert_close(ours[place], expected, rtol=TOLERANCE, atol=TOLERANCE,
                                       msg=lambda text, place=place: f"{its.name}{place}: {text}")
        elif not isinstance(expected, (int, float)):
            assert ours[place] == expected, f"{its.name}{place}"
        else:
            assert ours[place] == pytest.approx(expected, rel=TOLERANCE), f"{its.name}{place}"


# ---------------------------------------------------------------- the scripts


@pytest.mark.parametrize("name", NAMES)
def test_script_prints_what_torch_prints(name, tmp_path, pictures):
    folders = [tmp_path / "torch", tmp_path / "minitorch"]
    for folder in folders:
        folder.mkdir()
        if "image_folder" in name:
            pictures.image_folder(folder / "shapes")
        elif "segmentation" in name:
            pictures.masked_folder(folder / "cells")
    theirs = run(folders[0], SCRIPTS / name)
    ours = run(folders[1], "-m", "minitorch", "run", SCRIPTS / name)
    found = differences(ours, theirs)
    assert not found, f"{len(found)} lines differ\n" + "\n".join(found[:10])
    written = [sorted(path.relative_to(folder) for path in folder.rglob("*") if path.suffix in CHECKPOINTS)
               for folder in folders]
    assert written[0] == written[1]
    for path in written[0]:
        compare_checkpoints(folders[1] / path, folders[0] / path)


@pytest.mark.parametrize("ours, theirs, same", [
    ("loss 0.1234", "loss 0.1239", True),
    ("loss 0.1234", "loss 0.1254", False),
    ("ppl 1000.2", "ppl 1000.9", True),
    ("ppl 1000.2", "ppl 1002.2", False),
    ("tensor([ 1.0000, -2.0000])", "tensor([ 1.0001, -2.0000])", True),
    ("tensor([-0.0001,  2.0000])", "tensor([0.0001, 2.0000])", True),
    ("tensor([1, 2])", "tensor([1, 3])", False),
    ("1999 of 2000", "2000 of 2000", False),
    ("loss nan", "loss nan", True),
    ("loss nan", "loss 0.5", False),
    ("lr 1e-05", "lr 1.0e-05", True),
    ("accuracy 0.825", "accuracy 0.824", True),
    ("a cat", "a dog", False),
    ("a\nb", "a", False),
])
def test_the_comparison(ours, theirs, same):
    assert (not differences(ours, theirs)) == same

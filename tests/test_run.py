"""`python -m minitorch run`: a PyTorch script runs as it is, and torch is minitorch to it."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def minitorch_run(folder, *arguments, source=None, module=None):
    """Run a script of this source; (exit status, output, errors)."""
    if source is not None:
        (folder / "script.py").write_text(source)
    environment = dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1", PYTHONIOENCODING="utf-8")
    command = ["-m", module] if module else ["script.py"]
    done = subprocess.run([sys.executable, "-m", "minitorch", "run", *command, *arguments], cwd=folder, text=True,
                          capture_output=True, env=environment, timeout=120)
    return done.returncode, done.stdout, done.stderr


def test_torch_and_minitorch_are_one(tmp_path):
    source = """
import os, sys
import torch, minitorch
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.data
from torch import Tensor
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset
from torch.nn.utils import clip_grad_norm_
import minitorch.optim.lr_scheduler

assert torch is minitorch and nn is minitorch.nn and F is minitorch.nn.functional and Tensor is minitorch.Tensor
assert lr_scheduler is minitorch.optim.lr_scheduler and StepLR is lr_scheduler.StepLR
assert nn.__name__ == "minitorch.nn" and nn.__spec__.name == "minitorch.nn" and torch.utils.data.Dataset is Dataset
major, minor = torch.__version__.split(".")[:2]
assert (int(major), int(minor)) >= (2, 0) and torch.__version__ >= "1.8"
folder = os.path.dirname(os.path.abspath(__file__))
print(__name__, __file__, sys.argv, sys.path[0] == folder)
print(torch.tensor([1.5, 2.0]).sum().item())
"""
    assert minitorch_run(tmp_path, "--epochs", "2", source=source) == (
        0, "__main__ script.py ['script.py', '--epochs', '2'] True\n3.5\n", "")


def test_neighbours_are_imported(tmp_path):
    (tmp_path / "model.py").write_text("import torch.nn as nn\nclass Net(nn.Linear): pass\n")
    assert minitorch_run(tmp_path, source="from model import Net\nprint(Net(2, 1))") == (
        0, "Net(in_features=2, out_features=1, bias=True)\n", "")


def test_a_module(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "train.py").write_text("import sys, torch\nprint(__name__, sys.argv[1:], torch.ones(2))")
    assert minitorch_run(tmp_path, "--x", module="package.train") == (0, "__main__ ['--x'] tensor([1., 1.])\n", "")


@pytest.mark.parametrize("source, status, last", [
    ("import sys; sys.exit(3)", 3, ""),
    ("import sys; sys.exit('over')", 1, "over"),
    ("1 / 0", 1, "ZeroDivisionError: division by zero"),
    ("import torch\ntorch.ones(2) @ torch.ones(3)", 1, "RuntimeError: inconsistent tensor size, expected tensor [2] "
                                                       "and "
     "src [3] to have the same number of elements, but got 2 and 3 elements respectively"),
    ("import torch.no_such_part", 1, "ModuleNotFoundError: minitorch has no module 'minitorch.no_such_part', which "
                                     "this "
     "script imports as 'torch.no_such_part'"),
    ("a b", 1, "SyntaxError: invalid syntax"),
])
def test_ends_as_python_does(source, status, last, tmp_path):
    """The exit status, and a traceback that begins with the script."""
    ended = minitorch_run(tmp_path, source=source)
    lines = ended[2].splitlines()
    assert ended[:2] == (status, "") and (lines[-1] if lines else "") == last
    if last.endswith("by zero"):
        assert lines[:2] == ["Traceback (most recent call last):", '  File "script.py", line 1, in <module>']


def test_no_script():
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    for arguments, status in ((["run", "absent.py"], 2), (["run"], 2), (["nonsense"], 2), ([], 2), (["--help"], 0)):
        done = subprocess.run([sys.executable, "-m", "minitorch", *arguments], capture_output=True, text=True,
                              env=environment, timeout=60)
        assert done.returncode == status and (done.stdout if status == 0 else done.stderr), done


@pytest.mark.parametrize("method", [m for m in ("fork", "spawn") if m in multiprocessing.get_all_start_methods()])
def test_workers_of_a_script(method, tmp_path):
    """A worker unpickles what the script defines, and torch is minitorch there as well."""
    source = f"""
import torch
from torch.utils.data import DataLoader, Dataset

class Squares(Dataset):
    def __len__(self):
        return 6
    def __getitem__(self, k):
        return torch.tensor(float(k * k)), torch.__name__

if __name__ == "__main__":
    for x, name in DataLoader(Squares(), batch_size=3, num_workers=2, multiprocessing_context="{method}"):
        print(x.tolist(), name)
"""
    assert minitorch_run(tmp_path, source=source) == (
        0, "[0.0, 1.0, 4.0] ('minitorch', 'minitorch', 'minitorch')\n"
           "[9.0, 16.0, 25.0] ('minitorch', 'minitorch', 'minitorch')\n", "")

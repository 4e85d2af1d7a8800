"""`python -m minitorch run`: a PyTorch script runs as it is, and torch is minitorch to it."""

import multiprocessing
import operator
import os
import subprocess
import sys
from pathlib import Path

import pytest

from minitorch.torch_version import TorchVersion

ROOT = Path(__file__).parent.parent


def python(folder, *arguments, **environment):
    """Run Python in a folder; (exit status, output, errors). A variable of the environment that is None is removed."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8",
                 **environment}
    done = subprocess.run([sys.executable, *map(str, arguments)], cwd=folder, timeout=120, text=True,
                          capture_output=True, env={name: v for name, v in variables.items() if v is not None})
    return done.returncode, done.stdout, done.stderr


def minitorch_run(folder, *arguments, source=None, module=None):
    """Run a script of this source, or a module."""
    if source is not None:
        (folder / "script.py").write_text(source)
    return python(folder, "-m", "minitorch", "run", *(["-m", module] if module else ["script.py"]), *arguments)


def test_torch_and_minitorch_are_one(tmp_path):
    source = """
import torch, minitorch
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.data
from torch import Tensor
from torch.optim import lr_scheduler
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset
from torch.nn.utils import clip_grad_norm_
from torch.nn.modules import Module
from torch.nn.modules.linear import Linear
import minitorch.optim.lr_scheduler

assert torch is minitorch and nn is minitorch.nn and F is minitorch.nn.functional and Tensor is minitorch.Tensor
assert lr_scheduler is minitorch.optim.lr_scheduler and StepLR is lr_scheduler.StepLR
assert Module is nn.Module and Linear is nn.Linear
assert nn.__name__ == "minitorch.nn" and nn.__spec__.name == "minitorch.nn" and torch.utils.data.Dataset is Dataset
major, minor = torch.__version__.split(".")[:2]
assert (int(major), int(minor)) >= (2, 0) and torch.__version__ >= "1.8"
print(torch.tensor([1.5, 2.0]).sum().item())
"""
    assert minitorch_run(tmp_path, source=source) == (0, "3.5\n", "")


NAMES = """
import torch
import torch.utils.data
x = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64, requires_grad=True).view(2, 2)
print(x, x.shape, x.size(), torch.Size([3]) + (2,), x.dtype, x.type(), x.float().type(), torch.ones(2).long().type())
print(torch.int64, [torch.bool, torch.bfloat16], {"dtype": torch.float16}, f"{x.dtype}", "%s" % torch.uint8)
print(x.device, repr(x.device), x.layout, torch.channels_last, torch.finfo(torch.float32).dtype)
print(torch.tensor([[3, 1], [2, 5]]).max(1), torch.zeros(2, 0, dtype=torch.int32), torch.ones(1).storage())
print(torch.ones(3, 4, dtype=torch.float64) / 3, x.grad_fn.next_functions[0][0].name(), x.grad_fn.name())
print(x.type("torch.FloatTensor").dtype, x.type(torch.LongTensor).dtype, torch.ones(2).type("torch.IntTensor"))
print(torch.nn.Linear(2, 3).weight.shape, torch.nn.Linear(2, 3), torch.get_default_dtype())
print(torch.utils.data.TensorDataset(x.detach())[0][0].shape)
"""


def test_what_is_printed_is_called_torch(tmp_path):
    """An unmodified script prints under minitorch what it prints under torch, to the letter."""
    pytest.importorskip("torch")
    status, output, errors = minitorch_run(tmp_path, source=NAMES)
    assert (status, errors) == (0, "") and "minitorch" not in output
    assert output == python(tmp_path, "-W", "ignore", "script.py")[1]


def test_outside_of_a_run_it_is_called_minitorch(tmp_path):
    source = NAMES.replace("torch.", "minitorch.").replace("import torch", "import minitorch")
    (tmp_path / "script.py").write_text(source)
    status, output, errors = python(tmp_path, "script.py")
    assert (status, errors) == (0, "")
    for name in (".float64", ".FloatTensor", ".Size([2, 2])", ".strided", ".return_types.max", "::autograd"):
        assert f"minitorch{name}" in output


def test_neighbours_are_imported(tmp_path):
    (tmp_path / "model.py").write_text("import torch.nn as nn\nclass Net(nn.Linear): pass\n")
    assert minitorch_run(tmp_path, source="from model import Net\nprint(Net(2, 1))") == (
        0, "Net(in_features=2, out_features=1, bias=True)\n", "")


def test_a_module(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "train.py").write_text("import sys, torch\nprint(__name__, sys.argv[1:], torch.ones(2))")
    assert minitorch_run(tmp_path, "--x", module="package.train") == (0, "__main__ ['--x'] tensor([1., 1.])\n", "")


FACTS = """
import sys, __main__
print(__name__, __main__.__dict__ is globals(), __builtins__, __package__, __file__, sys.argv, sys.path[0], helper.x)
"""


@pytest.mark.parametrize("source", [
    "import helper" + FACTS, "import sys; sys.exit(3)", "import sys; sys.exit('over')", "1 / 0",
    "def f():\n    1 / 0\nf()", "a b", "from . import nn", "raise KeyboardInterrupt",
    "# coding: latin-1\nprint('caf\xe9')",
    "import sys; sys.excepthook = lambda kind, error, traceback: print(kind, error, traceback.tb_lineno)\n1 / 0",
    "import atexit; atexit.register(print, 'end')\nraise ValueError('a\\nb') from KeyError(1)",
])
def test_as_under_python(source, tmp_path):
    """Output, exit status and traceback are those of `python folder/script.py`."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "helper.py").write_text("x = 1")
    (folder / "script.py").write_text(source, encoding="latin-1")
    arguments = "folder/script.py", "--epochs", "2"
    assert python(tmp_path, "-m", "minitorch", "run", *arguments) == python(tmp_path, *arguments)


@pytest.mark.parametrize("module", ["package", "package.script", "package.inner.script", "package.inner", "alone",
                                    "absent", "absent.script"])
def test_modules_as_under_python(module, tmp_path):
    """A package's `__main__`, relative imports; and what Python says of modules that it does not find."""
    for folder, start in (("package", "from . import helper"), ("package/inner", "from .. import helper")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "script.py").write_text(start + FACTS)
    (tmp_path / "alone.py").write_text("import package.helper as helper" + FACTS)
    (tmp_path / "package" / "helper.py").write_text("x = 1")
    (tmp_path / "package" / "__main__.py").write_text("import sys; print(sys.argv, __package__)")
    ours, theirs = (python(tmp_path, *run, "-m", module, "--x") for run in (("-m", "minitorch", "run"), ()))
    assert ours[:2] == theirs[:2] and ours[2].partition(";")[0].strip() == theirs[2].partition(";")[0].strip()


@pytest.mark.parametrize("source, last", [
    ("import torch\ntorch.ones(2).view(3)", "RuntimeError: shape '[3]' is invalid for input of size 2"),
    ("import torch.no_such_part", "ModuleNotFoundError: minitorch has no module 'minitorch.no_such_part', which this "
                                  "script imports as 'torch.no_such_part'"),
    ("import torch\ntorch.jit.script", "AttributeError: module 'minitorch' has no attribute 'jit': either torch has "
                                       "none, or minitorch does not have it yet"),
])
def test_errors_of_minitorch(source, last, tmp_path):
    status, output, errors = minitorch_run(tmp_path, source=source)
    lines = errors.splitlines()
    assert (status, output, lines[0], lines[-1]) == (1, "", "Traceback (most recent call last):", last)
    assert lines[1].startswith(f'  File "{tmp_path / "script.py"}", line ')


@pytest.mark.parametrize("wanted", ["1.8", "2.2", "2.13", "2.13.0", "2.13.1", "2.9.0", "2.13.0a0", "3", "10.0.1+cu118",
                                    (1, 8), (2, 13), (2, 13, 1), (3,)])
def test_versions_are_ordered_as_torchs(wanted):
    torch_version = pytest.importorskip("torch.torch_version")
    ours, theirs = (kind("2.13.0+local") for kind in (TorchVersion, torch_version.TorchVersion))
    for compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
        assert compare(ours, wanted) == compare(theirs, wanted), compare


def test_no_script(tmp_path):
    for arguments, status in ((["run", "absent.py"], 2), (["run"], 2), (["nonsense"], 2), ([], 2), (["--help"], 0)):
        ended, output, errors = python(tmp_path, "-m", "minitorch", *arguments)
        assert ended == status and (output if status == 0 else errors)


SQUARES = """
import sys
import torch
from torch.utils.data import DataLoader, Dataset

class Squares(Dataset):
    def __len__(self):
        return 6
    def __getitem__(self, k):
        return torch.tensor(float(k * k)), f"{torch.__name__} {torch.float32}"

if __name__ == "__main__":
    for x, name in DataLoader(Squares(), batch_size=3, num_workers=2, multiprocessing_context=sys.argv[1]):
        print(x.tolist(), name)
"""
NAMED = ("minitorch torch.float32",) * 3
PRINTED = f"[0.0, 1.0, 4.0] {NAMED}\n[9.0, 16.0, 25.0] {NAMED}\n"


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_workers_of_a_script(method, tmp_path):
    """A worker unpickles what the script defines, and torch is minitorch there as well.

    Python finds minitorch here in the folder that it is started in, which a worker does not search by itself.
    """
    (tmp_path / "script.py").write_text(SQUARES)
    run = "-m", "minitorch", "run", tmp_path / "script.py", method
    assert python(ROOT, *run, PYTHONPATH=None) == (0, PRINTED, "")


@pytest.mark.parametrize("method", [m for m in multiprocessing.get_all_start_methods() if m != "fork"])
def test_workers_of_a_module(method, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "helper.py").write_text("from torch.utils.data import Dataset as Base")
    (tmp_path / "package" / "train.py").write_text("from .helper import Base" + SQUARES.replace("(Dataset)", "(Base)"))
    assert minitorch_run(tmp_path, method, module="package.train") == (0, PRINTED, "")

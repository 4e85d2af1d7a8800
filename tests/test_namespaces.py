"""torch's small namespaces, as scripts use them: cuda, backends, amp, version, threads and switches; and the doctor."""

import importlib
import multiprocessing
import os
import subprocess
import sys
import types
import warnings
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from twin import outcome, same, text

import minitorch
from minitorch import doctor, settings

ROOT = Path(__file__).parent.parent
NO_CUDA = ("error", AssertionError, "Torch not compiled with CUDA enabled")


@pytest.fixture
def no_gpu(monkeypatch):
    """As on a machine without CuPy."""
    import_module = importlib.import_module

    def without_cupy(name, package=None):
        if name == "cupy":
            raise ImportError(name)
        return import_module(name, package)

    monkeypatch.setattr(importlib, "import_module", without_cupy)


@pytest.fixture
def kept(monkeypatch):
    """The switches of both libraries, set back afterwards."""
    monkeypatch.setattr(settings, "kept", types.SimpleNamespace(**vars(settings.kept)))
    monkeypatch.setattr(minitorch.backends.cuda, "kept", settings.kept)
    yield settings.kept
    torch.set_float32_matmul_precision("highest")
    torch.use_deterministic_algorithms(False)
    torch.set_warn_always(False)
    torch.multiprocessing.set_sharing_strategy("file_descriptor")
    minitorch.multiprocessing.set_sharing_strategy("file_descriptor")


def told(library, call) -> list:
    """The warnings of a call: category and sentence, without torch's note of where it was raised."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call(library)
    return [(w.category, text(w.message).partition(" (Triggered internally")[0]) for w in caught]


# ---------------------------------------------------------------- cuda


@pytest.mark.parametrize("call, answer", [
    (lambda t: t.cuda.is_available(), ("value", "False")),
    (lambda t: t.cuda.device_count(), ("value", "0")),
    (lambda t: t.cuda.is_initialized(), ("value", "False")),
    (lambda t: t.cuda.is_bf16_supported(), ("value", "False")),
    (lambda t: t.cuda.init(), NO_CUDA),
    (lambda t: t.cuda.current_device(), NO_CUDA),
    (lambda t: t.cuda.get_device_name(), NO_CUDA),
    (lambda t: t.cuda.get_device_name(0), NO_CUDA),
    (lambda t: t.cuda.get_device_capability("cuda:0"), NO_CUDA),
    (lambda t: t.cuda.get_device_properties(0), NO_CUDA),
    (lambda t: t.cuda.synchronize(), NO_CUDA),
    (lambda t: t.cuda.mem_get_info(), NO_CUDA),
    (lambda t: t.cuda.set_device(-1), ("value", "None")),
    (lambda t: t.cuda.manual_seed(0), ("value", "None")),
    (lambda t: t.cuda.manual_seed_all(0), ("value", "None")),
    (lambda t: t.cuda.get_rng_state_all(), ("value", ("list", []))),
    (lambda t: t.cuda.set_rng_state_all([]), ("value", "None")),
    (lambda t: t.cuda.empty_cache(), ("value", "None")),
    (lambda t: t.cuda.memory_allocated(), ("value", "0")),
    (lambda t: t.cuda.memory_allocated(0), ("value", "0")),
    (lambda t: t.cuda.memory_reserved(), ("value", "0")),
    (lambda t: t.cuda.max_memory_allocated(), ("value", "0")),
    (lambda t: t.cuda.max_memory_reserved(), ("value", "0")),
    (lambda t: t.cuda.device(-1).__enter__(), ("value", "None")),
    (lambda t: t.cuda.device(0).__enter__(), ("error", RuntimeError, "PyTorch was compiled without CUDA support")),
    (lambda t: t.cuda.device("cpu"), ("error", ValueError, "Expected a cuda device, but got: cpu")),
    (lambda t: t.cuda.Event(enable_timing=True), ("error", RuntimeError,
        "Tried to instantiate dummy base class Event")),
    (lambda t: t.cuda.Stream(), ("error", RuntimeError, "torch.cuda.Stream requires CUDA support")),
    (lambda t: t.cuda.stream(None).__enter__(), ("value", "None")),
    (lambda t: t.accelerator.is_available(), ("value", "False")),
    (lambda t: t.accelerator.current_accelerator(), ("value", "None")),
    (lambda t: t.accelerator.device_count(), ("value", "0")),
    (lambda t: t.ones(1).cuda(), NO_CUDA),
    (lambda t: t.ones(1, device="cuda"), NO_CUDA),
    (lambda t: t.version.cuda, ("value", "None")),
    (lambda t: t.backends.cuda.is_built(), ("value", "False")),
    (lambda t: t.backends.cudnn.is_available(), ("value", "False")),
    (lambda t: t.backends.cudnn.version(), ("value", "None")),
])
def test_without_a_gpu(call, answer, no_gpu):
    assert outcome(minitorch, call) == answer
    if torch.version.cuda is None:  # torch itself, where it was built without CUDA
        same(call)


@pytest.mark.parametrize("call", [lambda t: t.cuda.set_device(0), lambda t: t.cuda.reset_peak_memory_stats()])
def test_what_torch_refuses_by_accident(call, no_gpu):
    """A torch without CUDA says here that a function of its own C++ module is missing."""
    assert outcome(minitorch, call) == NO_CUDA


@pytest.mark.needs("gpu")
def test_with_a_gpu():
    cuda = minitorch.cuda
    assert cuda.is_available() and cuda.device_count() >= 1 and cuda.get_device_name(0)
    assert cuda.get_device_capability(0) >= (5, 0) and cuda.mem_get_info()[1] == (
        cuda.get_device_properties(0).total_memory)
    with cuda.device(0):
        before, start, end = cuda.memory_allocated(), cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
        start.record()
        x = minitorch.ones(1000, 1000, device="cuda")
        end.record()
        end.synchronize()
        assert start.elapsed_time(end) > 0 and end.query()
    assert cuda.memory_allocated() >= before + x.nbytes and cuda.memory_reserved() >= cuda.memory_allocated()


def test_nothing_is_imported_that_nobody_asked_for():
    source = """
import sys, minitorch
minitorch.cuda, minitorch.backends, minitorch.amp, minitorch.einops_backend
print([name for name in ("cupy", "einops", "tensorboardX", "torch", "threadpoolctl") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, PYTHONPATH=str(ROOT)))
    assert (done.stdout, done.stderr) == ("[]\n", "")


# ---------------------------------------------------------------- backends and switches


@pytest.mark.parametrize("call", [
    lambda t: t.backends.cudnn.enabled, lambda t: t.backends.cudnn.benchmark, lambda t: t.backends.cudnn.deterministic,
    lambda t: t.backends.cudnn.allow_tf32, lambda t: t.backends.cudnn.benchmark_limit,
    lambda t: t.backends.mps.is_available(), lambda t: t.backends.mps.is_built(),
    lambda t: t.backends.cuda.matmul.allow_tf32, lambda t: t.backends.cuda.matmul.nonsense,
    lambda t: setattr(t.backends.cuda.matmul, "nonsense", True),
    lambda t: t.backends.cuda.matmul.allow_fp16_reduced_precision_reduction,
    lambda t: t.version.debug,
    lambda t: t.set_float32_matmul_precision(3), lambda t: t.use_deterministic_algorithms(1),
    lambda t: t.use_deterministic_algorithms("yes"), lambda t: t.set_warn_always(1),
    lambda t: t.set_num_threads(0), lambda t: t.set_num_threads(-1), lambda t: t.set_num_threads("2"),
    lambda t: t.set_num_threads(1.0), lambda t: t.set_num_threads(True), lambda t: t.set_num_interop_threads(0),
    lambda t: t.is_autocast_enabled(), lambda t: t.is_autocast_enabled("cpu"),
    lambda t: t.compile(len, mode="reduce-overhead", options={}),
    lambda t: t.multiprocessing.get_sharing_strategy(),
    lambda t: t.multiprocessing.get_start_method(), lambda t: t.multiprocessing.get_all_start_methods(),
    lambda t: t.is_storage(t.ones(1)), lambda t: t.is_storage(t.ones(1).untyped_storage()),
    lambda t: t.is_storage(t.ones(1).storage()), lambda t: t.is_storage(3),
    lambda t: [t.typename(x) for x in (t.ones(1), t.arange(2), t.nn.Parameter(t.ones(1)), 1, "a", [], len, int,
                                       np.ones(1), Path, os.getcwd)],
    lambda t: t.autograd.Variable(t.ones(2)), lambda t: t.autograd.Variable(t.ones(2), requires_grad=True),
    lambda t: t.autograd.Variable(1), lambda t: isinstance(t.ones(1), t.autograd.Variable),
    lambda t: isinstance(1, t.autograd.Variable),
    lambda t: t.distributed.is_initialized(), lambda t: t.distributed.get_rank(),
    lambda t: t.distributed.get_world_size(), lambda t: t.distributed.barrier(),
    lambda t: t.distributed.all_reduce(t.ones(1)), lambda t: t.distributed.destroy_process_group(),
    lambda t: t.nn.parallel.DistributedDataParallel(t.nn.Linear(1, 1)),
])
def test_answers(call):
    same(call)


def test_processes_that_would_talk_to_each_other():
    assert minitorch.distributed.is_available() is False
    with pytest.raises(NotImplementedError, match="distributed.init_process_group: training runs in one process"):
        minitorch.distributed.init_process_group(backend="gloo")


def set_and_get(*steps):
    return pytest.mark.parametrize("script", steps)


@set_and_get(
    lambda t: [t.get_float32_matmul_precision(), t.set_float32_matmul_precision("high"),
               t.get_float32_matmul_precision(), t.backends.cuda.matmul.allow_tf32],
    lambda t: [t.set_float32_matmul_precision("medium"), t.get_float32_matmul_precision(),
               t.backends.cuda.matmul.allow_tf32, t.set_float32_matmul_precision("highest"),
               t.backends.cuda.matmul.allow_tf32],
    lambda t: [setattr(t.backends.cuda.matmul, "allow_tf32", True), t.get_float32_matmul_precision(),
               setattr(t.backends.cuda.matmul, "allow_tf32", False), t.get_float32_matmul_precision()],
    lambda t: [t.set_float32_matmul_precision("nonsense"), t.get_float32_matmul_precision()],
    lambda t: [t.are_deterministic_algorithms_enabled(), t.use_deterministic_algorithms(True),
               t.are_deterministic_algorithms_enabled(), t.is_deterministic_algorithms_warn_only_enabled()],
    lambda t: [t.use_deterministic_algorithms(True, warn_only=True), t.are_deterministic_algorithms_enabled(),
               t.is_deterministic_algorithms_warn_only_enabled()],
    lambda t: [t.is_warn_always_enabled(), t.set_warn_always(True), t.is_warn_always_enabled()],
    lambda t: [t.multiprocessing.set_sharing_strategy("file_system"), t.multiprocessing.get_sharing_strategy()],
    lambda t: sorted(t.multiprocessing.get_all_sharing_strategies()),
)
def test_what_is_set_is_given_back(script, kept):
    same(script)


def test_switches_of_cudnn():
    for t in (minitorch, torch):
        cudnn = t.backends.cudnn
        cudnn.benchmark, cudnn.deterministic = True, True
        with cudnn.flags(enabled=False, benchmark=False):
            assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (False, False, False)
        assert (cudnn.enabled, cudnn.benchmark, cudnn.deterministic) == (True, True, True)
        cudnn.benchmark, cudnn.deterministic = False, False


def test_threads():
    before = minitorch.get_num_threads()
    try:
        for count in (2, 1):
            minitorch.set_num_threads(count)
            assert minitorch.get_num_threads() == count
    finally:
        minitorch.set_num_threads(before)


def test_threads_of_a_blas_that_cannot_be_told(kept, monkeypatch):
    monkeypatch.setattr(settings, "blas_threads", lambda: None)
    with pytest.warns(UserWarning, match="the threads of this NumPy's BLAS cannot be set from here"):
        minitorch.set_num_threads(3)
    assert minitorch.get_num_threads() == 3


def test_threads_through_threadpoolctl(monkeypatch):
    """The way to a BLAS whose functions are not OpenBLAS's."""
    pytest.importorskip("threadpoolctl")
    before = minitorch.get_num_threads()
    monkeypatch.setattr(settings.ctypes, "CDLL", lambda path, real=settings.ctypes.CDLL, **rest: (
        types.SimpleNamespace() if "_multiarray_umath" in path else real(path, **rest)))
    get, put = settings.blas_threads()
    put(2)
    assert get() == 2
    put(before)


def test_interop_threads_are_set_once(kept):
    kept.interop_threads = None
    minitorch.set_num_interop_threads(3)
    assert minitorch.get_num_interop_threads() == 3
    with pytest.raises(RuntimeError, match="Error: cannot set number of interop threads after parallel work has "
                                           "started or set_num_interop_threads called"):
        minitorch.set_num_interop_threads(3)


def test_a_precision_that_is_none(kept):
    call = lambda t: t.set_float32_matmul_precision("exact")
    assert told(minitorch, call) == told(torch, call)


def test_compile_gives_back_what_it_gets(kept):
    model = minitorch.nn.Linear(2, 1)
    kept.told_of_compile = False
    assert told(minitorch, lambda t: t.compile(model)) == [
        (UserWarning, "torch.compile returns its argument as it is: nothing is compiled")]
    assert told(minitorch, lambda t: t.compile(model, mode="max-autotune", fullgraph=True)) == []  # told once is enough
    assert minitorch.compile(model) is model

    @minitorch.compile
    def double(x):
        return 2 * x

    @minitorch.compile(dynamic=True)
    def half(x):
        return x / 2

    assert half(double(minitorch.ones(2))).tolist() == [1.0, 1.0]


def test_multiprocessing_is_pythons():
    assert {name for name in multiprocessing.__all__ if name != "reducer"} <= set(minitorch.multiprocessing.__all__)
    assert minitorch.multiprocessing.Process is multiprocessing.Process
    with pytest.raises(AssertionError, match="invalid sharing strategy 'none', expected one of"):
        minitorch.multiprocessing.set_sharing_strategy("none")


# ---------------------------------------------------------------- amp


@pytest.mark.parametrize("call", [
    lambda t: t.autocast(3), lambda t: t.autocast(3, enabled=False), lambda t: t.autocast(),
    lambda t: t.amp.GradScaler("cpu", enabled=False).is_enabled(),
    lambda t: t.amp.GradScaler("cpu", enabled=False).get_scale(),
    lambda t: t.amp.GradScaler("cpu", enabled=False).state_dict(),
    lambda t: t.amp.GradScaler("cpu", enabled=False).load_state_dict({"scale": 2.0}),
    lambda t: t.amp.GradScaler("cpu", enabled=False).scale(t.ones(2)),
    lambda t: t.autocast is t.amp.autocast,
])
def test_mixed_precision_switched_off(call):
    same(call)


@pytest.mark.parametrize("call", [
    lambda t: t.autocast("cuda"), lambda t: t.autocast(device_type="cuda", dtype=t.float16),
    lambda t: t.autocast("cuda", enabled=False), lambda t: t.autocast("cpu", enabled=False),
    lambda t: t.autocast("cpu", dtype=t.float32), lambda t: t.amp.GradScaler(), lambda t: t.amp.GradScaler("cuda"),
    lambda t: t.amp.GradScaler(enabled=False), lambda t: t.cuda.amp.autocast(), lambda t: t.cuda.amp.GradScaler(),
    lambda t: t.cuda.amp.autocast(enabled=False), lambda t: t.cuda.amp.GradScaler(enabled=False),
])
def test_mixed_precision_without_a_gpu_warns_as_torch_does(call, no_gpu):
    if torch.cuda.is_available():
        assert not any("Disabling" in sentence for _, sentence in told(torch, call))
    else:
        assert told(minitorch, call) == told(torch, call)


@pytest.mark.parametrize("call, sentence", [
    (lambda t: t.autocast("cpu"), "autocast: mixed precision on 'cpu'; pass enabled=False to go on without it"),
    (lambda t: t.autocast("cpu", dtype=t.float16), "autocast: mixed precision on 'cpu'; pass enabled=False"),
    (lambda t: t.amp.GradScaler("cpu"), "GradScaler: enabled"),
])
def test_mixed_precision_on_the_cpu_is_refused(call, sentence):
    with pytest.raises(NotImplementedError, match=sentence):
        call(minitorch)


def train_with_amp(t):
    """A training loop as it is written for a GPU."""
    t.manual_seed(0)
    model = t.nn.Linear(3, 1)
    optimizer, scaler = t.optim.SGD(model.parameters(), lr=0.1), t.cuda.amp.GradScaler()

    @t.autocast("cuda")
    def loss_of(x):
        return (model(x) ** 2).mean()

    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        with t.cuda.amp.autocast():
            loss = loss_of(t.arange(6.0).reshape(2, 3) / 6)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    return np.array(losses)


def test_a_script_for_a_gpu_trains_without_one(no_gpu):
    if not torch.cuda.is_available():
        same(train_with_amp, rtol=1e-6)


# ---------------------------------------------------------------- DataParallel


def with_data_parallel(t):
    t.manual_seed(0)
    model = t.nn.DataParallel(t.nn.Sequential(t.nn.Linear(3, 2), t.nn.Tanh()), device_ids=[0, 1])
    y = model(t.ones(4, 3))
    y.sum().backward()
    return [list(model.state_dict()), model.device_ids, model.module is model._modules["module"],
            y.detach(), model.module[0].weight.grad, text(repr(model)), [name for name, _ in model.named_parameters()]]


def test_data_parallel(no_gpu):
    assert minitorch.nn.parallel.DataParallel is minitorch.nn.DataParallel
    if not torch.cuda.is_available():
        same(with_data_parallel, rtol=1e-6)


# ---------------------------------------------------------------- what is missing


@pytest.mark.parametrize("name", ["", "nn", "nn.functional", "nn.parallel", "optim", "utils", "autograd", "cuda",
                                  "backends", "distributed"])
def test_what_is_missing_is_named(name):
    module = importlib.import_module(f"minitorch.{name}".rstrip("."))
    assert not hasattr(module, "nonsense") and getattr(module, "nonsense", 3) == 3
    with pytest.raises(AttributeError) as raised:
        module.nonsense  # noqa: B018
    assert str(raised.value) == (f"module '{module.__name__}' has no attribute 'nonsense': either torch has none, or "
                                 "minitorch does not have it yet")
    assert raised.value.name == "nonsense" and raised.value.obj is module
    with pytest.raises(ImportError, match="cannot import name 'nonsense'"):
        exec(f"from {module.__name__} import nonsense")


def test_every_module_that_scripts_import():
    source = """
import torch.backends.cudnn as cudnn, torch.multiprocessing as mp, torch.utils.dlpack, torch.cuda
from torch.cuda.amp import GradScaler, autocast
from torch.amp import autocast as other
from torch.autograd import Variable
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.distributed import destroy_process_group, init_process_group
import torch, minitorch
cudnn.benchmark = True
assert torch.backends.cudnn is cudnn is minitorch.backends.cudnn and minitorch.backends.cudnn.benchmark
assert mp is minitorch.multiprocessing and issubclass(autocast, other) and torch.version.cuda is None
"""
    run = f"import minitorch.run; minitorch.run.install(); exec(compile({source!r}, 'script', 'exec'))"
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, PYTHONPATH=str(ROOT)))
    assert (done.returncode, done.stderr) == (0, "")


# ---------------------------------------------------------------- tensorboard


def events(folder):
    """(tag, step, value) of what was written; a record is a length, its checksum, the event, and its checksum."""
    from tensorboardX.proto.event_pb2 import Event

    for path in sorted(Path(folder).glob("events*")):
        data = path.read_bytes()
        while data:
            length = int.from_bytes(data[:8], "little")
            event, data = Event.FromString(data[12:12 + length]), data[16 + length:]
            yield from ((value.tag, event.step, value) for value in event.summary.value)


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboardX")
    from minitorch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("loss", minitorch.tensor(1.5, requires_grad=True), 3)
        writer.add_scalar("lr", 0.5, 4)
        writer.add_scalar("accuracy", scalar_value=minitorch.tensor([0.25]), global_step=5)
        writer.add_histogram("weights", minitorch.arange(6.0), 1)
        writer.add_image("picture", minitorch.zeros(3, 4, 5), 2)
        writer.add_text("note", "done")
        with pytest.raises(NotImplementedError, match="SummaryWriter.add_graph"):
            writer.add_graph(minitorch.nn.Linear(1, 1), minitorch.ones(1, 1))
    found = {tag: (step, value) for tag, step, value in events(tmp_path)}
    assert {tag: (step, value.simple_value) for tag, (step, value) in found.items() if step >= 3} == {
        "loss": (3, 1.5), "lr": (4, 0.5), "accuracy": (5, 0.25)}
    assert (found["weights"][1].histo.num, found["weights"][1].histo.sum) == (6, 15)
    assert (found["picture"][1].image.height, found["picture"][1].image.width) == (4, 5)


def test_tensorboard_that_is_not_there(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    monkeypatch.delitem(sys.modules, "minitorch.utils.tensorboard", raising=False)
    with pytest.raises(ImportError, match="minitorch.utils.tensorboard needs the package tensorboardX"):
        importlib.import_module("minitorch.utils.tensorboard")


# ---------------------------------------------------------------- doctor


def rows(printed: str) -> dict:
    return {line[:13].strip(): line[14:] for line in printed.partition("\n\n")[0].splitlines()}


@pytest.mark.needs("compiler")
def test_doctor(capsys):
    assert doctor.main() == 0
    printed = capsys.readouterr().out
    table = rows(printed)
    assert list(table) == ["minitorch", "Python", "NumPy", "BLAS", "CuPy", "CUDA", "C++ compiler", "gradcheck",
                           "kernels"]
    assert table["minitorch"] == minitorch.__version__ and table["NumPy"] == np.__version__
    assert f"threads: {minitorch.get_num_threads()}, cores: " in table["BLAS"] and table["gradcheck"] == "passed"
    place = "on the GPU" if minitorch.cuda.is_available() else "in the simulator"
    assert table["kernels"] == f"softmax.cu passed, {place}"
    assert all(len(line) <= 120 for line in printed.splitlines())


def test_doctor_says_what_to_install(capsys, monkeypatch, no_gpu):
    monkeypatch.setattr(doctor.importlib.metadata, "distributions", lambda: [])
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor.simulator, "compiler", doctor.simulator.compiler.__wrapped__)  # without its memory
    assert doctor.main() == 0
    printed = capsys.readouterr().out
    table = rows(printed)
    assert (table["CuPy"], table["CUDA"], table["C++ compiler"]) == (
        "not installed", "no NVIDIA driver found", "none found")
    assert table["kernels"] == "not run: there is neither a GPU nor a C++ compiler"
    assert printed.endswith("\n\nWithout an NVIDIA GPU everything runs on the CPU.\n"
                            "To run kernels without a GPU, install g++ or clang++.\n")
    monkeypatch.setattr(doctor, "driver", lambda: "NVIDIA H100, 580.1")
    assert doctor.main() == 0
    printed = capsys.readouterr().out
    assert "CUDA          NVIDIA H100, 580.1, not reached\n" in printed and "pip install cupy-cuda13x" in printed


def test_doctor_of_a_broken_installation(capsys, monkeypatch):
    """A wrong formula is found, the other rows are printed, and the exit status tells."""
    monkeypatch.setattr(minitorch.Tensor, "tanh", lambda x: x.detach().tanh_() + x * 0.5)
    assert doctor.main() == 1
    printed = capsys.readouterr().out
    assert rows(printed)["gradcheck"].startswith("FAILED: ") and "kernels" in rows(printed)
    assert "gradcheck does not work as it should: please report this table.\n" in printed

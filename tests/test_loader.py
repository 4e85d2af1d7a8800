"""From a .cu file to a launch: what the loader reads, refuses, compiles and keeps; and the simulator's own manners."""

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from minitorch.kernels import KernelError, TensorMap, cache, kernel, nvrtc, simulate, simulator, strided
from minitorch.kernels.simulator import Program
from minitorch.kernels.source import Source

from minitorch import sim

ROOT = Path(__file__).parent.parent
compiler = pytest.mark.needs("compiler")

SCALE = """// arch: sm_80
/* __global__ void not_me(int) */
template <int each>  // as many numbers for a thread
__global__ void __launch_bounds__((64) * 2) scale(const float* __restrict__ x, float *y, long long n,
                                                   const scalar_t factor, bool negate) {
    for (int i = 0; i < each; i++) {
        long long at = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * each + i;
        if (at < n) y[at] = (negate ? -x[at] : x[at]) * factor;
    }
}
"""


@pytest.fixture
def scale(tmp_path):
    path = tmp_path / "scale.cu"
    path.write_text(SCALE)
    return kernel(path, "scale<3>", scalar_t="float")


def arrays(n: int = 10):
    return sim.xp.arange(n, dtype="float32"), sim.xp.empty(n, "float32")


# ---------------------------------------------------------------- reading


def test_what_a_file_says_of_itself(tmp_path):
    (tmp_path / "a.cuh").write_text('#include "b.cuh"\n')
    (tmp_path / "b.cuh").write_text("// nothing\n")
    path = tmp_path / "c.cu"
    path.write_text('#include "a.cuh"\n' + SCALE)
    found = Source(path)
    assert list(found.kernels) == ["scale"] and (found.arch, found.exact) == (80, False)
    assert [tuple(p) for p in found.parameters("scale<3>")] == [
        ("float", True, True, "x"), ("float", True, False, "y"), ("long long", False, False, "n"),
        ("scalar_t", False, True, "factor"), ("bool", False, False, "negate")]
    assert [p.name for p in found.included] == ["a.cuh", "b.cuh"]
    (tmp_path / "b.cuh").write_text("// something\n")
    assert Source(path).digest != found.digest, "a change in an included file must be seen"
    with pytest.raises(ValueError, match="c.cu has no kernel 'scales'; it has scale"):
        found.parameters("scales")
    (tmp_path / "a.cuh").unlink()
    with pytest.raises(FileNotFoundError, match="c.cu includes a.cuh, which is not there"):
        Source(path)
    with pytest.raises(FileNotFoundError, match="no file nothing.cu here and none in kernels/"):
        kernel("nothing.cu", "f")


# ---------------------------------------------------------------- launching


@compiler
def test_a_launch(scale):
    x, y = arrays()
    scale(2, 2, (x, y, 10, 0.5, True))
    np.testing.assert_array_equal(y.get(), np.arange(10) * np.float32(-0.5))


REFUSED = {  # what is passed: (grid, block, args, error, sentence)
    "too few": (1, 4, lambda x, y: (x, y), TypeError, r"takes 5 arguments \(x, y, n, factor, negate\), not 2"),
    "a host array": (1, 4, lambda x, y: (x.get(), y, 1, 1.0, False), TypeError,
                     "argument 1, 'x', must be an array on the GPU or the simulator, not a NumPy array"),
    "a list": (1, 4, lambda x, y: ([1.0], y, 1, 1.0, False), TypeError, "'x', must be an array .*, not list"),
    "the wrong dtype": (1, 4, lambda x, y: (x, y.astype("float64"), 1, 1.0, False), TypeError,
                        "argument 2, 'y', must be of float32, not float64"),
    "not contiguous": (1, 4, lambda x, y: (x[::2], y, 1, 1.0, False), TypeError,
                       r"argument 1, 'x', must be contiguous, not of strides \(8,\)"),
    "a float for an int": (1, 4, lambda x, y: (x, y, 1.0, 1.0, False), TypeError,
                           "argument 3, 'n', must be a number of type long long, not float"),
    "too large an int": (1, 4, lambda x, y: (x, y, 1 << 63, 1.0, False), TypeError, "'n', must be within long long"),
    "no blocks": (0, 4, lambda x, y: (x, y, 1, 1.0, False), ValueError, "grid must be up to three whole numbers"),
    "too many threads": ((1, 1), (64, 32), lambda x, y: (x, y, 1, 1.0, False), ValueError, "more than 1024 threads"),
    "four dimensions": ((1, 1, 1, 1), 4, lambda x, y: (x, y, 1, 1.0, False), ValueError, "up to three whole numbers"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_argument_is_named(scale, what):
    grid, block, args, error, sentence = REFUSED[what]
    with pytest.raises(error, match=sentence):
        scale(grid, block, args(*arrays()))


def test_too_much_shared_memory(scale):
    with pytest.raises(ValueError, match="233472 bytes of shared memory; a block can have 232448"):
        scale(1, 4, (*arrays(), 1, 1.0, False), shared_bytes=228 << 10)


def test_a_type_that_nobody_knows(tmp_path):
    path = tmp_path / "odd.cu"
    path.write_text("__global__ void odd(quaternion* q) {}")
    with pytest.raises(TypeError, match="parameter 'q' has a type that the loader does not know: quaternion"):
        kernel(path, "odd")(1, 1, (arrays()[0],))


@compiler
def test_arrays_that_overlap_are_one_memory_in_check_mode(scale):
    x = sim.xp.arange(10, dtype="float32")
    with simulate("check"):
        scale(1, 2, (x, x, 6, 2.0, False))
        scale(1, 1, (x[:3], strided(x[7:]), 3, 10.0, False))
    np.testing.assert_array_equal(x.get(), [0, 2, 4, 6, 8, 10, 6, 0, 20, 40])


@compiler
def test_a_null_pointer_is_passed_and_its_use_reported(scale):
    with simulate("check"), pytest.raises(KernelError, match=r"out of bounds: thread 0 of .* writes 4 bytes"):
        scale(1, 1, (arrays()[0], None, 1, 1.0, False))


# ---------------------------------------------------------------- compiling and keeping


@compiler
def test_what_does_not_compile_is_shown(tmp_path):
    path = tmp_path / "wrong.cu"
    path.write_text("__global__ void wrong(float* x) {\n    x[0] = nothing;\n}\n")
    with pytest.raises(RuntimeError, match="does not compile wrong.cu, wrong:\n(.|\n)*wrong.cu:2:.*nothing"):
        kernel(path, "wrong")(1, 1, (arrays()[0],))
    path = tmp_path / "two.cu"
    path.write_text("__global__ void two(float* x) {\n    __shared__ float a[2], b[2];\n}\n")
    with pytest.raises(SyntaxError, match=r"one __shared__ array to a declaration, please: +__shared__ float a"):
        kernel(path, "two")(1, 1, (arrays()[0],))


def test_without_a_compiler(monkeypatch):
    monkeypatch.setattr(simulator.shutil, "which", lambda name: None)
    simulator.compiler.cache_clear()
    try:
        with pytest.raises(RuntimeError, match=r"needs g\+\+ or clang\+\+; neither was found"):
            simulator.compiler()
    finally:
        monkeypatch.undo()
        simulator.compiler.cache_clear()


@compiler
def test_two_processes_may_compile_at_once(tmp_path):
    """Both get a whole program, nothing half-made stays, and a third finds it made."""
    path = tmp_path / "scale.cu"
    path.write_text(SCALE)
    code = (f"from minitorch import sim; from minitorch.kernels import kernel; x = sim.xp.ones(4, 'float32'); "
            f"kernel({str(path)!r}, 'scale<1>', scalar_t='float')(1, 4, (x, x, 4, 3.0, False)); print(x.get().sum())")
    env = {**os.environ, "MINITORCH_CACHE": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True) for _ in range(3)]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert out == "12.0\n", err
    made = sorted(p.name.rpartition("-")[0] for p in (tmp_path / "cache").iterdir())
    assert made == ["scale-1-plain", "simulator"]
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*")}
    assert subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True).stdout == "12.0\n"
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*")}


def test_where_the_cache_is(tmp_path, monkeypatch):
    def folder():
        cache.folder.cache_clear()
        return cache.folder()

    monkeypatch.setenv("MINITORCH_CACHE", str(tmp_path / "mine"))
    assert folder() == tmp_path / "mine" and folder().is_dir()
    monkeypatch.delenv("MINITORCH_CACHE")
    monkeypatch.setattr(cache, "user_folder", lambda: tmp_path / "home")
    assert folder() == tmp_path / "home" / "minitorch"
    (tmp_path / "a file").write_text("")
    monkeypatch.setattr(cache, "user_folder", lambda: tmp_path / "a file")
    last = folder()
    assert last.is_dir() and last.name.startswith("minitorch-") and last.stat().st_mode & 0o077 == 0
    last.rmdir()
    cache.folder.cache_clear()


def test_a_build_that_fails_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "folder", lambda: tmp_path)

    def build(folder):
        (folder / "half").write_text("made")
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        cache.cached("thing", ("facts",), build)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- the simulator


def run(text: str, name: str, folder: Path, grid, block, *args, shared_bytes: int = 0, mode: str = "check", **how):
    path = folder / "one.cu"
    path.write_text(text)
    program = Program(Source(path), name, mode, ())
    values = [None if isinstance(a, np.ndarray) else ctypes.c_int(a) for a in args]
    pointers = [(f"argument {k}", a, True) for k, a in enumerate(args) if isinstance(a, np.ndarray)]
    with simulate(mode, **how) as counts:
        program.launch(values, pointers, (*grid, 1, 1)[:3], (*block, 1, 1)[:3], shared_bytes)
    return counts


@compiler
@pytest.mark.parametrize("schedule", ["forward", "reverse", "random"])
def test_warp_and_block_operations(tmp_path, schedule):
    """Shuffles, votes and counts against their definitions."""
    text = """__global__ void f(int* out) {
        int t = threadIdx.x, lane = t % 32;
        out[t * 8] = __shfl_sync(~0u, t, 5);
        out[t * 8 + 1] = __shfl_xor_sync(~0u, t, 6, 8);
        out[t * 8 + 2] = __shfl_down_sync(~0u, t, 3, 16);
        out[t * 8 + 3] = __shfl_up_sync(~0u, t, 3);
        out[t * 8 + 4] = __popc(__ballot_sync(~0u, t % 3 == 0));
        out[t * 8 + 5] = __syncthreads_count(t % 5 == 0);
        out[t * 8 + 6] = __any_sync(~0u, t == 40) + 2 * __all_sync(~0u, t < 40);
        out[t * 8 + 7] = __syncthreads_or(t == 63) + 2 * __syncthreads_and(t < 63) + (lane == __ffs(1 << lane) - 1);
    }"""
    out = np.zeros((64, 8), np.int32)
    run(text, "f", tmp_path, (1,), (64,), out, schedule=schedule)
    t = np.arange(64)
    lane, warp = t % 32, t // 32
    expected = [warp * 32 + 5, t ^ 6, np.where(lane % 16 + 3 < 16, t + 3, t), np.where(lane >= 3, t - 3, t),
                np.full(64, 11), np.full(64, 13), np.array([2, 1])[warp], np.full(64, 2)]
    np.testing.assert_array_equal(out.T, expected)


@compiler
def test_atomic_additions_of_blocks_are_no_race_but_plain_ones_are(tmp_path):
    text = "__global__ void f(int* sum) { %s; }"
    total = np.zeros(1, np.int32)
    run(text % "atomicAdd(sum, 1)", "f", tmp_path, (3,), (40,), total)
    assert total[0] == 120
    with pytest.raises(KernelError, match="race: .*at one.cu:1 and one.cu:1"):
        run(text % "sum[0] += 1", "f", tmp_path, (3,), (1,), total)


@compiler
def test_shared_memory_is_lost_between_blocks_and_begins_as_nan(tmp_path):
    text = """__global__ void f(float* y) {
        __shared__ float kept[4];
        y[blockIdx.x * 4 + threadIdx.x] = kept[threadIdx.x];
        kept[threadIdx.x] = 1.f;
    }"""
    y = np.zeros(8, np.float32)
    run(text, "f", tmp_path, (2,), (4,), y, mode="plain")
    assert np.isnan(y).all()
    with pytest.raises(KernelError, match="uninitialised: thread 0 .* reads byte 0 of 'kept'"):
        run(text, "f", tmp_path, (2,), (4,), y)


@compiler
def test_what_waits_for_ever_is_reported(tmp_path):
    text = "__global__ void f(int* x) { if (threadIdx.x < 16) __syncwarp(0x%xu); %s }"
    x = np.zeros(1, np.int32)
    with pytest.raises(KernelError, match="deadlock: thread 0 of .* waits at the warp operation of one.cu:1"):
        run(text % (0x1FFFF, "else while (x[0] < 0);"), "f", tmp_path, (1,), (32,), x, mode="plain")
    with pytest.raises(KernelError, match="partial mask: .* lacks its own lane"):
        run(text % (1, ""), "f", tmp_path, (1,), (32,), x, mode="plain")
    with pytest.raises(KernelError, match="divergent barrier: .* has ended while other threads wait"):
        run("__global__ void f(int* x) { if (threadIdx.x) __syncthreads(); }", "f", tmp_path, (1,), (8,), x)


@compiler
def test_a_random_schedule_repeats_with_its_seed(tmp_path):
    text = """__global__ void f(int* order, int* next) { order[next[0]] = threadIdx.x; next[0] += 1; }"""

    def order(seed: int) -> list:
        order, following = np.zeros(50, np.int32), np.zeros(1, np.int32)
        run(text, "f", tmp_path, (1,), (50,), order, following, mode="plain", schedule="random", seed=seed)
        return order.tolist()

    assert order(1) == order(1) != order(2) and sorted(order(1)) == list(range(50))


@compiler
def test_accesses_are_counted_exactly(tmp_path):
    text = """__global__ void f(float* x) {
        __shared__ float tile[32 * 32];
        tile[threadIdx.x] = x[threadIdx.x * 8];
        __syncwarp();
        tile[threadIdx.x * 32] = x[0];
        __syncwarp();
        tile[threadIdx.x * 2] = x[threadIdx.x ^ 1];
    }"""
    counts = run(text, "f", tmp_path, (1,), (32,), np.zeros(256, np.float32))
    found = {(a.place, a.memory, a.kind): (a.requests, a.cost, a.ideal) for a in counts.values()}
    assert found == {
        ("one.cu:3", "global", "load"): (1, 32, 4), ("one.cu:3", "shared", "store"): (1, 1, 1),
        ("one.cu:5", "global", "load"): (1, 1, 1), ("one.cu:5", "shared", "store"): (1, 32, 1),
        ("one.cu:7", "global", "load"): (1, 4, 4), ("one.cu:7", "shared", "store"): (1, 2, 1)}


@compiler
def test_gdb_may_stop_at_a_line_of_the_cu_file(tmp_path):
    """Debug mode leaves the lines of the .cu file in the program."""
    text = "__global__ void f(int* x) {\n    int twice = x[0] * 2;\n    x[0] = twice;\n}"
    x = np.array([4], np.int32)
    run(text, "f", tmp_path, (1,), (1,), x, mode="debug")
    assert x[0] == 8
    program = Program(Source(tmp_path / "one.cu"), "f", "debug", ())
    base = program.library.sim_base()
    start = ctypes.cast(program.library.launch, ctypes.c_void_p).value
    lines = {program.lines.of([start + k])[start + k] for k in range(-400, 1)}
    assert {"one.cu:2", "one.cu:3"} <= lines and base < start


def test_settings_are_put_back():
    before = dict(vars(simulator.settings))
    with pytest.raises(KeyError), simulate("check", "random", 3):
        assert simulator.settings.mode == "check" and simulator.settings.seed == 3
        raise KeyError
    assert vars(simulator.settings) == before
    with pytest.raises(ValueError, match="mode must be one of plain, check, debug, not 'fast'"), simulate("fast"):
        raise AssertionError
    with pytest.raises(ValueError, match="schedule must be one of forward, reverse, random"), simulate("plain", "up"):
        raise AssertionError


# ---------------------------------------------------------------- on the command line


def command(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "minitorch.kernels", *arguments], capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300)


@compiler
def test_check_and_profile_on_the_command_line():
    began = time.monotonic()
    done = command("check", "cross_entropy.cu")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == 24 and all(" ok " in line for line in lines), done.stderr
    done = command("profile", "cross_entropy.cu")
    assert done.returncode == 0 and {"thread", "warp", "block"} <= set(done.stdout.splitlines()), done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("cross_entropy.cu:"))
    assert row.split()[1:3] == ["global", "load"] and time.monotonic() > began
    done = command("check", str(ROOT / "tests" / "test_loader.py"))
    assert done.returncode == 1 and "no calls are known; there are some for softmax.cu" in done.stderr


@pytest.mark.needs("nvrtc", "compiler")
def test_compile_on_the_command_line():
    done = command("compile", "cross_entropy.cu", "--arch", "sm_90")
    assert done.returncode == 0, done.stderr
    header, *lines = done.stdout.splitlines()
    assert header.split()[:3] == ["on", "sm_90", "registers"]
    assert [line.rpartition(">")[0] + ">" for line in lines] == [
        f"cross_entropy{b}<{team}>" for b in ("", "_backward") for team in ("Block", "Thread", "Warp")]
    assert command("compile", "cross_entropy.cu", "--arch", "90").returncode == 1


# ---------------------------------------------------------------- tensor cores

PRODUCT = """// arch: sm_80
#include "ptx.cuh"
// c (16 x 8) = a (16 x 16) b (16 x 8), all row after row: b is transposed on its way to the registers
extern "C" __global__ void product(const unsigned short* a, const unsigned short* b, float* c) {
    __shared__ __align__(16) unsigned short a_tile[16][24];
    __shared__ __align__(16) unsigned short b_tile[16][24];
    int lane = threadIdx.x;
    for (int i = lane; i < 256; i += 32) a_tile[i / 16][i % 16] = a[i];
    for (int i = lane; i < 128; i += 32) b_tile[i / 8][i % 8] = b[i];
    for (int i = lane; i < 128; i += 32) b_tile[i / 8][i % 8 + 8] = 0;
    __syncwarp();
    uint32_t of_a[4], of_b[4];
    float sum[4] = {};
    ldmatrix_x4(of_a, &a_tile[lane % 16][lane / 16 * 8]);
    ldmatrix_x4_trans(of_b, &b_tile[lane % 16][lane / 16 * 8]);
    MULTIPLY(sum, of_a, of_b);
    for (int r = 0; r < 4; r++) c[(lane / 4 + r / 2 * 8) * 8 + lane % 4 * 2 + r % 2] = sum[r];
}
"""


@pytest.mark.parametrize("type, bits", [("f16", lambda x: x.astype("float16").view("uint16")),
                                        ("bf16", lambda x: (x.view("uint32") >> 16).astype("uint16"))])
@compiler
def test_tensor_cores(tmp_path, type, bits):
    """ldmatrix and mma put together are a product of matrices."""
    path = tmp_path / "product.cu"
    path.write_text(PRODUCT.replace("unsigned short", "half" if type == "f16" else "__nv_bfloat16")
                    .replace("= 0;", "= 0.f;"))
    rng = np.random.default_rng(0)
    a, b = (rng.integers(-8, 8, shape).astype("float32") for shape in ((16, 16), (16, 8)))  # exact in either type
    c, stored = sim.xp.empty((16, 8), "float32"), "float16" if type == "f16" else "uint16"
    of_a, of_b = (sim.xp.asarray(np.ascontiguousarray(bits(x)).view(stored)) for x in (a, b))
    with simulate("check"):
        kernel(path, "product", MULTIPLY=f"mma_m16n8k16_{type}")(1, 32, (of_a, of_b, c))
    np.testing.assert_array_equal(c.get(), a @ b)


@pytest.mark.needs("nvrtc")
@pytest.mark.parametrize("type", ["f16", "bf16"])
def test_tensor_cores_compile(tmp_path, type):
    """The PTX of ptx.cuh is what the assembler takes, from the architecture on that has it."""
    path = tmp_path / "product.cu"
    path.write_text(PRODUCT)
    defines = (("MULTIPLY", f"mma_m16n8k16_{type}"),)
    assert nvrtc.compile(Source(path), "product", "sm_80", defines).resources["registers"] > 0
    with pytest.raises(RuntimeError, match="NVRTC: "):
        nvrtc.compile(Source(path), "product", "sm_75", defines)


@compiler
def test_half_floats_are_rounded_as_numpy_rounds(tmp_path):
    """Each float16, and floats on and beside the middle between two, to the nearest even."""
    path = tmp_path / "half.cu"
    path.write_text("""__global__ void both(const float* x, half* y, float* back, int n) {
        for (int i = threadIdx.x; i < n; i += 32) y[i] = __float2half(x[i]), back[i] = __half2float(y[i]);
    }""")
    exact = np.arange(1 << 16, dtype="uint16").view("float16").astype("float32")
    exact = exact[np.isfinite(exact)]
    middle = (exact + np.spacing(exact.astype("float16")).astype("float32") / 2).astype("float32")
    up, down = np.nextafter(middle, np.float32(np.inf)), np.nextafter(middle, np.float32(-np.inf))
    edges = np.float32([np.inf, -np.inf, 65519.99, 65520, 1e-8, 2.98e-8, 2.99e-8])
    x = np.concatenate([exact, middle, up, down, edges])
    with np.errstate(over="ignore"):
        expected = x.astype("float16")
    y, back = sim.xp.empty(len(x), "float16"), sim.xp.empty(len(x), "float32")
    kernel(path, "both")(1, 32, (sim.xp.asarray(x), y, back, len(x)))
    np.testing.assert_array_equal(y.get().view("uint16"), expected.view("uint16"))
    np.testing.assert_array_equal(back.get(), expected.astype("float32"))


@pytest.mark.parametrize("array, box, sentence", [
    (np.zeros((4, 60), "float16"), (2, 64), "multiple of 16 bytes apart"),
    (np.zeros((4, 64), "float16").T, (2, 64), "contiguous rows"),
    (np.zeros((4, 4, 64), "float16"), (2, 64), "must be a matrix"),
    (np.zeros((4, 64), "float16"), (2, 32), "not 2 of 64"),
    (np.zeros((4, 64), "float16"), (257, 64), "up to 256 rows"),
])
def test_a_tensor_map_is_made_of_matrices_alone(array, box, sentence):
    with pytest.raises(ValueError, match=sentence):
        TensorMap(sim.SimArray(array), box)


@compiler
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc; the compiler may be there")
def test_a_launch_leaves_no_mapping_behind(scale):
    """A process may have 65,530; stacks and shared arrays go with the launch."""
    def mappings() -> int:
        return len(Path("/proc/self/maps").read_text().splitlines())

    args = (*arrays(), 10, 1.0, False)
    for mode in ("plain", "check"):
        with simulate(mode):
            scale(2, 512, args)
            before = mappings()
            for _ in range(5):
                scale(2, 512, args)
        assert mappings() <= before + 2

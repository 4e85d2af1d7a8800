"""The kernels, run by the simulator through the operations that launch them, at sizes that fit no tile."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from minitorch.kernels import KernelError, cases, launch, nvrtc, simulate
from minitorch.kernels.__main__ import instances
from minitorch.kernels.source import FOLDER, Source, source

import minitorch

ROOT = Path(__file__).parent.parent
compiler = pytest.mark.needs("compiler")
FILES = sorted(path.name for path in FOLDER.glob("*.cu"))
ALSO = ("attention_backward.cu", "matmul_pipelined.cu")  # run by the cases of another file
EACH = [pytest.param(file, case, rung, id=f"{rung}-{case}") for file in FILES if file not in ALSO
        for case, rung in cases.runs(file)]
LIMIT = 3e-6  # of the largest number: float32 keeps 6e-8, and sums of hundreds of products lose some of it


def test_every_file_has_cases():
    assert sorted(cases.CASES) == FILES


def limit(file: str) -> float:
    return 1e-3 if file == "matmul_hopper.cu" else LIMIT  # float16 in and out: 5e-4 each


@compiler
@pytest.mark.parametrize("file, case, rung", EACH)
def test_kernel(file, case, rung):
    """Nothing to report, and the numbers of float64 NumPy, forward and backward, whatever the order of the threads."""
    with simulate("check"):
        assert cases.difference(case, rung) < limit(file)
    for schedule in ("forward", "reverse", "random"):
        with simulate("plain", schedule, seed=7):
            assert cases.difference(case, rung) < limit(file)


@compiler
@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["reverse", "random"])
@pytest.mark.parametrize("file, case, rung", EACH)
def test_kernel_checked_in_other_orders(file, case, rung, schedule):
    with simulate("check", schedule, seed=11):
        assert cases.difference(case, rung) < limit(file)


# ---------------------------------------------------------------- memory accesses


def ratios(file: str, rung: str, pick=lambda case: True) -> dict:
    """The worst ratio of cost to ideal per line and memory."""
    worst = {}
    for case, other in cases.runs(file):
        if other == rung and pick(case):
            with simulate("check") as counts:
                cases.difference(case, rung)
            for access in counts.values():
                key = access.place, access.memory, access.kind
                worst[key] = max(worst.get(key, 0), access.ratio)
    return worst


@compiler
def test_a_warp_reads_neighbours_where_a_thread_does_not():
    def wide(case):
        return case.shapes[0] == (70, 33)

    assert max(ratios("softmax.cu", "thread", wide).values()) > 6  # of 8: a sector for each of the 32 lanes
    assert max(ratios("softmax.cu", "warp", wide).values()) < 1.5  # rows of 33 numbers begin within a sector


@compiler
@pytest.mark.parametrize("file, rung", [("attention.cu", "flash"), ("matmul.cu", "registers"), ("conv2d.cu", "gemm"),
                                        ("matmul_pipelined.cu", "pipelined")])
def test_no_bank_is_asked_twice_in_the_inner_loops(file, rung):
    loads = {place: ratio for (place, memory, kind), ratio in ratios(file, rung).items()
             if memory == "shared" and kind == "load"}
    assert loads and max(loads.values()) == 1, loads


# ---------------------------------------------------------------- machine code


@pytest.mark.needs("nvrtc", "compiler")
@pytest.mark.parametrize("arch", ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90"])
@pytest.mark.parametrize("file", FILES)
def test_compiles_without_spills(file, arch):
    if source(file).exact and arch == "sm_90":
        arch = "sm_90a"  # for Hopper and nothing else
    if int(arch[3:5]) < source(file).arch:
        pytest.raises(RuntimeError, nvrtc.compile, source(file), instances(file)[0], arch)
        return
    for name in instances(file):
        found = nvrtc.compile(source(file), name, arch).resources
        assert 0 < found["registers"] <= 255 and not found["spilled stores"] and not found["spilled loads"], name
        assert not found["stack"] or name.startswith("attention_naive"), name  # which says so where it begins


@pytest.mark.needs("nvrtc")
def test_a_faulty_file_is_refused_with_the_compilers_words(tmp_path):
    path = tmp_path / "faulty.cu"
    path.write_text('extern "C" __global__ void faulty(float* x) { x[0] = nothing; }')
    with pytest.raises(RuntimeError, match='NVRTC: .*\n(.|\n)*"nothing" is undefined'):
        nvrtc.compile(Source(path), "faulty", "sm_90")


# ---------------------------------------------------------------- planted bugs

BUGS = {  # what is wrong: (file, rung, old text, new text, kind of report, text of the line it must name)
    "first barrier of a tile loop missing": (
        "matmul.cu", "tiled", "        __syncthreads();  // the tiles are whole before anyone reads them\n", "",
        "race", "sum += a_tile[y][i] * b_tile[i][x];"),
    "second barrier of a tile loop missing": (
        "matmul.cu", "tiled", "        __syncthreads();  // and read by all before anyone writes the next\n", "",
        "race", "sum += a_tile[y][i] * b_tile[i][x];"),
    "barrier inside an if": (
        "matmul.cu", "tiled", "        __syncthreads();  // the tiles are", "        if (y < 8) __syncthreads();  //",
        "divergent barrier", "if (y < 8) __syncthreads();"),
    "shared index past the end": (
        "matmul.cu", "tiled", "i < T; i++) sum +=", "i <= T; i++) sum +=",
        "out of bounds", "sum += a_tile[y][i] * b_tile[i][x];"),
    "bound check off": (
        "matmul.cu", "naive", "if (row >= m || column >= n) return;", "if (row >= m) return;",
        "out of bounds", "sum += a[(long long)i * a_column]"),
    "misaligned float4": (
        "matmul.cu", "registers", "step == 1 && other % 4 == 0 &&", "step == 1 &&",
        "misaligned", "return *(const float4*)p;"),
    "block reduction without its first barrier": (
        "common.cuh", "block", "    __syncthreads();  // of_warp may still be read", "    // of_warp may still be read",
        "race", "if (lane == 0) of_warp[warp] = v;"),
    "half a shuffle mask": (
        "common.cuh", "warp", "ALL_LANES = 0xffffffffu", "ALL_LANES = 0x0000ffffu",
        "partial mask", "v = Op::join(v, __shfl_xor_sync(ALL_LANES, v, step));"),
    "__syncwarp missing": (
        "attention_backward.cu", "flash", "        __syncwarp();  // gs is there", "        // gs is there",
        "race", "if (N == 4) *(float4*)to = *(const float4*)from;"),
    "first barrier of the attention loop missing": (
        "attention.cu", "flash", "        __syncthreads();  // the values of the turn before have been read\n", "",
        "race", "if (i < ROWS * D) *(float4*)&tile[i / D * vector_pitch(D) + i % D] = held[e];"),
    "row tail not masked": (
        "attention.cuh", "flash", "left = i / D < rows ? d - i % D : 0;", "left = d - i % D;",
        "out of bounds", "held[e] = left > 0 ? *(const float4*)p"),
    "too little dynamic shared memory": (
        "attention.cu", "flash", "p_tile = kv_tile + BC * vector_pitch(D);",
        "p_tile = kv_tile + BC * vector_pitch(D) + 64;",
        "out of bounds", "p_tile[(y + 16 * r) * score_pitch(BC) + x + 16 * c] = p;"),
    "wrong cp.async wait": (
        "matmul_pipelined.cu", "pipelined", "            cp_async_wait<0>();", "            cp_async_wait<1>();",
        "asynchronous", "*(float4*)&of_a[r] = *(const float4*)&a_tile[k][place<BM, TM>(r, y)];"),
    "barrier after the wait missing": (
        "matmul_pipelined.cu", "pipelined", "    __syncthreads();  // and those parts", "    // and those parts",
        "race", "*(float4*)&of_a[r] = *(const float4*)&a_tile[k][place<BM, TM>(r, y)];"),
    "last barrier of the loop missing": (
        "matmul_pipelined.cu", "pipelined", "        __syncthreads();  // all have read", "        // all have read",
        "race", "cp_async_4(&tile[k][i], inside ?"),
    "wrong parity of an mbarrier": (
        "matmul_hopper.cu", "wgmma", "(round & 1) ^ 1);", "round & 1);",
        "deadlock", "mbar_wait(&empty[stage], round & 1);"),
    "missing arrival": (
        "matmul_hopper.cu", "wgmma", "        if (thread % 128 == 0) mbar_arrive(&empty[stage]);\n", "",
        "deadlock", "mbar_wait(&empty[stage],"),
    "wrong number of expected bytes": (
        "matmul_hopper.cu", "wgmma", "(BM + BN) * BK * 2);", "BM * BK * 2);",
        "asynchronous", "wgmma_f16(sum,"),
    "arrival before the wait for the product": (
        "matmul_hopper.cu", "wgmma",
        "        wgmma_wait<0>();\n        if (thread % 128 == 0) mbar_arrive(&empty[stage]);\n",
        "        if (thread % 128 == 0) mbar_arrive(&empty[stage]);\n        wgmma_wait<0>();\n",
        "race", "wgmma_f16(sum,"),
    "no wait for the bytes": (
        "matmul_hopper.cu", "wgmma", "        mbar_wait(&full[stage], turn / STAGES & 1);\n", "",
        "asynchronous", "wgmma_f16(sum,"),
    "no wait for an empty stage": (
        "matmul_hopper.cu", "wgmma", "        mbar_wait(&empty[stage], (round & 1) ^ 1);", "        //",
        "asynchronous", "tma_load_2d(a_ring"),
    "no wait for the product": (
        "matmul_hopper.cu", "wgmma", "        wgmma_wait<0>();\n", "",
        "asynchronous", "wgmma_f16(sum,"),
    "a ring of one stage too few": (
        "matmul_hopper.cu", "wgmma", "a_ring + STAGES * BM * BK;", "a_ring + (STAGES + 1) * BM * BK;",
        "out of bounds", "tma_load_2d(b_ring"),
    "two threads add to one number": (
        "layer_norm.cu", "warp", "    if (line > 0 || c >= columns) return;\n", "    if (c >= columns) return;\n",
        "race", "strip_w[blockIdx.y * columns + c] = w;"),
    "two blocks write one number": (
        "layer_norm.cu", "block", "    strip_w[blockIdx.y * columns + c] = w;", "    strip_w[c] = w;",
        "race", "strip_w[c] = w;"),
    "a const argument written to": (
        "cross_entropy.cu", "warp", "    s[row] = log_sum;", "    s[row] = ((float*)x)[0] = log_sum;",
        "read-only", "s[row] = ((float*)x)[0] = log_sum;"),
    "a bound one too far": (
        "softmax.cu", "thread", "if (row >= rows) return;  // a whole team", "if (row > rows) return;  // a whole team",
        "out of bounds", "run.meet(x[c]);"),
    "alignment not looked at": (
        "softmax.cu", "block", "Team::wide && aligned(x) && aligned(y) ? columns", "Team::wide ? columns",
        "misaligned", "float4 q = x4[v];"),
    "row tail written as a vector": (
        "softmax.cu", "block", "aligned(y) ? columns / 4 : 0;", "aligned(y) ? (columns + 3) / 4 : 0;",
        "out of bounds", "float4 q = x4[v];"),
    "column sums without their barrier": (
        "layer_norm.cu", "warp", "    __syncthreads();\n    if (line > 0", "    if (line > 0",
        "race", "w += of_w[other][lane];"),
    "strips without a bound": (
        "layer_norm.cu", "warp", "    if (c >= columns) return;\n    float w = 0.f", "    float w = 0.f",
        "out of bounds", "w += strip_w[strip * columns + c];"),
}
USER = {"common.cuh": "layer_norm.cu", "attention.cuh": "attention.cu"}  # a file that includes the mutated header


def planted(file: str, old: str, new: str, folder: Path) -> Path:
    """A copy of the kernels with one of them changed; gives the .cu file to run."""
    text = (FOLDER / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{file} does not contain {old!r}"
    for path in [*FOLDER.glob("*.cu"), *FOLDER.glob("*.cuh")]:
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / USER.get(file, file)


def reports(file: str, rung: str) -> list[str]:
    found = []
    for case, other in cases.runs(file):
        if other == rung:
            try:
                with simulate("check"):
                    cases.difference(case, rung)
            except KernelError as error:
                found += error.reports
    return found


@compiler
@pytest.mark.parametrize("bug", BUGS)
def test_planted_bug(bug, monkeypatch, tmp_path):
    """Told by its kind, at its line; the same file without it is silent (test_kernel)."""
    file, rung, old, new, kind, line = BUGS[bug]
    path = planted(file, old, new, tmp_path)
    monkeypatch.setattr(launch, "made", {})
    monkeypatch.setattr(launch, "source", lambda name: Source(tmp_path / name))
    found = reports(path.name, rung)
    texts = {p.name: p.read_text(encoding="utf-8").splitlines() for p in tmp_path.iterdir()}
    named = {f"{name}:{k}" for name, lines in texts.items() for k, text in enumerate(lines, 1) if line in text}
    assert named, f"no line reads {line!r}"
    assert any(text.startswith(f"{kind}: ") and any(place in text.replace(",", " ").split() for place in named)
               for text in found), "\n".join(found[:8]) or "nothing was reported"


# ---------------------------------------------------------------- the whole


@compiler
def test_gpt_learns_on_the_simulated_gpu_as_on_the_cpu(tmp_path):
    """The first 20 losses of the GPT example, at a size whose shapes fit no tile."""
    options = "--steps 20 --context 13 --batch 3 --width 20 --layers 2 --heads 2 --sample 5".split()
    losses, example = {}, str(ROOT / "examples" / "06_gpt.py")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "examples")])
    for device in ("cpu", "sim"):
        script = (f"import json, runpy, sys; sys.argv = {['06_gpt.py', '--device', device, *options]!r}; "
                  f"print(json.dumps(runpy.run_path({example!r})['losses']))")
        done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=300,
                              env={**os.environ, "PYTHONPATH": paths, "MPLBACKEND": "Agg"})
        assert done.returncode == 0, done.stderr[-2000:]
        losses[device] = json.loads(done.stdout.splitlines()[-1])
    assert len(losses["sim"]) == 20 and losses["cpu"][0] - losses["cpu"][-1] > 0.3
    assert max(abs(a - b) for a, b in zip(losses["cpu"], losses["sim"])) < 1e-4


@compiler
def test_a_rung_is_chosen_by_name():
    x = minitorch.randn(4, 40).to("sim")
    with simulate("check") as counts:
        with minitorch.kernels.use("softmax", "thread"):
            x.softmax(1)
        assert {access.requests for access in counts.values()} == {40}  # one warp, 40 turns
        counts.clear()
        with minitorch.kernels.use("softmax", "library"):
            x.softmax(1)
        assert not counts, "no kernel was launched"
    with pytest.raises(ValueError, match="softmax has no rung 'fast'; it has thread, warp, block, library"):
        minitorch.kernels.use("softmax", "fast")
    with pytest.raises(ValueError, match="no kernels for 'sotfmax'; there are kernels for attention, conv2d"):
        minitorch.kernels.use("sotfmax", "warp")

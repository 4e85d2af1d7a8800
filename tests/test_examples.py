"""The examples learn: each in a process of its own, with few steps; what they print is checked, not that they ran."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
PNG = b"\x89PNG\r\n\x1a\n"


def start(folder: Path, name: str, *options, limit: float = 120) -> subprocess.CompletedProcess:
    """Run an example in `folder`."""
    return subprocess.run([sys.executable, ROOT / "examples" / name, *map(str, options)], cwd=folder, timeout=limit,
                          env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
                          capture_output=True, text=True, encoding="utf-8")


def run(folder: Path, name: str, *options, limit: float = 120) -> str:
    """What an example prints; it must succeed."""
    done = start(folder, name, *options, limit=limit)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def numbers(pattern: str, text: str) -> tuple[float, ...]:
    """The groups of the first match, as numbers."""
    found = re.search(pattern, text)
    assert found, f"{pattern!r} is not in:\n{text}"
    return tuple(float(group.replace(",", "")) for group in found.groups())


def work() -> float:
    """Seconds of processor time that the examples took: other tests beside them do not count."""
    return os.times().children_user + os.times().children_system


def is_picture(path: Path) -> bool:
    """A PNG with something on it."""
    from matplotlib.image import imread

    return path.read_bytes().startswith(PNG) and imread(path)[..., :3].std() > 0.01


# ---------------------------------------------------------------- 01


def test_neuron(tmp_path):
    text = run(tmp_path, "01_neuron.py", "--steps", 250)
    by_differences, = numbers(r"by finite differences: +w = (\S+)", text)
    by_gradient, = numbers(r"by gradient: +w = (\S+)", text)
    # 20 steps shrink the distance to 2 each time by 1 - 2 lr mean x^2
    expected = 2 - 2 * (1 - 2 * 0.05 * 19 / 6) ** 20
    assert by_gradient == pytest.approx(expected, abs=1e-4)
    assert by_differences == pytest.approx(expected, abs=2e-3)
    a, b, c = numbers(r"points: (\S+) (\S+) x (\S+) x\^2", text)
    assert (a, b, c) == pytest.approx((1, -2, 0.5), abs=0.2)
    right = {name: int(count) for name, count in re.findall(r"^(\w+, [\w ]+): +(\d) of 4 right", text, re.MULTILINE)}
    assert right.pop("XOR, neuron") < 4
    assert right == {"AND, neuron": 4, "OR, neuron": 4, "XOR, two layers": 4}
    assert is_picture(tmp_path / "out" / "neuron.png")


def test_seed_decides(tmp_path):
    first, again, other = (run(tmp_path, "01_neuron.py", "--steps", 5, "--seed", seed) for seed in (3, 3, 4))
    assert first == again != other


# ---------------------------------------------------------------- 04


def test_digits_beat_chance(tmp_path):
    accuracy, = numbers(r"accuracy (\S+)%", run(tmp_path, "04_cnn_digits.py", "--steps", 60))
    assert accuracy > 60  # guessing gives 10
    assert is_picture(tmp_path / "out" / "digits.png")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1337, 1])
def test_digits_are_read(tmp_path, seed):
    began = work()
    accuracy, = numbers(r"accuracy (\S+)%", run(tmp_path, "04_cnn_digits.py", "--seed", seed))
    assert accuracy >= 96
    assert work() - began < 60


# ---------------------------------------------------------------- 06


def counted(text: str, weight: float = 2.0) -> tuple[float, float]:
    """The two baselines once more, from tables of counts."""
    alphabet = sorted(set(text))
    A, cut = len(alphabet), int(0.9 * len(text))
    codes = np.array([alphabet.index(c) for c in text])
    learn, test = codes[:cut], codes[cut:]
    one, two, three = np.zeros(A), np.zeros((A, A)), np.zeros((A, A, A))
    np.add.at(one, learn, 1)
    np.add.at(two, (learn[:-1], learn[1:]), 1)
    np.add.at(three, (learn[:-2], learn[1:-1], learn[2:]), 1)
    p1 = (one + weight / A) / (one.sum() + weight)
    p2 = (two + weight * p1) / (two.sum(1, keepdims=True) + weight)
    p3 = (three + weight * p2) / (three.sum(2, keepdims=True) + weight)
    assert np.allclose(p3.sum(2), 1)
    trigram = -np.log(p3[codes[cut - 2: -2], codes[cut - 1: -1], test]).mean()
    return -np.log((one[test] + 1) / (cut + A)).mean(), trigram


SMALL = ("--steps", 4, "--layers", 1, "--width", 32, "--context", 16, "--sample", 20)


def test_gpt(tmp_path):
    learnt = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (tmp_path / "text.txt").write_text(learnt, encoding="utf-8")
    text = run(tmp_path, "06_gpt.py", "--data", "text.txt", *SMALL)
    baselines = numbers(r"reaches (\S+) \(unigram\) and (\S+) \(trigram\)", text)
    assert baselines == pytest.approx(counted(learnt), abs=1e-3)
    size, kinds, learning, testing = numbers(r"(\S+) characters, (\d+) different ones; (\S+) to .* (\S+) to", text)
    assert (size, kinds, learning + testing) == (len(learnt), len(set(learnt)), len(learnt))
    for name, baseline in zip(("unigram", "trigram"), baselines):
        loss, repeated = numbers(rf"validation loss (\S+), {name} (\S+):", text)
        assert repeated == baseline
        assert loss < np.log(kinds) + 0.1  # knows no more than the alphabet's size, or better
        verdict = re.search(rf"{name} \S+: (.*)", text)[1]
        assert verdict == ("beaten" if loss < baseline else "not beaten")
    written = re.search(r"it writes:\n(.*)\n-----", text, re.DOTALL)[1]
    assert len(written) == 4 + 20 and set(written) <= set(learnt)
    assert is_picture(tmp_path / "out" / "gpt_loss.png")


@pytest.mark.slow
def test_gpt_beats_counting(tmp_path):
    began = work()
    text = run(tmp_path, "06_gpt.py", limit=900)
    for name in ("unigram", "trigram"):
        loss, baseline = numbers(rf"validation loss (\S+), {name} (\S+): beaten", text)
        assert loss < baseline
    assert work() - began < 300


# ---------------------------------------------------------------- what cannot work is one clear line


@pytest.mark.parametrize("name, options, said", [
    ("06_gpt.py", ["--data", "nowhere.txt"], "cannot read nowhere.txt"),
    ("06_gpt.py", ["--data", "short.txt"], "the text is too short: 9 characters for a context of 64"),
    ("06_gpt.py", ["--steps", 0], "--steps must be at least 1, not 0"),
    ("04_cnn_digits.py", ["--steps", -3], "--steps must be at least 1, not -3"),
    ("01_neuron.py", ["--device", "teapot"], "device type at start of device string: teapot"),
])
def test_one_clear_line(tmp_path, name, options, said):
    (tmp_path / "short.txt").write_text("too short", encoding="utf-8")
    done = start(tmp_path, name, *options)
    assert done.returncode not in (0, None)
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
    assert done.stdout == "" and not (tmp_path / "out").exists()

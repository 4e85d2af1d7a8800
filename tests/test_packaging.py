"""What is installed is what stands in the tree; importing it costs little; it has one version."""

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import minitorch

ROOT = Path(__file__).resolve().parent.parent
SOURCES = {".py", ".cu", ".cuh", ".h", ".cpp"}


def run(*command, cwd) -> str:
    """What the command prints; its whole output where it fails."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """A new environment with the wheel in it, and nothing else but a path to this interpreter's NumPy."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    tree = folder / "tree"  # building writes into the tree: build a copy
    for name in ("minitorch", "kernels"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.py", "pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    run(*pip, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, tree, cwd=folder)
    (wheel,) = folder.glob("minitorch-*.whl")

    venv.create(folder / "env", with_pip=False)
    (site,) = (folder / "env").glob("[Ll]ib/**/site-packages")
    run(*pip, "install", "--no-index", "--no-deps", "--target", site, wheel, cwd=folder)
    numpy_home = Path(sys.modules["numpy"].__file__).parent.parent
    (site / "numpy.pth").write_text(f"{numpy_home}\n")  # after `site` on the path; its own .pth files are not read
    return folder / "env"


def python_of(environment: Path) -> Path:
    scripts = "Scripts" if sysconfig.get_platform().startswith("win") else "bin"
    return environment / scripts / "python"


def files(folder: Path, prefix: str) -> set:
    return {f"{prefix}/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*") if path.suffix in SOURCES}


def test_wheel_holds_every_source(environment):
    (package,) = environment.glob("[Ll]ib/**/site-packages/minitorch")
    sources = files(ROOT / "minitorch", "minitorch") | files(ROOT / "kernels", "minitorch/kernels")
    assert files(package, "minitorch") == sources
    assert (package / "py.typed").is_file()


SHOW = ("import minitorch, minitorch.kernels, importlib.metadata, pathlib; "
        "x = minitorch.ones(2, requires_grad=True); (x * x).sum().backward(); assert x.grad.tolist() == [2, 2]; "
        "print(importlib.metadata.version('minitorch'), minitorch.__version__, "
        "*[pathlib.Path(m.__file__).resolve().parent for m in (minitorch, minitorch.kernels)], sep='\\n')")


def test_imports_from_outside_and_inside(environment, tmp_path):
    (site,) = environment.glob("[Ll]ib/**/site-packages")
    version = minitorch.__version__
    package = site.resolve() / "minitorch"

    outside = run(python_of(environment), "-c", SHOW, cwd=tmp_path).splitlines()
    assert outside == [version, version, str(package), str(package / "kernels")]

    inside = run(python_of(environment), "-c", SHOW, cwd=ROOT).splitlines()
    assert inside == [version, version, str(ROOT / "minitorch"), str(ROOT / "kernels")]


COST = """
import sys, time, numpy
heavy, tried = {"cupy", "matplotlib", "torch", "scipy", "sklearn", "tqdm"}, []
class Listener:
    def find_spec(name, path=None, target=None):
        tried.append(name.partition(".")[0])
sys.meta_path.insert(0, Listener)
start = time.perf_counter()
import minitorch
print(time.perf_counter() - start, *sorted(heavy.intersection(tried)))
"""


def test_import_is_light(tmp_path, monkeypatch):
    """At most 0.15 s beyond NumPy (the least of seven runs: other work only adds); no heavy package is looked for.

    Compiled files are kept, as they are for a user: the first run makes them.
    """
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path))
    runs = [run(sys.executable, "-c", COST, cwd=ROOT).split() for _ in range(7)]
    assert [heavy for _, *heavy in runs] == [[]] * 7
    assert min(float(seconds) for seconds, *_ in runs) < 0.15


def test_one_version():
    """Written in one place; the changelog speaks of it."""
    written = re.findall(r'^__version__ = "(.+)"$', (ROOT / "minitorch/__init__.py").read_text(encoding="utf-8"), re.M)
    assert written == [minitorch.__version__]
    assert f"## {minitorch.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for name in ("setup.py", "pyproject.toml"):
        assert minitorch.__version__ not in (ROOT / name).read_text(encoding="utf-8")

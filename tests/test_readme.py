"""The README keeps its word: its Python blocks run as doctests, its files and make targets exist."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")

blocks = [(README[: m.start(2)].count("\n"), m[2]) for m in FENCE.finditer(README) if m[1] == "python"]
shell = [m[2] for m in FENCE.finditer(README) if m[1] == ""]
prose = FENCE.sub("", README)


def test_python_blocks():
    assert len(blocks) >= 2 and all(">>>" in block for _, block in blocks)
    names = {}
    runner = doctest.DocTestRunner(verbose=False)
    for line, block in blocks:
        heard = []
        test = doctest.DocTestParser().get_doctest(block, names, "README.md", "README.md", line)
        failed, tried = runner.run(test, out=heard.append, clear_globs=False)
        assert tried and not failed, "".join(heard)
        names = test.globs  # the next block goes on where this one ended


def test_taste_is_short():
    assert blocks[0][1].count(">>>") + blocks[0][1].count("\n... ") <= 10


def named_files() -> list[str]:
    """What stands in code or in a link and looks like a file or a folder of this repository."""
    named = re.findall(r"\]\(([^)]+)\)", prose)
    for line in [*prose.splitlines(), *"".join(shell).splitlines()]:
        words = " ".join(CODE.findall(line)).split() if "`" in line else line.split("#")[0].split()
        paths = [word for word in words if re.fullmatch(r"[\w.\\/-]+(/|\.(py|md|png|cu))|\.ci/\w+", word)]
        folder = next((path for path in paths if path.endswith("/")), "")
        named += [path if re.search(r"[/\\]", path) else folder + path for path in paths]
    # what only a run makes is not here yet
    return sorted({name.replace("\\", "/") for name in named if not name.startswith((".venv", "out", "http"))})


def test_files_are_found_in_the_readme():
    """The test below is worth nothing if the search misses them."""
    wanted = {"examples/06_gpt.py", "minitorch/autograd/engine.py", "docs/gpt_loss.png", ".ci/run", "tests/samples.py",
              "CONTRIBUTING.md", "kernels/README.md", "minitorch/autograd/"}
    assert wanted <= set(named_files())


@pytest.mark.parametrize("name", named_files())
def test_file_exists(name):
    path = ROOT / name
    assert path.is_dir() if name.endswith("/") else path.is_file()


def test_pictures_are_those_the_examples_save():
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "examples").glob("*.py"))
    for name in re.findall(r"`out/(\w+\.png)`", prose):
        assert f'save(figure, "{name}")' in scripts


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    code = CODE.findall(prose) + [line for block in shell for line in block.splitlines()]
    named = {m[1] for text in code if (m := re.match(r"make ([a-z-]+)", text))}
    assert {"run", "test"} <= named
    missing = {target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)}
    assert not missing


def test_every_example_is_in_the_readme():
    for path in (ROOT / "examples").glob("[0-9]*.py"):
        assert path.name in README


def test_lines_are_short():
    """A table row may be longer."""
    assert [line for line in README.splitlines() if len(line) > 120 and not line.startswith("|")] == []

"""`python -m minitorch coverage`, and the page that keeps what it prints."""

from pathlib import Path

import pytest

from minitorch import coverage

torch = pytest.importorskip("torch")
PAGE = Path(__file__).parent.parent / "docs" / "coverage.md"


def test_page_is_what_is_printed(capsys):
    assert coverage.main() == 0
    printed = capsys.readouterr().out
    assert printed == PAGE.read_text(), "make the page anew: python -m minitorch coverage > docs/coverage.md"


def test_every_name_is_counted_once():
    for path, (here, missing, left) in coverage.table().items():
        names = [*here, *missing, *left]
        assert len(names) == len(set(names)) == len(coverage.public_functions(coverage.library(path, torch)))


def test_missing_names_are_few():
    """At least 97 of a hundred names in scope are here; each of the others has its reason."""
    found = list(coverage.table().values())
    here, missing = [sum(len(part[k]) for part in found) for k in (0, 1)]
    assert here / (here + missing) > 0.97
    assert {name for part in found for name in part[1]} == set(coverage.BECAUSE)

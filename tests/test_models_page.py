"""docs/models.md: its example runs, and the README leads to it."""

import doctest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "models.md").read_text("utf-8")


def test_its_example_runs_and_prints_what_it_says():
    example = doctest.DocTestParser().get_doctest(PAGE, {}, "models.md", "docs/models.md", 0)
    assert len(example.examples) >= 4
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example).failed == 0


def test_it_is_found_from_the_readme():
    assert "(docs/models.md)" in (ROOT / "README.md").read_text("utf-8")

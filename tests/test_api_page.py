"""docs/api.md: every name with its signature and its docstring, and a quick start that runs."""

import dataclasses
import doctest
import inspect
import re
from pathlib import Path

import pytest

import effprof as ep
from effprof.analysis.picking import Choice
from effprof.core.quantities import OF_CELLS
from effprof.regressions.assessment import Assessment
from effprof.session.profiles import Profiled
from effprof.session.scaling import Scaled
from effprof.study.results import Result

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")

#: Heading of the page -> what stands below it: the face, and what its values offer beside.
DESCRIBED = {
    **{name: getattr(ep, name) for name in ep.__all__ if name != "__version__"},
    "Study.result": ep.Study.result,
    "Study.frame": ep.Study.frame,
    "Result": Result,
    "Profiled": Profiled,
    "Choice": Choice,
    "Scaled": Scaled,
    "Assessment": Assessment,
}


def signature_text(name, described):
    """How a name is called: annotations of functions, fields of classes."""
    if dataclasses.is_dataclass(described):
        return f"{name}({', '.join(field.name for field in dataclasses.fields(described))})"
    if inspect.isclass(described):
        return f"{name}()"
    if not callable(described):
        return name
    signature = inspect.signature(described)
    shown = [parameter_text(each) for each in signature.parameters.values() if each.name != "self"]
    return f"{name}({', '.join(shown)}) -> {annotation_text(signature.return_annotation)}"


def parameter_text(parameter):
    stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{stars}{parameter.name}: {annotation_text(parameter.annotation)}{default}"


def annotation_text(annotation):
    if isinstance(annotation, str):
        return annotation
    return re.sub(r"effprof\.[a-z_.]*\.", "", inspect.formatannotation(annotation))


def entry(name):
    """What the page should say of a name."""
    described = DESCRIBED[name]
    text = inspect.getdoc(described.func if hasattr(described, "func") else described)
    return f"### {name}\n\n```python\n{signature_text(name, described)}\n```\n\n{text}\n"


def entries():
    """What it says: heading -> the part below it."""
    parts = re.split(
        r"^(?=### )", PAGE.partition("## The names")[2].partition("\n## ")[0], flags=re.M
    )
    return {part.split()[1]: part.rstrip() + "\n" for part in parts[1:]}


def test_every_name_is_on_the_page_and_no_other():
    assert set(entries()) == set(DESCRIBED)
    assert "`__version__`" in PAGE


@pytest.mark.parametrize("name", DESCRIBED)
def test_the_page_says_of_a_name_what_its_docstring_does(name):
    assert entries()[name] == entry(name)


def test_every_quantity_is_on_the_page():
    table = PAGE.partition("## The quantities")[2]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", table, flags=re.MULTILINE)
    assert rows == [
        (each.id, each.unit, "`Estimate`" if each.interval else "", each.meaning)
        for each in OF_CELLS.values()
    ]


def test_all_that_a_listener_hears_is_on_the_page():
    heard = [name for name in vars(ep.Listener) if not name.startswith("_")]
    rows = re.findall(r"^\| `(\w+\(.*?\))` \| (.*?) \|$", PAGE, flags=re.MULTILINE)
    assert rows == [
        (signature_line(name), inspect.getdoc(getattr(ep.Listener, name))) for name in heard
    ]


def signature_line(name):
    names = list(inspect.signature(getattr(ep.Listener, name)).parameters)[1:]
    return f"{name}({', '.join(names)})"


@pytest.fixture
def beside_reports(tmp_path, monkeypatch):
    """A folder like the root of the repository, in which a program may write."""
    (tmp_path / "reports").symlink_to(ROOT / "reports")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_the_quick_start_runs_and_prints_what_it_says(beside_reports):
    quick_start = doctest.DocTestParser().get_doctest(PAGE, {}, "api.md", "docs/api.md", 0)
    assert len(quick_start.examples) >= 10
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(quick_start)
    assert result.failed == 0
    assert (beside_reports / "page" / "report.html").is_file()


def test_the_lines_of_the_readme_run(beside_reports, capsys):
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert sum(map(bool, program.splitlines())) == 3
    exec(program, {})
    assert capsys.readouterr().out.startswith("Estimate(value=4.48")
    assert "(docs/api.md)" in README

"""docs/api.md: every name with its signature and its docstring, and a quick start that runs."""

import doctest
import inspect
import os
import re
import runpy
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import FunctionType

import pytest

import effprof as ep
from effprof.analysis.picking import Choice
from effprof.claims.claim import Claim
from effprof.claims.claim_verdicts import ClaimVerdict
from effprof.core.costs import Cost, StaticCost
from effprof.core.profiles import OpTime, Profile
from effprof.core.quantities import OF_CELLS
from effprof.regressions.assessment import Assessment
from effprof.regressions.comparison import Line, RunComparison
from effprof.report import Written
from effprof.session.profiles import Profiled
from effprof.session.scaling import Scaled
from effprof.store.rows import RunSummary
from effprof.study.results import Result

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
QUICK_START = ROOT / "examples" / "quick_start.py"

#: What functions of the face give, and what is found in that.
GIVEN = (
    *(Result, Profile, OpTime, Profiled, Choice, Written, RunComparison, Line),
    *(ClaimVerdict, Claim, StaticCost, Cost, RunSummary, Scaled, Assessment),
)

#: Heading of the page -> what stands below it: the face, and what its values offer beside.
DESCRIBED = {
    **{name: getattr(ep, name) for name in ep.__all__ if name != "__version__"},
    **{each.__name__: each for each in GIVEN},
}


class Bare(str):
    """An annotation as it is written, without the quotes of a text."""

    __slots__ = ()
    __repr__ = str.__str__


def signature_text(name, described):
    """How a name is called: as `inspect.signature` has it, fields of classes without types."""
    if inspect.isclass(described):
        return f"{name}({', '.join(getattr(described, '__match_args__', ()))})"
    signature = inspect.signature(described)
    parameters = [
        each.replace(annotation=Bare(each.annotation)) for each in signature.parameters.values()
    ]
    return_annotation = Bare(signature.return_annotation)
    return name + str(signature.replace(parameters=parameters, return_annotation=return_annotation))


def members(described):
    """What a class offers beside its fields: how each is called -> its docstring."""
    return {
        call_text(name, member): inspect.getdoc(getattr(member, "func", member)).partition(">>>")[0]
        for name, member in vars(described).items()
        if not name.startswith("_")
        and isinstance(member, (property, cached_property, classmethod, FunctionType))
    }


def call_text(name, member):
    """Name an attribute, with the parameters of what is called."""
    if isinstance(member, (property, cached_property)):
        return name
    function = getattr(member, "__func__", member)
    parameters = list(inspect.signature(function).parameters.values())[1:]
    stars = {inspect.Parameter.VAR_KEYWORD: "**", inspect.Parameter.VAR_POSITIONAL: "*"}
    return f"{name}({', '.join(stars.get(each.kind, '') + each.name for each in parameters)})"


def entry(name):
    """What the page should say of a name."""
    described = DESCRIBED[name]
    kind = "class " if inspect.isclass(described) else ""
    head = f"### {name}\n\n```python\n{kind}{signature_text(name, described)}\n```\n"
    parts = [head, f"{inspect.getdoc(described)}\n"]
    if inspect.isclass(described) and described is not ep.Listener and (own := members(described)):
        rows = (f"| `{call}` | {' '.join(text.split())} |\n" for call, text in own.items())
        parts.append(f"| it has | which is |\n|---|---|\n{''.join(rows)}")
    return "\n".join(parts)


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
    table = PAGE.partition("## What a listener hears")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+\(.*?\))` \| (.*?) \|$", table, flags=re.MULTILINE)
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


def test_the_readme_quotes_the_quick_start_script():
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert program == QUICK_START.read_text("utf-8")
    assert len(program.splitlines()) <= 10
    assert "(docs/api.md)" in README


def test_the_quick_start_script_runs_as_a_reader_runs_it(beside_reports):
    (beside_reports / "examples").symlink_to(QUICK_START.parent)
    done = subprocess.run(
        [sys.executable, "examples/quick_start.py"],
        cwd=beside_reports,
        env=os.environ | {"EFFPROF_STORE": str(beside_reports / "store.sqlite")},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["efficientnet_b0", "promises", "10.60x,", "delivers", "4.48x"]
    assert len(lines) == 9
    assert lines[-2:] == ["take timm/efficientnet_b1", "read page/report.html"]
    assert done.stderr == ""
    assert (beside_reports / "page" / "report.html").is_file()


#: Enough to be measured, in fractions of a second.
QUICK = {
    "resolution": 32,
    "repeats": 2,
    "min_seconds": 0.05,
    "warmup_seconds": 0.01,
    "time_cap_seconds": 2.0,
    "allow_busy": True,
}


@pytest.mark.slow
def test_the_program_that_measures_runs(beside_reports, known_peaks, capsys):
    (program,) = re.findall(r"```python\n(import .*?)```", PAGE, re.DOTALL)
    quick = f'device="cpu", store="store.sqlite", **{QUICK!r}'
    assert program.count('device="cpu"') == 1
    (beside_reports / "own.py").write_text(program.replace('device="cpu"', quick), "utf-8")
    runpy.run_path("own.py", run_name="__main__")
    *told, promised, by_role, page = capsys.readouterr().out.splitlines()
    assert len(told) == 4
    assert re.match(r"[\d.]+x promised: Estimate\(", promised)
    assert by_role.startswith("{'")
    assert page == "net/report.html"
    assert (beside_reports / page).is_file()

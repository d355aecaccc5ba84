"""`import effprof`: its names, what they load, and that they answer as the commands do."""

import ast
import json
import statistics
import subprocess
import sys
import time
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

import effprof as ep
from effprof.core.errors import BadInput, NotComparable, StorageError
from effprof.regressions.verdicts import SMALLEST_EFFECT
from effprof.store.store import open_store
from effprof.store.transfer import export_run
from tests.runs import fingerprint, sample_run
from tests.test_architecture import HEAVY, PROJECT, TORCH, TREES, loaded_by

#: Every name of the face: what is taken away breaks somebody's program.
NAMES = [
    "Absent",
    "Cell",
    "Estimate",
    "Listener",
    "Run",
    "Study",
    "__version__",
    "claims",
    "compare",
    "cost",
    "load",
    "measure",
    "night",
    "pick",
    "plot",
    "profile",
    "report",
    "resume",
    "run",
    "runs",
    "scale",
    "write_up",
]

#: At most so many names (the design).
MOST_NAMES = 24

OLD = sample_run((1,), id="20261121-old")
NEW = sample_run((1,), id="20261122-new", started_at="2026-11-22T08:00:00+00:00")


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The default store of the test, with two runs."""
    location = str(tmp_path / "store.sqlite")
    monkeypatch.setenv("EFFPROF_STORE", location)
    with open_store(location) as opened:
        opened.add_runs([OLD, NEW])
    return location


def document(done):
    return json.loads(done.stdout)


def test_the_names_are_these():
    assert ep.__all__ == NAMES
    assert dir(ep) == sorted(NAMES)
    assert len(NAMES) <= MOST_NAMES


def test_importing_loads_nothing_that_measures_or_computes():
    slow = HEAVY | {"altair", "typer", "rich", "email"}  # the last: importlib.metadata
    assert loaded_by("import effprof") & slow == set()


#: Starts of an interpreter that are compared, and how much longer one may take with effprof.
STARTS, LONGEST = 15, 2.0


def started_in(program):
    """Seconds that a fresh interpreter takes for a program."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - begun


@pytest.mark.quiet
def test_importing_takes_at_most_twice_the_start_of_an_interpreter():
    started_in("import effprof")  # the files are read, and compiled
    pairs = [(started_in("pass"), started_in("import effprof")) for _ in range(STARTS)]
    bare, ours = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    ratio = ours / bare
    print(f"import effprof: {ratio:.2f}x a bare interpreter, {bare * 1e3:.0f} ms")  # noqa: T201
    assert ratio <= LONGEST


def test_asking_for_every_name_loads_no_torch():
    assert loaded_by("from effprof import *") & TORCH == set()


def test_type_checkers_see_every_name_where_it_is_defined():
    (block,) = [
        node
        for node in TREES["__init__.py"].body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    declared = {ast.unparse(n.target) for n in block.body if isinstance(n, ast.AnnAssign)}
    assert seen.keys() | declared == set(NAMES)
    for name, home in seen.items():
        assert getattr(ep, name) is getattr(import_module(home), name)
        assert getattr(ep, name).__module__ == home


def test_a_wrong_name_is_answered_with_those_like_it():
    with pytest.raises(AttributeError, match="effprof has no 'lode'; did you mean load"):
        _ = ep.lode
    with pytest.raises(ImportError):
        from effprof import lode  # noqa: F401


def test_a_name_is_the_function_whoever_imports_the_package_of_that_name():
    packages = "import effprof.cost.formulas, effprof.claims.claim, effprof.report.html.page"
    calls = "print(*(type(getattr(effprof, n)).__name__ for n in ('cost', 'claims', 'report')))"
    first = f"{packages}; import effprof; {calls}"
    later = f"import effprof; effprof.cost, effprof.claims; {packages}; {calls}"
    for program in (first, later):
        assert "function function function" in printed_by(program)
    named = "from effprof.claims import claim_verdicts as verdicts; print(dir(verdicts))"
    assert "COUNTED" in printed_by(named)


def printed_by(program):
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_version_is_that_of_the_package():
    assert ep.__version__ == PROJECT["project"]["version"]


def test_a_run_is_loaded_by_file_by_id_and_as_the_latest(store, tmp_path):
    file = tmp_path / "run.jsonl.gz"
    export_run(OLD, file)
    assert [ep.load(each).run for each in (file, str(file), "20261121", OLD.invocation.id)] == (
        [OLD] * 4
    )
    assert ep.load().run == ep.load("latest").run == ep.load("latest", store).run == NEW
    assert isinstance(ep.load(file), ep.Study)
    assert isinstance(ep.load(file)["resnet18"].cell, ep.Cell)
    assert isinstance(ep.load(file)["resnet18"].realised, ep.Estimate)
    assert isinstance(ep.load(file)["resnet18"].compile_seconds, ep.Absent)


def test_what_cannot_be_loaded_is_refused_as_everywhere(store, tmp_path):
    with pytest.raises(BadInput, match="did you mean 20261121-old"):
        ep.load("20261121-odl")
    with pytest.raises(StorageError, match=r"none\.jsonl: No such file"):
        ep.load(tmp_path / "none.jsonl")
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_text("no database")
    for ask in (lambda: ep.load("latest", str(damaged)), lambda: ep.runs(str(damaged))):
        with pytest.raises(StorageError, match="not an effprof store"):
            ask()


def test_the_runs_of_a_store_are_those_that_the_command_lists(store, here):
    listed = document(here("runs", "--json"))["runs"]
    assert [each.id for each in ep.runs()] == [each["id"] for each in listed]
    assert [each.id for each in ep.runs(store)] == ["20261122-new", "20261121-old"]


def test_a_cost_is_that_of_the_command(here):
    counted = document(here("cost", "resnet18", "--resolution", "64", "--json"))["rows"][0]
    cost = ep.cost("resnet18", 64)
    assert cost.total.macs == counted["step"]["macs"]
    assert {role: each.macs for role, each in cost.by_role.items()} == (
        {role: each["macs"] for role, each in counted["by_role"].items()}
    )
    with pytest.raises(BadInput, match="did you mean"):
        ep.cost("resnet1o", 64)


def test_runs_are_compared_as_the_command_does(store, here):
    said = document(here("compare", OLD.invocation.id, NEW.invocation.id, "--json"))
    old, new = ep.load(OLD.invocation.id), ep.load()
    assert ep.compare(old, new).counts == said["counts"]
    elsewhere = ep.Study(sample_run((1,), fingerprint=fingerprint(device="another")))
    with pytest.raises(NotComparable):
        ep.compare(old, elsewhere)
    assert ep.compare(old, elsewhere, across=True).gating
    assert signature(ep.compare).parameters["smallest"].default == SMALLEST_EFFECT


def test_what_it_gives_names_itself_in_a_line(store):
    old, new = ep.load(OLD.invocation.id), ep.load()
    given = {
        "<RunComparison 20261121-old to 20261122-new: ": ep.compare(old, new),
        "<Choice by speed: 3 of 4 networks meet latency>": ep.pick(new, "speed", latency_ms=50),
        "<Choice by accuracy: 4 of 4 networks meet any limit>": ep.pick(new),
        "<ClaimVerdict C1: not measured>": ep.claims()[0],
    }
    for begun, each in given.items():
        assert repr(each).startswith(begun)
        assert repr(each).endswith(">")
        assert "\n" not in repr(each)


def test_a_study_shows_itself_whichever_way_it_was_made(store):
    assert ep.load()._repr_html_() == ep.Study(NEW)._repr_html_()
    assert "promises" in ep.load()._repr_html_()


def test_claims_are_settled_as_the_command_does(store, here):
    said = document(here("claims", NEW.invocation.id, "--json"))["claims"]
    found = ep.claims(ep.load())
    assert [(each.claim.id, each.verdict) for each in found] == (
        [(each["id"], each["verdict"]) for each in said]
    )
    assert {each.verdict for each in ep.claims()} == {"not measured"}


@pytest.mark.slow
def test_a_report_is_that_of_the_command(store, here, tmp_path):
    here("report", NEW.invocation.id, "--out", "theirs")
    written = ep.report(ep.load(), str(tmp_path / "ours"))
    for page in written:
        assert page.read_bytes() == (tmp_path / "theirs" / page.name).read_bytes()


def test_a_write_up_is_that_of_the_command_without_pages(store, here, tmp_path):
    here("writeup", NEW.invocation.id, "--no-pages", "--out", "theirs.md")
    ours = ep.write_up([ep.load()], tmp_path / "ours.md")
    assert ours.read_bytes() == (tmp_path / "theirs.md").read_bytes()
    with pytest.raises(StorageError):
        ep.write_up([ep.load()], Path("/dev/null/no.md"))

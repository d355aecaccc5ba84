"""A run of objects is kept, shown and compared where nobody knows the objects."""

from dataclasses import replace

import pytest

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import evidence_of
from effprof.regressions.compare import compare_runs
from effprof.report import write_report
from effprof.store.store import open_store
from effprof.store.transfer import export_run, read_run
from effprof.study.study import Study
from tests.runs import sample_run

OBJECT = "object:MyNet-3f2a9c1d"


def given(cell):
    return replace(cell, model=cell.model.replace("timm/efficientnet_b0", OBJECT))


@pytest.fixture
def run():
    """The run of the other tests, one of whose models was an object."""
    run = sample_run(repeats=2)
    cells = tuple(map(given, run.invocation.cells))
    return replace(
        run,
        invocation=replace(run.invocation, cells=cells),
        costs=tuple(replace(c, model=given(c).model) for c in run.costs),
        repeats=tuple(replace(repeat, cell=given(repeat.cell)) for repeat in run.repeats),
    )


def test_it_is_stored_and_exported_as_it_is(run, tmp_path):
    export_run(run, tmp_path / "run.jsonl.gz")
    assert read_run(tmp_path / "run.jsonl.gz") == run
    with open_store(str(tmp_path / "store.sqlite")) as store:
        store.add_runs([run])
        assert store.load(run.invocation.id) == run


def test_it_is_shown_with_what_is_known_of_it(run, tmp_path):
    study = Study(run)
    rows = study.frame[study.frame["model"] == OBJECT]
    assert set(rows["family"]) == {"object"}
    assert study.result(OBJECT, batch_size=1).realised.value > 1
    page = write_report(study, tmp_path)
    for path in (page.markdown, page.html):
        assert OBJECT in path.read_text("utf-8")


def test_it_is_compared_cell_by_cell_and_takes_no_part_in_claims(run):
    later = replace(run, invocation=replace(run.invocation, id="20261122-new"))
    comparison = compare_runs(Study(run), Study(later))
    assert OBJECT in {each.cell.partition("@")[0] for each in comparison.lines}
    assert settle(CLAIMS, evidence_of([Study(run)]))

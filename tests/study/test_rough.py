"""Cells that only a busy machine answered: marked where they are told, in no verdict."""

import math
from dataclasses import replace

import pytest

from effprof.analysis.comparison import ROUGH_RATIO
from effprof.claims.evidence import Wanted, evidence_of
from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.regressions.compare import compare_runs
from effprof.report.render import render
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.source import Source
from effprof.study.results import ROUGH_MARK
from effprof.study.study import Study
from tests.runs import MODELS, measurement, sample_run

B0 = Cell("timm/efficientnet_b0", 224)
REASON = "contended: 80% of the steps waited for a core"


def rough(seconds):
    return replace(measurement(seconds), rough_reasons=(REASON,))


def run_with(*repeats, **fields):
    """A run in which these repeats of B0 at batch 1 are rough."""
    outcomes = {(B0, index): rough(MODELS[B0.model][3] * 1.3) for index in repeats}
    return sample_run(outcomes=outcomes, **fields)


def result(run):
    return Study(run).result(B0.key)


ALL = run_with(0, 1, 2)


def test_quiet_repeats_are_never_mixed_with_rough_ones():
    some = result(run_with(1))
    assert some.valid
    assert not some.rough
    assert some.repeats == 2
    assert list(some.pooled.valid) == [0, 2]
    assert some.reason == f"1 of 3 repeats: rough: {REASON}"
    quiet = sample_run(outcomes={(B0, 1): replace(rough(1.0), invalid_reasons=("lost",))})
    assert some.images_per_second == result(quiet).images_per_second


def test_rough_repeats_answer_a_cell_that_has_no_other():
    found = result(ALL)
    assert found.valid
    assert found.rough
    assert found.label == f"efficientnet_b0 {ROUGH_MARK}"
    assert isinstance(found.images_per_second, Estimate)


def test_a_rough_ratio_is_wider_than_one_of_the_same_samples():
    """As if an independent error were added, on either side of the ratio."""
    quiet = replace(ALL, repeats=tuple(map(_believed, ALL.repeats)))
    sharp, wide = result(quiet).realised, result(ALL).realised
    assert wide == sharp.widened(ROUGH_RATIO)
    assert wide.high / wide.value > 1.14
    other = Study(ALL).result("timm/mobilenetv2_100", batch_size=1)
    assert other.speed_over(result(ALL)) == other.speed_over(result(quiet)).widened(ROUGH_RATIO)


def _believed(repeat):
    return replace(repeat, outcome=replace(repeat.outcome, rough_reasons=()))


def on_two_threads(run):
    """The same run, its cells run by two threads each."""
    cells = {cell: replace(cell, threads=2) for cell in run.invocation.cells}
    return replace(
        run,
        invocation=replace(run.invocation, cells=tuple(cells.values())),
        repeats=tuple(replace(each, cell=cells[each.cell]) for each in run.repeats),
    )


def test_how_far_a_rough_speed_of_several_threads_is_off_nobody_says():
    run = on_two_threads(ALL)
    by_model = {each.cell: each for each in Study(run)}
    found = by_model[replace(B0, threads=2)]
    assert found.valid
    assert found.rough
    for each in (found.images_per_second, found.next_images_per_second, found.realised):
        assert each.interval is None
        assert each.value > 0
    other = by_model[Cell("timm/resnet18", 224, threads=2)]
    assert other.images_per_second.interval is not None
    page = render(run).markdown
    row = next(line for line in page.splitlines() if line.startswith("| efficientnet_b0 (rough)"))
    assert "[" not in row


def test_pages_mark_it_on_every_row_and_say_why():
    report = render(ALL)
    rows = [line for line in report.markdown.splitlines() if line.startswith("|")]
    told = [row for row in rows if "efficientnet_b0" in row and "224 infer b1" not in row]
    assert any(ROUGH_MARK in row for row in told)
    assert "**ROUGH**" in report.markdown
    assert REASON in report.markdown


def test_claims_take_no_rough_cell_for_evidence():
    wanted = Wanted(B0.model, batch_size=1)
    (sharp,), (none,) = (evidence_of([Study(run)]) for run in (sample_run(), ALL))
    assert sharp.find(wanted)
    assert none.find(wanted) == ()


def test_compare_cannot_tell_of_a_rough_cell():
    later = run_with(0, 1, 2, id="20261122-080000-bbbbbb")
    compared = compare_runs(Study(sample_run()), Study(later))
    (line,) = [x for x in compared.lines if x.cell == B0.key and x.metric == "step_seconds"]
    assert (line.verdict, line.reason.id) == ("cannot tell", "rough")
    assert line.reason.text == f"now: 3 of 3 repeats: rough: {REASON}"
    assert line.change.relative == pytest.approx(0.3, abs=0.02)
    assert line.change.estimate.low < 1.3 * math.exp(-1.96 * 0.15) - 1


@pytest.mark.parametrize("run", [sample_run(), ALL], ids=["quiet", "rough"])
def test_the_write_up_rests_on_quiet_cells(run):
    quiet = Study(run).quiet
    assert not any(each.rough for each in quiet)
    assert (quiet.run is run) == (run is not ALL)
    assert quiet.result(B0.key).valid == (run is not ALL)


def test_what_the_write_up_rests_on_has_no_rough_cell():
    basis = Basis.of([Source(Study(ALL), origin="a run")])
    assert not any(each.rough for study in basis.collection.studies for each in study)
    assert [source.study for source in basis.sources] == list(basis.collection.studies)

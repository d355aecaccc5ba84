"""Findings are values: each kind with its cells and what was estimated."""

import pytest

from effprof.core.estimates import Estimate
from effprof.report.findings import findings
from effprof.report.page import Page
from effprof.study.findings import RIVALS, Crossover, FlopsPredict, HeapKept, Kind
from effprof.study.study import Study
from tests.report.test_findings import both_policies, exactly, flops_of, slowed
from tests.report.zoo import ZOO, zoo_run
from tests.runs import sample_run


def every_kind():
    """Runs that say everything that can be said."""
    yield Study(exactly(zoo_run((1, 8)), lambda cell: ZOO[cell.model][3] / 1e9))
    yield Study(zoo_run((1, 8), memory_formats=("nchw", "nhwc")))
    yield Study(both_policies(zoo_run((1, 8)), lambda *_: 1.4))
    rival = "timm/regnety_032"
    yield Study(slowed(zoo_run((1,)), lambda cell, _: 0.02 if cell.model == rival else 1))


def test_every_kind_is_found_with_its_cells_and_estimates(monkeypatch):
    monkeypatch.setattr("effprof.study.flops_line.kin", str)  # each network a family of its own
    found = [each for study in every_kind() for each in study.findings]
    assert {each.kind for each in found} == set(Kind.__args__)
    for each in found:
        assert each.cells
        assert all(isinstance(value, Estimate) for value in each.estimates.values())


def test_every_finding_is_one_sentence_of_the_page():
    for study in every_kind():
        assert len(findings(Page(study)).splitlines()) == len(study.findings)


def test_a_crossover_is_told_by_whole_intervals():
    subject, factors = "timm/efficientnet_b0", {1: 40, 8: 1}
    slow = slowed(
        zoo_run((1, 8)),
        lambda cell, _: factors[cell.batch_size] if cell.model == subject else 1,
    )
    (found,) = (each for each in Study(slow).findings if isinstance(each, Crossover))
    assert [each.batch_size for each in found.cells] == [1, 8]
    assert (found.slower, found.faster) == ([1], [8])


def test_a_kept_heap_is_one_finding_a_network_with_its_cells_by_batch():
    run = both_policies(zoo_run((8, 1)), lambda cell, _: {1: 1.4, 8: 1.02}[cell.batch_size])
    own, other = (each for each in Study(run).findings if isinstance(each, HeapKept))
    assert [each.label for each in own.cells] == ["efficientnet_b0"] * 4
    assert [each.allocator for each in own.cells] == ["kept", "default"] * 2
    assert [each.batch_size for each in own.cells] == [1, 1, 8, 8]
    assert [each.told for each in own.gains] == ["faster", "equal"]
    assert other.cells[0].label == "resnet50"


def test_time_that_follows_flops_is_predicted_by_them():
    study = Study(exactly(zoo_run((1,)), lambda cell: flops_of(cell) / 1e11))
    (found,) = (each for each in study.findings if isinstance(each, FlopsPredict))
    assert round(found.line.slope, 3) == 1.0
    assert (found.growth.value, found.growth.low) == (
        pytest.approx(10, rel=1e-3),
        pytest.approx(10, rel=1e-3),
    )
    assert set(RIVALS) >= {each.cost for each in study.findings if each.kind == "cost-predicts"}


def test_a_run_of_few_networks_says_nothing_of_prediction():
    kinds = {each.kind for each in Study(sample_run()).findings}
    assert not kinds & {"flops-predict", "cost-predicts"}

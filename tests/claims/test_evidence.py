"""Evidence: what belongs to one device, and how a cell is found by what is wanted."""

from dataclasses import replace

import pytest

from effprof.claims.evidence import Wanted, evidence_of
from effprof.core.cells import Cell
from effprof.study.study import Study
from tests.runs import CRASHED, fingerprint, measurement, sample_run

RUN = sample_run((1, 8), 2)


def run(run_id, **gating):
    return sample_run((1,), 2, id=run_id, fingerprint=fingerprint(**gating))


def test_runs_of_one_device_are_one_evidence_and_others_are_not():
    runs = [run("a"), run("b", device="Other CPU"), run("c"), run("d", allocator="jemalloc")]
    found = evidence_of([Study(each) for each in runs])
    assert [len(each.cells) for each in found] == [8, 4, 4]
    assert [each.run.invocation.id for each in found[0].cells[::4]] == ["a", "c"]


@pytest.mark.parametrize(
    ("gating", "kind"),
    [({"device kind": "cuda"}, "cuda"), ({"device kind": "cpu"}, "cpu"), ({}, "none")],
)
def test_the_kind_of_device_is_read_from_the_fingerprint(gating, kind):
    assert evidence_of([Study(run("a", **gating))])[0].kind == kind


def test_a_table_of_others_is_published_evidence():
    assert evidence_of([Study(run("a", method="timm-benchmark 1"))])[0].published
    assert not evidence_of([Study(run("a"))])[0].published


def test_axes_left_open_take_any_value_and_others_exactly_theirs():
    (evidence,) = evidence_of([Study(RUN)])
    both = evidence.find(Wanted("timm/resnet50"))
    assert [each.cell.batch_size for each in both] == [1, 8]
    (one,) = evidence.find(Wanted("timm/resnet50", 224, batch_size=8, precision="fp32", threads=1))
    assert one.cell == Cell("timm/resnet50", 224, batch_size=8)
    for other in (
        {"resolution": 256},
        {"mode": "train"},
        {"batch_size": 2},
        {"precision": "amp-fp16"},
        {"memory_format": "nhwc"},
        {"execution": "compile"},
        {"threads": 2},
    ):
        assert evidence.find(Wanted(**({"model": "timm/resnet50"} | other))) == ()


def test_only_valid_measurements_are_found():
    cell = Cell("timm/resnet50", 224)
    invalid = measurement(0.08, invalid_reasons=("contended",))
    bad = sample_run((1,), 2, outcomes={(cell, 0): CRASHED, (cell, 1): invalid})
    (evidence,) = evidence_of([Study(bad)])
    assert evidence.find(Wanted("timm/resnet50")) == ()
    half = sample_run((1,), 2, outcomes={(cell, 0): CRASHED})
    (found,) = evidence_of([Study(half)])[0].find(Wanted("timm/resnet50"))
    assert list(found.samples) == [(half.invocation.id, 1)]


def test_a_cost_is_found_for_inference_by_size_batch_and_type():
    (evidence,) = evidence_of([Study(RUN)])
    assert evidence.cost("timm/resnet50").batch_size == 1
    assert evidence.cost("timm/resnet50", 224, 8, "float32").batch_size == 8
    assert evidence.cost("timm/resnet50", 240) is None
    assert evidence.cost("timm/resnet50", 224, 8, "float16") is None
    trained = replace(
        RUN,
        invocation=replace(
            RUN.invocation, cells=tuple(replace(c, mode="train") for c in RUN.invocation.cells)
        ),
        repeats=(),
        costs=tuple(replace(cost, mode="train") for cost in RUN.costs),
    )
    assert evidence_of([Study(trained)])[0].cost("timm/resnet50") is None

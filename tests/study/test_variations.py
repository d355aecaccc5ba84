"""Variations: one change of the base point at a time, each read within its own run."""

import math
from dataclasses import replace

import pytest

from effprof.study.collection import Collection
from effprof.study.study import Study
from effprof.study.variations import variations
from effprof.study.variations import ways as ways_run
from tests.report.test_findings import slowed
from tests.runs import fingerprint, sample_run
from tests.several_runs import designs_run, named, with_ways

B0, R50 = "timm/efficientnet_b0", "timm/resnet50"
BASE = sample_run((1,))

#: Ways of running, and how many times as fast they make B0; ResNet-50 gains the square root.
GAINS = {"bn-folded": 1.21, "compile": 1.44}


def gain(cell):
    found = GAINS.get(cell.execution, 1.0) * (4.0 if cell.threads == 2 else 1.0)
    return found if cell.model == B0 else found**0.5


def found(*runs):
    return list(variations(Collection(tuple(map(Study, runs)))))


def changes(rows):
    return [each.changed for each in rows]


def ways(*changed, run=BASE):
    return with_ways(run, *changed, faster=gain)


def test_one_change_at_a_time_stands_in_the_order_of_the_axes_and_several_changes_apart():
    both = {"execution": "compile", "threads": 2}
    told = ({"threads": 2}, both, {"execution": "bn-folded"}, {"execution": "compile"})
    (there,) = found(ways(*told, {"memory_format": "nhwc"}, {"batch_size": 8}))
    assert changes(there.single) == [
        {},
        {"batch_size": 8},
        {"memory_format": "nhwc"},
        {"execution": "compile"},
        {"execution": "bn-folded"},
        {"threads": 2},
    ]
    assert changes(there.rows) == [*changes(there.single), both]
    assert there.base is there.rows[0]
    assert there.highest.changed == both
    assert there.lowest.ratio.value == min(each.ratio.value for each in there.rows)


def test_the_ratio_rises_by_what_the_subject_gains_over_the_reference():
    (there,) = found(ways({"execution": "compile"}))
    base, compiled = there.rows
    assert compiled.subject_gain.value == pytest.approx(1.44)
    assert compiled.reference_gain.value == pytest.approx(1.2)
    assert compiled.ratio.value == pytest.approx(base.ratio.value * 1.2)
    assert base.subject_gain is None
    assert compiled.ratio.method == "paired"
    assert compiled.promise == base.promise == pytest.approx(10.6, rel=0.01)


def test_runs_of_one_machine_stand_together_and_those_of_others_apart():
    folded = named(ways({"execution": "bn-folded"}), id="20261121-090000-300000")
    elsewhere = named(ways({"threads": 2}), fingerprint=fingerprint(host="lab"))
    here, there = found(BASE, folded, elsewhere)
    assert changes(here.rows) == [{}, {"execution": "bn-folded"}]
    assert [each.study.run for each in here.rows] == [BASE, folded]
    assert changes(there.rows) == [{}, {"threads": 2}]


def test_of_two_runs_of_one_way_the_one_with_more_processes_answers():
    few = ways({"threads": 2})
    many = named(ways({"threads": 2}, run=sample_run((1,), repeats=5)), id="20261121-090000-3")
    (there,) = found(few, many)
    assert [each.processes for each in there.rows] == [5, 5]


def at_speed(speed, place):
    """The base point as another run of the machine has it: B0 so many times as fast."""
    run = slowed(BASE, lambda cell, _: 1 / speed if cell.model == B0 else 1.0)
    return named(run, id=f"20261121-09000{place}-300000")


def test_a_way_of_several_runs_is_as_wide_as_these_lie_apart():
    folded = named(ways({"execution": "bn-folded"}), id="20261121-090009-300000")
    runs = [folded, at_speed(1.1, 1), at_speed(1 / 1.1, 2)]
    (there,) = found(*runs)
    base, other = there.rows
    own = Study(BASE)[B0].realised
    assert base.ratio.value == pytest.approx(own.value)
    assert (base.ratio.method, base.ratio.n) == ("over runs", 3)
    # Student's t of 2 degrees of freedom over logarithms 0 and +-log 1.1
    assert base.ratio.high / base.ratio.value == pytest.approx(1.1 ** (4.3027 / 3**0.5), rel=1e-3)
    assert base.processes == 3 * Study(BASE)[B0].repeats
    assert len(base.runs) == 3
    # what one run tells is no surer than runs of this machine agree
    assert other.apart == pytest.approx(math.log(1.1))
    assert other.ratio.method == "next run"
    assert other.ratio.high / other.ratio.value > 1.1**1.96
    assert other.subject_gain.method == "paired"
    assert other.base_ratio == other.base.result.realised


def test_two_runs_of_a_way_do_not_tell_how_far_runs_lie_apart():
    (there,) = found(ways({"threads": 2}), at_speed(1.1, 1))
    assert all(each.apart is None and each.runs == (each,) for each in there.rows)
    assert all(each.ratio.method == "paired" for each in there.rows)


def test_the_split_is_told_over_the_same_runs():
    (there,) = found(ways({"threads": 2}), at_speed(1.1, 1), at_speed(1.2, 2))
    split = there.base.split
    assert split.realised == there.base.ratio
    assert split.factors["slower arithmetic"].whole.method == "over runs"
    (alone,) = found(ways({"threads": 2}))
    assert alone.base.split == alone.base.result.split


def test_a_gain_is_read_within_one_run():
    moved = ways({"threads": 2})
    alone = replace(
        moved,
        repeats=tuple(each for each in moved.repeats if each.cell.threads == 2),
    )
    alone = named(
        alone,
        id="20261121-090000-3",
        cells=tuple(cell for cell in moved.invocation.cells if cell.threads == 2),
    )
    (there,) = found(BASE, alone)
    assert changes(there.rows) == [{}, {"threads": 2}]
    assert there.rows[1].subject_gain is None
    assert there.rows[1].reference_gain is None


def test_modes_and_precisions_have_a_base_point_each():
    half = ways({"precision": "amp-bf16"}, {"precision": "amp-bf16", "threads": 2})
    half = replace(
        half, costs=(*half.costs, *(replace(each, dtype="bfloat16") for each in half.costs))
    )
    (there,) = found(half)
    assert there.base.result.precision == "amp-bf16"
    assert changes(there.rows) == [{}, {"threads": 2}]


def test_a_size_counts_where_it_changed_for_both():
    (there,) = found(ways({"resolution": 380}))
    assert changes(there.rows) == [{}, {"resolution": 380}]
    assert there.rows[1].reference.resolution == 380
    large = ways({"resolution": 380})
    cells = tuple(c for c in large.invocation.cells if (c.model, c.resolution) != (R50, 380))
    only = replace(large, repeats=tuple(e for e in large.repeats if e.cell in cells))
    assert found(named(only, cells=cells)) == []


def test_what_has_no_base_point_or_no_second_way_is_left_out():
    assert found(BASE) == []
    assert found(sample_run((8, 16))) == []
    assert found(designs_run()) == []


def test_of_ways_that_are_wanted_the_best_run_answers_even_where_an_unwanted_one_has_more():
    many = named(sample_run((1,), repeats=5, profiled=False), id="20261121-090000-3")
    there = Collection((Study(BASE), Study(many)))
    ((plain,),) = ways_run(there)
    assert plain.study.run is many
    ((profiled,),) = ways_run(there, lambda told: bool(told.result.part.rounds))
    assert profiled.study.run is BASE


def test_ways_without_a_base_point_are_ways_too():
    ((first, second),) = ways_run(Collection((Study(sample_run((8, 16))),)))
    assert (first.changed, second.changed) == ({"batch_size": 8}, {"batch_size": 16})
    assert list(ways_run(Collection((Study(designs_run()),)))) == []

"""Shards made one run again; the whole run that one call would have made is the oracle."""

import random
from dataclasses import replace

import pytest

from effprof.core.cells import Cell
from effprof.core.errors import BadInput, NotComparable
from effprof.core.runs import MeasureOptions, Peak
from effprof.store.merge import MERGED, merge_shards
from effprof.sweep.plan import take_shard
from effprof.sweep.suite import Expansion
from tests.runs import CRASHED, calibrations, fingerprint, measurement, sample_run

WHOLE = sample_run(batch_sizes=(1, 8, 64), repeats=2)
REFERENCE = WHOLE.invocation.reference


def part(index, count, whole=WHOLE, **invocation_fields):
    """Make the run of one shard out of the whole run."""
    expansion = Expansion(whole.invocation.cells, REFERENCE)
    cells = take_shard(expansion, index, count).cells
    marks = fingerprint()
    marks = replace(marks, recorded=marks.recorded | {"shard": f"{index}/{count}"})
    fields = {"id": f"shard-{index}", "cells": cells, "fingerprint": marks} | invocation_fields
    return replace(
        whole,
        invocation=replace(whole.invocation, **fields),
        costs=tuple(c for c in whole.costs if c.key[:4] in {_work(cell) for cell in cells}),
        repeats=tuple(r for r in whole.repeats if r.cell in cells),
    )


def _work(cell):
    return cell.model, cell.resolution, cell.mode, cell.batch_size


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_all_shards_are_the_whole_run(count):
    parts = [part(i, count) for i in range(1, count + 1)]
    merged = merge_shards(random.Random(count).sample(parts, count))
    assert merged.run.invocation.cells == WHOLE.invocation.cells
    assert merged.run.repeats == WHOLE.repeats
    assert {cost.key: cost for cost in merged.run.costs} == {c.key: c for c in WHOLE.costs}
    assert merged.run.peaks == WHOLE.peaks
    assert merged.set_aside == sum(len(p.repeats) for p in parts) - len(WHOLE.repeats)
    assert not merged.run.missing


def test_cells_come_back_in_the_order_of_the_suite_whatever_the_suite():
    rng = random.Random(7)
    for _ in range(200):
        names = [REFERENCE, *(f"timm/net{i}" for i in range(rng.randint(1, 6)))]
        cells = []
        for batch in rng.sample((1, 2, 4, 8, 16), rng.randint(1, 5)):
            grid = [(name, size) for size in (224, 256) for name in names]
            chosen = rng.sample(grid, rng.randint(1, len(grid)))
            rng.shuffle(chosen)
            cells += [Cell(name, size, batch_size=batch) for name, size in chosen]
        dealt = [c for c in cells if c.model != REFERENCE]
        if not dealt:
            continue
        count = rng.randint(1, len(dealt))
        whole = replace(WHOLE, invocation=replace(WHOLE.invocation, cells=tuple(cells)), repeats=())
        parts = [part(i, count, whole) for i in range(1, count + 1)]
        assert merge_shards(parts).run.invocation.cells == tuple(cells)


def test_the_reference_is_kept_from_the_shard_where_it_went_best():
    one, two = part(1, 2), part(2, 2)
    failed = replace(
        one,
        repeats=tuple(
            replace(r, outcome=CRASHED) if r.cell.model == REFERENCE and r.index == 0 else r
            for r in one.repeats
        ),
    )
    merged = merge_shards([failed, two]).run
    kept = [r.outcome for r in merged.repeats if r.cell.model == REFERENCE]
    assert CRASHED not in kept


def test_repeats_of_one_cell_come_from_one_shard():
    slow = measurement(9.0)
    one = part(1, 2)
    two = replace(part(2, 2), repeats=tuple(replace(r, outcome=slow) for r in part(2, 2).repeats))
    merged = merge_shards([two, one]).run
    by_cell = {}
    for repeat in merged.repeats:
        by_cell.setdefault(repeat.cell, set()).add(repeat.outcome == slow)
    assert all(len(kinds) == 1 for kinds in by_cell.values())
    assert by_cell[Cell(REFERENCE, 224)] == {False}  # the first of equals


def test_of_equal_peaks_the_larger_stays():
    one, two = part(1, 2), part(2, 2)
    faster = replace(
        two, peaks=(Peak("matmul", "fp32", "1024", 120e9), Peak("copy", "fp32", "L2", 1e11))
    )
    peaks = {(p.kind, p.size): p.value for p in merge_shards([one, faster]).run.peaks}
    assert peaks["matmul", "1024"] == 120e9
    assert peaks["conv3x3", "256x14x14 b16"] == 237e9
    assert peaks["copy", "L2"] == 1e11


def test_calibrations_of_all_shards_stay_in_the_order_they_were_taken():
    one = replace(part(1, 2), calibrations=calibrations("end"))
    two = replace(part(2, 2), calibrations=calibrations("start"))
    both = merge_shards([one, two]).run.calibrations
    assert both == (*calibrations("start"), *calibrations("end"))


def test_the_merged_run_says_what_it_was_made_of_and_is_always_the_same():
    one = part(1, 2, started_at="2026-11-22T08:00:00+00:00", command="effprof run --shard 1/2")
    two = part(2, 2, command="effprof run --shard 2/2")
    merged, again = (merge_shards(order).run for order in ([one, two], [two, one]))
    assert merged == again
    invocation = merged.invocation
    assert invocation.id.startswith("20261121-080000-")
    assert invocation.started_at == two.invocation.started_at
    assert invocation.command == "effprof run --shard 1/2\neffprof run --shard 2/2"
    assert invocation.fingerprint.recorded[MERGED] == "shard-1, shard-2"
    assert "shard" not in invocation.fingerprint.recorded


def with_torch(run, version):
    marks = run.invocation.fingerprint
    marks = replace(marks, recorded=marks.recorded | {"torch": version})
    return replace(run, invocation=replace(run.invocation, fingerprint=marks))


def on(run, **gating):
    marks = run.invocation.fingerprint
    marks = replace(marks, gating=marks.gating | gating)
    return replace(run, invocation=replace(run.invocation, fingerprint=marks))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (part(2, 2, suite_hash="f" * 64), "suite_hash: "),
        (part(2, 2, repeats=3), "repeats: 2 and 3"),
        (
            part(2, 2, options=MeasureOptions(target_width=0.5)),
            "options.target_width: 0.02 and 0.5",
        ),
        (with_torch(part(2, 2), "2.6.0"), "torch: 2.15.0 and 2.6.0"),
        (on(part(2, 2), device="Other CPU"), "device: Some CPU and Other CPU"),
    ],
)
def test_what_does_not_belong_together_is_refused_by_field(other, said):
    with pytest.raises(NotComparable, match="are not shards of one run") as refused:
        merge_shards([part(1, 2), other])
    assert said in str(refused.value)


def test_shards_of_unknown_machines_have_like_peaks():
    one, two = (on(part(n, 2), **{"device kind": "cpu"}) for n in (1, 2))
    assert merge_shards([one, two]).run.status == "complete"
    slow = tuple(replace(peak, value=peak.value / 2) for peak in two.peaks)
    with pytest.raises(NotComparable, match=r"conv3x3 peak \(identity unknown\): 237 GFLOP/s and"):
        merge_shards([one, replace(two, peaks=slow)])


def test_shards_of_several_hosts_of_one_kind_make_one_run():
    assert merge_shards([part(1, 2), on(part(2, 2), host="attic")]).run.status == "complete"


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([WHOLE], "is no shard: it was not made with --shard"),
        ([part(1, 3), part(3, 3)], "shard 2/3 is missing"),
        (
            [part(1, 2), part(1, 2, id="again"), part(2, 2)],
            "shard 1/2 is there twice: shard-1 and again",
        ),
        ([part(1, 2), part(2, 3)], "shards of 2 and of 3 do not make one run"),
        ([part(1, 2), replace(part(2, 2), status="interrupted")], "effprof run --resume shard-2"),
        ([], "no shards to merge"),
    ],
)
def test_an_incomplete_set_is_refused(runs, said):
    with pytest.raises(BadInput) as refused:
        merge_shards(runs)
    assert said in str(refused.value)


def test_a_reference_that_stands_alone_is_in_some_shard():
    alone = (*WHOLE.invocation.cells, Cell(REFERENCE, 224, batch_size=512))
    whole = replace(WHOLE, invocation=replace(WHOLE.invocation, cells=alone))
    merged = merge_shards([part(1, 2, whole), part(2, 2, whole)]).run
    assert merged.invocation.cells == alone

"""The frame: one row per planned cell, pooled repeats, ratios, costs per image."""

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.frames import records
from effprof.core.cells import Cell
from effprof.core.columns import COLUMNS
from effprof.core.outcomes import Energy, Failure
from effprof.core.runs import Peak
from effprof.study.study import Study
from tests.runs import CRASHED, MODELS, OUT_OF_MEMORY, measurement, sample_run

B0, R50 = "timm/efficientnet_b0", "timm/resnet50"


def row(run, cell):
    return Study(run).frame.loc[cell.key]


def contended(seconds):
    return measurement(seconds, invalid_reasons=("contended: CPU share 0.5; close other programs",))


def test_one_row_per_planned_cell_in_plan_order_with_the_columns_of_the_table():
    run = sample_run()
    frame = Study(run).frame
    assert list(frame.index) == [cell.key for cell in run.invocation.cells]
    assert list(frame.columns) == list(COLUMNS)


def test_static_cost_is_per_image_at_every_batch_size():
    frame = Study(sample_run(batch_sizes=(1, 8))).frame
    of_b0 = frame[frame["model"] == B0]
    assert of_b0["macs"].tolist() == [MODELS[B0][1]] * 2
    assert of_b0["flops"].tolist() == [2 * MODELS[B0][1]] * 2
    assert of_b0["activations"].tolist() == [MODELS[B0][2]] * 2


def test_speed_is_batch_over_the_geometric_mean_of_process_medians():
    cell = Cell(B0, 224, batch_size=8)
    found = row(sample_run(), cell)
    step = 0.017 * 8 * (0.99 * 1.0 * 1.01) ** (1 / 3)
    assert found["step_seconds"] == pytest.approx(step)
    assert found["images_per_second"] == pytest.approx(8 / step)
    assert found["images_per_second_low"] < 8 / step < found["images_per_second_high"]
    assert found["repeats"] == 3


def test_promise_and_realised_against_the_reference_of_the_same_batch():
    found = row(sample_run(), Cell(B0, 224, batch_size=8))
    assert found["promise"] == pytest.approx(MODELS[R50][1] / MODELS[B0][1])
    assert found["realised"] == pytest.approx(0.080 / 0.017)
    assert found["realised_efficiency"] == pytest.approx(found["realised"] / found["promise"])


def test_realised_is_the_ratio_of_speeds_and_one_for_the_reference():
    frame = Study(sample_run(batch_sizes=(4,))).frame
    reference = frame[frame["model"] == R50].iloc[0]
    ratios = frame["images_per_second"] / reference["images_per_second"]
    np.testing.assert_allclose(frame["realised"], ratios)
    assert reference["realised"] == reference["promise"] == 1


def test_peak_share_is_of_the_largest_product_of_the_precision_and_threads():
    run = sample_run()
    more = (Peak("matmul", "fp32", "big", 1e15, threads=2), Peak("matmul", "tf32", "big", 1e15))
    found = row(replace(run, peaks=run.peaks + more), Cell(R50, 224))
    assert found["peak_share"] == pytest.approx(found["flops_per_second"] / 237e9)
    assert found["flops_per_second"] == pytest.approx(
        2 * MODELS[R50][1] * found["images_per_second"]
    )


def test_invalid_repeats_are_set_aside_while_a_valid_one_remains():
    cell = Cell(B0, 224)
    found = row(sample_run(outcomes={(cell, 1): contended(9.0), (cell, 2): CRASHED}), cell)
    assert found["valid"]
    assert found["repeats"] == 1
    assert found["step_seconds"] == pytest.approx(0.017 * 0.99, rel=0.01)
    assert "1 of 3 repeats: contended: CPU share 0.5" in found["reason"]
    assert "1 of 3 repeats: crashed: SIGKILL" in found["reason"]


def test_a_cell_without_valid_repeats_is_invalid_and_takes_no_part_in_comparisons():
    cell = Cell(R50, 224)
    run = sample_run(outcomes={(cell, i): contended(0.08) for i in range(3)})
    frame = Study(run).frame
    found = frame.loc[cell.key]
    assert (found["status"], found["valid"]) == ("measured", False)
    assert found["reason"].startswith("3 of 3 repeats: contended")
    assert math.isfinite(found["images_per_second"])
    same_batch = frame[frame["batch_size"] == 1]
    assert same_batch["realised"].isna().all()
    assert same_batch["promise"].notna().all()


def test_a_failed_cell_says_what_failed_and_has_no_numbers_but_its_cost():
    cell = Cell(B0, 224, batch_size=8)
    found = row(sample_run(outcomes={(cell, i): OUT_OF_MEMORY for i in range(3)}), cell)
    assert found["status"] == "oom"
    assert "tried to allocate 2.00 GiB" in found["reason"]
    assert math.isnan(found["images_per_second"])
    assert found["params"] == MODELS[B0][0]


def test_a_cell_the_run_did_not_reach_is_pending():
    run = sample_run()
    reached = tuple(repeat for repeat in run.repeats if repeat.cell.batch_size == 1)
    found = row(replace(run, status="interrupted", repeats=reached), Cell(B0, 224, batch_size=8))
    assert found["status"] == "pending"
    assert found["reason"] == "3 of 3 repeats: no outcome yet"


def test_the_reference_stands_at_its_own_size_or_at_the_cells_where_it_has_it():
    run = sample_run(batch_sizes=(1,))
    large = [Cell(B0, 380), Cell(R50, 380)]
    repeats = [
        replace(run.repeats[0], cell=cell, index=i, outcome=measurement(seconds))
        for cell, seconds in zip(large, (0.1, 0.3), strict=True)
        for i in range(3)
    ]
    one = replace(run, invocation=replace(run.invocation, cells=(*run.invocation.cells, large[0])))
    one = replace(one, repeats=(*run.repeats, *repeats[:3]))
    assert row(one, large[0])["realised"] == pytest.approx(0.08 / 0.1, rel=0.01)
    two = replace(run, invocation=replace(run.invocation, cells=(*run.invocation.cells, *large)))
    two = replace(two, repeats=(*run.repeats, *repeats))
    assert row(two, large[0])["realised"] == pytest.approx(3.0)


def test_percentiles_need_samples_and_keep_their_order():
    cell = Cell(B0, 224)
    few = {(cell, i): measurement(0.017, samples=20) for i in range(3)}
    assert math.isnan(row(sample_run(outcomes=few), cell)["latency_p90_seconds"])
    enough = row(sample_run(), cell)
    assert enough["latency_p50_seconds"] <= enough["latency_p90_seconds"]


def test_energy_and_parts_of_a_step_are_pooled_over_processes():
    cell = Cell(B0, 224)
    outcomes = {}
    for i, joules in enumerate((1.0, 2.0, 6.0)):
        done = measurement(0.017, energy=Energy(joules * 10, 2.0, 10))
        timing = replace(done.timing, forward=(0.01 + i,) * 3)
        outcomes[cell, i] = replace(done, timing=timing)
    found = row(sample_run(outcomes=outcomes), cell)
    assert found["joules_per_image"] == pytest.approx(3.0)
    assert found["forward_seconds"] == pytest.approx(1.01)
    assert math.isnan(found["backward_seconds"])


def test_records_are_json_without_nan_and_with_whole_counts():
    cell = Cell(B0, 224)
    run = sample_run(outcomes={(cell, i): Failure("nan", "NaN in the output") for i in range(3)})
    rows = records(Study(run).frame)
    text = json.dumps(rows, allow_nan=False)
    assert len(json.loads(text)) == len(run.invocation.cells)
    assert isinstance(rows[0]["params"], int)
    failed = next(found for found in rows if found["cell"] == cell.key)
    assert failed["images_per_second"] is None


def test_a_run_without_any_outcome_still_has_a_frame():
    frame = Study(replace(sample_run(), repeats=(), peaks=(), costs=())).frame
    assert set(frame["status"]) == {"pending"}
    assert isinstance(frame, pd.DataFrame)
    assert frame["images_per_second"].isna().all()


def test_a_frame_carries_how_every_estimate_was_found_and_on_how_much():
    cells = Cell(R50, 224), Cell(B0, 224)
    found = estimate_of(row(sample_run(), cells[1]), "realised")
    assert (found.method, found.n) == ("paired", 3)
    # The reference has its first and third repeat left, this network only its second.
    lost = {(cells[0], 1): contended(0.080)} | {(cells[1], i): contended(0.017) for i in (0, 2)}
    run = sample_run(outcomes=lost)
    found = estimate_of(row(run, cells[1]), "realised")
    assert (found.method, found.n) == ("mover", 1)
    assert estimate_of(row(run, cells[1]), "images_per_second").method == "order statistic"
    told = next(each for each in records(Study(run).frame) if each["cell"] == cells[1].key)
    assert (told["realised_method"], told["realised_n"]) == ("mover", 1)


def test_a_row_without_an_estimate_says_so():
    frame = Study(replace(sample_run(), repeats=())).frame
    found = estimate_of(frame.iloc[0], "realised")
    assert (found.method, found.n, found.bounded) == ("none", 0, False)
    assert {each["realised_method"] for each in records(frame)} == {None}


def test_activations_of_the_first_counter_are_not_shown_beside_those_of_today():
    run = sample_run()
    first = "effprof static cost 1 (formulas of torch 2.9)"
    old = tuple(replace(cost, counter=first) for cost in run.costs)
    for costs, shown in ((run.costs, True), (old, False)):
        frame = Study(replace(run, costs=costs)).frame
        assert frame["activations"].notna().all() == shown
        assert frame["macs"].notna().all()

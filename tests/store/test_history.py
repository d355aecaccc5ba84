"""Nights read back: every number that was measured, and every cell that was not."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.core.metrics import counted_metrics, measured_metrics
from effprof.core.outcomes import Measurement, Repeat
from effprof.core.runs import Run
from effprof.store.history import Absence
from effprof.store.store import Store
from tests.runs import CRASHED, OUT_OF_MEMORY, fingerprint, measurement, sample_run

PLACE = ("Some CPU", "laptop")
RESNET = Cell("timm/resnet18", 224)
RUN = "20261121-080000-abc123"

#: Counts that the counter of today moved -> the method that it came with.
COUNTED_BY = {"macs": "3", "activations": "3"}


def night(number: int, **fields) -> Run:
    started_at = f"2026-11-{number:02d}T03:00:00+00:00"
    return sample_run(**{"id": f"night{number:02d}", "started_at": started_at} | fields)


def rows_of(store: Store) -> list[tuple[object, ...]]:
    frame = store.history(*PLACE).frame
    return sorted(tuple(row) for row in frame.astype({"run_id": str}).itertuples(index=False))


def expected(run: Run) -> list[tuple[object, ...]]:
    """The readings of a run, slow and obvious."""
    method = run.invocation.fingerprint.gating["method"]
    readings = [
        (repeat.cell.key, metric, method, repeat.index, value)
        for repeat in run.repeats
        if isinstance(repeat.outcome, Measurement) and repeat.outcome.valid
        for metric, value in measured_metrics(repeat.outcome).items()
    ]
    for cell in run.invocation.cells:
        for cost in run.costs:
            if (cost.model, cost.resolution, cost.batch_size) == (
                *(cell.model, cell.resolution, cell.batch_size),
            ):
                readings += [
                    (cell.key, m, COUNTED_BY.get(m, method), 0, v)
                    for m, v in counted_metrics(cost).items()
                ]
    return sorted((run.invocation.id, *names, float(value)) for *names, value in readings)


def test_a_run_that_comes_whole_has_a_reading_per_metric_of_every_process(store):
    run = sample_run()
    store.add_runs([run])
    assert rows_of(store) == expected(run)
    assert {row[2] for row in expected(run)} > {"step_seconds", "params", "role_seconds:norm"}


def test_a_run_that_is_written_step_by_step_has_the_same_readings(store):
    run = sample_run()
    store.begin(run.invocation)
    store.add_costs(RUN, run.costs)
    for repeat in run.repeats:
        store.add_repeat(RUN, repeat)
    store.add_costs(RUN, run.costs[:2])
    store.finish(RUN, "complete", "2026-11-21T08:00:00+00:00")
    assert rows_of(store) == expected(run)


def test_failures_and_invalid_measurements_have_no_readings(store):
    busy = measurement(0.02, invalid_reasons=("foreign CPU 0.8 cores",))
    run = sample_run(outcomes={(RESNET, 0): CRASHED, (RESNET, 1): busy})
    store.add_runs([run])
    frame = store.history(*PLACE).frame
    steps = frame[(frame.cell == RESNET.key) & (frame.metric == "step_seconds")]
    assert list(steps.repeat) == [2]
    assert rows_of(store) == expected(run)


@pytest.mark.parametrize("outcome", [CRASHED, measurement(0.5)])
def test_an_outcome_that_replaces_another_replaces_its_readings(store, outcome):
    run = sample_run()
    store.add_runs([run])
    first = next(repeat for repeat in run.repeats if repeat.cell == RESNET)
    store.add_repeat(RUN, dataclasses.replace(first, outcome=outcome), replace=True)
    assert rows_of(store) == expected(store.load(RUN))


def test_nights_come_oldest_first_with_what_is_known_of_them(store):
    store.add_runs([night(3), night(1), night(2, fingerprint=fingerprint(allocator="heap kept"))])
    nights = store.history(*PLACE).nights
    assert [each.run_id for each in nights] == ["night01", "night02", "night03"]
    assert nights[1].started_at == "2026-11-02T03:00:00+00:00"
    assert nights[1].attributes == {
        "device": "Some CPU",
        "host": "laptop",
        "method": "1",
        "allocator": "heap kept",
        "torch": "2.15.0",
        "timm": "1.0.31",
    }


def test_the_frame_is_small_and_in_the_order_of_the_nights(store):
    store.add_runs([night(2), night(1)])
    frame = store.history(*PLACE).frame
    assert list(frame.run_id.cat.categories) == ["night01", "night02"]
    assert [str(frame.dtypes[name]) for name in ("run_id", "cell", "metric", "method")] == [
        "category"
    ] * 4
    assert (frame.dtypes["repeat"], frame.dtypes["value"]) == (np.int16, np.float64)
    assert frame.run_id.is_monotonic_increasing


def test_only_the_nights_asked_for_are_read(store):
    store.add_runs([night(day) for day in range(1, 6)])
    store.add_runs([night(6, suite="other"), night(7, fingerprint=fingerprint(host="lab"))])

    def ids(**which) -> list[str]:
        history = store.history(*PLACE, **which)
        assert list(history.frame.run_id.unique()) == [each.run_id for each in history.nights]
        return [each.run_id[-1] for each in history.nights]

    assert ids() == ["1", "2", "3", "4", "5", "6"]
    assert ids(nights=2) == ["5", "6"]
    assert ids(until="night04", nights=3) == ["2", "3", "4"]
    assert ids(suite="other") == ["6"]
    assert ids(suite="quick", nights=2) == ["4", "5"]
    with pytest.raises(BadInput, match="no run 'night99'"):
        ids(until="night99")


def test_a_night_that_goes_on_is_looked_at_only_when_it_is_named(store):
    store.add_runs([night(1), dataclasses.replace(night(2), status="running", finished_at=None)])
    assert [each.run_id for each in store.history(*PLACE).nights] == ["night01"]
    named = store.history(*PLACE, until="night02").nights
    assert [each.run_id for each in named] == ["night01", "night02"]


def test_a_device_that_was_never_measured_has_an_empty_history(store):
    store.add_runs([night(1)])
    nights, frame = store.history("Some CPU", "elsewhere")
    assert nights == []
    assert list(frame.columns) == ["run_id", "cell", "metric", "method", "repeat", "value"]
    assert frame.empty


def test_a_run_from_no_machine_is_no_night(store):
    plain = fingerprint()
    gating = {name: value for name, value in plain.gating.items() if name != "host"}
    store.add_runs([night(1, fingerprint=dataclasses.replace(plain, gating=gating))])
    store.add_repeat("night01", night(1).repeats[0], replace=True)
    store.add_costs("night01", night(1).costs)
    assert store.history("Some CPU", "").nights == []


def test_absences_tell_failed_and_missing_from_never_planned(store):
    busy = measurement(0.02, invalid_reasons=("foreign CPU", "page faults"))
    gone = Cell("timm/resnet50", 224, batch_size=8)
    mixed = Cell("timm/mobilenetv2_100", 224)
    outcomes = {
        **dict.fromkeys([(RESNET, i) for i in range(3)], OUT_OF_MEMORY),
        **dict.fromkeys([(gone, i) for i in range(3)], busy),
        (mixed, 0): busy,
        (mixed, 1): CRASHED,
        (mixed, 2): busy,
        (Cell("timm/resnet50", 224), 0): CRASHED,
    }
    run = sample_run(outcomes=outcomes)
    lost = Cell("timm/efficientnet_b0", 224, batch_size=8)
    kept = tuple(repeat for repeat in run.repeats if repeat.cell != lost)
    store.add_runs([dataclasses.replace(run, repeats=kept), night(1)])
    assert store.absences([RUN, "night01"]) == [
        Absence(RUN, mixed.key, "crashed", CRASHED.reason),
        Absence(RUN, RESNET.key, "oom", OUT_OF_MEMORY.reason),
        Absence(RUN, gone.key, "invalid", "foreign CPU; page faults"),
        Absence(RUN, lost.key, "missing", ""),
    ]


def test_readings_are_numbers_only(store):
    sound = measurement(0.02)
    overflowing = (1.7e308, 1.7e308)  # whose mean is no float
    timing = dataclasses.replace(sound.timing, throughput=overflowing, latency=overflowing)
    huge = dataclasses.replace(sound, timing=timing)
    run = sample_run()
    store.begin(run.invocation)
    store.add_repeat(RUN, Repeat(RESNET, 0, huge, "2026-11-21T08:00:00+00:00", 1.0))
    store.finish(RUN, "complete", "2026-11-21T08:00:00+00:00")
    assert Counter(row[2] for row in rows_of(store)) == {"peak_rss_bytes": 1}

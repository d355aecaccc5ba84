"""What a store promises in the ordinary course of things."""

import math
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from effprof.core.cells import Cell
from effprof.core.errors import BadInput, StorageError
from effprof.core.outcomes import Failure, Measurement, Repeat, Timing
from effprof.core.runs import EarlierRun, Fingerprint, MeasureOptions, Peak, Run
from effprof.store.codec import SAMPLE_KINDS
from tests.runs import CRASHED, OUT_OF_MEMORY, calibrations, measurement, sample_run

CELL = Cell("timm/resnet18", 224)
EARLIER = tuple(
    EarlierRun(
        f"2026112{day}-080000-abc123", f"2026-11-2{day}T08:00:00+00:00", {CELL.key: 0.1 / day}
    )
    for day in (1, 2)
)


def started(store, **asked) -> Run:
    run = sample_run(**asked)
    store.begin(run.invocation)
    return run


def repeat_of(outcome, index=0, cell=CELL) -> Repeat:
    return Repeat(cell, index, outcome, "2026-11-21T08:00:00+00:00", 2.5)


def test_what_a_sweep_writes_step_by_step_is_read_back_whole(store):
    outcomes = {(CELL, 0): OUT_OF_MEMORY, (CELL, 2): CRASHED}
    run = replace(started(store, outcomes=outcomes), calibrations=calibrations(), earlier=EARLIER)
    run_id = run.invocation.id
    assert store.load(run_id) == Run(run.invocation, "running")
    store.add_calibrations(run_id, run.calibrations)
    store.set_earlier(run_id, run.earlier[:1])
    store.set_earlier(run_id, run.earlier)
    store.add_peaks(run_id, run.peaks)
    store.add_costs(run_id, run.costs)
    for repeat in run.repeats:
        store.add_repeat(run_id, repeat)
    store.finish(run_id, run.status, run.finished_at)
    assert store.load(run_id) == run


FINITE = st.floats(allow_nan=False, allow_infinity=False)
SERIES = st.lists(FINITE, max_size=5).map(tuple)
# A command line holds no NUL and neither do names; PostgreSQL has no room for it.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
TEXTS = st.dictionaries(TEXT, TEXT, max_size=3)
TIMINGS = st.builds(
    Timing,
    **dict.fromkeys(SAMPLE_KINDS, SERIES),
    first_step_seconds=FINITE,
    compile_seconds=st.none() | FINITE,
    converged=st.booleans(),
    relative_width=st.none() | FINITE,
)
OUTCOMES = st.from_type(Failure) | st.builds(
    Measurement,
    timing=TIMINGS,
    invalid_reasons=st.lists(st.text(), max_size=2).map(tuple),
    missing=TEXTS,
    settings=TEXTS,
    measuring_seconds=FINITE,
)
FINGERPRINTS = st.builds(Fingerprint, gating=TEXTS, recorded=TEXTS, missing=TEXTS)
# SQLite's numbers have no -0.0; no peak is that low.
PEAKS = st.builds(
    Peak, precision=TEXT, size=TEXT, value=st.floats(1, 1e18), threads=st.integers(1, 256)
)


# One store for all examples: every run has an id of its own.
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    outcomes=st.lists(OUTCOMES, max_size=3),
    fingerprint=FINGERPRINTS,
    peaks=st.lists(PEAKS, max_size=2, unique_by=lambda p: (p.kind, p.precision, p.size, p.threads)),
    text=TEXT,
)
def test_saving_and_loading_is_the_identity(store, outcomes, fingerprint, peaks, text):
    run_id = f"run {len(store.runs())}"
    plain = sample_run((1,), id=run_id, fingerprint=fingerprint, command=text, device=text)
    repeats = tuple(repeat_of(outcome, index) for index, outcome in enumerate(outcomes))
    run = replace(plain, repeats=repeats, peaks=tuple(peaks))
    store.add_runs([run])
    # By text, since -0.0 == 0.0 and dictionaries are equal in any order.
    assert repr(store.load(run_id)) == repr(run)


def test_text_that_is_not_unicode_does_not_cost_the_outcome(store):
    run_id = started(store).invocation.id
    store.add_repeat(run_id, repeat_of(Failure("crashed", "core \udcff dumped")))
    assert store.load(run_id).repeats[0].outcome == Failure("crashed", "core ? dumped")


def test_every_series_of_a_timing_is_kept_as_samples():
    annotated = {field.name for field in fields(Timing) if "tuple" in str(field.type)}
    assert set(SAMPLE_KINDS) == annotated


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("field", ["samples", "seconds"])
def test_what_is_no_number_is_refused_and_nothing_is_stored(store, bad, field):
    run_id = started(store).invocation.id
    sound = measurement(0.01)
    timing = replace(sound.timing, latency=(0.01, bad))
    outcomes = {
        "samples": replace(sound, timing=timing),
        "seconds": replace(sound, build_seconds=bad),
    }
    with pytest.raises(ValueError, match="finite number"):
        store.add_repeat(run_id, repeat_of(outcomes[field]))
    assert store.load(run_id).repeats == ()


def test_a_repeat_has_one_outcome(store):
    run_id = started(store).invocation.id
    store.add_repeat(run_id, repeat_of(CRASHED))
    with pytest.raises(StorageError, match=r"already has an outcome .*resnet18.* repeat 0"):
        store.add_repeat(run_id, repeat_of(measurement(0.01)))
    assert store.load(run_id).repeats == (repeat_of(CRASHED),)


def test_an_outcome_is_replaced_only_on_request_and_with_its_samples(store):
    run_id = started(store).invocation.id
    store.add_repeat(run_id, repeat_of(measurement(0.01, samples=50)))
    store.add_repeat(run_id, repeat_of(measurement(0.02, samples=30)), replace=True)
    assert store.load(run_id).repeats == (repeat_of(measurement(0.02, samples=30)),)


def test_an_outcome_of_a_cell_that_was_not_planned_is_refused(store):
    run_id = started(store).invocation.id
    with pytest.raises(BadInput, match="did not plan the cell 'timm/resnet18@999"):
        store.add_repeat(run_id, repeat_of(CRASHED, cell=Cell("timm/resnet18", 999)))


def test_a_plan_names_a_cell_once(store):
    with pytest.raises(BadInput, match=r"more than once: timm/resnet18@224"):
        started(store, cells=(CELL, CELL))
    assert store.runs() == []


def test_an_id_is_given_once(store):
    run = started(store)
    with pytest.raises(StorageError, match="already there"):
        store.begin(run.invocation)


def test_a_run_that_was_never_begun_takes_nothing(store):
    with pytest.raises(BadInput, match="no run 'x'"):
        store.add_repeat("x", repeat_of(CRASHED))
    with pytest.raises(BadInput, match="no run 'x'"):
        store.finish("x", "complete", "2026-11-21T08:00:00+00:00")
    with pytest.raises(BadInput, match="no run 'x'"):
        store.load("x")


def test_a_peak_measured_again_replaces_the_earlier_value(store):
    run_id = started(store).invocation.id
    copy, product = Peak("copy", "fp32", "1 MiB", 1e9), Peak("matmul", "fp32", "1024", 9e10)
    store.add_peaks(run_id, [copy, product])
    again = replace(copy, value=2e9)
    store.add_peaks(run_id, [again])
    assert set(store.load(run_id).peaks) == {again, product}


def test_costs_counted_again_are_there_once(store):
    run = started(store)
    store.add_costs(run.invocation.id, run.costs)
    store.add_costs(run.invocation.id, run.costs[:1])
    assert len(store.load(run.invocation.id).costs) == len(run.costs)


def test_a_resumed_run_is_running_until_it_ends_again(store):
    run_id = started(store).invocation.id
    store.finish(run_id, "interrupted", "2026-11-21T09:00:00+00:00")
    store.resume(run_id)
    resumed = store.load(run_id)
    assert (resumed.status, resumed.finished_at) == ("running", None)


def test_a_run_that_measured_less_than_it_began_with_is_amended(store):
    begun = started(store).invocation
    marks = replace(begun.fingerprint, recorded=begun.fingerprint.recorded | {"budget": "40 s"})
    fewer = replace(begun, repeats=1, suite_hash="f" * 64, fingerprint=marks)
    store.amend(fewer)
    assert store.load(begun.id).invocation == fewer
    (summary,) = store.runs()
    assert summary.repeats == 1


def test_options_of_measuring_are_kept(store):
    options = MeasureOptions(target_width=0.005, allow_busy=True)
    run = started(store, options=options)
    assert store.load(run.invocation.id).invocation.options == options


def test_runs_are_listed_newest_first_with_what_they_hold(store):
    started(store, id="old", started_at="2026-11-20T08:00:00+00:00")
    started(store, id="new", started_at="2026-11-21T08:00:00+00:00")
    store.add_repeat("old", repeat_of(CRASHED))
    listed = [(run.id, run.status, run.cells, run.repeats, run.outcomes) for run in store.runs()]
    assert listed == [("new", "running", 8, 3, 0), ("old", "running", 8, 3, 1)]


@pytest.mark.parametrize("text", [None, "latest", "20261121-0900", "20261121-090000-b"])
def test_a_run_is_found_by_what_people_write(store, text):
    started(store, id="20261121-080000-a", started_at="2026-11-21T08:00:00+00:00")
    started(store, id="20261121-090000-b", started_at="2026-11-21T09:00:00+00:00")
    assert store.resolve(text) == "20261121-090000-b"


def test_an_id_that_begins_another_is_still_found(store):
    started(store, id="a")
    started(store, id="ab")
    assert store.resolve("a") == "a"


def test_a_beginning_that_fits_several_runs_names_them(store):
    started(store, id="20261121-080000-a")
    started(store, id="20261121-090000-b")
    with pytest.raises(BadInput, match="2 runs: 20261121-090000-b, 20261121-080000-a"):
        store.resolve("2026")


@pytest.mark.parametrize("text", ["lastest", ""])
def test_an_unknown_run_is_answered_with_the_place_to_look(store, text):
    started(store)
    with pytest.raises(BadInput, match="effprof runs") as caught:
        store.resolve(text)
    assert (text == "lastest") == ("did you mean latest" in str(caught.value))


def test_an_empty_store_says_how_to_make_a_run(store):
    with pytest.raises(BadInput, match="holds no runs; make one with: effprof run"):
        store.resolve("latest")


def test_runs_are_added_all_or_none(store):
    started(store, id="b")
    runs = [sample_run(id="a"), sample_run(id="b")]
    with pytest.raises(BadInput, match=r"run b is already in .* with other content \(.*status"):
        store.add_runs(runs)
    assert [run.id for run in store.runs()] == ["b"]


def test_cells_can_be_asked_for_in_sql(store):
    store.add_runs([sample_run()])
    with store._database.reading() as connection:
        counted = connection.exec_driver_sql(
            "SELECT sum(number) FROM sample JOIN outcome ON outcome.id = outcome_id"
            " JOIN cell ON cell.run_id = outcome.run_id AND cell.position = outcome.cell"
            " WHERE model = 'timm/resnet18' AND batch_size = 8 AND sample.kind = 'latency'"
        ).scalar()
    assert counted == 3 * 40

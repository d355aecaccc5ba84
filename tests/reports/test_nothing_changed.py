"""The A/A run: rounds become nights, noise is what it is, and a change is no false alarm."""

import pytest

from effprof.core.cells import Cell
from effprof.regressions.policies import MIN_NIGHTS
from effprof.store.transfer import export_run
from tests.benchmarks import nothing_changed
from tests.evidence import run_of

CELLS = Cell("timm/resnet18", 224), Cell("timm/resnet50", 224)
NIGHTS = MIN_NIGHTS + 3

#: A step of ten milliseconds that moves by half a per cent from process to process.
STEADY = tuple(0.01 * (1 + 0.005 * (-1) ** night) for night in range(NIGHTS))


def taken(seconds):
    return run_of(dict.fromkeys(CELLS, seconds))


def test_every_round_is_a_night_with_one_process_of_each_cell():
    nights = nothing_changed.nights_of([taken(STEADY)])
    assert [len(night.repeats) for night in nights] == [len(CELLS)] * NIGHTS
    assert {night.invocation.repeats for night in nights} == {1}
    seconds = [night.repeats[0].outcome.timing.throughput[0] for night in nights]
    assert seconds == list(STEADY)


def test_a_round_that_was_cut_is_no_night():
    run = run_of({CELLS[0]: STEADY, CELLS[1]: STEADY[:-2]})
    assert len(nothing_changed.nights_of([run])) == NIGHTS - 2


def test_several_runs_are_nights_as_they_are():
    runs = [taken(STEADY[:3]), taken(STEADY[:3])]
    assert nothing_changed.nights_of(runs) == runs


def test_the_floor_is_the_spread_between_processes():
    floors = nothing_changed.noise_floor(nothing_changed.nights_of([taken(STEADY)]))
    assert floors["step_seconds"] == pytest.approx([0.005] * len(CELLS), rel=0.1)


def test_nothing_is_said_of_steady_nights_and_a_change_is_seen():
    steady = nothing_changed.judge(nothing_changed.nights_of([taken(STEADY)]))
    # Four nights can be judged, in two cells of two series each.
    assert (steady.series_nights, steady.events) == ((NIGHTS - MIN_NIGHTS + 1) * 4, ())
    slower = (*STEADY[:-5], *(1.2 * seconds for seconds in STEADY[-5:]))
    changed = nothing_changed.judge(nothing_changed.nights_of([taken(slower)]))
    assert changed.events


def test_the_program_prints_floor_and_alarms(tmp_path, monkeypatch, capsys):
    file = tmp_path / "aa.jsonl.gz"
    export_run(taken(STEADY), file)
    monkeypatch.setattr("sys.argv", ["nothing_changed", str(file), "--orders", "1"])
    nothing_changed.main()
    told = capsys.readouterr().out
    assert f"{NIGHTS} nights of 2 cells" in told
    assert "in the order taken: 0 false alarms in 16 series-nights" in told
    assert "1 shuffled orders: 0 false alarms" in told

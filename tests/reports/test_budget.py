"""What pieces take: the model beside published runs, its calls, and what fits into half an hour."""

import importlib
import statistics
import sys
from pathlib import Path

import pytest

from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.cost import count_cost
from effprof.profiling.profile import MAX_STEPS
from effprof.profiling.record import WARM_UP_STEPS
from effprof.store.transfer import read_run
from tests.evidence import run_of

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "reports"))
agenda = importlib.import_module("agenda")
budget = importlib.import_module("budget")
dry_run = importlib.import_module("dry_run")
piece_kinds = importlib.import_module("piece")
pieces = importlib.import_module("pieces")

PUBLISHED = sorted((ROOT / "reports").glob("*/*.jsonl.gz"))
FIRST = pieces.PIECES["gpu-first"]
LEAN = MeasureOptions(
    time_cap_seconds=6, profile=True, profile_repeats=1, energy_repeats=1, timeout_seconds=150
)
CELLS = tuple(Cell("timm/resnet50", 224, batch_size=batch) for batch in (1, 8, 64))
TASKS = tuple((cell, index) for index in range(3) for cell in CELLS)


#: What a clock of a step on a CPU takes in a file; a GPU has none.
CLOCK_BYTES = 4


@pytest.mark.parametrize("file", PUBLISHED, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_size_of_published_files_is_what_the_constants_say(file):
    run = read_run(file)
    done = [each.outcome for each in run.repeats if isinstance(each.outcome, Measurement)]
    timings = [each.timing for each in done]
    samples = sum(len(each.throughput) + len(each.warmup) for each in timings)
    clocks = sum(len(each.taken) + len(each.waited) + len(each.cpu) for each in timings)
    operators = sum(len(each.profile.ops) for each in done if each.profile is not None)
    expected = (
        budget.REPEAT_BYTES * len(done)
        + budget.SAMPLE_BYTES * samples
        + CLOCK_BYTES * clocks
        + budget.OPERATOR_BYTES * operators
        + budget.COST_BYTES * len(run.costs)
    )
    assert expected == pytest.approx(file.stat().st_size, rel=0.2)


def test_the_operators_of_a_step_are_those_that_are_counted():
    counted: dict[str, list[int]] = {"infer": [], "train": []}
    known: dict[tuple[str, str], StaticCost] = {}
    for cell in FIRST.cells():
        key = cell.model, cell.mode
        if key not in known:
            known[key] = count_cost(cell.model, cell.resolution, cell.mode, 1, "float16")
        counted[cell.mode].append(known[key].total.ops)
    for mode, numbers in counted.items():
        assert budget.GPU.operators[mode] == pytest.approx(statistics.mean(numbers), rel=0.15)


def test_a_profile_costs_what_was_measured_by_its_rows():
    """B0: 3,700 rows a step and 13,200 in training, 45 us each, six steps."""
    per_operator = budget.GPU.row * budget.GPU.rows * budget.GPU.profile_steps
    assert per_operator * 238 == pytest.approx(3_700 * 45e-6 * 6, rel=0.25)
    assert per_operator * 632 == pytest.approx(13_200 * 45e-6 * 6, rel=0.25)
    assert budget.GPU.profile_steps == MAX_STEPS["cuda"] + WARM_UP_STEPS


def test_only_the_first_repeat_pays_for_profile_and_energy():
    first, later = (budget.task_seconds((CELLS[0], index), LEAN, budget.GPU) for index in (0, 1))
    passes = budget.profile_seconds("infer", budget.GPU) + budget.GPU.energy
    assert first - later == pytest.approx(passes)


@pytest.mark.parametrize("pace", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rounds", [False, True])
def test_calls_take_every_measurement_once_and_none_is_longer_than_its_limit(rounds, pace):
    calls = budget.calls_of(TASKS, LEAN, budget.GPU, 120, rounds=rounds, pace=pace)
    assert sum(call.tasks for call in calls) == len(TASKS)
    assert all(call.seconds <= 120 for call in calls)
    if rounds:
        assert all(call.tasks <= len(CELLS) for call in calls)
        assert [call.whole for call in calls].count(True) == 3
    whole = pace * budget.seconds_of(TASKS, LEAN, budget.GPU, resumed=False)
    assert sum(call.seconds for call in calls) >= whole - 1e-6


def test_the_pace_of_a_run_is_what_it_took_over_what_the_model_says():
    run = run_of({cell: [0.01] for cell in CELLS})  # each took a second by the clock
    expected = sum(budget.task_seconds((cell, 0), LEAN, budget.GPU) for cell in CELLS)
    assert budget.pace_of(run, LEAN, budget.GPU) == pytest.approx(len(CELLS) / expected)
    assert budget.pace_of(run_of({cell: [None] for cell in CELLS}), LEAN, budget.GPU) is None


def test_every_round_of_the_first_suite_is_a_call_of_330_seconds_but_for_the_first():
    calls = FIRST.calls(FIRST.tasks())
    assert all(call.seconds <= 330 for call in calls)
    assert [call.round for call in calls] == [1, 1, 2, 3, 4, 5]


def test_files_stay_within_what_is_committed_and_carried():
    for piece in pieces.PIECES.values():
        row = agenda.row_of(piece, 1.0)
        assert row.size <= piece_kinds.LARGEST_FILE
    # Each call of the rounds brings back the file with all rounds so far.
    tasks, options = FIRST.tasks(), FIRST.options()
    cells = len(FIRST.cells())
    files = [budget.export_bytes(tasks[: cells * n], options, budget.GPU) for n in range(1, 6)]
    assert 2 * sum(files) <= piece_kinds.LARGEST_PIECE


def titles(pace, minutes=30):
    return [step.title for step in agenda.fitting(agenda.steps(pace), 60 * minutes)]


def test_half_an_hour_holds_smoke_four_rounds_and_the_profile():
    rounds = [f"gpu-first, round {number}" for number in range(1, 5)]
    assert titles(1.0) == ["smoke", *rounds, "b0-profile"]


def test_a_slow_machine_drops_rounds_from_the_last_and_a_fast_one_adds_in_order():
    slow, fast = titles(1.4), titles(0.6)
    assert {"smoke", "gpu-first, round 1", "gpu-first, round 2", "b0-profile"} <= set(slow)
    assert "gpu-first, round 4" not in slow
    assert "gpu-first, round 5" in fast
    assert "zoo" in fast
    # No round before the one before, however little time there is.
    for pace in (0.5, 1, 2, 4):
        for minutes in (5, 10, 20, 40):
            rounds = [int(t[-1]) for t in titles(pace, minutes) if "round" in t]
            assert rounds == list(range(1, len(rounds) + 1))


def test_a_slower_machine_gets_longer_calls_up_to_the_most():
    assert piece_kinds.limit_of(FIRST, 0.5) == FIRST.seconds
    assert piece_kinds.limit_of(FIRST, 1.4) == pytest.approx(1.4 * FIRST.seconds)
    assert piece_kinds.limit_of(FIRST, 9) == piece_kinds.MOST_SECONDS


def test_the_list_tells_every_piece_and_when_each_step_begins(capsys):
    agenda.print_list(1.0, 30)
    told = capsys.readouterr().out
    assert all(f"\n{name} " in f"\n{told}" for name in pieces.PIECES)
    assert "30 minutes at pace 1" in told
    assert "0:00  smoke: " in told
    assert "with more time, in this order: gpu-first, round 5 (" in told


def test_the_calibration_puts_each_measurement_beside_the_model(capsys):
    agenda.print_calibration(run_of({cell: [0.01] for cell in CELLS}), LEAN, budget.GPU)
    *rows, last = capsys.readouterr().out.splitlines()
    assert [row.split("  ")[-1] for row in rows[1:]] == [cell.key for cell in CELLS]
    assert last.startswith("pace 0.")
    assert "--list --pace 0." in last


def test_the_dry_run_is_the_plan_and_its_checks_and_with_all_every_piece():
    planned = dry_run.plan()
    assert planned[:3] == ["smoke", "gpu-first", "b0-profile"]
    assert {name for name, _, _ in agenda.AGENDA} <= set(planned)
    assert planned.index("aa") < planned.index("aa-floor")
    calls = [call.title for call in dry_run.calls(planned)]
    assert calls[1:3] == ["gpu-first", "gpu-first --resume"]
    assert [call.piece for call in dry_run.calls(["smoke"])] == ["smoke"]

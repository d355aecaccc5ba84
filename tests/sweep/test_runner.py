"""Every planned repeat gets exactly one outcome, whatever happens."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, Repeat
from effprof.sweep.runner import run_cells
from tests.runs import measurement

CELLS = [Cell("timm/resnet50", 224, batch_size=b) for b in (1, 8, 64, 512)]
PENDING = [(cell, index) for index in range(2) for cell in CELLS]
KINDS = ["oom", "timeout", "crashed", "cuda_error", "unsupported", "nan"]


def sweep(outcomes, pending=PENDING, earlier=()):
    asked = []

    def measure(cell, index):
        asked.append(cell)
        return outcomes.get(cell, measurement(0.1))

    return list(run_cells(pending, earlier, measure)), asked


def kinds(repeats):
    return [getattr(repeat.outcome, "kind", "measured") for repeat in repeats]


def test_after_an_oom_larger_batches_and_later_repeats_are_skipped_with_the_reason():
    repeats, asked = sweep({CELLS[2]: Failure("oom", "CUDA out of memory")})
    first, second = kinds(repeats)[:4], kinds(repeats)[4:]
    assert first == ["measured", "measured", "oom", "skipped"]
    assert second == ["measured", "measured", "skipped", "skipped"]
    assert repeats[3].outcome.reason == "larger than an OOM: batch 64 ran out of memory"
    assert "ended in oom" in repeats[6].outcome.reason
    assert CELLS[3] not in asked


def test_an_oom_skips_only_cells_that_differ_in_batch_alone():
    other = replace(CELLS[3], precision="amp-fp16")
    repeats, _ = sweep({CELLS[2]: Failure("oom", "")}, [(CELLS[2], 0), (other, 0)])
    assert kinds(repeats) == ["oom", "measured"]


def test_a_crash_is_tried_again_in_the_next_repeat():
    repeats, asked = sweep({CELLS[0]: Failure("crashed", "SIGSEGV")})
    assert kinds(repeats).count("crashed") == 2
    assert asked.count(CELLS[0]) == 2


def test_what_gave_nan_is_not_tried_again():
    repeats, asked = sweep({CELLS[0]: Failure("nan", "the output holds NaN or infinity")})
    assert asked.count(CELLS[0]) == 1
    assert repeats[4].outcome.kind == "skipped"
    assert "ended in nan" in repeats[4].outcome.reason


def test_each_repeat_is_measured_with_its_index():
    asked = []

    def measure(cell, index):
        asked.append((cell, index))
        return measurement(0.1)

    list(run_cells(PENDING, (), measure))
    assert asked == PENDING


def test_a_resumed_sweep_remembers_what_ran_out_of_memory():
    earlier = [Repeat(CELLS[1], 0, Failure("oom", ""), "2026-11-21T08:00:00+00:00", 1.0)]
    repeats, asked = sweep({}, [(cell, 1) for cell in CELLS], earlier)
    assert kinds(repeats) == ["measured", "skipped", "skipped", "skipped"]
    assert asked == [CELLS[0]]


@given(st.dictionaries(st.sampled_from(CELLS), st.sampled_from(KINDS)))
def test_law_every_pending_repeat_has_one_outcome_in_order(failing):
    repeats, _ = sweep({cell: Failure(kind, "") for cell, kind in failing.items()})
    assert [(repeat.cell, repeat.index) for repeat in repeats] == PENDING

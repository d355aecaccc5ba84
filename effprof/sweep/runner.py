"""The sweep itself: every planned repeat gets one outcome, in order, whatever happens to it."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, FailureKind, Outcome, Repeat

#: Measures one repeat of a cell, counted from 0.
Measure = Callable[[Cell, int], Outcome]

#: Failures that the next repeat of the same cell would only meet again.
LASTING: frozenset[FailureKind] = frozenset({"oom", "unsupported", "timeout", "nan"})


def run_cells(
    pending: Iterable[tuple[Cell, int]],
    earlier: Iterable[Repeat],
    measure: Measure,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Repeat]:
    """Measure each (cell, repeat index) in turn and yield its repeat as soon as it is known.

    `earlier` are the outcomes of a run that is resumed. What must fail again is not tried: later
    repeats of a cell that ran out of memory or gave NaN from the same weights and images, and
    larger batches of one that ran out of memory, are `skipped`.
    """
    failures = {
        repeat.cell: repeat.outcome for repeat in earlier if isinstance(repeat.outcome, Failure)
    }
    for cell, index in pending:
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        start = clock()
        outcome = _skipped(cell, failures) or measure(cell, index)
        if isinstance(outcome, Failure) and outcome.kind in LASTING:
            failures[cell] = outcome
        yield Repeat(cell, index, outcome, started_at, clock() - start)


def _skipped(cell: Cell, failures: dict[Cell, Failure]) -> Failure | None:
    own = failures.get(cell)
    if own is not None and own.kind in LASTING:
        return Failure("skipped", f"an earlier repeat ended in {own.kind}: {own.reason}")
    for failed, failure in failures.items():
        if failure.kind == "oom" and _is_larger(cell, failed):
            return Failure(
                "skipped", f"larger than an OOM: batch {failed.batch_size} ran out of memory"
            )
    return None


def _is_larger(cell: Cell, failed: Cell) -> bool:
    same = replace(cell, batch_size=failed.batch_size) == failed
    return same and cell.batch_size > failed.batch_size

"""The engine of a sweep: it carries out a plan and hands each outcome on once it is known."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol

from effprof.core.cells import PRECISIONS, Cell
from effprof.core.costs import StaticCost
from effprof.core.outcomes import Failure, Measurement, Outcome, Repeat
from effprof.core.runs import Calibration, Invocation, Moment, Peak, RunStatus
from effprof.sweep import tasks
from effprof.sweep.budget import Budget
from effprof.sweep.estimate import CALIBRATION_SECONDS
from effprof.sweep.listener import Listener
from effprof.sweep.pace import Pace
from effprof.sweep.plan import Plan
from effprof.sweep.runner import Measure, run_cells
from effprof.sweep.workers import Workers


class Sink(Protocol):
    """Where a run is kept. Each call returns when what it was given is safe."""

    def begin(self, invocation: Invocation) -> None:
        """Keep a new run, status running."""

    def resume(self, run_id: str) -> None:
        """Set an interrupted run running again."""

    def add_peaks(self, run_id: str, peaks: Iterable[Peak]) -> None:
        """Keep the measured peaks of a run."""

    def add_calibrations(self, run_id: str, calibrations: Iterable[Calibration]) -> None:
        """Keep what the neutral sentinels took at one moment of a run."""

    def add_costs(self, run_id: str, costs: Iterable[StaticCost]) -> None:
        """Keep the static costs of a run."""

    def add_repeat(self, run_id: str, repeat: Repeat) -> None:
        """Keep the outcome of one repeat."""

    def amend(self, invocation: Invocation) -> None:
        """Keep how a run was cut while it went on: its repeats, what says so, its hash."""

    def finish(self, run_id: str, status: RunStatus, finished_at: str) -> None:
        """Close a run."""


def with_peaks(plan: Plan, workers: Workers, listener: Listener) -> Plan:
    """Measure the peaks of the device, where cells are pending and the run has none."""
    if plan.peaks or not plan.pending:
        return plan
    listener.peaks_begun()
    return replace(plan, peaks=tuple(_peaks(plan, workers, listener)))


def carry_out(
    plan: Plan, workers: Workers, sink: Sink, listener: Listener, budget: Budget | None = None
) -> None:
    """Run every pending repeat of `plan`; finished ones are safe whenever this is interrupted.

    Rounds that the time of `budget` is too short for are left out, and the run is complete.
    """
    run_id, pending = plan.invocation.id, plan.pending
    _open(plan, workers, sink, listener)
    pace = Pace(plan.estimates(), besides=2 * CALIBRATION_SECONDS)
    measured = plan.invocation.repeats

    def goes_on(number: int) -> bool:
        nonlocal measured
        index = pending[number][1]
        begins = number > 0 and pending[number - 1][1] != index
        if begins and budget is not None and budget.leaves_out(index, *pace.next_round):
            measured = index
            return False
        if number == len(pending) // 2 > 0:
            _calibrate(plan, "middle", workers, sink, listener)
            pace.passed(CALIBRATION_SECONDS)
        return True

    measure = _measuring(plan, workers, listener)

    def keep(repeat: Repeat) -> None:
        sink.add_repeat(run_id, repeat)

    each_pending(plan, pace, measure, keep, listener, goes_on)
    _calibrate(plan, "end", workers, sink, listener)
    if budget is not None:
        sink.amend(budget.left_out(plan.invocation, measured))
    close(plan, sink, "complete" if plan.ends else "interrupted")


def each_pending(
    plan: Plan,
    pace: Pace,
    measure: Measure,
    keep: Callable[[Repeat], None],
    listener: Listener,
    goes_on: Callable[[int], bool] = lambda number: True,
) -> None:
    """Measure every pending repeat; `listener` hears that one ended when `keep` has it safe.

    `goes_on` is asked with the number of each, counted from 0, ahead of it.
    """

    def announced() -> Iterator[tuple[Cell, int]]:
        for number, (cell, index) in enumerate(plan.pending):
            if not goes_on(number):
                return
            listener.cell_begun(cell, index, pace.seconds_left)
            yield cell, index

    for repeat in run_cells(announced(), plan.earlier, measure):
        keep(repeat)
        pace.done(repeat)
        listener.cell_ended(repeat, pace.seconds_left)
        if moved := pace.moved():
            listener.time_left_moved(pace.seconds_left, moved)


def _measuring(plan: Plan, workers: Workers, listener: Listener) -> Measure:
    """Give what measures a repeat in a fresh worker."""

    def measure(cell: Cell, index: int) -> Any:  # noqa: ANN401  # an outcome, unpickled
        options = plan.invocation.options.of_repeat(index)
        kept: list[Measurement] = []

        def hear(heard: Any) -> None:  # noqa: ANN401  # what a worker told, unpickled
            if isinstance(heard, Measurement):
                kept.append(heard)
            else:
                listener.cell_heard(*heard)

        outcome = workers.call(
            tasks.measure,
            cell,
            plan.target,
            options,
            timeout=options.timeout_seconds,
            listener=hear,
            allocator=cell.allocator,
        )
        return _without_profile(kept[-1], outcome) if kept else outcome

    return measure


def _without_profile(kept: Measurement, outcome: Outcome) -> Outcome:
    """Take what was known before the profile where that pass took the worker down."""
    if isinstance(outcome, Measurement):
        return outcome
    died = f"the worker ended in this pass: {outcome.kind}: {outcome.reason}"
    return replace(kept, missing=kept.missing | {"profile": died})


def close(plan: Plan, sink: Sink, status: RunStatus) -> None:
    """Close the run of `plan` in the sink, now."""
    sink.finish(plan.invocation.id, status, datetime.now(UTC).isoformat(timespec="seconds"))


def _open(plan: Plan, workers: Workers, sink: Sink, listener: Listener) -> None:
    run_id = plan.invocation.id
    if plan.resumed:
        sink.resume(run_id)
    else:
        sink.begin(plan.invocation)
    sink.add_costs(run_id, plan.costs)
    sink.add_peaks(run_id, plan.peaks)
    _calibrate(plan, "start", workers, sink, listener)


def _calibrate(
    plan: Plan, moment: Moment, workers: Workers, sink: Sink, listener: Listener
) -> None:
    """Time the neutral sentinels of a run that measures; where that fails, say why and go on."""
    if not plan.pending:
        return
    listener.calibration_begun()
    timeout = plan.invocation.options.timeout_seconds
    result = workers.call(tasks.calibrate, plan.target, moment, timeout=timeout)
    if isinstance(result, Failure):
        listener.warned(f"the machine itself was not measured: {result.kind}: {result.reason}")
    else:
        sink.add_calibrations(plan.invocation.id, result)


def _peaks(plan: Plan, workers: Workers, listener: Listener) -> list[Peak]:
    """Measure the peaks once per thread count; a device that cannot gives none, and says why."""
    cells = plan.invocation.cells
    used = {cell.precision for cell in cells}
    precisions = tuple(p for p in PRECISIONS if p in used)
    peaks: list[Peak] = []
    for threads in sorted({cell.threads for cell in cells}):
        result = workers.call(
            tasks.take_peaks,
            plan.target,
            precisions,
            threads,
            timeout=plan.invocation.options.timeout_seconds,
        )
        if isinstance(result, Failure):
            listener.warned(f"no measured peaks: {result.kind}: {result.reason}")
        else:
            peaks += result
    return peaks

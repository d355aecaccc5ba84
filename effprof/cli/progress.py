"""How a sweep goes, on stderr: a live display on a terminal, plain lines in a pipe."""

import statistics
import sys
from collections.abc import Callable
from typing import Self

from effprof.cli.live import Board, width_text
from effprof.cli.options import store_flag
from effprof.cli.output import note
from effprof.cli.preflight import can_ask, tell_load
from effprof.core.cells import Cell
from effprof.core.durations import duration_text
from effprof.core.outcomes import Failure, Repeat
from effprof.core.runs import BUDGET, Invocation, Run
from effprof.device.load import Load
from effprof.device.target import Target
from effprof.sweep.budget import NOTHING_CUT
from effprof.sweep.listener import Listener
from effprof.sweep.plan import Plan


def describe(repeat: Repeat) -> str:
    """Say in one line what became of a repeat."""
    outcome = repeat.outcome
    if isinstance(outcome, Failure):
        return f"{repeat.cell.key}  {outcome.kind}: {outcome.reason}"
    timing = outcome.timing
    rate = repeat.cell.batch_size / statistics.median(timing.throughput)
    if outcome.invalid_reasons:
        flag = f"  INVALID {outcome.invalid_reasons[0]}"
    else:
        flag = f"  ROUGH {outcome.rough_reasons[0]}" if outcome.rough else ""
    return (
        f"{repeat.cell.key}  {rate:.4g} images/s {width_text(timing.relative_width)},"
        f" {len(timing.throughput)} samples, {repeat.seconds:.1f} s{flag}"
    )


class Progress(Listener):
    """Says how a sweep goes: lines in a pipe, a table on a terminal until the context is left."""

    def __init__(self, store: str | None = None, *, asks: bool = False) -> None:
        """`store` is the --store that a command to go on with repeats.

        Where it `asks`, and somebody can answer, a busy machine is asked about.
        """
        self._store = store
        self._asks = asks
        self._board: Board | None = None
        self._total = self._done = 0

    def __enter__(self) -> Self:
        """Show nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the screen in order, whatever ended the sweep."""
        self._close()

    def device_chosen(self, target: Target) -> None:
        """Say which device will be measured, and why it."""
        note(f"device: {target.line} ({target.why})")

    def noted(self, text: str) -> None:
        """Print it."""
        note(f"note: {text}")

    def warned(self, text: str) -> None:
        """Print it, above the table if there is one."""
        (self._board.say if self._board else note)(f"warning: {text}")

    def load_found(self, load: Load, look: Callable[[], Load], accepted: bool) -> None:
        """Say it; on a terminal ask whether to go on, to wait or to stop."""
        tell_load(load, look, accepted=accepted, asks=self._asks and can_ask())

    def run_begun(self, plan: Plan, location: str | None) -> None:
        """Say what is kept and how long it will take, and begin to show the cells."""
        repeats = plan.invocation.repeats
        self._total, self._done = len(plan.pending), 0
        if location is not None:
            left = duration_text(plan.seconds)
            work = f"{self._total} measurements, about {left}" if repeats else "static costs only"
            note(f"run {plan.invocation.id}: {work}, stored in {location}")
            _tell_budget(plan.invocation)
        if sys.stderr.isatty():
            self._board = Board(plan)

    def peaks_begun(self) -> None:
        """Say so."""
        if self._board:
            self._board.work("measuring the peaks of the device")
        else:
            note("measuring the peaks of the device")

    def calibration_begun(self) -> None:
        """Show it on a terminal; it is over in a second."""
        if self._board:
            self._board.work("measuring the machine itself")

    def cell_begun(self, cell: Cell, index: int, seconds_left: float) -> None:
        """Show the cell; a line comes when it ends."""
        if self._board:
            self._board.begin(cell, index, seconds_left)

    def cell_heard(self, stage: str, samples: int, width: float | None) -> None:
        """Show how far the cell is."""
        if self._board:
            self._board.go_on(stage, samples, width)

    def cell_ended(self, repeat: Repeat, seconds_left: float) -> None:
        """Print the outcome; a line has the count and the time left, which the table shows.

        Above a table only what went wrong is printed: that scrolls by once, and stays.
        """
        self._done += 1
        if self._board:
            self._board.end(repeat, seconds_left)
            if isinstance(repeat.outcome, Failure) or repeat.outcome.invalid_reasons:
                self._board.say(describe(repeat))
        else:
            count, left = f"[{self._done}/{self._total}]", duration_text(seconds_left)
            note(f"{count} {describe(repeat)}  ({left} left)")

    def run_ended(self, run: Run, stopped: bool) -> None:
        """Leave the screen; say what a budget cut, and how to go on with what is not complete."""
        self._close()
        told = run.invocation.fingerprint.recorded.get(BUDGET, NOTHING_CUT)
        if not told.endswith(NOTHING_CUT):
            _tell_budget(run.invocation)
        if run.status == "interrupted":
            why = "interrupted" if stopped else f"{len(run.missing)} measurements are left"
            command = f"effprof run --resume {run.invocation.id}{store_flag(self._store)}"
            note(f"{why}; go on with:", command)

    def time_left_moved(self, seconds_left: float, why: str) -> None:
        """Print it, above the table if there is one."""
        (self._board.say if self._board else note)(f"time left: {why}")

    def suspects_found(self, suspects: tuple[Cell, ...]) -> None:
        """Say how many."""
        note(f"{len(suspects)} cells look changed and are measured again")

    def _close(self) -> None:
        if self._board:
            self._board.close()
            self._board = None


def _tell_budget(asked: Invocation) -> None:
    if budget := asked.fingerprint.recorded.get(BUDGET):
        note(f"budget {budget}")

"""Who is told how a sweep goes: a live display, plain lines, a program, or nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from effprof.core.cells import Cell
    from effprof.core.outcomes import Repeat
    from effprof.core.runs import Run
    from effprof.device.load import Load
    from effprof.device.target import Target
    from effprof.sweep.plan import Plan


class Listener:
    """What a sweep tells while it goes on, in the order in which it happens.

    As it stands it is told all and says nothing. A subclass says something to what it overrides;
    what it raises ends the sweep, which keeps what is finished.
    """

    def device_chosen(self, target: Target) -> None:
        """Hear which device will be measured, and why it."""

    def noted(self, text: str) -> None:
        """Hear what was decided for the request, such as a size that had to be another one."""

    def warned(self, text: str) -> None:
        """Hear of something that is missing but does not stop the sweep."""

    def load_found(self, load: Load, look: Callable[[], Load], accepted: bool) -> None:
        """Hear that other programs use the CPU to be measured; it may wait and `look` again."""

    def peaks_begun(self) -> None:
        """Hear that the peaks of the device are being measured."""

    def run_begun(self, plan: Plan, location: str | None) -> None:
        """Hear what is to be measured now, and in which store it is kept; None keeps nothing."""

    def calibration_begun(self) -> None:
        """Hear that the machine itself is being measured: at the start, middle and end of a run."""

    def cell_begun(self, cell: Cell, index: int, seconds_left: float) -> None:
        """Hear that a worker starts on a repeat of a cell, counted from 0."""

    def cell_heard(self, stage: str, samples: int, width: float | None) -> None:
        """Hear where the worker is: its stage, samples so far and their relative width."""

    def cell_ended(self, repeat: Repeat, seconds_left: float) -> None:
        """Hear that a repeat has its outcome, and that it is stored."""

    def time_left_moved(self, seconds_left: float, why: str) -> None:
        """Hear why what is pending takes much longer or shorter than was told before."""

    def run_ended(self, run: Run, stopped: bool) -> None:
        """Hear what a run has come to; `stopped` says that it was interrupted."""

    def suspects_found(self, suspects: tuple[Cell, ...]) -> None:
        """Hear which cells of a night look changed; they are measured again as a run of its own."""

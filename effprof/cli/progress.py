"""Who watches a sweep: a live display on a terminal, plain lines in a pipe. Both on stderr."""

import statistics
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from effprof.cli.output import note
from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, Repeat

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Redraws per second of the live display: each costs the measured machine some CPU.
REFRESH_PER_SECOND = 2


def describe(repeat: Repeat) -> str:
    """Say in one line what became of a repeat."""
    outcome = repeat.outcome
    if isinstance(outcome, Failure):
        return f"{repeat.cell.key}  {outcome.kind}: {outcome.reason}"
    timing = outcome.timing
    rate = repeat.cell.batch_size / statistics.median(timing.throughput)
    flag = "" if outcome.valid else f"  INVALID {outcome.invalid_reasons[0]}"
    return (
        f"{repeat.cell.key}  {rate:.4g} images/s {width_text(timing.relative_width)},"
        f" {len(timing.throughput)} samples, {repeat.seconds:.1f} s{flag}"
    )


def width_text(width: float | None) -> str:
    """Write the half-width of an interval, e.g. `±0.8 %`."""
    return "± ?" if width is None else f"±{width * 100:.1f} %"


def duration_text(seconds: float) -> str:
    """Write a duration for people, e.g. `3 min 20 s`.

    >>> duration_text(200.4), duration_text(42), duration_text(7300)
    ('3 min 20 s', '42 s', '2 h 1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class Display(Protocol):
    """A watcher of a session, shown while its context is entered."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the screen in order."""

    def peaks(self) -> None:
        """Show that the peaks are being measured."""

    def warns(self, text: str) -> None:
        """Print a warning."""

    def begins(self, cell: Cell, index: int, seconds_left: float) -> None:
        """Show the cell that is being measured."""

    def hears(self, stage: str, samples: int, width: float | None) -> None:
        """Show how far the cell is."""

    def ends(self, repeat: Repeat, seconds_left: float) -> None:
        """Show what became of it."""


def display(total: int, repeats: int) -> Display:
    """Choose the display for this stderr; `total` repeats are pending."""
    return LiveDisplay(total, repeats) if sys.stderr.isatty() else LineDisplay(total)


class LineDisplay:
    """One line per finished repeat."""

    def __init__(self, total: int) -> None:
        """`total` repeats are pending."""
        self._total = total
        self._done = 0

    def __enter__(self) -> Self:
        """Nothing to begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to end."""

    def peaks(self) -> None:
        """Say so."""
        note("measuring the peaks of the device")

    def warns(self, text: str) -> None:
        """Print it."""
        note(f"warning: {text}")

    def begins(self, cell: Cell, index: int, seconds_left: float) -> None:
        """Stay quiet: the line comes when the repeat ends."""

    def hears(self, stage: str, samples: int, width: float | None) -> None:
        """Stay quiet: the line comes when the repeat ends."""

    def ends(self, repeat: Repeat, seconds_left: float) -> None:
        """Print the outcome, the count and the time left."""
        self._done += 1
        note(
            f"[{self._done}/{self._total}] {describe(repeat)}  ({duration_text(seconds_left)} left)"
        )


class LiveDisplay:
    """A bar over all repeats, the cell at work with its samples and interval, and what is left."""

    def __init__(self, total: int, repeats: int) -> None:
        """`total` repeats are pending, `repeats` per cell."""
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            auto_refresh=False,
            console=self._console,
        )
        self._task = self._bar.add_task("measuring", total=total, left="")
        self._repeats = repeats
        self._at_work = ""
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            refresh_per_second=REFRESH_PER_SECOND,
            transient=True,
        )

    def __enter__(self) -> Self:
        """Take the last lines of the terminal."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give them back."""
        self._live.stop()

    def peaks(self) -> None:
        """Show that the peaks are being measured."""
        self._at_work = "measuring the peaks of the device"

    def warns(self, text: str) -> None:
        """Print it above the bar."""
        self._console.print(f"warning: {text}", markup=False, highlight=False, soft_wrap=True)

    def begins(self, cell: Cell, index: int, seconds_left: float) -> None:
        """Show the cell and its repeat."""
        self._cell = f"{cell.key}, repeat {index + 1} of {self._repeats}"
        self._at_work = f"{self._cell}: starting"
        self._show_left(seconds_left)

    def hears(self, stage: str, samples: int, width: float | None) -> None:
        """Show the stage, the samples so far and the present interval."""
        found = f", {samples} samples {width_text(width)}" if samples > 1 else ""
        self._at_work = f"{self._cell}: {stage}{found}"

    def ends(self, repeat: Repeat, seconds_left: float) -> None:
        """Print the outcome above the bar."""
        self._console.print(describe(repeat), markup=False, highlight=False, soft_wrap=True)
        self._bar.advance(self._task)
        self._show_left(seconds_left)

    def _show_left(self, seconds_left: float) -> None:
        self._bar.update(self._task, left=f"{duration_text(seconds_left)} left")

    def _render(self) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        return Group(Text(self._at_work, overflow="ellipsis", no_wrap=True), self._bar)

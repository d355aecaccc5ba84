"""The live display of a sweep: a table that fills, the cell at work, and what is left to do."""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from effprof.cli.output import folded, width
from effprof.core.cells import Cell
from effprof.core.durations import duration_text
from effprof.core.outcomes import Failure, Measurement, Repeat
from effprof.core.units import significant, times
from effprof.models.names import bare_name
from effprof.report.tables.cells import Joined
from effprof.report.tables.table import Column, Field, Table
from effprof.report.tables.terminal import laid_out
from effprof.sweep.plan import Plan

if TYPE_CHECKING:
    from rich.console import RenderableType

#: Redraws per second of the live display: each costs the measured machine some CPU.
REFRESH_PER_SECOND = 2

#: Rows of the table at most, and lines of a terminal that it leaves to the rest of the display.
MOST_ROWS, OTHER_LINES = 20, 8

#: Milliseconds of a second.
_MILLI = 1e3


def width_text(relative: float | None) -> str:
    """Write the half-width of an interval, e.g. `±0.8 %`."""
    return "± ?" if relative is None else f"±{relative * 100:.1f} %"


@dataclass(frozen=True, slots=True)
class Row:
    """How far a cell is: seconds an image took in each valid repeat, and what went wrong."""

    cell: Cell
    repeats: int
    seconds: tuple[float, ...] = ()
    done: int = 0
    told: str = ""

    @property
    def median(self) -> float | None:
        """The median over its repeats; None before the first."""
        return statistics.median(self.seconds) if self.seconds else None

    def after(self, repeat: Repeat) -> "Row":
        """Take a further repeat."""
        outcome = repeat.outcome
        seconds, told = self.seconds, self.told
        if isinstance(outcome, Failure):
            told = outcome.kind
        elif outcome.invalid_reasons:
            told = "invalid"
        else:
            told = told or ("rough" if outcome.rough else "")
            seconds += (image_seconds(repeat.cell, outcome),)
        return Row(self.cell, self.repeats, seconds, self.done + 1, told)


def image_seconds(cell: Cell, outcome: Measurement) -> float:
    """Give the median seconds of an image."""
    return statistics.median(outcome.timing.throughput) / cell.batch_size


@dataclass
class Standings:
    """What is known of every cell of a plan so far: subject and reference first."""

    plan: Plan
    rows: dict[Cell, Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Put the rows in order, and take what an earlier part of the run measured."""
        asked = self.plan.invocation
        others = [cell for cell in asked.cells if cell.model != asked.reference]
        first = others[:1] and [c for c in asked.cells if c.setting == others[0].setting]
        pair = [*others[:1], *(c for c in first if c.model == asked.reference)]
        for cell in dict.fromkeys([*pair, *asked.cells]):
            self.rows[cell] = Row(cell, asked.repeats)
        for repeat in self.plan.earlier:
            self.take(repeat)

    def take(self, repeat: Repeat) -> None:
        """Take the outcome of a repeat."""
        self.rows[repeat.cell] = self.rows[repeat.cell].after(repeat)

    def table(self, most: int = MOST_ROWS) -> Table:
        """Make the table of the first rows."""
        reference = bare_name(self.plan.invocation.reference)
        fields: tuple[Field[Row], ...] = (
            Field(Column.words("model"), lambda row: bare_name(row.cell.model)),
            Field(Column("px"), lambda row: row.cell.resolution),
            Field(Column("batch"), lambda row: row.cell.batch_size),
            Field(Column.words("run as", rank=2), lambda row: row.cell.configuration),
            Field(Column("ms/image", write=_milliseconds), lambda row: row.median),
            Field(Column(f"vs {reference}", write=times), self._versus),
            Field(Column("repeats", rank=1), lambda row: Joined((row.done, row.repeats), " of ")),
            Field(Column.words(""), lambda row: row.told),
        )
        return Table.of(fields, list(self.rows.values())[:most])

    def _versus(self, row: Row) -> float | None:
        """Give how fast a cell is beside the reference run alike, once both are measured."""
        asked = self.plan.invocation
        own = row.median
        beside = (
            other.median
            for other in self.rows.values()
            if other.cell.model == asked.reference and other.cell.setting == row.cell.setting
        )
        base = next(beside, None)
        return None if own is None or base is None else base / own


def _milliseconds(seconds: float | None) -> str:
    return significant(None if seconds is None else seconds * _MILLI)


class Board:
    """The table, the cell at work with its samples and interval, and a bar over all repeats."""

    def __init__(self, plan: Plan) -> None:
        """Take the last lines of the terminal until it is closed."""
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._standings = Standings(plan)
        self._console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}"),
            auto_refresh=False,
            console=self._console,
        )
        self._task = self._bar.add_task("measuring", total=len(plan.pending), left="")
        self._repeats = plan.invocation.repeats
        self._at_work = ""
        self._ends: float | None = None
        self._table = self._drawn()
        self._live = Live(
            get_renderable=self._render,
            console=self._console,
            refresh_per_second=REFRESH_PER_SECOND,
            transient=True,
        )
        self._live.start()

    def close(self) -> None:
        """Give the last lines of the terminal back."""
        self._live.stop()

    def say(self, text: str) -> None:
        """Print a text above the table."""
        self._console.print(folded(text), markup=False, highlight=False, soft_wrap=True)

    def work(self, text: str) -> None:
        """Show what is done beside measuring cells."""
        self._at_work = text

    def begin(self, cell: Cell, index: int, seconds_left: float) -> None:
        """Show the cell and its repeat."""
        self._cell, self._repeat = cell, f"repeat {index + 1} of {self._repeats}"
        self.go_on("starting", 0, None)
        self._show_left(seconds_left)

    def go_on(self, stage: str, samples: int, relative: float | None) -> None:
        """Show the stage, the samples so far and the present interval."""
        told = f"{stage}, {samples} samples {width_text(relative)}" if samples > 1 else stage
        # A narrow terminal cuts the end: the cell stands in the table, too.
        self._at_work = f"{self._repeat}, {told}: {self._cell.key}"

    def end(self, repeat: Repeat, seconds_left: float) -> None:
        """Put the outcome into the table."""
        self._standings.take(repeat)
        self._table = self._drawn()
        self._bar.advance(self._task)
        self._show_left(seconds_left)

    def _drawn(self) -> str:
        """Lay the table out once for each outcome: redrawing costs the measured machine CPU."""
        most = min(MOST_ROWS, max(2, self._console.height - OTHER_LINES))
        return laid_out(self._standings.table(most), width(sys.stderr)).rstrip()

    def _show_left(self, seconds_left: float) -> None:
        self._ends = time.monotonic() + seconds_left

    def _render(self) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        if self._ends is not None:
            left = max(0.0, self._ends - time.monotonic())
            self._bar.update(self._task, left=f"{duration_text(left)} left")
        lines: Sequence[Text] = (
            Text(self._table, no_wrap=True),
            Text(""),
            Text(self._at_work, overflow="ellipsis", no_wrap=True),
        )
        return Group(*lines, self._bar)

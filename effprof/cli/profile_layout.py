"""The layout of profile tables: highlights or marks, bars, and times with equal decimals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from effprof.analysis.profile_tables import Part
from effprof.core.units import MISSING, duration, percent

if TYPE_CHECKING:
    from rich.table import Table

#: How rows of squeeze-and-excitation and sigmoids stand out on a terminal, and in a pipe.
HIGHLIGHT = "bold magenta"
MARK = " *"

#: Characters of the longest bar.
BAR_WIDTH = 20

#: Blocks of zero to seven eighths of a character.
_EIGHTHS = " ▏▎▍▌▋▊▉"

#: Times of a table are written to this share of its total: five significant digits of it.
_FINEST_SHARE = 1e-4

#: Milliseconds in a second.
_PER_SECOND = 1e3


@dataclass(frozen=True, slots=True)
class Style:
    """How tables are written: with colours for a terminal, else with marks."""

    terminal: bool

    @property
    def legend(self) -> str:
        """What the highlights mean."""
        sign = "highlighted" if self.terminal else MARK.strip()
        return f"{sign}: squeeze-and-excitation, and sigmoids wherever they stand"


def bar(share: float | None, largest: float) -> str:
    """Draw a share as blocks; the largest share is `BAR_WIDTH` characters long.

    >>> bar(0.5, 0.5) == "█" * BAR_WIDTH, bar(0.03, 0.5), bar(0.0001, 0.5), bar(None, 0.5)
    (True, '█▎', '▏', '')
    """
    if not share or not largest:
        return ""
    eighths = max(1, round(share / largest * BAR_WIDTH * 8))
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).rstrip()


def kernel_text(kernels: Iterable[str]) -> str:
    """Name the kernels of one call, each once with its number.

    >>> kernel_text(("void im2col<float>", "gemm", "gemm"))
    'im2col<float>, 2x gemm'
    """
    counts = Counter(name.removeprefix("void ") for name in kernels)
    return ", ".join(name if n == 1 else f"{n}x {name}" for name, n in counts.items()) or MISSING


def new_table(title: str, words: Sequence[str], numbers: Sequence[str] = ()) -> Table:
    """Make a table with columns of words on the left and of numbers on the right."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for heading in words:
        table.add_column(heading, no_wrap=True)
    for heading in numbers:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def add_row(table: Table, cells: Sequence[str], highlighted: bool, style: Style) -> None:
    """Add a row of plain text (names may hold brackets, which Rich would read as markup)."""
    from rich.text import Text

    first, *rest = cells
    mark = MARK if highlighted and not style.terminal else ""
    table.add_row(
        Text(first + mark),
        *map(Text, rest),
        style=HIGHLIGHT if highlighted and style.terminal else None,
    )


@dataclass(frozen=True, slots=True)
class Milliseconds:
    """Writes the times of one table in ms, with equal decimals that suit its total (seconds).

    >>> ms = Milliseconds(0.0158)
    >>> ms.time(0.0158), ms.time(2e-8), ms.difference(-0.00123)
    ('15.800', '<0.001', '-1.230')
    """

    total: float

    @property
    def _decimals(self) -> int:
        finest = self.total * _FINEST_SHARE * _PER_SECOND
        return max(0, -math.floor(math.log10(finest))) if finest else 0

    def time(self, seconds: float) -> str:
        """Write a time; never 0 for what took some."""
        smallest = 10.0**-self._decimals
        if 0 < seconds * _PER_SECOND < smallest / 2:
            return f"<{smallest:.{self._decimals}f}"
        return f"{seconds * _PER_SECOND:.{self._decimals}f}"

    def difference(self, seconds: float) -> str:
        """Write a difference with its sign."""
        return f"{seconds * _PER_SECOND:+.{self._decimals}f}"


def total_seconds(parts: Iterable[Part]) -> float:
    """Sum the time of parts."""
    return sum(part.seconds for part in parts)


def signed_percent(share: float) -> str:
    """Write a relative change, e.g. `+3.1 %`."""
    return f"{'+' if share >= 0 else '-'}{percent(abs(share))}"


def signed_time(seconds: float) -> str:
    """Write a change of a time, e.g. `+1.20 ms`."""
    return f"{'+' if seconds >= 0 else '-'}{duration(abs(seconds))}"

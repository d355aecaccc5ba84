"""The layout of profile tables: marks, bars, and times with equal decimals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from effprof.analysis.profile_tables import Part
from effprof.core.units import MISSING, duration, percent
from effprof.report.tables.cells import Cell, Worded
from effprof.report.tables.table import Column

#: Behind the names of squeeze-and-excitation and of sigmoids.
MARK = " *"

#: Times of a table are written to this share of its total: five significant digits of it.
_FINEST_SHARE = 1e-4

#: Milliseconds in a second.
_PER_SECOND = 1e3


#: What the mark means.
LEGEND = f"{MARK.strip()}: squeeze-and-excitation, and sigmoids wherever they stand"

#: A cell in which nothing stands.
NOTHING = Worded("", None)


def marked(text: str, highlighted: bool, name: str = "") -> Cell:
    """Give a name as a cell, with the mark where it is `highlighted`; files have `name` for it."""
    return Worded(f"{text}{MARK if highlighted else ''}", name or text)


def kernel_text(kernels: Iterable[str]) -> str:
    """Name the kernels of one call, each once with its number.

    >>> kernel_text(("void im2col<float>", "gemm", "gemm"))
    'im2col<float>, 2x gemm'
    """
    counts = Counter(name.removeprefix("void ") for name in kernels)
    return ", ".join(name if n == 1 else f"{n}x {name}" for name, n in counts.items()) or MISSING


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

    def time(self, seconds: float | None) -> str:
        """Write a time; never 0 for what took some."""
        if seconds is None:
            return MISSING
        smallest = 10.0**-self._decimals
        if 0 < seconds * _PER_SECOND < smallest / 2:
            return f"<{smallest:.{self._decimals}f}"
        return f"{seconds * _PER_SECOND:.{self._decimals}f}"

    @property
    def column(self) -> Column:
        """The column of times, which files have in seconds."""
        return Column("ms", write=self.time, names=("seconds",))

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

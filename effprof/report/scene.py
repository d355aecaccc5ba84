"""What findings are about: the valid cells of one way of running, and ratios of their speeds."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from effprof.analysis.pooling import PooledCell, pool
from effprof.analysis.statistics import Interval, ratio_interval
from effprof.core.units import significant, times
from effprof.report.page import MODE_WORDS, Page


@dataclass(frozen=True, slots=True)
class Scene:
    """The valid cells of one mode and configuration, with the repeats of all cells by key."""

    page: Page
    words: str
    rows: pd.DataFrame
    pooled: dict[str, PooledCell]

    def at(self, batch_size: int) -> pd.DataFrame:
        """Give the rows of one batch size."""
        return self.rows[self.rows["batch_size"] == batch_size]

    @property
    def setting(self) -> str:
        """Mode and configuration, as they stand within a sentence."""
        return self.words[:1].lower() + self.words[1:]

    @property
    def batch_sizes(self) -> list[int]:
        """Measured batch sizes, ascending."""
        return sorted({int(size) for size in self.rows["batch_size"]})

    @property
    def others(self) -> pd.DataFrame:
        """The rows of all networks but the reference."""
        return self.rows[self.rows["model"] != self.page.run.invocation.reference]

    def speed_ratio(self, one: str, other: str) -> Interval | None:
        """Estimate the speed of one cell over another's, images/s; None without valid repeats."""
        return speed_ratio(self.pooled[one], self.pooled[other])


def scenes(page: Page) -> Iterator[Scene]:
    """Yield the first setting per mode and precision, where it has a valid measurement."""
    pooled = {each.cell.key: each for each in pool(page.run)}
    for mode, configuration, group in page.first_settings():
        rows = group[group["valid"]]
        if not rows.empty:
            yield Scene(page, f"{MODE_WORDS[mode].capitalize()}, {configuration}", rows, pooled)


def speed_ratio(one: PooledCell, other: PooledCell) -> Interval | None:
    """Estimate images/s of one cell over another's, whatever their batch sizes."""
    if not one.valid or not other.valid:
        return None
    samples = [
        {index: done.timing.throughput for index, done in each.valid.items()}
        for each in (other, one)
    ]
    found = ratio_interval(*samples)
    return _scaled(found, one.cell.batch_size / other.cell.batch_size)


def interval_text(ratio: Interval) -> str:
    """Write a ratio with its interval, where there is one.

    >>> interval_text(Interval(1.4, 1.3, 1.5, "paired"))
    '1.40x [1.30, 1.50]'
    """
    known = not math.isnan(ratio.low)
    ends = f" [{significant(ratio.low)}, {significant(ratio.high)}]" if known else ""
    return f"{times(ratio.estimate)}{ends}"


def _scaled(interval: Interval, factor: float) -> Interval:
    """Multiply an estimate and its ends by an exact factor."""
    low, high = interval.low * factor, interval.high * factor
    return Interval(interval.estimate * factor, low, high, interval.method)


def processes(*rows: pd.Series) -> int:
    """Count the processes that a ratio of cells rests on."""
    return int(min(row["repeats"] for row in rows))

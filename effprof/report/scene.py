"""What findings are about: the valid cells of one way of running, and ratios of their speeds."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from effprof.core.estimates import Estimate
from effprof.report.page import MODE_WORDS, Page


@dataclass(frozen=True, slots=True)
class Scene:
    """The valid cells of one mode and configuration."""

    page: Page
    words: str
    rows: pd.DataFrame

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

    def speed_ratio(self, one: str, other: str) -> Estimate | None:
        """Estimate the speed of one cell over another's, images/s; None without valid repeats."""
        return self.page.study.speed_ratio(one, other)


def scenes(page: Page) -> Iterator[Scene]:
    """Yield the first setting per mode and precision, where it has a valid measurement."""
    for mode, configuration, group in page.first_settings():
        rows = group[group["valid"]]
        if not rows.empty:
            yield Scene(page, f"{MODE_WORDS[mode].capitalize()}, {configuration}", rows)


def processes(*rows: pd.Series) -> int:
    """Count the processes that a ratio of cells rests on."""
    return int(min(row["repeats"] for row in rows))

"""What findings are about: a setting in the words of a page, and ratios of its speeds."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from effprof.core.estimates import Estimate
from effprof.report.page import MODE_WORDS, Page
from effprof.study.setting import Setting


@dataclass(frozen=True, slots=True)
class Scene(Setting):
    """A setting on a page, and how the page calls it."""

    page: Page
    words: str

    @property
    def setting(self) -> str:
        """Mode and configuration, as they stand within a sentence."""
        return self.words[:1].lower() + self.words[1:]

    def speed_ratio(self, one: str, other: str) -> Estimate | None:
        """Estimate the speed of one cell over another's, images/s; None without valid repeats."""
        return self.page.study.speed_ratio(one, other)


def scenes(page: Page) -> Iterator[Scene]:
    """Yield the first setting per mode and precision, where it has a valid measurement."""
    for mode, configuration, group in page.first_settings():
        rows = group[group["valid"]]
        if not rows.empty:
            words = f"{MODE_WORDS[mode].capitalize()}, {configuration}"
            yield Scene(page.run.invocation.reference, rows, page, words)


def processes(*rows: pd.Series) -> int:
    """Count the processes that a ratio of cells rests on."""
    return int(min(row["repeats"] for row in rows))

"""What findings are about: a setting in the words of a page, and ratios of its speeds."""

from collections.abc import Iterator
from dataclasses import dataclass

from effprof.core.estimates import Estimate
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.scene_frames import Rows
from effprof.study.setting import Setting


@dataclass(frozen=True, slots=True)
class Scene(Rows):
    """A setting on a page, and how the page calls it."""

    page: Page
    words: str

    @property
    def setting(self) -> str:
        """Mode and configuration, as they stand within a sentence."""
        return self.words[:1].lower() + self.words[1:]

    def speed_ratio(self, one: str, other: str) -> Estimate | None:
        """Estimate the speed of one cell over another's, images/s; None without valid repeats."""
        there = {each.cell.key: each for each in self.page.study.results}
        return there[one].speed_over(there[other])

    @property
    def told(self) -> Setting:
        """The same as results."""
        rows = {*self.rows.index}
        there = (each for each in self.page.study.results if each.cell.key in rows)
        return Setting(self.reference, tuple(there))


def scenes(page: Page) -> Iterator[Scene]:
    """Yield the first setting per mode and precision, where it has a valid measurement."""
    for mode, configuration, group in page.first_settings():
        rows = group[group["valid"]]
        if not rows.empty:
            words = f"{MODE_WORDS[mode].capitalize()}, {configuration}"
            yield Scene(page.run.invocation.reference, rows, page, words)

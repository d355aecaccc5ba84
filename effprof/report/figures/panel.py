"""What a picture is drawn from: one way of executing the models, at a few batch sizes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.pooling import MEASURED
from effprof.analysis.waterfall import Waterfall
from effprof.core.profiles import Profile
from effprof.report.figures.style import INK, Look
from effprof.report.figures.subjects import subject_of, telling
from effprof.report.scene_frames import in_line

#: More panels than this are too small to read; the tables hold every batch size.
MAX_PANELS = 4


@dataclass(frozen=True, slots=True)
class View:
    """The valid cells of one mode and configuration, with what is needed to draw them.

    `frame` has the columns of `COLUMNS` and `label`, the drawn name of the network; `setting`
    says mode, configuration and device in words; `peak` is in FLOP/s. `lost` holds the cells
    without a valid measurement, in the same columns. `parts` and `falls` hold the breakdown and,
    where there is one, the waterfall of every cell by its key, the index of `frame`.
    """

    frame: pd.DataFrame
    lost: pd.DataFrame
    setting: str
    reference: str
    reference_label: str
    peak: float | None
    looks: Mapping[str, Look]
    parts: Mapping[str, Breakdown]
    falls: Mapping[str, Waterfall]

    @property
    def batch_sizes(self) -> list[int]:
        """All measured batch sizes, ascending."""
        return sorted({int(size) for size in self.frame["batch_size"]})

    def at(self, batch_size: int) -> pd.DataFrame:
        """Give the rows of one batch size."""
        return self.frame[self.frame["batch_size"] == batch_size]

    @property
    def ends(self) -> list[int]:
        """The smallest and the largest measured batch size."""
        sizes = self.batch_sizes
        return list(dict.fromkeys(sizes[:1] + sizes[-1:]))

    def profiled(self) -> list[tuple[pd.Series, Profile]]:
        """Give the cells that have a profile, in plan order."""
        pairs = [(row, self.parts[str(key)].profile) for key, row in self.frame.iterrows()]
        return [(row, profile) for row, profile in pairs if isinstance(profile, Profile)]

    def subjects(self, at_most: int = 1, rivals: int = 0) -> list[str]:
        """Labels of profiled networks: the subject, the reference beside it, the most telling."""
        rows = self.frame.loc[[str(row.name) for row, _ in self.profiled()]]
        others = telling(rows, self.reference, at_most, rivals)
        reference = rows.loc[rows["model"] == self.reference, "label"]
        return [*others[:1], *dict.fromkeys(reference), *others[1:]]

    @property
    def line(self) -> "pd.Series[bool]":
        """Whether each row of `frame` is of the subject's line of families."""
        return in_line(self.frame, subject_of(self.frame, self.reference))

    def lost_at(self, batch_size: int) -> dict[str, str]:
        """Map the label of each network without a valid measurement to what became of it."""
        rows = self.lost[self.lost["batch_size"] == batch_size]
        fates = rows["status"].where(rows["status"] != MEASURED, "invalid")
        return dict(zip(rows["label"], fates, strict=True))


def reference_mark(view: View) -> Line2D:
    """Make the legend's entry of the reference where marks are points."""
    return Line2D(
        [],
        [],
        linestyle="",
        marker="o",
        markerfacecolor="white",
        markeredgecolor=INK,
        markeredgewidth=1.5,
        label=f"black edge: the reference, {view.reference_label}",
    )


#: Draws a view, or gives None where there is nothing to draw.
Draw = Callable[[View], Figure | None]


def chosen(sizes: Sequence[int], at_most: int = MAX_PANELS) -> list[int]:
    """Choose batch sizes for the panels: the ends, and evenly in between.

    >>> chosen([1, 8, 32, 64, 128, 256])
    [1, 32, 64, 256]
    """
    if len(sizes) <= at_most:
        return list(sizes)
    step = (len(sizes) - 1) / (at_most - 1)
    return [sizes[round(place * step)] for place in range(at_most)]

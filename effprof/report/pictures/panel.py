"""What several pictures share: how they are called, and the mark of the reference."""

from collections.abc import Callable, Iterable

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from effprof.report.pictures.style import INK, looks
from effprof.report.view import View
from effprof.study.results import Result

#: Draws a view, or gives None where there is nothing to draw.
Draw = Callable[[View], Figure | None]


def family_marks(view: View, results: Iterable[Result]) -> list[Line2D]:
    """Make the legend's entries of the families of some results, in the order of the page."""
    there = {each.family for each in results}
    return [
        Line2D([], [], linestyle="", marker=look.marker, color=look.colour, label=family)
        for family, look in looks(view.families).items()
        if family in there
    ]


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

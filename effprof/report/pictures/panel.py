"""What several pictures share: names of rows, marks of families and of the reference."""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from effprof.report.families import look_of
from effprof.report.pictures.style import INK, wrapped
from effprof.report.view import View
from effprof.study.results import Result


def family_marks(view: View, results: Iterable[Result]) -> list[Line2D]:
    """Make the legend's entries of the families of some results, in the order of the page."""
    there = {each.family for each in results if not view.is_reference(each)}
    return [
        Line2D(
            *([], []),
            linestyle="",
            marker=look_of(family).marker,
            color=look_of(family).colour,
            label=family,
        )
        for family in view.families
        if family in there
    ]


def reference_mark(reference: Result) -> Line2D:
    """Make the legend's entry of the reference where marks are points."""
    return Line2D(
        [],
        [],
        linestyle="",
        marker=look_of(reference.family).marker,
        color=INK,
        label=f"the reference, {reference.label}",
    )


def name_rows(axes: Axes, names: list[str], title: str) -> None:
    """Give each row of bars its name, the first one lowest, and the panel its title."""
    axes.set_yticks(range(len(names)), map(wrapped, names))
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    axes.set_title(title, loc="left")

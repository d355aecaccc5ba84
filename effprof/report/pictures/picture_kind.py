"""What a kind of picture is: its drawing, and the charts of the interactive page."""

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure

from effprof.report.pictures.charts.chart import ChartKind
from effprof.report.view import View

#: Draws a view, or gives None where there is nothing to draw.
Draw = Callable[[View], Figure | None]


@dataclass(frozen=True, slots=True)
class PictureKind:
    """One kind of picture: file name stem, what it shows in words, and how it is drawn.

    `charts` take its place on the interactive page; their names begin with `stem`. With
    `inference` it is drawn of inference only, unless the run has nothing but training.
    """

    stem: str
    alt: str
    draw: Draw
    charts: tuple[ChartKind, ...]
    inference: bool = False

    @property
    def crowd(self) -> bool:
        """Whether it shows all networks of a whole zoo, as its charts do."""
        return any(chart.crowd for chart in self.charts)

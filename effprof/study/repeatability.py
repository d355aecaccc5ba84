"""Repeatability: how far the speeds of one cell lie apart in several runs of one machine."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.study.collection import machine
from effprof.study.setting import measured_speed
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class RepeatedCell:
    """A cell with its images/s in each of several runs."""

    cell: Cell
    speeds: tuple[Estimate, ...]

    @property
    def slowest(self) -> float:
        """The least images/s."""
        return min(each.value for each in self.speeds)

    @property
    def fastest(self) -> float:
        """The most images/s."""
        return max(each.value for each in self.speeds)

    @property
    def ratio(self) -> float:
        """The fastest over the slowest."""
        return self.fastest / self.slowest

    @property
    def apart(self) -> bool:
        """Whether two of the intervals do not meet."""
        return any(one.high < other.low for one in self.speeds for other in self.speeds)


@dataclass(frozen=True, slots=True)
class Repeatability:
    """All cells that several runs of one machine have; one at least."""

    cells: tuple[RepeatedCell, ...]

    @property
    def median(self) -> float:
        """The median over the cells of the fastest over the slowest."""
        return statistics.median(each.ratio for each in self.cells)

    @property
    def worst(self) -> RepeatedCell:
        """The cell whose speeds lie farthest apart."""
        return max(self.cells, key=lambda each: each.ratio)

    @property
    def apart(self) -> int:
        """Count the cells of which two intervals do not meet."""
        return sum(each.apart for each in self.cells)


def repeatability(studies: Iterable[Study]) -> Repeatability | None:
    """Compare valid cells over the runs of each machine; None where no two have one in common."""
    speeds: dict[tuple[object, Cell], list[Estimate]] = {}
    for study in studies:
        place = machine(study)
        for each in study.results:
            if each.valid:
                speeds.setdefault((place, each.cell), []).append(measured_speed(each))
    repeated = (
        RepeatedCell(cell, tuple(found)) for (_, cell), found in speeds.items() if len(found) > 1
    )
    cells = tuple(repeated)
    return Repeatability(cells) if cells else None

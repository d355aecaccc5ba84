"""Promise and realised speed-up of each cell against the reference model in the same run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from effprof.analysis.pooling import PooledCell
from effprof.analysis.statistics import Samples, ratio_interval
from effprof.core.cells import Cell
from effprof.core.estimates import Estimate

#: What the ratio of two speeds may be off by where one of them is rough, as a standard deviation:
#: caches are cold after every switch, for one network more than for another.
ROUGH_RATIO = 0.07


@dataclass(frozen=True, slots=True)
class Comparison:
    """What FLOPs promise over the reference and what arrived; None where it cannot be told."""

    promise: float | None = None
    realised: Estimate | None = None

    @property
    def efficiency(self) -> float | None:
        """Realised over promised speed-up: the share of the promise that arrived."""
        if self.promise is None or self.realised is None:
            return None
        return self.realised.value / self.promise


def reference_cells(cells: Sequence[Cell], reference: str) -> dict[Cell, Cell | None]:
    """Find for each cell the reference's cell with otherwise equal axes.

    The reference stands at its own resolution, the first one planned for it; where it was swept
    over several, the cell's own resolution is taken if the reference has it.
    """
    planned: dict[Cell, list[Cell]] = {}
    for cell in cells:
        if cell.model == reference:
            planned.setdefault(cell.setting, []).append(cell)
    found: dict[Cell, Cell | None] = {}
    for cell in cells:
        candidates = planned.get(cell.setting, [])
        same_size = [each for each in candidates if each.resolution == cell.resolution]
        found[cell] = next(iter(same_size or candidates), None)
    return found


def compare(
    pooled: Sequence[PooledCell], flops: Mapping[Cell, float], reference: str
) -> dict[Cell, Comparison]:
    """Compare every cell with its reference cell; only repeats that answer it count.

    `flops` holds FLOPs per image of the cells whose static cost is known.
    """
    by_cell = {each.cell: each for each in pooled}
    partners = reference_cells(tuple(by_cell), reference)
    return {
        cell: Comparison() if other is None else _against(by_cell[cell], by_cell[other], flops)
        for cell, other in partners.items()
    }


def _against(own: PooledCell, other: PooledCell, flops: Mapping[Cell, float]) -> Comparison:
    promise, realised = None, None
    if flops.get(own.cell) and flops.get(other.cell):  # a copy has none to promise anything by
        promise = flops[other.cell] / flops[own.cell]
    if own.answered and other.answered:
        realised = ratio_of(other, own)
    return Comparison(promise, realised)


def ratio_of(above: PooledCell, below: PooledCell) -> Estimate:
    """Estimate the ratio of two cells' step times; a rough one makes it less certain."""
    ratio = ratio_interval(_samples(above), _samples(below))
    if above.is_unbounded or below.is_unbounded:
        return Estimate.bare(ratio.value, ratio.n)
    return ratio.widened(ROUGH_RATIO) if above.is_rough or below.is_rough else ratio


def _samples(pooled: PooledCell) -> dict[int, Samples]:
    return {index: done.timing.throughput for index, done in pooled.answered.items()}

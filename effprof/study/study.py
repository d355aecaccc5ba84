"""A study: all that is derived from one run; each part is made when it is first asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from effprof.analysis.breakdown import Breakdown, breakdowns
from effprof.analysis.frames import cells_frame, static_costs
from effprof.analysis.picking import candidates
from effprof.analysis.pooling import PooledCell, pool
from effprof.analysis.profiles import Absent
from effprof.analysis.roofline import Ceilings, ceilings_of
from effprof.analysis.statistics import ratio_interval
from effprof.analysis.waterfall import Waterfall, waterfalls
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.estimates import Estimate
from effprof.core.runs import Run


@dataclass(frozen=True, eq=False)
class Study:
    """One run and what follows from it. Frames are shared: whoever changes one takes a copy."""

    run: Run

    @cached_property
    def pooled(self) -> tuple[PooledCell, ...]:
        """Every planned cell with its repeats, in plan order."""
        return pool(self.run)

    @cached_property
    def by_key(self) -> Mapping[str, PooledCell]:
        """The same by the key of the cell."""
        return {each.cell.key: each for each in self.pooled}

    @cached_property
    def costs(self) -> Mapping[Cell, StaticCost]:
        """The static cost of every planned cell where that is known."""
        return static_costs(self.run)

    @cached_property
    def ceilings(self) -> Mapping[tuple[str, int], Ceilings]:
        """The measured peaks by precision and threads."""
        return ceilings_of(self.run)

    @cached_property
    def parts(self) -> Mapping[Cell, Breakdown]:
        """Where the time of every planned cell went."""
        return breakdowns(self.pooled, self.costs, self.ceilings)

    @cached_property
    def falls(self) -> Mapping[Cell, Waterfall | Absent]:
        """The waterfall of every planned cell against the reference."""
        return waterfalls(self.parts, self.run.invocation.reference)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per planned cell, with the columns of `COLUMNS`."""
        return cells_frame(self.run, self.pooled, self.costs, self.parts)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """The valid cells with what a choice among them rests on."""
        return candidates(self.frame, self.by_key)

    def speed_ratio(self, one: str, other: str) -> Estimate | None:
        """Estimate images/s of one cell over another's by their keys, whatever their batches.

        None where one of them has no valid repeat.
        """
        above, below = self.by_key[one], self.by_key[other]
        if not above.valid or not below.valid:
            return None
        samples = [
            {index: done.timing.throughput for index, done in each.valid.items()}
            for each in (below, above)
        ]
        return ratio_interval(*samples).scaled(above.cell.batch_size / below.cell.batch_size)

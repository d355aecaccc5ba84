"""Where the time of each cell went: its step, its operators, its roofline, its FLOPs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from effprof.analysis.pooling import PooledCell
from effprof.analysis.profiles import pooled_profile
from effprof.analysis.regimes import Evidence, Regime, regime_of
from effprof.analysis.roofline import Ceilings, Roofline, roofline
from effprof.analysis.statistics import median, step_interval
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.estimates import Absent
from effprof.core.profiles import Profile


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One cell's time in seconds per step, from the clock down to what its FLOPs alone would need.

    `medians` are the process medians of the step by repeat index, `wall` their geometric mean (one
    process: the median); both are those of the repeats that are used, `valid` or not.
    """

    cell: Cell
    valid: bool
    medians: Mapping[int, float]
    wall: float | None
    profile: Profile | Absent
    roofline: Roofline | Absent
    cost: StaticCost | None

    @property
    def explained(self) -> tuple[Profile, Roofline] | Absent:
        """Profile and roofline together, which every explanation needs; why there is none."""
        match self.profile, self.roofline:
            case Profile() as profile, Roofline() as roof:
                return profile, roof
            case parts:
                return Absent("; ".join(part.reason for part in parts if isinstance(part, Absent)))

    @property
    def regime(self) -> Regime | Absent:
        """What sets the pace of the step."""
        known = self.explained
        if isinstance(known, Absent):
            return known
        if self.wall is None:
            return Absent("not measured")
        profile, roof = known
        seconds = profile.op_seconds
        return regime_of(
            Evidence(seconds / self.wall, roof.memory_share, seconds / roof.total.seconds)
        )


def breakdowns(
    pooled: Iterable[PooledCell],
    costs: Mapping[Cell, StaticCost],
    ceilings: Mapping[tuple[str, int], Ceilings],
) -> dict[Cell, Breakdown]:
    """Break down every cell; the parts that are not known are `Absent` with the reason."""
    return {
        each.cell: Breakdown(
            cell=each.cell,
            valid=bool(each.answered),
            medians={index: median(done.timing.throughput) for index, done in each.used.items()},
            wall=step_interval([done.timing.throughput for done in each.used.values()]).value
            if each.used
            else None,
            profile=pooled_profile(each.used.values()),
            roofline=roofline(each.cell, costs.get(each.cell), ceilings),
            cost=costs.get(each.cell),
        )
        for each in pooled
    }

"""Where the time of each cell went: its step, its operators, its roofline, its FLOPs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import fsum

from effprof.analysis.pooling import PooledCell
from effprof.analysis.profiles import pooled_profile
from effprof.analysis.regimes import Evidence, Regime, regime_of
from effprof.analysis.roofline import Ceilings, Roofline, roofline
from effprof.analysis.statistics import mean_ratio, median, step_interval
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.estimates import Absent, Estimate
from effprof.core.profiles import OpTime, Profile


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One cell's time in seconds per step, from the clock down to its operators.

    `wall` is the geometric mean of the process medians of the step (one process: the median), those
    of the repeats that are used, `valid` or not. `kind` is that of the device.
    """

    pooled: PooledCell
    wall: float | None
    profile: Profile | Absent
    roofline: Roofline | Absent
    cost: StaticCost | None
    kind: str

    @property
    def cell(self) -> Cell:
        """Which cell it is."""
        return self.pooled.cell

    @property
    def valid(self) -> bool:
        """Whether any repeat answers it."""
        return bool(self.pooled.answered)

    @property
    def rounds(self) -> Mapping[int, tuple[float, Profile]]:
        """The step of every repeat that answers it and was profiled, by index: median and profile.

        The profile is a pass of its own, after the timed one.
        """
        return {
            index: (median(done.timing.throughput), done.profile)
            for index, done in self.pooled.answered.items()
            if done.profile is not None and done.profile.op_seconds > 0
        }

    def without(self, dropped: Callable[[OpTime], bool]) -> Estimate | None:
        """Estimate how many times as fast it would be without some operators.

        It is one over the share of the operators' time that the others have: between operators as
        much is assumed to go. None where no round was profiled, or nothing would be left.
        """
        kept = [_share_left(profile, dropped) for _, profile in self.rounds.values()]
        return mean_ratio([1 / share for share in kept]) if kept and all(kept) else None

    @property
    def regime(self) -> Regime | Absent:
        """What sets the pace of the step."""
        match self.profile, self.roofline:
            case Profile() as profile, Roofline() as roof:
                if self.wall is None:
                    return Absent("not measured")
                busy = profile.op_seconds / self.wall
                return regime_of(Evidence(self.kind, busy, roof.memory_shares))
            case parts:
                return Absent("; ".join(part.reason for part in parts if isinstance(part, Absent)))


def breakdowns(
    pooled: Iterable[PooledCell],
    costs: Mapping[Cell, StaticCost],
    ceilings: Mapping[tuple[str, int], Ceilings],
    kind: str,
) -> dict[Cell, Breakdown]:
    """Break down every cell of a kind of device; what is not known is `Absent` with the reason."""
    return {
        each.cell: Breakdown(
            pooled=each,
            wall=step_interval([done.timing.throughput for done in each.used.values()]).value
            if each.used
            else None,
            profile=pooled_profile(each.used.values()),
            roofline=roofline(each.cell, costs.get(each.cell), ceilings),
            cost=costs.get(each.cell),
            kind=kind,
        )
        for each in pooled
    }


def _share_left(profile: Profile, dropped: Callable[[OpTime], bool]) -> float:
    return fsum(op.seconds for op in profile.ops if not dropped(op)) / profile.op_seconds

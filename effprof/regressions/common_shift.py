"""What all cells share: by how much they moved together from run to run, and what moved them."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from effprof.analysis.statistics import CONFIDENCE
from effprof.analysis.student import student_quantile
from effprof.core.estimates import Estimate
from effprof.core.machines import STEADY
from effprof.core.runs import Work
from effprof.regressions.bulk_shift import SAME_SIDE
from effprof.regressions.run_error import RunError, kept_pace
from effprof.regressions.run_ratio import RunRatio

#: Fewest cells that can share a shift.
MIN_CELLS = 3

#: Standard errors from the median cell at which a cell is counted as if it were no further: what
#: moved by itself does not speak for all.
CLIPPED_AT = 3.0

#: Standard deviations of a normal distribution in the median distance from its median.
_MAD_SIGMAS = 1.4826

#: `software`: the machine kept its pace, and whole runs lie less far apart. `the machine`: its own
#: work moved, too. `either`: too little to tell. `not known`: it was not timed in both runs.
Cause = Literal["software", "the machine", "either", "not known"]


@dataclass(frozen=True, slots=True)
class CommonShift:
    """What the cells of two runs share: the mean ratio of their step times, new over old.

    `together` says that it is a shift of all, so that it is the mean without what single cells did
    besides: `moved` of `cells` are on its side, and `cause` made it. `pace` is how much longer the
    machine's own fixed work takes, the mean over neutral sentinels; None where none was timed in
    both runs. `usual` says that whole runs of this machine, by what is known or assumed of them,
    lie that far apart anyway.
    """

    ratio: Estimate
    together: bool
    moved: int
    cells: int
    pace: float | None
    cause: Cause
    usual: bool

    @property
    def slower(self) -> bool:
        """Whether the new run takes longer."""
        return self.ratio.value > 1

    @property
    def log(self) -> float:
        """The logarithm of the ratio."""
        return math.log(self.ratio.value)

    @property
    def error(self) -> float:
        """The standard error of that logarithm."""
        half = math.log(self.ratio.high / self.ratio.low) / 2
        return half / student_quantile((1 + CONFIDENCE) / 2, self.cells - 1)


def common_shift(
    ratios: Sequence[RunRatio], pace: Mapping[Work, float], run: RunError, smallest: float
) -> CommonShift | None:
    """Find what the step times of all cells share; None of fewer than three cells.

    They moved together where four in five are on one side, and the interval of their mean lies
    beyond no change and its middle beyond the smallest effect. The mean is taken over cells,
    Student's t, after clipping what lies far from the median. `pace` maps neutral sentinels to new
    over old seconds.
    """
    logs = [ratio.log for ratio in ratios]
    if len(logs) < MIN_CELLS:
        return None
    shared = _mean(logs, statistics.median(ratio.error for ratio in ratios))
    value = math.log(shared.value)
    moved = sum(log * value > 0 for log in logs)
    beyond = abs(value) >= math.log1p(smallest) and not shared.low <= 1 <= shared.high
    moves = [math.log(factor) for factor in pace.values()]
    reach = run.apart * student_quantile((1 + CONFIDENCE) / 2, run.apart_freedom)
    together = beyond and moved >= SAME_SIDE * len(logs)
    return CommonShift(
        shared if together else _mean(logs, math.inf),
        together,
        moved,
        len(logs),
        math.exp(statistics.fmean(moves)) if moves else None,
        _cause(moves, value, usual=abs(value) <= reach),
        abs(value) <= reach,
    )


def _cause(moves: Sequence[float], value: float, usual: bool) -> Cause:
    if not moves:
        return "not known"
    if kept_pace(moves, value):
        return "either" if usual else "software"
    moved = abs(statistics.fmean(moves))
    return "the machine" if moved > math.log(STEADY) else "either"


def _mean(logs: Sequence[float], error: float) -> Estimate:
    """Estimate the mean of logarithms, as a ratio.

    Those far from their median by the `error` of one, and by what is usual, are drawn in.
    """
    middle, n = statistics.median(logs), len(logs)
    spread = _MAD_SIGMAS * statistics.median(abs(log - middle) for log in logs)
    room = CLIPPED_AT * math.hypot(spread, error)
    kept = [min(max(log, middle - room), middle + room) for log in logs]
    mean = statistics.fmean(kept)
    half = student_quantile((1 + CONFIDENCE) / 2, n - 1) * statistics.stdev(kept) / math.sqrt(n)
    return Estimate(math.exp(mean), math.exp(mean - half), math.exp(mean + half), "student", n)

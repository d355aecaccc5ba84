"""How far two runs of one machine lie apart, beside what their processes tell.

Whole runs differ by one number that all their speeds have in common, and of two runs both are off
(`effprof.analysis.run_effects`). What is known of it comes from the two runs themselves, by their
neutral sentinels, and from runs before the old one; what is not known is said.
"""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from effprof.analysis.run_effects import ENOUGH_RUNS, run_shifts, step_seconds
from effprof.core.calibrations import Pace, shift
from effprof.core.metrics import metric_named
from effprof.core.runs import Run
from effprof.core.units import percent
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class RunError:
    """Standard error of the logarithm of a speed ratio of two runs, whatever their processes say.

    `sentinels` is what the machine's own pace moved by, the root mean square over the neutral
    sentinels beyond their own scatter; it was measured in these two runs. `history` is how far
    apart two runs of this machine lie, by the spread of `runs` earlier ones, whose number gives its
    degrees of freedom. None is not known.
    """

    sentinels: float | None = None
    history: float | None = None
    runs: int = 0

    @property
    def relative(self) -> float:
        """Both together; 0 where neither is known."""
        return math.hypot(self.sentinels or 0.0, self.history or 0.0)

    @property
    def freedom(self) -> float:
        """Its degrees of freedom after Satterthwaite; the sentinels' part is taken as known."""
        return self.runs * (self.relative / self.history) ** 4 if self.history else math.inf

    @property
    def said(self) -> str:
        """Say in one line what intervals of speeds hold for it."""
        told = []
        if self.sentinels is not None:
            moved = f"by {percent(self.sentinels)} " if self.sentinels >= TOLD_FROM else "not "
            told.append(f"the neutral sentinels moved {moved}beyond their scatter")
        if self.history is not None:
            told.append(f"two of the {self.runs} runs before lie {percent(self.history)} apart")
        if not told:
            return (
                "how far whole runs of this machine lie apart is not known:"
                " intervals hold the spread of processes only"
            )
        return f"intervals of speeds hold how far whole runs lie apart: {', '.join(told)}"


#: Standard errors below this one are not told: they read "0 %".
TOLD_FROM = 0.0005

#: Units of what takes longer when the machine is slower, or draws more; memory does not.
PACED_UNITS = ("s", "J")

#: Nothing is known, or nothing is to be known: what is counted does not vary.
NO_ERROR = RunError()


def is_paced(metric: str) -> bool:
    """Tell whether the pace of the machine moves a metric.

    >>> is_paced("step_seconds"), is_paced("peak_rss_bytes")
    (True, False)
    """
    return metric_named(metric).quantity.unit in PACED_UNITS


def run_error(old: Study, new: Study) -> RunError:
    """Tell how far two runs of one machine may lie apart though nothing changed.

    Only runs before the old one count as history: those between the two may have changed, too.
    """
    sentinels = _sentinels(old.paces, new.paces)
    known = [each for each in old.run.earlier if each.id != new.run.invocation.id]
    apart = run_shifts(step_seconds(old.pooled), known)
    if len(apart) < ENOUGH_RUNS:
        return RunError(sentinels)
    both = math.sqrt(2 * statistics.variance([0.0, *apart]))
    return RunError(sentinels, both, len(apart))


def _sentinels(old: Iterable[Pace], new: Iterable[Pace]) -> float | None:
    """Tell by how much the pace moved from run to run, beyond what it scatters within them.

    The mean of squares over the sentinels, less the variance that their scatter over the moments of
    both runs leaves; None where there is none in common.
    """
    before = {pace.work: pace for pace in old}
    squares = [
        math.log(pace.middle / before[pace.work].middle) ** 2
        - (_scatter(pace) + _scatter(before[pace.work]))
        for pace in new
        if pace.work in before
    ]
    return math.sqrt(max(0.0, statistics.fmean(squares))) if squares else None


def _scatter(pace: Pace) -> float:
    """Give the variance of the logarithm of a pace's middle; 0 where one moment tells none."""
    logs = [math.log(seconds) for seconds in pace.seconds.values()]
    return statistics.variance(logs) / len(logs) if len(logs) > 1 else 0.0


@dataclass(frozen=True, slots=True)
class PaceRatio:
    """How much longer the machine's own fixed work takes in the new run, as a logarithm.

    The mean over the neutral sentinels that both runs timed; its standard error says how unlike
    they moved, with `works` - 1 degrees of freedom.
    """

    log: float
    error: float
    works: int

    @property
    def factor(self) -> float:
        """The ratio of times itself: above 1 the new machine is slower."""
        return math.exp(self.log)


def pace_ratio(old: Run, new: Run) -> PaceRatio | None:
    """Compare the pace of two machines; None below two sentinels that both timed."""
    logs = [math.log(factor) for factor in shift(old.calibrations, new.calibrations).values()]
    if len(logs) < 2:
        return None
    return PaceRatio(
        statistics.fmean(logs), statistics.stdev(logs) / math.sqrt(len(logs)), len(logs)
    )

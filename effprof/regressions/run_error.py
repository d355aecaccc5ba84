"""How far two runs of one machine lie apart, beside what their processes tell.

Whole runs differ by one number that all their speeds have in common, and of two runs both are off
(`effprof.analysis.run_effects`). What is known of it comes from the two runs themselves, by their
neutral sentinels, and from runs before the old one; what is not known is said.
"""

import math
import statistics
from dataclasses import dataclass

from effprof.analysis.run_effects import run_shifts, step_seconds
from effprof.core.calibrations import shift
from effprof.core.metrics import metric_named
from effprof.core.runs import Run
from effprof.core.units import percent
from effprof.study.study import Study

#: Earlier runs from which on their spread tells anything: two have one difference.
ENOUGH_RUNS = 3


@dataclass(frozen=True, slots=True)
class RunError:
    """Standard error of the logarithm of a speed ratio of two runs, whatever their processes say.

    `sentinels` is what the machine's own pace moved by, the root mean square over the neutral
    sentinels; it was measured in these two runs. `history` is how far apart two runs of this
    machine lie, by the spread of `runs` earlier ones, whose number gives its degrees of freedom.
    None is not known.
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
    def sources(self) -> tuple[str, ...]:
        """Say what is known, and by what."""
        told = []
        if self.sentinels is not None:
            told.append(f"{percent(self.sentinels)} by the neutral sentinels of both")
        if self.history is not None:
            told.append(f"{percent(self.history)} by {self.runs} earlier runs")
        return tuple(told)

    @property
    def said(self) -> str:
        """Say in one line what intervals of speeds hold for it."""
        if not self.sources:
            return (
                "how far whole runs of this machine lie apart is not known:"
                " intervals hold the spread of processes only"
            )
        return (
            "intervals of speeds hold how far whole runs lie apart, too"
            f" (standard error {' and '.join(self.sources)})"
        )


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
    moved = [
        math.log(factor) for factor in shift(old.run.calibrations, new.run.calibrations).values()
    ]
    sentinels = math.sqrt(statistics.fmean(log * log for log in moved)) if moved else None
    known = [each for each in old.run.earlier if each.id != new.run.invocation.id]
    apart = run_shifts(step_seconds(old.pooled), known)
    if len(apart) < ENOUGH_RUNS:
        return RunError(sentinels)
    both = math.sqrt(2 * statistics.variance([0.0, *apart]))
    return RunError(sentinels, both, len(apart))


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

"""How far two runs of one machine lie apart, beside what their processes tell.

Whole runs differ by one number that all their speeds have in common, and of two runs both are off
(`effprof.analysis.run_effects`). What is known of it comes from the two runs themselves, by their
neutral sentinels and by how far their processes lie apart, and from runs before the old one.
"""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from effprof.analysis.pooling import PooledCell
from effprof.analysis.run_effects import ENOUGH_RUNS, run_shifts, step_seconds
from effprof.analysis.statistics import median
from effprof.core.calibrations import Pace, shift
from effprof.core.metrics import metric_named
from effprof.core.runs import Run
from effprof.core.units import percent
from effprof.study.study import Study

#: How many times as far as neutral sentinels networks move when a shared machine changes its state.
#: Over all pairs of eight runs of six hours on one machine, in which nothing was changed, the shift
#: that all cells shared was 3.4 times the mean of the sentinels (logarithms, a line through zero).
NETWORKS_PER_SENTINEL = 3.4

#: How far whole runs lie apart in standard deviations of their processes, where earlier runs do not
#: tell: three times as far on both machines of which it is known (11.7 % of 3.9 %, 13 % of 4.1 %).
#: What sentinels do not tell of it was as large as processes differ (5.3 % for the pairs above).
RUNS_PER_PROCESS = 3.0
REST_PER_PROCESS = 1.0

#: Degrees of freedom of what is assumed: eight runs showed it.
ASSUMED_FREEDOM = 7


@dataclass(frozen=True, slots=True)
class RunError:
    """Standard error of the logarithm of a speed ratio of two runs, whatever their processes say.

    `sentinels` is what the machine's own pace moved by, the root mean square over the neutral
    sentinels beyond their own scatter; it was measured in these two runs, and networks move
    `NETWORKS_PER_SENTINEL` times as far. `history` is how far apart two runs of this machine lie,
    by the spread of `runs` earlier ones, whose number gives its degrees of freedom. Where they do
    not tell, `processes`, the relative standard deviation of the processes of a cell, says what is
    assumed. None is not known.
    """

    sentinels: float | None = None
    history: float | None = None
    runs: int = 0
    processes: float | None = None

    @property
    def apart(self) -> float:
        """How far apart two runs lie beside what sentinels tell: by history, or as assumed."""
        if self.history is not None or self.processes is None:
            return self.history or 0.0
        times = RUNS_PER_PROCESS if self.sentinels is None else REST_PER_PROCESS
        return math.sqrt(2) * times * self.processes

    @property
    def apart_freedom(self) -> float:
        """The degrees of freedom of that."""
        return ASSUMED_FREEDOM if self.history is None else self.runs

    @property
    def relative(self) -> float:
        """All together; 0 where nothing is known."""
        return math.hypot(NETWORKS_PER_SENTINEL * (self.sentinels or 0.0), self.apart)

    @property
    def freedom(self) -> float:
        """Its degrees of freedom after Satterthwaite; the sentinels' part is taken as known."""
        share = self.relative / self.apart if self.apart else math.inf
        return self.apart_freedom * share**4

    @property
    def said(self) -> str:
        """Say in one line what intervals of speeds hold for it."""
        told = []
        if self.sentinels is not None:
            moved = f"by {percent(self.sentinels)} " if self.sentinels >= TOLD_FROM else "not "
            told.append(f"the neutral sentinels moved {moved}beyond their scatter")
        if self.history is not None:
            told.append(f"two of the {self.runs} runs before lie {percent(self.history)} apart")
        elif self.apart >= TOLD_FROM:
            told.append(f"{percent(self.apart)} is assumed, by how far their processes lie apart")
        if not told:
            return (
                "how far whole runs of this machine lie apart is not known:"
                " intervals hold the spread of processes only"
            )
        return f"intervals of speeds hold how far whole runs lie apart: {', '.join(told)}"


#: Share of a common shift, as logarithms, that the machine's own pace must tell to have made it.
EXPLAINED = 0.5

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
    processes = _processes((*old.pooled, *new.pooled))
    known = [each for each in old.run.earlier if each.id != new.run.invocation.id]
    apart = run_shifts(step_seconds(old.pooled), known)
    if len(apart) < ENOUGH_RUNS:
        return RunError(sentinels, processes=processes)
    both = math.sqrt(2 * statistics.variance([0.0, *apart]))
    return RunError(sentinels, both, len(apart), processes)


def _processes(pooled: Iterable[PooledCell]) -> float | None:
    """Give the relative standard deviation of the processes of a cell: the root of the mean square.

    None where no cell has two.
    """
    squares = [
        statistics.variance(logs)
        for each in pooled
        if len(logs := [math.log(median(done.timing.throughput)) for done in each.valid.values()])
        > 1
    ]
    return math.sqrt(statistics.fmean(squares)) if squares else None


def kept_pace(moved: Iterable[float], shift: float) -> bool:
    """Tell whether fixed work moved by too little to have made a shift of all networks.

    `moved` are logarithms of seconds, new over old, of the neutral sentinels, of which there is one
    at least; `shift` is that of the networks. Not even half of it must be told by their mean.
    """
    towards = math.copysign(1, shift) * statistics.fmean(moved)
    return NETWORKS_PER_SENTINEL * towards < EXPLAINED * abs(shift)


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

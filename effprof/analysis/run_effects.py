"""Run effects: how far whole runs of one machine lie apart, beside what their processes tell.

Runs of a shared machine differ by one number that all their speeds have in common: neighbours and
warmth stay for minutes, so that the processes of a run see too little of them. An interval that is
to hold what the next run finds has to know how large that number is.
"""

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from effprof.analysis.pooling import PooledCell
from effprof.analysis.statistics import step_interval
from effprof.core.runs import EarlierRun

#: What is assumed of a machine before its own runs tell: a scaled inverse chi-squared distribution
#: of the variance, as if so many runs with that relative standard deviation had been seen. It is
#: that of shared machines: five runs of a day on one lay 11.7 % apart, three of two hours on
#: another 13 %; the third, cut short, found it in a state in which everything took 24 % longer.
PRIOR_DEVIATION = 0.10
PRIOR_FREEDOM = 4.0

#: Earlier runs from which on a machine is judged by them alone.
ENOUGH_RUNS = 3


@dataclass(frozen=True, slots=True)
class RunEffect:
    """How far whole runs of a machine lie apart: standard deviation of the logarithms of speeds.

    `freedom` are its degrees of freedom. `runs` earlier ones were seen; without any it is assumed.
    """

    deviation: float
    freedom: float
    runs: int = 0


#: Of a machine of which no earlier run is known.
ASSUMED = RunEffect(PRIOR_DEVIATION, PRIOR_FREEDOM)


def step_seconds(pooled: Iterable[PooledCell]) -> dict[str, float]:
    """Give the seconds of a step of every cell with a valid measurement, by its key."""
    return {
        each.cell.key: step_interval([done.timing.throughput for done in each.valid.values()]).value
        for each in pooled
        if each.valid
    }


def run_effect(own: Mapping[str, float], earlier: Iterable[EarlierRun]) -> RunEffect:
    """Estimate the run effect of a machine from one run and those before it.

    `own` maps keys of cells to seconds of a step. A run is off by the median over the cells that it
    shares with this one: a cell that was changed meanwhile does not count for all. Below
    `ENOUGH_RUNS` what is assumed of any machine is moderated by what the runs show (Smyth 2004,
    doi:10.2202/1544-6115.1027).
    """
    seen = run_shifts(own, earlier)
    if not seen:
        return ASSUMED
    if len(seen) >= ENOUGH_RUNS:
        return RunEffect(statistics.stdev([0.0, *seen]), float(len(seen)), len(seen))
    freedom = PRIOR_FREEDOM + len(seen)
    squares = PRIOR_FREEDOM * PRIOR_DEVIATION**2 + len(seen) * statistics.variance([0.0, *seen])
    return RunEffect(math.sqrt(squares / freedom), freedom, len(seen))


def run_shifts(own: Mapping[str, float], earlier: Iterable[EarlierRun]) -> list[float]:
    """Give by how much each earlier run is off this one, as logarithms of seconds.

    Runs without a cell in common are left out.
    """
    shifts = (_shift(own, each.step_seconds) for each in earlier)
    return [shift for shift in shifts if not math.isnan(shift)]


def _shift(own: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Give the median logarithm of the ratio of common cells; NaN where there is none."""
    ratios = [math.log(seconds / own[key]) for key, seconds in other.items() if key in own]
    return statistics.median(ratios) if ratios else math.nan

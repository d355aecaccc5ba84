"""Why a step takes longer than before: its seconds by cause, night against night.

The causes are those of the split of a speed-up, but of one network seconds can be told apart as
they are: of its step, the counted operators, the others, and what is between them. The logarithm of
a change splits over the three without residue, as a factor of the split does over roles.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from effprof.analysis.log_ratio import split_log_ratio
from effprof.analysis.split import Cause, causes_on
from effprof.analysis.statistics import median
from effprof.core.estimates import Estimate
from effprof.core.methods import method_of
from effprof.core.metrics import ROLE_PREFIX
from effprof.core.outcomes import Measurement
from effprof.core.runs import Run
from effprof.regressions.changes import mean_ratio

#: Nights on either side of a change whose profiles are read, those next to it.
CAUSE_NIGHTS = 7


@dataclass(frozen=True, slots=True)
class StepByCause:
    """The step of a cell in one night, in seconds by cause: means of its processes.

    `taken` says how its profiles were: nights that were profiled otherwise cannot be compared.
    """

    seconds: Mapping[Cause, float]
    taken: tuple[str, ...]

    def without(self, log: float) -> "StepByCause":
        """Divide all times by a factor, given as its logarithm."""
        scale = float(np.exp(-log))
        return StepByCause({c: scale * spent for c, spent in self.seconds.items()}, self.taken)


#: Gives the step of every cell of a run, by its key, that was profiled: what a night reads from.
ReadSteps = Callable[[str], Mapping[str, StepByCause]]


def steps_by_cause(run: Run) -> dict[str, StepByCause]:
    """Take the step of every cell that a run has a valid measurement and a profile of."""
    marks = run.invocation.fingerprint.gating
    causes, method = causes_on(marks.get("device kind", "")), marks.get("method", "")
    steps: dict[str, list[tuple[float, ...]]] = {}
    taken: dict[str, dict[str, None]] = {}
    for repeat in run.repeats:
        done = repeat.outcome
        if not isinstance(done, Measurement) or (parts := _parts(done)) is None:
            continue
        steps.setdefault(repeat.cell.key, []).append(parts)
        how = f"{done.profile and done.profile.method}, {method_of(method, ROLE_PREFIX, done)}"
        taken.setdefault(repeat.cell.key, {})[how] = None
    return {
        cell: StepByCause(
            {
                cause: fmean(parts[place] for parts in processes)
                for place, cause in enumerate(causes)
            },
            tuple(taken[cell]),
        )
        for cell, processes in steps.items()
    }


def change_by_cause(
    before: Sequence[StepByCause], since: Sequence[StepByCause]
) -> dict[Cause, Estimate]:
    """Give how many times as long the step takes for each cause: they multiply to its change.

    That is the ratio of geometric means over nights; intervals are those of a change between
    nights. Empty without nights on both sides whose profiles were taken as that of the last one.
    """
    if not since:
        return {}
    old, new = ([n for n in side if n.taken == since[-1].taken] for side in (before, since))
    if not old:
        return {}
    usual = {cause: fmean(night.seconds[cause] for night in old) for cause in old[0].seconds}
    sides = [[split_log_ratio(night.seconds, usual)[1] for night in side] for side in (old, new)]
    return {
        cause: mean_ratio(*(np.array([parts[cause] for parts in side]) for side in sides))
        for cause in old[0].seconds
    }


def _parts(done: Measurement) -> tuple[float, float, float] | None:
    """Give the seconds of the counted operators, of the others, and of what is between them."""
    profile = done.profile
    if not done.valid or profile is None or profile.status != "profiled":
        return None
    seconds = profile.by(lambda op: "counted" if op.counted else "")
    if not (counted := seconds.get("counted")):
        return None
    step = median(done.timing.throughput)
    return counted, seconds.get("", 0.0), step - profile.op_seconds

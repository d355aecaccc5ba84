"""How far published ratios may be off: the spread of twin networks in the same file.

A published file holds one number per network and no samples. It does hold networks under several
names: an equal word for the architecture, equal parameters, MACs, activations, image size and
batch, so mostly the same computation timed more than once. How far their speeds lie apart is what
timing, and what a name does not tell, make of a ratio.
"""

import math
import statistics
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from effprof.analysis.frames import static_costs
from effprof.analysis.statistics import CONFIDENCE
from effprof.claims.claim import Answer
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.estimates import Estimate
from effprof.core.outcomes import Measurement
from effprof.core.runs import Run
from effprof.models.stems import architecture_stem

#: Fewer pairs of twins say nothing of a 95 % range: it would be that of the worst of them.
MIN_PAIRS = 20

#: 95 % of a normal distribution lie within this many standard deviations.
NORMAL_95 = statistics.NormalDist().inv_cdf(0.975)

#: timm's ports from TensorFlow pad as TensorFlow does: an operator more, so no twin of the others.
_SAME_PADDING = "timm/tf_"


@dataclass(frozen=True, slots=True)
class TwinSpread:
    """The 95 % range of the logarithm of a ratio of two published speeds, and on how many pairs.

    It is that of the pairs themselves, since their distances have long tails: the range that a
    normal distribution has by their median holds 61 to 79 % of them.
    """

    half_width: float
    pairs: int


def twin_spread(run: Run) -> TwinSpread | None:
    """Measure within which range 95 % of a published run's twins lie; None with too few of them."""
    apart = twin_distances(run)
    if len(apart) < MIN_PAIRS:
        return None
    return TwinSpread(apart[math.ceil(CONFIDENCE * len(apart)) - 1], len(apart))


def twin_distances(run: Run) -> list[float]:
    """List how far apart a published run's twins lie: |log ratio| of their times, ascending."""
    costs = static_costs(run)
    twins: dict[Hashable, list[float]] = {}
    for repeat in run.repeats:
        if isinstance(repeat.outcome, Measurement):
            same = _computation(repeat.cell, costs.get(repeat.cell), repeat.outcome)
            [seconds] = repeat.outcome.timing.throughput
            twins.setdefault(same, []).append(math.log(seconds))
    # Neighbours only: all pairs of a network under six names would count it fifteen times.
    return sorted(abs(b - a) for times in twins.values() for a, b in pairwise(times))


def with_twin_spread(answer: Answer, runs: Iterable[Run]) -> Answer:
    """Give a ratio of two published speeds the interval that twins of its files allow.

    The ratio stays as it is where a file holds too few twins; n counts the pairs of twins.
    """
    spreads = [twin_spread(run) for run in {run.invocation.id: run for run in runs}.values()]
    known = [spread for spread in spreads if spread is not None]
    if len(known) < len(spreads) or not known:
        return answer
    widest = max(known, key=lambda spread: spread.half_width)
    factor, value = math.exp(widest.half_width), answer.estimate.value
    return Answer(
        Estimate(value, value / factor, value * factor, "twins", widest.pairs),
        of="pairs of twins",
        note=f"interval: 95 % of {widest.pairs} pairs of twin networks in the file",
    )


def _computation(cell: Cell, cost: StaticCost | None, done: Measurement) -> Hashable:
    """Name what was computed; a file without counts tells the architecture and the parameters."""
    counts = done.settings.get("parameters") if cost is None else (cost.parameters, cost.total)
    padding = cell.model.startswith(_SAME_PADDING)
    return replace(cell, model=architecture_stem(cell.model)), counts, padding

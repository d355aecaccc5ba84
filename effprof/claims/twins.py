"""How far published ratios may be off: the spread of twin networks in the same file.

A published file holds one number per network and no samples. It does hold networks under several
names: equal parameters, MACs, activations, image size and batch, so mostly the same computation
timed more than once. How far their speeds lie apart is what timing alone makes of a ratio.
"""

import math
import statistics
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from effprof.analysis.frames import static_costs
from effprof.claims.claim import Answer
from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.estimates import Estimate
from effprof.core.outcomes import Measurement
from effprof.core.runs import Run

#: Fewer pairs of twins say nothing of a 95 % range.
MIN_PAIRS = 10

#: 95 % of a normal distribution lie within this many standard deviations.
NORMAL_95 = statistics.NormalDist().inv_cdf(0.975)

#: Standard deviation of a normal distribution over the median of its absolute deviations.
_PER_MEDIAN_DEVIATION = 1 / statistics.NormalDist().inv_cdf(0.75)

#: timm's ports from TensorFlow pad as TensorFlow does: an operator more, so no twin of the others.
_SAME_PADDING = "timm/tf_"


@dataclass(frozen=True, slots=True)
class TwinSpread:
    """The 95 % range of the logarithm of a ratio of two published speeds, and on how many pairs.

    Robust, 1.96 x 1.4826 x the median of |log ratio|: some twins are not quite the same network
    (another activation or layout at equal counts), and half of the pairs may be so.
    """

    half_width: float
    pairs: int


def twin_spread(run: Run) -> TwinSpread | None:
    """Measure the spread of twins in a published run; None with too few of them."""
    costs = static_costs(run)
    twins: dict[Hashable, list[float]] = {}
    for repeat in run.repeats:
        if isinstance(repeat.outcome, Measurement):
            same = _computation(repeat.cell, costs.get(repeat.cell), repeat.outcome)
            [seconds] = repeat.outcome.timing.throughput
            twins.setdefault(same, []).append(math.log(seconds))
    # Neighbours only: all pairs of a network under six names would count it fifteen times.
    apart = [abs(b - a) for times in twins.values() for a, b in pairwise(times)]
    if len(apart) < MIN_PAIRS:
        return None
    half = NORMAL_95 * _PER_MEDIAN_DEVIATION * statistics.median(apart)
    return TwinSpread(half, len(apart))


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
        note=f"interval: the spread of {widest.pairs} pairs of twin networks in the file",
    )


def _computation(cell: Cell, cost: StaticCost | None, done: Measurement) -> Hashable:
    """Name what was computed; a file without counts tells at least the parameters."""
    counts = (
        done.settings.get("parameters")
        if cost is None
        else (cost.parameters, cost.total.macs, cost.total.activations)
    )
    padding = cell.model.startswith(_SAME_PADDING)
    return replace(cell, model=""), counts, padding

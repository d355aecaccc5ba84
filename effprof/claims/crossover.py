"""The batch from which on one network is faster than another."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from effprof.analysis.loglog import Floats
from effprof.claims.choices import Choice, measured_alike
from effprof.claims.claim import Answer, NotMeasured, Statistic
from effprof.claims.evidence import Evidence, Wanted
from effprof.claims.ratios import speed_ratio
from effprof.core.estimates import Estimate

#: Points per doubling of the batch at which the line between two batches is looked at.
STEPS_PER_DOUBLING = 64

#: Batches that a crossover is found between, at least.
MIN_BATCHES = 4


@dataclass(frozen=True, slots=True)
class Span:
    """Batches that are asked for, and those that the measured ones must reach: first and last."""

    batches: tuple[int, ...]
    first: int
    last: int


def crossover_batch(above: Choice, below: Choice, span: Span) -> Statistic:
    """First batch at which `above` has as many images/s as `below`, by the measured batches.

    Each choice leaves the batch open. Not measured where the batches that both have do not reach
    over the span, or are fewer than `MIN_BATCHES`.
    """

    def statistic(evidence: Evidence) -> Answer | NotMeasured:
        ratios: dict[int, Answer] = {}
        wanted: list[Wanted] = []
        for batch in span.batches:
            choices = [tuple(replace(w, batch_size=batch) for w in each) for each in (above, below)]
            found = measured_alike(evidence, choices)
            if isinstance(found, NotMeasured):
                wanted += found.wanted
            else:
                ratios[batch] = speed_ratio(*found)
        if len(ratios) < MIN_BATCHES or min(ratios) > span.first or max(ratios) < span.last:
            known = ", ".join(map(str, ratios)) or "none"
            reason = f"both measured at too few batches to see a crossover ({known})"
            return NotMeasured(reason, tuple(wanted))
        return crossing(ratios)

    return statistic


def crossing(ratios: Mapping[int, Answer]) -> Answer:
    """Find the batch at which speed ratios first reach one from below, with its 95 % interval.

    log ratio runs straight between neighbouring log batches. The interval reaches over every batch
    at which a ratio of one lies within the 95 % interval of the ratio there (as in Fieller's
    theorem); the half-widths of neighbours, other processes each, join as independent ones. It is
    open to a side (0 or infinite) where it reaches the last batch measured there. A ratio above one
    from the first batch on gives that batch, one below one at every batch gives infinity.
    """
    batches = sorted(ratios)
    ordered = [ratios[batch].estimate for batch in batches]
    n, of = min(each.n for each in ordered), ratios[batches[0]].of
    at, value, half = _between(np.log2(batches), ordered)
    reached = np.flatnonzero(value >= 0)
    first = _root(at, value, int(reached[0])) if len(reached) else math.inf
    note = _told(first, batches)
    if np.isnan(half).any():
        return Answer(Estimate.bare(first, n), of, note)
    inside = np.abs(value) <= half
    known = [*2 ** at[inside], min(first, batches[-1])]
    low = 0.0 if inside[0] or value.min() >= 0 else float(min(known))
    high = math.inf if inside[-1] or value.max() < 0 else float(max(known))
    return Answer(Estimate(first, low, high, "crossing", n), of, note)


def _between(logs: Floats, ratios: Sequence[Estimate]) -> tuple[Floats, Floats, Floats]:
    """Interpolate finely over log2 of the batch: that, the log ratio, and its half-width."""
    values = np.array([math.log(each.value) for each in ratios])
    halves = np.array([math.log(each.high / each.low) / 2 for each in ratios])
    count = math.ceil((logs[-1] - logs[0]) * STEPS_PER_DOUBLING) + 1
    at = np.unique(np.concatenate([np.linspace(logs[0], logs[-1], count), logs]))
    left = np.clip(np.searchsorted(logs, at, side="right") - 1, 0, len(logs) - 2)
    share = (at - logs[left]) / (logs[left + 1] - logs[left])
    value = (1 - share) * values[left] + share * values[left + 1]
    half = np.hypot((1 - share) * halves[left], share * halves[left + 1])
    return at, value, half


def _root(at: Floats, value: Floats, reached: int) -> float:
    """Batch at which the line reaches nought; it does so just before the point `reached`."""
    if reached == 0:
        return float(2 ** at[0])
    before, after = value[reached - 1], value[reached]
    share = -before / (after - before)
    return float(2 ** (at[reached - 1] + share * (at[reached] - at[reached - 1])))


def _told(first: float, batches: Sequence[int]) -> str:
    if math.isinf(first):
        return f"slower at every batch up to {batches[-1]}"
    return f"faster from batch {batches[0]} on" if first <= batches[0] else ""

"""How far the level of a series wanders by itself: what a step is held against.

Splits and p values take nights as independent. Where a series has two modes, or walks, neighbouring
nights resemble each other, and their means lie further apart than independent nights' would. How
much further, earlier nights tell: the very difference that a step is, taken at all places before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from effprof.regressions.levels import Levels, places_of
from effprof.regressions.packing import medians
from effprof.regressions.policies import BASELINE_NIGHTS, LEAST_SIGMA
from effprof.regressions.series import Floats, Ints

#: Numbers of nights after a place whose means are compared with the nights before it.
SPANS = (1, 3, 5, 8, 13)

#: Fewest nights before a place.
BEFORE = 6

#: Fewest independent spans that say of one series what all series of its metric do not.
OWN_SPANS = 3.0

#: A series' own widening counts when it is beyond that of its metric by so many standard errors.
OWN_ERRORS = 2.0

#: The quantile of sizes that tells their spread, and that of a standard normal number: a series is
#: in its second mode, or on its way, on few nights.
TAIL = 0.9
TAIL_SIGMAS = 1.6449

#: Standard error of the logarithm of that quantile, times the root of how many values tell it:
#: sqrt(0.9 * 0.1) / (2 * 0.1031 * 1.6449), the density of normal sizes there.
_LOG_ERROR = 0.88

#: What is usual for a metric counts as much as so many nights of a series, where it is more.
USUAL_NIGHTS = 5

#: Fewest series of a metric that tell what is usual for it.
MIN_SERIES = 5

#: The quantile over places of what is usual at one: the means of a third of 40 nights are free of
#: a step in their middle.
PLACES = 0.25

#: Series of a metric that are asked, at most, evenly spread: more tell no more.
MOST_SERIES = 500

#: Standard deviations of what wanders that a step must reach.
WANDERING_SIGMAS = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Wandering:
    """Series packed to the left, levels of known steps and spikes taken out; logarithms.

    `start` is the place of the last known step, `sigma` the standard deviation of a night, `group`
    numbers the metric of each series.
    """

    logs: Floats
    raw: Floats
    count: Ints
    start: Ints
    sigma: Floats
    group: Ints
    _pooled: dict[tuple[int, int], float] = field(default_factory=dict)
    _differences: dict[int, Floats] = field(default_factory=dict)

    def explains(self, row: int, place: int, stop: int) -> bool:
        """Tell whether the nights [place, stop) may lie where they do though nothing changed."""
        begin = max(int(self.start[row]), place - BASELINE_NIGHTS)
        before, after = self.logs[row, begin:place], self.raw[row, place:stop]
        size = abs(float(after.mean() - before.mean()))
        error = float(self.sigma[row]) * np.sqrt(1 / len(before) + 1 / len(after))
        return bool(size < WANDERING_SIGMAS * error * self._widened(row, place, stop - place))

    def _widened(self, row: int, place: int, nights: int) -> float:
        """How many times further than of independent nights means lie apart; at least once."""
        longest = max(int(self.count.max()) - BEFORE, SPANS[0])
        span = max(each for each in SPANS if each <= min(nights, longest))
        pooled = self._of_metric(int(self.group[row]), span)
        spans = (place - BEFORE) / span
        if spans < OWN_SPANS:
            return pooled
        own = float(_tails(self._sizes(span)[[row], : max(place - span - BEFORE + 1, 0)])[0])
        chance = float(np.exp(OWN_ERRORS * _LOG_ERROR / np.sqrt(spans)))
        return own if own > pooled * chance else pooled

    def _of_metric(self, group: int, span: int) -> float:
        """Give the widening over all series of a metric: what is usual at quiet places.

        A step of many series at once leaves enough places, those of single series are few at each.
        """
        key = group, span
        if key not in self._pooled:
            rows = np.flatnonzero(self.group == group)
            rows = rows[:: max(1, -(-len(rows) // MOST_SERIES))]
            sizes = self._sizes(span)[rows].T
            told = sizes[np.isfinite(sizes).sum(axis=1) >= MIN_SERIES]
            self._pooled[key] = (
                max(float(np.quantile(_tails(told), PLACES)), 1.0) if len(told) else 1.0
            )
        return self._pooled[key]

    def _sizes(self, span: int) -> Floats:
        """Differences of means [series, places from `BEFORE` on], over those of independent nights.

        NaN where a series has ended.
        """
        if span not in self._differences:
            width = self.logs.shape[1]
            places = np.arange(BEFORE, max(width - span, BEFORE - 1) + 1)
            none = np.zeros((len(self.logs), 1))
            sums = np.concatenate([none, np.nancumsum(self.logs, axis=1)], axis=1)
            nights = np.minimum(places, BASELINE_NIGHTS)
            after = (sums[:, places + span] - sums[:, places]) / span
            before = (sums[:, places] - sums[:, places - nights]) / nights
            sizes = np.abs(after - before) / np.sqrt(1 / span + 1 / nights)
            sizes[places + span > self.count[:, None]] = np.nan
            self._differences[span] = sizes / self.sigma[:, None]
        return self._differences[span]


def _tails(sizes: Floats) -> Floats:
    """Estimate the standard deviation of each row of differences by their tail; 0 of none."""
    ordered = np.sort(sizes, axis=1)
    count = np.isfinite(sizes).sum(axis=1)
    if not ordered.shape[1]:
        return np.zeros(len(sizes))
    last = np.floor(TAIL * (np.maximum(count, 1) - 1)).astype(np.int64)
    found: Floats = np.take_along_axis(ordered, last[:, None], axis=1)[:, 0]
    return np.where(count > 0, found, 0.0) / TAIL_SIGMAS


def wandering(
    levels: Levels, metrics: Sequence[str], steps: Iterable[tuple[int, int]]
) -> Wandering:
    """Prepare series; `metrics` is the metric of each.

    `steps` (row, night) are known steps after which a series stayed where it went.
    """
    logs, count = levels.clean, levels.packed.count
    start = np.zeros_like(count)
    middle = np.broadcast_to(medians(logs)[:, None], logs.shape).copy()
    for row, places in levels.forced.items():
        start[row] = places[-1]
    for row, places in places_of(levels.packed, steps).items():
        for begin, end in zip((0, *places), (*places, int(count[row])), strict=True):
            if end > begin:
                middle[row, begin:end] = np.median(logs[row, begin:end])
    # The mean distance of neighbours: steps and changes of mode touch few of them, and it varies
    # less by chance than a median does. A normal distribution's is 2 sigma / sqrt(pi).
    distances = np.abs(np.diff(logs, axis=1))
    pairs = np.maximum(np.isfinite(distances).sum(axis=1), 1)
    sigma = np.fmax(np.nansum(distances, axis=1) / pairs * (np.sqrt(np.pi) / 2), LEAST_SIGMA)
    group = np.unique(np.array(metrics, dtype=str), return_inverse=True)[1].reshape(-1)
    for number in range(group.max(initial=-1) + 1):
        rows = group == number
        sigma[rows] *= _lifted(sigma[rows], pairs[rows])
    centred, raw = logs - middle, levels.packed.logs - middle
    return Wandering(centred, raw, count, start, sigma, group)


def _lifted(sigma: Floats, nights: Ints) -> Floats:
    """How much a series that seems quiet is drawn towards what is usual for its metric."""
    share = USUAL_NIGHTS / (nights + USUAL_NIGHTS)
    lifted: Floats = np.maximum(np.median(sigma) / sigma, 1.0) ** share
    return lifted

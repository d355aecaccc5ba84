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

#: Standard error of the logarithm of a median absolute size of one value, for normal values.
_LOG_ERROR = 1.17

#: What is usual for a metric counts as much as so many nights of a series, where it is more.
USUAL_NIGHTS = 5

#: Standard deviations of what wanders that a step must reach.
WANDERING_SIGMAS = 3.5


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
    _pooled: dict[int, Floats] = field(default_factory=dict)

    def explains(self, row: int, place: int, stop: int) -> bool:
        """Tell whether the nights [place, stop) may lie where they do though nothing changed."""
        begin = max(int(self.start[row]), place - BASELINE_NIGHTS)
        before, after = self.logs[row, begin:place], self.raw[row, place:stop]
        size = abs(float(after.mean() - before.mean()))
        error = float(self.sigma[row]) * np.sqrt(1 / len(before) + 1 / len(after))
        return size < WANDERING_SIGMAS * error * self._widened(row, place, stop - place)

    def _widened(self, row: int, place: int, nights: int) -> float:
        """How many times further than of independent nights means lie apart; at least once."""
        longest = int(self.count.max()) - BEFORE
        span = max((each for each in SPANS if each <= min(nights, longest)), default=SPANS[0])
        pooled = float(self._of_metric(span)[row])
        spans = (place - BEFORE) / span
        if spans < OWN_SPANS:
            return pooled
        sizes = self._sizes(slice(row, row + 1), span, np.array([place]))[0]
        own = float(np.nanquantile(sizes, TAIL)) / TAIL_SIGMAS
        chance = np.exp(OWN_ERRORS * _LOG_ERROR / np.sqrt(spans))
        return own if own > pooled * chance else pooled

    def _of_metric(self, span: int) -> Floats:
        """Give the widening over all series of a metric, for each series."""
        if span not in self._pooled:
            sizes = self._sizes(slice(None), span, self.count)
            pooled = np.ones(len(sizes))
            for group in np.unique(self.group):
                rows = self.group == group
                there = sizes[rows][np.isfinite(sizes[rows])]
                if len(there):
                    pooled[rows] = max(float(np.quantile(there, TAIL)) / TAIL_SIGMAS, 1.0)
            self._pooled[span] = pooled
        return self._pooled[span]

    def _sizes(self, rows: slice, span: int, stop: Ints) -> Floats:
        """Differences of means [series, places] before place `stop`, over the independent."""
        logs, width = self.logs[rows], self.logs.shape[1]
        places = np.arange(BEFORE, max(width - span, BEFORE) + 1)
        places = places[places + span <= width]
        sums = np.concatenate([np.zeros((len(logs), 1)), np.nancumsum(logs, axis=1)], axis=1)
        nights = np.minimum(places, BASELINE_NIGHTS)
        after = (sums[:, places + span] - sums[:, places]) / span
        before = (sums[:, places] - sums[:, places - nights]) / nights
        sizes: Floats = np.abs(after - before) / np.sqrt(1 / span + 1 / nights)
        sizes[places + span > stop[:, None]] = np.nan
        return sizes / self.sigma[rows, None]


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

"""The slow path: change points over whole series, found by splitting and merging again."""

from itertools import pairwise

import numpy as np

from effprof.regressions.edivisive import best_splits
from effprof.regressions.null_distribution import QUANTILES, chance_of, largest_p
from effprof.regressions.packing import MAD_TO_SIGMA
from effprof.regressions.policies import LEAST_SIGMA, SLOW_CHANGE, SLOW_SIGMAS
from effprof.regressions.series import Floats, Ints
from effprof.regressions.welch import welch

#: Nights that a stretch must have to be split: the first row of the table of chances.
MIN_STRETCH = min(QUANTILES)

#: Two neighbouring segments are one when Welch's t test gives a larger p. Splitting has settled
#: that chance is no explanation; this asks whether the night itself varies as much as the step.
MERGE_P = 0.01


def change_points(logs: Floats, count: Ints, start: Ints) -> dict[int, tuple[int, ...]]:
    """Find the places where series step, for the rows that do; spikes must have been replaced.

    `logs` [series, places] are logarithms, of which the places from `start` to `count` are
    searched. The largest p value that counts is that of Benjamini and Hochberg over all rows.
    """
    found: dict[int, list[int]] = {}
    rows = np.flatnonzero(count - start >= MIN_STRETCH)
    begin, end = start[rows], count[rows]
    place, chances = _split(logs, rows, begin, end)
    limit = largest_p(chances)
    while (told := chances <= limit).any():
        rows, begin, end, place = rows[told], begin[told], end[told], place[told]
        for row, where in zip(rows.tolist(), place.tolist(), strict=True):
            found.setdefault(row, []).append(where)
        rows = np.concatenate([rows, rows])
        begin, end = np.concatenate([begin, place]), np.concatenate([place, end])
        long = end - begin >= MIN_STRETCH
        rows, begin, end = rows[long], begin[long], end[long]
        place, chances = _split(logs, rows, begin, end)
    merged = {
        row: merge(logs[row, start[row] : count[row]], [where - start[row] for where in places])
        for row, places in found.items()
    }
    return {
        row: tuple(int(where + start[row]) for where in places)
        for row, places in sorted(merged.items())
        if places
    }


def _split(logs: Floats, rows: Ints, begin: Ints, end: Ints) -> tuple[Ints, Floats]:
    """Split the stretch of each row best; the place in the whole row, and its chance."""
    if not len(rows):
        return rows, np.zeros(0)
    length = end - begin
    offsets = np.arange(length.max())
    places = np.minimum(begin[:, None] + offsets, logs.shape[1] - 1)
    stretches = np.where(offsets < length[:, None], logs[rows[:, None], places], np.nan)
    splits = best_splits(stretches, length)
    return begin + splits.place, chance_of(splits.statistic, length)


def merge(values: Floats, places: list[int]) -> list[int]:
    """Drop change points, the least certain first, until every step that is left counts.

    A step counts when Welch's t test (sample variances) gives at most `MERGE_P` and its size is
    at least 2 % and 2 standard deviations of a night around the medians of the segments.
    """
    places = sorted(places)
    while places:
        segments = np.split(values, places)
        rest = np.concatenate([segment - np.median(segment) for segment in segments])
        sigma = max(MAD_TO_SIGMA * float(np.median(np.abs(rest))), LEAST_SIGMA)
        pairs = list(pairwise(segments))
        sizes = [float(new.mean() - old.mean()) for old, new in pairs]
        chances = [welch(old, new).p for old, new in pairs]
        weak = [
            (-chance, abs(size), index)
            for index, (size, chance) in enumerate(zip(sizes, chances, strict=True))
            if chance > MERGE_P or not _counts(size, sigma)
        ]
        if not weak:
            break
        del places[min(weak)[2]]
    return places


def _counts(size: float, sigma: float) -> bool:
    return abs(np.expm1(size)) >= SLOW_CHANGE and abs(size) >= SLOW_SIGMAS * sigma

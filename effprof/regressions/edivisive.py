"""E-divisive: where a series splits best into two parts, for many series at once.

Matteson and James 2014 (doi:10.1080/01621459.2013.849605), with alpha = 1: the statistic of a split
into m and k nights is `m k / (m + k) * (2 A - B - C)`, where A is the mean distance between the two
parts, and B and C are the mean distances within each.
"""

import math
from dataclasses import dataclass

import numpy as np

from effprof.regressions.policies import LEAST_SIGMA, MIN_SEGMENT
from effprof.regressions.series import Floats, Ints

#: Values that are worked on at once: they and what is made of them stay in a core's cache.
_CHUNK = 2**15


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """The best split of each row: the first place of its second part, and how good it is.

    `statistic` is the energy statistic in standard deviations of a night; -inf for a row that is
    too short to be split.
    """

    place: Ints
    statistic: Floats


def best_splits(rows: Floats, count: Ints) -> Splits:
    """Split each row [series, places] of `count` values where the energy statistic is largest."""
    height = max(1, _CHUNK // rows.shape[1])
    parts = [
        _best_splits(rows[start : start + height], count[start : start + height])
        for start in range(0, len(rows), height)
    ]
    if not parts:
        return Splits(np.zeros(0, dtype=np.int64), np.zeros(0))
    return Splits(
        np.concatenate([part.place for part in parts]),
        np.concatenate([part.statistic for part in parts]),
    )


def _best_splits(rows: Floats, count: Ints) -> Splits:
    energy = _energies(rows, count)
    place = np.argmax(energy, axis=1)
    best = np.take_along_axis(energy, place[:, None], axis=1)[:, 0]
    sigma = np.maximum(np.nan_to_num(_spread(rows)), LEAST_SIGMA)
    return Splits(place, best / sigma)


def _spread(rows: Floats) -> Floats:
    """Estimate the standard deviation of a night by the mean distance of nights two apart.

    A step spoils only the two pairs that straddle it, and nights two apart depend less on each
    other than neighbours do. A normal distribution's mean distance is 2 sigma / sqrt(pi).
    """
    distances = np.abs(rows[:, 2:] - rows[:, :-2])
    pairs = np.isfinite(distances).sum(axis=1)
    mean: Floats = np.nansum(distances, axis=1) / np.maximum(pairs, 1)
    return mean * (math.sqrt(math.pi) / 2)


def _energies(rows: Floats, count: Ints) -> Floats:
    """Energy statistic of every split of every row; -inf where a part would be too short."""
    earlier, later = _distance_sums(rows)
    none = np.zeros((len(rows), 1))
    within_left = np.concatenate([none, np.cumsum(earlier, axis=1)], axis=1)
    within_right = np.concatenate([np.cumsum(later[:, ::-1], axis=1)[:, ::-1], none], axis=1)
    total = within_left[:, -1:]
    between = total - within_left - within_right
    m = np.arange(rows.shape[1] + 1, dtype=np.float64)[None, :]
    k = count[:, None] - m
    fits = (m >= MIN_SEGMENT) & (k >= MIN_SEGMENT)
    m, k = np.where(fits, m, MIN_SEGMENT), np.where(fits, k, MIN_SEGMENT)
    gap = 2 * between / (m * k) - 2 * within_left / (m * (m - 1)) - 2 * within_right / (k * (k - 1))
    return np.where(fits, gap * m * k / (m + k), -np.inf)


def _distance_sums(rows: Floats) -> tuple[Floats, Floats]:
    """Sum the distances of each value to those before it, and to those after it."""
    earlier, later = np.zeros_like(rows), np.zeros_like(rows)
    for place in range(rows.shape[1]):
        distances = np.abs(rows - rows[:, place : place + 1])
        np.nan_to_num(distances, copy=False)
        earlier[:, place] = distances[:, :place].sum(axis=1)
        later[:, place] = distances[:, place + 1 :].sum(axis=1)
    return earlier, later

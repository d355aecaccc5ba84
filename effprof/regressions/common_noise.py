"""The noise that all series of a metric share on a night, and the series without it.

A run has noise of its own: where the machine booted, how warm the room was. It moves all cells at
once and hides what one of them did. The median over cells tells it, and each series follows it as
far as its earlier nights say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from effprof.core.events import SeriesKey
from effprof.regressions.packing import medians, sigmas
from effprof.regressions.policies import LEAST_SIGMA, MIN_NIGHTS
from effprof.regressions.series import Bools, Floats, History, Ints

#: Fewest series that tell what they share, each night.
MIN_SERIES = 5

#: What is shared is noise of its own when its spread is this many times that which the median of
#: independent series has by chance, and by as many standard errors of a spread beyond that: few
#: nights do not tell it well.
BEYOND_CHANCE = 2.0
BEYOND_ERRORS = 2.0

#: Standard error of the logarithm of a 90 % quantile of normal sizes, times the root of how many.
_LOG_ERROR = 0.88

#: Nights that a shared shift can be usual on: what lies further is news, and is not taken out.
USUAL_SIGMAS = 3.5

#: Standard deviation of true loadings around 1 (of series that follow) or 0 (of those that do not).
LOADING_SPREAD = 0.5

#: Largest loading: what moves further than that with a small shift has moved by itself, and a step
#: of many series must not be taken for what they follow.
MOST_LOADING = 2.0

#: Share of the series that must follow: what fewer do together is theirs.
MOST = 0.5

#: A series follows from this loading on.
FOLLOWS = 0.5

#: Values that a loading is fitted to count at most so many standard deviations from the fit.
FITTED_SIGMAS = 3.0

_ROUNDS = 3

#: The 90 % quantile of the size of a standard normal number.
_NINETY = 1.6449

#: Standard deviation of a median of normal values, in that of their mean.
_MEDIAN_ERROR = 1.2533

#: Nights whose median is the level that values taken again are held against.
_LEVEL_NIGHTS = 10


@dataclass(frozen=True, slots=True, eq=False)
class CommonNoise:
    """What was taken out of the noisy series of a history, as logarithms.

    `history` holds the values without it; `taken` [noisy series, nights] what is missing there;
    `factor` maps each metric that has noise in common to its median shift by night, `usual` to the
    standard deviation of that; `loading` is how far each series follows.
    """

    history: History
    noisy: Ints
    taken: Floats
    loading: Floats
    factor: Mapping[str, Floats]
    usual: Mapping[str, float]

    def without(self, again: Mapping[SeriesKey, Sequence[float]]) -> dict[SeriesKey, list[float]]:
        """Take the noise of its own run out of what was measured again.

        Calm series that were measured again tell it; where fewer than `MIN_SERIES` are, the values
        cannot be held against the night, and are left out.
        """
        kept = {key: list(values) for key, values in again.items()}
        rows = {self.history.keys[row]: index for index, row in enumerate(self.noisy.tolist())}
        for metric in self.factor:
            keys = [key for key in again if key.metric == metric and key in rows]
            new = np.array([float(np.median(again[key])) for key in keys])
            index = np.array([rows[key] for key in keys], dtype=np.int64)
            shift = self._shift(index, np.log(np.where(new > 0, new, np.nan)))
            for key, loading in zip(keys, self.loading[index].tolist(), strict=True):
                if shift is None and loading:
                    del kept[key]
                elif shift is not None:
                    kept[key] = [value / float(np.exp(loading * shift)) for value in kept[key]]
        return kept

    def _shift(self, index: Ints, new: Floats) -> float | None:
        """Find how far calm series were shifted when they were measured again."""
        logs = _logs(self.history.values[self.noisy[index]])
        level = medians(logs[:, -1 - _LEVEL_NIGHTS : -1])
        sigma = sigmas(logs[:, :-1] - level[:, None])
        calm = (np.abs(logs[:, -1] - level) < 2 * sigma) & (self.loading[index] > FOLLOWS)
        shifts = ((new - level) / np.where(calm, self.loading[index], 1.0))[calm]
        shifts = shifts[np.isfinite(shifts)]
        return float(np.median(shifts)) if len(shifts) >= MIN_SERIES else None


def common_noise(history: History, steps: Sequence[tuple[int, int]]) -> CommonNoise:
    """Take out of each noisy series what all series of its metric share from night to night.

    `steps` are known steps (index among the noisy series, night): levels are taken between them.
    Where series are few, or share no more than chance lets medians vary, values stay as they are.
    """
    noisy = history.rows("noisy")
    logs = _logs(history.values[noisy])
    taken, loading = np.zeros_like(logs), np.zeros(len(noisy))
    factors: dict[str, Floats] = {}
    usual: dict[str, float] = {}
    centred = _centred(logs, steps)
    metrics = np.array([history.keys[row].metric for row in noisy.tolist()])
    for metric in dict.fromkeys(metrics.tolist()):
        rows = np.flatnonzero(metrics == metric)
        if (fitted := _fit(centred[rows])) is None:
            continue
        shift, size, follows = fitted
        factors[metric], usual[metric], loading[rows] = shift, size, follows
        room = USUAL_SIGMAS * size
        taken[rows] = follows[:, None] * np.clip(shift, -room, room)
    if factors:
        values = history.values.copy()
        values[noisy] *= np.exp(-taken)
        history = replace(history, values=values)
    return CommonNoise(history, noisy, taken, loading, factors, usual)


def _fit(centred: Floats) -> tuple[Floats, float, Floats] | None:
    """Fit shift by night, its usual size and loadings; None where nothing is shared.

    What is usual and how far series follow is told by the nights before the last one, which is
    judged by it, and by series that have nights enough; others are taken to follow.
    """
    known = np.isfinite(centred[:, :-1]).sum(axis=1) >= MIN_NIGHTS - 1
    if known.sum() < MIN_SERIES:
        return None
    held = centred[known]
    loading = np.ones(len(held))
    shift = _shifts(held, loading)
    there = np.isfinite(held[:, :-1]).sum(axis=0)
    told = there >= MIN_SERIES
    if told.sum() + 1 < MIN_NIGHTS:
        return None
    sigma = np.fmax(sigmas((held - shift)[:, :-1]), LEAST_SIGMA)
    # Differences of neighbours: a step of many series, which is no noise, touches one of them.
    jumps = _usual(np.diff(shift, prepend=shift[0]) / np.sqrt(2), told)
    chance = _MEDIAN_ERROR * np.median(sigma) / np.sqrt(np.median(there[told]))
    error = float(np.exp(BEYOND_ERRORS * _LOG_ERROR / np.sqrt(told.sum())))
    if jumps < BEYOND_CHANCE * chance * error:
        return None
    for _ in range(_ROUNDS):
        loading = _loadings(held[:, :-1], shift[:-1], loading)
        if (loading > FOLLOWS).sum() < max(MIN_SERIES, MOST * len(loading)):
            return None
        shift = _shifts(held, loading)
    follows = np.ones(len(centred))
    follows[known] = loading
    return shift, _usual(shift, told), follows


def _loadings(centred: Floats, shift: Floats, loading: Floats) -> Floats:
    """Regress each series on the shift, what is far off drawn in, and shrink towards 1 or 0."""
    rest = centred - loading[:, None] * shift
    sigma = np.fmax(sigmas(rest), LEAST_SIGMA)
    room = FITTED_SIGMAS * sigma[:, None]
    weight = np.where(np.isfinite(rest), shift**2, 0.0).sum(axis=1)
    drawn = np.nan_to_num(np.clip(rest, -room, room))
    found = loading + (drawn * shift).sum(axis=1) / np.maximum(weight, LEAST_SIGMA**2)
    error = sigma**2 / np.maximum(weight, LEAST_SIGMA**2)
    towards = np.where(found > FOLLOWS, 1.0, 0.0)
    share = LOADING_SPREAD**2 / (LOADING_SPREAD**2 + error)
    shrunk: Floats = np.clip(towards + share * (found - towards), 0.0, MOST_LOADING)
    return shrunk


def _shifts(centred: Floats, loading: Floats) -> Floats:
    """Median over the series that follow, by night; 0 where too few have a value."""
    rows = loading > FOLLOWS
    each = (centred[rows] / loading[rows, None]).T
    enough: Bools = np.isfinite(each).sum(axis=1) >= MIN_SERIES
    return np.where(enough, medians(each), 0.0)


def _usual(shift: Floats, told: Bools) -> float:
    """Estimate the spread of shifts before tonight by their 90 % quantile: weekends count."""
    return float(np.quantile(np.abs(shift[:-1][told]), 0.9)) / _NINETY


def _centred(logs: Floats, steps: Sequence[tuple[int, int]]) -> Floats:
    """Subtract from each value the median of its series between known steps, without the last."""
    before = np.full_like(logs, np.nan)
    before[:, :-1] = logs[:, :-1]
    centred = logs - medians(before)[:, None]
    by_row: dict[int, set[int]] = {}
    for row, night in steps:
        by_row.setdefault(row, set()).add(night)
    for row, nights in by_row.items():
        bounds = sorted({0, *nights, logs.shape[1]})
        for begin, end in pairwise(bounds):
            level = medians(before[[row], begin:end])
            centred[row, begin:end] = logs[row, begin:end] - level
    return centred


def _logs(values: Floats) -> Floats:
    positive = values > 0
    return np.where(positive, np.log(np.where(positive, values, 1.0)), np.nan)

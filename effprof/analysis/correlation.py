"""How well static costs predict time over many models: ranks, and straight lines in log-log."""

import math
from collections.abc import Hashable
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from effprof.analysis.estimate_columns import estimate_values
from effprof.analysis.loglog import (
    MIN_FAMILIES,
    MIN_NETWORKS,
    RESAMPLES,
    Floats,
    Ints,
    covariances,
    expanded_ends,
    family_draws,
    quotients,
    weights_of,
)
from effprof.analysis.straight_line import straight_line
from effprof.core.axes import CONFIGURATION
from effprof.core.columns import ESTIMATE_FIELDS
from effprof.core.estimates import Estimate
from effprof.models.stems import kin

#: Below this many models a correlation says nothing.
MIN_MODELS = 5

#: What stays fixed within one correlation.
FIXED_AXES = ("mode", *CONFIGURATION, "batch_size")

#: Names of networks that are built from knobs: variants of one network, no independent evidence.
VARIANTS = "effprof:"

#: Column that predicts -> how a page calls it.
PREDICTORS = {
    "flops": "FLOPs (= 2 x MACs)",
    "activations": "activations",
    "params": "params",
    "bytes_moved": "bytes moved",
}

#: A statistic of time over a cost: of ranks, or of logarithms.
Statistic = Literal["spearman", "r_squared", "slope"]

STATISTICS: tuple[Statistic, ...] = ("spearman", "r_squared", "slope")


def correlations(frame: pd.DataFrame) -> pd.DataFrame:
    """Correlate each predictor with seconds per image, at each fixed combination of axes.

    One row per combination and predictor: `FIXED_AXES`, `predictor`, `models`, `points` (networks
    at one resolution) and for `spearman`, `r_squared` and `slope` (of log time over log predictor)
    the columns of an estimate, whose intervals are those of `bootstrap_intervals`.
    Valid cells of published networks only, see `VARIANTS`; NaN with fewer than `MIN_MODELS` models.
    """
    believed = frame[frame["valid"] & ~frame["model"].str.startswith(VARIANTS)]
    rows = [
        dict(zip(FIXED_AXES, fixed, strict=True)) | _row(group, predictor)
        for fixed, group in believed.groupby(list(FIXED_AXES), sort=False)
        for predictor in PREDICTORS
    ]
    columns = [*FIXED_AXES, "predictor", "models", "points"]
    columns += [name + end for name in STATISTICS for end in ESTIMATE_FIELDS]
    return pd.DataFrame(rows, columns=columns)


def _row(group: pd.DataFrame, predictor: str) -> dict[Hashable, object]:
    known = group.dropna(subset=[predictor, "images_per_second"])
    known = known[known[predictor] > 0]
    row: dict[Hashable, object] = {
        "predictor": predictor,
        "models": known["model"].nunique(),
        "points": len(known),
    }
    if known["model"].nunique() < MIN_MODELS or known[predictor].nunique() == 1:
        return row
    x = np.log(known[predictor].to_numpy(dtype=float))
    y = -np.log(known["images_per_second"].to_numpy(dtype=float))
    line = straight_line(x, y)
    values = (spearman(x, y), line.correlation**2, line.slope)
    families = tuple(map(kin, known["model"]))
    ends = _intervals_of(x.tobytes(), y.tobytes(), families) or (None,) * len(values)
    for name, value, both in zip(STATISTICS, map(float, values), ends, strict=True):
        bare = Estimate.bare(value, len(known))
        found = Estimate(value, *both, "bootstrap", len(known)) if both else bare
        row.update(estimate_values(name, found))
    return row


def spearman(x: Floats, y: Floats) -> float:
    """Correlate the ranks of two columns; NaN where one is all alike."""
    if not (np.ptp(x) and np.ptp(y)):
        return math.nan
    ranks = pd.DataFrame({"x": x, "y": y}).rank().to_numpy()
    return float(np.corrcoef(ranks, rowvar=False)[1, 0])


def bootstrap_intervals(
    x: Floats, y: Floats, families: tuple[str, ...]
) -> tuple[tuple[float, float], ...] | None:
    """Bracket Spearman's rho, R² and the slope of `y` over `x`: the ends of each, in that order.

    Families are resampled, each with all its networks, and intervals are the expanded percentile
    ones of `effprof.analysis.loglog`; None with too few networks or families for those. A resample
    whose `x` or `y` are all alike has no correlation and is left out.
    """
    count = len(set(families))
    if len(families) < MIN_NETWORKS or count < MIN_FAMILIES:
        return None
    times = family_draws(families, RESAMPLES)
    weights = weights_of(times)
    shared, across = covariances(weights, x, y), covariances(weights, x, x)
    squared = quotients(shared**2, across * covariances(weights, y, y))
    ranks = _pearson(weights, _drawn_ranks(x, times), _drawn_ranks(y, times))
    drawn = (ranks, squared, quotients(shared, across))
    return tuple(expanded_ends(each, count) for each in drawn)


@lru_cache(maxsize=64)
def _intervals_of(
    x: bytes, y: bytes, families: tuple[str, ...]
) -> tuple[tuple[float, float], ...] | None:
    """Remember the intervals of float64 arrays: tables, pictures and charts show the same ones."""
    return bootstrap_intervals(np.frombuffer(x), np.frombuffer(y), families)


def _drawn_ranks(values: Floats, times: Ints) -> Floats:
    """Rank every resample of `values`, each of which it holds so many `times`.

    Equal numbers share their mean. What is drawn is counted instead of sorted: a number stands
    behind all draws of smaller ones. Of a value that was not drawn the rank means nothing.
    """
    order = np.argsort(values, kind="stable")
    _, first, place = np.unique(values[order], return_index=True, return_inverse=True)
    counts = np.add.reduceat(times[:, order], first, axis=1)
    ranks = counts.cumsum(axis=1) - (counts - 1) / 2
    found = np.empty(times.shape)
    found[:, order] = ranks[:, place]
    return found


def _pearson(weights: Floats, xs: Floats, ys: Floats) -> Floats:
    """Pearson correlation row by row; NaN where a row is all alike."""
    dx, dy = (each - (weights * each).sum(axis=1, keepdims=True) for each in (xs, ys))
    spread = (weights * dx**2).sum(axis=1) * (weights * dy**2).sum(axis=1)
    return quotients((weights * dx * dy).sum(axis=1), np.sqrt(spread))

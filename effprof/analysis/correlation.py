"""How well static costs predict time over many models: ranks, and straight lines in log-log."""

import math
from collections.abc import Hashable
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from effprof.analysis.estimate_columns import estimate_values
from effprof.analysis.straight_line import straight_line
from effprof.core.axes import CONFIGURATION
from effprof.core.columns import ESTIMATE_FIELDS
from effprof.core.estimates import Estimate

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

#: Resamples of the models and their seed: the same run always gives the same page.
RESAMPLES = 2000
SEED = 20190528

#: A statistic of time over a cost: of ranks, or of logarithms.
Statistic = Literal["spearman", "r_squared", "slope"]

STATISTICS: tuple[Statistic, ...] = ("spearman", "r_squared", "slope")
Floats = NDArray[np.float64]


def correlations(frame: pd.DataFrame) -> pd.DataFrame:
    """Correlate each predictor with seconds per image, at each fixed combination of axes.

    One row per combination and predictor: `FIXED_AXES`, `predictor`, `models`, `points` (networks
    at one resolution) and for `spearman`, `r_squared` and `slope` (of log time over log predictor)
    the columns of an estimate: 95 % percentile intervals of a bootstrap over networks.
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
    lows, highs = _intervals_of(x.tobytes(), y.tobytes())
    for name, value, low, high in zip(STATISTICS, values, lows, highs, strict=True):
        found = Estimate(float(value), low, high, "bootstrap", len(known))
        row.update(estimate_values(name, found))
    return row


def spearman(x: Floats, y: Floats) -> float:
    """Correlate the ranks of two columns; NaN where one is all alike."""
    if not (np.ptp(x) and np.ptp(y)):
        return math.nan
    ranks = pd.DataFrame({"x": x, "y": y}).rank().to_numpy()
    return float(np.corrcoef(ranks, rowvar=False)[1, 0])


def bootstrap_intervals(x: Floats, y: Floats) -> tuple[list[float], list[float]]:
    """Give 95 % percentile intervals of Spearman's rho, R² and the slope of `y` over `x`.

    Pairs are resampled with replacement; a resample whose `x` or `y` are all alike has no
    correlation and is left out. Returns the low and the high ends in the order above.
    """
    draws = np.random.default_rng(SEED).integers(0, len(x), (RESAMPLES, len(x)))
    draws = draws[(np.ptp(x[draws], axis=1) > 0) & (np.ptp(y[draws], axis=1) > 0)]
    xs, ys = x[draws], y[draws]
    pearson = _pearson(xs, ys)
    slope = pearson * ys.std(axis=1) / xs.std(axis=1)
    ranks = _pearson(_drawn_ranks(x, draws), _drawn_ranks(y, draws))
    drawn = np.stack([ranks, pearson**2, slope])
    low, high = np.percentile(drawn, (2.5, 97.5), axis=1)
    return low.tolist(), high.tolist()


@lru_cache(maxsize=64)
def _intervals_of(x: bytes, y: bytes) -> tuple[list[float], list[float]]:
    """Remember the intervals of float64 arrays: tables, pictures and charts show the same ones."""
    return bootstrap_intervals(np.frombuffer(x), np.frombuffer(y))


def _drawn_ranks(values: Floats, draws: NDArray[np.int64]) -> Floats:
    """Rank every resample of `values` (places in rows of `draws`); equal numbers share their mean.

    What is drawn is counted instead of sorted: a number stands behind all draws of smaller ones.
    """
    distinct, place = np.unique(values, return_inverse=True)
    drawn = place[draws]
    rows = np.arange(len(draws))[:, None] * len(distinct)
    counted = np.bincount((drawn + rows).ravel(), minlength=len(draws) * len(distinct))
    counts = counted.reshape(len(draws), len(distinct))
    ranks = counts.cumsum(axis=1) - (counts - 1) / 2
    found: Floats = np.take_along_axis(ranks, drawn, axis=1)
    return found


def _pearson(xs: Floats, ys: Floats) -> Floats:
    """Pearson correlation row by row."""
    dx, dy = (each - each.mean(axis=1, keepdims=True) for each in (xs, ys))
    product: Floats = (dx * dy).sum(axis=1) / np.sqrt((dx**2).sum(axis=1) * (dy**2).sum(axis=1))
    return product

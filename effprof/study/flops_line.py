"""FLOPs as a predictor of time in a setting: the line through its networks, and what explains more.

Times are seconds per image; everything is about logarithms.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from effprof.analysis.loglog import MIN_NETWORKS, Points, r_squared, r_squared_gain
from effprof.analysis.statistics import CONFIDENCE
from effprof.analysis.student import student_quantile
from effprof.core.estimates import Estimate
from effprof.study.setting import Setting, published


@dataclass(frozen=True, slots=True)
class FlopsLine:
    """Log time over log FLOPs, fitted by least squares.

    `worst` is the network farthest off, by the factor `off`; `scatter` the factor within which the
    ratio of two networks' times lies around the line's in 95 of 100 cases (Student's t, both
    networks scatter).
    """

    slope: float
    worst: str
    off: float
    scatter: float


def zoos(setting: Setting) -> Iterator[tuple[int, pd.DataFrame]]:
    """Yield the networks at the smallest and the largest batch, where they are enough."""
    sizes = setting.batch_sizes
    for size in dict.fromkeys(sizes[:1] + sizes[-1:]):
        rows = setting.at(size).dropna(subset=["flops", "images_per_second"])
        rows = published(rows[rows["flops"] > 0])
        if len(rows) >= MIN_NETWORKS and rows["flops"].nunique() > 1:
            yield size, rows


def flops_line(rows: pd.DataFrame) -> FlopsLine:
    """Fit the line to the networks of a zoo; needs three at least."""
    x, y = np.log(_floats(rows["flops"])), np.log(_seconds(rows))
    slope, constant = np.polyfit(x, y, 1)
    off = np.abs(y - slope * x - constant)
    freedom = len(rows) - 2
    deviation = math.sqrt(float((off**2).sum()) / freedom)
    quantile = student_quantile((1 + CONFIDENCE) / 2, freedom)
    return FlopsLine(
        slope=float(slope),
        worst=str(rows["label"].iloc[int(off.argmax())]),
        off=float(np.exp(off.max())),
        scatter=math.exp(quantile * deviation * math.sqrt(2)),
    )


def explained_by_flops(rows: pd.DataFrame) -> Estimate:
    """Estimate the share of the variance of time that FLOPs explain over the networks of a zoo."""
    flops = _floats(rows["flops"])
    return r_squared(Points.of(flops, flops, _seconds(rows)))


def gain_over_flops(rows: pd.DataFrame, cost: pd.Series) -> Estimate | None:
    """Estimate by how much more of it another cost explains; None with too few networks.

    Networks whose cost is not known count for neither.
    """
    known = rows[cost > 0]
    if len(known) < MIN_NETWORKS or known["flops"].nunique() == 1:
        return None
    return r_squared_gain(
        Points.of(_floats(known["flops"]), _floats(cost[known.index]), _seconds(known))
    )


def _seconds(rows: pd.DataFrame) -> NDArray[np.float64]:
    return _floats(1 / rows["images_per_second"])


def _floats(values: pd.Series) -> NDArray[np.float64]:
    floats: NDArray[np.float64] = values.to_numpy(dtype=float)
    return floats

"""How well each static cost predicts the time of the networks of a setting."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from effprof.analysis.correlation import (
    FIXED_AXES,
    PREDICTORS,
    STATISTICS,
    Statistic,
    correlations,
)
from effprof.analysis.estimate_columns import estimate_of
from effprof.core.estimates import Estimate
from effprof.study.results import Result, known
from effprof.study.setting import speed_of

#: What every statistic is of a perfect predictor.
PERFECT = 1.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """How well one cost, a row of `PREDICTORS`, predicts the time at one batch size.

    `models` counts the networks that it was seen on.
    """

    predictor: str
    batch_size: int
    models: int
    statistics: Mapping[Statistic, Estimate]


def predictions(results: Iterable[Result]) -> tuple[Prediction, ...]:
    """Correlate every cost with time at every batch size; left out where too few are known.

    The results are valid ones of one setting. See `effprof.analysis.correlation.correlations`.
    """
    rows = [_row(each) for each in results]
    if not rows:
        return ()
    found = correlations(pd.DataFrame(rows)).dropna(subset=["spearman"])
    return tuple(
        Prediction(
            row["predictor"],
            int(row["batch_size"]),
            int(row["models"]),
            {name: estimate_of(row, name) for name in STATISTICS},
        )
        for row in found.to_dict("records")
    )


def _row(result: Result) -> dict[str, str | float]:
    fixed = {name: getattr(result.cell, name) for name in FIXED_AXES}
    costs = {name: known(getattr(result, name)) for name in PREDICTORS}
    return {
        "model": result.model,
        "valid": True,
        "images_per_second": speed_of(result),
        **fixed,
        **{name: math.nan if cost is None else float(cost) for name, cost in costs.items()},
    }

"""Estimates in frames: the columns that hold one, and the estimate that a row holds."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from effprof.core.columns import ESTIMATE_FIELDS
from effprof.core.estimates import Estimate

Value = str | float

#: What stands in the columns of an estimate that is not known.
_UNKNOWN: dict[str, Value] = {
    **dict.fromkeys(ESTIMATE_FIELDS.values(), math.nan),
    "method": "",
}


def estimate_values(name: str, estimate: Estimate | None) -> dict[str, Value]:
    """Give the values of the columns that hold an estimate; unknown ones where there is none."""
    return {
        name + end: _UNKNOWN[field] if estimate is None else getattr(estimate, field)
        for end, field in ESTIMATE_FIELDS.items()
    }


def with_estimates(
    frame: pd.DataFrame, name: str, estimates: Sequence[Estimate | None]
) -> pd.DataFrame:
    """Give the frame the columns of an estimate per row."""
    rows = [estimate_values(name, each) for each in estimates]
    columns = pd.DataFrame(rows, index=frame.index, columns=[name + end for end in ESTIMATE_FIELDS])
    kinds = dict.fromkeys(columns, float) | {f"{name}_method": str}
    return frame.assign(**columns.astype(kinds))


def estimate_of(row: pd.Series | Mapping[str, Any], name: str) -> Estimate:
    """Read the estimate that a row of a frame holds; its value is NaN where it is not known."""
    value, low, high, method, n = (row[name + end] for end in ESTIMATE_FIELDS)
    if math.isnan(value):
        return Estimate.bare(math.nan, 0)
    return Estimate(float(value), float(low), float(high), method, int(n))

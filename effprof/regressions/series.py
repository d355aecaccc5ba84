"""Comparable series: the values of many nights as one array, a row per series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from effprof.core.errors import BadInput
from effprof.core.events import SeriesKey
from effprof.core.metrics import Noise, metric_named
from effprof.regressions.assessment import Night

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: What names a series in a frame of readings, in the order of `SeriesKey`.
KEY_COLUMNS = ("device", "host", "cell", "metric", "method")


def has_value(values: Floats, axis: int) -> Bools:
    """Tell where there is any value along an axis."""
    return np.asarray(np.isfinite(values).any(axis=axis))


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Many series over the same nights, oldest first; the last night is the one to be judged.

    `values` has a row per key and a column per night: the median of that night's process-level
    values in the metric's unit, NaN where there is none. `failures` maps (run id, cell) to the
    kind and reason of a cell that was planned that night and gave no value ("oom: ..."); a cell
    that has neither value nor failure was not planned.
    """

    nights: tuple[Night, ...]
    keys: tuple[SeriesKey, ...]
    values: Floats
    failures: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def until(self, night: int) -> "History":
        """Cut the history as it was on the night of this index."""
        return replace(self, nights=self.nights[: night + 1], values=self.values[:, : night + 1])

    def rows(self, noise: Noise) -> Ints:
        """Rows of the series whose metric is of this noise."""
        return np.flatnonzero([metric_named(key.metric).noise == noise for key in self.keys])


def history_of(
    frame: pd.DataFrame,
    nights: Sequence[Night],
    failures: Mapping[tuple[str, str], str] | None = None,
) -> History:
    """Arrange stored readings by series and night.

    `frame` has one row per reading of one process: the columns `run_id`, `device`, `host`, `cell`,
    `metric`, `method` and `value`; others are ignored, categorical columns are fastest. Values of
    the same series and night become their median. `nights` are oldest first. Series are in the
    order of their keys. Raises `BadInput` for a reading of a run that is none of the nights.
    """
    order = {night.run_id: index for index, night in enumerate(nights)}
    night_of, runs = pd.factorize(frame["run_id"])
    if strangers := sorted(set(map(str, runs)) - order.keys()):
        raise BadInput(
            f"readings of {len(strangers)} run(s) that are none of the {len(order)} nights:"
            f" {', '.join(strangers[:3])}; load them for the same nights"
        )
    columns = np.array([order[run] for run in runs], dtype=np.int64)[night_of]
    rows, keys = _series(frame)
    values = np.full((len(keys), len(order)), np.nan)
    _fill_medians(values, rows, columns, frame["value"].to_numpy(dtype=np.float64))
    return History(tuple(nights), keys, values, dict(failures or {}))


def _series(frame: pd.DataFrame) -> tuple[Ints, tuple[SeriesKey, ...]]:
    """Give every row the number of its series, in the order of their keys."""
    combined = np.zeros(len(frame), dtype=np.int64)
    for name in KEY_COLUMNS:
        codes, words = pd.factorize(frame[name], sort=True)
        combined = combined * max(1, len(words)) + codes
    _, first, rows = np.unique(combined, return_index=True, return_inverse=True)
    named = frame.iloc[first]
    texts = [named[name].astype(str).tolist() for name in KEY_COLUMNS]
    return rows.reshape(-1), tuple(SeriesKey(*words) for words in zip(*texts, strict=True))


def _fill_medians(values: Floats, rows: Ints, columns: Ints, readings: Floats) -> None:
    """Write the median of the readings of each (row, column); NaN readings do not count."""
    there = np.isfinite(readings)
    place, readings = (rows * values.shape[1] + columns)[there], readings[there]
    order = np.lexsort((readings, place))
    place, readings = place[order], readings[order]
    places, first, count = np.unique(place, return_index=True, return_counts=True)
    low, high = first + (count - 1) // 2, first + count // 2
    values.reshape(-1)[places] = (readings[low] + readings[high]) / 2

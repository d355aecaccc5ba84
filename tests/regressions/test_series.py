from statistics import median

import numpy as np
import pandas as pd
import pytest

from effprof.core.errors import BadInput
from effprof.core.events import SeriesKey
from effprof.regressions.series import KEY_COLUMNS, history_of
from tests.regressions.simulated import nights_named

NIGHTS = nights_named(4)


def readings(seed: int = 0) -> pd.DataFrame:
    """Random readings of random series, nights and repeats, some of them not there."""
    rng = np.random.default_rng(seed)
    count = 400
    rows = {
        "run_id": [NIGHTS[n].run_id for n in rng.integers(0, 4, count)],
        "device": "gpu",
        "host": "h",
        "cell": rng.choice(["b", "a", "c"], count),
        "metric": rng.choice(["step_seconds", "params"], count),
        "method": rng.choice(["1", "2"], count),
        "repeat": 0,
        "value": np.where(rng.random(count) < 0.1, np.nan, rng.random(count)),
    }
    return pd.DataFrame(rows)


@pytest.mark.parametrize("categorical", [False, True])
def test_values_are_medians_of_the_nights_readings(categorical):
    frame = readings()
    if categorical:
        text = [*KEY_COLUMNS, "run_id"]
        frame[text] = frame[text].astype("category")
    history = history_of(frame, NIGHTS)
    groups: dict[tuple[SeriesKey, str], list[float]] = {}
    for row in readings().to_dict("records"):
        key = SeriesKey(*(row[name] for name in KEY_COLUMNS))
        groups.setdefault((key, row["run_id"]), []).append(row["value"])
    assert list(history.keys) == sorted({key for key, _ in groups})
    for row, key in enumerate(history.keys):
        for column, night in enumerate(NIGHTS):
            there = [v for v in groups.get((key, night.run_id), []) if np.isfinite(v)]
            if there:
                assert history.values[row, column] == pytest.approx(median(there))
            else:
                assert np.isnan(history.values[row, column])


def test_a_reading_of_another_run_is_refused():
    frame = readings()
    frame.loc[3, "run_id"] = "other"
    with pytest.raises(BadInput, match=r"1 run\(s\) that are none of the 4 nights: other"):
        history_of(frame, NIGHTS)


def test_no_readings_are_no_series():
    history = history_of(readings().iloc[:0], NIGHTS)
    assert (history.keys, history.values.shape) == ((), (0, 4))


def test_a_history_is_cut_as_it_was_on_a_night():
    history = history_of(readings(), NIGHTS)
    earlier = history.until(1)
    assert earlier.nights == NIGHTS[:2]
    np.testing.assert_array_equal(earlier.values, history.values[:, :2])

"""The front equals the slow and obvious one; ties stand together, missing values stand nowhere."""

import math

import numpy as np
import pandas as pd
import pytest

from effprof.analysis.pareto import pareto_front


def obvious(frame: pd.DataFrame) -> set[str]:
    """Compare every row with every other one."""
    rows = [(label, row.gain, row.pain) for label, row in frame.iterrows()]
    rows = [row for row in rows if not math.isnan(row[1] + row[2])]
    return {
        label
        for label, gain, pain in rows
        if not any(
            other_gain >= gain and other_pain <= pain and (other_gain > gain or other_pain < pain)
            for _, other_gain, other_pain in rows
        )
    }


@pytest.mark.parametrize("seed", range(40))
def test_the_front_equals_the_obvious_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    # Few distinct values, so that ties in one and in both columns are common.
    values = random.integers(0, 6, (30, 2)).astype(float)
    values[random.random((30, 2)) < 0.05] = math.nan
    frame = pd.DataFrame(values, columns=["gain", "pain"], index=[f"row{i}" for i in range(30)])
    front = pareto_front(frame, maximise="gain", minimise="pain")
    assert set(front) == obvious(frame)
    assert frame.loc[front, "pain"].is_monotonic_increasing


def test_an_empty_frame_has_an_empty_front() -> None:
    empty = pd.DataFrame({"gain": [], "pain": []}, dtype=float)
    assert pareto_front(empty, "gain", "pain").empty

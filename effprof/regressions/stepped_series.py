"""Metrics without noise: every value that leaves its level is a step."""

from dataclasses import dataclass

import numpy as np

from effprof.regressions.policies import Step
from effprof.regressions.series import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Stepped:
    """The steps of series without noise.

    `steps` holds (row, night, old level, new level), `level` the level of each series on the last
    night and `since` the night it was first seen; NaN and 0 where a series has no value.
    """

    steps: tuple[tuple[int, int, float, float], ...]
    level: Floats
    since: Ints


def steps_of(values: Floats, policy: Step) -> Stepped:
    """Follow each series [series, nights] from its first value: what leaves the level is a step.

    The level is the value that the last step went to, so that many small moves add up.
    """
    level = np.full(len(values), np.nan)
    since = np.zeros(len(values), dtype=np.int64)
    steps: list[tuple[int, int, float, float]] = []
    for night in range(values.shape[1]):
        value = values[:, night]
        moved: Bools = policy.moved(value, level)
        for row in np.flatnonzero(moved).tolist():
            steps.append((row, night, float(level[row]), float(value[row])))
        first = np.isnan(level) & np.isfinite(value)
        level = np.where(moved | first, value, level)
        since = np.where(moved | first, night, since)
    return Stepped(tuple(steps), level, since)

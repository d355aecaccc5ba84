import numpy as np
import pytest

from effprof.regressions.policies import STEPS
from effprof.regressions.stepped_series import steps_of

MIB = 2.0**20
NAN = np.nan


def test_an_exact_metric_steps_with_any_change():
    values = np.array([[7.0, 7.0, NAN, 8.0, 8.0, 7.0], [NAN, 3.0, 3.0, 3.0, 3.0, 3.0]])
    found = steps_of(values, STEPS["exact"])
    assert found.steps == ((0, 3, 7.0, 8.0), (0, 5, 8.0, 7.0))
    assert found.level.tolist() == [7.0, 3.0]
    assert found.since.tolist() == [5, 1]


@pytest.mark.parametrize(
    ("mib", "more", "steps"),
    [(100, 1.9, 0), (100, 2.1, 1), (1000, 4.9, 0), (1000, 5.1, 1)],
    ids=["within a block", "beyond a block", "within 0.5 %", "beyond 0.5 %"],
)
def test_memory_steps_beyond_half_a_percent_and_one_block(mib, more, steps):
    values = np.array([[mib, mib, mib + more, mib + more]]) * MIB
    assert len(steps_of(values, STEPS["near exact"]).steps) == steps


def test_memory_that_creeps_is_found_once_it_has_gone_far_enough():
    values = (100 + np.arange(12.0))[None, :] * MIB
    assert [night for _, night, _, _ in steps_of(values, STEPS["near exact"]).steps] == [3, 6, 9]

"""Levels that go to and fro by themselves: they are told as such, and real steps all the same."""

import numpy as np

from effprof.regressions.assess import assess, suspects
from tests.regressions.simulated import Nights, Noise, cell_key, replay, simulate


def to_and_fro(step: float = 1.0) -> Nights:
    """Thirty series, one of which changes its mode, 4 % off, every nine nights; it steps at 76."""
    levels = np.ones((30, 84))
    levels[3] = np.where(np.arange(84) // 9 % 2, 1.04, 1.0)
    levels[3, 76:] *= step
    return simulate(np.random.default_rng(19), 30, 84, Noise(0.005), levels)


def state_on(night: int) -> tuple[str, str]:
    simulated = to_and_fro()
    past = simulated.history.until(night)
    assessment = assess(past, (), simulated.again_on(night, suspects(past)))
    (state,) = [each for each in assessment.series if each.key.cell == cell_key(3)]
    assert assessment.events == ()
    return state.state, state.reason.id


def test_a_series_with_two_modes_is_told_as_one_that_goes_that_far_by_itself():
    assert state_on(71) == ("ok", "wanders")


def test_a_change_of_mode_that_new_values_confirm_is_not_called_unconfirmed():
    assert state_on(72) == ("suspicious", "wanders")


def test_a_step_beyond_its_modes_is_told_within_a_week():
    events, told, _ = replay(to_and_fro(1.15), 71)
    (event,) = events.values()
    assert (event.cell, event.kind) == (cell_key(3), "regression")
    assert told[event.id] <= 82

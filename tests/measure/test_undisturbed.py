"""How often a timing pass is taken: again where others were there and are gone, twice at most."""

from dataclasses import replace

import pytest

from effprof.core.outcomes import Conditions
from effprof.core.runs import MeasureOptions
from effprof.measure.cell import _undisturbed
from effprof.measure.conditions import Watched
from effprof.measure.loop import Sampled
from effprof.measure.step_times import StepTime
from effprof.measure.troubles import trouble

CLEAN = Sampled((0.02,), True, 0.01, (StepTime(0.02),))
RESTLESS = replace(CLEAN, quiet=False)
LOADED = (trouble("foreign_load", cores=1.0),)


class Watch:
    """Sees in each pass the next of `seen` troubles, and between passes whether others stay."""

    def __init__(self, *seen, stays=False):
        self._seen = iter(seen)
        self._stays = stays

    def during(self, work, count, share):
        return work(), Watched(Conditions(), next(self._seen), {})

    def disturbed_now(self):
        return self._stays


def passes(watch, *sampled, **options):
    """How many passes are taken, and the one that is kept."""
    taken = iter(sampled)
    kept, _ = _undisturbed(lambda: next(taken), watch, MeasureOptions(**options), 1)
    return len(sampled) - len(list(taken)), kept


@pytest.mark.parametrize(
    ("watch", "sampled", "options", "count"),
    [
        (Watch(()), (CLEAN, CLEAN), {}, 1),
        (Watch(LOADED, ()), (CLEAN, CLEAN, CLEAN), {}, 2),
        (Watch(LOADED, LOADED), (CLEAN, CLEAN, CLEAN), {}, 2),
        (Watch(LOADED, stays=True), (CLEAN, CLEAN), {}, 1),
        (Watch((), ()), (RESTLESS, CLEAN, CLEAN), {}, 2),
        (Watch((), stays=True), (RESTLESS, CLEAN), {}, 1),
        (Watch(LOADED), (CLEAN, CLEAN), {"allow_busy": True}, 1),
    ],
)
def test_a_pass_is_taken_again_where_that_can_help(watch, sampled, options, count):
    taken, kept = passes(watch, *sampled, **options)
    assert taken == count
    assert kept is sampled[count - 1]

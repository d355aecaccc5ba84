"""The two ways to profile check each other on a real network, as cells run it."""

import pytest

from tests.benchmarks.profile_agreement import agreement

#: Points of role share, and share of the plain step: the acceptance of the profile pass.
ROLE_POINTS = 3.0
STEP_SHARE = 0.05

#: Other programs disturb a whole pass at a time; one undisturbed try in so many is enough.
TRIES = 4


@pytest.mark.quiet
@pytest.mark.slow
@pytest.mark.parametrize(("mode", "batch_size"), [("infer", 4), ("train", 4)])
def test_methods_agree_on_roles_and_operators_sum_to_the_plain_step(workers, mode, batch_size):
    tries = []
    for _ in range(TRIES):
        found = agreement(workers, "timm/efficientnet_b0", mode, batch_size)
        tries.append((found.largest_difference, abs(found.clock_coverage - 1)))
        if min(t[0] for t in tries) <= ROLE_POINTS and min(t[1] for t in tries) <= STEP_SHARE:
            return
    pytest.fail(f"(points apart, share off the plain step) of each try: {tries}")

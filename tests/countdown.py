"""The countdown replayed: what would have been told while a stored run was measured."""

import random
from dataclasses import dataclass

from effprof.core.runs import Run
from effprof.device.target import Target
from effprof.sweep.pace import Pace
from effprof.sweep.plan import Plan


@dataclass(frozen=True)
class Replayed:
    """Totals that were told, over what the run took: at the start, after each repeat.

    `round` is the number of repeats in a round.
    """

    totals: tuple[float, ...]
    round: int

    @property
    def first(self):
        """What was told first."""
        return self.totals[0]

    @property
    def before(self):
        """The farthest from 1 before the first round was over."""
        return _farthest(self.totals[: self.round])

    @property
    def after(self):
        """The farthest from 1 once it was."""
        return _farthest(self.totals[self.round :])

    def within(self, share):
        """The share of all moments after the first round in which the total is so near."""
        late = self.totals[self.round :]
        return sum(abs(total - 1) <= share for total in late) / len(late)


def _farthest(totals):
    return max(max(total, 1 / total) for total in totals)


def replay(run: Run, seed: int | None = None) -> Replayed:
    """Count down over the repeats of a run, in their order or with each round shuffled."""
    repeats = [*run.repeats]
    if seed is not None:
        order = random.Random(seed)
        repeats = sorted(repeats, key=lambda repeat: (repeat.index, order.random()))
    pending = tuple((repeat.cell, repeat.index) for repeat in repeats)
    target = Target("cpu", run.invocation.device, "it was measured")
    plan = Plan(run.invocation, target, pending, run.costs, run.peaks)
    pace, spent, totals = Pace(plan.estimates()), 0.0, []
    totals.append(pace.seconds_left)
    for repeat in repeats:
        pace.done(repeat)
        spent += repeat.seconds
        totals.append(spent + pace.seconds_left)
    return Replayed(tuple(total / spent for total in totals), len(run.invocation.cells))

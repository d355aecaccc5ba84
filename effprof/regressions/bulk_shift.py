"""Did the machine move? The bulk of cells that shift together on one night."""

import numpy as np

from effprof.regressions.baselines import Baseline
from effprof.regressions.policies import SLOW_CHANGE
from effprof.regressions.series import Floats, Ints

#: Fewest cells that can be a bulk.
MIN_CELLS = 5

#: Share of the cells that must move to the same side.
SAME_SIDE = 0.8

#: Evidence of all cells together (Stouffer's sum of scores), in standard deviations; a score
#: counts at most `SCORE_CAP`, so that no single cell speaks for the machine.
TOGETHER_SIGMAS = 5.0
SCORE_CAP = 4.0

#: A cell moved with the machine when its change has the same sign and is at most this many times
#: the machine's and a little more; what moved further has a reason of its own.
TIMES_AS_FAR = 1.5
FURTHER = 0.03


def shift_together(before: Baseline, logs: Floats, leads: Ints) -> float | None:
    """Find the median change of all cells on a night (a logarithm), if they moved together.

    `leads` are the rows that speak for a cell each, its step time. None when they did not move
    together, or by less than 2 %.
    """
    scores = before.score(logs)[leads]
    there = np.isfinite(scores)
    scores = scores[there]
    if len(scores) < MIN_CELLS:
        return None
    shift = float(np.median((logs - before.level)[leads][there]))
    same_side = float(np.mean(np.sign(scores) == np.sign(shift)))
    evidence = abs(np.clip(scores, -SCORE_CAP, SCORE_CAP).sum()) / np.sqrt(len(scores))
    large = abs(np.expm1(shift)) >= SLOW_CHANGE
    return shift if large and same_side >= SAME_SIDE and evidence >= TOGETHER_SIGMAS else None


def moved_with(shift: float, change: float) -> bool:
    """Tell whether the machine's shift explains a change; both are logarithms."""
    return shift * change > 0 and abs(change) <= TIMES_AS_FAR * abs(shift) + FURTHER

"""When a change counts: one row per kind of metric, and the thresholds that detection shares."""

from dataclasses import dataclass

import numpy as np

from effprof.core.metrics import Noise
from effprof.regressions.series import Bools, Floats

#: Nights with a value, the last one included, before a noisy series can be judged.
MIN_NIGHTS = 12

#: Nights that the median and the spread of a series are taken from, at most.
BASELINE_NIGHTS = 30

#: Nights after a step, with a value, before the next change can be told from noise.
MIN_SEGMENT = 3

#: Nights back that a change can still be reported as new: older steps only set the level.
RECENT_NIGHTS = 30

#: A step found again this many nights from where it was found before is the same step.
SAME_STEP_NIGHTS = 3

#: Smallest relative changes that count: on one night, and over several.
FAST_CHANGE = 0.03
SLOW_CHANGE = 0.02

#: Smallest relative change of a role's time that is news by itself. A role is a part of a step, and
#: its time comes from the profiled pass, which varies more than the plain one: in the histories of
#: docs/demonstration in which nothing changes, all false alarms are of roles. Smaller changes stand
#: beside the event of their step, if there is one.
ROLE_CHANGE = 0.10

#: Smallest changes over several nights and on one night, in standard deviations of a night.
SLOW_SIGMAS = 2.0
FAST_SIGMAS = 3.5

#: What values taken again must reach on the same side. No rule has selected them, and this is a
#: second test of what the first one passed: one-sided 2.5 sigma is 0.6 %.
CONFIRMING_SIGMAS = 2.5
CONFIRMING_CHANGE = 0.02

#: Share of false ones among the changes that pass the test of p values (Benjamini-Hochberg); those
#: that are too small to count are dropped afterwards. At 0.05 steps of 3 % in 5 of 500 series were
#: found within a week in 94 % of cases, at 0.1 in 97 % (150 steps, as the tests plant them).
FALSE_DISCOVERY_RATE = 0.1

#: Largest p value of one series, however few series there are.
LARGEST_P = 0.001

#: Least standard deviation of a night that is believed, relative: clocks are not finer.
LEAST_SIGMA = 1e-4


@dataclass(frozen=True, slots=True)
class Step:
    """What counts as a step of a metric without noise: more than a share, or than some bytes."""

    relative: float
    absolute: float

    def moved(self, value: Floats, level: Floats) -> Bools:
        """Tell where a value has left its level; nothing has where either is NaN."""
        room = np.fmax(self.relative * np.abs(level), self.absolute)
        moved: Bools = np.abs(value - level) > room
        return moved


#: Metrics that do not vary from night to night. The CUDA caching allocator hands out memory from
#: blocks of 2 MiB (torch/csrc/cuda: kSmallBuffer), so one block more or less says nothing.
STEPS: dict[Noise, Step] = {
    "exact": Step(relative=0.0, absolute=0.0),
    "near exact": Step(relative=0.005, absolute=2.0 * 2**20),
}

"""Steps of single series: where they begin, and how large they are."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from effprof.core.estimates import Estimate, Method
from effprof.core.events import change_method
from effprof.regressions.assessment import Change
from effprof.regressions.policies import BASELINE_NIGHTS, MIN_SEGMENT
from effprof.regressions.series import Floats
from effprof.regressions.welch import Difference, student, welch

#: Nights back that a step which one night gave away may have begun.
WALK_BACK_NIGHTS = 10

#: Probability that an interval covers the true change.
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Found:
    """A step that tonight's assessment sees: row of the history, first night, levels around it."""

    row: int
    night: int
    old: float
    new: float

    @property
    def rises(self) -> bool:
        """Whether there is more of the metric than before, which is worse."""
        return self.new > self.old

    @property
    def size(self) -> float:
        """The change as a logarithm."""
        return float(np.log(self.new / self.old))


def first_shifted(logs: Floats, level: float) -> int:
    """Find where the stretch at the end of `logs` begins that is nearer the last value's side.

    The last value has left `level`. Steps back from it as long as that gains more than it loses:
    the sum of distances from halfway between the level and the median of what is gained is largest.
    """
    side = np.sign(logs[-1] - level)
    halfway = level + (logs[-1] - level) / 2
    tail = logs[-WALK_BACK_NIGHTS:]
    gains = np.cumsum(side * (tail - halfway)[::-1])
    return len(logs) - 1 - int(np.argmax(gains))


def change_at(values: Floats, begin: int, step: int, end: int) -> Change | None:
    """Measure a step of one series: the nights [begin, step) against [step, end).

    Medians of up to `BASELINE_NIGHTS` nights before and all nights after, the relative change with
    Student's t interval of the difference of mean logarithms (Welch's from 3 nights on each side,
    below that both share one variance). None where either side has no value.
    """
    old = _values(values[begin:step])[-BASELINE_NIGHTS:]
    new = _values(values[step:end])
    if not len(old) or not len(new):
        return None
    before, after = float(np.median(old)), float(np.median(new))
    if not before:
        return None
    n = len(old), len(new)
    return Change(before, after, _estimate(after / before - 1, old, new), n)


def mean_ratio(old: Floats, new: Floats) -> Estimate:
    """Estimate new / old from the logarithms of nights on both sides: that of geometric means.

    The interval is that of `change_at`.
    """
    value, n = math.exp(float(new.mean()) - float(old.mean())), (len(old), len(new))
    if (ends := _interval(old, new)) is None:
        return Estimate.bare(value, min(n))
    low, high = map(math.exp, ends)
    return Estimate(value, low, high, change_method(n), min(n))


def _estimate(relative: float, old: Floats, new: Floats) -> Estimate:
    n = len(old), len(new)
    positive = min(old.min(), new.min()) > 0
    if not positive or (ends := _interval(np.log(old), np.log(new))) is None:
        return Estimate.bare(relative, min(n))
    low, high = map(math.expm1, ends)
    return Estimate(relative, low, high, change_method(n), min(n))


def _interval(old: Floats, new: Floats) -> tuple[float, float] | None:
    """Bracket the difference of mean logarithms; None for few nights, or without any spread."""
    n = len(old), len(new)
    if sum(n) < MIN_SEGMENT:
        return None
    difference = _COMPARED[change_method(n)](old, new)
    return difference.interval(CONFIDENCE) if difference.error else None


#: How two samples are compared, by the name of the method.
_COMPARED: Mapping[Method, Callable[[Floats, Floats], Difference]] = {
    "pooled": student,
    "welch": welch,
}


def _values(nights: Floats) -> Floats:
    return nights[np.isfinite(nights)]

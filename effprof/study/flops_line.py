"""FLOPs as a predictor of time in a setting: the line through its networks, and what explains more.

Times are seconds per image; everything is about logarithms.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from effprof.analysis.loglog import MIN_NETWORKS, Points, growth, r_squared, r_squared_gain
from effprof.analysis.statistics import CONFIDENCE
from effprof.analysis.student import student_quantile
from effprof.core.estimates import Absent, Estimate
from effprof.models.stems import kin
from effprof.study.results import Result, known
from effprof.study.setting import Setting, promise_of, published, realised_of, speed_of

#: A cost of one image, where it is known.
CostOf = Callable[[Result], float | Absent]


@dataclass(frozen=True, slots=True)
class FlopsLine:
    """Log time over log FLOPs, fitted by least squares.

    `worst` is the place of the network farthest off, by the factor `off`, and `faster` tells
    whether it takes less time than the line says; `scatter` is the factor
    within which the ratio of two networks' times lies around the line's in 95 of 100 cases
    (Student's t, both networks scatter).
    """

    slope: float
    worst: int
    off: float
    faster: bool
    scatter: float

    @classmethod
    def through(cls, flops: NDArray[np.float64], seconds: NDArray[np.float64]) -> "FlopsLine":
        """Fit it to networks, three at least."""
        x, y = np.log(flops), np.log(seconds)
        slope, constant = np.polyfit(x, y, 1)
        apart = y - slope * x - constant
        off = np.abs(apart)
        freedom = len(off) - 2
        deviation = math.sqrt(float((off**2).sum()) / freedom)
        quantile = student_quantile((1 + CONFIDENCE) / 2, freedom)
        return cls(
            slope=float(slope),
            worst=int(off.argmax()),
            off=float(np.exp(off.max())),
            faster=bool(apart[off.argmax()] < 0),
            scatter=math.exp(quantile * deviation * math.sqrt(2)),
        )

    def speed_up(self, promise: float, networks: int) -> Estimate:
        """Give the speed of a network along the line over one with `promise` times its FLOPs."""
        told = promise**self.slope
        return Estimate(told, told / self.scatter, told * self.scatter, "prediction", networks)


@dataclass(frozen=True, slots=True)
class Zoo:
    """The networks of a setting at one batch with FLOPs and a speed, where they are enough."""

    batch_size: int
    results: tuple[Result, ...]

    @property
    def line(self) -> FlopsLine:
        """The line of time over FLOPs."""
        return FlopsLine.through(_flops(self.results), _seconds(self.results))

    @property
    def explained(self) -> Estimate:
        """The share of the variance of time that FLOPs explain."""
        return r_squared(self._points)

    @property
    def growth(self) -> Estimate:
        """By what 10x the FLOPs multiply the time."""
        return growth(self._points)

    @property
    def _points(self) -> Points:
        flops = _flops(self.results)
        return Points.of(flops, flops, _seconds(self.results), _kin(self.results))

    def gain(self, cost: CostOf) -> Estimate | None:
        """Estimate by how much more of it another cost explains; None with too few networks.

        Networks whose cost is not known count for neither.
        """
        there = tuple(each for each in self.results if (known(cost(each)) or 0) > 0)
        if not _enough(there):
            return None
        costs = np.array([known(cost(each)) for each in there], dtype=float)
        return r_squared_gain(Points.of(_flops(there), costs, _seconds(there), _kin(there)))


@dataclass(frozen=True, slots=True)
class Expectation:
    """The speed-up over the reference that the line of all networks lets one expect of the subject.

    `speed_up` encloses 95 of 100 networks of that promise.
    """

    subject: Result
    speed_up: Estimate

    @property
    def apart(self) -> bool:
        """Whether the whole interval of what is realised lies outside of it."""
        realised = realised_of(self.subject)
        return realised.high < self.speed_up.low or self.speed_up.high < realised.low


def expectations(setting: Setting) -> Iterator[Expectation]:
    """Yield what the lines of a setting let one expect of its subject."""
    for zoo in zoos(setting):
        for own in setting.subject:
            if own.batch_size == zoo.batch_size:
                yield Expectation(own, zoo.line.speed_up(promise_of(own), len(zoo.results)))


def zoos(setting: Setting) -> Iterator[Zoo]:
    """Yield the networks at the smallest and the largest batch, where they are enough."""
    sizes = setting.batch_sizes
    for size in dict.fromkeys(sizes[:1] + sizes[-1:]):
        there = tuple(each for each in published(setting.at(size)) if known(each.flops))
        if _enough(there):
            yield Zoo(size, there)


def _enough(results: Iterable[Result]) -> bool:
    flops = [each.flops for each in results]
    return len(flops) >= MIN_NETWORKS and len(set(flops)) > 1


def _flops(results: Iterable[Result]) -> NDArray[np.float64]:
    return np.array([known(each.flops) for each in results], dtype=float)


def _kin(results: Iterable[Result]) -> list[str]:
    return [kin(each.model) for each in results]


def _seconds(results: Iterable[Result]) -> NDArray[np.float64]:
    return np.array([1 / speed_of(each) for each in results])

"""Arrivals: what arrives of the promise in a setting, or why nothing can be compared there."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from effprof.core.estimates import Estimate
from effprof.study.results import Result
from effprof.study.setting import Setting, arrived_of


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is promised and realised at one batch size of a setting, over all networks compared."""

    setting: Setting
    networks: tuple[Result, ...]

    @property
    def subject(self) -> Result:
        """The first planned network of those."""
        return self.networks[0]

    @property
    def median(self) -> float:
        """The median over the networks of the share of the promise that arrives."""
        return statistics.median(map(arrived_of, self.networks))

    @property
    def least(self) -> Result:
        """The network of whose promise the smallest share arrives."""
        return min(self.networks, key=arrived_of)

    @property
    def most(self) -> Result:
        """The network of whose promise the largest share arrives."""
        return max(self.networks, key=arrived_of)


#: Why nothing can be compared, by id.
Obstacle = Literal[
    "no reference", "reference invalid", "reference alone", "no common batch", "no costs"
]


@dataclass(frozen=True, slots=True)
class NothingCompared:
    """A setting in which nothing can be compared; `reason` is that of an invalid reference."""

    setting: Setting
    obstacle: Obstacle
    reason: str = ""


def arrivals(setting: Setting) -> Iterator[Arrival | NothingCompared]:
    """Yield what arrives at the smallest and the largest batch, or why nothing can be compared."""
    compared = setting.compared
    if not compared:
        yield _obstacle(setting)
        return
    sizes = sorted({each.batch_size for each in compared})
    for size in dict.fromkeys((sizes[0], sizes[-1])):
        yield Arrival(setting, tuple(each for each in compared if each.batch_size == size))


def _obstacle(setting: Setting) -> NothingCompared:
    reference = [each for each in setting.planned if each.model == setting.reference]
    if not reference:
        return NothingCompared(setting, "no reference")
    if not any(each.valid for each in reference):
        return NothingCompared(setting, "reference invalid", reference[0].reason)
    if not setting.others:
        return NothingCompared(setting, "reference alone")
    if not any(isinstance(each.realised, Estimate) for each in setting.others):
        return NothingCompared(setting, "no common batch")
    return NothingCompared(setting, "no costs")

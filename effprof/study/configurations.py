"""Configurations of a network: how it was executed by default, and how it ran fastest."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from effprof.study.findings import alike
from effprof.study.results import Result
from effprof.study.setting import speed_of


@dataclass(frozen=True, slots=True)
class DefaultAndBest:
    """The first planned configuration of a network at one batch size, and its fastest.

    The default keeps its place without a speed when it has no valid measurement.
    """

    default: Result
    best: Result

    @property
    def default_speed(self) -> float | None:
        """Images/s of the default."""
        return speed_of(self.default) if self.default.valid else None

    @property
    def best_speed(self) -> float:
        """Images/s of the best."""
        return speed_of(self.best)

    @property
    def gain(self) -> float | None:
        """How many times as fast the best is as the default."""
        return None if self.default_speed is None else self.best_speed / self.default_speed


def default_and_best(results: Iterable[Result]) -> Iterator[DefaultAndBest]:
    """Compare the configurations of each network, mode and batch size that has several.

    A loader is none, nor is a policy of the allocator: what they change is compared apart.
    """
    for planned in alike(results):
        believed = [each for each in planned if each.valid]
        if len(planned) > 1 and believed:
            yield DefaultAndBest(planned[0], max(believed, key=speed_of))

"""The front of quoted accuracy and measured speed, and the fastest network from an accuracy on."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from effprof.analysis.pareto import pareto_front
from effprof.core.accuracies import AccuracyKind
from effprof.models.weights import KnownWeights
from effprof.study.quoted_networks import QuotedNetwork, quoted_networks
from effprof.study.setting import Setting, measured_speed, speed_of

#: Quoted accuracies, in per cent, that people look for.
ACCURACIES = (70, 75, 77, 80, 82)


@dataclass(frozen=True, slots=True)
class AccuracyFront:
    """The networks of a setting at one batch with a quoted accuracy, and those that none beats.

    A network is beaten by one that is at least as good in both accuracy and speed and better in
    one. Both stand by accuracy, the highest first, then by speed.
    """

    setting: Setting
    batch_size: int
    networks: tuple[QuotedNetwork, ...]
    unbeaten: tuple[QuotedNetwork, ...]

    def held_by(self, family: str) -> int:
        """Count the unbeaten networks of a family."""
        return sum(each.result.family == family for each in self.unbeaten)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The fastest network from some quoted accuracies on, in per cent.

    `rivals` are as accurate, and their intervals reach up to its.
    """

    accuracies: tuple[int, ...]
    best: QuotedNetwork
    rivals: tuple[QuotedNetwork, ...]


def accuracy_front(
    setting: Setting, kind: AccuracyKind = "paper", weights: KnownWeights | None = None
) -> AccuracyFront:
    """Find the front at the largest batch of a setting with a valid measurement."""
    size = setting.batch_sizes[-1]
    there = quoted_networks(setting.at(size), kind, weights)
    networks = sorted(there, key=lambda each: (-each.top1, -speed_of(each.result)))
    both = pd.DataFrame(
        {
            "top1": [each.top1 for each in networks],
            "seconds": [1 / speed_of(each.result) for each in networks],
        },
        dtype=float,
    )
    front = {*pareto_front(both, "top1", "seconds")}
    unbeaten = (each for place, each in enumerate(networks) if place in front)
    return AccuracyFront(setting, size, tuple(networks), tuple(unbeaten))


def recommendations(front: AccuracyFront) -> Iterator[Recommendation]:
    """Yield the fastest network from each of `ACCURACIES` on, as far as there is one."""
    found = ((least, _fastest(front, least)) for least in ACCURACIES)
    for _, same in groupby(found, key=lambda pair: [each.result.cell for each in pair[1]]):
        accuracies, (fastest, *_) = zip(*same, strict=True)
        if fastest:
            yield Recommendation(tuple(accuracies), fastest[0], fastest[1:])


def _fastest(front: AccuracyFront, least: int) -> tuple[QuotedNetwork, ...]:
    """Give the fastest network from an accuracy on, and its rivals; empty if there is none."""
    enough = [each for each in front.networks if each.top1 >= least]
    if not enough:
        return ()
    best = max(enough, key=lambda each: speed_of(each.result))
    return (best, *(each for each in enough if each is not best and _reaches(each, best)))


def _reaches(one: QuotedNetwork, other: QuotedNetwork) -> bool:
    return measured_speed(one.result).high >= measured_speed(other.result).low

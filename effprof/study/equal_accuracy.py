"""At equal accuracy: for each network the one that is at least as accurate and takes least time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from effprof.core.accuracies import AccuracyKind
from effprof.core.estimates import Estimate
from effprof.models.weights import KnownWeights
from effprof.study.quoted_networks import QuotedNetwork, quoted_networks
from effprof.study.results import Result
from effprof.study.setting import Setting, speed_of

#: The speed of one result over that of another; None where one has no valid repeat.
SpeedOver = Callable[[Result, Result], Estimate | None]


@dataclass(frozen=True, slots=True)
class Fastest:
    """A network with one of its accuracies, and the fastest of those at least as accurate.

    `ratio` is the speed of that one over the network's; None where it is the network itself.
    `compared` counts the networks that are at least as accurate, itself among them.
    """

    network: QuotedNetwork
    best: QuotedNetwork
    ratio: Estimate | None
    compared: int


@dataclass(frozen=True, slots=True)
class EqualAccuracy:
    """A network of a setting at one batch, and the fastest ones by each accuracy that is known."""

    result: Result
    fastest: dict[AccuracyKind, Fastest]


def equal_accuracy(
    setting: Setting,
    wanted: Iterable[Result],
    kinds: Iterable[AccuracyKind],
    weights: KnownWeights | None = None,
    speed_over: SpeedOver = Result.speed_over,
) -> Iterator[EqualAccuracy]:
    """Yield them for the networks that are wanted, at the largest batch of a setting.

    All networks of the setting are compared that were run at the size at which their accuracy is
    quoted. Networks with none of the accuracies are left out. `speed_over` gives the ratio of two
    speeds; within the run if it says nothing else.
    """
    size = setting.batch_sizes[-1]
    there = {kind: quoted_networks(setting.at(size), kind, weights) for kind in kinds}
    for each in (result for result in wanted if result.batch_size == size):
        found = {
            kind: _fastest(own, networks, speed_over)
            for kind, networks in there.items()
            for own in networks
            if own.result.cell == each.cell
        }
        if found:
            yield EqualAccuracy(each, found)


def _fastest(own: QuotedNetwork, there: Iterable[QuotedNetwork], speed_over: SpeedOver) -> Fastest:
    enough = [each for each in there if each.top1 >= own.top1]
    best = max(enough, key=lambda each: speed_of(each.result))
    same = best.result.cell == own.result.cell
    ratio = None if same else speed_over(best.result, own.result)
    return Fastest(own, best, ratio, len(enough))

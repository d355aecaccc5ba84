"""Findings: what a run says, as values; sentences are made of them elsewhere.

A finding is left out where the run is silent.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from effprof.core.cells import Cell
from effprof.core.estimates import Absent, Estimate
from effprof.study.flops_line import CostOf, FlopsLine, zoos
from effprof.study.quoted_networks import QuotedNetwork, quoted_networks
from effprof.study.results import Result
from effprof.study.setting import Setting, realised_of, same_network, speed_of

#: Networks whose quoted top-1 differs by no more than this many points count as equally accurate.
EQUAL_ACCURACY = 0.5

#: Speeds that differ by no more than this share count as equal.
EQUAL_SPEED = 0.03

#: What a finding is, by id.
Kind = Literal[
    "flops-predict",
    "cost-predicts",
    "crossover",
    "substitute",
    "no-substitute",
    "configuration",
    "heap-kept",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """What cells of a run say, with the estimates that it rests on, by what they estimate."""

    kind: ClassVar[Kind]

    @property
    def cells(self) -> tuple[Result, ...]:
        """The cells it is about, the one that it is told of first."""
        raise NotImplementedError

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """What was estimated."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class FlopsPredict(Finding):
    """What FLOPs cost in time over the networks of a setting at one batch size.

    `growth` is by what 10x the FLOPs multiply the time. `explained` is the share of the spread of
    times that FLOPs explain: large over any zoo that spans hundreds of times the FLOPs.
    """

    kind = "flops-predict"
    setting: Setting
    batch_size: int
    networks: tuple[Result, ...]
    growth: Estimate
    explained: Estimate
    line: FlopsLine

    @property
    def cells(self) -> tuple[Result, ...]:
        """The networks that the line is fitted to."""
        return self.networks

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """What 10x the FLOPs cost, and the share of the variance that FLOPs explain."""
        return {"growth": self.growth, "explained": self.explained}

    @property
    def worst(self) -> Result:
        """The network farthest from the line."""
        return self.networks[self.line.worst]


@dataclass(frozen=True, slots=True)
class CostPredicts(Finding):
    """By how much more of the variance of time another cost explains than FLOPs."""

    kind = "cost-predicts"
    setting: Setting
    batch_size: int
    networks: tuple[Result, ...]
    cost: str
    gain: Estimate

    @property
    def cells(self) -> tuple[Result, ...]:
        """The networks that were compared."""
        return self.networks

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The gain over FLOPs; below 0 where FLOPs explain more."""
        return {"gain": self.gain}


@dataclass(frozen=True, slots=True)
class Crossover(Finding):
    """At which batch sizes the first network that is not the reference is faster than it."""

    kind = "crossover"
    setting: Setting
    by_batch: tuple[Result, ...]

    @property
    def cells(self) -> tuple[Result, ...]:
        """The network at each batch size, ascending."""
        return self.by_batch

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The speed-up over the reference by cell."""
        return {each.cell.key: realised_of(each) for each in self.by_batch}

    @property
    def faster(self) -> list[int]:
        """Batch sizes at which the whole interval says that it is faster."""
        return [each.batch_size for each in self.by_batch if realised_of(each).low > 1]

    @property
    def slower(self) -> list[int]:
        """Batch sizes at which the whole interval says that it is slower."""
        return [each.batch_size for each in self.by_batch if realised_of(each).high < 1]


@dataclass(frozen=True, slots=True)
class Substitute(Finding):
    """A network as accurate as one of the subject's family, and faster.

    `near` counts the networks of about that accuracy, of which it is the fastest.
    """

    kind = "substitute"
    setting: Setting
    network: QuotedNetwork
    better: QuotedNetwork
    ratio: Estimate
    near: int

    @property
    def cells(self) -> tuple[Result, ...]:
        """The network and the better one."""
        return self.network.result, self.better.result

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The speed of the better one over the network's."""
        return {"ratio": self.ratio}


@dataclass(frozen=True, slots=True)
class NoSubstitute(Finding):
    """Networks than which none as accurate is faster, beyond the interval.

    `unbeaten` holds how many each was compared with; `alone` those that nobody is as accurate as.
    """

    kind = "no-substitute"
    setting: Setting
    batch_size: int
    unbeaten: tuple[tuple[Result, int], ...]
    alone: tuple[Result, ...]

    @property
    def cells(self) -> tuple[Result, ...]:
        """The unbeaten networks, then those without any to compare with."""
        return (*(result for result, _ in self.unbeaten), *self.alone)

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """Nothing was estimated of them alone."""
        return {}


@dataclass(frozen=True, slots=True)
class FastestConfiguration(Finding):
    """A configuration that beats the first one planned of a network; `believed` are valid."""

    kind = "configuration"
    first: Result
    best: Result
    ratio: Estimate
    believed: int

    @property
    def cells(self) -> tuple[Result, ...]:
        """The best and the first."""
        return self.best, self.first

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The speed of the best one over the first."""
        return {"ratio": self.ratio}


@dataclass(frozen=True, slots=True)
class HeapGain:
    """A cell under both policies of the allocator, and how many times as fast `kept` is."""

    kept: Result
    default: Result
    ratio: Estimate

    @property
    def told(self) -> Literal["equal", "faster", "slower", "untold"]:
        """How `kept` compares, as far as the interval tells."""
        if self.ratio.low >= 1 - EQUAL_SPEED and self.ratio.high <= 1 + EQUAL_SPEED:
            return "equal"
        if self.ratio.low > 1:
            return "faster"
        return "slower" if self.ratio.high < 1 else "untold"


@dataclass(frozen=True, slots=True)
class HeapKept(Finding):
    """What a network gains where freed memory is kept for the next step, by batch size."""

    kind = "heap-kept"
    gains: tuple[HeapGain, ...]

    @property
    def cells(self) -> tuple[Result, ...]:
        """The kept and the default one of each batch size, ascending."""
        return tuple(each for gain in self.gains for each in (gain.kept, gain.default))

    @property
    def estimates(self) -> Mapping[str, Estimate]:
        """The speed of the kept one over the default's, by its cell."""
        return {each.kept.cell.key: each.ratio for each in self.gains}


#: What may predict better than FLOPs -> its number of one image.
RIVALS: dict[str, CostOf] = {
    "activations": lambda each: each.activations,
    "bytes moved": lambda each: each.bytes_moved,
    "roofline": lambda each: _per_image(each.roofline_seconds, each),
}


def find_all(settings: Iterable[Setting], results: Sequence[Result]) -> Iterator[Finding]:
    """Find what settings say, those without a valid measurement left out, then what others do."""
    for setting in settings:
        if setting.results:
            for find in FINDERS:
                yield from find(setting)
    yield from best_configurations(results)
    yield from kept_heaps(results)


def flops_predict(setting: Setting) -> Iterator[FlopsPredict]:
    """Find what 10x the FLOPs cost in time, at the smallest and the largest batch."""
    for zoo in zoos(setting):
        growth, explained = zoo.growth, zoo.explained
        if growth.bounded:
            yield FlopsPredict(setting, zoo.batch_size, zoo.results, growth, explained, zoo.line)


def costs_predict(setting: Setting) -> Iterator[CostPredicts]:
    """Find which other cost predicts better or worse than FLOPs, where the interval tells."""
    for zoo in zoos(setting):
        for name, cost in RIVALS.items():
            gain = zoo.gain(cost)
            if gain is not None and (gain.low > 0 or gain.high < 0):
                yield CostPredicts(setting, zoo.batch_size, zoo.results, name, gain)


def crossover(setting: Setting) -> Iterator[Crossover]:
    """Find from which batch on the first other network is faster than the reference."""
    others = [each for each in setting.others if _bounded(each.realised)]
    same = [each for each in others if same_network(each, others[0])]
    if same:
        yield Crossover(setting, tuple(sorted(same, key=lambda each: each.batch_size)))


def substitutes(setting: Setting) -> Iterator[Substitute | NoSubstitute]:
    """Find networks as accurate as those of the subject's family, and faster.

    At the largest batch; the subject is the first network that is not the reference.
    """
    if not setting.others:
        return
    family, size = setting.others[0].family, setting.batch_sizes[-1]
    there = quoted_networks(setting.at(size))
    unbeaten: list[tuple[Result, int]] = []
    alone: list[Result] = []
    for own in (each for each in there if each.result.family == family):
        near = [each for each in there if each is not own and _as_accurate(each, own)]
        if not near:
            alone.append(own.result)
            continue
        best = max(near, key=lambda each: speed_of(each.result))
        ratio = best.result.speed_over(own.result)
        if ratio is None or math.isnan(ratio.low):
            continue
        if ratio.low > 1:
            yield Substitute(setting, own, best, ratio, len(near))
        else:
            unbeaten.append((own.result, len(near)))
    if unbeaten:
        yield NoSubstitute(setting, size, tuple(unbeaten), tuple(alone))


def best_configurations(results: Sequence[Result]) -> Iterator[FastestConfiguration]:
    """Find the configuration that beats a network's first one, at the ends of the batch sizes."""
    sizes = [each.batch_size for each in results if each.valid]
    ends = {min(sizes), max(sizes)} if sizes else set()
    for planned in alike(each for each in results if each.batch_size in ends):
        believed = [each for each in planned if each.valid]
        if len(planned) == 1 or not planned[0].valid:
            continue
        first, best = planned[0], max(believed, key=speed_of)
        ratio = best.speed_over(first)
        if ratio is not None and ratio.low > 1:
            yield FastestConfiguration(first, best, ratio, len(believed))


def kept_heaps(results: Iterable[Result]) -> Iterator[HeapKept]:
    """Find what each network gains, in each setting, where freed memory is kept."""
    valid = {each.cell: each for each in results if each.valid}
    found: dict[Cell, list[HeapGain]] = {}
    for cell, kept in valid.items():
        default = valid.get(replace(cell, allocator="default"))
        if cell.allocator == "default" or default is None:
            continue
        ratio = kept.speed_over(default)
        if ratio is not None and not math.isnan(ratio.low):
            gain = HeapGain(kept, default, ratio)
            found.setdefault(replace(cell, batch_size=1), []).append(gain)
    for gains in found.values():
        yield HeapKept(tuple(sorted(gains, key=lambda each: each.kept.batch_size)))


#: What is looked for in a setting, in the order of the page; a new kind of finding is a row here.
FINDERS: tuple[Callable[[Setting], Iterator[Finding]], ...] = (
    flops_predict,
    costs_predict,
    crossover,
    substitutes,
)


def _per_image(seconds: float | Absent, result: Result) -> float | Absent:
    return seconds if isinstance(seconds, Absent) else seconds / result.batch_size


def _bounded(realised: Estimate | Absent) -> bool:
    return isinstance(realised, Estimate) and not math.isnan(realised.low)


def _as_accurate(one: QuotedNetwork, other: QuotedNetwork) -> bool:
    low, high = other.top1 - EQUAL_ACCURACY, other.top1 + EQUAL_ACCURACY
    return low <= one.top1 <= high


def alike(results: Iterable[Result]) -> Iterator[list[Result]]:
    """Group cells that compute the same, in however many configurations.

    A loader is none, nor is a policy of the allocator: what they change is compared apart.
    """
    groups: dict[tuple[object, ...], list[Result]] = {}
    for each in results:
        work = (each.model, each.resolution, each.mode, each.batch_size)
        groups.setdefault((*work, each.loader, each.allocator), []).append(each)
    yield from groups.values()

"""Deliveries: what the subject of each device and way of running delivers, over several runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from effprof.study.arrivals import Arrival
from effprof.study.collection import Collection, RunSetting, is_imported
from effprof.study.results import Result
from effprof.study.setting import promise_of, realised_of

#: The answer in a word, as far as the interval allows: slower than the reference, not told apart,
#: faster but less than promised, or as promised.
Grade = Literal["slower", "untold", "less", "faster"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """The subject at the smallest batch that any run of a device has, and at the largest.

    `where` is the setting that has the smallest; `largest` is None where there is one batch.
    """

    where: RunSetting
    subject: Result
    largest: Result | None

    @property
    def grade(self) -> Grade:
        """What the subject is at the smallest batch."""
        realised = realised_of(self.subject)
        if realised.high < 1:
            return "slower"
        if not realised.low > 1:
            return "untold"
        return "less" if realised.high < promise_of(self.subject) else "faster"

    @property
    def family(self) -> Arrival | None:
        """What arrives at that batch of the relatives that promise a speed-up, if several do."""
        there = (e for e in self.where.setting.relatives if e.batch_size == self.subject.batch_size)
        promising = tuple(each for each in there if promise_of(each) > 1)
        return Arrival(self.where.setting, promising) if len(promising) > 1 else None


def deliveries(collection: Collection) -> Iterator[Delivery]:
    """Yield them by device, mode and configuration.

    Of two runs of one thing the one with more processes answers.
    """
    found: dict[tuple[object, ...], dict[int, tuple[RunSetting, Result]]] = {}
    for each in sorted(collection.settings, key=lambda told: -told.processes):
        by_batch = found.setdefault(_alike(each), {})
        for result in each.setting.subject:
            by_batch.setdefault(result.batch_size, (each, result))
    for by_batch in found.values():
        ends = [by_batch[size] for size in sorted(by_batch)]
        if ends:
            yield Delivery(*ends[0], ends[-1][1] if len(ends) > 1 else None)


def _alike(told: RunSetting) -> tuple[object, ...]:
    """Give what is told in one sentence: device, whose measurement, mode and configuration."""
    device, setting = told.study.run.invocation.device, told.setting
    return device, is_imported(told.study), setting.mode, setting.configuration

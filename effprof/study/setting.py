"""A setting: one way of running, and the part that each of its networks plays there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from effprof.analysis.correlation import VARIANTS
from effprof.analysis.picking import MEMORY_COLUMNS
from effprof.core.estimates import Absent, Estimate
from effprof.models.registry import FAMILIES
from effprof.study.results import Result, known

#: FLOPs that differ by no more than this factor are about as many.
ABOUT_AS_MANY = 1.35


@dataclass(frozen=True, slots=True)
class Setting:
    """The planned cells of one mode and configuration, in plan order.

    `results` are those with a valid measurement, and every other property is about them. The
    subject is the first planned network that is not the reference, where both what is promised
    and what is realised are known; relatives are of its line of families, rivals need about as many
    FLOPs. Variants, which are built from knobs, are neither.
    """

    reference: str
    planned: tuple[Result, ...]

    @property
    def mode(self) -> str:
        """Whether it infers or trains."""
        return self.planned[0].mode

    @property
    def precision(self) -> str:
        """Its number format."""
        return self.planned[0].precision

    @property
    def configuration(self) -> str:
        """How cells are executed, in words."""
        return self.planned[0].cell.configuration

    @property
    def results(self) -> tuple[Result, ...]:
        """The cells with a valid measurement."""
        return tuple(each for each in self.planned if each.valid)

    def at(self, batch_size: int) -> tuple[Result, ...]:
        """Give those of one batch size."""
        return tuple(each for each in self.results if each.batch_size == batch_size)

    @property
    def batch_sizes(self) -> list[int]:
        """Measured batch sizes, ascending."""
        return sorted({each.batch_size for each in self.results})

    @property
    def others(self) -> tuple[Result, ...]:
        """All networks but the reference."""
        return tuple(each for each in self.results if each.model != self.reference)

    @property
    def compared(self) -> tuple[Result, ...]:
        """Those of them with a promise and what is realised of it."""
        return tuple(each for each in self.others if is_compared(each))

    @property
    def subject(self) -> tuple[Result, ...]:
        """The subject by batch; empty if there is none."""
        there = self.compared
        same = (each for each in there if same_network(each, there[0]))
        return tuple(sorted(same, key=lambda each: each.batch_size))

    @property
    def relatives(self) -> tuple[Result, ...]:
        """The subject's line of families: V1, Lite, V2; no variants."""
        own = self.subject
        return tuple(each for each in published(self.compared) if in_line(each, own[0]))

    @property
    def rivals(self) -> tuple[Result, ...]:
        """Networks of about as many FLOPs as the subject; no relatives, no variants."""
        own = self.subject
        return tuple(
            each
            for each in published(self.compared)
            if 1 / ABOUT_AS_MANY <= promise_of(each) / promise_of(own[0]) <= ABOUT_AS_MANY
            and not in_line(each, own[0])
        )

    @property
    def memory(self) -> str | None:
        """The id of the memory number that it is told by: the most telling one that was taken."""
        there = self.results
        taken = (n for n in MEMORY_COLUMNS if any(number(e, n) is not None for e in there))
        return next(taken, None)

    def reference_at(self, batch_size: int) -> Result | None:
        """Give the reference's result at a batch size."""
        there = (each for each in self.at(batch_size) if each.model == self.reference)
        return next(there, None)


def settings_of(results: Iterable[Result], reference: str) -> Iterator[Setting]:
    """Yield the settings of a run in plan order."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for each in results:
        groups.setdefault((each.mode, each.cell.configuration), []).append(each)
    for planned in groups.values():
        yield Setting(reference, tuple(planned))


def first_settings(settings: Iterable[Setting]) -> tuple[Setting, ...]:
    """Keep the first setting per mode and precision: what pages tell of."""
    first: dict[tuple[str, str], Setting] = {}
    for each in settings:
        first.setdefault((each.mode, each.precision), each)
    return tuple(first.values())


def number(result: Result, quantity: str) -> float | None:
    """Give a quantity that is a plain number by its id; None where it is not known."""
    value = getattr(result, quantity)
    return value if isinstance(value, int | float) else None


def is_compared(result: Result) -> bool:
    """Whether both a promise and what is realised of it are known."""
    return isinstance(result.promise, float) and isinstance(result.realised, Estimate)


def promise_of(result: Result) -> float:
    """Give the promise of a result that is compared."""
    assert isinstance(result.promise, float)
    return result.promise


def realised_of(result: Result) -> Estimate:
    """Give what is realised of a result that is compared."""
    assert isinstance(result.realised, Estimate)
    return result.realised


def arrived_of(result: Result) -> float:
    """Give the share of the promise that arrives of a result that is compared."""
    assert isinstance(result.realised_efficiency, float)
    return result.realised_efficiency


def reach_of(result: Result) -> float:
    """Give the largest of promise, realised and its interval of a result that is compared."""
    realised = realised_of(result)
    return max(promise_of(result), realised.value, *(realised.interval or ()))


def measured_speed(result: Result) -> Estimate:
    """Give the images/s of a result that is valid, with their interval."""
    assert isinstance(result.images_per_second, Estimate)
    return result.images_per_second


def speed_of(result: Result) -> float:
    """Give the images/s of a result that is valid."""
    return measured_speed(result).value


def seconds_of(result: Result) -> float:
    """Give the seconds per image of a result that is valid."""
    return 1 / speed_of(result)


def with_flops(results: Iterable[Result]) -> tuple[Result, ...]:
    """Keep those that need FLOPs, where that is known."""
    return tuple(each for each in results if known(each.flops))


def flops_of(result: Result) -> float:
    """Give the FLOPs of one image of a result whose cost is known."""
    assert not isinstance(result.flops, Absent)
    return result.flops


def same_network(one: Result, other: Result) -> bool:
    """Whether both are one network at one size."""
    return (one.model, one.resolution) == (other.model, other.resolution)


def is_variant(result: Result) -> bool:
    """Whether a network is built from knobs: a variant of one network."""
    return result.model.startswith(VARIANTS)


def published(results: Iterable[Result]) -> tuple[Result, ...]:
    """Leave out variants, which are no independent evidence."""
    return tuple(each for each in results if not is_variant(each))


def in_line(result: Result, subject: Result) -> bool:
    """Whether a network's family begins like the subject's: EfficientNet, its V2, its Lite.

    A subject that the registry does not know has no relatives: only itself is in its line.
    """
    if subject.family not in FAMILIES:
        return result.model == subject.model
    return result.family in FAMILIES and result.family.startswith(subject.family)

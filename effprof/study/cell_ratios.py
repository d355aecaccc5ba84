"""Ratios of cells: the numbers of one over those of another, speed with its interval."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from effprof.core.estimates import Estimate
from effprof.study.results import Result
from effprof.study.setting import Setting, is_variant, number


@dataclass(frozen=True, slots=True)
class Ratios:
    """One cell over another: `speed` in images/s over images/s, other quantities by their id."""

    result: Result
    base: Result
    speed: Estimate

    def of(self, quantity: str) -> float | None:
        """Give the ratio of a quantity that is a plain number; None where either is not known."""
        above, below = number(self.result, quantity), number(self.base, quantity)
        return above / below if above is not None and below else None

    @property
    def flops_per_second(self) -> float | None:
        """The ratio of the FLOPs a second; None where FLOPs are not known."""
        flops = self.of("flops")
        return None if flops is None else self.speed.value * flops

    @property
    def processes(self) -> int:
        """The processes that it rests on: those of the cell with fewer."""
        return min(self.result.repeats, self.base.repeats)


def ratios_over(base: Result, results: Iterable[Result]) -> Iterator[Ratios]:
    """Yield the ratios of those results that have a speed over the base's."""
    for each in results:
        speed = each.speed_over(base)
        if speed is not None:
            yield Ratios(each, base, speed)


def subject_over_reference(setting: Setting, quantity: str) -> Ratios | None:
    """Compare the subject with the reference, at the largest batch at which both have a quantity.

    None where there is no such batch.
    """
    for own in reversed(setting.subject):
        reference = setting.reference_at(own.batch_size)
        for found in ratios_over(reference, [own]) if reference else ():
            if found.of(quantity) is not None:
                return found
    return None


def designs_over_base(setting: Setting) -> tuple[Ratios, ...]:
    """Compare every network with the reference, at the largest batch; empty without it there."""
    size = setting.batch_sizes[-1]
    base = setting.reference_at(size)
    if base is None:
        return ()
    others = (each for each in setting.at(size) if each.model != base.model)
    return tuple(ratios_over(base, others))


def variants_of_subject(setting: Setting) -> tuple[Ratios, ...]:
    """Compare the variants of the subject's size with it, at its largest batch."""
    if not setting.subject:
        return ()
    base = setting.subject[-1]
    alike = (
        each
        for each in setting.at(base.batch_size)
        if is_variant(each) and each.resolution == base.resolution and each.cell != base.cell
    )
    return tuple(ratios_over(base, alike))

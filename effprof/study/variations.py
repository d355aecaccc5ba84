"""Variations: a network over the reference as the way of running changes, one axis at a time.

Where several runs of one machine have the same way, they are told together: the spread of whole
runs is part of the interval, which the processes of one run do not show.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from effprof.analysis.comparison import reference_cells
from effprof.analysis.run_effects import ENOUGH_RUNS
from effprof.analysis.split import Split, over_splits
from effprof.analysis.statistics import over_runs
from effprof.core.axes import AXES, AxisValue
from effprof.core.cells import DEFAULTS, Cell
from effprof.core.estimates import Estimate
from effprof.study.collection import Collection, is_designed, machine
from effprof.study.results import Result, known
from effprof.study.setting import is_compared, is_variant, promise_of, realised_of
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class Variation:
    """The subject over the reference in one way of running.

    `changed` holds the axes that differ from the base point, with their values here: none at the
    base point itself. `base` is the subject there in the same run, None where that run has it not.
    `again` is the same way in other runs of this machine. `apart` is how far its runs lie apart in
    the ratio of this pair: a standard deviation of logarithms, None where too few tell.
    """

    study: Study
    result: Result
    reference: Result
    changed: Mapping[str, AxisValue]
    base: "Variation | None" = None
    again: tuple["Variation", ...] = ()
    apart: float | None = None

    @property
    def runs(self) -> tuple["Variation", ...]:
        """What the ratio rests on: this way in every run of the machine, or in this run alone."""
        several = (self, *self.again)
        return several if len(several) >= ENOUGH_RUNS else (self,)

    @property
    def promise(self) -> float:
        """How many times fewer FLOPs the subject needs than the reference."""
        return promise_of(self.result)

    @property
    def ratio(self) -> Estimate:
        """The speed of the subject over that of the reference, on this machine.

        Of one run it is as wide as its processes tell, and as runs of this machine lie apart.
        """
        if len(self.runs) > 1:
            return over_runs([realised_of(each.result).value for each in self.runs])
        own = realised_of(self.result)
        if self.apart is None or own.interval is None:
            return own
        return replace(own.widened(self.apart), method="next run")

    @property
    def split(self) -> Split | None:
        """Where the promise went, over the same runs; None where no profile tells."""
        found = [each.result.split for each in self.runs if isinstance(each.result.split, Split)]
        return over_splits(found) if len(found) > 1 else next(iter(found), None)

    @property
    def base_ratio(self) -> Estimate | None:
        """The same at the base point of the same run; None at the base point itself."""
        return realised_of(self.base.result) if self.base and self.changed else None

    @property
    def subject_gain(self) -> Estimate | None:
        """The speed of the subject over its own at the base point of the same run."""
        return self.result.speed_over(self.base.result) if self.base and self.changed else None

    @property
    def reference_gain(self) -> Estimate | None:
        """The same of the reference."""
        return (
            self.reference.speed_over(self.base.reference) if self.base and self.changed else None
        )

    @property
    def compile_seconds(self) -> float | None:
        """What compiling the subject took; None where nothing is compiled, or none was timed."""
        return known(self.result.values["compile_seconds"])  # type: ignore[return-value]

    @property
    def processes(self) -> int:
        """The processes that it rests on."""
        return sum(min(each.result.repeats, each.reference.repeats) for each in self.runs)


@dataclass(frozen=True, slots=True)
class Variations:
    """All ways in which a machine ran a subject and its reference, in one mode and precision.

    `single` are those that differ from the base point by one axis at most, the base point first and
    then axis by axis; `rows` are all, also those that differ by several.
    """

    rows: tuple[Variation, ...]

    @property
    def single(self) -> tuple[Variation, ...]:
        """The base point and what one change of it does."""
        return tuple(each for each in self.rows if len(each.changed) <= 1)

    @property
    def base(self) -> Variation:
        """The base point."""
        return self.rows[0]

    @property
    def lowest(self) -> Variation:
        """The way of running in which the subject is the least ahead."""
        return min(self.rows, key=lambda each: each.ratio.value)

    @property
    def highest(self) -> Variation:
        """The way of running in which the subject is the most ahead."""
        return max(self.rows, key=lambda each: each.ratio.value)


def variations(collection: Collection) -> Iterator[Variations]:
    """Yield them by machine, subject, reference, mode and precision, where several ways were run.

    The base point has the default of every other axis and the size at which the subject was first
    planned: one image at a time, eager, nchw, one thread, the heap kept. What was measured without
    it is left out.
    """
    for rows in ways(collection):
        if len(rows) > 1 and not rows[0].changed:
            yield Variations(rows)


def ways(
    collection: Collection, wanted: Callable[[Variation], bool] = lambda _: True
) -> Iterator[tuple[Variation, ...]]:
    """Yield the ways of running by machine, subject, reference, mode and precision, each way once.

    One at least, the base point first where it was run. Of several runs of one way that is `wanted`
    the one with more processes stands for all, then the one with more networks, then the first.
    """
    groups: dict[tuple[object, ...], list[Variation]] = {}
    for study in collection.measured:
        if not is_designed(study):
            for each in filter(wanted, _told(study)):
                groups.setdefault(_alike(each), []).append(each)
    yield from map(_each_once, groups.values())


def _told(study: Study) -> Iterator[Variation]:
    """Yield the ways in which a run has its subject beside the reference."""
    reference = study.run.invocation.reference
    others = [each for each in study.results if each.model != reference]
    if not others or is_variant(others[0]):
        return
    first = others[0]
    by_cell = {each.cell: each for each in study.results}
    partners = reference_cells(tuple(by_cell), reference)
    told: list[Variation] = []
    for each in others:
        partner = partners[each.cell]
        if each.model != first.model or partner is None or not is_compared(each):
            continue
        # Where the size is what changed, it changed for both.
        if each.resolution in (first.resolution, partner.resolution):
            changed = _changed(each.cell, first.resolution)
            told.append(Variation(study, each, by_cell[partner], changed))
    bases = {(way.result.mode, way.result.precision): way for way in told if not way.changed}
    for way in told:
        yield replace(way, base=bases.get((way.result.mode, way.result.precision)))


def _changed(cell: Cell, resolution: int) -> dict[str, AxisValue]:
    """Give the axes of a cell that differ from the base point of its mode and precision."""
    own = {"mode": cell.mode, "precision": cell.precision, "resolution": resolution}
    base = {**DEFAULTS, **own}
    return {axis: getattr(cell, axis) for axis in base if getattr(cell, axis) != base[axis]}


def _alike(told: Variation) -> tuple[object, ...]:
    study, result = told.study, told.result
    reference = study.run.invocation.reference
    return machine(study), result.model, reference, result.mode, result.precision


def _each_once(told: Iterable[Variation]) -> tuple[Variation, ...]:
    """Take equal changes together, in the order of the axes and of their values."""
    alike: dict[tuple[tuple[str, AxisValue], ...], list[Variation]] = {}
    for each in sorted(told, key=_standing):
        alike.setdefault(tuple(sorted(each.changed.items())), []).append(each)
    apart = _apart(tuple(alike.values()))
    whole = (replace(first, again=tuple(more), apart=apart) for first, *more in alike.values())
    return tuple(sorted(whole, key=_order))


def _standing(told: Variation) -> tuple[int, int]:
    """Sort first what stands for other runs of the same way."""
    return -told.processes, -len({each.model for each in told.study.results})


def _apart(ways: Sequence[Sequence[Variation]]) -> float | None:
    """Pool how far runs lie apart, over the ways that enough of them have."""
    squares, freedom = 0.0, 0
    for runs in ways:
        if len(runs) >= ENOUGH_RUNS:
            logs = [math.log(realised_of(each.result).value) for each in runs]
            squares += math.fsum((each - math.fsum(logs) / len(logs)) ** 2 for each in logs)
            freedom += len(logs) - 1
    return math.sqrt(squares / freedom) if freedom else None


def _order(told: Variation) -> tuple[object, ...]:
    """Sort by how many axes changed, then by these axes, then by their values."""
    axes = sorted((tuple(AXES).index(axis), axis) for axis in told.changed)
    values = [_rank(axis, told.changed[axis]) for _, axis in axes]
    return len(axes), [place for place, _ in axes], values


def _rank(axis: str, value: AxisValue) -> tuple[int, str]:
    """Give the place of a value on its axis: by number, as the axis lists words, or by letter."""
    if isinstance(value, int):
        return value, ""
    choices = AXES[axis].choices
    return (choices.index(value), "") if value in choices else (len(choices), value)

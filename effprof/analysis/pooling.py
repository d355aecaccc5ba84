"""Every planned cell with all its repeats: which are used, which were set aside, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, Measurement, Outcome, Repeat
from effprof.core.runs import Run

#: Status of a cell whose outcome is not there: the run stopped, or still goes on.
PENDING = "pending"
MEASURED = "measured"

#: Status of a cell of a run that counts static costs and measures nothing.
COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class PooledCell:
    """One planned cell and its outcomes by repeat index; `planned` repeats were asked for.

    `rough` are those of a machine that was not quiet: the cell is answered by them where no repeat
    is valid.
    """

    cell: Cell
    planned: int
    valid: Mapping[int, Measurement] = field(default_factory=dict)
    rough: Mapping[int, Measurement] = field(default_factory=dict)
    invalid: Mapping[int, Measurement] = field(default_factory=dict)
    failures: Mapping[int, Failure] = field(default_factory=dict)

    @property
    def answered(self) -> Mapping[int, Measurement]:
        """The repeats that answer the cell: the valid ones, or the rough ones if there is none."""
        return self.valid or self.rough

    @property
    def is_rough(self) -> bool:
        """Whether only rough repeats answer it."""
        return not self.valid and bool(self.rough)

    @property
    def is_unbounded(self) -> bool:
        """Whether nothing tells how far its speed is off: threads waited, the step nobody knows."""
        return self.is_rough and self.cell.threads > 1

    @property
    def used(self) -> Mapping[int, Measurement]:
        """The repeats whose samples are shown: those that answer it, or else the invalid ones."""
        return self.answered or self.invalid

    @property
    def status(self) -> str:
        """`measured`, the commonest kind of failure, `counted` or `pending`."""
        if self.used:
            return MEASURED
        if not self.planned:
            return COUNTED
        kinds = Counter(failure.kind for failure in self.failures.values())
        return kinds.most_common(1)[0][0] if kinds else PENDING

    @property
    def reason(self) -> str:
        """Say why repeats do not count: each distinct reason with how many repeats gave it."""
        reasons = [
            *(f"{failure.kind}: {failure.reason}" for failure in self.failures.values()),
            *(f"rough: {'; '.join(each.rough_reasons)}" for each in self.rough.values()),
            *("; ".join(each.invalid_reasons) for each in self.invalid.values()),
        ]
        absent = self.planned - len(self.valid) - len(reasons)
        reasons += ["no outcome yet"] * absent
        told = Counter(reasons).items()
        return "; ".join(f"{count} of {self.planned} repeats: {text}" for text, count in told)


def pool(run: Run) -> tuple[PooledCell, ...]:
    """Pool the repeats of every planned cell, in plan order; cells without outcome included."""
    found: dict[Cell, _Outcomes] = {cell: _Outcomes() for cell in run.invocation.cells}
    for repeat in sorted(run.repeats, key=lambda each: each.index):
        found[repeat.cell].add(repeat)
    return tuple(
        PooledCell(cell, run.invocation.repeats, own.valid, own.rough, own.invalid, own.failures)
        for cell, own in found.items()
    )


def pool_cell(cell: Cell, outcome: Outcome) -> PooledCell:
    """Pool the one outcome of a cell that was asked for once."""
    own = _Outcomes()
    own.add(Repeat(cell, 0, outcome, "", 0.0))
    return PooledCell(cell, 1, own.valid, own.rough, own.invalid, own.failures)


@dataclass(slots=True)
class _Outcomes:
    """The outcomes of one cell, sorted out by what they are."""

    valid: dict[int, Measurement] = field(default_factory=dict)
    rough: dict[int, Measurement] = field(default_factory=dict)
    invalid: dict[int, Measurement] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)

    def add(self, repeat: Repeat) -> None:
        match repeat.outcome:
            case Failure() as failure:
                self.failures[repeat.index] = failure
            case Measurement() as done:
                kind = self.valid if done.valid else self.rough if done.rough else self.invalid
                kind[repeat.index] = done

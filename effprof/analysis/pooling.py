"""Every planned cell with all its repeats: which are used, which were set aside, and why."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, Measurement
from effprof.core.runs import Run

#: Status of a cell whose outcome is not there: the run stopped, or still goes on.
PENDING = "pending"
MEASURED = "measured"

#: Status of a cell of a run that counts static costs and measures nothing.
COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class PooledCell:
    """One planned cell and its outcomes by repeat index; `planned` repeats were asked for."""

    cell: Cell
    planned: int
    valid: Mapping[int, Measurement] = field(default_factory=dict)
    invalid: Mapping[int, Measurement] = field(default_factory=dict)
    failures: Mapping[int, Failure] = field(default_factory=dict)

    @property
    def used(self) -> Mapping[int, Measurement]:
        """The repeats whose samples count: the valid ones, or all if there is no valid one."""
        return self.valid or self.invalid

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
            *("; ".join(each.invalid_reasons) for each in self.invalid.values()),
        ]
        absent = self.planned - len(self.valid) - len(reasons)
        reasons += ["no outcome yet"] * absent
        told = Counter(reasons).items()
        return "; ".join(f"{count} of {self.planned} repeats: {text}" for text, count in told)


def pool(run: Run) -> tuple[PooledCell, ...]:
    """Pool the repeats of every planned cell, in plan order; cells without outcome included."""
    sorted_out: dict[
        Cell, tuple[dict[int, Measurement], dict[int, Measurement], dict[int, Failure]]
    ]
    sorted_out = {cell: ({}, {}, {}) for cell in run.invocation.cells}
    for repeat in sorted(run.repeats, key=lambda each: each.index):
        valid, invalid, failures = sorted_out[repeat.cell]
        match repeat.outcome:
            case Measurement() as done if done.valid:
                valid[repeat.index] = done
            case Measurement() as done:
                invalid[repeat.index] = done
            case Failure() as failure:
                failures[repeat.index] = failure
    return tuple(
        PooledCell(cell, run.invocation.repeats, *groups) for cell, groups in sorted_out.items()
    )

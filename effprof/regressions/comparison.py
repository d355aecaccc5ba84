"""Two runs compared: one line per cell and metric, with its verdict."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from effprof.core.estimates import Estimate
from effprof.core.machines import Differences
from effprof.core.runs import SOFTWARE, Run
from effprof.regressions.assessment import Change
from effprof.regressions.common_shift import CommonShift
from effprof.regressions.reasons import LineReason
from effprof.regressions.run_error import NO_ERROR, PaceRatio, RunError

#: Programs read these; people read what pages make of them, such as *slower*.
Verdict = Literal[
    "regression",
    "improvement",
    "likely regression",
    "likely improvement",
    "not comparable",
    "cannot tell",
    "no change",
]

#: Every verdict, in the order in which people want to read them.
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

#: What is certain -> the same where too few repeats, or ranks, leave a doubt.
LIKELY: Mapping[Verdict, Verdict] = {
    "regression": "likely regression",
    "improvement": "likely improvement",
}

#: Stands for a metric where the outcome itself changed: a cell stopped working, or works again.
STATUS = "status"


@dataclass(frozen=True, slots=True)
class Line:
    """One cell in one metric: what it was, what it is, and what follows from it.

    `change` counts processes on either side; its interval is None where there is none. `p` is the
    rank test's for this line alone, `adjusted` that of the ratio's interval, by Benjamini and
    Hochberg over all cells in the same metric. `reason` says why there is no plain verdict, or what
    became of the cell. `beside` is the relative change beside what all cells share, or beside the
    pace of different machines. `needed` repeats of each run would settle it; more than
    `MOST_REPEATS` of `effprof.regressions.run_ratio` stands for all beyond, infinity for none.
    """

    cell: str
    metric: str
    verdict: Verdict
    change: Change | None = None
    p: float | None = None
    adjusted: float | None = None
    reason: LineReason | None = None
    beside: Estimate | None = None
    needed: float | None = None

    @property
    def effect(self) -> float:
        """How large the change is, whatever its direction; a cell that broke comes first."""
        if self.metric == STATUS:
            return math.inf
        return abs(self.change.relative) if self.change else 0.0


@dataclass(frozen=True, slots=True, repr=False)
class RunComparison:
    """Two runs compared: every line by verdict and effect size, and what else differs.

    `roles` maps a cell to the seconds per step by which each role's time moved, largest first.
    `only_old` and `only_new` are cells that one run did not plan, `unmeasured` maps cells without
    numbers in both to the reason. `gating` fields differ only where runs of other machines are
    compared on request; then no measured line has a verdict. `recorded` fields may be causes.
    `remark` says what is unknown of the machines, and what they were compared by instead, or by how
    much the machine itself moved.

    `common` is the shift that all cells share, `run_error` what was added to intervals of speeds
    for whole runs, `pace` the ratio of different machines by their own fixed work. Changes of
    `smallest` or more, relative, are of interest.
    """

    old: Run
    new: Run
    lines: tuple[Line, ...]
    roles: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    only_old: tuple[str, ...] = ()
    only_new: tuple[str, ...] = ()
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    gating: Differences = field(default_factory=dict)
    recorded: Differences = field(default_factory=dict)
    remark: str = ""
    common: CommonShift | None = None
    run_error: RunError = NO_ERROR
    pace: PaceRatio | None = None
    smallest: float = 0.0

    def __repr__(self) -> str:
        """Name both runs and count the verdicts in one line."""
        told = ", ".join(f"{count} {verdict}" for verdict, count in self.counts.items() if count)
        ids = (each.invocation.id for each in (self.old, self.new))
        return f"<RunComparison {' to '.join(ids)}: {told or 'nothing in common'}>"

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many lines have each verdict, all verdicts named."""
        return {
            verdict: sum(line.verdict == verdict for line in self.lines) for verdict in VERDICTS
        }

    def having(self, verdict: Verdict) -> tuple[Line, ...]:
        """Return the lines with a verdict, largest effect first."""
        return tuple(line for line in self.lines if line.verdict == verdict)


def changed_software(recorded: Differences) -> Differences:
    """Keep the versions of the software that a run measures, and the commit it was made from."""
    return {name: recorded[name] for name in (*SOFTWARE, "git") if name in recorded}


def changes_text(differences: Differences) -> str:
    """Say what became of every field, the software first.

    >>> changes_text({"kernel": ("6.1", "6.8"), "torch": ("2.13.0", "2.14.1")})
    'torch 2.13.0 → 2.14.1, kernel 6.1 → 6.8'
    """
    ordered = {**changed_software(differences), **differences}
    return ", ".join(
        f"{name} {'absent' if then is None else then} → {'absent' if now is None else now}"
        for name, (then, now) in ordered.items()
    )


def differences_text(differences: Differences) -> str:
    """Say of every field what it was and what it is.

    >>> differences_text({"model": ("17", "68"), "allocator": (None, "glibc")})
    'model: 17 then, 68 now; allocator: absent then, glibc now'
    """
    return "; ".join(
        f"{name}: {'absent' if then is None else then} then, {'absent' if now is None else now} now"
        for name, (then, now) in differences.items()
    )

"""Takes: what one run measured in one layout, judged by itself; all of them together, as a range.

A claim that names no layout is about all of them, and what was measured twice is not measured in
twice as many independent processes: whole runs differ by more than their processes tell, and files
of several years by their software. So none is dropped, and none is pooled with another.
"""

import statistics
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace

from effprof.claims.claim import Answer, NotMeasured, Statistic
from effprof.claims.evidence import Evidence, Measured
from effprof.core.estimates import Estimate
from effprof.core.units import significant


@dataclass(frozen=True, slots=True)
class Take:
    """An answer of one take: its layout, what names its runs, and whether others took it."""

    layout: str
    runs: str
    published: bool
    answer: Answer

    @property
    def name(self) -> str:
        """Name it by both."""
        return f"{self.layout}, {self.runs}"


def _kind(takes: Sequence[Take]) -> str:
    if takes[0].published:
        return "files"
    return "layouts" if len({each.layout for each in takes}) == len(takes) else "runs"


def over_takes(statistic: Statistic, evidence: Evidence, at_least: int) -> Answer | NotMeasured:
    """Ask every take of the evidence; the range of what they answer.

    Takes with fewer than `at_least` pieces of evidence, or without an interval, count only where
    there is no other. Where no run tells by itself, all runs in one layout are asked together.
    """
    told = _told(statistic, evidence, _by_run) or _told(statistic, evidence, _by_layout)
    if not told:
        return statistic(evidence)
    good = [each for each in told if _sound(each.answer.estimate, at_least)] or told
    return good[0].answer if len(good) == 1 else _range(good)


def _range(takes: Sequence[Take]) -> Answer:
    estimates = [each.answer.estimate for each in takes]
    joined = Estimate(
        statistics.median(each.value for each in estimates),
        min(each.low for each in estimates),
        max(each.high for each in estimates),
        "range" if all(each.bounded for each in estimates) else "none",
        min(each.n for each in estimates),
    )
    least = " or more" if len({each.n for each in estimates}) > 1 else ""
    return Answer(
        joined,
        of=f"{takes[0].answer.of}{least} in each of {len(takes)} {_kind(takes)}",
        note="; ".join(f"{each.name}: {significant(each.answer.estimate.value)}" for each in takes),
        takes=tuple((each.name, each.answer.estimate) for each in takes),
    )


def _sound(estimate: Estimate, at_least: int) -> bool:
    return estimate.bounded and estimate.n >= at_least


def _told(
    statistic: Statistic, evidence: Evidence, by: Callable[[Measured], Hashable]
) -> list[Take]:
    """Ask each group of cells, those that tell nothing left out."""
    asked = ((cells, statistic(replace(evidence, cells=cells))) for cells in _groups(evidence, by))
    return [
        Take(cells[0].cell.memory_format, _runs(cells), evidence.published, answer)
        for cells, answer in asked
        if isinstance(answer, Answer)
    ]


def _groups(
    evidence: Evidence, by: Callable[[Measured], Hashable]
) -> Iterator[tuple[Measured, ...]]:
    groups: dict[Hashable, list[Measured]] = {}
    for each in evidence.cells:
        groups.setdefault(by(each), []).append(each)
    yield from map(tuple, groups.values())


def _by_run(each: Measured) -> Hashable:
    return each.cell.memory_format, each.run.invocation.id


def _by_layout(each: Measured) -> Hashable:
    return each.cell.memory_format


def _runs(cells: Sequence[Measured]) -> str:
    """Name the runs of cells: a published file by its software, an own one by its suite."""
    runs = {each.run.invocation.id: each.run for each in cells}.values()
    names = dict.fromkeys(
        f"torch {run.invocation.fingerprint.recorded.get('torch', 'unknown')}"
        if run.published
        else run.invocation.suite
        for run in runs
    )
    return ", ".join(names)

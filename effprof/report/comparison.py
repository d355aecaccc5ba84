"""Two runs compared, in words and tables: what all cells share first, then what single ones did."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from effprof.core.reasons import text_of
from effprof.core.runs import Run
from effprof.core.units import estimate_text, times
from effprof.regressions.common_shift import CommonShift
from effprof.regressions.comparison import (
    STATUS,
    VERDICTS,
    Line,
    RunComparison,
    Verdict,
    changed_software,
    changes_text,
    differences_text,
)
from effprof.regressions.run_ratio import MOST_REPEATS
from effprof.report.cell_labels import Labels
from effprof.report.changes import (
    CHANGE,
    NOTHING,
    OLD_TO_NEW,
    change_text,
    effect,
    metric_label,
    moved_roles_text,
    old_to_new,
    sizes,
)
from effprof.report.tables.cells import Cell, Worded, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import listed

#: What a change of a number is called, by whether it is one of time, of another amount, or none.
_TIME: Mapping[Verdict, str] = {
    "regression": "slower",
    "improvement": "faster",
    "likely regression": "likely slower",
    "likely improvement": "likely faster",
}
_AMOUNT: Mapping[Verdict, str] = {
    "regression": "more",
    "improvement": "less",
    "likely regression": "likely more",
    "likely improvement": "likely less",
}
_OUTCOME: Mapping[Verdict, str] = {
    "regression": "stopped working",
    "improvement": "works again",
}

#: Verdicts on speeds that are counted even where there are none.
_ALWAYS: tuple[Verdict, ...] = ("regression", "improvement", "cannot tell", "no change")

#: Cells that are named beside a reason; others are counted.
MOST_NAMED = 4

#: How a shift is told that nobody timed sentinels for.
_UNTIMED = (
    "no sentinels were timed in both runs, so it is unclear whether software or the machine changed"
)


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of which the same is said, largest change first."""

    word: str
    verdict: Verdict
    lines: tuple[Line, ...]

    @property
    def title(self) -> str:
        """The word and how many lines there are."""
        return f"{self.word.capitalize()} ({len(self.lines)})"


def word_of(line: Line) -> str:
    """Say in a word what became of a line.

    >>> word_of(Line("cell", "step_seconds", "regression"))
    'slower'
    >>> word_of(Line("cell", "peak_rss_bytes", "likely improvement"))
    'likely less'
    """
    words = _TIME if is_time(line) else _OUTCOME if line.metric == STATUS else _AMOUNT
    return words.get(line.verdict, line.verdict)


def is_time(line: Line) -> bool:
    """Whether a line is about speed."""
    return line.metric.endswith("_seconds")


def groups(comparison: RunComparison) -> tuple[Group, ...]:
    """Sort lines by verdict and word, speeds first."""
    found: dict[tuple[Verdict, str], list[Line]] = {}
    for verdict in VERDICTS:
        lines = comparison.having(verdict)
        for line in sorted(lines, key=lambda each: (each.metric == STATUS, not is_time(each))):
            found.setdefault((verdict, word_of(line)), []).append(line)
    return tuple(Group(word, verdict, tuple(lines)) for (verdict, word), lines in found.items())


def in_terminals(comparison: RunComparison) -> tuple[Group, ...]:
    """Give the groups that terminals list: not what did not change, and doubts on speeds only."""
    found = []
    for group in groups(comparison):
        doubt = group.verdict in ("cannot tell", "not comparable")
        lines = tuple(each for each in group.lines if not doubt or is_time(each))
        if lines and group.verdict != "no change":
            found.append(replace(group, lines=lines))
    return tuple(found)


def lead(comparison: RunComparison) -> tuple[str, ...]:
    """Give the first lines: what all cells share, the counts, what differs, what is not known.

    Nothing is escaped.
    """
    told = (
        headline(comparison),
        counts_line(comparison),
        _changed(comparison),
        comparison.remark and f"{comparison.remark[0].upper()}{comparison.remark[1:]}.",
        _interval_line(comparison),
    )
    return tuple(line for line in told if line)


def headline(comparison: RunComparison) -> str:
    """Say in one line what holds for all cells; empty where there are too few."""
    if comparison.gating:
        return f"Not comparable: {differences_text(comparison.gating)}.{_pace(comparison)}"
    shared = comparison.common
    if shared is None:
        return ""
    if shared.together:
        many = f"All {shared.cells}" if shared.moved == shared.cells else _of(shared)
        return f"{many} cells are {_as_slow(shared)}; {_cause(comparison, shared)}."
    least = 1 + comparison.smallest
    if 1 / least <= shared.ratio.low and shared.ratio.high <= least:
        return f"Together the {shared.cells} cells are as fast as then: {_ratio(shared)} the time."
    return f"No shift that all share: together the {shared.cells} cells are {_as_slow(shared)}."


def _of(shared: CommonShift) -> str:
    return f"{shared.moved} of {shared.cells}"


def _as_slow(shared: CommonShift) -> str:
    if shared.slower:
        return f"{_ratio(shared)} as slow as then"
    return f"{estimate_text(shared.ratio.through(lambda value: 1 / value), 'x')} as fast as then"


def _ratio(shared: CommonShift) -> str:
    return estimate_text(shared.ratio, "x")


def _cause(comparison: RunComparison, shared: CommonShift) -> str:
    """Say what moved all cells, and by what that is known."""
    if shared.pace is None:
        return _UNTIMED
    pace = times(shared.pace if shared.slower else 1 / shared.pace)
    versions = changes_text(changed_software(comparison.recorded))
    causes = {
        "software": f"software ({versions or 'no recorded version differs'})",
        "the machine": "the machine",
        "either": "software or the machine, too close to tell",
    }
    usual = "; whole runs of this machine may lie that far apart anyway" if shared.usual else ""
    return f"the machine's own sentinels moved {pace}: {causes[shared.cause]}{usual}"


def _pace(comparison: RunComparison) -> str:
    if comparison.pace is None:
        return ""
    factor = comparison.pace.factor
    moved = f"{times(max(factor, 1 / factor))} as {'slow' if factor > 1 else 'fast'}"
    return (
        f" By its own fixed work the new machine is {moved}; the column"
        f" {_BY_PACE!r} divides by that, and gives no verdict."
    )


def counts_line(comparison: RunComparison) -> str:
    """Count the verdicts: of speeds, then of all other numbers."""
    speeds = [line for line in comparison.lines if is_time(line)]
    others = [line for line in comparison.lines if not is_time(line)]
    told = [
        f"Speed: {', '.join(_counted(speeds, _ALWAYS))}",
        f"memory, counts and outcomes: {', '.join(_counted(others, ()))}" if others else "",
    ]
    return f"{'; '.join(filter(None, told))}."


def _counted(lines: Sequence[Line], always: Sequence[Verdict]) -> Iterator[str]:
    for verdict in VERDICTS:
        words = [word_of(line) for line in lines if line.verdict == verdict]
        for word in dict.fromkeys(words):
            yield f"{words.count(word)} {word}"
        if not words and verdict in always:
            yield f"0 {_TIME.get(verdict, verdict)}"


def _changed(comparison: RunComparison) -> str:
    text = changes_text(comparison.recorded)
    return f"What else differs: {text}." if text else ""


def _interval_line(comparison: RunComparison) -> str:
    """Say what intervals hold, where there are any that lead to a verdict."""
    if comparison.gating or not any(line.p is not None for line in comparison.lines):
        return ""
    said = comparison.run_error.said
    return f"Smallest change of interest: {comparison.smallest * 100:g} %; {said}."


def run_text(run: Run) -> str:
    """Name a run: when it began, where, and from which commit; not escaped."""
    invocation = run.invocation
    git = invocation.fingerprint.recorded.get("git")
    told = [invocation.started_at, invocation.device, *([f"git {git}"] if git else [])]
    return f"run {invocation.id} ({', '.join(told)})"


def shared_setting(comparison: RunComparison) -> str:
    """Say how all cells were executed, as far as it is the same: not repeated in every row."""
    return " ".join(Labels.of(comparison.lines).shared)


def notes(comparison: RunComparison, group: Group) -> Iterator[str]:
    """Say what a group's column of repeats means, and why its lines have no plain verdict."""
    if comparison.common is not None and any(line.beside for line in group.lines):
        yield "beside: the change without what all cells share"
    helped = any(map(_helps, group.lines))
    if helped:
        yield "repeats: how many of each run would settle it, if the change stays the same"
    if any(line.needed == math.inf for line in group.lines):
        yield f"{'none: ' if helped else ''}more repeats do not help, whole runs lie too far apart"
    labels, reasons = Labels.of(comparison.lines), dict[str, list[str]]()
    for line in group.lines:
        if why := _why(comparison, line):
            reasons.setdefault(why, []).append(labels.label(line.cell))
    for why, cells in reasons.items():
        whose = "" if len(cells) == len(group.lines) else f" ({listed(cells, MOST_NAMED)})"
        yield f"{why}{whose}"


#: Columns of a comparison: the metric, both values, the change, what it is without what all cells
#: share, and the repeats that would tell.
_METRIC: Field[Line] = Field(Column("metric", align="left"), lambda line: metric_label(line.metric))
_VALUES: Field[Line] = Field(OLD_TO_NEW, lambda line: old_to_new(line.metric, line.change))
_CHANGE: Field[Line] = Field(CHANGE, lambda line: effect(line.change) or NOTHING)
_BESIDE = Column("beside")
_REPEATS = Column("repeats", names=("needed",))

#: Heading of a change over the pace of unlike machines.
_BY_PACE = "by own pace"


def lines_table(comparison: RunComparison, lines: Iterable[Line], wide: bool = True) -> Table:
    """Make the table of lines of one group; columns that say nothing of any line are left out.

    In terminals it is not `wide`: reasons stand below it, roles and sizes on pages only, and where
    a change stands beside the rest and the repeats are told, both values are left out.
    """
    shown = tuple(lines)
    fields = _wide_fields(comparison) if wide else _narrow_fields(comparison, shown)
    kept = _there(fields, shown)
    if not wide and {_BESIDE, _REPEATS} <= {field.column for field in kept}:
        kept = [field for field in kept if field.column is not OLD_TO_NEW]
    labels = Labels.of(comparison.lines)
    cell: Field[Line] = Field(Column("cell", align="left"), lambda line: labels.label(line.cell))
    said = {line.metric for line in shown} == {"step_seconds"}
    return Table.of([cell, *([] if said else [_METRIC]), *kept], shown)


def short_table(comparison: RunComparison, lines: Sequence[Line]) -> Table:
    """Make a table of lines of unlike verdicts: the verdict in a word, the change, what moved."""
    labels = Labels.of(comparison.lines)
    steps = {line.metric for line in lines} <= {"step_seconds"}
    fields: tuple[Field[Line], ...] = (
        Field(Column.words("cell"), lambda line: labels.label(line.cell)),
        *(() if steps else (_METRIC,)),
        Field(Column.words("verdict"), word_of),
        *_there([_VALUES, _CHANGE, _roles_field(comparison)], lines),
    )
    return Table.of(fields, lines)


def all_lines(comparison: RunComparison) -> Table:
    """Make the table of every line, for files: the verdict in a word, cells by their whole keys."""
    fields: tuple[Field[Line], ...] = (
        Field(Column.words("cell"), lambda line: line.cell),
        _METRIC,
        Field(Column.words("verdict"), word_of),
        *_wide_fields(comparison),
    )
    return Table.of(fields, comparison.lines)


def _there(fields: Iterable[Field[Line]], lines: Sequence[Line]) -> list[Field[Line]]:
    return [f for f in fields if any(f.column.text(f.read(line)) for line in lines)]


def _wide_fields(comparison: RunComparison) -> Iterator[Field[Line]]:
    yield _VALUES
    yield _CHANGE
    heading = _BY_PACE if comparison.gating else "beside the rest"
    yield Field(Column(heading, names=("beside",)), _beside)
    yield Field(Column("n", names=("n_old", "n_new")), lambda line: sizes(line.change))
    yield Field(_REPEATS, _needed)
    yield _roles_field(comparison)
    yield Field(Column("why", align="left"), partial(_why, comparison))


def _roles_field(comparison: RunComparison) -> Field[Line]:
    return Field(Column("roles that moved", align="left"), partial(_roles, comparison))


def _narrow_fields(comparison: RunComparison, lines: Sequence[Line]) -> Iterator[Field[Line]]:
    yield _VALUES
    yield _CHANGE
    column = Column(_BY_PACE, names=("beside",)) if comparison.gating else _BESIDE
    yield Field(column, _beside_without_interval)
    if any(map(_helps, lines)):
        yield Field(_REPEATS, _needed)


def _helps(line: Line) -> bool:
    """Whether there is a number of repeats that would tell, and no sentence that says it."""
    return line.needed is not None and not math.isinf(line.needed) and not _said(line)


def _said(line: Line) -> bool:
    """Whether the reason itself says how many repeats it takes."""
    return line.reason is not None and line.reason.id in ("few_repeats", "one_process")


def _beside(line: Line) -> Cell:
    return NOTHING if line.beside is None else Written(line.beside, change_text)


def _beside_without_interval(line: Line) -> Cell:
    if line.beside is None:
        return NOTHING
    return Written(line.beside.value, lambda value: f"{value * 100:+.1f} %")


def _needed(line: Line) -> Cell:
    if line.needed is None or _said(line):
        return NOTHING
    if math.isinf(line.needed):
        return Worded("none", None)
    return Worded(f"> {MOST_REPEATS}", None) if line.needed > MOST_REPEATS else line.needed


def _why(comparison: RunComparison, line: Line) -> str:
    """Give the reason; the first line gives that of unlike machines for all."""
    return "" if comparison.gating else text_of(line.reason)


def _roles(comparison: RunComparison, line: Line) -> Cell:
    """Name roles only where the step itself is judged: they are its parts."""
    if line.metric != "step_seconds" or line.verdict == "no change":
        return NOTHING
    return moved_roles_text(comparison.roles.get(line.cell, {}))

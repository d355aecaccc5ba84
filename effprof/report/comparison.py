"""Two runs compared, as Markdown that fits a comment on a pull request."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from effprof.core.errors import StorageError
from effprof.core.machines import Differences
from effprof.core.reasons import text_of
from effprof.core.runs import Run
from effprof.regressions.comparison import (
    VERDICTS,
    Line,
    RunComparison,
    Verdict,
    differences_text,
)
from effprof.report.changes import (
    CHANGE,
    NOTHING,
    OLD_TO_NEW,
    effect,
    metric_label,
    moved_roles_text,
    old_to_new,
    sizes,
)
from effprof.report.tables.cells import Cell
from effprof.report.tables.markdown import markdown
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape, listed

#: Verdicts whose lines stand in the open; the others fold away.
OPEN: frozenset[Verdict] = frozenset({"regression", "improvement"})

#: Lines of one verdict that are shown, and the longest reason in characters: GitHub takes comments
#: of up to 65,536 characters.
MOST_LINES = 50
LONGEST_REASON = 120


def counts_line(comparison: RunComparison) -> str:
    """Count the verdicts: the first line of the page, and of what the command prints."""
    return " | ".join(f"{name.upper()} ({count})" for name, count in comparison.counts.items())


def render_comparison(comparison: RunComparison) -> str:
    """Render two compared runs as Markdown; the same comparison gives the same text."""
    parts = [
        counts_line(comparison),
        _what(comparison),
        _banner(comparison.gating),
        *(_lines(comparison, verdict) for verdict in VERDICTS),
        _listed("Only in the old run", comparison.only_old),
        _listed("Only in the new run", comparison.only_new),
        _unmeasured(comparison.unmeasured),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_comparison(text: str, path: Path) -> None:
    """Write the page to a file. Raises `StorageError` where that fails."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; choose another --markdown"
        ) from error


def _what(comparison: RunComparison) -> str:
    lines = [
        f"old: {_run(comparison.old)}",
        f"new: {_run(comparison.new)}",
    ]
    if comparison.recorded:
        lines.append(f"what else differs: {escape(differences_text(comparison.recorded))}")
    if comparison.remark:
        lines.append(escape(comparison.remark))
    return "\n".join(f"- {line}" for line in lines)


def _run(run: Run) -> str:
    invocation = run.invocation
    git = invocation.fingerprint.recorded.get("git")
    told = [invocation.started_at, invocation.device, *([f"git {git}"] if git else [])]
    return f"run {escape(invocation.id)} ({escape(', '.join(told))})"


def _banner(gating: Differences) -> str:
    if not gating:
        return ""
    return (
        f"**Not comparable: {escape(differences_text(gating))}.** What was measured stands side by"
        " side without a verdict."
    )


def _lines(comparison: RunComparison, verdict: Verdict) -> str:
    lines = comparison.having(verdict)
    if not lines:
        return ""
    shown = lines[:MOST_LINES]
    text = markdown(lines_table(comparison, shown))
    if len(lines) > len(shown):
        text += f"\n\n{len(lines) - len(shown)} more of smaller effect: see `--json`."
    title = f"{verdict.capitalize()} ({len(lines)})"
    return f"### {title}\n\n{text}" if verdict in OPEN else _folded(title, text)


def lines_table(comparison: RunComparison, lines: Iterable[Line]) -> Table:
    """Make the table of lines of one verdict; reasons are cut, as there may be many."""
    why: Field[Line] = Field(Column("why"), lambda line: _shortened(text_of(line.reason)))
    return _table((*_FIELDS, _moved(comparison), why), lines)


def told_table(comparison: RunComparison, lines: Iterable[Line]) -> Table:
    """Make the table of lines of several verdicts, with their whole reasons.

    Words stand to the left: in a terminal they fold there, and numbers do not.
    """
    verdict: Field[Line] = Field(Column("verdict", align="left"), lambda line: line.verdict)
    why: Field[Line] = Field(Column("why", align="left"), lambda line: text_of(line.reason))
    moved = _moved(comparison)
    moved = replace(moved, column=replace(moved.column, align="left"))
    return _table((verdict, *_FIELDS, moved, why), lines)


def _table(fields: Iterable[Field[Line]], lines: Iterable[Line]) -> Table:
    """Leave out the columns that say nothing of any line."""
    shown = tuple(lines)
    kept = [f for f in fields if any(f.column.text(f.read(line)) for line in shown)]
    return Table.of(kept, shown)


def _moved(comparison: RunComparison) -> Field[Line]:
    return Field(Column("roles that moved"), partial(_roles, comparison))


def _roles(comparison: RunComparison, line: Line) -> Cell:
    """Name roles only where the step itself is judged: they are its parts."""
    if line.metric != "step_seconds" or line.verdict == "no change":
        return NOTHING
    return moved_roles_text(comparison.roles.get(line.cell, {}))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def _listed(title: str, cells: Sequence[str]) -> str:
    return f"{title} ({len(cells)}): {listed([escape(c) for c in cells], 8)}" if cells else ""


def _unmeasured(cells: Mapping[str, str]) -> str:
    if not cells:
        return ""
    told = [f"{escape(key)} ({escape(_shortened(reason))})" for key, reason in cells.items()]
    return f"Measured in neither run ({len(cells)}): {listed(told, 8)}"


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


#: The table of lines, before the roles that moved and the reason.
_FIELDS: tuple[Field[Line], ...] = (
    Field(Column("cell", align="left"), lambda line: line.cell),
    Field(Column("metric", align="left"), lambda line: metric_label(line.metric)),
    Field(OLD_TO_NEW, lambda line: old_to_new(line.metric, line.change)),
    Field(CHANGE, lambda line: effect(line.change) or NOTHING),
    Field(Column("n", names=("n_old", "n_new")), lambda line: sizes(line.change)),
)

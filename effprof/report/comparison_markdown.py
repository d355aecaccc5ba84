"""Two runs compared, as a comment on a pull request: the answer, ten rows, the rest folded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from effprof.core.errors import StorageError
from effprof.regressions.comparison import STATUS, Line, RunComparison, Verdict
from effprof.report.cell_labels import Labels
from effprof.report.comparison import (
    Group,
    groups,
    headline,
    is_time,
    lead,
    lines_table,
    run_text,
    shared_setting,
    short_table,
    word_of,
)
from effprof.report.tables.markdown import markdown
from effprof.report.tables.table import Table
from effprof.report.text import escape, listed, slug

#: Verdicts whose lines stand in the open; the others fold away.
OPEN: frozenset[Verdict] = frozenset(
    {"regression", "improvement", "likely regression", "likely improvement"}
)

#: Rows that stand in the open: what a reviewer looks at without unfolding.
MOST_ROWS = 10

#: Lines of one group that are shown, and the longest reason in characters.
MOST_LINES = 50
LONGEST_REASON = 120

#: The longest text, in characters: GitHub takes comments of up to 65,536.
LONGEST_TEXT = 60_000

#: The metric that the first line counts: one line a cell.
_STEP = "step_seconds"

#: Verdict on a step -> how the first line counts it, in its order.
_COUNTED: Mapping[Verdict, str] = {
    "regression": "slower",
    "likely regression": "likely slower",
    "improvement": "faster",
    "likely improvement": "likely faster",
    "no change": "unchanged",
    "cannot tell": "unclear",
    "not comparable": "not comparable",
}


def render_comparison(comparison: RunComparison) -> str:
    """Render two compared runs as Markdown; the same comparison gives the same text.

    The last line is a comment that pages do not show: it stays the same for a suite, so that a
    program finds what it posted before.
    """
    shown = _in_the_open(comparison)
    shared = "" if comparison.gating else headline(comparison)
    parts = [
        first_line(comparison),
        escape(shared),
        markdown(short_table(comparison, shown[:MOST_ROWS])) if shown else "",
        f"{len(shown) - MOST_ROWS} more are folded below." if len(shown) > MOST_ROWS else "",
    ]
    marker = f"<!-- effprof compare: {slug(comparison.new.invocation.suite)} -->"
    head = "\n\n".join(part for part in parts if part)
    folded = _folded(comparison, LONGEST_TEXT - len(head) - len(marker))
    return f"{head}\n\n{folded}\n\n{marker}\n"


def write_comparison(text: str, path: Path, option: str = "--markdown") -> None:
    """Write the page to a file. Raises `StorageError` where that fails."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; choose another {option}"
        ) from error


def first_line(comparison: RunComparison) -> str:
    """Say what happened to the worst cell, then count the cells by what became of their step.

    Percentages are of the time of a step. Other metrics are counted together where they changed.
    """
    if comparison.gating:
        return f"**{escape(headline(comparison))}**"
    cells = [line for line in comparison.lines if line.metric in (_STEP, STATUS)]
    worst = next(iter(_worst_first(cells)), None)
    counts = Counter(_counted_as(line) for line in cells if line is not worst)
    told = [
        f"{counts[word]} {'more ' if worst and word == _counted_as(worst) else ''}{word}"
        for word in ("stopped working", "works again", *_COUNTED.values())
        if counts[word]
    ]
    others = sum(line.verdict in OPEN for line in comparison.lines if line not in cells)
    if others:
        told.append(f"{others} other change{'s' if others > 1 else ''}")
    return " · ".join([f"**{_opening(comparison, worst, cells)}**", *told])


def _opening(comparison: RunComparison, worst: Line | None, cells: Sequence[Line]) -> str:
    if worst is None:
        return "No change of speed found" if cells else "Nothing was measured in both runs"
    name = escape(Labels.of(comparison.lines).label(worst.cell))
    if worst.change is None:
        return f"{name} {word_of(worst)}"
    likely, _, direction = word_of(worst).rpartition(" ")
    said = f"{name} {_percent(worst.change.relative)} {direction}"
    return f"{said}, {likely}" if likely else said


def _percent(relative: float) -> str:
    """Write a change without its sign, to two digits.

    >>> _percent(0.131), _percent(-0.0345)
    ('13 %', '3.5 %')
    """
    share = abs(relative) * 100
    return f"{share:.0f} %" if share >= 9.95 else f"{share:.1f} %"


def _counted_as(line: Line) -> str:
    return word_of(line) if line.metric == STATUS else _COUNTED[line.verdict]


def _worst_first(cells: Iterable[Line]) -> Iterator[Line]:
    """Give what changed: losses before gains, the certain before the likely, the largest first."""
    ordered = sorted(cells, key=lambda line: -line.effect)
    for verdict in _COUNTED:
        if verdict in OPEN:
            yield from (line for line in ordered if line.verdict == verdict)


def _in_the_open(comparison: RunComparison) -> list[Line]:
    """Give the lines that changed: speeds and outcomes first, then memory and what is counted."""
    speeds = [line for line in comparison.lines if is_time(line) or line.metric == STATUS]
    others = [line for line in comparison.lines if line not in speeds]
    return [*_worst_first(speeds), *_worst_first(others)]


def _folded(comparison: RunComparison, room: int) -> str:
    """Fold everything there is to say away; tables that do not fit into `room` are counted."""
    setting = shared_setting(comparison)
    runs = [f"old: {escape(run_text(comparison.old))}", f"new: {escape(run_text(comparison.new))}"]
    said = [escape(line) for line in lead(comparison) if line != headline(comparison)]
    tables = [_group(comparison, group) for group in groups(comparison)]
    parts = [
        "\n".join(f"- {line}" for line in (*said, *runs)),
        f"All cells: {escape(setting)}." if setting else "",
        _listed("Only in the old run", comparison.only_old),
        _listed("Only in the new run", comparison.only_new),
        _unmeasured(comparison.unmeasured),
    ]
    parts = ["<details><summary>All numbers, both runs, and what else differs</summary>", *parts]
    left = room - sum(len(part) + 2 for part in parts)
    kept = []
    for table in tables:
        left -= len(table) + 2
        if left > 0:
            kept.append(table)
    lost = len(tables) - len(kept)
    missing = f"{lost} longer tables do not fit here: see `--html` and `--json`." if lost else ""
    return "\n\n".join(part for part in [*parts, *kept, missing, "</details>"] if part)


def _group(comparison: RunComparison, group: Group) -> str:
    shown = group.lines[:MOST_LINES]
    text = markdown(_shortened_table(lines_table(comparison, shown)))
    if len(group.lines) > len(shown):
        text += f"\n\n{len(group.lines) - len(shown)} more of smaller effect: see `--json`."
    if group.verdict in OPEN:
        return f"### {group.title}\n\n{text}"
    return f"<details><summary>{group.title}</summary>\n\n{text}\n\n</details>"


def _shortened_table(table: Table) -> Table:
    """Cut reasons, as there may be many; they are text."""
    rows = [tuple(_shortened(c) if isinstance(c, str) else c for c in row) for row in table.rows]
    return replace(table, rows=tuple(rows))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1] + "…"


def _listed(title: str, cells: Sequence[str]) -> str:
    return f"{title} ({len(cells)}): {listed([escape(c) for c in cells], 8)}" if cells else ""


def _unmeasured(cells: Mapping[str, str]) -> str:
    if not cells:
        return ""
    told = [f"{escape(key)} ({escape(_shortened(reason))})" for key, reason in cells.items()]
    return f"Measured in neither run ({len(cells)}): {listed(told, 8)}"

"""Two runs compared, as Markdown that fits a comment on a pull request."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from effprof.core.errors import StorageError
from effprof.regressions.comparison import RunComparison, Verdict
from effprof.report.comparison import Group, groups, lead, lines_table, run_text, shared_setting
from effprof.report.tables.markdown import markdown
from effprof.report.tables.table import Table
from effprof.report.text import escape, listed

#: Verdicts whose lines stand in the open; the others fold away.
OPEN: frozenset[Verdict] = frozenset(
    {"regression", "improvement", "likely regression", "likely improvement"}
)

#: Lines of one group that are shown, and the longest reason in characters: GitHub takes comments
#: of up to 65,536 characters.
MOST_LINES = 50
LONGEST_REASON = 120


def render_comparison(comparison: RunComparison) -> str:
    """Render two compared runs as Markdown; the same comparison gives the same text."""
    first, *rest = map(escape, lead(comparison))
    setting = shared_setting(comparison)
    runs = [f"old: {escape(run_text(comparison.old))}", f"new: {escape(run_text(comparison.new))}"]
    parts = [
        f"**{first}**",
        "\n".join(f"- {line}" for line in (*rest, *runs)),
        f"All cells: {escape(setting)}." if setting else "",
        *(_group(comparison, group) for group in groups(comparison)),
        _listed("Only in the old run", comparison.only_old),
        _listed("Only in the new run", comparison.only_new),
        _unmeasured(comparison.unmeasured),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write_comparison(text: str, path: Path, option: str = "--markdown") -> None:
    """Write the page to a file. Raises `StorageError` where that fails."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror or error}; choose another {option}"
        ) from error


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

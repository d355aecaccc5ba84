"""Two runs compared, as Markdown that fits a comment on a pull request."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from effprof.core.errors import StorageError
from effprof.core.reasons import text_of
from effprof.core.runs import Run
from effprof.core.units import MISSING
from effprof.regressions.comparison import (
    VERDICTS,
    Differences,
    Line,
    RunComparison,
    Verdict,
    differences_text,
)
from effprof.report.changes import effect_text, metric_label, moved_roles_text, value_text
from effprof.report.text import escape, listed, table

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
    columns = {name: [cell(line, comparison) for line in shown] for name, cell in _COLUMNS.items()}
    kept = {name: cells for name, cells in columns.items() if any(cells)}
    text = table(kept, left=2)
    if len(lines) > len(shown):
        text += f"\n\n{len(lines) - len(shown)} more of smaller effect: see `--json`."
    title = f"{verdict.capitalize()} ({len(lines)})"
    return f"### {title}\n\n{text}" if verdict in OPEN else _folded(title, text)


def _values(line: Line) -> str:
    if line.change is None:
        return MISSING
    return " → ".join(value_text(line.metric, v) for v in (line.change.old, line.change.new))


def _roles(line: Line, comparison: RunComparison) -> str:
    """Name roles only where the step itself is judged: they are its parts."""
    if line.metric != "step_seconds" or line.verdict == "no change":
        return ""
    return escape(moved_roles_text(comparison.roles.get(line.cell, {})))


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


#: Column -> its text for a line; a column without any text is left out.
_COLUMNS: Mapping[str, Callable[[Line, RunComparison], str]] = {
    "cell": lambda line, _: escape(line.cell),
    "metric": lambda line, _: escape(metric_label(line.metric)),
    "old → new": lambda line, _: _values(line),
    "change [95 %]": lambda line, _: effect_text(line.change) if line.change else "",
    "n": lambda line, _: "{} + {}".format(*line.change.n) if line.change else "",
    "roles that moved": _roles,
    "why": lambda line, _: escape(_shortened(text_of(line.reason))),
}

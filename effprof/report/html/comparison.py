"""Two runs compared, as one HTML file that fetches nothing."""

from dataclasses import dataclass, replace

from markupsafe import Markup

from effprof.regressions.comparison import RunComparison
from effprof.report.comparison import Group, groups, lead, lines_table, run_text, shared_setting
from effprof.report.comparison_markdown import OPEN
from effprof.report.html.pages import page_of
from effprof.report.tables.html import html


@dataclass(frozen=True, slots=True)
class Part:
    """The table of a group as the template shows it; folded where nothing moved."""

    title: str
    body: Markup
    open: bool


def render_html(comparison: RunComparison) -> str:
    """Render two compared runs; the same comparison gives the same text."""
    first, *rest = lead(comparison)
    ids = [run.invocation.id for run in (comparison.old, comparison.new)]
    return page_of(
        "comparison.html.j2",
        ["tables.js"],
        title=f"{ids[0]} to {ids[1]}",
        first=first,
        rest=rest,
        runs={"old": run_text(comparison.old), "new": run_text(comparison.new)},
        setting=shared_setting(comparison),
        parts=[_part(comparison, group) for group in groups(comparison)],
        only={"old": comparison.only_old, "new": comparison.only_new},
        unmeasured=comparison.unmeasured,
    )


def _part(comparison: RunComparison, group: Group) -> Part:
    table = replace(lines_table(comparison, group.lines), title=group.title)
    return Part(group.title, html(table), group.verdict in OPEN)

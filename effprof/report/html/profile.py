"""Profiles as one HTML file that fetches nothing: an icicle of each, its roles, and its tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from effprof.analysis.profile_tables import role_tree
from effprof.core.profiles import Profile
from effprof.core.units import duration, percent
from effprof.report.groups import grouped
from effprof.report.html.icicle import icicle, swatch
from effprof.report.html.pages import page_of
from effprof.report.tables.html import html
from effprof.report.tables.table import Table


@dataclass(frozen=True, slots=True)
class Side:
    """A profiled cell: the model, a sentence about it, and the profile, if it saw operators."""

    model: str
    told: str
    profile: Profile | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn on one time scale, with sentences and tables of all of it."""

    sides: tuple[Side, ...]
    lines: tuple[str, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A side as the template shows it."""

    told: str
    words: str
    body: Markup
    legend: tuple[tuple[Markup, str], ...]


def render_profiles(device: str, command: str, sheets: Sequence[Sheet]) -> str:
    """Render profiles taken on a device; the same ones give the same text."""
    models = dict.fromkeys(side.model for sheet in sheets for side in sheet.sides)
    return page_of(
        "profile.html.j2",
        ["tables.js"],
        title=f"Where the time goes: {' and '.join(models)}",
        device=device,
        command=command,
        sheets=[
            {
                "sides": list(_drawn(sheet.sides)),
                "lines": sheet.lines,
                "tables": [(table.title, html(table)) for table in sheet.tables],
            }
            for sheet in sheets
        ],
    )


def _drawn(sides: Sequence[Side]) -> Iterable[_Drawn]:
    """Draw sides on the scale of the longest of them."""
    scale = max((side.profile.op_seconds for side in sides if side.profile), default=0.0)
    for side in sides:
        if side.profile is None:
            yield _Drawn(side.told, "", Markup(), ())
            continue
        seconds = side.profile.op_seconds
        words = f"modules of {side.model}, {duration(seconds)} in operators"
        body = icicle(role_tree(side.profile), side.model, scale, seconds)
        yield _Drawn(side.told, words, body, tuple(_legend(side.profile)))


def _legend(profile: Profile) -> Iterable[tuple[Markup, str]]:
    """Name the groups of roles with their colours and times."""
    for group, seconds in grouped(profile.by_role).items():
        share = percent(seconds / profile.op_seconds) if profile.op_seconds else ""
        yield swatch(group), f"{group} {duration(seconds)} ({share})"

"""What the time of a step is spent on, by role: all groups, FLOPs beside time, SE in detail."""

from collections.abc import Iterator, Mapping

import pandas as pd

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.profiles import seconds_by_role
from effprof.analysis.roofline import Bound, Roofline
from effprof.core.costs import Cost
from effprof.core.estimates import Absent
from effprof.core.profiles import Profile
from effprof.core.units import MISSING, duration, percent, times
from effprof.report.groups import ROLE_GROUPS, grouped
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.text import escape, table

#: Column of the SE table -> the roles it sums.
_SE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "SE": ("SE squeeze", "SE FC", "SE gate", "SE scale"),
    "squeeze": ("SE squeeze",),
    "FC": ("SE FC",),
    "gate (sigmoid)": ("SE gate",),
    "scale": ("SE scale",),
    "activation": ("activation",),
}


def role_time(page: Page) -> str:
    """Time of the operators per image and its split over groups of roles, one table per setting."""
    parts = []
    for title, rows in _profiled(page):
        shares = [grouped(_shares(profile)) for _, profile in rows]
        groups = [group.name for group in ROLE_GROUPS if any(group.name in own for own in shares)]
        cells = _who(rows) | {
            "operators / image": [
                duration(profile.op_seconds / row["batch_size"]) for row, profile in rows
            ],
            **{group: [_percent(own.get(group)) for own in shares] for group in groups},
            "FLOP-invisible": [percent(profile.flop_invisible_share) for _, profile in rows],
            "profiling cost": [percent(profile.overhead) for _, profile in rows],
        }
        parts += [title, table(cells)]
    if not parts:
        return _no_profile(page)
    return "\n\n".join((_INVISIBLE, *parts))


_INVISIBLE = (
    "**FLOP-invisible** is the share of the operators' time in those that FLOP counters score zero "
    "(norm, activation, sigmoid, multiplication, pool, addition). Shares are of the operators' "
    "time; `profiling cost` is the profiled step over the plain one, less one."
)


def squeeze_excite(page: Page) -> str:
    """Shares of the operators' time in squeeze-and-excitation, its parts, and activations."""
    parts = []
    for title, rows in _profiled(page):
        shares = [_shares(profile) for _, profile in rows]
        cells = _who(rows)
        for column, roles in _SE_COLUMNS.items():
            cells[column] = [
                _percent(sum(known) if (known := [own[r] for r in roles if r in own]) else None)
                for own in shares
            ]
        cells["FLOP-invisible"] = [percent(profile.flop_invisible_share) for _, profile in rows]
        parts += [title, table(cells)]
    return "\n\n".join(parts)


def flops_beside_time(page: Page) -> str:
    """Share of FLOPs, bytes and time of every role, for the subject and the reference."""
    parts = []
    for mode, configuration, group in page.first_settings():
        for row in page.subject_and_reference(group):
            part = page.parts[str(row.name)]
            if not isinstance(part.profile, Profile) or part.cost is None:
                continue
            parts.append(
                f"{escape(row['label'])}, {MODE_WORDS[mode]}, {configuration}, "
                f"batch {row['batch_size']}:"
            )
            parts.append(table(_role_cells(part, part.profile)))
    return "\n\n".join(parts)


def _role_cells(part: Breakdown, profile: Profile) -> dict[str, list[str]]:
    costs = part.cost.by_role if part.cost else {}
    total = part.cost.total if part.cost else Cost()
    seconds = seconds_by_role(profile)
    bounds = part.roofline.by_role if isinstance(part.roofline, Roofline) else {}
    roles = [*seconds, *(role for role in costs if role not in seconds)]
    return {
        "role": [escape(role) for role in roles],
        "FLOPs": [_share(costs.get(role, Cost()).flops, total.flops) for role in roles],
        "bytes": [_share(costs.get(role, Cost()).bytes_moved, total.bytes_moved) for role in roles],
        "time": [
            _percent(seconds[role] / profile.op_seconds if role in seconds else None)
            for role in roles
        ],
        "time over its roofline": [
            times(seconds[role] / least if role in seconds and least else None, 2)
            for role in roles
            for least in (bounds.get(role, Bound()).seconds,)
        ],
    }


def _profiled(page: Page) -> Iterator[tuple[str, list[tuple[pd.Series, Profile]]]]:
    """Yield per setting a title and its valid cells that have a profile."""
    for mode, configuration, group in page.settings():
        rows = []
        for key, row in group[group["valid"]].iterrows():
            profile = page.parts[str(key)].profile
            if isinstance(profile, Profile):
                rows.append((row, profile))
        if rows:
            yield f"{MODE_WORDS[mode].capitalize()}, {configuration}:", rows


def _who(rows: list[tuple[pd.Series, Profile]]) -> dict[str, list[str]]:
    return {
        "model": [escape(row["label"]) for row, _ in rows],
        "batch": [str(row["batch_size"]) for row, _ in rows],
    }


def _shares(profile: Profile) -> dict[str, float]:
    total = profile.op_seconds
    return {role: seconds / total for role, seconds in seconds_by_role(profile).items()}


def _percent(share: float | None) -> str:
    """Write a share; a role that a network does not have is no 0 %."""
    return MISSING if share is None else percent(share)


def _share(part: int, whole: int) -> str:
    return percent(part / whole) if part and whole else MISSING


def _no_profile(page: Page) -> str:
    absent = [page.parts[str(key)].profile for key in page.shown.index]
    reasons = dict.fromkeys(each.reason for each in absent if isinstance(each, Absent))
    return f"No time by role: {escape('; '.join(reasons))}." if reasons else ""

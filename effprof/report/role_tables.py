"""What the time of a step is spent on, by role: all groups, FLOPs beside time, SE in detail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.profiles import seconds_by_role
from effprof.core.costs import Cost
from effprof.core.estimates import Absent
from effprof.core.profiles import Profile
from effprof.core.roles import SQUEEZE_EXCITE_ROLES
from effprof.core.units import duration, percent
from effprof.report.blocks import Block
from effprof.report.groups import ROLE_GROUPS, grouped
from effprof.report.page import Page
from effprof.report.phrases import setting_words
from effprof.report.setting_tables import WHO, Told, by_setting, subject_and_reference
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.study.results import Result

#: Column of the SE table -> the roles it sums.
_SE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "SE": SQUEEZE_EXCITE_ROLES,
    "squeeze": ("SE squeeze",),
    "FC": ("SE FC",),
    "gate (sigmoid)": ("SE gate",),
    "scale": ("SE scale",),
    "activation": ("activation",),
}


@dataclass(frozen=True, slots=True)
class Shares:
    """The profile of a cell, and the shares of the operators' time of every role and group."""

    profile: Profile
    by_role: Mapping[str, float]
    by_group: Mapping[str, float]

    def of(self, roles: tuple[str, ...]) -> float | None:
        """Sum the shares of roles; a network that has none of them has no 0 %."""
        known = [self.by_role[role] for role in roles if role in self.by_role]
        return sum(known) if known else None


_INVISIBLE = (
    "**FLOP-invisible** is the share of the operators' time in those that FLOP counters score zero "
    "(norm, activation, sigmoid, multiplication, pool, addition). Shares are of the operators' "
    "time; `profiling cost` is the profiled step over the plain one, less one."
)


def role_time(page: Page) -> Iterator[Block]:
    """Time of the operators per image and its split over groups of roles, one table per setting."""
    if tables := list(by_setting(page, _ROLE_TIME, _shares, sparse=True)):
        yield _INVISIBLE
        yield from tables
    else:
        yield _no_profile(page)


def squeeze_excite(page: Page) -> Iterator[Block]:
    """Shares of the operators' time in squeeze-and-excitation, its parts, and activations."""
    yield from by_setting(page, _SQUEEZE_EXCITE, _shares)


def flops_beside_time(page: Page) -> Iterator[Block]:
    """Share of FLOPs, bytes and time of every role, for the subject and the reference."""
    for setting in page.study.first_settings:
        for result in subject_and_reference(setting):
            part = result.part
            if isinstance(part.profile, Profile) and part.cost is not None:
                words = setting_words(setting, within=True)
                title = f"{result.label}, {words}, batch {result.batch_size}"
                yield _by_role(part, part.profile, title)


def _group(name: str) -> Field[Told[Shares]]:
    return Field(Column(name, write=percent), lambda told: told.found.by_group.get(name))


def _se(name: str, roles: tuple[str, ...]) -> Field[Told[Shares]]:
    return Field(Column(name, write=percent), lambda told: told.found.of(roles))


_FLOP_INVISIBLE: Field[Told[Shares]] = Field(
    Column.of("flop_invisible_share", heading="FLOP-invisible"),
    lambda told: told.found.profile.flop_invisible_share,
)

_ROLE_TIME: tuple[Field[Told[Shares]], ...] = (
    *WHO,
    Field(
        Column("operators / image", write=duration),
        lambda told: told.found.profile.op_seconds / told.result.batch_size,
    ),
    *(_group(group.name) for group in ROLE_GROUPS),
    _FLOP_INVISIBLE,
    Field(Column("profiling cost", write=percent), lambda told: told.found.profile.overhead),
)

_SQUEEZE_EXCITE: tuple[Field[Told[Shares]], ...] = (
    *WHO,
    *(_se(*column) for column in _SE_COLUMNS.items()),
    _FLOP_INVISIBLE,
)


def _by_role(part: Breakdown, profile: Profile, title: str) -> Table:
    costs = part.cost.by_role if part.cost else {}
    total = part.cost.total if part.cost else Cost()
    seconds = seconds_by_role(profile)

    fields: tuple[Field[str], ...] = (
        Field(Column.words("role"), str),
        Field(
            Column("FLOPs", write=percent),
            lambda role: _share(costs.get(role, Cost()).flops, total.flops),
        ),
        Field(
            Column("bytes", write=percent),
            lambda role: _share(costs.get(role, Cost()).bytes_moved, total.bytes_moved),
        ),
        Field(
            Column("time", write=percent),
            lambda role: seconds[role] / profile.op_seconds if role in seconds else None,
        ),
    )
    roles = (*seconds, *(role for role in costs if role not in seconds))
    return Table.of(fields, roles, title)


def _shares(result: Result) -> Shares | None:
    profile = result.part.profile
    if not isinstance(profile, Profile):
        return None
    total = profile.op_seconds
    by_role = {role: seconds / total for role, seconds in seconds_by_role(profile).items()}
    return Shares(profile, by_role, grouped(by_role))


def _share(part: int, whole: int) -> float | None:
    return part / whole if part and whole else None


def _no_profile(page: Page) -> str:
    absent = [each.part.profile for each in page.study.results if each.valid]
    reasons = dict.fromkeys(each.reason for each in absent if isinstance(each, Absent))
    return f"No time by role: {escape('; '.join(reasons))}." if reasons else ""

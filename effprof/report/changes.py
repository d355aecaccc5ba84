"""Changes in words: a metric's value with its unit, old to new, the interval, the roles that moved.

Shared by the page of a night and by the comparison of two runs.
"""

from collections.abc import Mapping
from functools import partial

from effprof.core.estimates import Estimate
from effprof.core.metrics import METRICS, ROLE_PREFIX, metric_named
from effprof.core.units import MISSING, duration, estimate_text, is_missing
from effprof.regressions.assessment import Change
from effprof.report.tables.cells import Cell, Joined, Worded, Written
from effprof.report.tables.table import Column

#: Columns of a change: both values, and how far they are apart.
OLD_TO_NEW = Column("old → new", names=("old", "new"))
CHANGE = Column("change [95 %]", names=("change",))

#: A cell in which nothing stands, not even that a value is missing.
NOTHING = Worded("", None)

#: Roles that are named for one change; the others are only counted.
MOST_ROLES = 3


def metric_label(name: str) -> str:
    """Return what people call a metric; a name that is no metric stands for itself.

    >>> metric_label("step_seconds"), metric_label("role_seconds:norm"), metric_label("status")
    ('step', 'norm', 'status')
    """
    if name in METRICS or name.startswith(ROLE_PREFIX):
        return metric_named(name).quantity.label
    return name


def value_text(name: str, value: float | None) -> str:
    """Write a value of a metric with its unit.

    >>> value_text("step_seconds", 0.0171), value_text("peak_rss_bytes", 2**20)
    ('17.1 ms', '1.00 MiB')
    """
    if name not in METRICS and not name.startswith(ROLE_PREFIX):
        return MISSING
    return metric_named(name).quantity.write(value)


def _signed(share: float | None) -> str:
    return MISSING if share is None else f"{share * 100:+.1f}"


def change_text(change: Estimate | None) -> str:
    """Write a relative change with its sign, and its 95 % interval where there is one.

    >>> change_text(Estimate(0.0523, 0.041, 0.063, "welch", 5)), change_text(Estimate.bare(0.0, 1))
    ('+5.2 % [+4.1, +6.3]', '+0.0 %')
    >>> change_text(Estimate.bare(-0.101, 1)), change_text(None)
    ('-10.1 %', '–')
    """
    if change is None or is_missing(change.value):
        return MISSING
    return estimate_text(change, " %", _signed)


def old_to_new(metric: str, change: Change | None) -> Cell:
    """Give both values of a change of a metric, as one cell."""
    if change is None:
        return None
    write = partial(value_text, metric)
    return Joined((Written(change.old, write), Written(change.new, write)), " → ")


def effect(change: Change | None) -> Cell:
    """Give the relative change as a cell."""
    return None if change is None else Written(change.estimate, change_text)


def sizes(change: Change | None) -> Cell:
    """Give how many values there are on either side, as one cell; nothing without a change."""
    return NOTHING if change is None else Joined(change.n, " + ")


def signed_duration(seconds: float) -> str:
    """Write a difference of times with its sign.

    >>> signed_duration(0.0012), signed_duration(-0.0003)
    ('+1.20 ms', '-300 µs')
    """
    return f"{'-' if seconds < 0 else '+'}{duration(abs(seconds))}"


def moved_roles_text(roles: Mapping[str, float], at_most: int = MOST_ROLES) -> str:
    """Name the roles whose time moved, in the order given; of many the first.

    >>> moved_roles_text({"activation": 0.0012, "norm": -0.0003})
    'activation +1.20 ms, norm -300 µs'
    """
    told = [f"{role} {signed_duration(seconds)}" for role, seconds in roles.items()]
    rest = len(told) - at_most
    return ", ".join(told[:at_most]) + (f" and {rest} more" if rest > 0 else "")

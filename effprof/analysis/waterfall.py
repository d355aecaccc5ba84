"""The waterfall: how the speed-up that FLOPs promise turns into the realised one, bar by bar.

Of one network, `t_wall = t_flop * (t_roof/t_flop) * (t_kernel/t_roof) * (t_wall/t_kernel)`, with

- `t_flop` its FLOPs at the measured peak,
- `t_roof` the sum over operators of the larger of FLOPs at the peak and bytes at the bandwidth,
- `t_kernel` the time of all operators of its profile,
- `t_wall` the measured step.

The same factors of the reference divided by these are the bars; their product with the promise is
the realised speed-up, exactly. Every time is a sum over roles, so every bar splits over roles, too.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.comparison import reference_cells
from effprof.analysis.profiles import calls_by_role, seconds_by_role
from effprof.analysis.roofline import Roofline
from effprof.analysis.statistics import MIN_PAIRED, geometric_mean
from effprof.core.cells import Cell
from effprof.core.estimates import Absent
from effprof.core.profiles import Profile

Cause = Literal["arithmetic intensity", "kernel efficiency", "idle device"]

#: The causes in the order of the bars: from FLOPs to roofline, to operators, to the step.
CAUSES: tuple[Cause, ...] = ("arithmetic intensity", "kernel efficiency", "idle device")


@dataclass(frozen=True, slots=True)
class Bar:
    """One factor of the speed-up: below 1 it is lost, above 1 it is won back.

    `by_role` holds the part of every role in the logarithm of the factor; they sum to it.
    """

    factor: float
    by_role: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The speed-up of a cell over its reference: promise x the bars of all causes = realised."""

    cell: Cell
    reference: Cell
    promise: Bar
    bars: Mapping[Cause, Bar]
    realised: float

    @property
    def worst(self) -> Cause:
        """The cause that most is lost to, or least won by where nothing is lost."""
        return min(CAUSES, key=lambda cause: self.bars[cause].factor)


def waterfalls(
    broken_down: Mapping[Cell, Breakdown], reference: str
) -> dict[Cell, Waterfall | Absent]:
    """Draw up the waterfall of every cell against the reference's cell with equal axes.

    Absent, with the reason, where the cell or its reference lacks a valid measurement, a profile,
    the static cost by operator or the ceilings, and for the reference itself.
    """
    partners = reference_cells(tuple(broken_down), reference)
    return {
        cell: _against(broken_down[cell], broken_down[other])
        if other is not None and cell != other
        else Absent(
            "it is the reference" if other else f"{reference} was not planned with equal axes"
        )
        for cell, other in partners.items()
    }


def log_mean(a: float, b: float) -> float:
    """Logarithmic mean of two positive numbers: (a - b) / ln(a / b).

    Where they are nearly equal the quotient a / b has lost the digits of their difference; the
    logarithm of 1 + (a - b) / b, with the smaller as b, keeps them.

    >>> round(log_mean(1.0, 2.0), 4), log_mean(3.0, 3.0)
    (1.4427, 3.0)
    """
    low, high = sorted((a, b))
    return low if low == high else (high - low) / math.log1p((high - low) / low)


def split_log_ratio(
    above: Mapping[str, float], below: Mapping[str, float]
) -> tuple[float, dict[str, float]]:
    """Split ln(sum of `above` / sum of `below`) over the summands; returns it and the parts.

    The logarithmic mean Divisia index (LMDI-I: Ang and Liu 2001, doi:10.1016/S0360-5442(01)00022-6;
    Ang 2004, doi:10.1016/S0301-4215(03)00076-4): each part is the summand's change over the
    logarithmic mean of the sums. It leaves no residue, does not depend on an order, and a summand
    may be zero on either side.

    >>> whole, parts = split_log_ratio({"a": 3.0, "b": 1.0}, {"a": 1.0, "b": 1.0})
    >>> round(whole, 4), round(parts["a"], 4), parts["b"]
    (0.6931, 0.6931, 0.0)
    """
    one, other = sum(above.values()), sum(below.values())
    mean = log_mean(one, other)
    names = dict.fromkeys((*above, *below))
    parts = {name: (above.get(name, 0.0) - below.get(name, 0.0)) / mean for name in names}
    return math.log(one / other), parts


def _against(own: Breakdown, other: Breakdown) -> Waterfall | Absent:
    ours, theirs = _explained(own), _explained(other)
    if isinstance(ours, Absent):
        return ours
    if isinstance(theirs, Absent):
        return Absent(f"of the reference: {theirs.reason}")
    walls = _walls(own, other)
    own_times, other_times = _times(*ours, walls[0]), _times(*theirs, walls[1])
    promise, by_role = split_log_ratio(other_times[0], own_times[0])
    bars = {
        cause: _bar(own_times[place : place + 2], other_times[place : place + 2])
        for place, cause in enumerate(CAUSES)
    }
    realised = walls[1] / walls[0]
    return Waterfall(own.cell, other.cell, Bar(math.exp(promise), by_role), bars, realised)


def _explained(part: Breakdown) -> tuple[Profile, Roofline] | Absent:
    return part.explained if part.valid else Absent("no valid measurement")


def _times(profile: Profile, roof: Roofline, wall: float) -> list[dict[str, float]]:
    """Seconds by role of FLOPs, roofline, operators and step, each summing to its total.

    What the step lasts beyond its operators is shared out by calls: launching an operator, or
    dispatching it, costs the same whatever it computes.
    """
    kernel = seconds_by_role(profile)
    calls = calls_by_role(profile)
    idle = (wall - profile.op_seconds) / sum(calls.values())
    return [
        {role: each.arithmetic for role, each in roof.by_role.items()},
        {role: each.seconds for role, each in roof.by_role.items()},
        kernel,
        {role: seconds + idle * calls[role] for role, seconds in kernel.items()},
    ]


def _bar(own: Sequence[Mapping[str, float]], other: Sequence[Mapping[str, float]]) -> Bar:
    """Compare how much longer the second of two times is than the first, in both networks."""
    ours, our_parts = split_log_ratio(own[1], own[0])
    theirs, their_parts = split_log_ratio(other[1], other[0])
    roles = dict.fromkeys((*our_parts, *their_parts))
    parts = {role: their_parts.get(role, 0.0) - our_parts.get(role, 0.0) for role in roles}
    return Bar(math.exp(theirs - ours), parts)


def _walls(own: Breakdown, other: Breakdown) -> tuple[float, float]:
    """Give the steps of both in seconds, from the repeats that `realised` is taken from.

    Those are the common ones where they are enough for pairs (see `statistics.ratio_interval`).
    """
    common = own.medians.keys() & other.medians.keys()
    one, two = (
        [part.medians[index] for index in (common if len(common) >= MIN_PAIRED else part.medians)]
        for part in (own, other)
    )
    return geometric_mean(one), geometric_mean(two)

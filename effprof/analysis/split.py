"""The split: from promised to realised speed-up in three measured factors, without a ceiling.

Of one network in one process, exactly,

`step = (seconds per FLOP of the counted operators) * FLOPs / (1 - FLOP-invisible share)
* (step / operators)`.

Divided by the same three of the reference these are *slower arithmetic*, *uncounted work* and the
*framework*, on a GPU *launches*. In every round their product is the promise over the speed-up that
was realised in it; geometric means over the same rounds keep that.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.comparison import ROUGH_RATIO, reference_cells
from effprof.analysis.log_ratio import log_mean, split_log_ratio
from effprof.analysis.statistics import mean_ratio, over_runs
from effprof.core.cells import Cell
from effprof.core.estimates import Absent, Estimate
from effprof.core.libraries import library_of
from effprof.core.profiles import OpTime, Profile, seconds_by

Cause = Literal["slower arithmetic", "uncounted work", "framework", "launches"]

#: What the operators of one side are told by: their role, or the library that ran them.
By = Callable[[OpTime], str]


@dataclass(frozen=True, slots=True)
class StepTime:
    """One step of one process: what the clock says of it, its operators, and its FLOPs.

    `step` is the median of the process in seconds, `profile` a pass of its own; `role_flops` are
    the FLOPs of each role.
    """

    step: float
    profile: Profile
    flops: float
    role_flops: Mapping[str, float] = field(default_factory=dict)

    def per_flop(self, by: By = lambda _: "") -> dict[str, float]:
        """Give the seconds per FLOP of the counted operators by a key; they add up."""
        return {key: spent / self.flops for key, spent in self._seconds(True, by).items()}

    def uncounted(self, by: By = lambda _: "") -> dict[str, float]:
        """Give the time of uncounted operators over that of the counted ones, by a key.

        With the 1 of the counted ones they add up to 1 / (1 - FLOP-invisible share).
        """
        counted = sum(self._seconds(True, lambda _: "").values())
        return {key: spent / counted for key, spent in self._seconds(False, by).items()}

    def factors(self) -> tuple[float, float, float]:
        """Give seconds per FLOP, operators over counted operators, and step over operators."""
        (per_flop,) = self.per_flop().values()
        operators = self.profile.op_seconds
        return per_flop, operators / (per_flop * self.flops), self.step / operators

    def _seconds(self, counted: bool, by: By) -> dict[str, float]:
        return seconds_by((op for op in self.profile.ops if op.counted == counted), by)


@dataclass(frozen=True, slots=True)
class Factor:
    """How many times as long a cell takes as its reference for one cause: above 1 it loses.

    `by_role` and `by_library` are what each role or library does to it, the largest loss first;
    they multiply to it. The time between operators belongs to no role and is empty there; libraries
    are told of the arithmetic alone.
    """

    whole: Estimate
    by_role: Mapping[str, Estimate]
    by_library: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Slower arithmetic in two factors that multiply to it.

    `same_roles`: operators of one role take longer per FLOP than those of the reference;
    `other_roles`: more of the FLOPs are in roles that take longer, or in such that the reference
    lacks.
    """

    same_roles: Estimate
    other_roles: Estimate


@dataclass(frozen=True, slots=True)
class Split:
    """Where the promised speed-up of a cell went: promise / the factors of all causes = realised.

    `realised` is that of the `rounds` in which both networks were profiled; `arithmetic` tells the
    first factor apart.
    """

    cell: Cell
    reference: Cell
    promise: float
    factors: Mapping[Cause, Factor]
    realised: Estimate
    rounds: int
    arithmetic: Arithmetic

    @property
    def worst(self) -> Cause:
        """The cause that most is lost to, or least won by where nothing is lost."""
        return max(self.factors, key=lambda cause: self.factors[cause].whole.value)


def over_splits(found: Sequence[Split]) -> Split:
    """Take the splits of one cell in several runs of one machine together, two at least.

    Geometric means over runs keep that the factors multiply to the promise over what was realised,
    and that roles and libraries multiply to their factor. What is not in all runs is left out.
    """
    first = found[0]
    return Split(
        *(first.cell, first.reference, first.promise),
        {cause: _over_factors([each.factors[cause] for each in found]) for cause in first.factors},
        over_runs([each.realised.value for each in found]),
        sum(each.rounds for each in found),
        Arithmetic(
            over_runs([each.arithmetic.same_roles.value for each in found]),
            over_runs([each.arithmetic.other_roles.value for each in found]),
        ),
    )


def _over_factors(found: Sequence[Factor]) -> Factor:
    return Factor(
        over_runs([each.whole.value for each in found]),
        _over_keys([each.by_role for each in found]),
        _over_keys([each.by_library for each in found]),
    )


def _over_keys(found: Sequence[Mapping[str, Estimate]]) -> dict[str, Estimate]:
    """Take each key that all runs have together, the largest loss first."""
    common = [key for key in found[0] if all(key in each for each in found)]
    means = {key: over_runs([each[key].value for each in found]) for key in common}
    return dict(sorted(means.items(), key=lambda pair: -pair[1].value))


def causes_on(kind: str) -> tuple[Cause, Cause, Cause]:
    """Name the causes on a kind of device: a CPU that computes is never idle, a GPU waits."""
    return "slower arithmetic", "uncounted work", "launches" if kind == "cuda" else "framework"


def splits(
    broken_down: Mapping[Cell, Breakdown], reference: str, kind: str
) -> dict[Cell, Split | Absent]:
    """Split the speed-up of every cell over the reference's cell with equal axes.

    `kind` is that of the device. Absent, with the reason, where the cell or its reference lacks a
    valid measurement, a profile that counts FLOPs or the static cost, and for the reference itself.
    """
    partners = reference_cells(tuple(broken_down), reference)
    return {
        cell: split_of(broken_down[cell], broken_down[other], kind)
        if other is not None and cell != other
        else Absent(
            "it is the reference" if other else f"{reference} was not planned with equal axes"
        )
        for cell, other in partners.items()
    }


def split_of(own: Breakdown, other: Breakdown, kind: str) -> Split | Absent:
    """Split the speed-up of one cell over another; Absent with the reason where it cannot be."""
    ours, theirs = step_times(own), step_times(other)
    if isinstance(ours, Absent):
        return ours
    if isinstance(theirs, Absent):
        return Absent(f"of the reference: {theirs.reason}")
    pairs = [(ours[index], theirs[index]) for index in ours if index in theirs]
    if not pairs:
        return Absent("no round has a profile of both networks")
    estimate = _doubting(own, other)
    wholes = zip(*(_ratios(*pair) for pair in pairs), strict=True)
    factors = {
        cause: Factor(estimate(whole), *(_parts(pairs, place, by, estimate) for by in _BY))
        for place, (cause, whole) in enumerate(zip(causes_on(kind), wholes, strict=True))
    }
    realised = estimate([theirs.step / ours.step for ours, theirs in pairs])
    promise = pairs[0][1].flops / pairs[0][0].flops
    arithmetic = _arithmetic(pairs, estimate)
    return Split(own.cell, other.cell, promise, factors, realised, len(pairs), arithmetic)


def step_times(part: Breakdown) -> dict[int, StepTime] | Absent:
    """Give the step of every round that was profiled; Absent with the reason without one."""
    if not part.valid:
        return Absent("no valid measurement")
    if isinstance(part.profile, Absent):
        return part.profile
    if part.cost is None:
        return Absent("the static cost is not stored")
    if not part.cost.total.flops:
        return Absent("the network has no FLOPs")
    if not any(op.counted and op.seconds > 0 for op in part.profile.ops):
        return Absent("its profile tells no operator that counts FLOPs")
    flops = part.cost.total.flops
    by_role = {role: cost.flops for role, cost in part.cost.by_role.items()}
    return {
        index: StepTime(step, profile, flops, by_role)
        for index, (step, profile) in part.rounds.items()
        if any(op.counted and op.seconds > 0 for op in profile.ops)
    }


_Estimates = Callable[[Sequence[float]], Estimate]
_Pairs = Sequence[tuple[StepTime, StepTime]]


def _role(op: OpTime) -> str:
    return op.role


def _library(op: OpTime) -> str:
    return library_of(op.kernels)


#: What the parts of a factor are told by, in the order of the fields of `Factor`, and which of them
#: tell it of each factor.
_BY: tuple[By, By] = (_role, _library)
_TELLING: tuple[tuple[By, ...], ...] = ((_role, _library), (_role,), ())


def _doubting(own: Breakdown, other: Breakdown) -> _Estimates:
    """Estimate from rounds as ratios of speeds are: a rough cell makes them less certain."""

    def estimate(values: Sequence[float]) -> Estimate:
        found = mean_ratio(values)
        if own.pooled.is_unbounded or other.pooled.is_unbounded:
            return Estimate.bare(found.value, found.n)
        rough = own.pooled.is_rough or other.pooled.is_rough
        return found.widened(ROUGH_RATIO) if rough and found.bounded else found

    return estimate


def _ratios(own: StepTime, other: StepTime) -> tuple[float, ...]:
    return tuple(a / b for a, b in zip(own.factors(), other.factors(), strict=True))


def _arithmetic(pairs: _Pairs, estimate: _Estimates) -> Arithmetic:
    same = [_same_roles(own, other) for own, other in pairs]
    wholes = [math.log(_ratios(own, other)[0]) for own, other in pairs]
    others = [whole - part for whole, part in zip(wholes, same, strict=True)]
    return Arithmetic(*(estimate(list(map(math.exp, logs))) for logs in (same, others)))


def _same_roles(own: StepTime, other: StepTime) -> float:
    """Give the part of the logarithm of slower arithmetic that is within roles, of one round.

    The mean over roles of how much longer a FLOP takes, weighted by the logarithmic means of their
    shares of the time (the index of Sato 1976 and Vartia 1976): where every role is so many times
    slower, that is the part. A role that one of both lacks has no weight.
    """
    ours, theirs = own.per_flop(_role), other.per_flop(_role)
    whole, whole_of_theirs = sum(ours.values()), sum(theirs.values())
    weights = {
        role: log_mean(ours[role] / whole, theirs[role] / whole_of_theirs)
        for role in ours
        if _is_timed(own, role) and _is_timed(other, role)
    }
    longer = (
        weight * math.log(_role_per_flop(own, role) / _role_per_flop(other, role))
        for role, weight in weights.items()
    )
    return math.fsum(longer) / math.fsum(weights.values()) if weights else 0.0


def _is_timed(step: StepTime, role: str) -> bool:
    return step.role_flops.get(role, 0) > 0 and step.per_flop(_role).get(role, 0) > 0


def _role_per_flop(step: StepTime, role: str) -> float:
    """Seconds per FLOP of the counted operators of one role."""
    return step.per_flop(_role)[role] * step.flops / step.role_flops[role]


def _parts(pairs: _Pairs, place: int, by: By, estimate: _Estimates) -> dict[str, Estimate]:
    """Estimate what each key does to the factor at a place; the largest loss comes first."""
    if by not in _TELLING[place]:
        return {}
    rounds = [_split_round(own, other, place, by) for own, other in pairs]
    keys = dict.fromkeys(key for parts in rounds for key in parts)
    found = {
        key: estimate([math.exp(parts.get(key, 0.0)) for parts in rounds])
        for key in keys
        if any(parts.get(key) for parts in rounds)
    }
    return dict(sorted(found.items(), key=lambda item: -item[1].value))


#: Stands for the counted operators among the uncounted ones: it is 1 on both sides.
_COUNTED = ""


def _split_round(own: StepTime, other: StepTime, place: int, by: By) -> dict[str, float]:
    """Split the logarithm of the first or the second factor of one round."""
    if place == 0:
        return split_log_ratio(own.per_flop(by), other.per_flop(by))[1]
    sides = ({_COUNTED: 1.0} | side.uncounted(by) for side in (own, other))
    return split_log_ratio(*sides)[1]

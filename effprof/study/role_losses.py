"""Role losses: what each role of a network takes, costs against the reference, and would win."""

from collections.abc import Iterator
from dataclasses import dataclass

from effprof.analysis.split import Split, StepTime, step_times
from effprof.analysis.statistics import mean_ratio
from effprof.core.estimates import Absent, Estimate
from effprof.core.libraries import library_of
from effprof.core.profiles import OpTime, Profile, seconds_by
from effprof.study.results import Result
from effprof.study.setting import Setting


@dataclass(frozen=True, slots=True)
class RoleLoss:
    """One role of a network that is compared with a reference; None where it has no such number.

    `flops` is its share of the FLOPs, `time` that of the operators' time, `speed` and
    `reference_speed` the FLOP/s of its counted operators in both networks. `arithmetic` and
    `uncounted` are its parts of the factors, which multiply to them. `without` says how many times
    as fast the network would be without it.
    """

    role: str
    flops: float | None
    time: Estimate | None
    speed: float | None
    reference_speed: float | None
    arithmetic: Estimate | None
    uncounted: Estimate | None
    without: Estimate | None


@dataclass(frozen=True, slots=True)
class LibraryUse:
    """What of a role's counted operators one library ran: `calls` of `of`, a share of the time.

    `speed` is its FLOP/s, where it ran all of them: FLOPs are counted by role.
    """

    result: Result
    role: str
    library: str
    calls: int
    of: int
    time: float
    speed: float | None


def role_losses(own: Result, other: Result) -> tuple[RoleLoss, ...]:
    """Give every role of two networks that are compared, the one that takes most time first."""
    split = own.split
    ours, theirs = step_times(own.part), step_times(other.part)
    if isinstance(split, Absent) or isinstance(ours, Absent) or isinstance(theirs, Absent):
        return ()
    seen = (*own.part.rounds.values(), *other.part.rounds.values())
    roles = dict.fromkeys(op.role for _, profile in seen for op in profile.ops)
    losses = (_loss(role, own, other, split) for role in roles)
    return tuple(sorted(losses, key=lambda each: -(each.time.value if each.time else 0.0)))


def without_uncounted(result: Result) -> Estimate | None:
    """Estimate how many times as fast a network would be without all its uncounted work."""
    return result.part.without(lambda op: not op.counted)


def library_uses(result: Result) -> Iterator[LibraryUse]:
    """Tell which libraries ran the counted operators of a network, by role, most time first."""
    profile = result.part.profile
    if not isinstance(profile, Profile):
        return
    counted = [op for op in profile.ops if op.counted]
    for role in seconds_by(counted, lambda op: op.role):
        own = [op for op in counted if op.role == role]
        for library, seconds in seconds_by(own, _library).items():
            calls = sum(_library(op) == library for op in own)
            flops = _flops(result, role) if calls == len(own) else None
            speed = flops / seconds if flops and seconds else None
            share = seconds / profile.op_seconds
            yield LibraryUse(result, role, library, calls, len(own), share, speed)


def reference_of(setting: Setting, result: Result) -> Result | None:
    """Give the result that a network of a setting is split against."""
    if isinstance(result.split, Absent):
        return None
    cell = result.split.reference
    return next((each for each in setting.results if each.cell == cell), None)


def _loss(role: str, own: Result, other: Result, split: Split) -> RoleLoss:
    arithmetic, uncounted, _ = split.factors.values()
    without = own.part.without(lambda op: op.role == role)
    there = without is not None and without.value > 1
    cost = own.part.cost
    flops = _flops(own, role)
    return RoleLoss(
        role,
        flops / cost.total.flops if flops and cost else None,
        without.through(lambda win: 1 - 1 / win) if without and there else None,
        _speed(own, role),
        _speed(other, role),
        arithmetic.by_role.get(role),
        uncounted.by_role.get(role),
        without if there else None,
    )


def _flops(result: Result, role: str) -> float | None:
    cost = result.part.cost
    return cost.by_role[role].flops if cost and role in cost.by_role else None


def _speed(result: Result, role: str) -> float | None:
    """Give the FLOP/s of the counted operators of a role, over the rounds."""
    rounds, flops = step_times(result.part), _flops(result, role)
    if isinstance(rounds, Absent) or not flops:
        return None
    spent = [_counted_seconds(each, role) for each in rounds.values()]
    return mean_ratio([flops / seconds for seconds in spent]).value if all(spent) else None


def _counted_seconds(step: StepTime, role: str) -> float:
    return step.per_flop(lambda op: op.role).get(role, 0.0) * step.flops


def _library(op: OpTime) -> str:
    return library_of(op.kernels)

"""The profile of a cell: those of its repeats pooled, operator by operator."""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from effprof.core.estimates import Absent
from effprof.core.outcomes import Measurement
from effprof.core.profiles import OpTime, Profile


def pooled_profile(used: Iterable[Measurement]) -> Profile | Absent:
    """Pool the profiles of a cell's repeats: each operator takes its median time over them.

    Operators are aligned by their place in the step. A repeat that ran another sequence of
    operators than most did (a library chose differently) cannot be aligned and is left out.
    Absent without any profile that saw operators, with the reasons the repeats gave.
    """
    repeats = tuple(used)
    profiles = [done.profile for done in repeats if done.profile and done.profile.op_seconds > 0]
    if not profiles:
        return Absent(_why_not(repeats))
    (sequence, _), *_ = Counter(map(_sequence, profiles)).most_common(1)
    aligned = [profile for profile in profiles if _sequence(profile) == sequence]
    ops = tuple(
        replace(same[0], seconds=statistics.median(op.seconds for op in same))
        for same in zip(*(profile.ops for profile in aligned), strict=True)
    )
    busy = [profile.busy_seconds for profile in aligned if profile.busy_seconds is not None]
    return replace(
        aligned[0],
        ops=ops,
        wall_seconds=statistics.median(profile.wall_seconds for profile in aligned),
        plain_seconds=statistics.median(profile.plain_seconds for profile in aligned),
        busy_seconds=statistics.median(busy) if busy else None,
    )


def calls_by_role(profile: Profile) -> dict[str, int]:
    """Count the operator calls of each role in a step."""
    return dict(Counter(op.role for op in profile.ops))


def seconds_by_role(profile: Profile) -> dict[str, float]:
    """Sum the time of each role in a step, in seconds, largest first; sums to `op_seconds`."""
    return profile.by_role


def _sequence(profile: Profile) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(map(_identity, profile.ops))


def _identity(op: OpTime) -> tuple[str, str, str, str]:
    return op.op, op.phase, op.role, op.module


def _why_not(repeats: Sequence[Measurement]) -> str:
    if not repeats:
        return "not measured"
    reasons = [done.profile.reason for done in repeats if done.profile and done.profile.reason]
    reasons += [done.missing["profile"] for done in repeats if "profile" in done.missing]
    return "; ".join(dict.fromkeys(reasons)) or "no profile was taken (--profile)"

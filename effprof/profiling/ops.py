"""Timed operators of several steps, put together into the profile of one step."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from effprof.core.profiles import OpTime
from effprof.core.roles import OpSite, roles_of
from effprof.profiling.fused import is_product


class NotSteady(Exception):  # the reason why a cell has no profile, not an error of the program
    """Steps do not repeat the same operators, so that none has a time of its own."""


@dataclass(frozen=True, slots=True)
class TimedOp:
    """One operator call of one step: its site, its seconds, and the kernels that ran for it.

    `role` is set where the site cannot tell it: fused kernels, and time that nothing claims. `macs`
    are its static ones; None where its arguments are not known, and its name has to tell.
    """

    site: OpSite
    seconds: float
    kernels: tuple[str, ...] = ()
    role: str | None = None
    macs: int | None = None

    @property
    def counted(self) -> bool:
        """Whether static cost gives it MACs."""
        by_name = self.site.is_product or is_product(self.site.op)
        return by_name if self.macs is None else self.macs > 0


def median_step(
    steps: Sequence[Sequence[TimedOp]], described: Sequence[TimedOp]
) -> tuple[OpTime, ...]:
    """Give every operator of a step its median time over `steps`.

    `described` is a step whose sites know shapes; the others need only repeat its operators in the
    same order. Aligned so, a disturbed step costs nothing, where a sum would carry it along. Raises
    `NotSteady` when the operators differ.
    """
    names = [op.site.op for op in described]
    for step in steps:
        if [op.site.op for op in step] != names:
            raise NotSteady(_difference(names, [op.site.op for op in step]))
    sites = [op.site for op in described]
    times = (statistics.median(op.seconds for op in calls) for calls in zip(*steps, strict=True))
    return tuple(
        OpTime(
            op=site.op,
            phase=site.phase,
            role=op.role or role,
            module=site.path,
            seconds=seconds,
            counted=op.counted,
            kernels=op.kernels,
        )
        for op, site, role, seconds in zip(described, sites, roles_of(sites), times, strict=True)
    )


def _difference(names: Sequence[str], others: Sequence[str]) -> str:
    pairs = enumerate(zip(names, others, strict=False))
    place = next((f"at {i}: {a} then {b}" for i, (a, b) in pairs if a != b), "at the end")
    return (
        f"steps differ in their operators ({len(names)} then {len(others)}; {place}); only a step"
        " that repeats itself can be profiled"
    )

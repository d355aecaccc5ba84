"""Regimes: what sets the pace of a step, told by a table of rules, with the evidence."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from effprof.core.units import percent, times

RegimeName = Literal["launch-bound", "memory-bound", "compute-bound"]

#: Operators busy for less of the step than this: the device waits to be told what to do. With steps
#: queued back to back a device that has work is busy; gaps of 1 to 2 µs between kernels of 5 µs
#: and more leave it above 0.7 to 0.8. On a CPU the rest is the framework's own time (probe: the sum
#: of operators is within 2 % of the step, and falls below only for the smallest networks).
LAUNCH_BOUND_BELOW = 0.8

#: Memory bounds operators that make up more of the roofline than this: the larger part decides.
MEMORY_BOUND_FROM = 0.5

#: A share this close to its threshold is called borderline. The probe's two ways of attributing
#: time differ by up to 3 points and runs by 6 %, so closer calls may go the other way next time.
BORDERLINE = 0.06


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a regime is told from: shares of one, and the time over the roofline bound.

    `busy_share` is the time of all operators over the step, `memory_share` the part of the roofline
    bound in operators that memory bounds, `over_roofline` the operators' time over that bound.
    """

    busy_share: float
    memory_share: float
    over_roofline: float


@dataclass(frozen=True, slots=True)
class RegimeRule:
    """A row of the table: the regime, and when it holds."""

    name: RegimeName
    holds: Callable[[Evidence], bool]


#: The first row that holds names the regime; the last one catches all.
REGIMES = (
    RegimeRule("launch-bound", lambda seen: seen.busy_share < LAUNCH_BOUND_BELOW),
    RegimeRule("memory-bound", lambda seen: seen.memory_share >= MEMORY_BOUND_FROM),
    RegimeRule("compute-bound", lambda _: True),
)


@dataclass(frozen=True, slots=True)
class Regime:
    """The label of a step and what it was told from; `borderline` if it might go the other way."""

    name: RegimeName
    evidence: Evidence
    borderline: bool

    @property
    def why(self) -> str:
        """Phrase the evidence.

        >>> regime_of(Evidence(0.97, 0.53, 2.1)).why
        'busy 97 %; memory 53 % of the roofline (borderline); operators take 2.1x their roofline'
        """
        seen = self.evidence
        near_launch, near_memory = _near(seen)
        launching = self.name == "launch-bound"
        return (
            f"busy {percent(seen.busy_share)}{_mark(near_launch)}; "
            f"memory {percent(seen.memory_share)} of the roofline"
            f"{_mark(near_memory and not launching)}; "
            f"operators take {times(seen.over_roofline, 2)} their roofline"
        )


def regime_of(evidence: Evidence) -> Regime:
    """Name the regime that the evidence speaks for.

    >>> regime_of(Evidence(0.4, 0.9, 5.0)).name
    'launch-bound'
    """
    name = next(rule.name for rule in REGIMES if rule.holds(evidence))
    near_launch, near_memory = _near(evidence)
    borderline = near_launch or (near_memory and name != "launch-bound")
    return Regime(name, evidence, borderline)


def _near(seen: Evidence) -> tuple[bool, bool]:
    return (
        abs(seen.busy_share - LAUNCH_BOUND_BELOW) < BORDERLINE,
        abs(seen.memory_share - MEMORY_BOUND_FROM) < BORDERLINE,
    )


def _mark(near: bool) -> str:
    return " (borderline)" if near else ""

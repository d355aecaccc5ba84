"""Regimes: what sets the pace of a step, told by a table of rules, with the evidence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from effprof.core.units import percent

RegimeName = Literal["launch-bound", "framework-bound", "memory-bound", "compute-bound", "not told"]

#: Operators busy for less of the step than this: the time between them sets the pace. With steps
#: queued back to back a GPU that has work is busy; gaps of 1 to 2 µs between kernels of 5 µs and
#: more leave it above 0.7 to 0.8. A pinned core is never idle: there the rest is the framework's
#: own time (probe: the sum of operators is within 2 % of the step, and falls below only for the
#: smallest networks).
BUSY_FROM = 0.8

#: Memory bounds operators that make up more of the roofline than this: the larger part decides.
MEMORY_BOUND_FROM = 0.5

#: A share this close to its threshold is called borderline. The probe's two ways of attributing
#: time differ by up to 3 points and runs by 6 %, so closer calls may go the other way next time.
BORDERLINE = 0.06


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a regime is told from: shares of one, on a kind of device.

    `busy_share` is the time of all operators over the step; `memory_shares` map each memory level
    whose bandwidth was measured to the part of the roofline in operators that it bounds.
    """

    kind: str
    busy_share: float
    memory_shares: Mapping[str, float]

    @property
    def waits(self) -> bool:
        """Whether the time between operators sets the pace."""
        return self.busy_share < BUSY_FROM

    @property
    def memory(self) -> set[bool]:
        """What the levels say of memory: whether it is the larger part."""
        return {share >= MEMORY_BOUND_FROM for share in self.memory_shares.values()}


@dataclass(frozen=True, slots=True)
class RegimeRule:
    """A row of the table: the regime, and when it holds."""

    name: RegimeName
    holds: Callable[[Evidence], bool]


#: The first row that holds names the regime; the last one catches all: levels that disagree.
REGIMES = (
    RegimeRule("launch-bound", lambda seen: seen.waits and seen.kind == "cuda"),
    RegimeRule("framework-bound", lambda seen: seen.waits),
    RegimeRule("memory-bound", lambda seen: seen.memory == {True}),
    RegimeRule("compute-bound", lambda seen: seen.memory == {False}),
    RegimeRule("not told", lambda _: True),
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

        >>> regime_of(Evidence("cpu", 0.97, {"main memory": 0.53, "L2": 0.3})).why
        'busy 97 %; memory bounds 53 % at main memory (borderline), 30 % at L2'
        """
        seen = self.evidence
        at_levels = ", ".join(
            f"{percent(share)} at {level}{_mark(_near_memory(share) and not seen.waits)}"
            for level, share in seen.memory_shares.items()
        )
        return (
            f"busy {percent(seen.busy_share)}{_mark(_near_busy(seen))}; memory bounds {at_levels}"
        )


def regime_of(evidence: Evidence) -> Regime:
    """Name the regime that the evidence speaks for.

    >>> regime_of(Evidence("cuda", 0.4, {"memory": 0.9})).name
    'launch-bound'
    >>> regime_of(Evidence("cpu", 0.9, {"main memory": 0.6, "L2": 0.2})).name
    'not told'
    """
    name = next(rule.name for rule in REGIMES if rule.holds(evidence))
    shares = evidence.memory_shares.values()
    near = not evidence.waits and any(map(_near_memory, shares))
    return Regime(name, evidence, _near_busy(evidence) or near)


def _near_busy(seen: Evidence) -> bool:
    return abs(seen.busy_share - BUSY_FROM) < BORDERLINE


def _near_memory(share: float) -> bool:
    return abs(share - MEMORY_BOUND_FROM) < BORDERLINE


def _mark(near: bool) -> str:
    return " (borderline)" if near else ""

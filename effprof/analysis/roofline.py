"""The roofline bound of a step: what the measured ceilings allow each operator, summed.

Williams, Waterman and Patterson, Roofline: an insightful visual performance model, CACM 52(4), 2009
(doi:10.1145/1498765.1498785), taken per operator: an operator needs at least the time of its
arithmetic at peak FLOP/s and at least that of its unfused traffic at the bandwidth of a copy.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from effprof.core.cells import Cell
from effprof.core.costs import Cost, OpKind, StaticCost
from effprof.core.estimates import Absent
from effprof.core.runs import Peak, Run

#: Kinds of peak that bound FLOP/s; a copy bounds bytes/s.
PRODUCT_PEAKS = ("matmul", "conv3x3")

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ([KMG]?)i?B")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What the device reaches at best: FLOP/s of products, bytes/s of a copy in main memory."""

    flops_per_second: float
    bytes_per_second: float

    @property
    def ridge(self) -> float:
        """Arithmetic intensity, in FLOPs per byte, from which arithmetic is the bound."""
        return self.flops_per_second / self.bytes_per_second


@dataclass(frozen=True, slots=True)
class Bound:
    """The least seconds that some operators need in a step.

    `arithmetic` at peak FLOP/s, `memory` at the copy's bandwidth, `seconds` the sum over operators
    of the larger of the two, and `memory_bound` the part of it where memory is the larger.
    """

    arithmetic: float = 0.0
    memory: float = 0.0
    seconds: float = 0.0
    memory_bound: float = 0.0

    def __add__(self, other: "Bound") -> "Bound":
        """Bounds add field by field."""
        return Bound(
            self.arithmetic + other.arithmetic,
            self.memory + other.memory,
            self.seconds + other.seconds,
            self.memory_bound + other.memory_bound,
        )


@dataclass(frozen=True, slots=True)
class Roofline:
    """The bounds of a step by role, in seconds, and the ceilings they were taken from."""

    ceilings: Ceilings
    by_role: Mapping[str, Bound]

    @property
    def total(self) -> Bound:
        """All roles together."""
        return sum(self.by_role.values(), Bound())

    @property
    def memory_share(self) -> float:
        """Share of the bound in operators that memory bounds."""
        return self.total.memory_bound / self.total.seconds


def product_peaks(run: Run) -> dict[tuple[str, int], float]:
    """Map each (precision, CPU threads) to the largest measured FLOP/s of a product."""
    found: dict[tuple[str, int], float] = {}
    for peak in run.peaks:
        if peak.kind in PRODUCT_PEAKS:
            key = (peak.precision, peak.threads)
            found[key] = max(peak.value, found.get(key, 0.0))
    return found


def copy_peaks(run: Run) -> dict[int, Peak]:
    """Map each number of CPU threads to the copy that bounds traffic: the largest in size.

    It is the one that no cache holds. Of three sizes it predicted the time of 33 networks best
    (probe: log-log R² at slope 1 of 0.975, against 0.80 and 0.71 with the copies held in caches);
    single operators whose operands stay in a cache can be faster than the bound it gives.
    """
    found: dict[int, Peak] = {}
    for peak in run.peaks:
        size = _bytes(peak)
        if peak.kind == "copy" and size and size > _bytes(found.get(peak.threads)):
            found[peak.threads] = peak
    return found


def ceilings_of(run: Run) -> dict[tuple[str, int], Ceilings]:
    """Map each (precision, CPU threads) with a product and a copy to its ceilings."""
    copies = copy_peaks(run)
    return {
        (precision, threads): Ceilings(flops, copies[threads].value)
        for (precision, threads), flops in product_peaks(run).items()
        if threads in copies and flops > 0 and copies[threads].value > 0
    }


def roofline(
    cell: Cell, cost: StaticCost | None, ceilings: Mapping[tuple[str, int], Ceilings]
) -> Roofline | Absent:
    """Bound a step of `cell` by the ceilings of its precision and thread count."""
    if cost is None or not cost.kinds:
        return Absent("the static cost by operator is not stored")
    if not cost.total.macs:
        return Absent("the network has no FLOPs")
    own = ceilings.get((cell.precision, cell.threads))
    if own is None:
        return Absent(
            f"no product and copy were measured at {cell.precision}, {cell.threads} threads"
        )
    return Roofline(own, _by_role(cost.kinds, own))


def bound(cost: Cost, ceilings: Ceilings, count: int = 1) -> Bound:
    """Bound `count` operators that each cost `cost`."""
    arithmetic = cost.flops / ceilings.flops_per_second
    memory = cost.bytes_moved / ceilings.bytes_per_second
    least = max(arithmetic, memory)
    memory_bound = least if memory > arithmetic else 0.0
    return Bound(count * arithmetic, count * memory, count * least, count * memory_bound)


def _by_role(kinds: Iterable[OpKind], ceilings: Ceilings) -> dict[str, Bound]:
    sums: dict[str, Bound] = {}
    for kind in kinds:
        own = bound(kind.each, ceilings, kind.count)
        sums[kind.role] = sums.get(kind.role, Bound()) + own
    return sums


def _bytes(peak: Peak | None) -> float:
    """Size of a copy in bytes; 0 where there is none or its text does not tell."""
    found = _SIZE.fullmatch(peak.size) if peak else None
    return float(found[1]) * _UNITS[found[2]] if found else 0.0

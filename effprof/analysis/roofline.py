"""The roofline of a step: what the measured ceilings allow each operator, at every memory level.

Williams, Waterman and Patterson, Roofline: an insightful visual performance model, CACM 52(4), 2009
(doi:10.1145/1498765.1498785), taken per operator: an operator needs at least the time of its
arithmetic at peak FLOP/s and that of its unfused traffic at a bandwidth. Which one, nobody can tell
who only knows how long it took: its operands may be in any cache. So there is a line per memory
level (Ilic, Pratas and Sousa, Cache-aware Roofline model: Upgrading the loft, IEEE Computer
Architecture Letters 13(1), 2014, doi:10.1109/L-CA.2013.6), each of bytes as the core sees them.
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

#: Names of the level beyond all caches, and of one that is known by the size of a copy only.
MAIN_MEMORY = "main memory"
DEVICE_MEMORY = "device memory"
_UNKNOWN_LEVEL = "copies of {}"

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ([KMG]?)i?B")
_CACHE = re.compile(r"(L\d+)(d?) (\d+ [KM]iB)")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True, slots=True)
class Level:
    """A level of memory: what a copy within it reached in bytes/s, each half of it of `size`."""

    name: str
    size: str
    bytes_per_second: float


@dataclass(frozen=True, slots=True)
class Ceilings:
    """What the device reaches at best: FLOP/s of products, bytes/s of copies.

    `levels` are those of memory that were measured, from main memory inwards; there is one at
    least.
    """

    flops_per_second: float
    levels: tuple[Level, ...]

    @property
    def bytes_per_second(self) -> float:
        """The bandwidth of main memory."""
        return self.levels[0].bytes_per_second

    def ridge(self, level: Level) -> float:
        """Arithmetic intensity from which arithmetic is the bound, in FLOPs per byte."""
        return self.flops_per_second / level.bytes_per_second


@dataclass(frozen=True, slots=True)
class Bound:
    """The least seconds that some operators need in a step, with their operands at one level.

    `seconds` is the sum over operators of the larger of their arithmetic at peak FLOP/s and their
    traffic at the level's bandwidth; `memory_bound` the part of it where the traffic is the larger.
    """

    seconds: float = 0.0
    memory_bound: float = 0.0

    def __add__(self, other: "Bound") -> "Bound":
        """Bounds add field by field."""
        return Bound(self.seconds + other.seconds, self.memory_bound + other.memory_bound)


@dataclass(frozen=True, slots=True)
class Roofline:
    """The bound of a step at every level, in seconds, and the ceilings it was taken from."""

    ceilings: Ceilings
    at: Mapping[str, Bound]

    @property
    def seconds(self) -> float:
        """The bound with all operands in main memory."""
        return self.at[self.ceilings.levels[0].name].seconds

    @property
    def memory_shares(self) -> dict[str, float]:
        """Share of the bound in operators that memory bounds, by level."""
        return {level: bound.memory_bound / bound.seconds for level, bound in self.at.items()}


def product_peaks(run: Run) -> dict[tuple[str, int], float]:
    """Map each (precision, CPU threads) to the largest measured FLOP/s of a product."""
    found: dict[tuple[str, int], float] = {}
    for peak in run.peaks:
        if peak.kind in PRODUCT_PEAKS:
            key = (peak.precision, peak.threads)
            found[key] = max(peak.value, found.get(key, 0.0))
    return found


def memory_levels(run: Run) -> dict[int, tuple[Level, ...]]:
    """Map each number of CPU threads to the levels of memory that copies measured.

    The largest copy is in main memory; a smaller one is in the smallest cache that holds both its
    halves, as far as the run tells the sizes of caches. Of two in one cache the faster one counts,
    of those in main memory the larger one. A GPU's copies are all in its memory.
    """
    levels: dict[int, dict[str, Level]] = {}
    caches = _caches(run)
    memory = DEVICE_MEMORY if _on_gpu(run) else MAIN_MEMORY
    copies = [peak for peak in run.peaks if peak.kind == "copy" and _bytes(peak.size)]
    for peak in sorted(copies, key=lambda each: -_bytes(each.size)):
        own = levels.setdefault(peak.threads, {})
        name = (_cache_of(peak, caches) if own else None) or memory
        found = own.get(name)
        if found is None or (name != memory and peak.value > found.bytes_per_second):
            own[name] = Level(name, peak.size, peak.value)
    return {threads: tuple(own.values()) for threads, own in levels.items()}


def ceilings_of(run: Run) -> dict[tuple[str, int], Ceilings]:
    """Map each (precision, CPU threads) with a product and a copy to its ceilings."""
    levels = memory_levels(run)
    return {
        (precision, threads): Ceilings(flops, levels[threads])
        for (precision, threads), flops in product_peaks(run).items()
        if threads in levels
        and flops > 0
        and all(level.bytes_per_second > 0 for level in levels[threads])
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
    return Roofline(own, {level.name: _sum(cost.kinds, own, level) for level in own.levels})


def bound(cost: Cost, ceilings: Ceilings, level: Level, count: int = 1) -> Bound:
    """Bound `count` operators that each cost `cost`, with their operands at a level."""
    arithmetic = cost.flops / ceilings.flops_per_second
    memory = cost.bytes_moved / level.bytes_per_second
    least = max(arithmetic, memory)
    return Bound(count * least, count * least if memory > arithmetic else 0.0)


def _sum(kinds: Iterable[OpKind], ceilings: Ceilings, level: Level) -> Bound:
    bounds = (bound(kind.each, ceilings, level, kind.count) for kind in kinds)
    return sum(bounds, Bound())


def _cache_of(peak: Peak, caches: Mapping[str, float] | None) -> str | None:
    """Name the cache that a copy stays in; None where none holds both its halves."""
    if caches is None:
        return _UNKNOWN_LEVEL.format(peak.size)
    needed = 2 * _bytes(peak.size)
    holding = {name: size for name, size in caches.items() if size >= needed}
    return min(holding, key=holding.__getitem__, default=None)


def _caches(run: Run) -> dict[str, float] | None:
    """Give the bytes of each cache of data, those of a GPU as none; None where nothing tells.

    Where kinds of cores differ a level is as large as its smallest.
    """
    marks = run.invocation.fingerprint.gating
    if _on_gpu(run):
        return {}
    if "caches" not in marks:
        return None
    sizes: dict[str, float] = {}
    for name, data, size in _CACHE.findall(marks["caches"]):
        sizes[name + data] = min(_bytes(size), sizes.get(name + data, _bytes(size)))
    return sizes


def _on_gpu(run: Run) -> bool:
    return run.invocation.fingerprint.gating.get("device kind") == "cuda"


def _bytes(size: str) -> float:
    """Read the size of a copy or of a cache; 0 where it is none.

    >>> _bytes("256 MiB"), _bytes("enormous")
    (268435456.0, 0.0)
    """
    found = _SIZE.fullmatch(size)
    return float(found[1]) * _UNITS[found[2]] if found else 0.0

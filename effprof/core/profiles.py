"""A profile: the time of one step, split over its operators, their roles and their modules."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import fsum
from typing import Literal

from effprof.core.costs import Phase

#: How time was attributed: a clock around every operator (CPU), or torch.profiler's kernels.
ProfileMethod = Literal["dispatch clock", "torch.profiler"]

#: Method by the word that asks for it.
METHODS: dict[str, ProfileMethod] = {"clock": "dispatch clock", "profiler": "torch.profiler"}

ProfileStatus = Literal["profiled", "no_device_events"]

#: Role of time that could be tied to no operator; its share is always shown.
UNATTRIBUTED = "unattributed"


@dataclass(frozen=True, slots=True)
class OpTime:
    """The time of one operator call in a step, in seconds of the device, each kernel once.

    `op` is the ATen name, under `torch.compile` the fused kernel's; `module` the path of the module
    it stands in (a backward op stands where its forward op does); `kernels` the names of what ran,
    where known; `counted` says whether FLOP counters give the operator any FLOPs.
    """

    op: str
    phase: Phase
    role: str
    module: str
    seconds: float
    counted: bool
    kernels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """One step of a cell by operator: medians over `steps` profiled steps.

    `wall_seconds` is the profiled step, `plain_seconds` the same step in the timing pass: their
    ratio is what profiling cost. `kernel_count` and `busy_seconds` (device time of all kernels,
    overlaps once) belong to devices; with the dispatch clock both are those of the operators.
    Without device events `ops` is empty and `reason` says why: never 0 ms.
    """

    method: ProfileMethod
    status: ProfileStatus
    steps: int
    ops: tuple[OpTime, ...]
    wall_seconds: float
    plain_seconds: float
    kernel_count: int | None = None
    busy_seconds: float | None = None
    reason: str = ""

    @property
    def op_seconds(self) -> float:
        """Time of all operators together: the total that roles and modules sum to."""
        return fsum(op.seconds for op in self.ops)

    @property
    def overhead(self) -> float:
        """Profiled step over plain step, less one."""
        return self.wall_seconds / self.plain_seconds - 1

    @property
    def flop_invisible_share(self) -> float | None:
        """Share of the time in operators that FLOP counters score zero; None without a profile."""
        total = self.op_seconds
        return fsum(op.seconds for op in self.ops if not op.counted) / total if total else None

    @property
    def by_role(self) -> dict[str, float]:
        """Seconds of each role in a step, largest first; they sum to `op_seconds`."""
        return self.by(lambda op: op.role)

    def by(self, key: Callable[[OpTime], str]) -> dict[str, float]:
        """Sum seconds by a key of the operators, largest first; sums to `op_seconds`."""
        return seconds_by(self.ops, key)


def seconds_by(ops: Iterable[OpTime], key: Callable[[OpTime], str]) -> dict[str, float]:
    """Sum the seconds of operators by a key, largest first.

    The sum is the nearest there is: Python's own rounds otherwise from 3.12 on.
    """
    parts: dict[str, list[float]] = {}
    for op in ops:
        parts.setdefault(key(op), []).append(op.seconds)
    sums = {name: fsum(seconds) for name, seconds in parts.items()}
    return dict(sorted(sums.items(), key=lambda item: -item[1]))

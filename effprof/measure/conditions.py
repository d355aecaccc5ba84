"""The state of the machine while a cell was timed, and what makes its samples unbelievable."""

import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import psutil

from effprof.core.cells import Allocator
from effprof.core.outcomes import Conditions
from effprof.device.allocator import allocator
from effprof.device.cpu import CpuReading, CpuWindow, governor, most_foreign
from effprof.device.nvml import LIMITS, GpuState, LimitedSeconds, Nvml
from effprof.device.target import Target
from effprof.measure.troubles import Trouble, trouble

#: Below this CPU time per wall time and thread another process held the core (the probe: catches
#: every case that the spread of samples missed).
MIN_CPU_SHARE = 0.9

#: A minor fault costs about a microsecond (entry, zeroing 4 KiB, exit); steps that spend more
#: than a hundredth of their time on them measure the allocator.
FAULT_SECONDS = 1e-6
MAX_FAULT_SHARE = 0.01

#: Share of a window for which a limit may hold the clocks of a GPU down. Half the speed for a
#: hundredth of the window moves its mean by 0.5 %, the width that samples are taken to.
MAX_LIMITED_SHARE = 0.01

#: Limits of NVML that a healthy GPU may run under, as it was sold or set: at its highest clock it
#: is held by its voltage. Their shares are kept and make no cell doubtful.
CHOICES = frozenset({"sync boost", "board limit", "reliability limit"})

#: Seconds for which the load of a CPU is looked at between two passes.
LOOK_SECONDS = 0.2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watched:
    """Conditions of a window, why its samples may not be believed, and what could not be read."""

    conditions: Conditions
    troubles: tuple[Trouble, ...]
    missing: dict[str, str]


def _unknown(result: object) -> None:
    """Know nothing of the steps that count."""


class Watch(Protocol):
    """Observes the machine around a piece of work."""

    def disturbed_now(self) -> bool:
        """Look for a moment whether others use the machine, so that further work is disturbed."""

    def glance(self) -> None:
        """Look at the device between two batches of steps, outside any timed window."""

    def during(
        self,
        work: Callable[[], T],
        count: Callable[[T], int],
        share: Callable[[T], float | None] = _unknown,
    ) -> tuple[T, Watched]:
        """Run `work`; `count` says how many steps it made.

        `share` gives the CPU time per wall time of the steps that count, where it is known.
        """


class CpuWatch:
    """Watches the clocks of the CPU: our share, foreign load, steal and page faults.

    A worker that is fed by other processes waits for them and maps their batches: neither its share
    of the CPU nor its page faults speak against it, and the load of those processes is ours. Where
    the default allocator is measured, page faults are what it costs.
    """

    def __init__(
        self,
        threads: int,
        affinity: tuple[int, ...],
        feeding: tuple[int, ...] = (),
        allocator: Allocator = "kept",
    ) -> None:
        """`threads` run in this worker, bound to `affinity`; `feeding` are ids of processes."""
        self._threads = threads
        self._affinity = affinity
        self._feeding = feeding
        self._keeps = allocator == "kept"

    def disturbed_now(self) -> bool:
        """Look for a moment whether other processes are busy."""
        start = CpuReading.now(self._feeding)
        time.sleep(LOOK_SECONDS)
        window = CpuWindow.between(start, CpuReading.now(self._feeding), self._threads)
        return bool(foreign_load(window, self._threads))

    def glance(self) -> None:
        """See nothing: the clocks of the CPU add up by themselves."""

    def during(
        self,
        work: Callable[[], T],
        count: Callable[[T], int],
        share: Callable[[T], float | None] = _unknown,
    ) -> tuple[T, Watched]:
        """Run `work` between two readings of the clocks."""
        start = CpuReading.now(self._feeding)
        result = work()
        end = CpuReading.now(self._feeding)
        window = CpuWindow.between(start, end, self._threads)
        if (known := share(result)) is not None:
            window = replace(window, cpu_share=known / self._threads)
        steps = max(1, count(result))
        faults = window.minor_faults / steps
        step_seconds = (end.wall - start.wall) / steps
        policy = governor()
        conditions = Conditions(
            cpu_share=window.cpu_share,
            foreign_cpu=window.foreign_cpu,
            steal=window.steal,
            load_average=psutil.getloadavg()[0],
            minor_faults_per_step=faults,
            allocator=allocator(),
            governor=policy,
            affinity=self._affinity,
        )
        if self._feeding:
            troubles = foreign_load(window, self._threads)
        else:
            paged = faulting(faults, step_seconds) if self._keeps else ()
            troubles = (*contention(window, self._threads), *paged)
        missing = {} if policy else {"governor": "the kernel shows no frequency governor"}
        return result, Watched(conditions, troubles, missing)


def contention(window: CpuWindow, threads: int) -> tuple[Trouble, ...]:
    """Say how other processes disturbed a window of a worker of some threads, if they did."""
    starved = window.cpu_share < MIN_CPU_SHARE
    own = (trouble("starved", share=window.cpu_share),) if starved else ()
    return (*own, *foreign_load(window, threads))


def foreign_load(window: CpuWindow, threads: int) -> tuple[Trouble, ...]:
    """Say that other processes were busy in a window, if they were."""
    if window.foreign_cpu <= most_foreign(threads):
        return ()
    return (trouble("foreign_load", cores=window.foreign_cpu),)


def faulting(faults_per_step: float, step_seconds: float) -> tuple[Trouble, ...]:
    """Say that a steady step kept faulting pages in, if it did."""
    share = faults_per_step * FAULT_SECONDS / step_seconds if step_seconds else 0.0
    if share <= MAX_FAULT_SHARE:
        return ()
    return (trouble("page_faults", faults=faults_per_step, share=share),)


class GpuWatch:
    """Watches one GPU through NVML: clocks, temperature, power, throttling, other processes.

    A GPU forgets its load within moments, so it is looked at between batches of steps. It may be
    throttled between two looks: NVML's counters, read before and after, miss none of that. A look
    sees what they do not count, such as a power brake.
    """

    def __init__(self, target: Target, nvml: Nvml, feeding: tuple[int, ...] = ()) -> None:
        """`target` is the GPU of the run; `feeding` are ids of the processes that feed it."""
        self._feeding = feeding
        self._uuid = target.uuid or ""
        self._nvml = nvml
        self._seen: list[GpuState] = []

    def disturbed_now(self) -> bool:
        """Know nothing: a GPU has to work to show what disturbs it."""
        return False

    def glance(self) -> None:
        """Read NVML; the readings of one window are summed up by `during`."""
        self._seen.append(self.state())

    def during(
        self,
        work: Callable[[], T],
        count: Callable[[T], int],
        share: Callable[[T], float | None] = _unknown,
    ) -> tuple[T, Watched]:
        """Run `work`, which glances now and then; `count` is not needed here."""
        self._seen = []
        limited = self._nvml.limited(self._uuid)
        start = CpuReading.now(self._feeding)
        result = work()
        end = CpuReading.now(self._feeding)
        shares, uncounted = limited_shares(
            limited, self._nvml.limited(self._uuid), end.wall - start.wall
        )
        self.glance()
        seen = [_not_of_the_window(self._seen[-1])] if self._feeding else self._seen
        last = seen[-1]
        clocks = [state.sm_clock_hz for state in seen if state.sm_clock_hz is not None]
        host = CpuWindow.between(start, end, threads=1)
        conditions = Conditions(
            cpu_share=host.cpu_share,
            foreign_cpu=host.foreign_cpu,
            steal=host.steal,
            load_average=psutil.getloadavg()[0],
            sm_clock_hz=(min(clocks), max(clocks)) if clocks else None,
            memory_clock_hz=last.memory_clock_hz,
            temperature_celsius=last.temperature_celsius,
            power_watts=last.power_watts,
            throttle_reasons=_throttle_reasons(seen, shares),
            foreign_gpu_processes=last.foreign_processes,
            limited_shares=shares,
        )
        missing = {name: reason for name, reason in last.missing.items() if name != "energy_joules"}
        if conditions.throttle_reasons is not None:
            missing.pop("throttle_reasons", None)
        return result, Watched(conditions, gpu_troubles(conditions), missing | uncounted)

    def state(self) -> GpuState:
        """Read the GPU now."""
        return self._nvml.state(self._uuid)

    def joules(self) -> tuple[float | None, str | None]:
        """Read the energy counter: (joules, reason why not)."""
        return self._nvml.joules(self._uuid)


def limited_shares(
    before: LimitedSeconds, after: LimitedSeconds, seconds: float
) -> tuple[dict[str, float], dict[str, str]]:
    """Return for which share of `seconds` each limit held the clocks down, and what is not known.

    What is not known is named as in `Measurement.missing`, with the reason.
    """
    shares: dict[str, float] = {}
    missing: dict[str, str] = {}
    for name in LIMITS:
        start, end = before.by_limit.get(name), after.by_limit.get(name)
        if start is None or end is None:
            reason = before.missing.get(name) or after.missing[name]
            missing[f"limited_shares {name}"] = reason
        elif end < start:
            missing[f"limited_shares {name}"] = "the counter went backwards"
        else:
            shares[name] = min(1.0, (end - start) / max(seconds, 1e-9))
    return shares, missing


def _throttle_reasons(
    seen: Sequence[GpuState], shares: Mapping[str, float]
) -> tuple[str, ...] | None:
    """Join what looks saw and what NVML counted.

    None where no look could be had and the counters show nothing: they do not count every cause.
    """
    known = [state.throttle_reasons for state in seen if state.throttle_reasons is not None]
    counted = (
        name for name, share in shares.items() if name not in CHOICES and share > MAX_LIMITED_SHARE
    )
    causes = tuple(dict.fromkeys(itertools.chain(*known, counted)))
    return causes if causes or known else None


#: What a GPU shows only while it works, and why that is not known of steps that a loader feeds.
_OF_THE_WINDOW = ("sm_clock_hz", "memory_clock_hz", "power_watts", "throttle_reasons")
_NOT_BETWEEN_FED_STEPS = (
    "a look at the GPU between steps would let a loader's batches gather, and after them it is idle"
)


def _not_of_the_window(state: GpuState) -> GpuState:
    """Leave out of a look after fed steps what is not of the steps."""
    return replace(
        state,
        sm_clock_hz=None,
        memory_clock_hz=None,
        power_watts=None,
        throttle_reasons=None,
        missing=state.missing | dict.fromkeys(_OF_THE_WINDOW, _NOT_BETWEEN_FED_STEPS),
    )


#: The power limit is how a GPU runs under load, as sold: it is noted and no reason for doubt.
POWER_CAP = "power cap"


def gpu_troubles(conditions: Conditions) -> tuple[Trouble, ...]:
    """Say why a GPU's samples may not be believed."""
    found = []
    slowdowns = [cause for cause in conditions.throttle_reasons or () if cause != POWER_CAP]
    if slowdowns:
        found.append(trouble("throttled", causes=", ".join(slowdowns)))
    if conditions.foreign_gpu_processes:
        found.append(trouble("foreign_processes", count=conditions.foreign_gpu_processes))
    return tuple(found)

"""The state of the machine while a cell was timed, and what makes its samples unbelievable."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import psutil

from effprof.core.outcomes import Conditions
from effprof.device.cpu import MAX_FOREIGN_CPU, CpuReading, CpuWindow, allocator, governor
from effprof.device.nvml import GpuState, Nvml
from effprof.device.target import Target

#: Below this CPU time per wall time and thread another process held the core (the probe: catches
#: every case that the spread of samples missed).
MIN_CPU_SHARE = 0.9

#: A minor fault costs about a microsecond (entry, zeroing 4 KiB, exit); steps that spend more
#: than a hundredth of their time on them measure the allocator.
FAULT_SECONDS = 1e-6
MAX_FAULT_SHARE = 0.01

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watched:
    """Conditions of a window, why its samples may not be believed, and what could not be read."""

    conditions: Conditions
    invalid_reasons: tuple[str, ...]
    missing: dict[str, str]


class Watch(Protocol):
    """Observes the machine around a piece of work."""

    def glance(self) -> None:
        """Look at the device between two batches of steps, outside any timed window."""

    def during(self, work: Callable[[], T], count: Callable[[T], int]) -> tuple[T, Watched]:
        """Run `work`; `count` says how many steps it made."""


class CpuWatch:
    """Watches the clocks of the CPU: our share, foreign load, steal and page faults.

    A worker that is fed by other processes waits for them and maps their batches: neither its share
    of the CPU nor its page faults speak against it, and the load of those processes is ours.
    """

    def __init__(
        self, threads: int, affinity: tuple[int, ...], feeding: tuple[int, ...] = ()
    ) -> None:
        """`threads` run in this worker, bound to `affinity`; `feeding` are ids of processes."""
        self._threads = threads
        self._affinity = affinity
        self._feeding = feeding

    def glance(self) -> None:
        """See nothing: the clocks of the CPU add up by themselves."""

    def during(self, work: Callable[[], T], count: Callable[[T], int]) -> tuple[T, Watched]:
        """Run `work` between two readings of the clocks."""
        start = CpuReading.now(self._feeding)
        result = work()
        end = CpuReading.now(self._feeding)
        window = CpuWindow.between(start, end, self._threads)
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
            reasons = foreign_load(window)
        else:
            reasons = (*contention(window), *faulting(faults, step_seconds))
        missing = {} if policy else {"governor": "the kernel shows no frequency governor"}
        return result, Watched(conditions, reasons, missing)


def contention(window: CpuWindow) -> tuple[str, ...]:
    """Say how other processes disturbed a window, if they did."""
    reasons = []
    if window.cpu_share < MIN_CPU_SHARE:
        reasons.append(
            f"contended: the worker had only {window.cpu_share:.0%} of its CPU time;"
            " close other programs or use fewer threads than cores"
        )
    return (*reasons, *foreign_load(window))


def foreign_load(window: CpuWindow) -> tuple[str, ...]:
    """Say that other processes were busy in a window, if they were."""
    if window.foreign_cpu <= MAX_FOREIGN_CPU:
        return ()
    return (
        f"contended: other processes kept {window.foreign_cpu:.2f} cores busy;"
        " close them, or accept them with --allow-busy",
    )


def faulting(faults_per_step: float, step_seconds: float) -> tuple[str, ...]:
    """Say that a steady step kept faulting pages in, if it did."""
    share = faults_per_step * FAULT_SECONDS / step_seconds if step_seconds else 0.0
    if share <= MAX_FAULT_SHARE:
        return ()
    return (
        f"page faults: {faults_per_step:.0f} per timed step, about {share:.0%} of its time;"
        " the allocator gives memory back between steps",
    )


class GpuWatch:
    """Watches one GPU through NVML: clocks, temperature, power, throttling, other processes.

    A GPU forgets its load within moments, so it is looked at between batches of steps.
    """

    def __init__(self, target: Target, nvml: Nvml, feeding: tuple[int, ...] = ()) -> None:
        """`target` is the GPU of the run; `feeding` are ids of the processes that feed it."""
        self._feeding = feeding
        self._uuid = target.uuid or ""
        self._nvml = nvml
        self._seen: list[GpuState] = []

    def glance(self) -> None:
        """Read NVML; the readings of one window are summed up by `during`."""
        self._seen.append(self.state())

    def during(self, work: Callable[[], T], count: Callable[[T], int]) -> tuple[T, Watched]:
        """Run `work`, which glances now and then; `count` is not needed here."""
        self._seen = []
        start = CpuReading.now(self._feeding)
        result = work()
        host = CpuWindow.between(start, CpuReading.now(self._feeding), threads=1)
        self.glance()
        last = self._seen[-1]
        clocks = [state.sm_clock_hz for state in self._seen if state.sm_clock_hz is not None]
        reasons = [state.throttle_reasons for state in self._seen]
        known = [reason for reason in reasons if reason is not None]
        conditions = Conditions(
            cpu_share=host.cpu_share,
            foreign_cpu=host.foreign_cpu,
            steal=host.steal,
            load_average=psutil.getloadavg()[0],
            sm_clock_hz=(min(clocks), max(clocks)) if clocks else None,
            memory_clock_hz=last.memory_clock_hz,
            temperature_celsius=last.temperature_celsius,
            power_watts=last.power_watts,
            throttle_reasons=tuple(dict.fromkeys(itertools.chain(*known))) if known else None,
            foreign_gpu_processes=last.foreign_processes,
        )
        missing = {name: reason for name, reason in last.missing.items() if name != "energy_joules"}
        if self._feeding:
            conditions = replace(
                conditions,
                sm_clock_hz=None,
                memory_clock_hz=None,
                power_watts=None,
                throttle_reasons=None,
            )
            missing |= dict.fromkeys(_OF_THE_WINDOW, _NOT_BETWEEN_FED_STEPS)
        return result, Watched(conditions, gpu_trouble(conditions), missing)

    def state(self) -> GpuState:
        """Read the GPU now."""
        return self._nvml.state(self._uuid)

    def joules(self) -> tuple[float | None, str | None]:
        """Read the energy counter: (joules, reason why not)."""
        state = self.state()
        return state.energy_joules, state.missing.get("energy_joules")


#: What a GPU shows only while it works, and why that is not known of steps that a loader feeds.
_OF_THE_WINDOW = ("sm_clock_hz", "memory_clock_hz", "power_watts", "throttle_reasons")
_NOT_BETWEEN_FED_STEPS = (
    "a look at the GPU between steps would let a loader's batches gather, and after them it is idle"
)

#: The power limit is how a GPU runs under load, as sold: it is noted and no reason for doubt.
POWER_CAP = "power cap"


def gpu_trouble(conditions: Conditions) -> tuple[str, ...]:
    """Say why a GPU's samples may not be believed."""
    reasons = []
    slowdowns = [cause for cause in conditions.throttle_reasons or () if cause != POWER_CAP]
    if slowdowns:
        causes = ", ".join(slowdowns)
        reasons.append(f"throttled: {causes}; cool the device or lower its power draw")
    if conditions.foreign_gpu_processes:
        reasons.append(
            f"busy: {conditions.foreign_gpu_processes} other process(es) on this GPU;"
            " stop them, or accept them with --allow-busy"
        )
    return tuple(reasons)


#: Beginnings of the reasons that `--allow-busy` turns into notes.
BUSY = ("contended", "busy")

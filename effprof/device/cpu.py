"""The CPU: its name, its policies, and who else is using it."""

import os
import platform
import resource
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

#: Cores that other processes may keep busy before samples count as contended: a share of those that
#: are left to them, on a small machine and on a large one within these bounds.
MAX_FOREIGN_SHARE = 0.1
MAX_FOREIGN_CPU = (0.1, 1.0)

#: Share of its time for which others may keep a CPU busy before a worker is bound to another one,
#: and the seconds of the look: ten ticks of the kernel's clock.
MAX_BUSY_SHARE = 0.25
LOOK_SECONDS = 0.1


def cpu_name() -> str:
    """Name the CPU as the kernel does, e.g. `AMD EPYC 7B13`."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def governor() -> str | None:
    """Read the frequency governor of the first CPU; None where the kernel shows none."""
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    try:
        return path.read_text().strip()
    except OSError:
        return None


def pin(threads: int) -> tuple[int, ...]:
    """Bind this process to as many CPUs as it has threads, the last quiet ones of those allowed.

    The first CPUs serve most interrupts and the parent process. Where affinity cannot be set
    (macOS) nothing is bound and the result is empty.
    """
    if not hasattr(os, "sched_setaffinity"):
        return ()
    allowed = sorted(os.sched_getaffinity(0))
    busy = _busy_shares() if threads < len(allowed) else {}
    quietest = sorted(allowed, key=lambda cpu: (busy.get(cpu, 0.0) <= MAX_BUSY_SHARE, cpu))
    chosen = tuple(sorted(quietest[-threads:]))
    os.sched_setaffinity(0, chosen)
    return chosen


def _busy_shares() -> dict[int, float]:
    """Look for a moment which share of its time each CPU is busy."""
    return {
        cpu: share / 100
        for cpu, share in enumerate(psutil.cpu_percent(interval=LOOK_SECONDS, percpu=True))
    }


def usable_cores() -> int:
    """Count the cores that this process may run on; where affinity is not told, all there are."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    return len(os.sched_getaffinity(0))


def most_foreign(threads: int) -> float:
    """Give how many cores others may keep busy beside a worker of some threads."""
    least, most = MAX_FOREIGN_CPU
    left = (os.cpu_count() or 1) - threads
    return min(most, max(least, MAX_FOREIGN_SHARE * left))


@dataclass(frozen=True, slots=True)
class CpuReading:
    """A moment on the clocks of the machine, in seconds; faults are counts.

    `own` is the CPU time of this process, `fed` that of the processes which feed it.
    """

    wall: float
    own: float
    busy: float
    steal: float
    minor_faults: int
    fed: float = 0.0

    @classmethod
    def now(cls, feeding: Iterable[int] = ()) -> "CpuReading":
        """Read all clocks of this process, of those `feeding` it (ids) and of the machine."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # Linux counts guest time inside user and nice already.
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return cls(
            wall=time.perf_counter(),
            own=time.process_time(),
            busy=sum(times) - idle - guests,
            steal=getattr(times, "steal", 0.0),
            minor_faults=usage.ru_minflt,
            fed=sum(_cpu_seconds(pid) for pid in feeding),
        )


def _cpu_seconds(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


@dataclass(frozen=True, slots=True)
class CpuWindow:
    """What happened between two readings: shares of wall time, per thread or in cores."""

    cpu_share: float
    foreign_cpu: float
    steal: float
    minor_faults: int

    @classmethod
    def between(cls, start: CpuReading, end: CpuReading, threads: int) -> "CpuWindow":
        """Difference of two readings of a worker that runs `threads` threads."""
        wall = max(end.wall - start.wall, 1e-9)
        own = end.own - start.own
        steal = end.steal - start.steal
        foreign = (end.busy - start.busy) - steal - own - (end.fed - start.fed)
        return cls(
            cpu_share=own / (wall * threads),
            foreign_cpu=max(0.0, foreign / wall),
            steal=max(0.0, steal / wall),
            minor_faults=end.minor_faults - start.minor_faults,
        )

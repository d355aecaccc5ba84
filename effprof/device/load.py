"""The load of the machine beside this process: how many cores are busy, and who is the busiest."""

import time
from dataclasses import dataclass

import psutil

from effprof.device.cpu import CpuReading, CpuWindow, most_foreign

#: Seconds over which the load is looked at.
LOAD_SECONDS = 0.5

#: Characters that the kernel keeps of a name. psutil lengthens such a name from the command line,
#: which may hold what nobody else should read.
NAME_LENGTH = 15


@dataclass(frozen=True, slots=True)
class Load:
    """What other processes did: the cores they kept busy, and the busiest of them by name.

    `biggest` is (name, cores) of that process, None where none is to be seen, as in a container.
    """

    cores: float
    biggest: tuple[str, float] | None = None

    @property
    def quiet(self) -> bool:
        """Whether samples taken beside it would count as undisturbed."""
        return self.cores <= most_foreign(threads=1)

    @property
    def text(self) -> str:
        """Say it, e.g. `other programs keep 1.2 cores busy (firefox 0.9)`."""
        said = f"other programs keep {self.cores:.1f} cores busy"
        return f"{said} ({self.biggest[0]} {self.biggest[1]:.1f})" if self.biggest else said


def look_at_load(seconds: float = LOAD_SECONDS) -> Load:
    """Look at the machine for some seconds, in which this process does nothing."""
    own = psutil.Process().pid
    before = _cpu_seconds()
    start = CpuReading.now()
    time.sleep(seconds)
    end = CpuReading.now()
    window = CpuWindow.between(start, end, threads=1)
    used = {
        key: (after - before[key]) / (end.wall - start.wall)
        for key, after in _cpu_seconds().items()
        if key in before and key[0] != own
    }
    biggest = max(used, key=lambda key: used[key], default=None)
    if biggest is None or used[biggest] <= most_foreign(threads=1) / 2:
        return Load(window.foreign_cpu)
    return Load(window.foreign_cpu, (biggest[1], used[biggest]))


def _cpu_seconds() -> dict[tuple[int, str], float]:
    """Read the CPU seconds of each process that can be seen, by its id and name."""
    seconds = {}
    for process in psutil.process_iter():
        try:
            times = process.cpu_times()
            seconds[process.pid, _name(process)] = float(times.user + times.system)
        except (psutil.Error, OSError):  # it has ended, or may not be looked at
            continue
    return seconds


def _name(process: psutil.Process) -> str:
    """Name a process as the kernel does, without what a terminal would take for a command."""
    return "".join(c if c.isprintable() else "?" for c in process.name()[:NAME_LENGTH])

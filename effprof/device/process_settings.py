"""Settings of this process that engines and services change without a word: priority, limits."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from effprof.device.machine import read_text

#: Policy of the scheduler -> its name in sched(7).
SCHEDULERS: Mapping[int, str] = {
    0: "other",
    1: "fifo",
    2: "round robin",
    3: "batch",
    5: "idle",
    6: "deadline",
}

#: A setting and why it may be unknown.
Reading = tuple[str | None, str]

_NOT_SHOWN = "this kernel does not show it"


def process_settings(root: Path = Path("/")) -> dict[str, Reading]:
    """Read the settings that make the same step faster or slower, below `root`."""
    return {name: (read(root), _NOT_SHOWN) for name, read in _SETTINGS.items()}


def cpu_quota(root: Path = Path("/")) -> float | None:
    """Give the CPU time per second that the groups of this process allow it, in cores.

    The least of all groups it is in; None where none of them sets a limit.
    """
    return min(_quotas(root), default=None)


def _quotas(root: Path) -> Iterator[float]:
    for line in (read_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        group = top / path.strip("/")
        for folder in (group, *group.parents):
            if (limit := _limit(folder)) is not None:
                yield limit
            if folder == top:
                break


def _limit(folder: Path) -> float | None:
    """Read the quota of one group: of version 2 in one file, of version 1 in two."""
    told = read_text(folder / "cpu.max")
    if told is None:
        told = " ".join(
            read_text(folder / f"cpu.cfs_{part}_us") or "" for part in ("quota", "period")
        )
    quota, _, period = told.partition(" ")
    # "max", and -1 of version 1, are no limit.
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None


def _quota_text(root: Path) -> str:
    quota = cpu_quota(root)
    return "none" if quota is None else f"{quota:g} cores"


def _niceness(_: Path) -> str:
    return str(os.getpriority(os.PRIO_PROCESS, 0))


def _scheduler(_: Path) -> str | None:
    if not hasattr(os, "sched_getscheduler"):
        return None
    # A flag for children rides on it.
    policy = os.sched_getscheduler(0) & ~getattr(os, "SCHED_RESET_ON_FORK", 0)
    return SCHEDULERS.get(policy, str(policy))


def _huge_pages(root: Path) -> str | None:
    told = read_text(root / "sys/kernel/mm/transparent_hugepage/enabled") or ""
    return told.partition("[")[2].partition("]")[0] or None


def _turbo(root: Path) -> str | None:
    cpus = root / "sys/devices/system/cpu"
    off, on = read_text(cpus / "intel_pstate/no_turbo"), read_text(cpus / "cpufreq/boost")
    if off is None and on is None:
        return None
    return "on" if off == "0" or on == "1" else "off"


_SETTINGS: Mapping[str, Callable[[Path], str | None]] = {
    "niceness": _niceness,
    "scheduler": _scheduler,
    "CPU quota": _quota_text,
    "OOM score": lambda root: read_text(root / "proc/self/oom_score_adj"),
    "huge pages": _huge_pages,
    "turbo": _turbo,
}

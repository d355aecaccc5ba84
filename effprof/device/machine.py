"""The machine as Linux shows it: its CPU, and what tells it from another one of its kind."""

import hashlib
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from effprof.device.cpu import usable_cores
from effprof.device.cpu_identity import CpuIdentity, identify

#: Goes into the hash of a machine's id, which is not to be found elsewhere by it.
SALT = "effprof machine"

#: Digits of a hashed id that are kept: of a million machines two share one with a chance of 3e-8.
ID_DIGITS = 16

#: Variables by which hosted runners name the image they booted.
IMAGE_VARIABLES = ("ImageOS", "ImageVersion")

#: Type of a cache in /sys -> what follows its level in a name; other types hold no data or code.
_KINDS = {"Data": "d", "Instruction": "i", "Unified": ""}

#: Units in which /sys writes sizes.
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


def read_cpu(root: Path = Path("/"), cores: int | None = None) -> CpuIdentity:
    """Read which CPU this process may use, below `root`; what cannot be read stays unknown.

    `cores` replaces the number of those that the process may run on.
    """
    cpus = root / "sys/devices/system/cpu"
    return identify(
        read_text(root / "proc/cpuinfo") or "",
        _caches(cpus),
        usable_cores() if cores is None else cores,
        _threads_per_core(cpus),
        fallback=platform.processor() or platform.machine(),
    )


def machine_id(root: Path = Path("/")) -> str | None:
    """Hash the id of this machine; None where it has none, as in most containers."""
    own = read_text(root / "etc/machine-id")
    if not own or own == "uninitialized":
        return None
    return hashlib.sha256(f"{SALT} {own}".encode()).hexdigest()[:ID_DIGITS]


def image(root: Path = Path("/")) -> str | None:
    """Name what the machine booted: its system, and the image where a hosted runner tells it."""
    lines = (read_text(root / "etc/os-release") or "").splitlines()
    named = (line.partition("=")[2].strip("\"'") for line in lines if line[:12] == "PRETTY_NAME=")
    told = [*named, " ".join(os.environ[v] for v in IMAGE_VARIABLES if v in os.environ)]
    return ", ".join(text for text in told if text) or None


def read_text(path: Path) -> str | None:
    """Read a file of the kernel without the space around it; None where it cannot be read."""
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return None


def _caches(cpus: Path) -> Iterator[tuple[str, int]]:
    """Give (level, bytes) of every cache that any CPU has."""
    for index in cpus.glob("cpu[0-9]*/cache/index[0-9]*"):
        level, kind, size = (read_text(index / name) or "" for name in ("level", "type", "size"))
        if level and kind in _KINDS and size[:-1].isdecimal() and size[-1] in _UNITS:
            yield f"L{level}{_KINDS[kind]}", int(size[:-1]) * _UNITS[size[-1]]


def _threads_per_core(cpus: Path) -> int | None:
    """Count the logical CPUs of the core that has most; None where /sys does not show them."""
    lists = (read_text(path) for path in cpus.glob("cpu[0-9]*/topology/thread_siblings_list"))
    return max((_count(each) for each in lists if each), default=None)


def _count(cpus: str) -> int:
    """Count the CPUs of a list.

    >>> _count("0"), _count("0,64"), _count("0-1"), _count("2-3,6")
    (1, 2, 2, 3)
    """
    ends = (part.partition("-") for part in cpus.split(","))
    return sum(int(last or first) - int(first) + 1 for first, _, last in ends)

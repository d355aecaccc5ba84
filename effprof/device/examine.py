"""What stands between this machine and good numbers, and what to do about each point."""

import os
import shutil
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import psutil

from effprof.device.allocator import allocator
from effprof.device.cpu import governor
from effprof.device.load import look_at_load
from effprof.device.machine import read_cpu
from effprof.device.nvml import Nvml
from effprof.device.target import find_gpus

#: Where processes that load images leave their batches, and how many bytes they may need: four
#: that are two batches of 128 images ahead (224x224, fp32) hold 0.6 GB. Docker gives 64 MiB.
SHARED_MEMORY = Path("/dev/shm")
MIN_SHARED_BYTES = 2**30

Standing = Literal["good", "limited", "bad"]


@dataclass(frozen=True, slots=True)
class Check:
    """One point examined: how it stands, what was found, and what to do about it."""

    point: str
    standing: Standing
    found: str
    remedy: str = ""


def examine() -> tuple[Check, ...]:
    """Examine what all devices of this machine share. Call it in a worker."""
    return tuple(look() for look in _POINTS)


def _torch() -> Check:
    import torch

    built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU only"
    return Check("torch", "good", f"{torch.__version__}, {built}")


def _gpu() -> Check:
    found = find_gpus()
    if found.gpus:
        return Check("GPU", "good", "; ".join(gpu.line for gpu in found.gpus))
    return Check(
        "GPU",
        "limited",
        found.reason or "none",
        "the CPU can be measured: effprof run --cpu; for a GPU install its driver and a CUDA"
        " build of torch",
    )


def _nvml() -> Check:
    driver, reason = Nvml().driver()
    if driver:
        return Check("NVML", "good", f"driver {driver}")
    return Check(
        "NVML", "limited", reason or "absent", "clocks, power and energy of a GPU stay unknown"
    )


def _profiler() -> Check:
    from torch.profiler import ProfilerActivity, supported_activities

    names = sorted(activity.name for activity in supported_activities())
    if ProfilerActivity.CUDA in supported_activities():
        return Check("profiler", "good", ", ".join(names))
    return Check(
        "profiler",
        "limited",
        ", ".join(names),
        "no CUDA time in traces: needs a GPU, CUPTI and permission to use it"
        " (NVreg_RestrictProfilingToAdminUsers=0)",
    )


def _cpu() -> Check:
    cpu, cores = read_cpu(), psutil.cpu_count()
    found = f"{cpu.name}, {cpu.usable_cores} of {cores} CPUs allowed, {allocator()}"
    if cpu.usable_cores > 1:
        return Check("CPU", "good", found)
    return Check(
        "CPU", "limited", found, "give effprof a second CPU: the parent shares the measured one"
    )


def _clocks() -> Check:
    policy = governor()
    if policy in {"performance", None}:
        return Check("clocks", "good", f"governor {policy or 'not shown by this kernel'}")
    return Check(
        "clocks",
        "limited",
        f"governor {policy}",
        "clocks rise and fall with load: cpupower frequency-set -g performance steadies them",
    )


def _load() -> Check:
    load = look_at_load()
    if load.quiet:
        return Check("load", "good", load.text)
    return Check("load", "bad", load.text, "close them: cells that are never left alone are rough")


def _shared_memory() -> Check:
    try:
        free = shutil.disk_usage(SHARED_MEMORY).free
    except OSError as error:
        return Check(
            "shared memory", "limited", f"{error}", "cells with a loader pass batches through it"
        )
    found = f"{free / 2**30:.2f} GiB free in {SHARED_MEMORY}"
    if free >= MIN_SHARED_BYTES:
        return Check("shared memory", "good", found)
    return Check(
        "shared memory",
        "limited",
        found,
        "cells with a loader may die of SIGBUS: docker run --shm-size=8g, or in Kubernetes a volume"
        f" of medium Memory at {SHARED_MEMORY}",
    )


def _compilers() -> Check:
    import torch

    tools = {
        "gcc": _named("CC", "gcc", "clang"),
        "g++": _named("CXX", "g++", "clang++"),
    }
    if torch.version.cuda:
        tools["ptxas"] = _named("TRITON_PTXAS_PATH") or _ptxas_of_triton() or _named("", "ptxas")
        # Triton compiles what launches its kernels against it.
        header = Path(sysconfig.get_paths()["include"]) / "Python.h"
        tools["Python.h"] = str(header) if header.exists() else None
    found = ", ".join(f"{name}: {path or 'not there'}" for name, path in tools.items())
    if all(tools.values()):
        return Check("compilers", "good", found)
    return Check(
        "compilers",
        "limited",
        found,
        "cells with torch.compile fail: install gcc, g++ and Python's headers (python3-dev); ptxas"
        " comes with triton",
    )


def _named(variable: str, *names: str) -> str | None:
    """Find the first program that a variable of the environment, or else a name, leads to."""
    wanted = (os.environ.get(variable, ""), *names)
    return next((path for name in wanted if name and (path := shutil.which(name))), None)


def _ptxas_of_triton() -> str | None:
    """Find the assembler inside the triton package, which is not imported for that."""
    package = find_spec("triton")
    for folder in (package.submodule_search_locations or ()) if package else ():
        if (Path(folder) / "backends/nvidia/bin/ptxas").exists():
            return "that of triton"
    return None


def _environment() -> Check:
    heavy = {name: os.environ[name] for name in _DISTURBING if os.environ.get(name)}
    if not heavy:
        return Check("environment", "good", "nothing set that changes speed")
    found = ", ".join(f"{name}={value}" for name, value in heavy.items())
    return Check("environment", "limited", found, "unset them for numbers others can compare")


#: Variables under which steps run slower or in other number formats than effprof says.
_DISTURBING = ("CUDA_LAUNCH_BLOCKING", "NVIDIA_TF32_OVERRIDE", "LD_PRELOAD", "TORCH_LOGS")

_POINTS: tuple[Callable[[], Check], ...] = (
    _torch,
    _gpu,
    _nvml,
    _profiler,
    _cpu,
    _clocks,
    _load,
    _shared_memory,
    _compilers,
    _environment,
)

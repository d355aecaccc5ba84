"""The fingerprint of a run: what must be equal to compare, and what is only recorded."""

import os
import platform
import re
import socket
import subprocess
from collections.abc import Callable
from importlib import metadata

import psutil

from effprof.core.machines import HOST, MACHINE_ID, PRODUCT, UUID
from effprof.core.methods import METHOD_VERSION
from effprof.core.runs import Fingerprint
from effprof.device.allocator import allocator
from effprof.device.cpu import cpu_name, governor
from effprof.device.machine import image, machine_id, read_cpu
from effprof.device.nvml import Nvml
from effprof.device.process_settings import process_settings
from effprof.device.target import Target

PACKAGES = ("effprof", "torch", "torchvision", "timm", "numpy")

#: Environment variables that change how fast a step runs.
ENVIRONMENT = (
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "LD_PRELOAD",
    "GLIBC_TUNABLES",
    "PYTORCH_CUDA_ALLOC_CONF",
    "PYTORCH_ALLOC_CONF",
    "TORCH_CUDNN_V8_API_DISABLED",
    "NVIDIA_TF32_OVERRIDE",
)


#: Names the commit of a tree that was copied without its .git, as `COMMIT` or `COMMIT dirty`.
COMMIT_VARIABLE = "EFFPROF_COMMIT"

#: Digits of a commit that are kept.
SHORT_COMMIT = 12


Reading = tuple[str | None, str | None]


def take_fingerprint(target: Target, nvml: Nvml) -> Fingerprint:
    """Read the fingerprint of this machine and process; call it in a worker."""
    gating = {"device": target.name, "device kind": target.kind, "method": METHOD_VERSION}
    if target.kind == "cpu":
        gating["allocator"] = allocator()
    recorded: dict[str, str] = {}
    missing: dict[str, str] = {}
    identity = _cpu_identity() if target.kind == "cpu" else _gpu_identity(target, nvml)
    for part, readings in ((gating, identity), (recorded, _readings(target, nvml))):
        for name, (value, reason) in readings.items():
            if value is None:
                missing[name] = reason or "not reported"
            else:
                part[name] = value
    return Fingerprint(gating, recorded, missing)


def _cpu_identity() -> dict[str, Reading]:
    """Say which kind of CPU it is: the fields that `IDENTITY` names for one."""
    reason = "neither the kernel nor the hypervisor shows it"
    return {name: (text, reason) for name, text in read_cpu().fields().items()}


def _gpu_identity(target: Target, nvml: Nvml) -> dict[str, Reading]:
    """Say which kind of GPU it is, beside its name: the fields that `IDENTITY` names for one."""
    import torch

    total = torch.cuda.get_device_properties(target.index).total_memory
    settings = nvml.settings(target.uuid or "")
    limit = settings.power_limit_watts
    return {
        # Rounded: how much a driver keeps for itself changes with its version.
        "memory": (f"{total / 2**30:.0f} GiB", None),
        "power limit": (
            None if limit is None else f"{limit:.0f} W",
            settings.missing.get("power_limit_watts"),
        ),
    }


def _readings(target: Target, nvml: Nvml) -> dict[str, Reading]:
    import torch

    readings: dict[str, Reading] = {name: _version(name) for name in PACKAGES}
    readings["python"] = platform.python_version(), None
    readings["system"] = platform.platform(), None
    readings["kernel"] = platform.release(), None
    readings["image"] = image(), "the system does not tell its name"
    readings[HOST] = socket.gethostname(), None
    readings[MACHINE_ID] = machine_id(), "no /etc/machine-id, as in a container"
    readings[PRODUCT] = cpu_name(), None
    readings["cores"] = str(psutil.cpu_count(logical=True)), None
    readings["host memory"] = f"{psutil.virtual_memory().total / 2**30:.1f} GiB", None
    readings["governor"] = governor(), "the kernel shows no frequency governor"
    readings |= process_settings()
    readings["git"] = _git()
    for name in ENVIRONMENT:
        if name in os.environ:
            readings[f"environment {name}"] = os.environ[name], None
    if target.kind == "cuda":
        readings[UUID] = target.uuid, None
        readings["cuda"] = torch.version.cuda, "torch was built without CUDA"
        readings["cudnn"] = str(torch.backends.cudnn.version()), None
        readings["capability"] = _capability(torch.cuda.get_device_capability, target), None
        readings["driver"] = nvml.driver()
    return readings


def _capability(read: Callable[[int | None], tuple[int, int]], target: Target) -> str:
    major, minor = read(target.index)
    return f"{major}.{minor}"


def _version(package: str) -> Reading:
    try:
        return metadata.version(package), None
    except metadata.PackageNotFoundError:
        return None, "not installed as a package"


def _git() -> Reading:
    """Commit of the working directory, marked `dirty` when files differ from it.

    Where it is no checkout, as after a copy without .git, `COMMIT_VARIABLE` names the commit.
    """
    try:
        sha = _run_git("rev-parse", "HEAD")
        dirty = bool(_run_git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return _named_commit(os.environ.get(COMMIT_VARIABLE))
    return sha[:SHORT_COMMIT] + (" dirty" if dirty else ""), None


def _named_commit(text: str | None) -> Reading:
    """Read a commit that the environment names.

    >>> _named_commit("0123456789abcdef dirty")
    ('0123456789ab dirty', None)
    """
    if not text:
        return None, "the working directory is not a git checkout"
    match = re.fullmatch(r"([0-9a-f]{7,64})( dirty)?", text)
    if match is None:
        return (
            None,
            f"{COMMIT_VARIABLE} is not a commit: 7 to 64 hex digits, then ` dirty` or nothing",
        )
    return match[1][:SHORT_COMMIT] + (match[2] or ""), None


def _run_git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()

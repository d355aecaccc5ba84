"""The fingerprint of a run: what must be equal to compare, and what is only recorded."""

import os
import platform
import socket
import subprocess
from collections.abc import Callable
from importlib import metadata

import psutil

from effprof.core.methods import METHOD_VERSION
from effprof.core.runs import Fingerprint
from effprof.device.cpu import allocator, cpu_name, governor
from effprof.device.nvml import Nvml
from effprof.device.target import Target

PACKAGES = ("effprof", "torch", "torchvision", "timm", "numpy")

#: Environment variables that change how fast a step runs.
ENVIRONMENT = (
    "CUDA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "LD_PRELOAD",
    "PYTORCH_CUDA_ALLOC_CONF",
    "PYTORCH_ALLOC_CONF",
    "TORCH_CUDNN_V8_API_DISABLED",
    "NVIDIA_TF32_OVERRIDE",
)


def take_fingerprint(target: Target, nvml: Nvml) -> Fingerprint:
    """Read the fingerprint of this machine and process; call it in a worker."""
    gating = {
        "device": target.name,
        "device kind": target.kind,
        "host": socket.gethostname(),
        "method": METHOD_VERSION,
    }
    if target.kind == "cpu":
        gating["allocator"] = allocator()
    recorded: dict[str, str] = {}
    missing: dict[str, str] = {}
    for name, (value, reason) in _readings(target, nvml).items():
        if value is None:
            missing[name] = reason or "not reported"
        else:
            recorded[name] = value
    return Fingerprint(gating, recorded, missing)


Reading = tuple[str | None, str | None]


def _readings(target: Target, nvml: Nvml) -> dict[str, Reading]:
    import torch

    readings: dict[str, Reading] = {name: _version(name) for name in PACKAGES}
    readings["python"] = platform.python_version(), None
    readings["system"] = platform.platform(), None
    readings["cpu"] = cpu_name(), None
    readings["cores"] = str(psutil.cpu_count(logical=True)), None
    readings["host memory"] = f"{psutil.virtual_memory().total / 2**30:.1f} GiB", None
    readings["governor"] = governor(), "the kernel shows no frequency governor"
    readings["git"] = _git()
    for name in ENVIRONMENT:
        if name in os.environ:
            readings[f"environment {name}"] = os.environ[name], None
    if target.kind == "cuda":
        readings["uuid"] = target.uuid, None
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
    """Commit of the working directory, marked `dirty` when files differ from it."""
    try:
        sha = _run_git("rev-parse", "HEAD")
        dirty = bool(_run_git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, "the working directory is not a git checkout"
    return sha[:12] + (" dirty" if dirty else ""), None


def _run_git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()

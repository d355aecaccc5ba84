"""What stands between one GPU and good numbers: how it is set up, and what NVML tells of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from effprof.device.examine import Check, Standing
from effprof.device.nvml import GpuSettings, GpuState, LimitedSeconds, Nvml
from effprof.device.target import Target

#: Seconds from asking for a worker to its first kernel beyond which something is in the way: a
#: driver that is up takes a few tenths, one that must bring the GPU back 1 to 3 s more.
SLOW_START = 2.0


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds that a worker took to be forked, to have CUDA, and to be done with a kernel."""

    fork: float
    cuda: float
    kernel: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.fork + self.cuda + self.kernel


def start_on(target: Target, asked_at: float) -> Start | str:
    """Run a first kernel; the times it took, or why there is none. Call it first in a worker.

    `asked_at` is when the worker was asked for, in seconds of the monotonic clock.
    """
    forked = time.monotonic()
    import torch

    try:
        torch.cuda.init()
        ready = time.monotonic()
        torch.ones(1, device=target.torch_name).add_(1)
        torch.cuda.synchronize(target.index)
    except Exception as error:  # noqa: BLE001  # whatever CUDA says is the reason to print
        return " ".join(str(error).split()).partition(". ")[0]
    return Start(forked - asked_at, ready - forked, time.monotonic() - ready)


@dataclass(frozen=True, slots=True)
class SeenGpu:
    """All that is known of one GPU; `start` is the reason where no kernel could be run."""

    uuid: str
    start: Start | str
    settings: GpuSettings
    state: GpuState
    limited: LimitedSeconds

    def set_by_root(self, setting: str) -> str:
        """Return the command that a person may give to change a setting."""
        return f"sudo nvidia-smi -i {self.uuid} {setting}"


def examine_gpu(target: Target, start: Start | str, nvml: Nvml) -> tuple[Check, ...]:
    """Examine one GPU on which this worker has run a first kernel, or could not; changes nothing.

    What NVML refuses has no row of its own: one row names all of it.
    """
    uuid = target.uuid or ""
    seen = SeenGpu(uuid, start, nvml.settings(uuid), nvml.state(uuid), nvml.limited(uuid))
    found = (look(seen) for look in _POINTS)
    name = f"GPU {target.index}"
    return tuple(replace(each, point=f"{name} {each.point}") for each in found if each)


def _first_kernel(seen: SeenGpu) -> Check:
    point, start = "start", seen.start
    if isinstance(start, str):
        return Check(
            point, "bad", start, "no kernel could be run: end what holds the GPU, see its mode"
        )
    found = (
        f"{start.seconds:.2f} s to a first kernel (fork {start.fork:.2f} s, CUDA"
        f" {start.cuda:.2f} s, kernel {start.kernel:.2f} s)"
    )
    if start.seconds <= SLOW_START:
        return Check(point, "good", found)
    return Check(
        point,
        "limited",
        found,
        "every cell waits so long: persistence mode, or fewer visible GPUs, may help",
    )


def _persistence(seen: SeenGpu) -> Check | None:
    if seen.settings.persistence is None:
        return None
    if seen.settings.persistence:
        return Check("persistence", "good", "on")
    return Check(
        "persistence",
        "limited",
        "off: the driver drops the GPU when nobody uses it",
        f"a sweep keeps it open; for other commands: {seen.set_by_root('-pm 1')}",
    )


def _power_limit(seen: SeenGpu) -> Check | None:
    settings = seen.settings
    limit, default = settings.power_limit_watts, settings.default_power_limit_watts
    if limit is None:
        return None
    others = {"default": default, "at most": settings.max_power_limit_watts}
    told = ", ".join(f"{name} {watts:g} W" for name, watts in others.items() if watts is not None)
    found = f"{limit:g} W" + (f" ({told})" if told else "")
    if default is None or limit == default:
        return Check("power limit", "good", found)
    return Check(
        "power limit",
        "limited",
        found,
        f"numbers are of a card with this limit; as sold: {seen.set_by_root(f'-pl {default:g}')}",
    )


#: How each compute mode stands; one that is not named here lets a few processes in.
_MODES: dict[str, tuple[Standing, str]] = {
    "default": ("good", ""),
    "prohibited": ("bad", "no process may compute"),
}
_EXCLUSIVE: tuple[Standing, str] = (
    "limited",
    "a second process, such as a helper of torch.compile, is refused",
)


def _compute_mode(seen: SeenGpu) -> Check | None:
    mode = seen.settings.compute_mode
    if mode is None:
        return None
    standing, why = _MODES.get(mode, _EXCLUSIVE)
    if not why:
        return Check("compute mode", standing, mode)
    return Check("compute mode", standing, f"{mode}: {why}", seen.set_by_root("-c DEFAULT"))


def _mig(seen: SeenGpu) -> Check | None:
    if seen.settings.mig is None:
        return None
    if not seen.settings.mig:
        return Check("MIG", "good", "off")
    return Check(
        "MIG",
        "limited",
        "on: CUDA sees one instance, a part of the GPU",
        "numbers are of the instance, and its energy and power cannot be read; for the whole GPU:"
        f" {seen.set_by_root('-mig 0')}",
    )


def _ecc(seen: SeenGpu) -> Check | None:
    if seen.settings.ecc is None:
        return None
    return Check("ECC", "good", "on" if seen.settings.ecc else "off")


def _processes(seen: SeenGpu) -> Check | None:
    count = seen.state.foreign_processes
    # Without a kernel of ours on the GPU, one of the others was counted off as ours.
    if count is None or isinstance(seen.start, str):
        return None
    if count == 0:
        return Check("processes", "good", "nobody else computes on it")
    return Check(
        "processes",
        "bad",
        f"{count} other process(es) compute on it",
        "stop them, or accept disturbed samples with --allow-busy",
    )


def _unread(seen: SeenGpu) -> Check:
    """Name every field that NVML refused, under its reason."""
    refused = seen.settings.missing | seen.state.missing
    refused |= {f"time of {name}": reason for name, reason in seen.limited.missing.items()}
    if not refused:
        return Check("NVML", "good", "tells every field")
    by_reason: dict[str, list[str]] = {}
    for name, reason in refused.items():
        by_reason.setdefault(reason, []).append(name.replace("_", " "))
    found = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
    return Check(
        "NVML",
        "limited",
        f"cannot read: {found}",
        "results name them as missing; MIG, WSL, containers and virtual GPUs hide them",
    )


_POINTS: tuple[Callable[[SeenGpu], Check | None], ...] = (
    _first_kernel,
    _persistence,
    _power_limit,
    _compute_mode,
    _mig,
    _ecc,
    _processes,
    _unread,
)

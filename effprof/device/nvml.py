"""NVML behind one file: every field is a value or a reason, and no call can fail a run."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from effprof.device.processes import count_foreign

#: Reads one field: (nvml, handle) -> value.
Reading = Callable[[Any, Any], Any]

#: NVML throttle-reason bits that slow a GPU down, by constant name. Idle, application-clock
#: and sync-boost settings are choices, not trouble.
SLOWDOWNS = {
    "nvmlClocksThrottleReasonSwPowerCap": "power cap",
    "nvmlClocksThrottleReasonHwSlowdown": "hardware slowdown",
    "nvmlClocksThrottleReasonSwThermalSlowdown": "thermal slowdown",
    "nvmlClocksThrottleReasonHwThermalSlowdown": "hardware thermal slowdown",
    "nvmlClocksThrottleReasonHwPowerBrakeSlowdown": "power brake",
}

#: Limits that NVML counts the time of, by name: each held the clocks below those that were set.
LIMITS = {
    "power cap": "NVML_PERF_POLICY_POWER",
    "thermal slowdown": "NVML_PERF_POLICY_THERMAL",
    "sync boost": "NVML_PERF_POLICY_SYNC_BOOST",
    "board limit": "NVML_PERF_POLICY_BOARD_LIMIT",
    "reliability limit": "NVML_PERF_POLICY_RELIABILITY",
}

#: The field of `GpuState` that is read on its own, too.
_ENERGY = "energy_joules"

#: What a counter of 64 bits shows where there is no counter.
NOT_AVAILABLE = 2**64 - 1

#: Compute modes by NVML's constants: how many processes may use a GPU.
COMPUTE_MODES = {
    "NVML_COMPUTEMODE_DEFAULT": "default",
    "NVML_COMPUTEMODE_EXCLUSIVE_THREAD": "exclusive thread",
    "NVML_COMPUTEMODE_PROHIBITED": "prohibited",
    "NVML_COMPUTEMODE_EXCLUSIVE_PROCESS": "exclusive process",
}


@dataclass(frozen=True, slots=True)
class GpuState:
    """One reading of a GPU in SI units; a field NVML refused is None and named in `missing`."""

    sm_clock_hz: float | None = None
    memory_clock_hz: float | None = None
    temperature_celsius: float | None = None
    power_watts: float | None = None
    energy_joules: float | None = None
    throttle_reasons: tuple[str, ...] | None = None
    foreign_processes: int | None = None
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GpuSettings:
    """How a GPU is set up, in SI units; a field NVML refused is None and named in `missing`.

    `compute_mode` is a value of `COMPUTE_MODES`.
    """

    persistence: bool | None = None
    power_limit_watts: float | None = None
    default_power_limit_watts: float | None = None
    max_power_limit_watts: float | None = None
    compute_mode: str | None = None
    mig: bool | None = None
    ecc: bool | None = None
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LimitedSeconds:
    """How long each limit has held the clocks of a GPU down since its driver was loaded, in s.

    `by_limit` has the names of `LIMITS`; one whose counter NVML refuses is in `missing`.
    """

    by_limit: dict[str, float]
    missing: dict[str, str]


class Nvml:
    """The NVML of this machine, or the reason why there is none."""

    def __init__(self, library: Any | None = None) -> None:  # noqa: ANN401  # a module or a fake
        """Initialise NVML; `library` replaces `pynvml` in tests."""
        self.reason: str | None = None
        self._nvml: Any = library
        try:
            if library is None:
                import pynvml

                self._nvml = pynvml
            self._nvml.nvmlInit()
        except Exception as error:  # noqa: BLE001  # NVML raises many types; absence is an answer
            self.reason = f"NVML: {_say(error)}"

    def driver(self) -> tuple[str | None, str | None]:
        """Return (driver version, reason why not)."""
        value, reason = self._ask(lambda n: _text(n.nvmlSystemGetDriverVersion()))
        return value, reason

    def state(self, uuid: str) -> GpuState:
        """Read clocks, temperature, power, energy, throttling and other processes of one GPU.

        This process is taken to compute on that GPU too.
        """
        values, missing = self._read(uuid, _STATE)
        return GpuState(**values, missing=missing)

    def joules(self, uuid: str) -> tuple[float | None, str | None]:
        """Read the energy counter of one GPU, and nothing else: (joules, reason why not)."""
        values, missing = self._read(uuid, {_ENERGY: _STATE[_ENERGY]})
        return values.get(_ENERGY), missing.get(_ENERGY)

    def settings(self, uuid: str) -> GpuSettings:
        """Read how one GPU is set up; nothing is ever changed."""
        values, missing = self._read(uuid, _SETTINGS)
        return GpuSettings(**values, missing=missing)

    def limited(self, uuid: str) -> LimitedSeconds:
        """Read how long each limit has held the clocks of one GPU down."""
        return LimitedSeconds(*self._read(uuid, _LIMITED))

    @contextmanager
    def hold(self, uuid: str) -> Iterator[None]:
        """Keep one GPU open until the context is left, then close NVML.

        Without persistence mode the driver drops a GPU that nobody holds and takes seconds to
        bring it back. NVML opens a GPU with its handle. Where it cannot, nothing is kept.
        """
        self._ask(lambda n: n.nvmlDeviceGetHandleByUUID(uuid))
        try:
            yield
        finally:
            self._ask(lambda n: n.nvmlShutdown())

    def _read(
        self, uuid: str, table: Mapping[str, Reading]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Read the fields of a table: (values that were told, reasons for the others)."""
        handle, reason = self._ask(lambda n: n.nvmlDeviceGetHandleByUUID(uuid))
        if handle is None:
            return {}, dict.fromkeys(table, reason or "no handle")
        values: dict[str, Any] = {}
        missing: dict[str, str] = {}
        for name, read in table.items():
            value, why = self._ask(partial(_call, read, handle))
            if value is None:
                missing[name] = why or "not reported"
            else:
                values[name] = value
        return values, missing

    def _ask(self, call: Callable[[Any], Any]) -> tuple[Any | None, str | None]:
        if self.reason is not None:
            return None, self.reason
        try:
            return call(self._nvml), None
        except Exception as error:  # noqa: BLE001  # NVML is partial on WSL, MIG and Jetson
            return None, f"NVML: {_say(error)}"


def _call(read: Reading, handle: Any, nvml: Any) -> Any:  # noqa: ANN401
    return read(nvml, handle)


def _slowdowns(nvml: Any, handle: Any) -> tuple[str, ...]:  # noqa: ANN401
    mask = nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
    return tuple(name for bit, name in SLOWDOWNS.items() if mask & getattr(nvml, bit))


def _others(nvml: Any, handle: Any) -> int:  # noqa: ANN401
    return count_foreign([each.pid for each in nvml.nvmlDeviceGetComputeRunningProcesses(handle)])


def _limited(policy: str, nvml: Any, handle: Any) -> float | None:  # noqa: ANN401
    counted = nvml.nvmlDeviceGetViolationStatus(handle, getattr(nvml, policy)).violationTime
    return None if counted == NOT_AVAILABLE else counted / 1e9


def _compute_mode(nvml: Any, handle: Any) -> str:  # noqa: ANN401
    mode = nvml.nvmlDeviceGetComputeMode(handle)
    names = {getattr(nvml, constant): name for constant, name in COMPUTE_MODES.items()}
    return names.get(mode, f"mode {mode}")


_STATE: dict[str, Reading] = {
    "sm_clock_hz": lambda n, h: n.nvmlDeviceGetClockInfo(h, n.NVML_CLOCK_SM) * 1e6,
    "memory_clock_hz": lambda n, h: n.nvmlDeviceGetClockInfo(h, n.NVML_CLOCK_MEM) * 1e6,
    "temperature_celsius": lambda n, h: float(
        n.nvmlDeviceGetTemperature(h, n.NVML_TEMPERATURE_GPU)
    ),
    "power_watts": lambda n, h: n.nvmlDeviceGetPowerUsage(h) / 1e3,
    "energy_joules": lambda n, h: n.nvmlDeviceGetTotalEnergyConsumption(h) / 1e3,
    "throttle_reasons": _slowdowns,
    "foreign_processes": _others,
}

_SETTINGS: dict[str, Reading] = {
    "persistence": lambda n, h: bool(n.nvmlDeviceGetPersistenceMode(h)),
    "power_limit_watts": lambda n, h: n.nvmlDeviceGetPowerManagementLimit(h) / 1e3,
    "default_power_limit_watts": lambda n, h: n.nvmlDeviceGetPowerManagementDefaultLimit(h) / 1e3,
    "max_power_limit_watts": lambda n, h: (
        n.nvmlDeviceGetPowerManagementLimitConstraints(h)[1] / 1e3
    ),
    "compute_mode": _compute_mode,
    "mig": lambda n, h: bool(n.nvmlDeviceGetMigMode(h)[0]),
    "ecc": lambda n, h: bool(n.nvmlDeviceGetEccMode(h)[0]),
}

_LIMITED: dict[str, Reading] = {name: partial(_limited, policy) for name, policy in LIMITS.items()}


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _say(error: Exception) -> str:
    return str(error) or type(error).__name__

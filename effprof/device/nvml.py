"""NVML behind one file: every field is a value or a reason, and no call can fail a run."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

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
        handle, reason = self._ask(lambda n: n.nvmlDeviceGetHandleByUUID(uuid))
        if handle is None:
            return GpuState(missing=dict.fromkeys(_READINGS, reason or "no handle"))
        values: dict[str, Any] = {}
        missing: dict[str, str] = {}
        for name, read in _READINGS.items():
            value, why = self._ask(partial(_read, read, handle))
            values[name] = value
            if value is None:
                missing[name] = why or "not reported"
        return GpuState(**values, missing=missing)

    def _ask(self, call: Callable[[Any], Any]) -> tuple[Any | None, str | None]:
        if self.reason is not None:
            return None, self.reason
        try:
            return call(self._nvml), None
        except Exception as error:  # noqa: BLE001  # NVML is partial on WSL, MIG and Jetson
            return None, f"NVML: {_say(error)}"


def _read(read: Reading, handle: Any, nvml: Any) -> Any:  # noqa: ANN401
    return read(nvml, handle)


def _slowdowns(nvml: Any, handle: Any) -> tuple[str, ...]:  # noqa: ANN401
    mask = nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)
    return tuple(name for bit, name in SLOWDOWNS.items() if mask & getattr(nvml, bit))


def _others(nvml: Any, handle: Any) -> int:  # noqa: ANN401
    # Process ids are those of the host: in a container they are not ours, so ours is counted off.
    listed = len(nvml.nvmlDeviceGetComputeRunningProcesses(handle))
    if not listed:
        raise LookupError("no process is listed, not even this one")
    return listed - 1


_READINGS: dict[str, Reading] = {
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


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _say(error: Exception) -> str:
    return str(error) or type(error).__name__

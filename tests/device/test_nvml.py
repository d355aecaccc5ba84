"""NVML is partial on many machines: each field is a value or a reason, and nothing raises."""

import os
from dataclasses import asdict

import pytest

from effprof.device.nvml import LIMITS, GpuSettings, Nvml
from tests.device.fake_nvml import CALLS, FakeNvml


def test_a_full_nvml_gives_si_units():
    state = Nvml(FakeNvml(throttle=32, pids=(os.getpid(), 1))).state("GPU-1")
    assert state.sm_clock_hz == 1.98e9
    assert state.memory_clock_hz == 3.201e9
    assert state.temperature_celsius == 55.0
    assert state.power_watts == 412.0
    assert state.energy_joules == 1500.0
    assert state.throttle_reasons == ("thermal slowdown",)
    assert state.foreign_processes == 1
    assert state.missing == {}


#: What each reading is made of, and what it loses with one call of NVML.
READ = {
    "state": {
        "nvmlDeviceGetClockInfo": {"sm_clock_hz", "memory_clock_hz"},
        "nvmlDeviceGetTemperature": {"temperature_celsius"},
        "nvmlDeviceGetPowerUsage": {"power_watts"},
        "nvmlDeviceGetTotalEnergyConsumption": {"energy_joules"},
        "nvmlDeviceGetCurrentClocksThrottleReasons": {"throttle_reasons"},
        "nvmlDeviceGetComputeRunningProcesses": {"foreign_processes"},
    },
    "settings": {
        "nvmlDeviceGetPersistenceMode": {"persistence"},
        "nvmlDeviceGetPowerManagementLimit": {"power_limit_watts"},
        "nvmlDeviceGetPowerManagementDefaultLimit": {"default_power_limit_watts"},
        "nvmlDeviceGetPowerManagementLimitConstraints": {"max_power_limit_watts"},
        "nvmlDeviceGetComputeMode": {"compute_mode"},
        "nvmlDeviceGetMigMode": {"mig"},
        "nvmlDeviceGetEccMode": {"ecc"},
    },
    "limited": {"nvmlDeviceGetViolationStatus": set(LIMITS)},
}

#: Calls without which nothing of a GPU can be read.
FATAL = {"nvmlInit", "nvmlDeviceGetHandleByUUID"}


@pytest.mark.parametrize("reading", READ)
@pytest.mark.parametrize("call", CALLS)
def test_any_call_may_raise_and_only_its_fields_are_missing(call, reading):
    read = getattr(Nvml(FakeNvml(raising=[call])), reading)("GPU-1")
    everything = set().union(*READ[reading].values())
    lost = everything if call in FATAL else READ[reading].get(call, set())
    assert read.missing.keys() == lost
    assert all(f"{call}: Not Supported" in reason for reason in read.missing.values())
    told = read.by_limit if reading == "limited" else asdict(read)
    assert {name for name in everything if told.get(name) is not None} == everything - lost


def test_how_a_gpu_is_set_up_is_told_in_si_units():
    assert Nvml(FakeNvml()).settings("GPU-1") == GpuSettings(
        persistence=True,
        power_limit_watts=700.0,
        default_power_limit_watts=700.0,
        max_power_limit_watts=700.0,
        compute_mode="default",
        mig=False,
        ecc=True,
    )


def test_how_long_limits_held_the_clocks_down_is_told_in_seconds():
    fake = FakeNvml()
    fake.held_ns = {fake.NVML_PERF_POLICY_THERMAL: 2_500_000_000}
    limited = Nvml(fake).limited("GPU-1")
    assert limited.by_limit["thermal slowdown"] == 2.5
    assert limited.by_limit["power cap"] == pytest.approx(7e-6)
    fake.held_ns = {fake.NVML_PERF_POLICY_POWER: 2**64 - 1}
    assert Nvml(fake).limited("GPU-1").missing == {"power cap": "not reported"}


def test_a_gpu_is_held_with_its_handle_until_the_context_is_left():
    fake = FakeNvml()
    held = Nvml(fake).hold("GPU-1")
    held.__enter__()
    assert (fake.open, fake.handles) == (1, {"GPU-1"})
    interrupt = KeyboardInterrupt()
    assert not held.__exit__(KeyboardInterrupt, interrupt, None)
    assert (fake.open, fake.handles) == (0, set())


@pytest.mark.parametrize("call", ["nvmlInit", "nvmlDeviceGetHandleByUUID", "nvmlShutdown"])
def test_a_gpu_that_cannot_be_held_fails_nothing(call):
    with Nvml(FakeNvml(raising=[call])).hold("GPU-1"):
        pass


def test_a_machine_without_nvml_names_the_reason_everywhere():
    class Absent:
        def nvmlInit(self):  # noqa: N802  # NVML's name
            raise OSError("libnvidia-ml.so.1: not found")

    nvml = Nvml(Absent())
    assert nvml.driver() == (None, "NVML: libnvidia-ml.so.1: not found")
    assert set(nvml.state("GPU-1").missing.values()) == {"NVML: libnvidia-ml.so.1: not found"}

"""NVML is partial on many machines: each field is a value or a reason, and nothing raises."""

import pytest

from effprof.device.nvml import Nvml
from tests.device.fake_nvml import CALLS, FakeNvml


def test_a_full_nvml_gives_si_units():
    state = Nvml(FakeNvml(throttle=32, pids=(1, 2))).state("GPU-1")
    assert state.sm_clock_hz == 1.98e9
    assert state.memory_clock_hz == 3.201e9
    assert state.temperature_celsius == 55.0
    assert state.power_watts == 412.0
    assert state.energy_joules == 1500.0
    assert state.throttle_reasons == ("thermal slowdown",)
    assert state.foreign_processes == 1
    assert state.missing == {}


@pytest.mark.parametrize("call", CALLS)
def test_any_call_may_raise_and_only_its_fields_are_missing(call):
    nvml = Nvml(FakeNvml(raising=[call]))
    state = nvml.state("GPU-1")
    lost = {
        name
        for name in ("sm_clock_hz", "temperature_celsius", "power_watts", "energy_joules")
        if getattr(state, name) is None
    }
    assert lost <= state.missing.keys()
    if call not in {"nvmlSystemGetDriverVersion"}:
        assert state.missing
        assert all("Not Supported" in reason for reason in state.missing.values())
    if call == "nvmlDeviceGetPowerUsage":
        assert lost == {"power_watts"}


@pytest.mark.parametrize(("pids", "others"), [((), None), ((77,), 0), ((77, 78, 79), 2)])
def test_this_process_is_counted_off_under_whatever_id_the_host_knows_it(pids, others):
    state = Nvml(FakeNvml(pids=pids)).state("GPU-1")
    assert state.foreign_processes == others
    assert ("foreign_processes" in state.missing) == (others is None)


def test_a_machine_without_nvml_names_the_reason_everywhere():
    class Absent:
        def nvmlInit(self):  # noqa: N802  # NVML's name
            raise OSError("libnvidia-ml.so.1: not found")

    nvml = Nvml(Absent())
    assert nvml.driver() == (None, "NVML: libnvidia-ml.so.1: not found")
    assert set(nvml.state("GPU-1").missing.values()) == {"NVML: libnvidia-ml.so.1: not found"}

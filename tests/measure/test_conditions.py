"""The machine's state decides whether samples may be believed."""

import time

import pytest

from effprof.core.outcomes import Conditions
from effprof.device.cpu import CpuReading, CpuWindow
from effprof.device.nvml import Nvml
from effprof.device.target import Target
from effprof.measure.conditions import (
    CpuWatch,
    GpuWatch,
    contention,
    faulting,
    gpu_trouble,
)
from tests.device.fake_nvml import FakeNvml


def window(cpu_share=1.0, foreign_cpu=0.0):
    return CpuWindow(cpu_share, foreign_cpu, steal=0.0, minor_faults=0)


def test_a_quiet_machine_gives_no_reason():
    assert contention(window()) == ()


@pytest.mark.parametrize("bad", [window(cpu_share=0.85), window(foreign_cpu=0.2)])
def test_contention_is_a_reason_that_says_what_to_do(bad):
    (reason,) = contention(bad)
    assert reason.startswith("contended")
    assert "close" in reason


def test_page_faults_count_by_the_time_they_cost():
    assert faulting(faults_per_step=50_000, step_seconds=0.155)
    assert not faulting(faults_per_step=10, step_seconds=0.155)


def test_windows_are_differences_of_readings():
    start = CpuReading(wall=10, own=5, busy=100, steal=2, minor_faults=7)
    end = CpuReading(wall=12, own=8, busy=104.5, steal=2.5, minor_faults=9)
    between = CpuWindow.between(start, end, threads=2)
    assert between.cpu_share == pytest.approx(3 / 4)
    assert between.steal == pytest.approx(0.25)
    assert between.foreign_cpu == pytest.approx((4.5 - 0.5 - 3) / 2)
    assert between.minor_faults == 2


def test_a_sleeping_worker_is_seen_as_robbed_of_its_cpu():
    watch = CpuWatch(threads=1, affinity=(0,))
    result, watched = watch.during(lambda: time.sleep(0.3) or [1], count=len)
    assert result == [1]
    assert watched.conditions.cpu_share < 0.5
    assert any("contended" in reason for reason in watched.invalid_reasons)


def test_gpu_readings_become_conditions_in_si_units():
    watch = GpuWatch(Target("cuda", "H200", "", 0, "GPU-1"), Nvml(FakeNvml()))
    _, watched = watch.during(lambda: None, count=lambda _: 1)
    assert watched.conditions.sm_clock_hz == (1.98e9, 1.98e9)
    assert watched.conditions.power_watts == 412.0
    assert watched.invalid_reasons == ()


def test_a_slowdown_seen_only_in_the_middle_is_not_forgotten():
    fake = FakeNvml()
    watch = GpuWatch(Target("cuda", "H200", "", 0, "GPU-1"), Nvml(fake))

    def work():
        fake.throttle = fake.nvmlClocksThrottleReasonSwThermalSlowdown
        watch.glance()
        fake.throttle = 0

    _, watched = watch.during(work, count=lambda _: 1)
    assert watched.conditions.throttle_reasons == ("thermal slowdown",)
    assert watched.invalid_reasons[0].startswith("throttled: thermal slowdown")


def test_throttling_that_cannot_be_read_is_unknown_and_not_none_seen():
    fake = FakeNvml(raising=["nvmlDeviceGetCurrentClocksThrottleReasons"])
    watch = GpuWatch(Target("cuda", "H200", "", 0, "GPU-1"), Nvml(fake))
    _, watched = watch.during(lambda: None, count=lambda _: 1)
    assert watched.conditions.throttle_reasons is None
    assert "throttle_reasons" in watched.missing


def test_the_power_limit_is_how_a_gpu_runs_and_no_reason():
    assert gpu_trouble(Conditions(throttle_reasons=("power cap",))) == ()


def test_throttling_and_other_processes_are_reasons():
    reasons = gpu_trouble(
        Conditions(throttle_reasons=("thermal slowdown",), foreign_gpu_processes=2)
    )
    assert reasons[0].startswith("throttled: thermal slowdown")
    assert reasons[1].startswith("busy: 2 other process(es)")

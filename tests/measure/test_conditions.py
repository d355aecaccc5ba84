"""The machine's state decides whether samples are valid."""

import mmap
import os
import time

import pytest

from effprof.core.outcomes import Conditions
from effprof.device.cpu import CpuReading, CpuWindow
from effprof.device.nvml import LIMITS, GpuState, LimitedSeconds, Nvml
from effprof.device.target import Target
from effprof.measure.conditions import (
    MAX_LIMITED_SHARE,
    CpuWatch,
    GpuWatch,
    _throttle_reasons,
    contention,
    faulting,
    gpu_troubles,
    limited_shares,
)
from effprof.measure.troubles import OF_OTHERS
from effprof.store.codec import decode, encode
from tests.device.fake_nvml import FakeNvml


def window(cpu_share=1.0, foreign_cpu=0.0):
    return CpuWindow(cpu_share, foreign_cpu, steal=0.0, minor_faults=0)


def test_a_quiet_machine_gives_no_reason():
    assert contention(window(), 1) == ()


@pytest.mark.parametrize("bad", [window(cpu_share=0.85), window(foreign_cpu=0.2)])
def test_contention_is_a_reason_that_says_what_to_do(bad):
    (trouble,) = contention(bad, 1)
    assert trouble.id in OF_OTHERS
    assert trouble.text.startswith("contended")
    assert "close" in trouble.text


def test_page_faults_count_by_the_time_they_cost():
    (trouble,) = faulting(faults_per_step=50_000, step_seconds=0.155)
    assert trouble.text == (
        "page faults: 50000 per timed step, about 32% of its time;"
        " the allocator gives memory back between steps"
    )
    assert not faulting(faults_per_step=10, step_seconds=0.155)


@pytest.mark.parametrize(("allocator", "troubles"), [("kept", ["page_faults"]), ("default", [])])
def test_page_faults_are_what_the_default_allocator_is_measured_for(allocator, troubles):
    def step():
        with mmap.mmap(-1, 4096 * mmap.PAGESIZE) as pages:
            for page in range(4096):
                pages[page * mmap.PAGESIZE] = 1
        return [1]

    watch = CpuWatch(threads=1, affinity=(0,), allocator=allocator)
    _, watched = watch.during(step, count=len)
    assert watched.conditions.minor_faults_per_step >= 4000
    assert [each.id for each in watched.troubles if each.id not in OF_OTHERS] == troubles


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
    assert "starved" in {each.id for each in watched.troubles}


def test_gpu_readings_become_conditions_in_si_units():
    watch = GpuWatch(Target("cuda", "H200", "", 0, "GPU-1"), Nvml(FakeNvml()))
    _, watched = watch.during(lambda: None, count=lambda _: 1)
    assert watched.conditions.sm_clock_hz == (1.98e9, 1.98e9)
    assert watched.conditions.power_watts == 412.0
    assert watched.troubles == ()


def test_a_slowdown_seen_only_in_the_middle_is_not_forgotten():
    fake = FakeNvml()
    watch = GpuWatch(Target("cuda", "H200", "", 0, "GPU-1"), Nvml(fake))

    def work():
        fake.throttle = fake.nvmlClocksThrottleReasonSwThermalSlowdown
        watch.glance()
        fake.throttle = 0

    _, watched = watch.during(work, count=lambda _: 1)
    assert watched.conditions.throttle_reasons == ("thermal slowdown",)
    assert watched.troubles[0].text.startswith("throttled: thermal slowdown")


def test_throttling_that_cannot_be_read_is_unknown_and_not_none_seen():
    fake = FakeNvml(raising=["nvmlDeviceGetCurrentClocksThrottleReasons"])
    watch = GpuWatch(Target("cuda", "H200", "", 0, "GPU-1"), Nvml(fake))
    _, watched = watch.during(lambda: None, count=lambda _: 1)
    assert watched.conditions.throttle_reasons is None
    assert "throttle_reasons" in watched.missing


def held_during(ns, policy, **fake):
    """Watch a window in which NVML counts `ns` more nanoseconds of a policy."""
    nvml = FakeNvml(**fake)
    watch = GpuWatch(Target("cuda", "H200", "", 0, "GPU-1"), Nvml(nvml))
    nvml.held_ns = {policy: 10**9}

    def work():
        watch.glance()
        nvml.held_ns = {policy: 10**9 + ns}

    _, watched = watch.during(work, count=lambda _: 1)
    return watched


LONG = 3600 * 10**9  # longer than any window of a test


def test_a_card_that_throttles_only_between_two_looks_is_found():
    watched = held_during(LONG, FakeNvml.NVML_PERF_POLICY_THERMAL)
    assert watched.conditions.throttle_reasons == ("thermal slowdown",)
    assert watched.conditions.limited_shares["thermal slowdown"] == 1.0
    assert watched.troubles[0].text.startswith("throttled: thermal slowdown")


@pytest.mark.parametrize(
    ("policy", "cause"),
    [
        (FakeNvml.NVML_PERF_POLICY_BOARD_LIMIT, "board limit"),
        (FakeNvml.NVML_PERF_POLICY_RELIABILITY, "reliability limit"),
        (FakeNvml.NVML_PERF_POLICY_SYNC_BOOST, "sync boost"),
    ],
)
def test_limits_of_a_healthy_card_are_kept_and_no_reason(policy, cause):
    watched = held_during(LONG, policy)
    assert watched.conditions.limited_shares[cause] == 1.0
    assert watched.conditions.throttle_reasons == ()
    assert watched.troubles == ()


def test_a_card_that_idles_is_not_throttled():
    watched = held_during(0, 1, throttle=FakeNvml.nvmlClocksThrottleReasonGpuIdle)
    assert watched.conditions.throttle_reasons == ()
    assert watched.troubles == ()


@pytest.mark.parametrize(
    ("policy", "reasons"),
    [
        (FakeNvml.NVML_PERF_POLICY_POWER, ("power cap",)),
        (FakeNvml.NVML_PERF_POLICY_SYNC_BOOST, ()),
    ],
)
def test_power_and_what_somebody_chose_are_no_trouble(policy, reasons):
    watched = held_during(LONG, policy)
    assert watched.conditions.throttle_reasons == reasons
    assert watched.troubles == ()


def test_counters_tell_where_no_look_can():
    refused = ["nvmlDeviceGetCurrentClocksThrottleReasons"]
    watched = held_during(LONG, FakeNvml.NVML_PERF_POLICY_THERMAL, raising=refused)
    assert watched.conditions.throttle_reasons == ("thermal slowdown",)
    assert "throttle_reasons" not in watched.missing
    watched = held_during(0, FakeNvml.NVML_PERF_POLICY_THERMAL, raising=refused)
    assert watched.conditions.throttle_reasons is None
    assert "throttle_reasons" in watched.missing


def test_a_refused_counter_is_missing_with_its_reason():
    watched = held_during(LONG, 1, raising=["nvmlDeviceGetViolationStatus"])
    assert watched.conditions.limited_shares == {}
    assert watched.conditions.throttle_reasons == ()
    assert "Not Supported" in watched.missing["limited_shares thermal slowdown"]


def limited(seconds, **missing):
    names = [name for name in LIMITS if name not in missing]
    return LimitedSeconds(dict.fromkeys(names, seconds), missing)


def test_shares_are_of_the_window():
    shares, missing = limited_shares(limited(5.0), limited(5.5), seconds=10.0)
    assert shares == dict.fromkeys(LIMITS, pytest.approx(0.05))
    assert missing == {}


def test_a_hundredth_of_the_window_is_borne():
    for share, causes in [(0.9, None), (1.1, "thermal slowdown")]:
        shares = {"thermal slowdown": share * MAX_LIMITED_SHARE}
        seen = _throttle_reasons([GpuState(throttle_reasons=())], shares)
        assert seen == ((causes,) if causes else ())


def test_a_counter_that_went_backwards_tells_nothing():
    shares, missing = limited_shares(limited(5.0), limited(4.0), seconds=10.0)
    assert shares == {}
    assert missing["limited_shares power cap"] == "the counter went backwards"


def test_fed_steps_are_judged_by_the_counters_alone():
    nvml = FakeNvml(throttle=FakeNvml.nvmlClocksThrottleReasonSwThermalSlowdown)
    watch = GpuWatch(Target("cuda", "H200", "", 0, "GPU-1"), Nvml(nvml), feeding=(os.getpid(),))
    _, quiet = watch.during(lambda: None, count=lambda _: 1)
    assert quiet.conditions.throttle_reasons is None
    assert "loader" in quiet.missing["throttle_reasons"]
    assert quiet.conditions.power_watts is None

    def throttle():
        nvml.held_ns = {FakeNvml.NVML_PERF_POLICY_THERMAL: LONG}

    _, hot = watch.during(throttle, count=lambda _: 1)
    assert hot.conditions.throttle_reasons == ("thermal slowdown",)


def test_conditions_of_earlier_releases_are_read():
    earlier = '{"power_watts":412.0,"throttle_reasons":["power cap"],"affinity":[]}'
    read = decode(Conditions, earlier)
    assert (read.power_watts, read.throttle_reasons) == (412.0, ("power cap",))
    assert read.limited_shares == {}
    counted = Conditions(limited_shares={"power cap": 0.25})
    assert decode(Conditions, encode(counted)) == counted


def test_the_power_limit_is_how_a_gpu_runs_and_no_reason():
    assert gpu_troubles(Conditions(throttle_reasons=("power cap",))) == ()


def test_throttling_and_other_processes_are_reasons():
    throttled, busy = gpu_troubles(
        Conditions(throttle_reasons=("thermal slowdown",), foreign_gpu_processes=2)
    )
    assert throttled.text.startswith("throttled: thermal slowdown")
    assert busy.text.startswith("busy: 2 other process(es)")
    assert (throttled.id in OF_OTHERS, busy.id in OF_OTHERS) == (False, True)

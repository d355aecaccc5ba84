"""Laws that only a GPU can show: time, memory and recovery, against loops of torch alone."""

import statistics

import pytest

from effprof.core.cells import Cell
from effprof.core.errors import NoDevice
from effprof.core.outcomes import Failure, Measurement
from effprof.core.runs import MeasureOptions
from effprof.sweep import tasks
from tests import cuda_jobs

pytestmark = pytest.mark.gpu

OPTIONS = MeasureOptions(target_width=0.005, min_seconds=1.0, allow_busy=True)


@pytest.fixture(scope="module")
def target(workers):
    try:
        return workers.call(tasks.find_targets, "0", False, timeout=120)[0][0]
    except NoDevice as error:
        pytest.skip(str(error))


def measure(workers, target, cell):
    return workers.call(tasks.measure, cell, target, OPTIONS, timeout=300)


def test_a_gpu_is_resolved_to_its_uuid(target):
    assert target.uuid.startswith("GPU-")
    assert target.name in target.line


@pytest.mark.parametrize("batch", [1, 8, 64])
@pytest.mark.parametrize("model", ["efficientnet_b0", "resnet50", "mobilenetv2_100", "resnet18"])
def test_throughput_agrees_with_an_independent_event_loop_to_a_hundredth(
    workers, target, model, batch
):
    cell = Cell(f"timm/{model}", 224, batch_size=batch, precision="amp-fp16")
    ratios = []
    for _ in range(3):  # interleaved, so that clocks and temperature hit both alike
        ours = measure(workers, target, cell)
        assert isinstance(ours, Measurement), ours
        plain = workers.call(cuda_jobs.event_loop, model, batch, target.torch_name, timeout=300)
        ratios.append(statistics.median(ours.timing.throughput) / plain)
    assert statistics.median(ratios) == pytest.approx(1, abs=0.01)


def test_a_kernel_of_known_length_is_measured_to_a_hundredth(workers, target):
    timed, cycles_per_second = workers.call(
        cuda_jobs.time_known_kernels, target.torch_name, timeout=120
    )
    short, long = timed
    # The clock may drift between cards and moments: the ratio of two lengths may not.
    assert long / short == pytest.approx(4, rel=0.01)
    assert cycles_per_second > 1e8


def test_an_unsynchronised_clock_misses_what_ours_sees(workers, target):
    unsynchronised, ours = workers.call(
        cuda_jobs.compare_with_unsynchronised, target.torch_name, timeout=120
    )
    assert unsynchronised < ours / 10


def test_peak_memory_is_that_of_the_allocator(workers, target):
    cell = Cell("timm/resnet18", 224, batch_size=16)
    ours = measure(workers, target, cell)
    plain = workers.call(cuda_jobs.peak_allocated, "resnet18", 16, target.torch_name, timeout=120)
    assert ours.memory.peak_allocated_bytes == pytest.approx(plain, rel=0.01)
    assert ours.memory.peak_reserved_bytes >= ours.memory.peak_allocated_bytes


def test_nvml_fields_are_there_or_labelled(workers, target):
    ours = measure(workers, target, Cell("timm/resnet18", 224, batch_size=16))
    for name in ("sm_clock_hz", "power_watts", "temperature_celsius"):
        assert getattr(ours.conditions, name) is not None or name in ours.missing
    assert ours.energy is not None or "energy" in ours.missing


@pytest.mark.parametrize("mode", ["infer", "train"])
@pytest.mark.parametrize("execution", ["compile", "cudagraph"])
def test_compiled_and_captured_cells_run(workers, target, mode, execution):
    cell = Cell("timm/mobilenetv3_small_050", 64, mode, 4, execution=execution)
    outcome = measure(workers, target, cell)
    assert isinstance(outcome, Measurement), outcome


def test_faults_leave_the_device_usable(workers, target):
    oom = measure(workers, target, Cell("timm/resnet152", 1024, "train", 100_000))
    assert isinstance(oom, Failure)
    assert oom.kind == "oom"
    with pytest.raises(RuntimeError, match="assert"):
        workers.call(cuda_jobs.device_assert, target.torch_name, timeout=120)
    outcome = measure(workers, target, Cell("timm/resnet18", 224))
    assert isinstance(outcome, Measurement)

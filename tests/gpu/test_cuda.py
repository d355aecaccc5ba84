"""Laws that only a GPU can show: time, memory, energy, execution; beside loops of torch alone."""

import statistics
import sys

import pytest

from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement
from tests import cuda_jobs

pytestmark = pytest.mark.gpu


def test_a_gpu_is_resolved_to_its_uuid(target):
    assert target.uuid.startswith("GPU-")
    assert target.name in target.line


# tests/benchmarks/fidelity.py compares more of them, by the same loop. At batch 1 the host sets the
# pace, and two processes of it differ by more than their clocks.
@pytest.mark.parametrize(("batch", "apart"), [(1, 0.05), (64, 0.01)])
@pytest.mark.parametrize("model", ["efficientnet_b0", "resnet50"])
def test_throughput_agrees_with_an_independent_event_loop(
    workers, target, measure, model, batch, apart
):
    cell = Cell(f"timm/{model}", 224, batch_size=batch, precision="amp-fp16")
    ratios = []
    for _ in range(3):  # interleaved, so that clocks and temperature hit both alike
        ours = measure(cell)
        assert isinstance(ours, Measurement), ours
        plain = workers.call(cuda_jobs.event_loop, cell, target.torch_name, timeout=300)
        ratios.append(statistics.median(ours.timing.throughput) / plain)
    assert statistics.median(ratios) == pytest.approx(1, abs=apart)


def test_a_kernel_of_known_length_is_measured_to_a_hundredth(workers, target):
    timed, cycles_per_second = workers.call(
        cuda_jobs.time_known_kernels, target.torch_name, timeout=120
    )
    short, long = timed
    # The clock may drift between cards and moments: the ratio of two lengths may not.
    assert long / short == pytest.approx(4, rel=0.01)
    assert cycles_per_second > 1e8


def test_both_passes_agree_with_the_clock_of_the_host_to_a_hundredth(workers, target):
    host, throughput, latency = workers.call(
        cuda_jobs.time_by_the_host, target.torch_name, timeout=120
    )
    assert throughput == pytest.approx(host, rel=0.01)
    assert latency == pytest.approx(host, rel=0.01)


def test_an_unsynchronised_clock_misses_what_ours_sees(workers, target):
    unsynchronised, ours = workers.call(
        cuda_jobs.compare_with_unsynchronised, target.torch_name, timeout=120
    )
    assert unsynchronised < ours / 10


def test_the_process_that_asks_never_loads_cuda(measure):
    assert isinstance(measure(Cell("timm/resnet18", 64)), Measurement)
    torch = sys.modules.get("torch")
    assert torch is None or not torch.cuda.is_initialized()


def test_peak_memory_is_that_of_the_allocator(workers, target, options):
    cell = Cell("timm/resnet18", 224, batch_size=16)
    ours, plain = workers.call(cuda_jobs.peaks_by_both, cell, target, options, timeout=300)
    assert ours.memory.peak_allocated_bytes == pytest.approx(plain, rel=0.01)
    assert ours.memory.peak_reserved_bytes >= ours.memory.peak_allocated_bytes
    used = ours.memory.device_used_bytes
    # The device also lost what libraries take, and it is counted in pages.
    assert used is None or used >= 0.99 * ours.memory.peak_reserved_bytes


def test_nvml_fields_are_there_or_labelled(measure):
    ours = measure(Cell("timm/resnet18", 224, batch_size=16))
    conditions = ours.conditions
    for name in ("sm_clock_hz", "memory_clock_hz", "power_watts", "temperature_celsius"):
        value = getattr(conditions, name)
        assert name in ours.missing if value is None else min(_values(value)) > 0
    assert conditions.throttle_reasons is not None or "throttle_reasons" in ours.missing
    assert conditions.foreign_gpu_processes is not None or "foreign_processes" in ours.missing


def test_energy_is_what_the_power_says_or_labelled(measure):
    ours = measure(Cell("timm/resnet50", 224, batch_size=64, precision="amp-fp16"))
    if ours.energy is None:
        assert ours.missing["energy"]
        return
    assert ours.energy.images % 64 == 0
    watts = ours.energy.joules / ours.energy.seconds
    if ours.conditions.power_watts is not None:  # one reading under the same load
        assert 1 / 3 < watts / ours.conditions.power_watts < 3


def _values(value):
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize("mode", ["infer", "train"])
@pytest.mark.parametrize("execution", ["compile", "cudagraph"])
def test_compiled_and_captured_cells_run(measure, mode, execution):
    cell = Cell("timm/mobilenetv3_small_050", 64, mode, 4, execution=execution)
    outcome = measure(cell)
    assert isinstance(outcome, Measurement), outcome
    assert outcome.valid, outcome.invalid_reasons
    if execution == "compile":
        assert outcome.timing.compile_seconds or outcome.missing["compile_seconds"]


def test_a_captured_step_is_shorter_where_launches_are_what_takes_time(measure):
    eager = Cell("timm/mobilenetv3_small_050", 64, precision="amp-fp16")
    captured = Cell(eager.model, 64, precision="amp-fp16", execution="cudagraph")
    seconds = [statistics.median(measure(c).timing.throughput) for c in (eager, captured)]
    assert seconds[1] < seconds[0]


def test_what_cannot_be_captured_is_labelled(measure):
    cell = Cell("timm/resnet18", 64, "train", precision="amp-fp16", execution="cudagraph")
    outcome = measure(cell)
    assert (outcome.kind, "captured" in outcome.reason) == ("unsupported", True)


def test_a_step_fed_from_files_is_timed_and_waits_for_them(measure):
    names = {"precision": "amp-fp16", "batch_size": 32}
    fed = measure(Cell("timm/resnet18", 224, loader="jpeg-2w", **names))
    alone = measure(Cell("timm/resnet18", 224, **names))
    assert isinstance(fed, Measurement), fed
    seconds = [statistics.median(each.timing.throughput) for each in (fed, alone)]
    assert seconds[0] > seconds[1]

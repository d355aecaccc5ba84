"""What goes wrong on a GPU is an outcome of its cell, and of no other."""

import statistics
from pathlib import Path

import pytest

from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, Measurement
from tests import cuda_jobs, cuda_models

pytestmark = pytest.mark.gpu

MODELS = Path(cuda_models.__file__)

#: So many images that the GPU sets the pace: what the host does scatters more than `UNTOUCHED`.
NEIGHBOUR = Cell("timm/resnet18", 224, batch_size=128, precision="amp-fp16")

#: How far the medians of two undisturbed processes may lie apart.
UNTOUCHED = 0.05


@pytest.mark.parametrize(
    ("model", "kind", "told"),
    [
        ("asserting", "cuda_error", "assert"),
        ("starved", "oom", "out of memory"),
        ("killed", "crashed", "SIGKILL"),
    ],
)
def test_a_fault_is_named_and_leaves_the_neighbours_untouched(measure, model, kind, told):
    before = measure(NEIGHBOUR)
    fault = measure(Cell(f"{MODELS}:{model}", 32))
    after = measure(NEIGHBOUR)
    assert isinstance(fault, Failure), fault
    assert (fault.kind, told in fault.reason) == (kind, True), fault
    assert isinstance(before, Measurement), before
    assert isinstance(after, Measurement), after
    seconds = [statistics.median(each.timing.throughput) for each in (before, after)]
    assert seconds[1] / seconds[0] == pytest.approx(1, abs=UNTOUCHED)
    assert after.memory.peak_allocated_bytes == pytest.approx(
        before.memory.peak_allocated_bytes, rel=0.01
    )


def test_a_batch_that_is_too_large_is_out_of_memory(measure):
    outcome = measure(Cell("timm/resnet152", 1024, "train", 100_000))
    assert isinstance(outcome, Failure)
    assert outcome.kind == "oom"


def test_a_worker_that_is_killed_while_it_holds_the_device_gives_it_back(
    workers, target, measure, tmp_path
):
    marker = tmp_path / "busy"
    lost = workers.call(cuda_jobs.hold_and_die, str(marker), target.torch_name, timeout=120)
    assert marker.read_text() == "busy"
    assert lost.kind == "crashed"
    outcome = measure(NEIGHBOUR)
    assert isinstance(outcome, Measurement), outcome
    assert not outcome.conditions.foreign_gpu_processes

"""Profiles on a GPU: the device's own events, sums that hold, and torch's own count beside them."""

import pytest

from effprof.core.cells import Cell
from effprof.core.profiles import UNATTRIBUTED
from tests import cuda_jobs

pytestmark = pytest.mark.gpu

#: Parts and wholes are medians over steps, each its own: they need not add up to the last per cent.
SLACK = 0.02

CELLS = [
    Cell("timm/efficientnet_b0", 224, batch_size=32, precision="amp-fp16"),
    Cell("timm/efficientnet_b0", 224, "train", 8, "amp-fp16"),
    Cell("timm/resnet50", 224, batch_size=32, precision="amp-fp16", memory_format="nhwc"),
]


def taken(measure, cell):
    outcome = measure(cell, profile=True)
    assert outcome.profile is not None, getattr(outcome, "missing", outcome)
    assert outcome.profile.status == "profiled", outcome.profile.reason
    return outcome.profile


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.key)
def test_device_events_sum_to_roles_and_fit_into_the_step(measure, cell):
    profile = taken(measure, cell)
    by_role = profile.by(lambda op: op.role)
    assert profile.method == "torch.profiler"
    assert profile.kernel_count > 0
    assert sum(by_role.values()) == pytest.approx(profile.op_seconds, rel=1e-9)
    assert profile.busy_seconds <= profile.op_seconds * (1 + SLACK)
    assert profile.busy_seconds <= profile.wall_seconds * (1 + SLACK)
    assert by_role.get(UNATTRIBUTED, 0.0) < 0.05 * profile.op_seconds


def test_the_parts_of_an_efficientnet_are_told_apart(measure):
    by_role = taken(measure, CELLS[0]).by(lambda op: op.role)
    assert {"depthwise conv", "pointwise conv", "norm", "activation", "SE gate"} <= by_role.keys()
    assert by_role["copy"] > 0  # the casts of autocast
    assert "optimizer" not in by_role


def test_a_training_step_has_all_three_phases(measure):
    by_phase = taken(measure, CELLS[1]).by(lambda op: op.phase)
    assert by_phase.keys() == {"forward", "backward", "optimizer"}
    assert by_phase["backward"] > by_phase["forward"]


def test_device_time_is_that_of_torchs_own_events(workers, target, measure):
    cell = CELLS[2]
    cell = Cell(cell.model, cell.resolution, batch_size=cell.batch_size, precision=cell.precision)
    profile = taken(measure, cell)
    plain = workers.call(cuda_jobs.device_seconds, cell, target.torch_name, timeout=300)
    assert profile.op_seconds == pytest.approx(plain, rel=0.05)


@pytest.mark.parametrize("execution", ["compile", "cudagraph"])
def test_compiled_and_captured_steps_are_profiled_or_say_why_not(measure, execution):
    cell = Cell("timm/mobilenetv3_small_050", 64, batch_size=4, execution=execution)
    outcome = measure(cell, profile=True)
    profile = outcome.profile
    if profile is None:
        assert outcome.missing["profile"]
    else:
        assert profile.status == "profiled", profile.reason
        assert 0 < profile.busy_seconds <= profile.wall_seconds * (1 + SLACK)

"""What a GPU's own driver says of it is a value or is labelled, and a person is told what to do."""

import time

import pytest

from effprof.core.cells import Cell
from effprof.device.nvml import LIMITS, Nvml
from effprof.sweep import tasks

pytestmark = pytest.mark.gpu


def test_each_limit_is_counted_or_labelled(measure):
    ours = measure(Cell("timm/resnet18", 224, batch_size=16))
    shares = ours.conditions.limited_shares
    prefix = "limited_shares "
    missing = {n.removeprefix(prefix) for n in ours.missing if n.startswith(prefix)}
    assert shares.keys() | missing == LIMITS.keys()
    assert shares.keys().isdisjoint(missing)
    assert all(0 <= share <= 1 for share in shares.values())


def test_helpers_of_the_compiler_are_nobody_else(measure):
    ours = measure(Cell("timm/mobilenetv3_small_050", 64, execution="compile"), allow_busy=False)
    assert not ours.conditions.foreign_gpu_processes
    assert not any(reason.startswith("busy") for reason in ours.invalid_reasons)


def test_a_gpu_is_examined_and_a_forked_worker_sees_it_soon(workers, target):
    with Nvml().hold(target.uuid):
        found = workers.call(tasks.examine_gpu, target, time.monotonic(), timeout=120)
    start, *_, unread = found
    assert start.point == f"GPU {target.index} start"
    assert start.standing != "bad", start.found
    assert unread.point == f"GPU {target.index} NVML"
    for check in found:
        assert check.standing == "good" or check.remedy

"""What GPUs are checked against, run where there is none: it must not be there that it breaks."""

import pytest
import torch

from effprof.core.cells import Cell
from tests import cuda_jobs, cuda_models


@pytest.mark.parametrize("make", [cuda_models.asserting, cuda_models.starved, cuda_models.killed])
def test_networks_that_break_on_a_gpu_are_sound_elsewhere(make):
    assert make()(torch.zeros(1, 3, 32, 32)).shape == (1, 10)
    assert make().to("meta")(torch.zeros(1, 3, 32, 32, device="meta")).shape == (1, 10)


def test_the_independent_loop_times_a_step(workers):
    short, long = (
        workers.call(cuda_jobs.event_loop, Cell(name, 64), "cpu", timeout=120)
        for name in ("timm/test_resnet", "timm/resnet18")
    )
    assert 0 < short < long

"""The device of a run is asked for, found, or refused with the reason."""

import pytest

from effprof.core.errors import BadInput, NoDevice
from effprof.device.target import FoundGpus, Target, choose, find_gpus

TWO = FoundGpus(
    (
        Target("cuda", "H200", "asked for", 0, "GPU-aaaa"),
        Target("cuda", "L4", "asked for", 1, "GPU-bbbb"),
    ),
    None,
)
NONE = FoundGpus((), "found no NVIDIA driver")


@pytest.mark.parametrize("asked", ["1", "GPU-bbbb"])
def test_a_gpu_is_found_by_index_or_uuid(asked):
    (target,) = choose(TWO, asked, cpu=False)
    assert target.line == "GPU 1 = L4, GPU-bbbb"
    assert target.torch_name == "cuda:1"


def test_all_gpus():
    assert len(choose(TWO, "all", cpu=False)) == 2


def test_without_a_wish_the_first_gpu_else_the_cpu_with_the_reason():
    assert choose(TWO, None, cpu=False)[0].name == "H200"
    (target,) = choose(NONE, None, cpu=False)
    assert target.kind == "cpu"
    assert "found no NVIDIA driver" in target.why


def test_a_gpu_that_cannot_be_had_is_never_a_silent_cpu_run():
    with pytest.raises(NoDevice, match=r"found no NVIDIA driver.*--cpu"):
        choose(NONE, "0", cpu=False)


def test_a_wrong_index_lists_what_is_there():
    with pytest.raises(BadInput, match=r"GPU 0 = H200, GPU-aaaa; GPU 1 = L4"):
        choose(TWO, "7", cpu=False)


def test_an_empty_list_of_visible_devices_is_named(monkeypatch):
    monkeypatch.setattr("torch.version.cuda", "13.2")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert find_gpus() == FoundGpus((), "CUDA_VISIBLE_DEVICES is empty")


def test_a_torch_without_cuda_is_named(monkeypatch):
    monkeypatch.setattr("torch.version.cuda", None)
    assert "built without CUDA" in find_gpus().reason

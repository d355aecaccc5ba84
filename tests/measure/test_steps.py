"""Steps: what a captured one keeps alive, and what a training step lets go."""

import gc
import weakref
from contextlib import contextmanager, nullcontext
from dataclasses import replace

import pytest
import torch
from torch import nn

from effprof.core.cells import Cell
from effprof.measure import steps
from tests.jobs import Tiny

CPU = torch.device("cpu")


class Stream:
    """A stand-in for a CUDA stream."""

    def __init__(self, device=None):
        pass

    def wait_stream(self, other):
        pass


class Graph:
    """A stand-in for a CUDA graph: replaying it does nothing."""

    def replay(self):
        pass


def test_a_gpu_has_no_policy_of_the_allocator_to_measure():
    plain = Cell("timm/x", 32, allocator="default")
    with pytest.raises(steps.Unsupported, match="torch keeps what a step frees on a GPU"):
        steps.refuse_impossible(plain, "cuda")
    steps.refuse_impossible(replace(plain, allocator="kept"), "cuda")


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ([nn.GroupNorm(1, 3)], "the network has no batch norm: there is nothing to fold"),
        (
            [nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4)],
            "none of the 2 batch norms stands alone behind a convolution: there is nothing to fold",
        ),
    ],
)
def test_a_network_with_nothing_to_fold_is_unsupported(layers, why):
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(steps.Unsupported, match=f"^{why}$"):
        steps.build_step(model, Cell("tiny", 32, execution="bn-folded"), CPU)


@pytest.mark.parametrize("kind", ["cpu", "cuda"])
def test_only_inference_can_be_folded(kind):
    folded = Cell("tiny", 32, execution="bn-folded")
    steps.refuse_impossible(folded, kind)
    with pytest.raises(steps.Unsupported, match="statistics of its batch"):
        steps.refuse_impossible(replace(folded, mode="train"), kind)


def test_a_folded_step_gives_the_scores_of_the_network():
    def scored(execution):
        torch.manual_seed(0)
        step = steps.build_step(Tiny(), Cell("tiny", 32, batch_size=2, execution=execution), CPU)
        step.run()
        return step.output(), step.notes

    plain, notes = scored("eager")
    folded, told = scored("bn-folded")
    assert torch.allclose(plain, folded, atol=1e-6)
    assert notes == ()
    assert told == ("1 of 1 batch norms folded into the convolutions before them",)


@pytest.fixture
def cuda_graphs(monkeypatch):
    """Let steps be captured here: the capture runs the step once, a replay nothing."""

    @contextmanager
    def capture(graph):
        yield

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: nullcontext())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", capture)
    monkeypatch.setattr(steps, "refuse_impossible", lambda cell, kind: None)


def captured(mode, monkeypatch):
    """Build a captured step; return it and weak references to what its graph works on."""
    owned = {}

    class Watched(Tiny):
        def forward(self, images):
            owned["images"] = weakref.ref(images)
            return super().forward(images)

    class Sgd(torch.optim.SGD):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            owned["optimizer"] = weakref.ref(self)

    def targets(found):
        labels = _targets(found)
        owned["labels"] = weakref.ref(labels)
        return labels

    _targets = steps._targets
    monkeypatch.setattr(torch.optim, "SGD", Sgd)
    monkeypatch.setattr(steps, "_targets", targets)
    cell = Cell("tiny", 32, mode=mode, batch_size=2, execution="cudagraph")
    model = Watched()
    return steps.build_step(model, cell, CPU), model, owned


@pytest.mark.parametrize(
    ("mode", "names"), [("infer", {"images"}), ("train", {"images", "labels", "optimizer"})]
)
def test_a_captured_step_keeps_all_that_its_graph_replays(mode, names, cuda_graphs, monkeypatch):
    step, model, owned = captured(mode, monkeypatch)
    gc.collect()
    assert set(owned) == names
    assert [name for name, reference in owned.items() if reference() is None] == []
    step.run()
    assert torch.isfinite(step.output()).all()
    # And no longer than the step: what is looked at above does not live by chance.
    del step
    gc.collect()
    assert [name for name, reference in owned.items() if reference() is not None] == []
    assert model is not None


def test_a_captured_step_says_what_was_done_to_the_model(cuda_graphs):
    step = steps.build_step(Tiny(), Cell("tiny", 32, execution="cudagraph"), CPU)
    assert step.settings == {"batch norms": "1 given statistics"}
    assert step.phases == ()


def test_the_graph_of_a_training_step_ends_with_its_backward_pass():
    step = steps.build_step(Tiny(), Cell("tiny", 32, mode="train", batch_size=2), CPU)
    forward, backward, _ = step.phases
    forward()
    assert step.output().grad_fn is not None
    backward()
    assert step.output().grad_fn is None
    step.run()
    assert step.output().grad_fn is None
    assert torch.isfinite(step.output())


@pytest.mark.parametrize("mode", ["infer", "train"])
def test_a_step_enters_one_autocast_again_and_again(mode, monkeypatch):
    made = []

    def counted(*arguments, **options):
        made.append(arguments)
        return _autocast(*arguments, **options)

    _autocast = steps.autocast
    monkeypatch.setattr(steps, "autocast", counted)
    cell = Cell("tiny", 32, mode=mode, batch_size=2, precision="amp-bf16")
    step = steps.build_step(Tiny(), cell, CPU)
    before = len(made)
    for _ in range(3):
        step.run()
    assert len(made) == before
    assert step.output().dtype == (torch.bfloat16 if mode == "infer" else torch.float32)


def test_statistics_are_for_inference_alone():
    step = steps.build_step(Tiny(), Cell("tiny", 32, mode="train", batch_size=2), CPU)
    assert step.settings == {}

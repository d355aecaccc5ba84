"""Batch norms of random networks normalise: contents stay of the order of one."""

import math

import pytest
import torch
from torch import nn

from effprof.core.cells import Cell
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.target import Target
from effprof.measure.batch_norms import settle_batch_norms
from effprof.models.build import build_model
from effprof.sweep import tasks

CPU = Target("cpu", "this CPU", "asked for")
LARGEST_FP16 = torch.finfo(torch.float16).max

#: Deep enough to overflow or to fade.
DEEP = [
    ("efficientnetv2_m", 64),
    ("efficientnetv2_l", 64),
    ("efficientnet_b7", 64),
    ("efficientnet_b0", 224),
]


def built(name):
    torch.manual_seed(0)
    return build_model(f"timm/{name}").eval()


def largest(model, images):
    """The largest activation of a forward pass, and the largest score."""
    peaks = []

    def look(module, inputs, output):
        peaks.append(float(output.abs().max()))

    hooks = [m.register_forward_hook(look) for m in model.modules() if not list(m.children())]
    with torch.inference_mode():
        scores = model(images)
    for hook in hooks:
        hook.remove()
    return max(peaks), float(scores.abs().max())


@pytest.mark.parametrize(("name", "size"), DEEP)
def test_activations_of_deep_networks_are_finite_in_half_precision_and_do_not_fade(name, size):
    model, images = built(name), torch.randn(1, 3, size, size)
    assert settle_batch_norms(model, lambda: model(images)) > 40
    peak, score = largest(model, images)
    assert peak < 100  # LARGEST_FP16 is 65504
    assert 0.05 < score < 10


def test_without_statistics_they_overflow_or_fade():
    images = torch.randn(1, 3, 64, 64)
    peak, _ = largest(built("efficientnetv2_l"), images)
    assert peak > LARGEST_FP16
    _, score = largest(built("efficientnet_b7"), images)
    assert score < 1e-3


def test_a_half_precision_cell_that_overflowed_is_measured(workers):
    options = MeasureOptions(
        target_width=0.5,
        min_samples=2,
        min_seconds=0.01,
        warmup_steps=2,
        warmup_seconds=0.01,
        time_cap_seconds=1,
        allow_busy=True,
    )
    cell = Cell("timm/efficientnetv2_l", 64, precision="amp-fp16")
    outcome = workers.call(tasks.measure, cell, CPU, options, timeout=300)
    assert isinstance(outcome, Measurement), outcome
    assert outcome.settings["batch norms"] == "217 given statistics"


def test_normalised_means_mean_zero_and_deviation_one_over_all():
    norm = nn.BatchNorm2d(6).eval()
    images = 3 + 5 * torch.randn(8, 6, 7, 7)
    settle_batch_norms(norm, lambda: norm(images))
    out = norm(images).detach()
    assert float(out.mean()) == pytest.approx(0, abs=1e-4)
    assert float(out.std(correction=0)) == pytest.approx(1, abs=1e-4)


def test_statistics_that_a_network_has_are_kept():
    trained = nn.BatchNorm2d(3)
    trained(torch.randn(4, 3, 8, 8))
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    images = torch.randn(2, 3, 8, 8)
    assert settle_batch_norms(trained.eval(), lambda: trained(images)) == 0
    assert all(torch.equal(value, before[name]) for name, value in trained.state_dict().items())


def test_statistics_of_a_checkpoint_that_does_not_count_batches_are_kept():
    norm = nn.BatchNorm2d(3).eval()
    norm.load_state_dict(
        {
            "weight": torch.ones(3),
            "bias": torch.zeros(3),
            "running_mean": torch.full((3,), 3.0),
            "running_var": torch.full((3,), 2.0),
        },
        strict=False,
    )
    assert int(norm.num_batches_tracked) == 0
    assert settle_batch_norms(norm, pytest.fail) == 0
    assert float(norm.running_mean[0]) == 3.0


def test_all_but_statistics_is_left_as_it_was():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)).eval()
    images = torch.randn(2, 3, 8, 8)
    weights = [each.clone() for each in model.parameters()]
    state = torch.get_rng_state()
    settle_batch_norms(model, lambda: model(images))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(map(torch.equal, weights, model.parameters()))
    assert not any(module.training for module in model.modules())
    assert not any(module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize(
    "norm",
    [nn.BatchNorm2d(3, track_running_stats=False), nn.GroupNorm(1, 3), nn.Identity()],
)
def test_a_network_that_keeps_no_statistics_is_not_run(norm):
    assert settle_batch_norms(norm, pytest.fail) == 0


def test_one_value_per_channel_is_enough():
    norm = nn.BatchNorm1d(64).eval()
    scores = 2 + torch.randn(1, 64)
    settle_batch_norms(norm, lambda: norm(scores))
    out = norm(scores).detach()
    assert float(out.std(correction=0)) == pytest.approx(1, abs=1e-3)
    assert math.isfinite(float(out.sum()))

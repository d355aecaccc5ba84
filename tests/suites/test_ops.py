"""The operator micro-benchmarks in `suites/ops`: they compare what they say they compare."""

import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
import torch
from torch import nn

from effprof.cost.operators import count_operator
from effprof.models.efficientnet import build_efficientnet
from effprof.models.variants import EfficientNetVariant
from effprof.suites.ops import test_activations as activations
from effprof.suites.ops import test_blocks as blocks
from effprof.suites.ops import test_convolutions as convolutions
from effprof.suites.ops import test_guidelines as guidelines
from effprof.suites.ops import test_padding as padding
from effprof.suites.ops import test_squeeze_excite as squeeze_excite
from effprof.suites.ops.layers import LAYERS, STRIDED

OPS = Path(str(files("effprof.suites.ops")))

#: Widths are whole numbers, so FLOPs that the paper calls fixed differ by this share at most.
FIXED = 0.06


def macs(module, channels, size=guidelines.RESOLUTION):
    image = torch.empty(1, channels, size, size, device="meta")
    return count_operator(module.to("meta"), [image]).macs


def same_flops(built):
    counts = [macs(network, channels) for network, channels in built]
    return max(counts) <= (1 + FIXED) * min(counts)


def test_layers_are_those_of_efficientnet_b0():
    with torch.device("meta"):
        network = build_efficientnet(EfficientNetVariant())
    shapes = set()

    def note(conv, inputs, output):
        if conv.groups > 1:
            (image,) = inputs
            shapes.add((image.shape[1], image.shape[2], conv.kernel_size[0], conv.stride[0]))

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(note)
    network.eval()(torch.empty(1, 3, 224, 224, device="meta"))
    ours = {
        (layer.expanded, layer.resolution, layer.kernel, layer.stride)
        for layer in (*LAYERS, *STRIDED)
    }
    # Two stages begin without halving the image, with a block that stands for no other.
    assert ours < shapes
    assert len(shapes - ours) == 1


@pytest.mark.parametrize(
    "built",
    [
        [guidelines.channel_ratio(ratio) for ratio in guidelines.RATIOS],
        [guidelines.grouping(groups) for groups in guidelines.GROUPS],
        [
            guidelines.fragmentation(fragments, arrangement)
            for fragments in guidelines.FRAGMENTS
            for arrangement in ("series", "parallel")
        ],
        [guidelines.element_wise(relu, cut) for relu in (True, False) for cut in (True, False)],
    ],
    ids=["G1", "G2", "G3", "G4"],
)
def test_guidelines_hold_flops_fixed(built):
    assert same_flops(built)


def test_forms_of_silu_agree():
    x = torch.randn(2, 8, 5, 5)
    silu = [form(x) for name, form in activations.FORMS.items() if name.startswith("silu")]
    assert len(silu) == 3
    assert all(torch.allclose(one, silu[0], atol=1e-6) for one in silu)


@pytest.mark.parametrize("layer", LAYERS[:2], ids=lambda layer: layer.name)
def test_forms_of_squeeze_excite_agree_and_leave_their_input_alone(layer):
    torch.manual_seed(0)
    unfused = squeeze_excite.unfused(layer)
    fused = squeeze_excite.FusedSqueezeExcite.like(unfused)
    x = torch.randn(2, layer.expanded, 6, 6)
    before = x.clone()
    with torch.no_grad():
        assert torch.allclose(fused(x), unfused(x), atol=1e-6)
    assert torch.equal(x, before)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_grouping_divides_the_macs(layer):
    forms = {
        name: macs(form(layer), layer.expanded, layer.resolution)
        for name, form in convolutions.FORMS.items()
    }
    assert forms["dense"] == layer.expanded * forms["depthwise"]
    assert forms["grouped"] == convolutions.GROUP_WIDTH * forms["depthwise"]


@pytest.mark.parametrize("layer", STRIDED, ids=lambda layer: layer.name)
def test_both_paddings_halve_the_image(layer):
    x = torch.randn(1, layer.expanded, layer.resolution, layer.resolution)
    shapes = [padding.depthwise(layer, name)(x).shape for name in padding.PADDINGS]
    half = layer.resolution // 2
    assert shapes == [(1, layer.expanded, half, half)] * 2


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_fused_blocks_keep_the_shape_and_cost_more(layer):
    x = torch.empty(1, layer.channels, layer.resolution, layer.resolution, device="meta")
    mbconv, fused = (form(layer).to("meta").eval() for form in blocks.FORMS.values())
    assert mbconv(x).shape == fused(x).shape
    assert count_operator(fused, [x]).macs > count_operator(mbconv, [x]).macs


def test_every_benchmark_runs_and_has_a_readable_name(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(OPS), "--benchmark-disable", "-v", "-p", "no:xdist",
         "-p", "no:cacheprovider", "--import-mode=importlib"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    names = re.findall(r"::test_(\S+\[.+\]) PASSED", done.stdout)
    assert len(names) == len(set(names)) > 100
    assert "convolution[depthwise-stage3 144ch 56px]" in names

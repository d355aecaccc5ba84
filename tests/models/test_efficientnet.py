import pytest
import torch
from timm.layers import GELU
from timm.models._efficientnet_blocks import EdgeResidual, SqueezeExcite
from torch import nn

from effprof.models.build import build_model
from effprof.models.efficientnet import UnfusedSiLU, build_efficientnet
from effprof.models.registry import published_coefficients
from effprof.models.scaling import stages
from effprof.models.variants import EfficientNetVariant

#: Parameters, blocks with a skip connection, and blocks of B0 to B7.
PUBLISHED = [
    (5_288_548, 9, 16),
    (7_794_184, 16, 23),
    (9_109_994, 16, 23),
    (12_233_232, 19, 26),
    (19_341_616, 25, 32),
    (30_389_784, 32, 39),
    (43_040_704, 38, 45),
    (66_347_960, 48, 55),
]


def build(parameters=""):
    return build_model(f"effprof:efficientnet?{parameters}", "meta")


def count(network):
    return sum(weight.numel() for weight in network.parameters())


def kinds(network, kind):
    return [module for module in network.modules() if isinstance(module, kind)]


def blocks(network):
    return [block for stage in network.blocks for block in stage]


@pytest.mark.parametrize("index", range(8))
def test_published_coefficients_give_the_published_network(index):
    scale = published_coefficients(index)
    network = build(f"width={scale.width}&depth={scale.depth}")
    skips = sum(block.has_skip for block in blocks(network))
    assert (count(network), skips, len(blocks(network))) == PUBLISHED[index]


def test_phi_zero_is_timms_b0_weight_by_weight():
    ours, timms = build("phi=0"), build_model("timm/efficientnet_b0", "meta")
    assert {name: w.shape for name, w in ours.state_dict().items()} == {
        name: w.shape for name, w in timms.state_dict().items()
    }


@pytest.mark.parametrize("phi", [-2, -0.5, 1, 2.5])
def test_the_table_of_stages_is_the_network_that_is_built(phi):
    variant = EfficientNetVariant(phi=phi)
    with torch.device("meta"):
        network = build_efficientnet(variant)
    stem, *middle, head = stages(variant.coefficients)
    assert network.conv_stem.out_channels == stem.channels
    assert network.conv_head.out_channels == head.channels
    image = torch.zeros(1, 3, stem.resolution, stem.resolution, device="meta")
    features = network.bn1(network.conv_stem(image))
    for stage, built in zip(middle, network.blocks, strict=True):
        features = built(features)
        assert len(built) == stage.layers
        assert features.shape == (1, stage.channels, stage.out_resolution, stage.out_resolution)


def test_without_se_there_is_no_se_and_nothing_else_changes():
    plain, full = build("se=off"), build()
    assert kinds(plain, SqueezeExcite) == []
    gates = sum(count(module) for module in kinds(full, SqueezeExcite))
    assert count(full) - count(plain) == gates > 0


def test_relu6_without_se_is_the_published_lite0():
    ours, lite0 = build("se=off&act=relu6"), build_model("timm/efficientnet_lite0", "meta")
    assert str(ours) == str(lite0)


def test_the_ratio_of_se_is_against_the_blocks_input():
    def squeezed(parameters):
        return [m.conv_reduce.out_channels for m in kinds(build(parameters), SqueezeExcite)]

    assert squeezed("")[:3] == [8, 4, 6]
    assert squeezed("se=0.5")[:3] == [16, 8, 12]
    assert min(squeezed("se=0.01")) == 1


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        ("relu", nn.ReLU),
        ("relu6", nn.ReLU6),
        ("silu", nn.SiLU),
        ("hard_swish", nn.Hardswish),
        ("mish", nn.Mish),
        ("gelu", GELU),
        ("silu_unfused", UnfusedSiLU),
    ],
)
def test_the_activation_changes_everywhere_and_costs_no_parameters(act, kind):
    network = build(f"act={act}")
    assert count(network) == PUBLISHED[0][0]
    # stem, head, two per expanding block, one in the first, one per SE
    assert len(kinds(network, kind)) == 2 + 2 * 15 + 1 + 16


@pytest.mark.parametrize("act", ["silu_unfused", "silu_recompute"])
def test_every_silu_computes_the_same_values_and_gradients(act):
    torch.manual_seed(0)
    weights = build_model("effprof:efficientnet?width=0.25&depth=0.3").state_dict()
    image = torch.randn(2, 3, 32, 32)
    results = []
    for name in ("silu", act):
        network = build_model(f"effprof:efficientnet?width=0.25&depth=0.3&act={name}")
        network.load_state_dict(weights)
        output = network.eval()(image)
        output.square().sum().backward()
        results.append((output.detach(), network.conv_stem.weight.grad))
    for fused, other in zip(*results, strict=True):
        torch.testing.assert_close(other, fused, rtol=1e-3, atol=1e-5)


def test_fusing_replaces_exactly_the_named_stages():
    network = build("fused=2-3")
    fused = [{type(block).__name__ for block in stage} for stage in network.blocks]
    assert fused[1] == fused[2] == {"EdgeResidual"}
    assert "EdgeResidual" not in set().union(fused[0], *fused[3:])
    assert {block.conv_exp.kernel_size for block in kinds(network, EdgeResidual)} == {(3, 3)}
    kept = kinds(build("fused=3&fused_kernel=keep"), EdgeResidual)
    assert {block.conv_exp.kernel_size for block in kept} == {(5, 5)}


def test_b4_fused_in_stages_1_to_3_has_the_published_20_million_parameters():
    # EfficientNetV2, Table 3: 19.3 M without, 20.0 M with.
    assert count(build("width=1.4&depth=1.8&fused=1-3")) == pytest.approx(20.0e6, abs=0.05e6)


def test_the_divisor_rounds_channels_and_the_expansion_widens_blocks():
    fine = build("phi=1&divisor=1")
    assert fine.conv_stem.out_channels == 35
    assert blocks(build("expand=4"))[1].conv_pw.out_channels == 16 * 4


def test_same_padding_pads_as_tensorflow_does():
    same, symmetric = build("pad=same"), build()
    assert count(same) == count(symmetric)
    assert any(type(module).__name__ == "Conv2dSame" for module in same.modules())
    assert not any(type(module).__name__ == "Conv2dSame" for module in symmetric.modules())

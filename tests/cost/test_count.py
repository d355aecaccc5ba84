"""Static cost of whole models: published integers, independent oracles, and laws."""

import csv
import math
from pathlib import Path

import psutil
import pytest
import torch
import torchvision
from torch import nn
from torch.nn.modules import module as modules
from torch.utils.flop_counter import FlopCounterMode

from effprof.core.costs import Cost
from effprof.core.errors import BadInput
from effprof.core.roles import ROLE_NAMES
from effprof.cost import by_module, count_cost, count_model, count_ops
from effprof.models.build import build_model

# Parameters, MACs, activations of convolutions at the paper's resolution: the published
# architecture, worked out layer by layer.
EFFICIENTNETS = [
    ("efficientnet_b0", 224, 5_288_548, 385_814_752, 6_747_036),
    ("efficientnet_b1", 240, 7_794_184, 686_802_832, 10_883_328),
    ("efficientnet_b2", 260, 9_109_994, 993_561_872, 13_831_834),
    ("efficientnet_b3", 300, 12_233_232, 1_827_141_392, 23_830_296),
    ("efficientnet_b4", 380, 19_341_616, 4_393_771_024, 49_488_032),
    ("efficientnet_b5", 456, 30_389_784, 10_266_384_752, 98_856_400),
    ("efficientnet_b6", 528, 43_040_704, 19_067_593_536, 167_392_400),
    ("efficientnet_b7", 600, 66_347_960, 37_745_884_192, 289_938_464),
]


@pytest.mark.parametrize("library", ["timm", "torchvision"])
@pytest.mark.parametrize("row", EFFICIENTNETS, ids=lambda row: row[0])
def test_efficientnets_are_counted_to_the_unit(row, library):
    name, resolution, params, macs, activations = row
    cost = count_cost(f"{library}/{name}", resolution)
    assert (cost.parameters, cost.total.macs) == (params, macs)
    assert cost.total.activations == activations + cost.by_role["classifier"].activations
    assert cost.by_role["classifier"].activations == 1000
    assert cost.total.flops == 2 * macs


# Name, size, parameters in M, GMACs, activations in M (None: not published). Sources: pycls model
# zoo (RegNet, ResNet, ResNeXt), the papers of EfficientNetV2, ConvNeXt, MobileNetV2, MobileNetV3,
# MNASNet and DenseNet.
PUBLISHED = [
    ("timm/resnet50", 224, 25.557032, 4.089, 11.114),
    ("timm/resnet101", 224, 44.549160, 7.801, 16.232),
    ("timm/resnet152", 224, 60.192808, 11.514, 22.563),
    ("timm/resnext50_32x4d", 224, 25.028904, 4.231, 14.406),
    ("timm/resnext101_32x8d", 224, 88.791336, 16.414, 31.234),
    ("timm/densenet121", 224, 7.978856, 2.834, None),
    ("timm/mobilenetv2_100", 224, 3.504872, 0.3008, None),
    ("timm/mobilenetv3_large_100", 224, 5.483032, 0.2166, None),
    ("timm/mnasnet_100", 224, 4.383312, 0.3142, None),
    ("timm/tf_efficientnetv2_s", 384, 21.458, 8.4, None),
    ("timm/tf_efficientnetv2_m", 480, 54.139, 24.6, None),
    ("timm/tf_efficientnetv2_l", 480, 118.515, 56.1, None),
    ("timm/convnext_tiny", 224, 28.589, 4.5, None),
    ("timm/convnext_small", 224, 50.224, 8.7, None),
    ("timm/regnetx_002", 224, 2.684792, 0.199040872, 2.164056),
    ("timm/regnetx_004", 224, 5.157512, 0.397678568, 3.143272),
    ("timm/regnetx_006", 224, 6.196040, 0.600891112, 3.975096),
    ("timm/regnetx_008", 224, 7.259656, 0.799700712, 5.148744),
]


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: row[0])
def test_other_families_match_their_publications(row):
    name, resolution, params, gmacs, activations = row
    cost = count_cost(name, resolution)
    assert cost.parameters / 1e6 == pytest.approx(params, rel=1e-3)
    assert cost.total.macs / 1e9 == pytest.approx(gmacs, rel=0.02)
    if activations is not None:
        assert cost.total.activations / 1e6 == pytest.approx(activations, rel=5e-3)


# Activations in M as timm publishes them, counted by fvcore: outputs of convolutions and products.
ACTIVATIONS = [
    ("vit_base_patch16_224", 224, 23.90),
    ("cait_xxs24_224", 224, 20.29),
    ("xcit_nano_12_p16_224", 224, 4.17),
    ("levit_128", 224, 2.71),
    ("swin_tiny_patch4_window7_224", 224, 17.06),
    ("mixer_b16_224", 224, 14.53),
    ("convnext_tiny", 224, 13.44),
    ("coatnet_0_rw_224", 224, 18.73),
    ("mobilevit_s", 256, 19.94),
    ("maxvit_tiny_tf_224", 224, 35.78),
    ("efficientnet_b0", 224, 6.75),
]


@pytest.mark.parametrize("row", ACTIVATIONS, ids=lambda row: row[0])
def test_activations_are_those_that_timm_publishes(row):
    name, resolution, activations = row
    cost = count_cost(name, resolution)
    assert cost.total.activations / 1e6 == pytest.approx(activations, abs=0.0051)
    assert cost.computed == ""


@pytest.mark.parametrize(
    ("variant", "resolution", "params", "stated"),
    [
        (0, 224, 4.7, 407e6),
        (1, 240, 5.4, 631e6),
        (2, 260, 6.1, 899e6),
        (3, 280, 8.2, 1440e6),
        (4, 300, 13.0, 2640e6),
    ],
)
def test_lite_models_stay_a_little_below_their_table(variant, resolution, params, stated):
    """The table of EfficientNet-Lite counts 3 to 6 % more than convolutions and products."""
    cost = count_cost(f"tf_efficientnet_lite{variant}", resolution)
    assert round(cost.parameters / 1e6, 1) == params
    assert 1.03 < stated / cost.total.macs < 1.06


#: Models of torchvision that are not compared, or whose parameters are not, and why.
NOT_COMPARED = {
    "vit_h_14": "stated at 518 px, built for 224",
    "regnet_y_128gf": "its constructor draws 2.6 GB of weights before they can be dropped",
}
OTHER_PARAMETERS = {"inception_v3": "stated with its auxiliary head, built without"}


def torchvision_metadata():
    """Every classification model whose weights state their operations, in units of 1e9 MACs."""
    for name in torchvision.models.list_models(module=torchvision.models):
        weights = torchvision.models.get_model_weights(name).DEFAULT
        if name not in NOT_COMPARED:
            yield pytest.param(name, weights, id=name)


@pytest.mark.parametrize(("name", "weights"), list(torchvision_metadata()))
def test_torchvision_states_the_same_macs(name, weights):
    size = weights.transforms().crop_size[0]
    cost = count_cost(f"torchvision/{name}", size)
    assert (cost.parameters == weights.meta["num_params"]) == (name not in OTHER_PARAMETERS)
    # The metadata is rounded to three decimals.
    stated = weights.meta["_ops"]
    assert cost.total.macs / 1e9 == pytest.approx(stated, rel=1e-3, abs=6e-4)


@pytest.mark.parametrize(
    ("name", "resolution"),
    [
        ("timm/efficientnet_b0", 224),
        ("timm/resnext50_32x4d", 224),
        ("timm/convnext_tiny", 224),
        ("timm/vit_tiny_patch16_224", 224),
        ("timm/regnety_004", 224),
        ("torchvision/mobilenet_v3_small", 200),
    ],
)
def test_forward_equals_the_flop_counter_of_torch(name, resolution):
    model = build_model(name, device="meta").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as theirs:
        model(torch.empty(1, 3, resolution, resolution, device="meta"))
    assert count_cost(name, resolution).total.flops == theirs.get_total_flops()


# Backward over forward MACs: two gradients per product, save the images' own.
@pytest.mark.parametrize(
    ("name", "ratio"),
    [
        ("timm/efficientnet_b0", 1.97),
        ("timm/mobilenetv2_100", 1.96),
        ("timm/resnext50_32x4d", 1.97),
        ("timm/convnext_small", 2.00),
        ("timm/resnet50", 1.97),
    ],
)
def test_backward_costs_about_twice_the_forward_also_with_groups(name, ratio):
    phases = count_cost(name, 224, "train", 2).by_phase
    assert phases["backward"].macs / phases["forward"].macs == pytest.approx(ratio, abs=0.006)
    assert phases["optimizer"].macs == 0


def test_b0_by_role_has_the_published_shares():
    roles = count_cost("efficientnet_b0", 224).by_role
    total = 385_814_752
    assert roles["depthwise conv"].macs / total == pytest.approx(0.0895042603)
    assert roles["pointwise conv"].macs / total == pytest.approx(0.8774611916)
    assert roles["SE FC"].macs / total == pytest.approx(0.0016256506)
    assert roles["depthwise conv"].activations / 6_747_036 == pytest.approx(0.3418579655)
    assert roles["dense conv"].ops == roles["classifier"].ops == roles["pool"].ops == 1
    assert {name: roles[name].ops for name in ("SE squeeze", "SE gate", "SE scale")} == {
        "SE squeeze": 16,
        "SE gate": 16,
        "SE scale": 16,
    }
    # 49 activations: 33 of the blocks, 16 between the FCs of squeeze-and-excitation.
    assert (roles["norm"].ops, roles["activation"].ops, roles["SE FC"].ops) == (49, 33, 48)
    assert roles["residual add"].ops == 9


def test_timm_and_torchvision_play_the_same_roles():
    one, other = (count_cost(f"{lib}/efficientnet_b0", 224) for lib in ("timm", "torchvision"))
    convolutions = ("depthwise conv", "pointwise conv", "dense conv", "SE FC", "classifier")
    for role in (*convolutions, "SE squeeze", "SE gate", "SE scale", "residual add"):
        assert one.by_role[role] == other.by_role[role], role


MODELS = ["efficientnet_b0", "seresnet50", "convnext_atto", "vit_tiny_patch16_224", "densenet121"]


@pytest.fixture(scope="module", params=["infer", "train"])
def mode(request):
    return request.param


@pytest.mark.parametrize("name", MODELS)
def test_parts_sum_to_the_total(name, mode):
    counted = count_model(name, 224, mode, batch_size=2)
    total = counted.static.total
    splits = [counted.static.by_role, counted.static.by_phase]
    splits += [by_module(counted.ops, depth) for depth in (1, 2, 9)]
    for parts in splits:
        assert sum(parts.values(), Cost()) == total
    assert set(counted.static.by_role) <= set(ROLE_NAMES)
    assert sum(part.macs for part in counted.static.uncounted.values()) == 0
    assert "other" not in counted.static.by_role or name in {"convnext_atto", MODELS[3]}


@pytest.mark.parametrize("name", MODELS)
def test_work_is_linear_in_the_batch_and_weights_are_not(name, mode):
    small, large = (count_cost(name, 224, mode, batch_size=n).total for n in (2, 6))
    assert (large.macs, large.activations) == (3 * small.macs, 3 * small.activations)
    assert small.bytes_moved < large.bytes_moved < 3 * small.bytes_moved


@pytest.mark.parametrize("name", MODELS)
def test_training_costs_more_than_inference(name):
    infer, train = (count_cost(name, 224, mode, batch_size=2).total for mode in ("infer", "train"))
    assert train.macs > 2.8 * infer.macs
    assert train.bytes_moved > 2 * infer.bytes_moved
    assert train.activations == infer.activations


def test_every_backward_op_finds_its_module():
    ops = count_model("efficientnet_b0", 224, "train", 2).ops
    outside = {op.op for op in ops if op.phase == "backward" and not op.module}
    assert outside == {
        "ones_like",
        "nll_loss_backward",
        "_log_softmax_backward_data",
    }


def test_sgd_with_momentum_moves_five_times_the_weights():
    cost = count_cost("resnet18", 224, "train", 2)
    weights = 4 * cost.parameters
    optimizer = cost.by_phase["optimizer"]
    # v *= m; v += g; w += -lr v: five operands read, three results written.
    assert (optimizer.bytes_read, optimizer.bytes_written) == (5 * weights, 3 * weights)


def test_half_precision_moves_half_the_bytes():
    single, half = (
        count_cost("efficientnet_b0", 224, dtype=d).total for d in ("float32", "float16")
    )
    assert half.bytes_moved * 2 == single.bytes_moved
    assert half.macs == single.macs


def test_arithmetic_intensity_of_depthwise_convolutions_is_that_of_the_analysis():
    """C4: about 5.7 FLOP/byte in half precision at batch 128, the whole net far above."""
    cost = count_cost("efficientnet_b0", 224, batch_size=128, dtype="float16")
    assert cost.by_role["depthwise conv"].arithmetic_intensity == pytest.approx(5.7, rel=0.05)
    assert cost.by_role["pointwise conv"].arithmetic_intensity > 20


def test_no_weight_is_allocated():
    process = psutil.Process()
    count_cost("efficientnet_b0", 224)
    before = process.memory_info().rss
    cost = count_cost("torchvision/vgg19", 224)  # 575 MB of weights
    assert process.memory_info().rss - before < 100e6 < 4 * cost.parameters


class Chain(nn.Module):
    """A user's own network: squeeze-and-excitation and head written out in one forward."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.fc1, self.fc2 = nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
        self.head = nn.Linear(8, 10)

    def forward(self, images):
        x = self.stem(images)
        gate = self.fc2(self.fc1(x.mean((2, 3), keepdim=True)).relu()).sigmoid()
        return self.head((x * gate).mean((2, 3)))


def test_a_users_module_is_counted_with_roles_by_structure():
    ops = count_ops(Chain().to("meta"), (torch.empty(2, 3, 8, 8, device="meta"),))
    assert [op.role for op in ops] == [
        "dense conv",
        "SE squeeze",
        "SE FC",
        "SE FC",
        "SE FC",
        "SE gate",
        "SE scale",
        "pool",
        "classifier",
    ]
    assert ops[0].cost.macs == 2 * 8 * 64 * 27


def test_real_weights_are_refused_because_counting_would_train_them():
    with pytest.raises(BadInput, match="meta"):
        count_ops(Chain(), (torch.empty(1, 3, 8, 8),))


def test_hooks_are_removed_even_when_the_model_fails():
    model = Chain().to("meta")
    with pytest.raises(RuntimeError):
        count_ops(model, (torch.empty(1, 4, 8, 8, device="meta"),))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert not modules._global_forward_hooks
    assert not modules._global_forward_pre_hooks


def test_all_bad_values_are_reported_at_once():
    with pytest.raises(BadInput) as raised:
        count_cost("resnet18", 0, "tain", -1, "float33")
    assert [word in str(raised.value) for word in ("0", "train", "-1", "float32")] == [True] * 4


def test_a_size_that_the_model_refuses_is_bad_input():
    with pytest.raises(BadInput, match=r"vit_tiny.*225"):
        count_cost("vit_tiny_patch16_224", 225)


def test_arithmetic_intensity_of_the_facts(request):
    """Batch-1 half-precision intensity of every B0 layer type, where the facts folder is there."""
    path = Path(request.config.rootpath) / "../shared/facts/b0_arith_intensity.csv"
    if not path.exists():
        pytest.skip("the folder of published facts is not beside the repository")
    with path.open() as lines:
        stem = next(csv.DictReader(lines))
    dense = count_cost("efficientnet_b0", 224, dtype="float16").by_role["dense conv"]
    assert math.isclose(dense.arithmetic_intensity, float(stem["AI_fp16_b1"]), rel_tol=0.01)

"""Profile and static cost give every role the same MACs, whatever a network is made of."""

from functools import cache

import pytest
import timm
import torch
from timm.models.mlp_mixer import MlpMixer
from timm.models.swin_transformer import SwinTransformer
from torch import nn

from effprof.analysis.profile_tables import role_rows
from effprof.core.cells import Cell
from effprof.core.profiles import Profile
from effprof.core.roles import roles_of
from effprof.cost import count_model
from effprof.measure.steps import build_step
from effprof.profiling import Subject, profile_with_profiler
from effprof.profiling.clock import clocked_step
from effprof.profiling.ops import median_step

CPU = torch.device("cpu")

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections")


class Tokens(nn.Module):
    """Square patches of an image as a sequence, for the layers of `body`, and class scores."""

    def __init__(self, width, body, out=None):
        super().__init__()
        self.patches, self.body = nn.Conv2d(3, width, 8, 8), body
        self.head = nn.Linear(out or width, 10)

    def forward(self, images):
        found = self.body(self.patches(images).flatten(2).transpose(1, 2))
        tokens = found[0] if isinstance(found, tuple) else found
        return self.head(tokens.mean(1))


class Attends(nn.Module):
    """Self-attention as a network calls it without a layer around it."""

    def __init__(self):
        super().__init__()
        self.attend = nn.MultiheadAttention(16, 2, batch_first=True)

    def forward(self, tokens):
        return self.attend(tokens, tokens, tokens, need_weights=False)


class Upsampled(nn.Sequential):
    """Transposed convolutions, one of them depthwise."""

    def __init__(self):
        layers = nn.ConvTranspose2d(8, 8, 2, 2, groups=8), nn.ConvTranspose2d(8, 1, 3)
        super().__init__(nn.Conv2d(3, 8, 3), *layers, nn.AdaptiveAvgPool2d(4), nn.Flatten())


def by_name(name, **options):
    return lambda: timm.create_model(name, **options)


def swin():
    depths = {"depths": (1, 2), "num_heads": (2, 4)}
    return SwinTransformer(img_size=64, window_size=4, embed_dim=16, num_classes=10, **depths)


def encoder():
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)
    return Tokens(16, nn.TransformerEncoder(layer, 2))


def decoder():
    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.TransformerDecoderLayer(16, 2, 32, batch_first=True, dropout=0.0)

        def forward(self, tokens):
            return self.layer(tokens[:, :5], tokens)

    return Tokens(16, Decoder())


#: Networks of each kind: plain, mobile with squeeze-and-excitation, transformers with global
#: attention and in windows, convolutional with linear layers, hybrids, layers of torch.
NETWORKS = {
    "resnet": by_name("resnet18"),
    "regnet with SE": by_name("regnety_002"),
    "efficientnet": by_name("efficientnet_b0"),
    "mobilenet": by_name("mobilenetv3_small_100"),
    "vit": by_name("vit_tiny_patch16_224", img_size=64),
    "cait": by_name("cait_xxs24_224", img_size=64, depth=2),
    "mixer": lambda: MlpMixer(10, img_size=64, num_blocks=2, embed_dim=32),
    "swin": swin,
    "convnext": by_name("convnext_atto"),
    "mobilevit": by_name("mobilevit_xxs"),
    "maxvit": by_name("maxvit_rmlp_pico_rw_256", img_size=64),
    "coat": by_name("coat_lite_tiny", img_size=64),
    "transposed": Upsampled,
    "encoder": encoder,
    "decoder": decoder,
    "attention": lambda: Tokens(16, Attends()),
    "lstm": lambda: Tokens(16, nn.LSTM(16, 12, 2, bidirectional=True, batch_first=True), 24),
    "projected lstm": lambda: Tokens(16, nn.LSTM(16, 12, proj_size=8, batch_first=True), 8),
    "gru": lambda: Tokens(16, nn.GRU(16, 12, batch_first=True), 12),
}


def subject(make, mode):
    torch.manual_seed(0)
    model = make()
    cell = Cell("test:net", 64, mode=mode, batch_size=2)
    return Subject.of(model, build_step(model, cell, CPU), CPU)


def macs_of_roles(pairs):
    sums = {}
    for role, macs in pairs:
        if macs:
            sums[role] = sums.get(role, 0) + macs
    return sums


@cache
def counted(name, mode="infer"):
    return count_model(NETWORKS[name], 64, mode, 2)


@cache
def clocked(name, mode="infer"):
    return clocked_step(subject(NETWORKS[name], mode))


def assert_the_same_macs(name, mode):
    ops = clocked(name, mode)
    roles = roles_of([op.site for op in ops])
    found = macs_of_roles(zip(roles, (op.macs for op in ops), strict=True))
    assert found == macs_of_roles((op.role, op.cost.macs) for op in counted(name, mode).ops)


@pytest.mark.parametrize("name", NETWORKS)
def test_roles_have_the_macs_of_static_cost(name):
    assert_the_same_macs(name, "infer")
    assert counted(name).static.computed == ""
    assert counted(name).static.unknown == {}


@pytest.mark.parametrize("name", ["efficientnet", "vit", "swin", "convnext", "encoder", "lstm"])
def test_so_do_they_in_training(name):
    assert_the_same_macs(name, "train")


def roles_with_macs(name):
    return {role for role, cost in counted(name).static.by_role.items() if cost.macs}


def test_watching_the_modules_does_not_change_what_runs():
    """Layers of a transformer run as one operator only as long as no module of them has a hook."""
    names = [op.site.op for op in clocked("encoder")]
    assert names.count("_transformer_encoder_layer_fwd") == 2


@pytest.mark.parametrize("name", NETWORKS)
def test_shares_of_the_macs_sum_to_all_of_them(name):
    step = clocked(name)
    ops, static = median_step([step], step), counted(name).static
    profile = Profile("dispatch clock", "profiled", 1, ops, 1.0, 1.0)
    shares = [row.macs_share for row in role_rows(profile, static)]
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert {op.role for op in ops if op.counted} == roles_with_macs(name)


@pytest.mark.parametrize(
    "name", ["efficientnet", "vit", "swin", "mobilevit", "encoder", "lstm", "transposed"]
)
def test_a_trace_calls_the_same_roles_counted(name):
    profile = profile_with_profiler(subject(NETWORKS[name], "infer"), 1, 1.0)
    assert {op.role for op in profile.ops if op.counted} == roles_with_macs(name)

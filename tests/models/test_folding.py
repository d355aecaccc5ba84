"""Batch norms folded into convolutions: the same scores, and only where that is so."""

import weakref

import pytest
import torch
from timm.layers import BatchNormAct2d, StdConv2d
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from effprof.models import folding
from effprof.models.build import build_model
from effprof.models.folding import Folding, fold_batch_norms

#: Networks and how many of their batch norms stay: those in front of a convolution.
FOLDED = {
    "timm/efficientnet_b0": 0,
    "timm/tf_efficientnet_b0": 0,  # convolutions that pad by themselves
    "timm/resnet50": 0,
    "timm/mobilenetv3_large_100": 0,
    "timm/regnety_004": 0,
    "timm/densenet121": 62,
    "torchvision/efficientnet_b0": 0,
    "torchvision/regnet_y_400mf": 0,
}
UNFOLDED = ("timm/convnext_atto", "timm/vit_tiny_patch16_224")

#: Largest difference of a score over the largest score: float32, over a hundred layers.
TOLERANCE = 1e-4


def randomised(model):
    """Give batch norms other weights and statistics than those that they are made with."""
    torch.manual_seed(0)
    for norm in model.modules():
        if isinstance(norm, _BatchNorm) and norm.running_mean is not None:
            nn.init.uniform_(norm.weight, 0.5, 1.5)
            nn.init.normal_(norm.bias, std=0.1)
            nn.init.normal_(norm.running_mean, std=0.1)
            nn.init.uniform_(norm.running_var, 0.5, 1.5)
    return model.eval()


def scores(model, images):
    with torch.inference_mode():
        return model(images)


def folded(model, images):
    """Fold; return what that did, and how far the scores moved over the largest of them."""
    before = scores(model, images)
    found = fold_batch_norms(model, lambda: model(images))
    return found, float((scores(model, images) - before).abs().max() / before.abs().max())


@pytest.mark.parametrize("name", FOLDED)
def test_a_folded_network_gives_the_scores_that_it_gave(name):
    model = randomised(build_model(name))
    norms = [each for each in model.modules() if isinstance(each, _BatchNorm)]
    found, moved = folded(model, torch.randn(2, 3, 64, 64))
    left = [each for each in model.modules() if isinstance(each, _BatchNorm)]
    assert found == Folding(len(norms) - FOLDED[name], len(norms))
    assert len(left) == FOLDED[name]
    assert moved < TOLERANCE


@pytest.mark.parametrize("name", UNFOLDED)
def test_a_network_without_batch_norms_is_left_as_it_is(name):
    model = build_model(name).eval()
    before = list(model.modules())
    found, moved = folded(model, torch.randn(1, 3, 224, 224))
    assert found == Folding(0, 0)
    assert list(model.modules()) == before
    assert moved == 0


def test_the_activation_of_a_batch_norm_stays_in_its_place():
    model = randomised(nn.Sequential(nn.Conv2d(3, 4, 3), BatchNormAct2d(4, act_layer=nn.SiLU)))
    found, moved = folded(model, torch.randn(2, 3, 8, 8))
    assert found == Folding(1, 1)
    assert moved < TOLERANCE
    assert [type(each) for each in model] == [nn.Conv2d, nn.SiLU]


def test_weights_keep_the_layout_that_they_have():
    model = randomised(nn.Sequential(nn.Conv2d(8, 8, 3), nn.BatchNorm2d(8)))
    model.to(memory_format=torch.channels_last)
    images = torch.randn(2, 8, 8, 8).to(memory_format=torch.channels_last)
    folded(model, images)
    assert model[0].weight.is_contiguous(memory_format=torch.channels_last)
    assert not model[0].weight.is_contiguous()


def test_hooks_are_taken_away_again():
    model = randomised(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4)))
    folded(model, torch.randn(2, 3, 8, 8))
    assert not any(each._forward_pre_hooks or each._forward_hooks for each in model.modules())


class Wired(nn.Module):
    """A convolution and a batch norm, called as `wiring` says."""

    def __init__(self, wiring, conv=None, norm=None):
        super().__init__()
        self.conv = conv or nn.Conv2d(3, 3, 3, padding=1)
        self.norm = norm or nn.BatchNorm2d(3)
        self.wiring = wiring

    def forward(self, images):
        return self.wiring(self.conv, self.norm, images)


def plain(conv, norm, x):
    return norm(conv(x))


def read_beside(conv, norm, x):
    found = conv(x)
    return norm(found) + found


def read_by_a_view(conv, norm, x):
    found = conv(x)
    return norm(found).flatten() + found.flatten()


def changed_before(conv, norm, x):
    return norm(conv(x).mul_(2))


def called_twice(conv, norm, x):
    return norm(conv(conv(x)))


def normalised_twice(conv, norm, x):
    return norm(norm(conv(x)))


def returned(conv, norm, x):
    found = conv(x)
    return torch.cat([norm(found)]), found


def hooked():
    conv = nn.Conv2d(3, 3, 3, padding=1)
    conv.register_forward_hook(lambda module, inputs, output: output * 2)
    return conv


@pytest.mark.parametrize(
    "model",
    [
        *map(Wired, (read_beside, read_by_a_view, changed_before, called_twice)),
        *map(Wired, (normalised_twice, returned)),
        Wired(plain, conv=hooked()),
        Wired(plain, conv=StdConv2d(3, 3, 3, padding=1)),
        Wired(plain, conv=nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 3, 3, padding=1))),
        Wired(plain, norm=nn.BatchNorm2d(3, track_running_stats=False)),
    ],
    ids=[
        *("read beside", "read by a view", "changed before", "called twice", "normalised twice"),
        *("returned", "hooked", "standardised", "parametrised", "no statistics"),
    ],
)
def test_what_would_change_a_result_is_not_folded(model):
    images = torch.randn(2, 3, 8, 8)
    model.eval()
    assert fold_batch_norms(model, lambda: model(images)) == Folding(0, 1)


def test_a_module_in_two_places_is_replaced_in_both():
    model = randomised(Wired(plain))
    model.again = model.conv
    found, moved = folded(model, torch.randn(2, 3, 8, 8))
    assert found == Folding(1, 1)
    assert model.again is model.conv
    assert moved < TOLERANCE


def test_weights_that_were_folded_are_let_go_one_by_one(monkeypatch):
    alive = []
    model = nn.Sequential(*(nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)) for _ in range(4)))
    old = [weakref.ref(block[0].weight) for block in model]

    def fused(conv, norm):
        alive.append(sum(each() is not None for each in old))
        return fuse_conv_bn_eval(conv, norm)

    monkeypatch.setattr(folding, "fuse_conv_bn_eval", fused)
    model.eval()
    folding.fold_batch_norms(model, lambda: model(torch.randn(1, 3, 8, 8)))
    assert alive == [4, 3, 2, 1]


def test_outputs_are_not_kept_while_a_network_is_watched():
    outputs = []

    def repeated(conv, norm, x):
        for _ in range(3):
            found = conv(x)
            outputs.append(weakref.ref(found))
            x = norm(found)
            del found
            assert not any(each() is not None for each in outputs)
        return x

    model = Wired(repeated).eval()
    fold_batch_norms(model, lambda: model(torch.randn(2, 3, 8, 8)))
    assert len(outputs) == 3

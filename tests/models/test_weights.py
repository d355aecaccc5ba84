"""Weights of today: the best at a size, of the network alone, of ImageNet-1k alone or not."""

import pytest

from effprof.models.registry import facts, registered
from effprof.models.weights import KnownWeights, Weights, registered_weights


def weights(name, resolution=224, top1=80.0, crop=0.9):
    return Weights(name, resolution, top1, crop, "bicubic", "a file")


def best(known, model, resolution=224, *, more_data=False):
    found = KnownWeights(tuple(known)).best(model, resolution, more_data=more_data)
    return found and (found.name, found.resolution)


def test_the_most_accurate_weights_at_the_size_are_the_best():
    known = (weights("resnet50.a_in1k", top1=79), weights("resnet50.b_in1k"),
             weights("resnet50.c_in1k", 288, 85), weights("resnet18.d_in1k", top1=90))  # fmt: skip
    assert best(known, "timm/resnet50") == ("resnet50.b_in1k", 224)
    assert best(known, "resnet50", 288) == ("resnet50.c_in1k", 288)
    assert best(known, "timm/no_such_net") is None


@pytest.mark.parametrize(
    ("tag", "more"),
    [
        ("a1_in1k", False), ("tv2_in1k", False), ("fcmae_ft_in1k", False), ("fb_dist_in1k", False),
        ("ra4_e3600_r224_in1k", False), ("in21k_ft_in1k", True), ("sw_in12k_ft_in1k", True),
        ("ns_jft_in1k", True), ("fb_swsl_ig1b_ft_in1k", True), ("clip_laion2b_soup_ft_in1k", True),
        ("ssld_stage2_ft_in1k", True), ("swag_ft_in1k", True),
    ],
)  # fmt: skip
def test_the_tag_tells_whether_weights_saw_other_data(tag, more):
    known = weights(f"resnet50.{tag}")
    assert known.more_data is more
    assert (best([known], "resnet50") is None) is more
    assert best([known], "resnet50", more_data=True) is not None


def test_with_more_data_those_of_imagenet_alone_count_too():
    known = (weights("resnet50.in21k_ft_in1k", top1=79), weights("resnet50.a_in1k"))
    assert best(known, "resnet50", more_data=True) == ("resnet50.a_in1k", 224)


def test_another_name_of_the_network_counts_where_its_own_was_not_evaluated_at_the_size():
    own, other = weights("efficientnet_b2.ra_in1k", 256), weights("tf_efficientnet_b2.ap_in1k", 260)
    assert best((own, other), "efficientnet_b2", 260) == ("tf_efficientnet_b2.ap_in1k", 260)
    assert best((own, other), "efficientnet_b2", 256) == ("efficientnet_b2.ra_in1k", 256)
    assert best((own, other), "efficientnet_b2", 300) == ("efficientnet_b2.ra_in1k", 256)
    assert best((other,), "torchvision/efficientnet_b2", 260) == (other.name, 260)


def test_at_another_size_the_nearest_is_told_and_of_two_the_smaller():
    known = (weights("resnet50.a_in1k", 160), weights("resnet50.a_in1k", 288))
    assert best(known, "resnet50", 224)[1] == 160
    assert best(known, "resnet50", 230)[1] == 288


def test_a_name_with_a_tag_means_the_weights_that_it_names():
    known = (weights("resnet50.a_in1k", top1=70), weights("resnet50.b_in1k"))
    assert best(known, "timm/resnet50.a_in1k") == ("resnet50.a_in1k", 224)
    assert best(known, "resnet50.c_in1k") is None


@pytest.mark.parametrize("name", ["one two/three", "my.zoo:net", "effprof:efficientnet?phi=1"])
def test_names_that_are_no_published_network_have_no_weights(name):
    assert best(registered_weights().rows, name) is None


def test_later_evaluations_take_the_place_of_earlier_ones_at_the_same_size_and_crop():
    first = weights("resnet50.a_in1k")
    later = weights("resnet50.a_in1k", top1=70), weights("resnet50.a_in1k", crop=1.0, top1=75)
    assert KnownWeights((first,)).with_more(later).rows == later


def test_resnet50_has_gained_more_since_its_paper_than_b0():
    known = registered_weights()
    found = {n: known.best(n, 224, more_data=False) for n in ("resnet50", "efficientnet_b0")}
    assert (found["resnet50"].name, found["resnet50"].top1) == ("resnet50.tv2_in1k", 80.846)
    assert found["efficientnet_b0"].top1 == 78.568
    gains = {name: each.top1 - facts(name).top1 for name, each in found.items()}
    assert gains["resnet50"] > gains["efficientnet_b0"] > 0


def test_the_packaged_rows_hold_each_evaluation_once_and_cover_the_registry():
    rows = registered_weights().rows
    keys = [(each.name, each.resolution, each.crop) for each in rows]
    assert len(keys) == len(set(keys)) > 200
    for each in rows:
        assert 50 < each.top1 < 90
        assert "in1k" in each.name.partition(".")[2]
    without = [
        row.title
        for row in registered()
        if registered_weights().best(row.names[0], row.resolution, more_data=True) is None
    ]
    assert without == []

import csv
from functools import cache
from pathlib import Path

import pytest

from effprof.models.build import build_model, canonical_name
from effprof.models.registry import FAMILIES, facts, family, registered
from effprof.models.scaling import Coefficients

PUBLISHED_FACTS = Path(__file__).resolve().parents[3] / "shared" / "facts"

#: Published parameters that no implementation has; the papers that quote them copied each other.
MISQUOTED = {"SENet-154", "Inception-v4"}

#: One network per family, the first.
FIRST = [next(row for row in registered() if row.family == name) for name in FAMILIES]


@cache
def parameters(name):
    return sum(weight.numel() for weight in build_model(name, "meta").parameters())


def test_every_name_belongs_to_one_network():
    names = [name for row in registered() for name in row.names]
    assert len(names) == len(set(names)) > 100


def test_every_fact_has_a_source_and_a_size():
    for row in registered():
        assert row.source
        assert 160 <= row.resolution <= 600
        assert row.top1 is None or 60 < row.top1 < 90


@pytest.mark.parametrize("row", FIRST, ids=lambda row: row.title)
def test_built_networks_have_the_published_parameters(row):
    # Papers round to two digits.
    assert {name: parameters(name) for name in row.names} == {
        name: pytest.approx(row.parameters, rel=0.05) for name in row.names
    }


@pytest.mark.slow
def test_all_networks_have_the_published_parameters():
    wrong = {
        name: (parameters(name), row.parameters)
        for row in registered()
        if row.title not in MISQUOTED
        for name in row.names
        if parameters(name) != pytest.approx(row.parameters, rel=0.05)
    }
    assert wrong == {}


def test_every_name_exists():
    for row in registered():
        assert [canonical_name(name) for name in row.names] == list(row.names)


@pytest.mark.parametrize(
    ("name", "title", "of_family"),
    [
        ("resnet50", "ResNet-50", "ResNet"),
        ("timm/resnet50.a1_in1k", "ResNet-50", "ResNet"),
        ("torchvision/resnet50", "ResNet-50", "ResNet"),
        ("efficientnet_v2_s", "EfficientNetV2-S", "EfficientNetV2"),
        ("tf_efficientnet_b4", "EfficientNet-B4", "EfficientNet"),
        ("torchvision/regnet_y_8gf", "RegNetY-8.0GF (torchvision)", "RegNetY"),
        ("timm/regnety_080", "RegNetY-8.0GF", "RegNetY"),
    ],
)
def test_all_names_of_a_network_lead_to_its_facts(name, title, of_family):
    assert facts(name).title == title
    assert family(name) == of_family


def test_a_model_without_facts_is_of_its_providers_family():
    assert facts("timm/vit_base_patch16_224") is None
    assert family("timm/vit_base_patch16_224") == "timm"
    assert family("effprof:efficientnet?se=off") == "EfficientNet"
    assert family("my.zoo:net") == "python"


def test_the_registry_holds_the_papers_sizes_and_accuracies():
    b2 = facts("efficientnet_b2")
    assert (b2.resolution, b2.top1, b2.macs) == (260, 80.1, 1_000_000_000)
    assert Coefficients(b2.depth, b2.width, b2.resolution) == Coefficients(1.2, 1.1, 260)


@pytest.mark.skipif(not PUBLISHED_FACTS.is_dir(), reason="no folder of published facts beside us")
def test_the_registry_agrees_with_the_collected_tables():
    by_title = {row.title: row for row in registered()}
    with (PUBLISHED_FACTS / "pycls_model_zoo.csv").open() as file:
        regnets = [row for row in csv.DictReader(file) if row["model"].startswith("RegNet")]
    assert len(regnets) == 24
    for row in regnets:
        known = by_title[row["model"]]
        assert known.parameters == round(float(row["params_M"]) * 1e6)
        assert known.top1 == pytest.approx(100 - float(row["top1_err"]))
    with (PUBLISHED_FACTS / "efficientnet_table2_imagenet.csv").open() as file:
        table = {row["model"]: row for row in csv.DictReader(file)}
    for title in ("EfficientNet-B0", "EfficientNet-B7", "ResNet-50", "DenseNet-169"):
        known, row = by_title[title], table[title]
        assert known.top1 == float(row["top1"])
        assert known.macs == pytest.approx(float(row["flops_B"]) * 1e9)

"""Who plays which part in a setting: the subject, its relatives, its rivals, and no variants."""

import pandas as pd
import pytest

from effprof.study.setting import ABOUT_AS_MANY, Setting, in_line, published, variant

REFERENCE = "timm/resnet50"

#: Model -> (family, promise, realised).
NETWORKS = {
    REFERENCE: ("ResNet", 1.0, 1.0),
    "effprof:efficientnet?se=off": ("EfficientNet", 10.6, 5.2),
    "timm/efficientnet_b0": ("EfficientNet", 10.6, 4.6),
    "timm/efficientnetv2_s": ("EfficientNetV2", 0.5, 0.4),
    "timm/efficientnet_b7": ("EfficientNet", 0.1, None),
    "timm/regnety_004": ("RegNetY", 10.0, 7.0),
    "timm/mobilenetv3_large_100": ("MobileNetV3", 18.9, 8.0),
    "timm/my_own": ("timm", 10.6, 3.0),
}


def rows(networks=tuple(NETWORKS), sizes=(8, 1)):
    return pd.DataFrame(
        [
            {
                "model": name,
                "family": NETWORKS[name][0],
                "resolution": 224,
                "batch_size": size,
                "promise": NETWORKS[name][1],
                "realised": NETWORKS[name][2],
            }
            for name in networks
            for size in sizes
        ]
    )


def setting(*networks):
    return Setting(REFERENCE, rows(networks or tuple(NETWORKS)))


def names(frame):
    return list(dict.fromkeys(frame["model"]))


def test_the_subject_is_the_first_other_network_that_can_be_compared_by_batch():
    found = setting(REFERENCE, "timm/efficientnet_b7", "timm/efficientnet_b0", "timm/regnety_004")
    assert names(found.subject) == ["timm/efficientnet_b0"]
    assert found.subject["batch_size"].tolist() == [1, 8]
    assert found.batch_sizes == [1, 8]
    assert set(found.at(8)["batch_size"]) == {8}


def test_relatives_are_of_its_line_and_rivals_of_its_flops_without_variants():
    found = setting(*(name for name in NETWORKS if not name.startswith("effprof:")))
    assert names(found.relatives) == ["timm/efficientnet_b0", "timm/efficientnetv2_s"]
    assert names(found.rivals) == ["timm/regnety_004", "timm/my_own"]
    ratios = found.rivals["promise"] / found.subject["promise"].iloc[0]
    assert ratios.between(1 / ABOUT_AS_MANY, ABOUT_AS_MANY).all()


def test_a_variant_may_be_the_subject_but_is_no_relative():
    found = setting()
    assert names(found.subject) == ["effprof:efficientnet?se=off"]
    assert names(found.relatives) == ["timm/efficientnet_b0", "timm/efficientnetv2_s"]
    assert names(published(found.rows)) == [n for n in NETWORKS if not n.startswith("effprof:")]
    assert variant(found.rows).sum() == 2


def test_a_network_that_the_registry_does_not_know_is_alone_in_its_line():
    frame = rows()
    own = frame[frame["model"] == "timm/my_own"].iloc[0]
    assert names(frame[in_line(frame, own)]) == ["timm/my_own"]


@pytest.mark.parametrize("part", ["subject", "relatives", "rivals", "compared"])
def test_the_reference_alone_has_nobody_beside_it(part):
    assert getattr(setting(REFERENCE), part).empty

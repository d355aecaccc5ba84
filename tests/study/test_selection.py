"""Which networks pictures show: the subject's line over its sizes, then a rival that differs."""

from types import SimpleNamespace

import pytest

from effprof.core.estimates import Absent
from effprof.models.registry import family
from effprof.study.selection import first_other, telling
from effprof.study.setting import in_line

#: FLOPs of one image, in G, as a sweep plans the networks.
PLANNED = {
    "timm/efficientnet_b0": 0.77,
    "timm/efficientnet_b1": 1.37,
    "timm/efficientnet_b2": 1.99,
    "timm/efficientnet_b3": 3.65,
    "timm/efficientnet_b4": 8.79,
    "timm/efficientnetv2_s": 16.7,
    "timm/efficientnet_lite0": 0.77,
    "timm/resnet18": 3.63,
    "timm/resnet50": 8.18,
    "timm/mobilenetv3_small_100": 0.11,
    "timm/mobilenetv3_large_100": 0.43,
    "timm/regnetx_004": 0.80,
    "timm/regnetx_016": 3.21,
    "timm/vit_base_patch16_224": 35.0,
    "effprof:efficientnet?se=off": 0.77,
}


def results(planned=PLANNED):
    return [
        SimpleNamespace(
            model=name,
            label=name.rpartition("/")[2],
            family=family(name),
            flops=Absent("not counted") if giga is None else giga * 1e9,
        )
        for name, giga in planned.items()
    ]


def chosen(at_most, rivals, planned=PLANNED, reference="timm/resnet50"):
    return telling(results(planned), reference, at_most, rivals)


def test_the_ends_of_the_line_come_first_then_the_rival_nearest_to_the_subject():
    line = ["efficientnet_b0", "efficientnet_b4", "efficientnetv2_s"]
    assert chosen(4, 1) == [*line, "mobilenetv3_large_100"]
    assert chosen(5, 2) == [*line, "mobilenetv3_large_100", "regnetx_004"]


def test_what_fills_the_line_lies_farthest_from_what_is_chosen():
    # B2 is 2.6 times the FLOPs of B0, B3 a factor of 2.4 below B4.
    assert chosen(4, 0)[1:3] == ["efficientnet_b2", "efficientnet_b4"]


def test_rivals_have_neither_the_references_nor_an_unknown_family():
    assert not {"resnet18", "vit_base_patch16_224"} & set(chosen(9, 2))
    few = {name: PLANNED[name] for name in [*[*PLANNED][:2], "timm/resnet18", "timm/resnet50"]}
    assert chosen(4, 1, few) == ["efficientnet_b0", "efficientnet_b1", "resnet18"]


def test_everything_is_there_once_where_there_is_room():
    everything = chosen(99, 2)
    assert sorted(everything) == sorted({each.label for each in results()} - {"resnet50"})
    assert everything[0] == "efficientnet_b0"


def test_knobs_are_shown_in_the_order_in_which_a_suite_turns_them():
    base = "effprof:efficientnet"
    names = [base, f"{base}?se=off", f"{base}?phi=3", f"{base}?act=relu6", "timm/resnet18"]
    planned = dict(zip(names, (0.8, 0.8, 4.0, 0.8, 3.6), strict=True))
    assert chosen(3, 1, planned, base) == names[1:4]


def test_without_flops_the_plan_decides():
    blank = dict.fromkeys(PLANNED)
    assert chosen(2, 0, blank) == ["efficientnet_b0", "efficientnet_b1"]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("timm/efficientnet_b0", 8),  # five sizes, V2, Lite and a variant
        ("timm/mobilenetv3_large_100", 2),
        ("timm/vit_base_patch16_224", 1),
    ],
)
def test_a_line_is_what_begins_with_the_family_and_of_unknown_ones_itself(subject, expected):
    there = results()
    own = next(each for each in there if each.model == subject)
    assert sum(in_line(each, own) for each in there) == expected


def test_the_subject_is_the_first_other_network():
    assert first_other(results(), "timm/efficientnet_b0").model == "timm/efficientnet_b1"
    alone = results()[:1]
    assert first_other(alone, "timm/efficientnet_b0").model == "timm/efficientnet_b0"

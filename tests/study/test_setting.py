"""Who plays which part in a setting: the subject, its relatives, its rivals, and no variants."""

import ast
import inspect
import textwrap

import pytest

from effprof.core.cells import Cell
from effprof.core.estimates import Absent, Estimate
from effprof.core.quantities import OF_CELLS
from effprof.study.results import Quantities, Result
from effprof.study.setting import (
    ABOUT_AS_MANY,
    Setting,
    first_settings,
    in_line,
    is_variant,
    published,
    settings_of,
)
from effprof.study.study import Study
from tests.report.zoo import zoo_run

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


def result(name, size, valid=True):
    family, promise, realised = NETWORKS[name]
    values = {
        "model": name,
        "family": family,
        "resolution": 224,
        "mode": "infer",
        "batch_size": size,
        "precision": "fp32",
        "promise": promise,
        "realised": Absent("too large") if realised is None else Estimate.exact(realised),
        "valid": valid,
    }
    cell = Cell(name, 224, batch_size=size)
    return Result(cell, name, values, pooled=None, part=None, split=Absent("made up"))


def setting(*networks):
    planned = [result(name, size) for name in networks or NETWORKS for size in (8, 1)]
    return Setting(REFERENCE, tuple(planned))


def names(results):
    return list(dict.fromkeys(each.model for each in results))


def test_the_subject_is_the_first_other_network_that_can_be_compared_by_batch():
    found = setting(REFERENCE, "timm/efficientnet_b7", "timm/efficientnet_b0", "timm/regnety_004")
    assert names(found.subject) == ["timm/efficientnet_b0"]
    assert [each.batch_size for each in found.subject] == [1, 8]
    assert found.batch_sizes == [1, 8]
    assert {each.batch_size for each in found.at(8)} == {8}
    assert found.reference_at(8).cell == Cell(REFERENCE, 224, batch_size=8)


def test_relatives_are_of_its_line_and_rivals_of_its_flops_without_variants():
    found = setting(*(name for name in NETWORKS if not name.startswith("effprof:")))
    assert names(found.relatives) == ["timm/efficientnet_b0", "timm/efficientnetv2_s"]
    assert names(found.rivals) == ["timm/regnety_004", "timm/my_own"]
    for each in found.rivals:
        ratio = each.promise / found.subject[0].promise
        assert 1 / ABOUT_AS_MANY <= ratio <= ABOUT_AS_MANY


def test_a_variant_may_be_the_subject_but_is_no_relative():
    found = setting()
    assert names(found.subject) == ["effprof:efficientnet?se=off"]
    assert names(found.relatives) == ["timm/efficientnet_b0", "timm/efficientnetv2_s"]
    assert names(published(found.results)) == [n for n in NETWORKS if not n.startswith("effprof:")]
    assert sum(map(is_variant, found.results)) == 2


def test_a_network_that_the_registry_does_not_know_is_alone_in_its_line():
    own = result("timm/my_own", 1)
    assert names(each for each in setting().results if in_line(each, own)) == ["timm/my_own"]


@pytest.mark.parametrize("part", ["subject", "relatives", "rivals", "compared"])
def test_the_reference_alone_has_nobody_beside_it(part):
    assert getattr(setting(REFERENCE), part) == ()


def test_what_is_invalid_is_planned_and_plays_no_part():
    found = Setting(REFERENCE, (result(REFERENCE, 1), result("timm/efficientnet_b0", 1, False)))
    assert len(found.planned) == 2
    assert names(found.results) == [REFERENCE]
    assert found.subject == ()


def test_settings_are_of_one_mode_and_configuration_and_hold_every_cell_once():
    results = Study(zoo_run((1, 8), memory_formats=("nchw", "nhwc"))).results
    settings = list(settings_of(results, REFERENCE))
    assert [each.configuration for each in settings] == ["fp32 nchw eager", "fp32 nhwc eager"]
    assert {id(each) for one in settings for each in one.planned} == {*map(id, results)}
    assert [each.configuration for each in first_settings(settings)] == ["fp32 nchw eager"]


def test_what_is_read_by_name_is_declared_as_it_is():
    declared = declarations()
    kinds = {"text": "str", "count": "int", "flag": "bool"}
    for name, kind in declared.items():
        quantity = OF_CELLS[name]
        known = "Estimate" if quantity.interval else kinds.get(quantity.kind, "float")
        always = quantity.kind in kinds and name != "regime"
        assert kind == (known if always else f"{known} | Absent"), name


def declarations():
    """The annotations of `Quantities`: they are for type checkers alone."""
    body = ast.parse(textwrap.dedent(inspect.getsource(Quantities))).body[0].body
    (block,) = (node for node in body if isinstance(node, ast.If))
    return {node.target.id: ast.unparse(node.annotation) for node in block.body}

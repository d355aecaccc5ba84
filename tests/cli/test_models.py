import json

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.models.build import zoo_models
from tests.cli.printed import as_text


def effprof(*arguments):
    result = CliRunner().invoke(build_app(), ["models", *as_text(*arguments)])
    assert result.exit_code == 0, result.exception
    return result


def test_the_registry_is_listed_with_its_facts():
    rows = json.loads(effprof("--json").stdout)["rows"]
    assert len(rows) > 70
    by_model = {row["model"]: row for row in rows}
    b2 = by_model["timm/efficientnet_b2"]
    assert (b2["paper_resolution"], b2["top1"], b2["family"]) == (260, 80.1, "EfficientNet")
    assert b2["native_resolution"] is None
    assert "Table 2" in b2["source"]


def test_a_pattern_searches_the_zoos_too():
    rows = json.loads(effprof("*resnet26*", "--json").stdout)["rows"]
    assert {row["family"] for row in rows} == {"ResNet", "SENet", "timm"}
    assert "timm/resnet26" in {row["model"] for row in rows}
    assert all(row["native_resolution"] for row in rows)


@pytest.mark.parametrize("pattern", ["ResNet-50", "timm/resnet50", "efficientnetv2"])
def test_titles_names_and_families_are_found(pattern):
    assert json.loads(effprof(pattern, "--json").stdout)["rows"]


def test_the_table_is_for_people():
    result = effprof("efficientnet_b2")
    assert "paper px" in result.stdout
    assert "torchvision/efficientnet_b2" in result.stdout


def test_nothing_found_is_said_with_suggestions_and_is_no_error():
    result = effprof("resnet5O", "--json")
    assert json.loads(result.stdout)["rows"] == []
    assert "no model matches 'resnet5O'; did you mean resnet50" in result.stderr


def test_a_name_of_the_registry_is_answered_without_the_zoos(monkeypatch):
    monkeypatch.setattr("effprof.models.build.known_models", None)
    result = effprof("resnet50", "--json")
    rows = json.loads(result.stdout)["rows"]
    assert [row["model"] for row in rows] == ["timm/resnet50", "torchvision/resnet50"]
    assert "effprof models '*resnet50*'" in result.stderr


def test_a_glob_takes_each_network_of_the_zoos_once(monkeypatch):
    known = ["timm/resnet18", "torchvision/resnet18", "torchvision/resnet9", "effprof:efficientnet"]
    monkeypatch.setattr("effprof.models.build.known_models", lambda pattern: known)
    assert zoo_models("*") == ("timm/resnet18", "torchvision/resnet9")

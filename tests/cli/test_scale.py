import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.errors import BadInput, StorageError


def effprof(*arguments):
    return CliRunner().invoke(build_app(), ["scale", *arguments])


def rows(*arguments):
    result = effprof(*arguments, "--json")
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)["rows"]


def test_a_phi_of_a_published_network_shows_both():
    formula, published = rows("1")
    assert (formula["by"], formula["resolution"]) == ("formula", 258)
    assert (published["by"], published["resolution"], published["params"]) == ("B1", 240, 7_794_184)
    assert published["model"] == "timm/efficientnet_b1"
    assert published["macs"] == pytest.approx(0.6868e9, rel=1e-3)
    assert published["flops"] == 2 * published["macs"]


def test_negative_and_fractional_phis_are_numbers_not_options():
    shrunk, grown = rows("-1", "0.5")
    assert (shrunk["phi"], shrunk["resolution"], grown["phi"]) == (-1, 195, 0.5)
    assert shrunk["params"] < 5_288_548 < grown["params"]
    assert shrunk["model"] == "effprof:efficientnet?phi=-1"


def test_other_bases_show_no_published_networks():
    result = effprof("1", "--from-b0", "1.3", "1.05", "1.1")
    assert result.exit_code == 0
    assert "formula" in result.stdout
    assert "B1" not in result.stdout.replace("x B0", "")
    assert "1.734" in result.stderr


def test_the_product_of_the_papers_bases_is_shown():
    assert "1.920" in effprof("0").stderr


def test_all_problems_are_reported_at_once(tmp_path):
    wrong = effprof("abc", "--jsn", "--from-b0", "1", "2", "99", "--picture", "x.gif")
    assert isinstance(wrong.exception, BadInput)
    for part in ("'abc' is not a phi", "'--jsn' is not an option", "gamma is 99", "x.gif"):
        assert part in str(wrong.exception)


def test_a_missing_folder_is_found_before_anything_is_built(tmp_path):
    missing = effprof("1", "--picture", str(tmp_path / "none" / "a.png"))
    assert isinstance(missing.exception, StorageError)
    assert missing.stdout == ""


def test_the_picture_is_an_image_that_is_not_empty(tmp_path):
    path = tmp_path / "grown.png"
    assert effprof("-1", "1", "--picture", str(path)).exit_code == 0
    with Image.open(path) as image:
        assert image.width > 1000
        assert len(image.convert("RGB").getcolors(maxcolors=1 << 24)) > 20

"""`effprof cost` as a user calls it."""

import json

import pytest
import typer.testing

from effprof.cli import cost as cost_module
from effprof.cli.main import build_app
from effprof.core.errors import BadInput
from effprof.cost import count_cost
from tests.cli.printed import as_text
from tests.cost import networks


def run(*arguments: str, code: int = 0) -> typer.testing.Result:
    result = typer.testing.CliRunner().invoke(build_app(), ["cost", *as_text(*arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def rows(*arguments: str) -> list[dict]:
    return json.loads(run(*arguments, "--json").stdout)["rows"]


def test_table_states_the_convention_the_counter_and_what_is_left_out():
    text = run("efficientnet_b0").stdout
    assert "timm/efficientnet_b0" in text
    assert "224 px" in text
    assert "0.3858" in text
    assert "0.7716" in text
    assert "FLOPs = 2 x MACs" in text
    assert "effprof static cost 2 (formulas of torch" in text
    (coverage,) = [line for line in text.splitlines() if line.startswith("FLOPs score")]
    assert coverage.startswith("FLOPs score 156 of 238 operators zero; these move 64 %")
    assert "native_batch_norm 26 %, silu_ 24 %, mul 8.8 %" in coverage


def test_json_is_the_static_cost():
    (row,) = rows("efficientnet_b0", "--mode", "train", "--batch-size", "4")
    static = count_cost("efficientnet_b0", 224, "train", 4)
    assert (row["model"], row["params"]) == ("timm/efficientnet_b0", 5_288_548)
    assert (row["mode"], row["batch_size"], row["resolution"]) == ("train", 4, 224)
    assert row["step"]["macs"] == static.total.macs
    assert row["step"]["flops"] == 2 * static.total.macs
    assert list(row["by_role"]) == list(static.by_role)
    assert list(row["by_phase"]) == ["forward", "backward", "optimizer"]
    assert set(row["uncounted"]) == set(static.uncounted)


def test_modules_of_any_depth_sum_to_the_total():
    shallow, deep = (rows("resnet18", "--by", "module", "--depth", d)[0] for d in ("1", "3"))
    for row in (shallow, deep):
        assert sum(part["macs"] for part in row["by_module"].values()) == row["step"]["macs"]
    assert len(shallow["by_module"]) < len(deep["by_module"])
    assert "layer1.0.conv1" in deep["by_module"]


def test_the_model_itself_has_a_name_in_the_table():
    assert "(the model itself)" in run("resnet18", "--by", "module", "--mode", "train").stdout


@pytest.mark.parametrize(("asked", "size"), [("paper", 260), ("native", 256), ("192", 192)])
def test_resolution_is_the_papers_the_librarys_or_ones_own(asked, size):
    assert rows("efficientnet_b2", "--resolution", asked)[0]["resolution"] == size


def test_a_model_without_a_paper_size_falls_back_aloud():
    result = run("test_resnet", "--json")
    assert json.loads(result.stdout)["rows"][0]["resolution"] == 160
    assert "native 160" in result.stderr


def test_mixed_sizes_get_a_banner():
    assert "sizes differ (224, 240 px)" in run("efficientnet_b0", "efficientnet_b1").stderr
    assert "sizes differ" not in run("efficientnet_b0", "resnet18").stderr


def test_a_model_named_twice_is_counted_once():
    assert len(rows("resnet18", "timm/resnet18")) == 1


def test_a_model_that_prints_does_not_get_into_the_answer(tmp_path):
    own = tmp_path / "loud.py"
    own.write_text(
        "import torch\n\ndef make():\n    print('hello')\n    return torch.nn.Conv2d(3, 4, 3)\n"
    )
    result = run(f"{own}:make", "--resolution", "32", "--json")
    assert len(json.loads(result.stdout)["rows"]) == 1
    assert "hello" in result.stderr


def test_precision_sets_the_bytes():
    single, half = (rows("resnet18", "--precision", p)[0] for p in ("fp32", "amp-bf16"))
    assert half["dtype"] == "bfloat16"
    assert half["step"]["bytes_moved"] < 0.51 * single["step"]["bytes_moved"]


def test_all_bad_options_are_reported_at_once():
    options = ("--resolution", "x", "--by", "rol", "--batch-size", "0", "--depth", "0")
    with pytest.raises(BadInput) as raised:
        run("resnet18", *options, "--mode", "trian", "--precision", "fp8")
    flags = [line.partition(":")[0] for line in str(raised.value).splitlines()]
    expected = ["--resolution", "--mode", "--batch-size", "--precision", "--by", "--depth"]
    assert flags == expected
    assert "did you mean role?" in str(raised.value)


def test_all_unknown_models_are_reported_at_once():
    with pytest.raises(BadInput) as raised:
        run("resnet5O", "resnet18", "efficientnet_bo")
    assert "did you mean resnet50" in str(raised.value)
    assert "efficientnet_bo" in str(raised.value)


def test_coverage_names_large_shares_only():
    line = cost_module.coverage(count_cost("resnet18", 224))
    assert line.endswith("1 more under 0.1 % each")


def test_the_installed_command_needs_no_device(effprof):
    done = effprof("cost", "mobilenetv2_100", "--json", CUDA_VISIBLE_DEVICES="")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["rows"][0]["step"]["macs"] == 300_774_272


def test_a_size_that_does_not_fit_is_explained(here):
    done = here("cost", "vit_tiny_patch16_224", "--resolution", "225")
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not run on images of shape (1, 3, 225, 225)" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_macs_lack_and_how_they_came_about_is_said():
    lacking = run(f"{networks.__file__}:complex_weight", "--resolution", "32").stdout
    assert (
        "the MACs are without those of _fft_r2c (a Fourier transform is not a matrix product)"
        in lacking
    )
    assert "computed on this CPU" not in lacking
    (row,) = rows(f"{networks.__file__}:asks_a_value", "--resolution", "32")
    assert row["unknown"] == {}
    assert "value of a tensor" in row["computed"]
    computed = run(f"{networks.__file__}:asks_a_value", "--resolution", "32").stdout
    assert "computed on this CPU, for shapes did not tell" in computed

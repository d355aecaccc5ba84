"""`effprof pick` through the command line: tables, JSON, near misses, bad input."""

import json

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.errors import BadInput
from effprof.store.transfer import export_run
from tests.runs import sample_run

RUN = sample_run()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.jsonl.gz"
    export_run(RUN, path)
    return path


def pick(*arguments):
    result = CliRunner().invoke(build_app(), ["pick", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_feasible_networks_are_ranked_with_source_memory_and_front(file):
    out = pick(file, "--latency-ms", "30", "--batch-size", "1").stdout
    met = out.partition("Meets every limit")[2].partition("Near misses")[0]
    order = [met.index(name) for name in ("efficientnet_b0", "mobilenetv2_100", "resnet18")]
    assert order == sorted(order)
    assert "resnet50" not in met
    for said in (
        "quoted, not measured",
        "(1) Tan and Le 2019",
        "memory is peak_rss_bytes",
        "front:",
    ):
        assert said in out


def test_where_nothing_is_feasible_the_nearest_and_what_binds_are_told(file):
    result = pick(file, "--latency-ms", "0.1", "--min-top1", "75")
    assert result.exit_code == 0
    assert "No network with a quoted accuracy meets every limit" in result.stdout
    assert "nearest of those that miss" in result.stdout
    assert "median latency at most 100 µs: 4 of 4 do not meet it" in result.stdout


def test_a_near_miss_says_which_limit_and_by_how_much(file):
    out = pick(file, "--latency-ms", "75", "--batch-size", "1", "--min-top1", "75").stdout
    near = out.partition("Near misses")[2]
    assert "median latency 80.0 ms: 6.7 % over" in near
    assert "top-1 72.0: 3.0 points short" in near


def test_json_holds_every_network_with_its_standing(file):
    result = pick(file, "--latency-ms", "30", "--batch-size", "1", "--json")
    document = json.loads(result.stdout, parse_constant=pytest.fail)
    assert {row["model"]: row["standing"] for row in document["rows"]} == {
        "timm/efficientnet_b0": "meets",
        "timm/mobilenetv2_100": "meets",
        "timm/resnet18": "meets",
        "timm/resnet50": "misses",
    }
    assert document["limits"][0]["value"] == pytest.approx(0.03)
    assert document["memory_column"] == "peak_rss_bytes"
    assert all(row["quoted"] is True for row in document["rows"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--latency-ms", "nan", "--memory-mib", "-1"), ["--latency-ms is nan", "--memory-mib is"]),
        (("--min-top1", "101"), ["at most 100"]),
        (("--images-per-second", "inf"), ["--images-per-second is inf"]),
        (("--sort", "sped"), ["did you mean speed?"]),
        (("--batch-size", "3", "--precision", "tf32"), ["measured: 1, 8", "measured: fp32"]),
        (("--mode", "train"), ["measured: infer"]),
        (("--sort", "energy"), ["no energy"]),
    ],
)
def test_bad_input_is_named_all_at_once(file, arguments, said):
    with pytest.raises(BadInput) as caught:
        pick(file, *arguments)
    assert all(text in str(caught.value) for text in said)

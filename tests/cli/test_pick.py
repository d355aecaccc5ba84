"""`effprof pick` through the command line: tables, JSON, near misses, bad input."""

import json
import re
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.errors import BadInput
from effprof.store.transfer import export_run
from tests.runs import sample_run

RUN = sample_run()

#: Rows of timm's file of accuracies.
EXCERPT = Path(__file__).parents[1] / "store" / "accuracy" / "results-imagenet.csv"


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
        (("--accuracy", "todays"), ["one of paper, today, more-data", "did you mean today?"]),
        (("--batch-size", "3", "--precision", "tf32"), ["measured: 1, 8", "measured: fp32"]),
        (("--mode", "train"), ["measured: infer"]),
        (("--sort", "energy"), ["no energy"]),
    ],
)
def test_bad_input_is_named_all_at_once(file, arguments, said):
    with pytest.raises(BadInput) as caught:
        pick(file, *arguments)
    assert all(text in str(caught.value) for text in said)


def test_both_accuracies_are_shown_each_with_its_source(file):
    out = pick(file, "--batch-size", "1").stdout
    assert "top-1 %" in out
    assert "today %" in out
    assert "  today %: of the best weights of today trained on ImageNet-1k alone\n" in out
    assert ") resnet50.tv2_in1k, crop 0.965, bilinear\n" in out
    assert "    from timm's results-imagenet.csv (git object a4e4627d6aa3, " in out
    resnet = next(line for line in out.splitlines() if "timm/resnet50" in line)
    assert "76.0 (" in resnet
    assert "80.8 (" in resnet
    assert "more data" not in out
    assert "more data %: of the best weights" in pick(file, "--accuracy", "more-data").stdout


def test_the_accuracy_that_is_named_decides(file):
    def met(*arguments):
        document = json.loads(pick(file, "--min-top1", "78", *arguments, "--json").stdout)
        rows = document["rows"]
        return document["accuracy"], {r["model"] for r in rows if r["standing"] == "meets"}

    assert met() == ("paper", set())
    assert met("--accuracy", "today") == ("today", {"timm/resnet50", "timm/efficientnet_b0"})


def test_imported_accuracies_are_taken_and_named(file, effprof, tmp_path):
    told = EXCERPT.read_text().replace("80.846,19.154", "80.900,19.100")
    (tmp_path / EXCERPT.name).write_text(told)
    done = effprof("import", "--format", "timm-accuracy", EXCERPT.name)
    assert done.returncode == 0, done.stderr
    assert "21 evaluations of weights imported" in done.stderr
    assert effprof("import", file.name).returncode == 0
    out = effprof("pick", "--batch-size", "1").stdout  # from the store that the rows are in
    assert "80.9 (" in next(line for line in out.splitlines() if "timm/resnet50" in line)
    assert f"    from {EXCERPT.name} (git object " in out
    assert ", read 20" in out
    alone = effprof("pick", file.name, "--batch-size", "1").stdout
    assert "80.8 (" in next(line for line in alone.splitlines() if "timm/resnet50" in line)


def test_a_narrow_terminal_cuts_no_number(file, monkeypatch):
    wide = pick(file, "--latency-ms", "30", "--batch-size", "1").stdout
    monkeypatch.setattr("effprof.cli.output._console", lambda _: Console(width=80))
    narrow = pick(file, "--latency-ms", "30", "--batch-size", "1").stdout
    table = narrow.partition("throughout:")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "…" not in narrow
    numbers = re.findall(r"\d+(?:\.\d+)? (?:ms|MiB|%)", wide.partition("throughout:")[0])
    assert len(numbers) > 10
    assert all(number in narrow for number in numbers)

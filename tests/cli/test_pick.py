"""`effprof pick` through the command line: tables, JSON, near misses, bad input."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.errors import BadInput, StorageError
from effprof.report.pictures.choice import choice_figure
from effprof.report.pictures.style import house_style
from effprof.session.choice import Wish, choose
from effprof.store.transfer import export_run
from effprof.study.study import Study
from tests.cli.printed import as_text
from tests.runs import measurement, sample_run

RUN = sample_run()

#: Rows of timm's file of accuracies.
EXCERPT = Path(__file__).parents[1] / "store" / "accuracy" / "results-imagenet.csv"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "run.jsonl.gz"
    export_run(RUN, path)
    return path


def pick(*arguments):
    result = CliRunner().invoke(build_app(), ["pick", *as_text(*arguments)])
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
    out = effprof(
        "pick", "--batch-size", "1", "--text"
    ).stdout  # from the store that the rows are in
    assert "80.9 (" in next(line for line in out.splitlines() if "timm/resnet50" in line)
    assert f"    from {EXCERPT.name} (git object " in out
    assert ", read 20" in out
    alone = effprof("pick", file.name, "--batch-size", "1", "--text").stdout
    assert "80.8 (" in next(line for line in alone.splitlines() if "timm/resnet50" in line)


def test_a_narrow_terminal_cuts_no_number(file, monkeypatch):
    asked = (file, "--latency-ms", "30", "--batch-size", "1")
    wide = pick(*asked).stdout
    monkeypatch.setenv("COLUMNS", "80")
    narrow = pick(*asked).stdout
    assert max(map(len, narrow.splitlines())) <= 80
    assert "…" not in narrow
    for name in ("timm/efficientnet_b0", "timm/mobilenetv2_100", "timm/resnet18"):
        assert name in narrow.split()
    limited = re.findall(r"\d+\.\d ms ±\d\S* %", wide.partition("throughout:")[0])
    assert len(limited) == 3
    assert all(number in narrow for number in limited)
    assert "No room for: " in narrow


def test_the_first_line_says_what_to_take(file):
    line = pick(file, "--latency-ms", "30", "--batch-size", "1").stdout.splitlines()[0]
    assert line == "Take efficientnet_b0: 77.1 %, 17.0 ms (limit 30.0 ms); 2 alternatives"
    alone = pick(file, "--latency-ms", "30", "--min-top1", "77", "--batch-size", "1").stdout
    assert alone.splitlines()[0] == "Take efficientnet_b0: 77.1 %, 17.0 ms (limit 30.0 ms)"
    none = pick(file, "--latency-ms", "0.1").stdout.splitlines()[0]
    assert none.startswith("No network with a quoted accuracy meets every limit; the nearest is ")


def test_in_a_pipe_there_is_one_table_with_the_standing_of_every_network(file):
    done = CliRunner().invoke(build_app(), ["pick", str(file), "--latency-ms", "30"])
    head, *rows = done.stdout.splitlines()
    columns = head.split("\t")
    assert {"model", "batch_size", "top1", "latency_p50_seconds", "standing"} <= set(columns)
    assert len(rows) == 4
    found = dict(zip(columns, rows[0].split("\t"), strict=True))
    assert found["model"] == "timm/efficientnet_b0"
    assert float(found["latency_p50_seconds"]) == pytest.approx(0.017, rel=0.1)
    assert done.stderr.startswith("Take efficientnet_b0")
    quiet = pick(file, "--latency-ms", "30", "--quiet")
    assert quiet.stderr == ""
    assert quiet.stdout.split() == [row.split("\t")[0] for row in rows if row.endswith("meets")]
    assert pick(file, "--latency-ms", "0.1", "--quiet").stdout == ""


@pytest.fixture
def slower(tmp_path):
    """The run of another machine, on which a network takes three times as long."""
    path = tmp_path / "slower.jsonl.gz"
    b0 = next(cell for cell in RUN.invocation.cells if cell.model == "timm/efficientnet_b0")
    outcomes = {(b0, index): measurement(0.051 * (1 + 0.01 * index)) for index in range(3)}
    name = {"id": "20261122-slow", "device": "Some slow CPU, 1 thread"}
    export_run(sample_run(outcomes=outcomes, **name), path)
    return path


def test_several_runs_are_chosen_from_one_by_one(file, slower):
    asked = ("--latency-ms", "30", "--batch-size", "1")
    done = pick(file, slower, *asked)
    first, second, both, *_ = done.stdout.splitlines()
    alone = pick(file, *asked).stdout.splitlines()[0]
    assert first == f"{RUN.invocation.device}, run {RUN.invocation.id}: {alone}"
    told = pick(slower, *asked).stdout.splitlines()[0]
    assert second == f"Some slow CPU, 1 thread, run 20261122-slow: {told}"
    met = [pick(each, *asked, "--quiet").stdout.split() for each in (file, slower)]
    assert met[0] != met[1]
    names = [name.removeprefix("timm/") for name in met[0] if name in met[1]]
    assert both == (
        f"In all 2 runs: {', '.join(names)}."
        if names
        else "No network meets every limit in all 2 runs."
    )
    quiet = pick(file, slower, *asked, "--quiet").stdout.split()
    assert quiet == [name for name in met[0] if name in met[1]]
    # What tables quote is explained once for both.
    assert done.stdout.count("accuracy is ImageNet top-1, quoted, not measured") == 1


def test_several_runs_are_one_table_and_a_document_of_each(file, slower):
    done = pick(file, slower, "--latency-ms", "30", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    machines = {row["run"]: row["machine"] for row in rows}
    assert machines == {
        RUN.invocation.id: RUN.invocation.device,
        "20261122-slow": "Some slow CPU, 1 thread",
    }
    assert len(rows) == 8
    document = json.loads(pick(file, slower, "--latency-ms", "30", "--json").stdout)
    one, other = document["choices"]
    alone = json.loads(pick(file, "--latency-ms", "30", "--json").stdout)
    assert {name: alone[name] for name in one} == one
    assert other["run"] == {"id": "20261122-slow", "device": "Some slow CPU, 1 thread"}


def test_one_run_in_which_none_fits_is_enough_to_fail_on(file, slower):
    asked = ("--latency-ms", "30", "--min-top1", "77", "--batch-size", "1", "--fail-on", "none")
    assert pick(file, *asked).exit_code == 0
    assert pick(slower, *asked).exit_code == 4
    assert pick(file, slower, *asked).exit_code == 4


@pytest.mark.parametrize(
    ("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_the_choice_is_drawn_with_its_limits(file, slower, tmp_path, ending, begins):
    path = tmp_path / f"choice.{ending}"
    done = pick(file, slower, "--latency-ms", "30", "--min-top1", "73", "--picture", path)
    assert done.stderr.endswith(f"drew {path}\n")
    assert path.read_bytes().startswith(begins)


def test_a_picture_shows_every_network_where_it_stands(file):
    wish = Wish({"latency": 30.0, "accuracy": 73.0}, {"batch_size": 1})
    choice = choose(Study(RUN), wish)
    with house_style():
        figure = choice_figure([("one machine", choice), ("again", choice)])
    one, _ = figure.axes
    assert one.get_title(loc="left") == "one machine"
    points = {
        (*line.get_xdata(), *line.get_ydata()) for line in one.lines if line.get_marker() == "o"
    }
    assert points == {
        (row["latency_p50_seconds"], row["top1"]) for _, row in choice.frame.iterrows()
    }
    dashed = [line for line in one.lines if line.get_linestyle() == "--"]
    assert {line.get_xdata()[0] for line in dashed if line.get_xdata()[0] < 1} >= {0.03}
    assert {line.get_ydata()[0] for line in dashed} >= {73.0}
    names = {text.get_text() for text in one.texts}
    assert {"efficientnet_b0", "resnet50"} <= names
    assert [t.get_text() for t in figure.legends[0].texts] == ["meets", "near miss", "misses"]


def test_a_picture_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(BadInput, match=r"ends in .png, .svg or .pdf"):
        pick(tmp_path / "no-such.jsonl.gz", "--picture", "choice.gif")
    with pytest.raises(StorageError, match="no folder"):
        pick(tmp_path / "no-such.jsonl.gz", "--picture", tmp_path / "none" / "choice.png")


def test_fail_on_none_ends_with_4_only_where_nothing_fits(file):
    assert pick(file, "--latency-ms", "30", "--fail-on", "none").exit_code == 0
    assert pick(file, "--latency-ms", "0.1", "--fail-on", "none").exit_code == 4
    with pytest.raises(BadInput, match="--fail-on 'all' is not none"):
        pick(file, "--fail-on", "all")


def test_the_tail_of_latency_and_threads_can_be_asked_for(file):
    document = json.loads(pick(file, "--p90-ms", "50", "--threads", "1", "--json").stdout)
    (limit,) = document["limits"]
    assert (limit["column"], limit["value"]) == ("latency_p90_seconds", pytest.approx(0.05))
    with pytest.raises(BadInput, match="--threads 2: not measured"):
        pick(file, "--threads", "2")

"""`effprof compare` through the command line: table, JSON, Markdown, exit statuses."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from effprof.cli.compare import SMALLEST, share_of
from effprof.cli.main import build_app
from effprof.core.cells import Cell
from effprof.core.errors import BadInput, NotComparable, StorageError
from effprof.regressions.reasons import OF_LINES
from effprof.regressions.verdicts import SMALLEST_EFFECT
from effprof.store.store import open_store
from effprof.store.transfer import export_run
from tests.cli.printed import as_text
from tests.regressions.test_compare import B0, OLD, RESNET, new, of_machine, run
from tests.runs import MODELS, earlier_cpu, fingerprint, identified

EVERYTHING = dict.fromkeys((Cell(model, 224) for model in MODELS), 1.5) | {RESNET: 0.7}
NEW = new(EVERYTHING)


@pytest.fixture
def store(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.add_runs([OLD, NEW])
    return location


def compare(*arguments):
    result = CliRunner().invoke(build_app(), ["compare", *as_text(*arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_first_lines_say_what_all_share_and_count_and_tables_name_what_moved(store):
    result = compare("20261121", "latest", "--store", store)
    first, second, *rest = result.stdout.splitlines()
    assert first.startswith("No shift that all share: together the 4 cells are 1.2")
    # Latency is the step's on a CPU: each cell is told once.
    assert second.startswith("Speed: 3 slower, 1 faster, 0 cannot tell, 0 no change; memory")
    assert result.exit_code == 0
    assert {"Slower (3)", "Faster (1)"} <= set(rest)
    assert any(line.startswith("efficientnet_b0 ") and "+50" in line for line in rest)


def test_what_changed_between_the_runs_is_named_as_on_the_page(tmp_path):
    location, page = str(tmp_path / "store.sqlite"), tmp_path / "page.md"
    marks = replace(fingerprint(), recorded=fingerprint().recorded | {"torch": "2.16.0"})
    with open_store(location) as opened:
        opened.add_runs([OLD, replace_marks(NEW, marks)])
    said = "What else differs: torch 2.15.0 → 2.16.0."
    result = compare("20261121", "20261122", "--store", location, "--markdown", page, "--text")
    assert said in result.stdout.splitlines()
    assert f"- {said}" in page.read_text().splitlines()


def test_repeats_that_would_tell_are_said_and_what_is_likely_fails_no_build(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.add_runs([run(repeats=3), new(dict.fromkeys(EVERYTHING, 1.5), repeats=3)])
    asked = ("20261121", "20261122", "--store", location, "--fail-on", "regression")
    result = compare(*asked)
    assert result.exit_code == 0
    assert "Likely slower (4)" in result.stdout
    assert "cannot give p below 0.1 by ranks; measure each run with --repeats 4" in result.stdout
    rows = json.loads(compare(*asked, "--json").stdout)["rows"]
    told = [row for row in rows if row["metric"] == "step_seconds"]
    assert {(r["verdict"], r["word"], r["repeats_to_tell"]) for r in told} == {
        ("likely regression", "likely slower", 4)
    }


def test_the_smallest_change_of_interest_can_be_given(store):
    asked = ("20261121", "20261122", "--store", store, "--json")
    assert json.loads(compare(*asked).stdout)["smallest"] == 0.03
    lenient = json.loads(compare(*asked, "--smallest", "60 %").stdout)
    assert lenient["counts"]["regression"] == 0
    for wrong in ("3", "-1%", "100%", "three"):
        with pytest.raises(BadInput, match=f"--smallest '{wrong}' is not a percentage above 0"):
            compare(*asked, "--smallest", wrong)
    assert share_of(SMALLEST) == SMALLEST_EFFECT


@pytest.mark.parametrize(("word", "status"), [("regression", 4), ("improvement", 4), ("any", 4)])
def test_fail_on_ends_with_4_only_when_there_is_one(store, word, status):
    assert compare("20261121", "20261122", "--store", store, "--fail-on", word).exit_code == status


def test_fail_on_passes_where_nothing_is_found(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.add_runs([OLD, new()])
    result = compare("20261121", "20261122", "--store", location, "--fail-on", "any")
    assert result.exit_code == 0
    assert "Speed: 0 slower, 0 faster, 0 cannot tell, 4 no change;" in result.stdout
    assert "Together the 4 cells are as fast as then: 1.00x [1.00, 1.00] the time" in result.stdout


def test_json_tells_every_line_and_no_nan(store):
    result = compare("20261121", "20261122", "--store", store, "--json")
    document = json.loads(result.stdout, parse_constant=pytest.fail)
    assert all((row["reason"] is None) == (row["reason_id"] is None) for row in document["rows"])
    assert {row["reason_id"] for row in document["rows"]} <= {None, *OF_LINES}
    assert document["counts"]["regression"] == 3
    row = next(
        row for row in document["rows"] if (row["cell"], row["metric"]) == (B0.key, "step_seconds")
    )
    assert row["change"] == pytest.approx(0.5, abs=0.01)
    assert row["change_low"] < row["change"] < row["change_high"]
    assert (row["verdict"], row["word"]) == ("regression", "slower")
    assert row["ratio_p_adjusted"] < row["rank_p"] < 0.05
    assert document["old"] == OLD.invocation.id


def test_an_unknown_identity_is_said_in_one_line(tmp_path):
    location = str(tmp_path / "store.sqlite")
    earlier, later = replace_marks(OLD, earlier_cpu()), replace_marks(new(), identified())
    with open_store(location) as opened:
        opened.add_runs([earlier, later])
    said = f"identity unknown of run {OLD.invocation.id}; compared by measured peaks"
    result = compare("20261121", "20261122", "--store", location)
    assert (result.exit_code, result.stdout.splitlines().count(f"I{said[1:]}.")) == (0, 1)
    told = json.loads(compare("20261121", "20261122", "--store", location, "--json").stdout)
    assert told["remark"] == said


def replace_marks(run, marks):
    return replace(run, invocation=replace(run.invocation, fingerprint=marks))


def test_exported_files_need_no_store_and_markdown_is_written(tmp_path):
    old, later, page = tmp_path / "old.jsonl.gz", tmp_path / "new.jsonl.gz", tmp_path / "page.md"
    export_run(OLD, old)
    export_run(NEW, later)
    compare(old, later, "--markdown", page)
    first = "**efficientnet_b0 50 % slower** · 2 more slower · 1 faster"
    assert page.read_text().splitlines()[0] == first
    with pytest.raises(StorageError, match="--markdown"):
        compare(old, later, "--markdown", tmp_path / "no" / "page.md")


def test_unlike_machines_end_with_5_and_across_shows_them(tmp_path):
    elsewhere = replace(
        NEW, invocation=replace(NEW.invocation, fingerprint=fingerprint(device="Another CPU"))
    )
    old, later = tmp_path / "old.jsonl.gz", tmp_path / "new.jsonl.gz"
    export_run(OLD, old)
    export_run(elsewhere, later)
    with pytest.raises(NotComparable, match="device: Some CPU then, Another CPU now") as refused:
        compare(old, later)
    assert refused.value.exit_code == 5
    result = compare(old, later, "--across", "--fail-on", "any")
    assert result.exit_code == 0
    assert result.stdout.startswith("Not comparable: device: Some CPU then, Another CPU now.")
    assert "Speed: 0 slower, 0 faster, 4 not comparable," in result.stdout
    assert "by own pace" not in result.stdout


def test_across_speeds_stand_beside_the_pace_of_the_machines_and_fail_nothing(tmp_path):
    old, later = tmp_path / "old.jsonl.gz", tmp_path / "new.jsonl.gz"
    export_run(of_machine(OLD), old)
    export_run(of_machine(new(dict.fromkeys(EVERYTHING, 3.0)), 2.0), later)
    with pytest.raises(NotComparable, match="neutral sentinel"):
        compare(old, later)
    result = compare(old, later, "--across", "--fail-on", "any")
    assert result.exit_code == 0
    assert "By its own fixed work the new machine is 2.00x as slow;" in result.stdout
    row = next(line for line in result.stdout.splitlines() if line.startswith("resnet50"))
    assert "+50.0 %" in row
    assert "+200" in row
    rows = json.loads(compare(old, later, "--across", "--json").stdout)["rows"]
    assert {row["beside"] is not None for row in rows if row["metric"] == "step_seconds"} == {True}


def test_bad_input_is_refused_with_all_of_it(store):
    with pytest.raises(BadInput, match=r"'regresion' is not one of .*did you mean regression"):
        compare("20261121", "20261122", "--store", store, "--fail-on", "regresion")
    with pytest.raises(BadInput, match="name two runs"):
        compare("latest", "20261122", "--store", store)
    with pytest.raises(BadInput, match=r"(?s)'111'.*'222'"):
        compare("111", "222", "--store", store)


def test_the_installed_command_compares(effprof, tmp_path):
    export_run(OLD, tmp_path / "old.jsonl.gz")
    export_run(NEW, tmp_path / "new.jsonl.gz")
    done = effprof("compare", "old.jsonl.gz", "new.jsonl.gz", "--fail-on", "regression")
    assert done.returncode == 4, done.stderr
    assert "Speed: 3 slower, 1 faster" in done.stderr, "a pipe has the table alone"
    head, *rows = done.stdout.splitlines()
    assert head.startswith("cell\tmetric\tverdict\told\tnew\tchange")
    assert any(B0.key in row and "slower" in row for row in rows)

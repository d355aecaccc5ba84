"""`effprof compare` through the command line: table, JSON, Markdown, exit statuses."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.cells import Cell
from effprof.core.errors import BadInput, NotComparable, StorageError
from effprof.regressions.reasons import OF_LINES
from effprof.store.store import open_store
from effprof.store.transfer import export_run
from tests.regressions.test_compare import B0, OLD, RESNET, new
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
    result = CliRunner().invoke(build_app(), ["compare", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_first_line_counts_and_the_table_names_what_moved(store):
    result = compare("20261121", "latest", "--store", store)
    first, *rest = result.stdout.splitlines()
    # Latency is measured beside the step, and both moved.
    assert first.startswith("REGRESSION (6) | IMPROVEMENT (2) | NOT COMPARABLE (0) |")
    assert result.exit_code == 0
    assert any(line.startswith("│ regression") and "efficientnet_b0" in line for line in rest)


@pytest.mark.parametrize(("word", "status"), [("regression", 4), ("improvement", 4), ("any", 4)])
def test_fail_on_ends_with_4_only_when_there_is_one(store, word, status):
    assert compare("20261121", "20261122", "--store", store, "--fail-on", word).exit_code == status


def test_fail_on_passes_where_nothing_is_found(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.add_runs([OLD, new()])
    result = compare("20261121", "20261122", "--store", location, "--fail-on", "any")
    assert result.exit_code == 0
    assert result.stdout.startswith("REGRESSION (0) | IMPROVEMENT (0)")


def test_json_tells_every_line_and_no_nan(store):
    result = compare("20261121", "20261122", "--store", store, "--json")
    document = json.loads(result.stdout, parse_constant=pytest.fail)
    assert all((row["reason"] is None) == (row["reason_id"] is None) for row in document["rows"])
    assert {row["reason_id"] for row in document["rows"]} <= {None, *OF_LINES}
    assert document["counts"]["regression"] == 6
    row = next(
        row for row in document["rows"] if (row["cell"], row["metric"]) == (B0.key, "step_seconds")
    )
    assert row["change"] == pytest.approx(0.5, abs=0.01)
    assert row["change_low"] < row["change"] < row["change_high"]
    assert row["ratio_p_adjusted"] < row["rank_p"] < 0.05
    assert document["old"] == OLD.invocation.id


def test_an_unknown_identity_is_said_in_one_line(tmp_path):
    location = str(tmp_path / "store.sqlite")
    earlier, later = replace_marks(OLD, earlier_cpu()), replace_marks(new(), identified())
    with open_store(location) as opened:
        opened.add_runs([earlier, later])
    said = f"identity unknown of run {OLD.invocation.id}; compared by measured peaks"
    result = compare("20261121", "20261122", "--store", location)
    assert (result.exit_code, result.stderr.splitlines().count(said)) == (0, 1)
    told = json.loads(compare("20261121", "20261122", "--store", location, "--json").stdout)
    assert told["remark"] == said


def replace_marks(run, marks):
    return replace(run, invocation=replace(run.invocation, fingerprint=marks))


def test_exported_files_need_no_store_and_markdown_is_written(tmp_path):
    old, later, page = tmp_path / "old.jsonl.gz", tmp_path / "new.jsonl.gz", tmp_path / "page.md"
    export_run(OLD, old)
    export_run(NEW, later)
    compare(old, later, "--markdown", page)
    assert page.read_text().startswith("REGRESSION (6) | IMPROVEMENT (2)")
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
    assert "REGRESSION (0)" in result.stdout


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
    assert done.stdout.startswith("REGRESSION (6)")

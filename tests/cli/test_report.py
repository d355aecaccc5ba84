"""`effprof report` through the command line: page, JSON, CSV, files, errors."""

import csv
import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.columns import COLUMNS
from effprof.core.errors import BadInput, StorageError
from effprof.store.store import open_store
from effprof.store.transfer import export_run
from tests.runs import sample_run

RUN = sample_run(batch_sizes=(1,))


@pytest.fixture
def store(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.add_runs([RUN])
    return location


def report(*arguments):
    result = CliRunner().invoke(build_app(), ["report", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_page_of_the_latest_run_is_rebuilt_and_its_path_printed(store, tmp_path):
    out = tmp_path / "page"
    result = report("--store", store, "--out", out)
    assert result.stdout.split() == [str(out / "report.md"), str(out / "report.html")]
    assert "</html>" in (out / "report.html").read_text()
    assert (out / "report.md").read_text().startswith("# Is it as fast as its FLOPs promise?")


def test_without_out_the_page_goes_to_a_folder_of_the_run(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report(RUN.invocation.id[:10], "--store", store)
    assert (tmp_path / "effprof-reports" / RUN.invocation.id / "report.md").is_file()


def test_json_is_one_object_with_run_fingerprint_and_rows(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = report("--store", store, "--json")
    document = json.loads(result.stdout, parse_constant=pytest.fail)
    assert set(document) == {"schema", "run", "fingerprint", "rows"}
    assert document["run"]["id"] == RUN.invocation.id
    assert document["fingerprint"]["gating"]["device"] == "Some CPU"
    assert [row["cell"] for row in document["rows"]] == [c.key for c in RUN.invocation.cells]
    assert set(COLUMNS) < set(document["rows"][0])
    assert not (tmp_path / "effprof-reports").exists()


def test_json_with_out_writes_the_page_too_and_keeps_stdout_parseable(store, tmp_path):
    result = report("--store", store, "--json", "--out", tmp_path / "page")
    json.loads(result.stdout)
    assert (tmp_path / "page" / "report.md").is_file()


def test_csv_holds_the_same_rows(store, tmp_path):
    file = tmp_path / "rows.csv"
    report("--store", store, "--csv", file, "--out", tmp_path / "page")
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row["cell"] for row in rows] == [cell.key for cell in RUN.invocation.cells]
    assert list(rows[0]) == ["cell", *COLUMNS]


def test_an_exported_file_is_enough(tmp_path):
    file = tmp_path / "run.jsonl.gz"
    export_run(RUN, file)
    report(file, "--out", tmp_path / "page")
    assert (tmp_path / "page" / "report.md").is_file()


def test_unknown_runs_and_unwritable_places_are_named(store, tmp_path):
    with pytest.raises(BadInput, match="no run '999'"):
        report("999", "--store", store)
    with pytest.raises((BadInput, StorageError), match=r"absent\.jsonl"):
        report(tmp_path / "absent.jsonl")
    with pytest.raises(StorageError, match="--csv"):
        report("--store", store, "--csv", tmp_path / "no" / "rows.csv", "--json")
    with pytest.raises(StorageError, match="--out"):
        report("--store", store, "--out", store)


def test_the_banner_of_an_incomplete_run_goes_on_in_the_same_store(tmp_path):
    location = str(tmp_path / "nights.sqlite")
    with open_store(location) as opened:
        opened.add_runs([replace(sample_run((1,), repeats=0), status="interrupted")])
    report("--store", location, "--out", tmp_path)
    resuming = f"`effprof run --resume {RUN.invocation.id} --store {location}`"
    assert resuming in (tmp_path / "report.md").read_text()

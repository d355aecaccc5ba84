"""`effprof report` through the command line: page, JSON, CSV, files, errors."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.columns import COLUMNS
from effprof.core.errors import BadInput, StorageError
from effprof.report.tables.formats import FORMATS
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


def test_tables_of_the_page_are_files_in_every_format_asked_for(store, tmp_path):
    result = report("--store", store, "--out", tmp_path, "--tables", ",".join(FORMATS))
    assert result.stdout.split()[2:] == [str(tmp_path / "tables")]
    names = {file.name for file in (tmp_path / "tables").iterdir()}
    endings = {each.ending for each in FORMATS.values()}
    assert names == {f"{Path(name).stem}.{ending}" for name in names for ending in endings}


def test_tables_go_beside_the_page_of_a_run_with_json_too(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = report("--store", store, "--json", "--tables", "csv")
    json.loads(result.stdout)
    page = tmp_path / "effprof-reports" / RUN.invocation.id
    assert (page / "report.md").is_file()
    assert list((page / "tables").glob("*.csv"))


def test_every_format_that_is_none_is_named_with_a_suggestion(store, tmp_path):
    with pytest.raises(BadInput) as raised:
        report("--store", store, "--out", tmp_path, "--tables", "cvs,latex,exel")
    first, second = str(raised.value).splitlines()
    assert first.startswith("--tables: 'cvs' is not one of markdown, ")
    assert first.endswith("; did you mean csv?")
    assert second.startswith("--tables: 'exel' is not one of ")
    assert list(tmp_path.glob("*.md")) == []


def test_help_names_every_format():
    text = " ".join(report("--help").stdout.replace("│", " ").split())
    assert all(name in text.partition("--tables")[2] for name in FORMATS)

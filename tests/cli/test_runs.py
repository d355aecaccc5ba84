"""`effprof runs`, as people call it."""

import json
import socket
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from effprof.cli.main import main
from effprof.store.store import open_store
from tests.cli.printed import as_text
from tests.runs import fingerprint, sample_run


@pytest.fixture
def effprof(monkeypatch, capsys):
    """Call the command line in this process; return its exit status, stdout and stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["effprof", *as_text(*arguments)])
        with pytest.raises(SystemExit) as exited:
            main()
        return exited.value.code or 0, *capsys.readouterr()

    return call


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "store.sqlite"
    old = sample_run(id="20261120-a", started_at="2026-11-20T08:00:00+00:00", suite="[red]x[/red]")
    new = sample_run(id="20261121-b", started_at="2026-11-21T08:00:00+00:00")
    with open_store(str(file)) as store:
        store.add_runs([old, new])
        store.begin(sample_run(id="20261122-c", started_at="2026-11-22T08:00:00+00:00").invocation)
    return file


def test_runs_are_shown_newest_first_with_how_far_they_got(effprof, path):
    status, out, _ = effprof("runs", "--store", path)
    rows = [line for line in out.splitlines() if "2026112" in line]
    assert status == 0
    assert [row.split()[0] for row in rows] == ["20261122-c", "20261121-b", "20261120-a"]
    assert ["running" in rows[0], "0 of 24" in rows[0]] == [True, True]
    assert ["complete" in rows[1], "24 of 24" in rows[1]] == [True, True]


def test_names_are_not_read_as_markup(effprof, path):
    assert "[red]x[/red]" in effprof("runs", "--store", path)[1]


def test_runs_as_json_are_one_document(effprof, path):
    status, out, err = effprof("runs", "--store", path, "--json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert document["schema"] == "1"
    assert [run["id"] for run in document["runs"]] == ["20261122-c", "20261121-b", "20261120-a"]
    assert document["runs"][1] == {
        "id": "20261121-b",
        "started_at": "2026-11-21T08:00:00+00:00",
        "finished_at": "2026-11-21T08:05:00+00:00",
        "status": "complete",
        "suite": "quick",
        "device": "Some CPU, 1 thread",
        "cells": 8,
        "repeats": 3,
        "outcomes": 24,
        "command": "effprof run quick --cpu",
        "tags": [],
    }


def test_the_store_is_found_through_the_environment(effprof, path, monkeypatch):
    monkeypatch.setenv("EFFPROF_STORE", str(path))
    assert "20261122-c" in effprof("runs")[1]


def test_an_empty_store_says_what_to_do(effprof, tmp_path):
    open_store(str(tmp_path / "empty.sqlite"))
    status, out, err = effprof("runs", "--store", tmp_path / "empty.sqlite", "--json")
    assert (status, json.loads(out)["runs"]) == (0, [])
    assert "make one with: effprof run" in err


def test_a_store_that_is_not_there_is_bad_input_and_is_not_made(effprof, tmp_path):
    status, out, err = effprof("runs", "--store", tmp_path / "typo.sqlite")
    assert (status, out) == (2, "")
    assert f"there is no store at {tmp_path / 'typo.sqlite'}" in err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store_is_a_matter_of_storage(effprof, tmp_path):
    (tmp_path / "diary").write_text("dear diary " * 100)
    status, out, err = effprof("runs", "--store", tmp_path / "diary")
    assert (status, out) == (74, "")
    assert "not an effprof store" in err
    assert "Traceback" not in err


def test_a_tag_finds_a_run_and_moves_to_another(effprof, path):
    status, _, err = effprof("runs", "20261120-a", "--tag", "before", "--store", path)
    assert (status, err) == (0, "run 20261120-a is before from now on\n")
    assert "20261120-a  before" in effprof("runs", "--store", path)[1]
    with open_store(str(path)) as store:
        assert store.resolve("before") == "20261120-a"
    effprof("runs", "latest", "--tag", "before", "--store", path)
    with open_store(str(path)) as store:
        assert store.resolve("before") == "20261121-b"


def test_the_latest_run_is_the_latest_complete_one_but_not_to_go_on_with(path):
    with open_store(str(path)) as store:
        assert store.resolve("latest") == store.resolve(None) == "20261121-b"
        assert store.resolve("latest", complete=False) == "20261122-c"
        for run_id in ("20261121-b", "20261120-a"):
            store.delete(run_id)
        assert store.resolve("latest") == "20261122-c", "better than none"


def test_a_run_whose_process_is_gone_has_died_until_it_goes_on(path, monkeypatch):
    def status():
        with open_store(str(path)) as store:
            return store.runs()[0].status

    assert status() == "running"
    monkeypatch.setattr(psutil, "Process", gone)
    assert status() == "died"
    monkeypatch.undo()
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    assert status() == "running", "nobody knows from here"
    with open_store(str(path)) as store:
        store.resume("20261122-c")
    monkeypatch.setattr(psutil, "Process", gone)
    assert status() == "died"


@pytest.mark.parametrize(
    ("hours", "host", "booted", "status"),
    [
        (48, "elsewhere", False, "died"),
        (1, "elsewhere", True, "running"),
        (1, "here", True, "died"),
        (1, "here", False, "running"),
    ],
)
def test_a_run_without_a_known_process_has_died_when_none_can_be_there(
    tmp_path, monkeypatch, hours, host, booted, status
):
    """Releases before 0.2 wrote down no process."""
    file, began = tmp_path / "store.sqlite", datetime.now(UTC) - timedelta(hours=hours)
    name = socket.gethostname() if host == "here" else host
    begun = sample_run(id="old", started_at=began.isoformat(), fingerprint=fingerprint(host=name))
    with open_store(str(file)) as store:
        store.begin(begun.invocation)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("DELETE FROM process")
    at = began + timedelta(minutes=30 if booted else -30)
    monkeypatch.setattr(psutil, "boot_time", at.timestamp)
    with open_store(str(file)) as store:
        assert store.runs()[0].status == status


def gone(pid):
    raise psutil.NoSuchProcess(pid)


def test_a_run_is_deleted_with_all_that_belongs_to_it(effprof, path):
    refused = effprof("runs", "20261120-a", "--delete", "--store", path)
    assert (refused[0], "delete with --yes" in refused[2]) == (2, True)
    effprof("runs", "20261120-a", "--tag", "old", "--store", path)
    status, out, err = effprof("runs", "20261120", "--delete", "--yes", "--store", path)
    assert (status, out) == (0, "")
    assert "run 20261120-a: [red]x[/red], 24 outcomes" in err
    with sqlite3.connect(path) as connection:
        for table in ("run", "cell", "night", "tag", "fingerprint"):
            column = "id" if table == "run" else "run_id"
            ids = connection.execute(f"SELECT {column} FROM {table}").fetchall()
            assert ("20261120-a",) not in ids, table
    assert effprof("runs", "20261120-a", "--delete", "--yes", "--store", path)[0] == 2
    assert len(json.loads(effprof("runs", "--store", path, "--json")[1])["runs"]) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("latest",), "--tag NAME or --delete"),
        (("--delete",), "which runs"),
        (("--tag", "x"), "one RUN"),
        (("latest", "--tag", "2026"), "a letter first"),
        (("latest", "--tag", "latest"), "a letter first"),
        (("latest", "--tag", "run.gz"), "a letter first"),
        (("latest", "--tag", "x", "--delete"), "exclude each other"),
        (("20261122-c", "--delete"), "may be measured now"),
    ],
)
def test_what_cannot_be_meant_is_refused(effprof, path, arguments, told):
    status, out, err = effprof("runs", *arguments, "--store", path)
    assert (status, out) == (2, "")
    assert told in err


@pytest.mark.parametrize("width", [80, 100, 150])
def test_ids_are_never_cut_however_narrow_the_terminal(effprof, path, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    out = effprof("runs", "--store", path)[1]
    assert max(map(len, out.splitlines())) <= width
    for run_id in ("20261120-a", "20261121-b", "20261122-c"):
        assert run_id in out.split()

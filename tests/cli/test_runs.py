"""`effprof runs`, as people call it."""

import json
import sys

import pytest

from effprof.cli.main import main
from effprof.store.store import open_store
from tests.runs import sample_run


@pytest.fixture
def effprof(monkeypatch, capsys):
    """Call the command line in this process; return its exit status, stdout and stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["effprof", *map(str, arguments)])
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
    assert [row.split()[1] for row in rows] == ["20261122-c", "20261121-b", "20261120-a"]
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

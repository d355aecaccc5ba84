"""`effprof export` and `effprof import`, as people call them."""

import re
import subprocess
import sys

import pytest

from effprof.cli.main import main
from effprof.cost.count import counter
from effprof.store.store import open_store
from effprof.store.transfer import export_run, read_run
from tests.runs import sample_run

OLD = sample_run(id="20261120-a", started_at="2026-11-20T08:00:00+00:00")
NEW = sample_run(id="20261121-b", started_at="2026-11-21T08:00:00+00:00")


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
def store(tmp_path):
    path = tmp_path / "store.sqlite"
    with open_store(str(path)) as opened:
        opened.add_runs([OLD, NEW])
    return path


def ids(path):
    with open_store(str(path), create=False) as opened:
        return [run.id for run in opened.runs()]


@pytest.mark.parametrize(("named", "run"), [("latest", NEW), ("20261120", OLD)])
def test_a_run_is_exported_by_name(effprof, store, tmp_path, named, run):
    file = tmp_path / "run.jsonl.gz"
    status, out, err = effprof("export", named, file, "--store", store)
    assert (status, out) == (0, "")
    assert err == f"run {run.invocation.id}: 24 outcomes written to {file}\n"
    assert read_run(file) == run


def test_an_exported_file_is_a_run_too(effprof, tmp_path):
    export_run(OLD, tmp_path / "old.gz")
    status, _, err = effprof("export", tmp_path / "old.gz", tmp_path / "new.gz")
    assert (status, read_run(tmp_path / "new.gz")) == (0, OLD), err


@pytest.mark.slow
def test_a_run_is_exported_with_the_counts_of_today(effprof, store, tmp_path):
    file = tmp_path / "run.jsonl.gz"
    assert effprof("export", OLD.invocation.id, file, "--store", store, "--recount")[0] == 0
    run = read_run(file)
    assert run.repeats == OLD.repeats
    assert {cost.key for cost in run.costs} == {cost.key for cost in OLD.costs}
    assert {cost.counter for cost in run.costs} == {counter()}


def test_an_unknown_run_writes_no_file(effprof, store, tmp_path):
    status, _, err = effprof("export", "20261120-x", tmp_path / "run.gz", "--store", store)
    assert status == 2
    assert "did you mean 20261120-a" in err
    assert not (tmp_path / "run.gz").exists()


def test_another_file_is_overwritten_only_with_force(effprof, store, tmp_path):
    file = tmp_path / "diary"
    file.write_text("dear diary")
    status, _, err = effprof("export", "latest", file, "--store", store)
    assert (status, file.read_text()) == (2, "dear diary")
    assert "--force" in err
    assert effprof("export", "latest", file, "--store", store, "--force")[0] == 0
    assert read_run(file) == NEW


def test_a_folder_that_is_not_there_is_a_matter_of_storage(effprof, store, tmp_path):
    status, _, err = effprof("export", "latest", tmp_path / "no" / "run.gz", "--store", store)
    assert status == 74
    assert f"cannot write {tmp_path / 'no' / 'run.gz'}" in err


def test_runs_are_imported_once(effprof, tmp_path):
    files = [tmp_path / "old.gz", tmp_path / "new.gz"]
    for run, file in zip((OLD, NEW), files, strict=True):
        export_run(run, file)
    elsewhere = tmp_path / "elsewhere.sqlite"
    first = effprof("import", files[0], "--store", elsewhere)
    both = effprof("import", *files, "--store", elsewhere)
    assert first == (0, "", "run 20261120-a: 24 outcomes imported\n")
    assert both[2].splitlines() == [
        "run 20261120-a: already there",
        "run 20261121-b: 24 outcomes imported",
    ]
    assert ids(elsewhere) == ["20261121-b", "20261120-a"]


def test_every_malformed_file_is_named_and_nothing_is_imported(effprof, tmp_path):
    export_run(OLD, tmp_path / "good.gz")
    for name in ("bad.gz", "worse.gz"):
        (tmp_path / name).write_text("dear diary")
    elsewhere = tmp_path / "elsewhere.sqlite"
    files = [tmp_path / name for name in ("good.gz", "bad.gz", "worse.gz")]
    status, _, err = effprof("import", *files, "--store", elsewhere)
    assert status == 2
    assert f"{tmp_path / 'bad.gz'} is not" in err
    assert f"{tmp_path / 'worse.gz'} is not" in err
    assert not elsewhere.exists()


def test_the_import_command_is_offered_under_its_own_name():
    program = "from effprof.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "import", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    # Releases of Typer write what is asked for in different brackets.
    assert re.search(r"Usage: \S+ import \[OPTIONS\] \W*FILE", done.stdout), done.stdout
    assert "--store" in done.stdout

"""`effprof writeup` through the installed command and the application."""

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.errors import BadInput, StorageError
from effprof.store.transfer import export_run
from tests.runs import sample_run


def writeup(*arguments):
    result = CliRunner().invoke(build_app(), ["writeup", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def reports(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "reports" / "some-cpu-2026-11"
    folder.mkdir(parents=True)
    export_run(sample_run((1,), profiled=False), folder / "quick.jsonl.gz")
    return tmp_path / "reports"


def test_without_arguments_the_published_runs_become_the_write_up_and_their_pages(reports):
    result = writeup()
    assert result.stdout.strip() == "reports/README.md"
    text = (reports / "README.md").read_text()
    assert text.startswith("# Is EfficientNet actually efficient?")
    assert "(some-cpu-2026-11/quick/report.md)" in text
    assert "(some-cpu-2026-11/quick/promise-infer-fp32.png)" in text
    assert (reports / "some-cpu-2026-11" / "quick" / "report.md").is_file()
    writeup("--no-pages")
    assert (reports / "README.md").read_text() == text


def test_given_runs_are_written_up_elsewhere(reports):
    file = reports / "some-cpu-2026-11" / "quick.jsonl.gz"
    result = writeup(file, "--no-pages")
    assert result.stdout.strip() == "effprof-reports/writeup.md"
    assert not (reports / "README.md").exists()
    text = (reports.parent / "effprof-reports" / "writeup.md").read_text()
    assert "`../reports/some-cpu-2026-11/quick.jsonl.gz`" in text
    assert "report.md" not in text


def test_without_any_run_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="name runs or files"):
        writeup()
    assert list(tmp_path.iterdir()) == []


def test_runs_that_cannot_be_read_leave_everything_as_it_was(reports):
    good = reports / "some-cpu-2026-11" / "quick.jsonl.gz"
    with pytest.raises(StorageError) as caught:
        writeup(good, "missing.jsonl.gz", "gone.jsonl.gz")
    assert "missing.jsonl.gz" in str(caught.value)
    assert "gone.jsonl.gz" in str(caught.value)
    assert [each.name for each in good.parent.iterdir()] == ["quick.jsonl.gz"]
    assert [each.name for each in reports.iterdir()] == ["some-cpu-2026-11"]
    assert not (reports.parent / "effprof-reports").exists()


def test_the_installed_command_writes_it(effprof, tmp_path):
    export_run(sample_run((1,)), tmp_path / "run.jsonl.gz")
    done = effprof("writeup", "run.jsonl.gz", "--no-pages", "--out", "answer.md")
    assert (done.returncode, done.stdout.strip()) == (0, "answer.md")
    assert "4.71x" in (tmp_path / "answer.md").read_text()

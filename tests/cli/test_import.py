"""`effprof import --format pytest-benchmark`, as people call it."""

import json

import pytest

from tests.store.test_pytest_benchmark import DOCUMENT


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "bench.json"
    path.write_text(json.dumps(DOCUMENT))
    return path


def test_benchmarks_are_imported_once_listed_and_reported(effprof, file, tmp_path):
    first, second = (effprof("import", "--format", "pytest-benchmark", file.name) for _ in "12")
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stderr.endswith(": 2 outcomes imported\n")
    assert second.stderr.endswith(": already there\n")
    assert "pytest suites/ops" in effprof("runs").stdout
    reported = effprof("report", "--out", "page")
    assert reported.returncode == 0, reported.stderr
    assert "nothing can be compared" in (tmp_path / "page" / "report.md").read_text()


def test_the_formats_are_not_mixed_up(effprof, file):
    as_export = effprof("import", file.name)
    assert as_export.returncode == 2
    assert "bench.json is not an exported run" in as_export.stderr
    unknown = effprof("import", "--format", "pytest-benchmarks", file.name)
    assert unknown.returncode == 2
    assert "did you mean pytest-benchmark?" in unknown.stderr

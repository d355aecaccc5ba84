"""`effprof import --format pytest-benchmark`, as people call it."""

import json
from pathlib import Path

import pytest

from tests.store.test_pytest_benchmark import DOCUMENT

#: Rows of timm's file of accuracies.
ACCURACIES = Path(__file__).parents[1] / "store" / "accuracy" / "results-imagenet.csv"


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
    assert "did you mean pytest-benchmark" in unknown.stderr


def test_a_file_of_timm_is_imported_with_what_its_name_does_not_tell(effprof, tmp_path):
    (tmp_path / "mine.csv").write_text(
        "model,train_samples_per_sec,train_step_time,train_batch_size,train_img_size,param_count\n"
        "resnet50,100.0,640.0,64,224,25.56\n"
    )
    command = ("import", "--format", "timm-benchmark", "mine.csv")
    refused = effprof(*command)
    assert refused.returncode == 2
    assert "mine.csv: --device is needed" in refused.stderr
    told = ("--device", "My GPU", "--device-kind", "cuda", "--precision", "amp-fp16")
    told += ("--memory-format", "nhwc", "--execution", "eager", "--torch", "2.6.0")
    done = effprof(*command, *told)
    assert (done.returncode, done.stderr.endswith(": 1 outcomes imported\n")) == (0, True)
    listed = json.loads(effprof("report", "timm", "--json").stdout)
    assert listed["rows"][0]["images_per_second"] == pytest.approx(100)
    assert listed["rows"][0]["images_per_second_low"] is None
    assert listed["fingerprint"]["missing"]["date"].startswith("the file does not tell")


def test_options_of_one_format_are_refused_for_another(effprof, file):
    refused = effprof("import", "--format", "pytest-benchmark", "--threads", "2", file.name)
    assert refused.returncode == 2
    assert "--threads: files of --format pytest-benchmark do not need that told" in refused.stderr


def test_accuracies_are_imported_once_and_a_bad_file_leaves_nothing(effprof, tmp_path):
    content = ACCURACIES.read_text()
    (tmp_path / ACCURACIES.name).write_text(content)
    (tmp_path / "results-sketch.csv").write_text(content.replace("80.846,19.154", "80.846,9.154"))
    command = ("import", "--format", "timm-accuracy", ACCURACIES.name)
    refused = effprof(*command, "results-sketch.csv")
    assert refused.returncode == 2
    assert "line 8: resnet50.tv2_in1k: top1 80.846 and top1_err 9.154 are 90, not 100" in (
        refused.stderr
    )
    first, second = effprof(*command), effprof(*command)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "ImageNet-1k validation, git object" in first.stderr
    assert first.stderr.endswith(": 21 evaluations of weights imported\n")
    assert second.stderr.endswith(": already there\n")


def test_options_for_runs_are_refused_for_accuracies(effprof, tmp_path):
    (tmp_path / ACCURACIES.name).write_text(ACCURACIES.read_text())
    command = ("import", "--format", "timm-accuracy", ACCURACIES.name)
    merged, told = effprof(*command, "--merge"), effprof(*command, "--device", "x")
    assert (merged.returncode, told.returncode) == (2, 2)
    assert "--merge is for shards of a run" in merged.stderr
    assert "--device: files of --format timm-accuracy do not need that told" in told.stderr

"""`effprof run` on real small models: outcomes, messages, exit statuses."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import jobs

JOBS = Path(jobs.__file__)

#: Seconds until a subprocess must have shown what is waited for.
PATIENCE = 120.0

SUITE = """
description = "a suite of seconds"
reference = "{jobs}:tiny"
repeats = {repeats}
[measure]
target_width = 0.4
min_seconds = 0.05
warmup_seconds = 0.01
time_cap_seconds = 2.0
timeout_seconds = {timeout}
allow_busy = true
[axes]
model = {models}
resolution = 32
batch_size = {batches}
"""


def write_suite(
    folder, models=("tiny",), batches=(1, 2), repeats=1, name="small.toml", timeout=PATIENCE
):
    text = SUITE.format(
        jobs=JOBS,
        models=json.dumps([m if "/" in m else f"{JOBS}:{m}" for m in models]),
        batches=list(batches),
        repeats=repeats,
        timeout=timeout,
    )
    (folder / name).write_text(text)
    return name


def outcomes(store):
    """Kinds of the stored outcomes, by the words of the store's own rows."""
    with sqlite3.connect(store) as connection:
        return [row[0] for row in connection.execute("SELECT status FROM outcome ORDER BY id")]


def test_a_run_of_real_models_ends_with_a_report(effprof, tmp_path):
    suite = write_suite(tmp_path, ("tiny", "timm/mobilenetv3_small_050"), repeats=2)
    done = effprof("run", suite, "--cpu")
    assert done.returncode == 0, done.stderr
    first, second, *_ = done.stderr.splitlines()
    assert first == "loading torch…"
    assert second.startswith("device: ")
    assert "(asked for with --cpu)" in second
    assert "[8/8]" in done.stderr
    assert "time outside measuring: median" in done.stderr
    page = tmp_path / re.search(r"report: (.*)", done.stderr)[1]
    text = page.read_text()
    assert "mobilenetv3" in text
    assert "4 planned cells = 4 shown above + 0 listed" in text
    assert list(page.parent.glob("*.png"))
    assert "FLOPs promised" in done.stdout
    assert f"\nPage     {page.parent.relative_to(tmp_path)}/report.html\n" in done.stdout
    assert "effprof run small.toml --cpu" in text


def test_every_way_to_fail_is_an_outcome_and_the_status_is_3(here, tmp_path):
    models = ("tiny", "not_a_number", "raising", "killed", "endless", "out_of_memory")
    done = here("run", write_suite(tmp_path, models, (4,), timeout=6.0), "--cpu")
    assert done.returncode == 3, done.stderr
    for told in (
        "nan: the output holds NaN or infinity",
        "crashed: ValueError: this model is broken",
        "crashed: SIGKILL; out of host memory?",
        "timeout: no result after 6 s",
        "oom: out of host memory",
    ):
        assert told in done.stderr
    assert "6 planned cells = 1 shown above + 5 listed" in page_of(done, tmp_path).read_text()


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("killed_when_profiled", "crashed: SIGKILL"),
        ("endless_when_profiled", "timeout: no result after 8 s"),
    ],
)
def test_a_profile_that_takes_the_worker_down_costs_only_itself(here, tmp_path, model, told):
    suite = write_suite(tmp_path, (model,), (1,), repeats=2, timeout=8.0)
    flags = ("--profile", "--profile-repeats", "1", "--no-report", "--store", "s.sqlite")
    done = here("run", suite, "--cpu", *flags)
    assert done.returncode == 0, done.stderr
    assert outcomes(tmp_path / "s.sqlite") == ["measured", "measured"]
    with sqlite3.connect(tmp_path / "s.sqlite") as connection:
        documents = [json.loads(row[0]) for row in connection.execute(
            "SELECT document FROM outcome ORDER BY repeat"
        )]  # fmt: skip
    assert told in documents[0]["missing"]["profile"]
    assert "profile" not in documents[1]["missing"]


def test_a_run_without_pages_says_how_to_make_them(here, tmp_path):
    done = here("run", write_suite(tmp_path), "--cpu", "--no-report")
    assert done.returncode == 0, done.stderr
    assert "reference" in done.stdout
    assert re.search(r"^Page  effprof report \S+$", done.stdout, re.MULTILINE)
    assert not list(tmp_path.glob("effprof-reports"))
    refused = here("run", "small.toml", "--cpu", "--no-report", "--out", "pages")
    assert refused.returncode == 2
    assert "--no-report writes no pages, so --out has no use" in refused.stderr


def test_an_oom_is_an_answer_and_larger_batches_are_skipped(here, tmp_path):
    done = here("run", write_suite(tmp_path, ("out_of_memory",), (2, 4, 8)), "--cpu", "--no-report")
    assert done.returncode == 0, done.stderr
    assert "skipped: larger than an OOM: batch 4 ran out of memory" in done.stderr


def test_a_model_that_cannot_be_counted_is_measured_without_a_promise(here, tmp_path):
    models = ("tiny", "uncountable", "fatal_to_count")
    done = here("run", write_suite(tmp_path, models, (1,)), "--cpu")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("no static cost, so no promise") == 2
    assert "3 planned cells = 3 shown above" in page_of(done, tmp_path).read_text()


def test_json_is_one_document_on_stdout(here, tmp_path):
    done = here("run", write_suite(tmp_path), "--cpu", "--no-report", "--json")
    document = json.loads(done.stdout, parse_constant=pytest.fail)
    assert {"schema", "run", "fingerprint", "rows"} <= document.keys()
    assert [row["batch_size"] for row in document["rows"]] == [1, 2]
    assert all(row["images_per_second"] > 0 for row in document["rows"])


def test_a_dry_run_prints_the_plan_and_runs_nothing(here, tmp_path):
    done = here("run", "quick", "--cpu", "--dry-run", "--models", "resnet18,resnet50")
    assert done.returncode == 0, done.stderr
    assert "timm/resnet50@224 infer b8 fp32 nchw eager" in done.stdout
    assert "6 cells, 24 measurements" in done.stderr
    assert not (tmp_path / "store.sqlite").exists()
    assert not (tmp_path / "effprof-reports").exists()
    plan = json.loads(here("run", "quick", "--cpu", "--dry-run", "--json").stdout)
    assert len(plan["plans"][0]["cells"]) == 16


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["quik"], ["unknown suite 'quik'", "did you mean quick"]),
        (["--batch-sizes", "8,,16"], ["--batch-sizes", "value 2 of '8,,16' is empty"]),
        (["--batch-sizes", "0,x,-1"], ["'0'", "'x'", "'-1'"]),
        (["--precision", "fp23"], ["'fp23'", "did you mean fp32"]),
        (["--mode", "infer", "--execution", "eagre"], ["did you mean eager"]),
        (["--loader", "synthetic,jpeg"], ["--loader: unknown loader 'jpeg'", "such as jpeg-2w"]),
        (["--gpu", "0", "--cpu"], ["exclude each other"]),
        (["--shard", "5/4"], ["--shard '5/4'"]),
        (["--resume", "20990101"], ["holds no runs"]),
        (["nowhere/suite.toml"], ["nowhere/suite.toml"]),
    ],
)
def test_bad_input_is_refused_with_what_why_and_what_to_do(here, arguments, told):
    done = here("run", *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stderr.removeprefix("loading torch…\n").startswith("error: ")
    assert "Traceback" not in done.stderr
    assert all(words in done.stderr for words in told), done.stderr


def test_a_broken_suite_file_names_its_line_or_key(here, tmp_path):
    (tmp_path / "broken.toml").write_text('repeats = 3\n[axes]\nmodel = ["a"\nx = 1\n')
    (tmp_path / "typo.toml").write_text('[axes]\nmodels = ["resnet18"]\nbatch_size = [1, "b"]\n')
    broken, typo = here("run", "broken.toml"), here("run", "typo.toml")
    assert (broken.returncode, typo.returncode) == (2, 2)
    assert re.search(r"broken\.toml:\d+:\d+", broken.stderr)
    assert "axes.models" in typo.stderr
    assert "did you mean model" in typo.stderr
    assert "axes.batch_size[1]" in typo.stderr


def test_unknown_models_are_all_named_with_suggestions(here):
    done = here("run", "quick", "--cpu", "--models", "resnet5O,efficientnet_bo")
    assert done.returncode == 2
    assert "resnet5O" in done.stderr
    assert "efficientnet_b0" in done.stderr


@pytest.mark.parametrize("visible", [{}, {"CUDA_VISIBLE_DEVICES": ""}])
def test_a_gpu_that_is_not_there_is_an_error_and_never_a_cpu_run(effprof, here, visible):
    import torch

    if torch.cuda.is_available() and not visible:
        pytest.skip("this machine has a GPU")
    run = effprof if visible else here
    done = run("run", "quick", "--gpu", "0", **visible)
    assert done.returncode == 75, done.stderr
    assert "--gpu 0: " in done.stderr
    assert "--cpu" in done.stderr
    if visible:
        assert "CUDA_VISIBLE_DEVICES is empty" in done.stderr


def test_an_output_folder_that_cannot_be_written_is_found_first(here, tmp_path):
    (tmp_path / "file").touch()
    done = here("run", write_suite(tmp_path), "--cpu", "--out", "file/reports")
    assert done.returncode == 74
    assert "file/reports" in done.stderr
    assert "device:" not in done.stderr


def test_a_store_that_cannot_be_opened_is_named(here, tmp_path):
    (tmp_path / "folder").mkdir()
    done = here("run", write_suite(tmp_path), "--cpu", "--store", "folder")
    assert done.returncode == 74
    assert "folder" in done.stderr


def start(tmp_path, suite):
    """Start a run and return it once its first outcome is stored."""
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "effprof"), "run", suite, "--cpu"],
        cwd=tmp_path,
        env=os.environ | {"EFFPROF_STORE": str(tmp_path / "store.sqlite")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs tests in the background has them, and what they start, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    told = []
    deadline = time.monotonic() + PATIENCE
    for line in process.stderr:
        told.append(line)
        if line.startswith("[2/"):
            return process, told
        assert time.monotonic() < deadline, told
    pytest.fail("".join(told))


def page_of(done, tmp_path):
    return tmp_path / re.search(r"report: (.*)", done.stderr)[1]


def finish(here, tmp_path, run_id, repeats):
    """Resume a run; return how many outcomes it had still to find."""
    before = len(outcomes(tmp_path / "store.sqlite"))
    done = here("run", "--resume", run_id)
    assert done.returncode == 0, done.stderr
    assert len(outcomes(tmp_path / "store.sqlite")) == repeats
    assert f"[{repeats - before}/{repeats - before}]" in done.stderr
    assert "INCOMPLETE" not in page_of(done, tmp_path).read_text()
    return repeats - before


def run_id_in(told):
    return re.search(r"run (\S+): ", "".join(told))[1]


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_keeps_what_is_finished_and_can_be_resumed(here, tmp_path, sent, status):
    process, told = start(tmp_path, write_suite(tmp_path, repeats=8))
    process.send_signal(sent)
    _, rest = process.communicate(timeout=PATIENCE)
    assert process.returncode == status
    assert "go on with: effprof run --resume" in rest
    page = tmp_path / re.search(r"report: (.*)", rest)[1]
    assert "INCOMPLETE" in page.read_text()
    assert 0 < finish(here, tmp_path, run_id_in(told), repeats=16) < 16


def test_a_killed_run_loses_no_finished_cell_and_can_be_resumed(here, tmp_path):
    process, told = start(tmp_path, write_suite(tmp_path, repeats=8))
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert len(outcomes(tmp_path / "store.sqlite")) >= 2
    assert 0 < finish(here, tmp_path, run_id_in(told), repeats=16) < 16


def test_a_round_is_one_repeat_of_each_cell_and_the_next_goes_on(here, tmp_path):
    store = tmp_path / "store.sqlite"
    done = here("run", write_suite(tmp_path, repeats=3), "--cpu", "--rounds", "1", "--no-report")
    assert done.returncode == 0, done.stderr
    run_id = run_id_in(done.stderr)
    left = f"4 measurements are left; go on with: effprof run --resume {run_id}"
    assert left in done.stderr
    assert len(outcomes(store)) == 2
    # What is left is gone on with like what was interrupted; rounds may be joined.
    again = here("run", "--resume", run_id, "--rounds", "1", "--no-report")
    assert again.returncode == 0, again.stderr
    assert len(outcomes(store)) == 4
    assert finish(here, tmp_path, run_id, repeats=6) == 2


def test_resuming_with_another_suite_is_refused_naming_the_difference(here, tmp_path):
    suite = write_suite(tmp_path)
    done = here("run", suite, "--cpu", "--no-report")
    run_id = re.search(r"run (\S+): ", done.stderr)[1]
    other = write_suite(tmp_path, batches=(1, 16), name="other.toml")
    refused = here("run", other, "--resume", run_id)
    assert refused.returncode == 5
    assert "cells: " in refused.stderr
    assert "b16" in refused.stderr


def test_a_shard_is_a_part_and_the_parts_are_the_whole(here, tmp_path):
    def cells(*flags):
        done = here("run", "quick", "--cpu", "--dry-run", "--json", *flags)
        return json.loads(done.stdout)["plans"][0]["cells"]

    parts = [cells("--shard", f"{i}/3") for i in (1, 2, 3)]
    assert {cell for part in parts for cell in part} == set(cells())
    others = [cell for part in parts for cell in part if "resnet50" not in cell]
    assert len(others) == len(set(others)) == 13
    assert all(any("resnet50" in cell for cell in part) for part in parts)


def test_a_temporary_folder_that_is_too_deep_for_sockets_is_named(effprof, tmp_path):
    suite = write_suite(tmp_path)
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    done = effprof("run", str(suite), "--cpu", TMPDIR=str(deep))
    assert done.returncode == 2, done.stderr
    assert f"workers cannot be started in the temporary folder {deep}: " in done.stderr
    assert "name another one with TMPDIR" in done.stderr
    assert "bug in effprof" not in done.stderr

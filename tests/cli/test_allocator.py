"""`effprof run --allocator`: a real model under both policies, and its page."""

import json
import re

import pytest

from effprof.store.transfer import read_run
from tests.cli.test_run import page_of, write_suite

SUITE = """
reference = "resnet18"
repeats = 2
[measure]
target_width = 0.4
min_seconds = 0.1
warmup_seconds = 0.1
allow_busy = true
[axes]
model = ["mobilenetv3_large_100"]
resolution = 224
batch_size = 8
allocator = ["kept", "default"]
"""


@pytest.mark.slow
def test_page_faults_tell_the_policies_apart_and_the_gain_is_told(here, tmp_path):
    (tmp_path / "both.toml").write_text(SUITE)
    done = here("run", "both.toml", "--cpu")
    assert done.returncode == 0, done.stderr
    assert here("export", "latest", "run.jsonl.gz").returncode == 0
    run = read_run(tmp_path / "run.jsonl.gz")
    faults = {"kept": [], "default": []}
    for repeat in run.repeats:
        assert repeat.outcome.invalid_reasons == (), repeat.cell.key
        assert repeat.outcome.conditions.allocator in ("glibc, heap kept", "glibc, default")
        faults[repeat.cell.allocator].append(repeat.outcome.conditions.minor_faults_per_step)
    # Measured: 1 to 420 and 17,000.
    assert min(faults["default"]) > 1000
    assert min(faults["default"]) > 10 * max(faults["kept"])
    page = page_of(done, tmp_path)
    told = re.search(r"Inference, fp32 nchw eager: (.* mobilenetv3_large_100 is .*)", done.stdout)
    assert "MALLOC_MMAP_MAX_=0 and MALLOC_TRIM_THRESHOLD_=70368744177664" in told[1]
    text, html = page.read_text(), page.with_suffix(".html").read_text()
    assert "allocator kept, default" in text
    assert "fp32 nchw eager, default allocator:" in text
    assert "`MALLOC_TRIM_THRESHOLD_=70368744177664`" in text
    assert "<code>MALLOC_TRIM_THRESHOLD_=70368744177664</code>" in html
    assert "is fastest as" not in text
    assert "Default and best configuration" not in text


def test_a_policy_that_the_user_chose_is_kept_and_no_default_is_made_up(effprof, tmp_path):
    suite = write_suite(tmp_path, batches=(2,))
    asked = ("--cpu", "--allocator", "kept,default", "--no-report", "--json")
    done = effprof("run", suite, *asked, MALLOC_TRIM_THRESHOLD_="262144")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    kept, default = found["rows"]
    assert found["fingerprint"]["gating"]["allocator"] == "glibc, MALLOC_TRIM_THRESHOLD_=262144"
    assert kept["status"] == "measured"
    assert default["cell"] == f"{kept['cell']} default-malloc"
    assert default["status"] == "unsupported"
    assert "MALLOC_TRIM_THRESHOLD_=262144; unset it" in default["reason"]

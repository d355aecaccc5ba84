"""The installed `effprof run --loader`: a real model fed from files, and its page."""

import json
import tempfile
from pathlib import Path

import pytest

from tests.cli.test_run import page_of, write_suite


@pytest.fixture
def temporary():
    """A folder whose path is short, as those of sockets must be."""
    with tempfile.TemporaryDirectory(prefix="fed-") as folder:
        yield Path(folder)


def test_a_model_is_measured_fed_from_files_beside_images_that_are_there(
    effprof, tmp_path, temporary
):
    suite = write_suite(tmp_path, batches=(4,))
    asked = ("--cpu", "--loader", "synthetic,jpeg-1w", "--profile", "--json")
    done = effprof("run", suite, *asked, TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr
    plain, fed = json.loads(done.stdout)["rows"]
    assert (plain["loader"], fed["loader"]) == ("synthetic", "jpeg-1w")
    assert fed["cell"] == f"{plain['cell']} jpeg-1w"
    # Four files take milliseconds each; the model itself takes well under one.
    assert fed["step_seconds"] > 3 * plain["step_seconds"]
    assert plain["op_seconds"] > 0
    assert plain["peak_rss_bytes"] > 0
    for lacking in ("latency_p50_seconds", "peak_rss_bytes", "op_seconds"):
        assert fed[lacking] is None, lacking
    text = page_of(done, tmp_path).read_text()
    assert "loader synthetic, jpeg-1w" in text
    assert "fp32 nchw eager, fed by jpeg-1w:" in text
    assert "no profile: a step that waits for a loader is not profiled" in text
    assert "Fed by 1 process on " in text
    assert not any("effprof" in each.name for each in temporary.rglob("*"))

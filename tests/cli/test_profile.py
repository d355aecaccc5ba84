"""`effprof profile` on real small models: tables, JSON, comparisons, traces."""

import gzip
import json
from pathlib import Path

import pytest

from tests import jobs

TINY = f"{Path(jobs.__file__)}:tiny"
SMALL = ("timm/mobilenetv3_small_050", "--resolution", "64", "--cpu", "--allow-busy")


def test_the_installed_command_shows_every_table(effprof):
    done = effprof("profile", *SMALL, "--text")
    assert done.returncode == 0, done.stderr
    loading, device, *_ = done.stderr.splitlines()
    assert loading == "loading torch…"
    assert device.startswith("device: ")
    assert "(asked for with --cpu)" in device
    first = done.stdout.splitlines()[0]
    assert first.startswith("timm/mobilenetv3_small_050@64 infer b1 fp32 nchw eager: ")
    assert "invisible to FLOPs; SE " in first
    for told in (
        "by role",
        "by module",
        "depthwise conv",
        "SE FC *",
        "blocks",
        "hardswish_",
        "method: dispatch clock",
        "coverage: operators sum to",
        "unattributed: ",
    ):
        assert told in done.stdout  # fmt: skip


def test_json_is_one_document_of_all_profiles(here):
    done = here("profile", *SMALL, "--batch-size", "1,2", "--mode", "train", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout, parse_constant=pytest.fail)
    assert document["fingerprint"]["gating"]["device kind"] == "cpu"
    one, two = document["profiles"]
    assert (one["batch_size"], two["batch_size"]) == (1, 2)
    assert two["status"] == "measured"
    assert two["profile_status"] == "profiled"
    assert {op["phase"] for op in two["ops"]} == {"forward", "backward", "optimizer"}
    assert sum(row["seconds"] for row in two["by_role"]) == pytest.approx(two["op_seconds"])


def test_two_models_are_compared_role_by_role(here):
    done = here("profile", *SMALL, "--compare", "timm/resnet18", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    (comparison,) = document["comparisons"]
    assert comparison["one"].startswith("timm/mobilenetv3_small_050@64")
    assert comparison["other"].startswith("timm/resnet18@64")
    roles = {row["role"]: row for row in comparison["by_role"]}
    assert roles["SE FC"]["other"] is None
    assert roles["dense conv"]["difference_seconds"] > 0
    for line, side in zip(document["profiles"], ("one", "other"), strict=True):
        parts = [row[side]["seconds"] for row in comparison["by_role"] if row[side]]
        assert sum(parts) == pytest.approx(line["op_seconds"])


def test_the_comparison_is_one_table_and_a_sentence(effprof):
    done = effprof("profile", TINY, "--compare", "timm/mobilenetv3_small_050", *SMALL[1:], "--text")
    assert done.returncode == 0, done.stderr
    assert "B - A ms" in done.stdout
    assert "makes the largest difference: +" in done.stdout
    assert "by module" not in done.stdout


@pytest.mark.parametrize("suffix", [".json.gz", ".json"])
def test_a_trace_opens_as_a_chrome_trace(here, tmp_path, suffix):
    name = f"tiny{suffix}"
    done = here("profile", TINY, *SMALL[1:], "--by", "role", "--trace", name)
    assert done.returncode == 0, done.stderr
    assert f"trace: {name}" in done.stderr
    opened = gzip.open if suffix.endswith(".gz") else open
    with opened(tmp_path / name, "rt", encoding="utf-8") as file:
        document = json.load(file)
    names = {event.get("name", "") for event in document["traceEvents"]}
    assert any("conv" in name for name in names)

"""What a run records of the machine and the process, and where its commit comes from."""

import os
import subprocess
from types import SimpleNamespace

import pytest

from effprof.core.machines import IDENTITY
from effprof.device.fingerprint import COMMIT_VARIABLE, take_fingerprint
from effprof.device.nvml import Nvml
from effprof.device.target import Target
from tests.device.fake_nvml import FakeNvml

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def commit(tmp_path, monkeypatch):
    """Take the commit in an empty folder where the environment names one: (commit, reason)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    def taken(named):
        monkeypatch.setenv(COMMIT_VARIABLE, named)
        found = take_fingerprint(Target("cpu", "this CPU", "asked for"), Nvml(FakeNvml()))
        return found.recorded.get("git"), found.missing.get("git")

    return taken


@pytest.mark.parametrize(
    ("named", "told"),
    [(SHA, SHA[:12]), (f"{SHA} dirty", f"{SHA[:12]} dirty"), ("0123abc", "0123abc")],
)
def test_the_environment_names_the_commit_of_a_tree_without_git(commit, named, told):
    assert commit(named) == (told, None)


@pytest.mark.parametrize(
    "named", ["main", "0123", SHA * 2, f"{SHA}  dirty", f"{SHA} clean", f"{SHA}\n", "0123ABC"]
)
def test_what_is_no_commit_is_missing_with_the_reason(commit, named):
    told, reason = commit(named)
    assert told is None
    assert "EFFPROF_COMMIT is not a commit" in reason


def test_without_either_the_reason_is_the_folder(commit):
    assert commit("") == (None, "the working directory is not a git checkout")


def test_git_outweighs_the_environment(commit, tmp_path):
    environment = os.environ | {
        f"GIT_{role}_{field}": "somebody@example.org"
        for role in ("AUTHOR", "COMMITTER")
        for field in ("NAME", "EMAIL")
    }
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "a commit"]):
        subprocess.run(["git", *command], cwd=tmp_path, env=environment, check=True)
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=tmp_path, text=True)
    assert commit(SHA) == (head[:12], None)


def test_the_kind_of_a_cpu_gates_and_its_host_does_not():
    found = take_fingerprint(Target("cpu", "this CPU", "asked for"), Nvml(FakeNvml()))
    known = {name for name in IDENTITY["cpu"] if name in found.gating}
    assert known | {name for name in IDENTITY["cpu"] if name in found.missing} == {*IDENTITY["cpu"]}
    assert set(found.gating) == {"device", "device kind", "method", "allocator"} | known
    assert "usable cores" in known
    assert {"host", "kernel", "cpu"} <= found.recorded.keys()
    assert "machine id" in (found.recorded | found.missing)


def card(monkeypatch, total, nvml):
    monkeypatch.setattr(
        "torch.cuda.get_device_properties", lambda _: SimpleNamespace(total_memory=total)
    )
    monkeypatch.setattr("torch.cuda.get_device_capability", lambda _: (9, 0))
    target = Target("cuda", "NVIDIA H200", "asked for", 0, "GPU-1")
    return take_fingerprint(target, Nvml(nvml))


def test_the_kind_of_a_gpu_is_its_name_memory_and_limit_of_power(monkeypatch):
    found = card(monkeypatch, 150_754_820_096, FakeNvml())
    assert found.gating["device"] == "NVIDIA H200"
    assert {name: found.gating[name] for name in IDENTITY["cuda"]} == {
        "memory": "140 GiB",
        "power limit": "700 W",
    }
    assert found.recorded["uuid"] == "GPU-1"
    assert card(monkeypatch, 150_700_000_000, FakeNvml()).gating == found.gating


def test_a_limit_of_power_that_nvml_refuses_is_missing_with_the_reason(monkeypatch):
    raising = FakeNvml(raising=["nvmlDeviceGetPowerManagementLimit"])
    found = card(monkeypatch, 150_754_820_096, raising)
    assert "power limit" not in found.gating
    assert "Not Supported" in found.missing["power limit"]

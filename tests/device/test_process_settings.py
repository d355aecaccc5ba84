"""What a process may not see of itself: groups of both versions, priority, huge pages, turbo."""

import os
import subprocess
import sys

import pytest

from effprof.device.process_settings import cpu_quota, process_settings


@pytest.mark.parametrize(
    ("own", "parent", "quota"),
    [
        ("max 100000", "max 100000", None),
        ("50000 100000", "max 100000", 0.5),
        ("400000 100000", "150000 100000", 1.5),
    ],
)
def test_the_least_quota_of_all_groups_counts(tmp_path, own, parent, quota):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/pod/container\n")
    group = tmp_path / "sys/fs/cgroup/pod/container"
    group.mkdir(parents=True)
    (group / "cpu.max").write_text(f"{own}\n")
    (group.parent / "cpu.max").write_text(f"{parent}\n")
    assert cpu_quota(tmp_path) == quota


@pytest.mark.parametrize(("quota", "cores"), [("-1", None), ("250000", 2.5)])
def test_groups_of_the_first_version_are_read(tmp_path, quota, cores):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("4:memory:/job\n3:cpu,cpuacct:/job\n")
    group = tmp_path / "sys/fs/cgroup/cpu/job"
    group.mkdir(parents=True)
    (group / "cpu.cfs_quota_us").write_text(quota)
    (group / "cpu.cfs_period_us").write_text("100000")
    assert cpu_quota(tmp_path) == cores


def test_what_the_kernel_does_not_show_is_unknown_with_a_reason(tmp_path):
    told = process_settings(tmp_path)
    assert told["huge pages"][0] is told["turbo"][0] is told["OOM score"][0] is None
    assert told["CPU quota"][0] == "none"
    assert all(reason for _, reason in told.values())


@pytest.mark.parametrize(
    ("name", "text", "turbo"),
    [
        ("intel_pstate/no_turbo", "1", "off"),
        ("intel_pstate/no_turbo", "0", "on"),
        ("cpufreq/boost", "1", "on"),
        ("cpufreq/boost", "0", "off"),
    ],
)
def test_turbo_is_told_by_either_driver(tmp_path, name, text, turbo):
    path = tmp_path / "sys/devices/system/cpu" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert process_settings(tmp_path)["turbo"][0] == turbo


def test_the_chosen_word_of_huge_pages_is_kept(tmp_path):
    path = tmp_path / "sys/kernel/mm/transparent_hugepage/enabled"
    path.parent.mkdir(parents=True)
    path.write_text("always [madvise] never\n")
    assert process_settings(tmp_path)["huge pages"][0] == "madvise"


def test_a_process_that_was_made_nice_and_idle_says_so():
    program = (
        "import os; os.nice(7); os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0));"
        "from effprof.device.process_settings import process_settings as told;"
        "print(told()['niceness'][0], told()['scheduler'][0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    nice = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 7)
    assert done.stdout.split() == [str(nice), "idle"]

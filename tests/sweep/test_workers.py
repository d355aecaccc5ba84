"""Workers may raise, hang and die; the parent gets an outcome and nothing lingers."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from effprof.core.errors import BadInput
from effprof.core.outcomes import Failure
from effprof.device.cpu import KEPT_HEAP
from tests import jobs

#: Seconds a process gets to disappear.
PATIENCE = 20.0


def wait_until_gone(*pids):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        alive = [pid for pid in pids if is_running(pid)]
        if not alive:
            return
        time.sleep(0.05)
    pytest.fail(f"still running: {alive}")


def is_running(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_call_returns_and_its_messages_are_heard(workers):
    heard = []
    assert workers.call(jobs.add, 2, 3, timeout=60, listener=heard.append) == 5
    assert heard == [("adding", 2, 3)]


def test_an_expected_error_is_raised_in_the_parent(workers):
    with pytest.raises(BadInput, match="no such thing"):
        workers.call(jobs.refuse, timeout=60)


@pytest.mark.parametrize(
    ("job", "arguments", "reason"),
    [
        (jobs.leave, (7,), "exit status 7"),
        (jobs.kill_itself, ("SIGKILL",), "SIGKILL; out of host memory?"),
        (jobs.kill_itself, ("SIGABRT",), "SIGABRT"),
        (jobs.segfault, (), "SIGSEGV"),
    ],
)
def test_a_worker_that_dies_is_a_crash_with_its_reason(workers, job, arguments, reason):
    outcome = workers.call(job, *arguments, timeout=60)
    assert isinstance(outcome, Failure)
    assert outcome.kind == "crashed"
    assert reason in outcome.reason


def test_a_worker_that_hangs_is_a_timeout_and_the_next_call_works(workers):
    outcome = workers.call(jobs.hang, timeout=0.5)
    assert outcome == Failure("timeout", "no result after 0.5 s")
    assert workers.call(jobs.add, 1, 1, timeout=60) == 2


def test_the_process_group_is_gone_after_a_call(workers):
    own, child = workers.call(jobs.start_child, timeout=60)
    wait_until_gone(own, child)


def test_workers_keep_the_heap_lead_a_session_and_have_no_cuda(workers):
    environment, leads, cuda = workers.call(jobs.environment, timeout=60)
    assert {name: environment[name] for name in KEPT_HEAP} == KEPT_HEAP
    assert environment["TEARDOWN_CUPTI"] == "0"
    assert leads
    assert not cuda
    assert "MALLOC_MMAP_MAX_" not in os.environ


def test_workers_do_not_outlive_a_killed_parent(tmp_path):
    pids = tmp_path / "pids"
    script = tmp_path / "parent.py"
    script.write_text(
        f"import sys; sys.path.append({str(Path(__file__).parents[2])!r})\n"
        "from effprof.sweep.workers import Workers\n"
        "from tests import jobs\n"
        "if __name__ == '__main__':\n"
        f"    Workers('tests.jobs').call(jobs.announce_and_hang, {str(pids)!r}, timeout=600)\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)])
    deadline = time.monotonic() + 120
    while not (pids.exists() and len(pids.read_text().split()) == 2):
        assert time.monotonic() < deadline, "the worker never started"
        time.sleep(0.05)
    worker, child = map(int, pids.read_text().split())
    assert is_running(worker)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until_gone(worker, child)

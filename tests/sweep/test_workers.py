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
from effprof.device.allocator import KEPT_HEAP, policy_variables
from effprof.sweep.workers import REAP_SECONDS, _death, _end
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


def test_what_a_model_prints_never_gets_into_answers(workers):
    assert workers.call(jobs.stdout_is_stderr, timeout=60)


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


class Dying:
    """A process that was killed and takes `seconds` to be gone, on a clock of its own."""

    pid = None

    def __init__(self, seconds):
        self._left = seconds
        self.waited = 0.0

    def join(self, timeout):
        spent = min(timeout, self._left)
        self._left -= spent
        self.waited += spent

    @property
    def exitcode(self):
        return None if self._left else -signal.SIGKILL


def test_a_killed_worker_is_waited_for_while_its_device_memory_is_given_back():
    dying = Dying(20.0)
    _end(dying)
    assert dying.exitcode == -signal.SIGKILL
    assert _death(Dying(20.0)).reason.startswith("SIGKILL")


def test_a_worker_that_is_never_gone_stops_nobody():
    stuck = Dying(float("inf"))
    _end(stuck)
    assert stuck.waited == REAP_SECONDS


def test_a_worker_that_ends_is_reaped_at_once(workers):
    began = time.monotonic()
    assert isinstance(workers.call(jobs.kill_itself, "SIGKILL", timeout=60), Failure)
    assert workers.call(jobs.add, 1, 1, timeout=60) == 2
    assert time.monotonic() - began < REAP_SECONDS / 3


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


def test_workers_of_the_default_allocator_come_from_a_server_that_was_never_told_to_keep(workers):
    environment, leads, _ = workers.call(jobs.environment, timeout=60, allocator="default")
    assert not {*KEPT_HEAP} & {*environment}
    assert environment["TEARDOWN_CUPTI"] == "0"
    assert leads
    # glibc adapts by itself: what was mapped and given back once, is not mapped the next time.
    assert workers.call(jobs.mapped_again, 2**22, timeout=60, allocator="default") == [True, False]
    assert workers.call(jobs.mapped_again, 2**22, timeout=60) == [False, False]


@pytest.mark.parametrize(
    "chosen",
    [
        {"MALLOC_TRIM_THRESHOLD_": "131072"},
        {"MALLOC_MMAP_MAX_": "0"},
        {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=9:glibc.malloc.mmap_threshold=4096"},
        {"LD_PRELOAD": "/usr/lib/libjemalloc.so.2"},
    ],
)
def test_what_the_user_chose_is_never_mixed_with_ours(chosen):
    assert policy_variables("kept", chosen) == policy_variables("default", chosen) == {}
    assert policy_variables("kept", {"MALLOC_ARENA_MAX": "2"}) == KEPT_HEAP


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

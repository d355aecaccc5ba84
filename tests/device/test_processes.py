"""Other processes on a GPU are counted, and those that we started are not, whoever lists them."""

import os
import subprocess
import sys

import pytest

from effprof.device import processes
from effprof.device.processes import count_foreign
from tests import jobs

#: A process that no test started.
SOMEBODY = os.getppid()

#: Ids of the host, which nothing here has: Linux counts up to 2**22.
HOST = tuple(2**22 + number for number in range(1, 5))


@pytest.fixture
def helper(tmp_path):
    """Start a process that holds a file open, and has a child; returns their ids and the file."""
    device = tmp_path / "nvidia0"
    device.touch()
    program = (
        "import subprocess, sys; child = subprocess.Popen(['sleep', '600'])\n"
        "print(child.pid, flush=True); child.wait()"
    )
    with (
        device.open() as held,
        subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=held,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as started,
    ):
        child = int(started.stdout.readline())
        yield started.pid, child
        os.killpg(started.pid, 9)


def test_descendants_are_ours_even_in_a_session_of_their_own(helper):
    assert count_foreign((os.getpid(), *helper)) == 0
    assert count_foreign((os.getpid(), *helper, SOMEBODY)) == 1


def test_an_orphan_of_the_session_that_a_worker_leads_is_ours(workers):
    outcome = workers.call(jobs.count_foreign_with_orphan, os.getpid(), timeout=60)
    assert outcome == (0, 1)


def test_the_session_of_a_terminal_is_not_ours():
    # Whatever else runs in the terminal that a process was started from may compute too.
    done = subprocess.run(
        [sys.executable, "-c", BESIDE_AN_ORPHAN], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "1"]


#: A process that leads no session counts beside an orphan of its session.
BESIDE_AN_ORPHAN = """
import os, subprocess
from effprof.device.processes import count_foreign
orphan = int(subprocess.check_output(["sh", "-c", "sleep 600 >&- 2>&- & echo $!"]))
print(os.getsid(orphan) == os.getsid(0) != os.getpid(), count_foreign((os.getpid(), orphan)))
os.kill(orphan, 9)
"""


@pytest.mark.parametrize("strange", [0, HOST[0]])
def test_a_process_that_cannot_be_looked_up_is_foreign(strange):
    assert count_foreign((os.getpid(), strange)) == 1


def test_in_a_worker_no_process_is_not_its_own_session(workers):
    # os.getsid(0) is the session of who asks.
    assert workers.call(jobs.count_foreign_beside, 0, timeout=60) == 1


@pytest.mark.parametrize(("listed", "foreign"), [(HOST[:1], 0), (HOST[:3], 2)])
def test_ids_of_the_host_are_counted_and_ours_is_counted_off(listed, foreign):
    assert count_foreign(listed) == foreign


def test_helpers_that_hold_the_device_are_counted_off_under_whatever_id(
    helper, tmp_path, monkeypatch
):
    assert count_foreign(HOST[:2]) == 1
    monkeypatch.setattr(processes, "DEVICES", str(tmp_path / "nvidia"))
    # The helper holds the file as its input, and so does its child: they may be two of four.
    assert count_foreign(HOST) == 1
    assert count_foreign(HOST[:2]) == 0


def test_a_plain_fork_holds_what_is_open_and_computes_nothing(workers, tmp_path):
    assert workers.call(jobs.count_foreign_with_fork, str(tmp_path), HOST[:2], timeout=60) == 1


def test_an_empty_list_proves_nothing():
    with pytest.raises(LookupError, match="not even this one"):
        count_foreign(())

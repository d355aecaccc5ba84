"""Neutral sentinels: they tell a slower core, load no operator of a network, and end soon."""

import os
import subprocess
import sys
import time
from statistics import median

import pytest

from effprof.device.calibration import WINDOWS, calibrate
from effprof.device.target import Target

CPU = Target("cpu", "this CPU", "asked for")

#: Calibrates on one core, which it says that it shares or not, and prints the seconds of each work.
PROGRAM = """
import os, statistics, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
from effprof.device.calibration import calibrate
from effprof.device.target import Target
for taken in calibrate(Target("cpu", "this CPU", "asked for"), "start"):
    print(taken.work, statistics.mean(taken.seconds), sep="=")
assert "torch" not in sys.modules
"""


def test_every_window_of_every_work_is_kept():
    taken = calibrate(CPU, "middle")
    assert [each.work for each in taken] == ["square roots", "cache copy", "memory copy"]
    assert {each.moment for each in taken} == {"middle"}
    assert len({each.taken_at for each in taken}) == 1
    for each in taken:
        assert len(each.seconds) == WINDOWS
        assert min(each.seconds) > 0


def test_a_copy_in_cache_is_faster_than_one_in_memory():
    seconds = {each.work: median(each.seconds) for each in calibrate(CPU, "start")}
    assert seconds["cache copy"] / 2**16 < seconds["memory copy"] / 2**27


@pytest.mark.quiet
def test_a_core_that_is_shared_is_slower_and_no_torch_is_loaded():
    core = str(max(os.sched_getaffinity(0)))
    alone = readings(core)
    busy = subprocess.Popen([sys.executable, "-c", PINNED_BUSY, core])
    try:
        time.sleep(0.2)
        shared = readings(core)
    finally:
        busy.kill()
        busy.wait()
    for work, seconds in alone.items():
        assert shared[work] > 1.3 * seconds, work


PINNED_BUSY = """
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
while True:
    pass
"""


def readings(core):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, core], capture_output=True, text=True, check=True
    )
    return {
        work: float(seconds)
        for work, _, seconds in (line.partition("=") for line in done.stdout.splitlines())
    }

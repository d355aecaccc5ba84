"""A device is measured by one run at a time, and a dead run holds nothing."""

import subprocess
import sys
import time

import pytest

from effprof.core.errors import NoDevice
from effprof.device.lock import lock_path, take_turn
from effprof.device.target import Target

CPU = Target("cpu", "this CPU", "asked for")
GPU = Target("cuda", "H200", "asked for", 0, "GPU-1234")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_second_run_is_refused_naming_the_first():
    program = (
        "import sys, tempfile, time; tempfile.tempdir = sys.argv[1]\n"
        "from effprof.device.target import Target; from effprof.device.lock import take_turn\n"
        "with take_turn(Target('cpu', 'this CPU', ''), share=False):\n"
        "    print('holding', flush=True); time.sleep(600)\n"
    )
    folder = str(lock_path(CPU).parent)
    with subprocess.Popen(
        [sys.executable, "-c", program, folder], stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout.readline() == "holding\n"
        with pytest.raises(NoDevice, match=rf"process {first.pid}.*--allow-busy"):
            take_turn(CPU, share=False).__enter__()
        with take_turn(CPU, share=True), take_turn(GPU, share=False):
            pass
        first.kill()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            with take_turn(CPU, share=False):
                return
        except NoDevice:
            time.sleep(0.05)
    pytest.fail("the dead run still holds the device")


def test_turns_follow_each_other():
    for _ in range(2):
        with take_turn(CPU, share=False):
            assert lock_path(CPU).exists()

"""The load of the machine: who is busy, by name, and never by the command line."""

import os
import shutil
import subprocess

import psutil
import pytest

from effprof.device import load
from effprof.device.load import Load, look_at_load

SECRET = "--token=xyzzy"


@pytest.fixture
def spinner(tmp_path):
    """A process that keeps a core busy, whose first argument begins with its name."""
    program = tmp_path / "spinner-of-a-long-name"
    shutil.copy("/bin/sh", program)
    process = subprocess.Popen(
        [f"spinner-of-a-long-name {SECRET}", "-c", "while :; do :; done"], executable=program
    )
    yield process
    process.kill()
    process.wait()


def test_who_keeps_a_core_busy_is_named_and_not_by_its_command_line(spinner):
    # psutil would tell the secret.
    assert SECRET in psutil.Process(spinner.pid).name()
    found = load._name(psutil.Process(spinner.pid))
    assert found == "spinner-of-a-lo"
    looked = look_at_load()
    assert not looked.quiet
    assert looked.cores > 0.1
    assert SECRET not in looked.text


def test_a_name_cannot_speak_to_a_terminal():
    class Named:
        def name(self):
            return "\x1b[2Jab\ncd"

    assert load._name(Named()) == "?[2Jab?cd"


def test_the_biggest_is_another_process_that_was_there_all_the_time(monkeypatch):
    own = os.getpid()
    seconds = iter(
        [
            {(own, "effprof"): 0.0, (1, "init"): 5.0, (7, "firefox"): 9.0, (8, "gone"): 1.0},
            {(own, "effprof"): 9.0, (1, "init"): 5.1, (7, "firefox"): 9.9, (9, "new"): 9.0},
        ]
    )
    monkeypatch.setattr(load, "_cpu_seconds", lambda: next(seconds))
    biggest = look_at_load(0.0).biggest
    assert biggest is not None
    assert biggest[0] == "firefox"


def test_a_load_is_said_in_a_few_words():
    assert Load(1.24, ("firefox", 0.9)).text == ("other programs keep 1.2 cores busy (firefox 0.9)")
    assert Load(1.24).text == "other programs keep 1.2 cores busy"
    assert Load(0.1).quiet
    assert not Load(0.11).quiet

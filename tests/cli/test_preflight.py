"""A machine that is not quiet: said before measuring, asked about only where somebody answers."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from effprof.cli import preflight
from effprof.cli.preflight import tell_load
from effprof.device.load import Load
from tests.cli.test_run import write_suite

BUSY = Load(1.24, ("firefox", 0.9))
LINE = (
    "other programs keep 1.2 cores busy (firefox 0.9): steps that wait are left out, and cells that"
    " never get quiet are marked rough"
)

#: Seconds until a terminal must have shown what is waited for.
PATIENCE = 120.0

BINARY = Path(sys.executable).parent / "effprof"

#: A program that says of itself whether it would ask.
ASKS = "from effprof.cli.preflight import can_ask; print('asks', can_ask(), flush=True)"


@pytest.fixture
def disturber():
    """A process that keeps a core busy."""
    process = subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"])
    yield process
    process.kill()
    process.wait()


def environment(**more):
    """The environment of a user, who is no CI."""
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    return kept | {"TERM": "xterm", "COLUMNS": "80"} | more


class Terminal:
    """A terminal of 80 columns with a command in front of it."""

    def __init__(self, command, folder, **more):
        self.pid, self._end = pty.fork()
        if not self.pid:
            os.chdir(folder)
            os.execve(command[0], command, environment(**more))
        self.shown = ""

    def until(self, text):
        """Read until a text is shown, and all that was shown by then."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < deadline, self.shown
            if select.select([self._end], [], [], 1.0)[0]:
                try:
                    self.shown += os.read(self._end, 4096).decode(errors="replace")
                except OSError:
                    break
        assert text in self.shown, self.shown
        return self.shown

    def type(self, text):
        os.write(self._end, text.encode())

    def status(self):
        """Let it end, and give its exit status."""
        while True:
            try:
                if not (read := os.read(self._end, 4096)):
                    break
            except OSError:
                break
            self.shown += read.decode(errors="replace")
        os.close(self._end)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def suite_of(folder):
    """Write a suite whose samples must be undisturbed."""
    name = write_suite(folder, batches=(1,))
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("allow_busy = true", "allow_busy = false"))
    return name


@pytest.mark.usefixtures("disturber")
def test_on_a_terminal_a_run_can_be_stopped_before_anything_is_measured(tmp_path):
    store = tmp_path / "store.sqlite"
    command = [str(BINARY), "run", suite_of(tmp_path), "--cpu", "--no-report"]
    terminal = Terminal(command, tmp_path, EFFPROF_STORE=str(store))
    shown = terminal.until("[s]top? ")
    told = shown[shown.index("other programs") :].splitlines()
    assert max(map(len, told)) <= 80, told
    assert "measuring the peaks" not in shown
    terminal.type("s\n")
    assert terminal.status() == 130
    assert "measuring the peaks" not in terminal.shown


@pytest.mark.usefixtures("disturber")
def test_in_a_pipe_it_is_one_line_and_the_run_goes_on(effprof, tmp_path):
    done = effprof("run", suite_of(tmp_path), "--cpu", "--no-report", CI="")
    assert done.returncode == 0, done.stderr
    (told,) = [line for line in done.stderr.splitlines() if "other programs keep" in line]
    assert told.endswith("are marked rough")
    assert "[s]top" not in done.stderr


@pytest.mark.usefixtures("disturber")
def test_a_closed_input_and_a_hangup_stop_nothing(tmp_path):
    suite = suite_of(tmp_path)
    for command in (
        f"{BINARY} run {suite} --cpu --no-report <&-",
        f"nohup {BINARY} run {suite} --cpu --no-report",
    ):
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=tmp_path,
            env=environment(EFFPROF_STORE=str(tmp_path / "store.sqlite")),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "[1/1]" in done.stderr


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        ('"$PYTHON" -c "$ASKS"', True),
        ('CI=true "$PYTHON" -c "$ASKS"', False),
        ('"$PYTHON" -c "$ASKS" </dev/null', False),
        ('"$PYTHON" -c "$ASKS" 2>/dev/null', False),
        ('"$PYTHON" -c "$ASKS" <&-', False),
        # A job in the background would be stopped by reading its terminal.
        ('set -m; "$PYTHON" -c "$ASKS" & wait', False),
    ],
)
def test_only_who_can_be_answered_asks(tmp_path, command, asks):
    terminal = Terminal(["/bin/sh", "-c", command], tmp_path, PYTHON=sys.executable, ASKS=ASKS)
    terminal.until(f"asks {asks}")
    assert terminal.status() == 0


def answered(monkeypatch, capsys, answer, look=lambda: Load(0.0)):
    monkeypatch.setattr(preflight, "_answer", lambda _: answer)
    tell_load(BUSY, look, accepted=False, asks=True)
    return capsys.readouterr().err


def test_who_goes_on_hears_what_will_become_of_cells(monkeypatch, capsys):
    assert " ".join(answered(monkeypatch, capsys, "").split()) == LINE
    assert " ".join(answered(monkeypatch, capsys, "go on").split()) == LINE
    with pytest.raises(KeyboardInterrupt):
        answered(monkeypatch, capsys, "s")


def test_accepted_load_is_said_and_not_asked_about(monkeypatch, capsys):
    monkeypatch.setattr(preflight, "_answer", pytest.fail)
    tell_load(BUSY, pytest.fail, accepted=True, asks=True)
    assert capsys.readouterr().err == (
        "other programs keep 1.2 cores busy (firefox 0.9); samples taken beside them are accepted"
        " (--allow-busy)\n"
    )


def waited(looks, capsys):
    """Wait on a machine that is so busy, look by look: seconds that passed, and what was said."""
    passed = [0.0]

    def pause(seconds):
        passed[0] += seconds

    preflight._wait(lambda: Load(next(looks)), pause, lambda: passed[0])
    return passed[0], capsys.readouterr().err


def test_a_wait_ends_when_looks_in_a_row_find_it_quiet(capsys):
    seconds, said = waited(iter([1.0, 0.0, 0.5, 0.0, 0.05, 9.0]), capsys)
    assert (seconds, said) == (5 * preflight.PAUSE_SECONDS, "quiet now: going on\n")


def test_a_wait_that_lasts_too_long_ends_too(capsys):
    seconds, said = waited(iter(lambda: 1.0, 0.0), capsys)
    assert seconds == 60 * preflight.WAIT_MINUTES
    assert said == "still not quiet after 5 min: going on\n"


def test_no_answer_is_to_go_on(monkeypatch, capsys):
    reading, writing = os.pipe()
    monkeypatch.setattr(preflight, "ANSWER_SECONDS", 0)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert preflight._answer("? ") == ""
        assert "no answer in 0 s: going on" in capsys.readouterr().err
        os.write(writing, b" Wait\n")
        assert preflight._answer("? ") == "wait"
        os.close(writing)
        assert preflight._answer("? ") == ""

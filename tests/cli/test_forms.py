"""Every command that prints a table has all of its forms; and what a terminal of any width gets."""

import csv
import fcntl
import io
import json
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from effprof.cli.contents import CONTENTS
from effprof.cli.output import folded
from effprof.store.store import open_store
from effprof.store.transfer import export_run
from tests.cli.printed import Terminal
from tests.golden import agrees
from tests.night_runs import RESNET, night_id, night_run
from tests.nights import assessment
from tests.runs import OUT_OF_MEMORY, sample_run

GOLDEN = Path(__file__).parent / "golden"

#: Nights until a cell stopped working.
NIGHTS = 13

#: Command -> what it is asked; those that print no table are not here.
ASKED = {
    "run": ("first", "--cpu", "--dry-run"),
    "profile": (
        *("timm/mobilenetv3_small_050", "--resolution", "32", "--cpu", "--allow-busy"),
        *("--by", "role", "--time-cap", "0.2"),
    ),
    "nightly": ("--run", night_id(NIGHTS)),
    "pick": ("quick.jsonl.gz",),
    "compare": (night_id(0), night_id(1)),
    "claims": ("quick.jsonl.gz",),
    "runs": (),
    "models": ("resnet50",),
    "suites": (),
    "cost": ("timm/mobilenetv3_small_050", "--resolution", "32"),
    "scale": ("0", "1"),
    "events": (),
    "doctor": (),
}

#: Commands that print no table: pages, files, and messages.
WITHOUT_TABLES = {"report", "writeup", "export", "import"}

#: Where a form has another option: the file that `--markdown FILE` writes is for a pull request.
ELSEWHERE = {("compare", "markdown")}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Nights of which the last one has an event, in a store."""
    path = tmp_path_factory.mktemp("kept") / "store.sqlite"
    broken = night_run(NIGHTS, outcomes={RESNET: OUT_OF_MEMORY})
    with open_store(str(path)) as store:
        store.add_runs([*map(night_run, range(NIGHTS)), broken])
        store.save_events(shown.event for shown in assessment(events=2).events)
    return path


@pytest.fixture
def stored(kept, tmp_path):
    """The store, and the file of a run."""
    shutil.copy(kept, tmp_path / "store.sqlite")
    export_run(sample_run(), tmp_path / "quick.jsonl.gz")


def test_every_command_prints_tables_in_these_forms_or_none():
    assert ASKED.keys() | WITHOUT_TABLES == {entry.name for entry in CONTENTS}


@pytest.mark.parametrize("command", ASKED)
def test_a_table_is_given_in_every_form(here, stored, command):
    def given(form):
        done = here(command, *ASKED[command], f"--{form}")
        # A profile beside other programs may be rejected: it is told all the same.
        assert done.returncode in ((0, 3) if command == "profile" else (0,)), done.stderr
        return done

    assert given("text").stdout.strip()
    head, *rows = csv.reader(io.StringIO(given("csv").stdout.partition("\n\n")[0]))
    assert rows
    assert {len(row) for row in rows} == {len(head)}
    if (command, "markdown") not in ELSEWHERE:
        assert "\n|" in given("markdown").stdout
    assert r"\begin{tabular}" in given("latex").stdout
    assert json.loads(given("json").stdout)["schema"] == "1"
    quiet = given("quiet")
    assert (quiet.stderr, "\t" in quiet.stdout) == ("", False)
    assert quiet.stdout.strip()


#: What deterministic answers look like at a width: name of the golden -> the command.
KEPT = {
    "pick": ("pick", "quick.jsonl.gz", "--latency-ms", "30", "--batch-size", "1"),
    "runs": ("runs",),
}

WIDTHS = (80, 100, 150)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", KEPT)
def test_answers_read_as_they_should_at_every_width(here, stored, monkeypatch, name, width):
    monkeypatch.setenv("COLUMNS", str(width))
    text = here(*KEPT[name], "--text").stdout
    assert max(map(len, text.splitlines())) <= width
    agrees(GOLDEN / f"{name}-{width}.txt", text)


def in_terminal(folder, width, *arguments):
    """Give what a terminal of a width shows of the installed command, line by line."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    started = subprocess.Popen(
        [str(Path(sys.executable).parent / "effprof"), *arguments],
        cwd=folder,
        env=environment | {"EFFPROF_STORE": str(folder / "store.sqlite"), "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = bytearray()
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # how Linux ends a terminal that nobody writes to
        pass
    finally:
        os.close(ours)
    assert started.wait(timeout=60) == 0
    return shown.decode().replace("\r\n", "\n").splitlines()


@pytest.mark.parametrize("width", WIDTHS)
def test_messages_are_as_wide_as_the_terminal_like_answers(stored, tmp_path, width):
    asked = ("--latency-ms", "30", "--batch-size", "1", "--memory-mib", "6000")
    lines = in_terminal(tmp_path, width, "pick", "quick.jsonl.gz", *asked)
    assert max(map(len, lines)) <= width
    (place,) = [i for i, line in enumerate(lines) if line.startswith("run 20261121-080000-abc123")]
    told = " ".join(line.strip() for line in lines[place : place + 3])
    assert "limits: median latency at most 30.0 ms; memory at most 5.86 GiB" in told


def test_a_command_in_a_message_is_never_broken(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    command = "effprof run --resume 20261121-080000-abc123 --store /srv/nights.sqlite"
    monkeypatch.setattr(sys, "stderr", Terminal())
    lines = folded("interrupted; 3 measurements are left, so go on with:", command).split("\n")
    assert lines[-1].strip() == command
    assert all(len(line) <= 40 for line in lines[:-1])
    assert len(lines) == 3
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert folded("go on with:", command) == f"go on with: {command}"

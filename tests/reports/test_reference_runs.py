"""Pieces of a reference run: short enough, accepted, cut without loss, documented."""

import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from effprof.cli.main import build_app
from effprof.core.outcomes import Measurement
from effprof.store.store import open_store
from effprof.store.transfer import export_run, read_run
from effprof.sweep.suite import load_suite
from tests.evidence import CPU, CUDA, run_of

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "reports" / "reference_runs.py"

# As the script itself finds them: at the end of the path, where nothing is hidden by them.
sys.path.append(str(SCRIPT.parent))
agenda = importlib.import_module("agenda")
budget = importlib.import_module("budget")
dry_run = importlib.import_module("dry_run")
piece_kinds = importlib.import_module("piece")
pieces = importlib.import_module("pieces")
reference_runs = importlib.import_module("reference_runs")
stopping = importlib.import_module("stopping")

SWEEPS = [each for each in pieces.PIECES.values() if isinstance(each, piece_kinds.Sweep)]
CHECKS = [each for each in pieces.PIECES.values() if isinstance(each, piece_kinds.Check)]
COMMANDS = typer.main.get_command(build_app()).commands
NAMED = {"ids": lambda piece: piece.name}


#: The program finds `pieces` beside it, which tests of a wheel otherwise keep Python from.
ENVIRONMENT = os.environ | {"PYTHONSAFEPATH": ""}


def refer(*arguments, folder=ROOT):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("piece", SWEEPS, **NAMED)
def test_every_part_has_cells_and_takes_few_calls_within_its_limit(piece):
    assert piece.seconds <= piece_kinds.LIMIT_SECONDS <= piece_kinds.MOST_SECONDS <= 600
    for shard in range(1, piece.shards + 1):
        tasks = piece.tasks(shard)
        assert len(set(tasks)) == len(tasks) > 0
        calls = piece.calls(tasks)
        assert len(calls) <= (piece.repeats + 1 if piece.rounds else 3)
        assert all(call.seconds <= piece.seconds for call in calls)


@pytest.mark.parametrize("tiny", [False, True], ids=["gpu", "tiny"])
@pytest.mark.parametrize("piece", SWEEPS, **NAMED)
def test_every_command_is_one_that_this_version_takes(piece, tiny):
    name, *words = piece.arguments(piece.shards, tiny=tiny)
    command = COMMANDS[name]
    taken = command.make_context(name, words).params
    assert taken["suite"] == piece.suite
    assert (taken["gpu"], taken["cpu"]) == ((None, True) if tiny else ("0", False))
    assert taken["repeats"] >= 1
    assert taken["no_report"]
    options = piece.options(tiny=tiny)
    given = {
        "target_width": options.target_width,
        "time_cap": options.time_cap_seconds,
        "timeout": options.timeout_seconds,
        "allow_busy": options.allow_busy or None,
        "profile": options.profile,
        "profile_repeats": options.profile_repeats,
        "energy_repeats": options.energy_repeats,
    }
    assert {name: taken[name] for name in given} == given


@pytest.mark.parametrize("piece", SWEEPS, **NAMED)
def test_a_hang_cannot_eat_a_piece_and_only_two_pieces_profile_every_repeat(piece):
    options = piece.options()
    assert options.timeout_seconds < piece.seconds / 2
    often = {"b0-profile", "fused"}
    taken = [options.of_repeat(index) for index in range(piece.repeats)]
    assert sum(each.profile for each in taken) <= (piece.repeats if piece.name in often else 1)
    assert sum(each.energy_repeats != 0 for each in taken) <= 1


@pytest.mark.parametrize("piece", SWEEPS, **NAMED)
def test_the_dry_run_asks_for_the_same_but_for_size(piece):
    full, tiny = piece.arguments(), piece.arguments(tiny=True)
    flags = {word for word in full if word.startswith("--")} - {"--gpu"}
    assert flags <= set(tiny)
    axes, _ = piece._tiny()
    same = set(piece.axes) - {"model", "batch_size", "resolution", "precision"}
    assert {name: axes[name] for name in same} == {name: piece.axes[name] for name in same}


@pytest.mark.parametrize("piece", CHECKS, **NAMED)
def test_every_check_is_a_program_that_is_there(piece):
    assert piece.guess <= piece.seconds <= piece_kinds.LIMIT_SECONDS
    assert importlib.util.find_spec(piece.module) is not None
    assert piece.arguments
    assert piece.tiny


class Collected:
    """A plugin of pytest that keeps the names of what was collected."""

    def pytest_collection_finish(self, session):
        self.names = [item.nodeid for item in session.items]


def test_smoke_asks_for_tests_that_are_there():
    found, asked = Collected(), ["--collect-only", "-q", "-m", "gpu", "-p", "no:cacheprovider"]
    assert pytest.main([*asked, str(ROOT / "tests" / "gpu")], plugins=[found]) == 0
    unknown = [word for word in pieces.SMOKE_TESTS if not any(word in each for each in found.names)]
    assert found.names
    assert not unknown, found.names


def test_the_suite_of_the_first_half_hour_says_what_its_piece_says():
    piece, suite = pieces.PIECES["gpu-first"], load_suite("gpu_first")
    assert suite.repeats == piece.repeats - 1 == 4
    assert suite.options == piece.options()


def run_until(code, seconds, folder):
    command = [sys.executable, "-c", code]
    return stopping.run_until(command, seconds, folder / "log", {"GREETING": "hello"})


def test_what_a_command_prints_is_shown_and_kept(tmp_path, capsys):
    code = "import os, sys; print(os.environ['GREETING']); print('two', file=sys.stderr); exit(3)"
    ended = run_until(code, 60, tmp_path)
    assert (ended.status, ended.stopped) == (3, False)
    assert (tmp_path / "log").read_text() == capsys.readouterr().out == "hello\ntwo\n"


def test_a_command_is_stopped_in_order_at_its_limit(tmp_path):
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit('in order'))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)"
    )
    ended = run_until(code, 1, tmp_path)
    assert (ended.status, ended.stopped) == (1, True)
    assert (tmp_path / "log").read_text() == "ready\nin order\n"


def test_a_command_that_does_not_stop_is_killed_with_all_that_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr(stopping, "GRACE_SECONDS", 0.3)
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "child.wait()"
    )
    start = time.monotonic()
    ended = run_until(code, 1, tmp_path)
    assert (ended.status, ended.stopped) == (-9, True)
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--piece", "nothing"], "invalid choice: 'nothing'"),
        (["--piece", "train-b32"], "give --shard 1 to 2"),
        (["--piece", "train-b32", "--shard", "3"], "give --shard 1 to 2"),
        (["--piece", "zoo", "--shard", "2"], "leave out --shard"),
        (["--piece", "zoo", "--resume"], "nothing to go on with"),
        (["--piece", "zoo", "--seconds", "0"], "--seconds 0: give more than 60"),
        (["--piece", "zoo", "--seconds", "-300"], "give more than 60"),
        (["--piece", "zoo", "--seconds", "60"], "give more than 60"),
        (["--piece", "zoo", "--seconds", "nan"], "give more than 60"),
        (["--piece", "zoo", "--seconds", "601"], "no more than 600"),
        (["--piece", "gpu-tests", "--seconds", "20"], "give more than 20"),
        (["--piece", "gpu-first", "--seconds", "300"], "give --seconds 330 or more"),
        (["--list", "--pace", "0"], "give a number above 0, such as 1.4"),
        ([], "is required"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(arguments, told, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert called(arguments, monkeypatch) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.sqlite"))


def test_interrupts_while_it_stops_change_nothing(tmp_path):
    code = (
        "import os, signal, sys, time\n"
        "def stop(*_):\n"
        "    os.kill(os.getppid(), signal.SIGINT)\n"
        "    os.kill(os.getppid(), signal.SIGTERM)\n"
        "    sys.exit('in order')\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "os.kill(os.getppid(), signal.SIGINT)\n"
        "time.sleep(60)"
    )
    ended = run_until(code, 60, tmp_path)
    assert (ended.status, ended.stopped, ended.trouble) == (1, True, None)
    assert (tmp_path / "log").read_text() == "in order\n"


def test_a_command_whose_output_cannot_be_kept_is_stopped_in_order(tmp_path):
    (tmp_path / "log").symlink_to("/dev/full")
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
        "print('more than a pipe holds\\n' * 20_000, flush=True)\n"
        "time.sleep(30)"
    )
    ended = run_until(code, 60, tmp_path)
    assert (ended.status, ended.stopped) == (3, True)
    assert "No space left" in ended.trouble


def test_a_fault_while_output_is_shown_leaves_no_command_behind(tmp_path, monkeypatch):
    def fault(lines, kept, stop):
        next(iter(lines))
        raise RuntimeError("fault")

    monkeypatch.setattr(stopping, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(stopping, "_show", fault)
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        "time.sleep(30)"
    )
    start = time.monotonic()
    with pytest.raises(RuntimeError, match="fault"):
        run_until(code, 60, tmp_path)
    assert time.monotonic() - start < 20


def test_a_log_that_cannot_be_written_is_told_in_a_line_before_anything_runs(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "zoo-tiny.log").mkdir()
    assert called(["--piece", "zoo", "--tiny", "--out", str(tmp_path)], monkeypatch) == 74
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    assert not list(tmp_path.glob("*.sqlite"))


@pytest.mark.parametrize("name", ["zoo", "gpu-tests"])
def test_trouble_with_the_output_is_told_in_a_line(name, tmp_path, monkeypatch, capsys):
    ends(monkeypatch, stopping.Ended(-15, 3.0, True, "[Errno 32] Broken pipe"))
    assert called(["--piece", name, "--out", str(tmp_path)], monkeypatch) == 74
    told = capsys.readouterr()
    assert not told.out
    assert re.fullmatch(r"error: stopped, as output cannot .*: \[Errno 32\] .*\n", told.err)


def test_nothing_is_left_to_write_where_nobody_reads(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as gone:  # noqa: PTH123  # a descriptor
        monkeypatch.setattr(sys, "stdout", gone)
        gone.write("line")
        reference_runs._let_go_of_output()
        gone.flush()


@pytest.mark.parametrize("name", ["zoo", "gpu-tests"])
def test_a_piece_that_was_cut_says_so_by_its_status(name, tmp_path, monkeypatch):
    ends(monkeypatch, stopping.Ended(-15, 3.0, True))
    assert called(["--piece", name, "--out", str(tmp_path)], monkeypatch) == reference_runs.CUT


def test_a_check_says_that_it_starts_anew(tmp_path, monkeypatch, capsys):
    ends(monkeypatch, stopping.Ended(0, 3.0, False))
    arguments = ["--piece", "gpu-tests", "--resume", "--out", str(tmp_path)]
    assert called(arguments, monkeypatch) == 0
    assert "so it starts anew" in capsys.readouterr().out


def ends(monkeypatch, ended):
    """Let every command end like this, without starting it."""
    monkeypatch.setattr(reference_runs, "run_until", lambda *_: ended)


COMPILED = pieces.PIECES["compiled"]


def held(folder, tiny=False, kind=CUDA, repeats=COMPILED.repeats, profile=True):
    """Put a complete run where the piece `compiled` keeps its own, by default one of that piece."""
    run = run_of({cell: [0.01] * repeats for cell in COMPILED.cells(tiny=tiny)}, kind=kind)
    options = replace(run.invocation.options, profile=profile)
    run = replace(run, invocation=replace(run.invocation, options=options))
    export_run(run, folder / "compiled.jsonl.gz")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"kind": CPU}, "device kind cpu, not cuda"),
        ({"repeats": 1}, f"repeats 1, not {COMPILED.repeats}"),
        ({"profile": False}, "profile False, not True"),
        ({"tiny": True}, "2 cells that are not those of the piece"),
    ],
)
def test_a_file_of_something_else_is_not_gone_on_with(other, told, tmp_path, monkeypatch, capsys):
    held(tmp_path, **other)
    arguments = ["--piece", "compiled", "--resume", "--out", str(tmp_path)]
    assert called(arguments, monkeypatch) == 2
    said = capsys.readouterr()
    assert not said.out
    assert told in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.glob("*.sqlite"))


def left_behind(folder, repeats):
    """Put the store there that a killed call leaves, with the first repeats of a run of six."""
    cells = COMPILED.cells()
    run = run_of({cell: [0.01] * COMPILED.repeats for cell in cells})
    options = replace(run.invocation.options, profile=True)
    run = replace(run, invocation=replace(run.invocation, options=options))
    part = replace(run, status="running", finished_at=None, repeats=run.repeats[:repeats])
    with open_store(str(folder / "compiled.sqlite")) as store:
        store.add_runs([part])
    return part


def test_a_killed_call_is_gone_on_with_from_the_store_that_it_left(tmp_path, monkeypatch):
    part = left_behind(tmp_path, 3)
    words = []
    monkeypatch.setattr(
        reference_runs,
        "run_until",
        lambda command, *rest: words.extend(command) or stopping.Ended(0, 3.0, False),
    )
    (tmp_path / "compiled.log").touch()
    assert called(["--piece", "compiled", "--out", str(tmp_path)], monkeypatch) == 2
    assert called(["--piece", "compiled", "--resume", "--out", str(tmp_path)], monkeypatch) == 0
    assert words[words.index("--resume") + 1] == part.invocation.id
    # Exported whole, and only then is the store dropped, with what SQLite leaves beside it.
    assert [each.name for each in tmp_path.iterdir()] == ["compiled.jsonl.gz"]
    assert read_run(tmp_path / "compiled.jsonl.gz") == part


def test_a_store_that_lacks_what_the_file_has_does_not_replace_it(tmp_path, monkeypatch, capsys):
    left_behind(tmp_path, 3)
    held(tmp_path)
    before = (tmp_path / "compiled.jsonl.gz").read_bytes()
    assert called(["--piece", "compiled", "--resume", "--out", str(tmp_path)], monkeypatch) == 2
    assert "lacks; move one of them elsewhere" in capsys.readouterr().err
    assert (tmp_path / "compiled.jsonl.gz").read_bytes() == before


def test_a_complete_piece_is_not_measured_again(tmp_path, monkeypatch, capsys):
    held(tmp_path)
    arguments = ["--piece", "compiled", "--resume", "--out", str(tmp_path)]
    assert called(arguments, monkeypatch) == 0
    assert "complete already" in capsys.readouterr().out


def test_a_dry_run_has_files_and_a_store_of_its_own():
    line = ["--piece", "train-b32", "--shard", "2"]
    real, tiny = (reference_runs.read_command_line([*line, *flag]) for flag in ([], ["--tiny"]))
    assert (real.name, tiny.name) == ("train-b32-2", "train-b32-2-tiny")
    assert real.store != tiny.store
    dry_run = reference_runs.read_command_line(["--piece", "aa", "--tiny"])
    assert pieces.PIECES["aa-floor"].tiny[0].format(out=dry_run.out) == str(dry_run.file)


def test_a_file_that_is_there_is_not_measured_over(tmp_path, monkeypatch, capsys):
    (tmp_path / "zoo-tiny.jsonl.gz").write_bytes(b"precious")
    assert called(["--piece", "zoo", "--tiny", "--out", str(tmp_path)], monkeypatch) == 2
    assert "go on with it by --resume" in capsys.readouterr().err
    assert (tmp_path / "zoo-tiny.jsonl.gz").read_bytes() == b"precious"


def documented():
    """Calls of the program in the shell blocks of its page."""
    text = (ROOT / "docs" / "reference-runs.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in re.findall(r"reference_runs\.py (.*)", block)]


@pytest.mark.parametrize("line", documented())
def test_every_documented_call_is_one_that_this_version_takes(line):
    asked = reference_runs.read_command_line(shlex.split(line))
    assert isinstance(asked, reference_runs.Listing) == line.startswith("--list")


def test_the_page_names_every_step_of_the_plan_in_its_order():
    asked = [reference_runs.read_command_line(shlex.split(line)) for line in documented()]
    named = [each.piece.name for each in asked if hasattr(each, "piece") and not each.tiny]
    planned = [name for name, _, _ in agenda.AGENDA]
    assert list(dict.fromkeys(named)) == [*dict.fromkeys(planned), "aa-floor"]


def test_what_is_published_is_exported_by_its_id():
    text = (ROOT / "docs" / "reference-runs.md").read_text("utf-8")
    exports = [
        COMMANDS["export"].make_context("export", shlex.split(words)).params
        for words in re.findall(r"^effprof export (.*)$", text, re.MULTILINE)
    ]
    assert [each["run"] for each in exports] == ["RUN", "RUN"]


def test_the_page_on_stores_says_how_the_path_of_one_is_told():
    text = (ROOT / "docs" / "store.md").read_text("utf-8")
    assert re.search(r"^effprof runs +# the default file; --json names its path$", text, re.M)


def called(arguments, monkeypatch):
    """Call the program in this process; return its exit status."""
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *arguments])
    try:
        return reference_runs.main()
    except SystemExit as end:
        return end.code


@pytest.mark.slow
def test_rounds_are_calls_and_one_that_is_cut_goes_on_from_its_file_alone(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    asked = ("--piece", "gpu-first", "--tiny", "--out")
    file = "gpu-first-tiny.jsonl.gz"
    done = refer(*asked, str(first), folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gpu-first-tiny: 1 of 2 rounds, go on with --resume; cells " in done.stdout
    pace = re.search(r"expected \d+ s, pace ([\d.]+),", done.stdout)
    assert 0.1 < float(pace[1]) < 10, done.stdout
    assert [each.name for each in first.iterdir()] == [file]
    one = read_run(first / file)
    assert {each.index for each in one.repeats} == {0}
    assert {cell for cell, _ in one.missing} == set(one.invocation.cells)

    status, told = cut_after("[1/6]", *asked, str(first), "--resume", folder=tmp_path)
    assert status == reference_runs.CUT, told
    assert "INCOMPLETE, go on with --resume; cells " in told
    begun = read_run(first / file)
    assert begun.status == "interrupted"
    assert len(one.repeats) < len(begun.repeats) < 2 * len(one.repeats)

    second.mkdir()  # another day: of the first, only the exported file is left
    shutil.copy(first / file, second)
    done = refer(*asked, str(second), "--resume", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gpu-first-tiny: complete; cells 4/6 valid, processes 8/12 valid, 0 to do" in done.stdout
    run = read_run(second / file)
    assert run.invocation == begun.invocation
    assert run.repeats[: len(begun.repeats)] == begun.repeats
    measured = [each for each in run.repeats if isinstance(each.outcome, Measurement)]
    assert {each.index for each in measured if each.outcome.profile is not None} == {0}
    assert [each.name for each in second.iterdir()] == [file]


def cut_after(words, *arguments, folder):
    """Interrupt the program as soon as it has printed `words`: (exit status, what it printed)."""
    command = [sys.executable, "-u", str(SCRIPT), *arguments]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as program:
        printed = []
        for line in program.stdout:
            printed.append(line)
            if words in line:
                program.terminate()
                words = "\0"  # once
    return program.returncode, "".join(printed)

"""Pieces of a reference run: short enough, accepted, enough for the claims, cut without loss."""

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

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim import NotMeasured
from effprof.claims.evidence import evidence_of
from effprof.claims.settle import settle
from effprof.cli.main import build_app
from effprof.core.outcomes import Memory
from effprof.core.profiles import OpTime, Profile
from effprof.store.transfer import export_run, read_run
from effprof.study.study import Study
from tests.evidence import CPU, CUDA, cost, run_of, took

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "reports" / "reference_runs.py"

# As the script itself finds them: at the end of the path, where nothing is hidden by them.
sys.path.append(str(SCRIPT.parent))
pieces = importlib.import_module("pieces")
reference_runs = importlib.import_module("reference_runs")

SWEEPS = [each for each in pieces.PIECES.values() if isinstance(each, pieces.Sweep)]
CHECKS = [each for each in pieces.PIECES.values() if isinstance(each, pieces.Check)]
COMMANDS = typer.main.get_command(build_app()).commands
NAMED = {"ids": lambda piece: piece.name}
GIB = 2**30


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
def test_every_part_has_cells_and_fits_into_two_calls(piece):
    assert piece.seconds <= pieces.LIMIT_SECONDS <= 600
    for shard in range(1, piece.shards + 1):
        cells = piece.cells(shard)
        assert len(set(cells)) == len(cells) > 0
        assert piece.sittings(piece.estimate(cells)) <= 2


@pytest.mark.parametrize("tiny", [False, True], ids=["gpu", "tiny"])
@pytest.mark.parametrize("piece", SWEEPS, **NAMED)
def test_every_command_is_one_that_this_version_takes(piece, tiny):
    name, *words = piece.arguments(piece.shards, tiny=tiny)
    command = COMMANDS[name]
    taken = command.make_context(name, words).params
    assert taken["suite"] == piece.suite
    assert (taken["gpu"], taken["cpu"]) == ((None, True) if tiny else ("0", False))
    assert taken["repeats"] >= 1


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
    assert piece.guess <= piece.seconds <= pieces.LIMIT_SECONDS
    assert importlib.util.find_spec(piece.module) is not None
    assert bool(piece.arguments) == bool(piece.tiny)


def whole(seconds, profiled):
    """A measurement with everything that a GPU can tell, a profile if it was taken."""
    ops = tuple(
        OpTime("op", "forward", "pointwise conv", f"blocks.{stage}.0.conv", seconds / 9, True)
        for stage in range(7)
    )
    profile = Profile("torch.profiler", "profiled", 5, ops, seconds, seconds, 7, seconds / 2)
    return took(seconds, memory=Memory(GIB, GIB, GIB, GIB), profile=profile if profiled else None)


def measured(piece, number):
    """Make up the run that a piece leaves: its cells, as often as it repeats them."""
    cells = piece.cells()
    known = {
        cell: [
            whole(0.01 * (1 + place) * (1 + i / 500), piece.profile) for i in range(piece.repeats)
        ]
        for place, cell in enumerate(cells)
    }
    # Without roles: which networks hold depthwise convolutions is told by their families.
    costs = [
        cost(cell, 1e9 * (1 + place), 1e6 * (1 + place) ** 0.5) for place, cell in enumerate(cells)
    ]
    costs = list({each.key: each for each in costs}.values())
    return run_of(known, costs, CUDA, f"20261121-08{number:02}00-aaaaaa")


def test_the_pieces_for_the_claims_leave_no_gpu_claim_open():
    asked = [piece for piece in SWEEPS if re.match(r"C\d", piece.purpose)]
    known = evidence_of([Study(measured(piece, number)) for number, piece in enumerate(asked)])
    assert len(known) == 1
    findings = settle(CLAIMS, known)
    told = " ".join(piece.purpose.partition(":")[0] for piece in asked)
    for first, last in re.findall(r"C(\d+) to C(\d+)", told):
        told += "".join(f" C{number}" for number in range(int(first), int(last) + 1))
    judged = set(re.findall(r"C\d+", told))
    assert judged == {f"C{number}" for number in range(9, 26)}
    for finding in findings:
        if finding.claim.id in judged:
            for part in finding.parts:
                if part.part.kind in (CUDA, None) and not part.part.beside:
                    reasons = [(row.answer, row.reason) for row in part.rows]
                    assert not any(isinstance(a, NotMeasured) for a, _ in reasons), reasons
                    assert not any("are needed" in reason for _, reason in reasons), reasons


def run_until(code, seconds, folder):
    command = [sys.executable, "-c", code]
    return reference_runs.run_until(command, seconds, folder / "log", {"GREETING": "hello"})


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
    monkeypatch.setattr(reference_runs, "GRACE_SECONDS", 0.3)
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
        (["--piece", "graphs", "--shard", "2"], "leave out --shard"),
        (["--piece", "graphs", "--resume"], "nothing to go on with"),
        (["--piece", "graphs", "--seconds", "0"], "--seconds 0: give more than 105"),
        (["--piece", "graphs", "--seconds", "-300"], "give more than 105"),
        (["--piece", "graphs", "--seconds", "105"], "give more than 105"),
        (["--piece", "graphs", "--seconds", "nan"], "give more than 105"),
        (["--piece", "gpu-tests", "--seconds", "40"], "give more than 40"),
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

    monkeypatch.setattr(reference_runs, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(reference_runs, "_show", fault)
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
    (tmp_path / "graphs-tiny.log").mkdir()
    assert called(["--piece", "graphs", "--tiny", "--out", str(tmp_path)], monkeypatch) == 74
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    assert not list(tmp_path.glob("*.sqlite"))


@pytest.mark.parametrize("name", ["graphs", "gpu-tests"])
def test_trouble_with_the_output_is_told_in_a_line(name, tmp_path, monkeypatch, capsys):
    ends(monkeypatch, reference_runs.Ended(-15, 3.0, True, "[Errno 32] Broken pipe"))
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


@pytest.mark.parametrize("name", ["graphs", "gpu-tests"])
def test_a_piece_that_was_cut_says_so_by_its_status(name, tmp_path, monkeypatch):
    ends(monkeypatch, reference_runs.Ended(-15, 3.0, True))
    assert called(["--piece", name, "--out", str(tmp_path)], monkeypatch) == reference_runs.CUT


def test_a_check_says_that_it_starts_anew(tmp_path, monkeypatch, capsys):
    ends(monkeypatch, reference_runs.Ended(0, 3.0, False))
    arguments = ["--piece", "gpu-tests", "--resume", "--out", str(tmp_path)]
    assert called(arguments, monkeypatch) == 0
    assert "so it starts anew" in capsys.readouterr().out


def ends(monkeypatch, ended):
    """Let every command end like this, without starting it."""
    monkeypatch.setattr(reference_runs, "run_until", lambda *_: ended)


GRAPHS = pieces.PIECES["graphs"]


def held(folder, tiny=False, kind=CUDA, repeats=GRAPHS.repeats, profile=True):
    """Put a complete run where the piece `graphs` keeps its own, by default one of that piece."""
    run = run_of({cell: [0.01] * repeats for cell in GRAPHS.cells(tiny=tiny)}, kind=kind)
    options = replace(run.invocation.options, profile=profile)
    run = replace(run, invocation=replace(run.invocation, options=options))
    export_run(run, folder / "graphs.jsonl.gz")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"kind": CPU}, "device kind cpu, not cuda"),
        ({"repeats": 1}, f"repeats 1, not {GRAPHS.repeats}"),
        ({"profile": False}, "profile False, not True"),
        ({"tiny": True}, "4 cells that are not those of the piece"),
    ],
)
def test_a_file_of_something_else_is_not_gone_on_with(other, told, tmp_path, monkeypatch, capsys):
    held(tmp_path, **other)
    arguments = ["--piece", "graphs", "--resume", "--out", str(tmp_path)]
    assert called(arguments, monkeypatch) == 2
    said = capsys.readouterr()
    assert not said.out
    assert told in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.glob("*.sqlite"))


def test_a_complete_piece_is_not_measured_again(tmp_path, monkeypatch, capsys):
    held(tmp_path)
    arguments = ["--piece", "graphs", "--resume", "--out", str(tmp_path)]
    assert called(arguments, monkeypatch) == 0
    assert "complete already" in capsys.readouterr().out


def test_a_dry_run_has_files_and_a_store_of_its_own():
    line = ["--piece", "train-b32", "--shard", "2"]
    real, tiny = (reference_runs.read_command_line([*line, *flag]) for flag in ([], ["--tiny"]))
    assert (real.name, tiny.name) == ("train-b32-2", "train-b32-2-tiny")
    assert real.store != tiny.store
    dry_run = reference_runs.read_command_line(["--piece", "aa", "--tiny"])
    assert pieces.PIECES["aa-floor"].tiny[0].format(out=dry_run.out) == str(dry_run.file)
    assert any("{name}" in word for word in pieces.PIECES["gpu-tests"].tiny)


def test_a_file_that_is_there_is_not_measured_over(tmp_path, monkeypatch, capsys):
    (tmp_path / "graphs-tiny.jsonl.gz").write_bytes(b"precious")
    assert called(["--piece", "graphs", "--tiny", "--out", str(tmp_path)], monkeypatch) == 2
    assert "go on with it by --resume" in capsys.readouterr().err
    assert (tmp_path / "graphs-tiny.jsonl.gz").read_bytes() == b"precious"


def documented():
    """Calls of the program in the shell blocks of its page."""
    text = (ROOT / "docs" / "reference-runs.md").read_text("utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line for block in blocks for line in re.findall(r"reference_runs\.py (.*)", block)]


@pytest.mark.parametrize("line", documented())
def test_every_documented_call_is_one_that_this_version_takes(line):
    asked = reference_runs.read_command_line(shlex.split(line))
    assert (asked is None) == (line == "--list")


def test_runs_are_exported_by_their_id_and_rescued_to_where_resume_looks():
    text = (ROOT / "docs" / "reference-runs.md").read_text("utf-8")
    exports = [
        COMMANDS["export"].make_context("export", shlex.split(words)).params
        for words in re.findall(r"^effprof export (.*)$|`effprof export (.*?)`", text, re.MULTILINE)
        for words in filter(None, words)
    ]
    assert [each["run"] for each in exports] == ["RUN", "RUN"]
    rescue = exports[0]
    assert rescue["store"] == "results/store.sqlite"
    assert rescue["file"] == Path("results/PIECE.jsonl.gz")


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


def test_wheels_beyond_what_is_there_and_nothing_of_it():
    wheels = importlib.import_module("wheels")
    needed = wheels.needed(wheels.THERE)
    assert {"alembic", "altair", "pydantic", "mako", "pydantic-core", "sqlalchemy"} <= set(needed)
    assert not {"torch", "triton", "numpy", "pandas", "rich", "pygments", "pytest"} & set(needed)
    direct = {wheels._normal(each.name) for each in wheels._project()}
    assert direct <= {*needed, *wheels.THERE}
    assert wheels.needed(direct) == []
    assert re.fullmatch(r"altair==\S+ +# pure Python", wheels.line("altair"))
    assert wheels.line("pydantic-core").endswith("# compiled")


@pytest.mark.slow
def test_a_piece_that_is_cut_goes_on_from_its_file_alone(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    asked = ("--piece", "crossover", "--tiny", "--out")
    status, told = cut_after("[1/4]", *asked, str(first), folder=tmp_path)
    assert status == reference_runs.CUT, told
    assert "crossover-tiny: INCOMPLETE, go on with --resume; cells " in told
    begun = read_run(first / "crossover-tiny.jsonl.gz")
    assert begun.status == "interrupted"
    assert begun.repeats

    second.mkdir()  # another day: of the first, only the exported file is left
    shutil.copy(first / "crossover-tiny.jsonl.gz", second)
    done = refer(*asked, str(second), "--resume", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "complete; cells 4/4 valid, processes 4/4 valid, 0 to do; " in done.stdout
    run = read_run(second / "crossover-tiny.jsonl.gz")
    assert run.invocation == begun.invocation
    assert run.repeats[: len(begun.repeats)] == begun.repeats


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

"""Measure a reference run on a GPU piece by piece, each within ten minutes, and lose nothing.

    python reports/reference_runs.py --list
    python reports/reference_runs.py --piece smoke --out results
    python reports/reference_runs.py --piece gpu-first --out results
    python reports/reference_runs.py --piece gpu-first --out results --resume
    python reports/reference_runs.py --piece gpu-first --out results --tiny    (dry run on a CPU)

A piece is stopped a little before its limit. Whatever it measured is exported to
FOLDER/PIECE.jsonl.gz by then, and --resume goes on from that file, on the same device; files of a
dry run are named PIECE-tiny. Start it in the root of the repository, with effprof installed.
"""

import argparse
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agenda import print_calibration, print_list
from budget import GPU, STOP_SECONDS, export_bytes, pace_of, seconds_of
from kept import Asked, drop, drop_if_exported, find_begun, refuse_over, stored_run
from piece import LARGEST_FILE, MOST_SECONDS, Check, Piece, Series, Sweep, device, limit_of
from pieces import PIECES
from stopping import GRACE_SECONDS, Ended, run_until

from effprof.analysis.isolation import isolation
from effprof.analysis.pooling import pool
from effprof.core.errors import BadInput, EffprofError, StorageError
from effprof.core.runs import Run
from effprof.store.transfer import export_run, read_run

ROOT = Path(__file__).resolve().parents[1]

#: Exit status of a piece that was cut, as effprof's own; and of one whose file is too large.
CUT = 143
TOO_LARGE = 1


def main() -> int:
    """List the pieces or carry one out; returns the exit status."""
    asked = read_command_line(sys.argv[1:])
    try:
        if isinstance(asked, Listing):
            print_list(asked.pace, asked.minutes)
            return 0
        asked.out.mkdir(parents=True, exist_ok=True)
        return carry_out(asked)
    except EffprofError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return StorageError.exit_code


@dataclass(frozen=True, slots=True)
class Listing:
    """The list is asked for, as it is at a pace, with what fits into some minutes."""

    pace: float
    minutes: float


def read_command_line(words: Sequence[str]) -> Asked | Listing:
    """Read what is asked for."""
    parser = _parser()
    given = parser.parse_args(words)
    if given.list:
        return Listing(given.pace or 1.0, given.minutes)
    piece = PIECES[given.piece]
    shards = piece.shards if isinstance(piece, Sweep) else 1
    if shards > 1 and given.shard not in range(1, shards + 1):
        parser.error(f"{piece.name} has {shards} parts: give --shard 1 to {shards}")
    if shards == 1 and given.shard not in {None, 1}:
        parser.error(f"{piece.name} has one part; leave out --shard")
    least, why = _least_seconds(piece)
    if given.seconds is not None and not least < given.seconds <= MOST_SECONDS:  # as NaN is not
        parser.error(
            f"--seconds {given.seconds:g}: give more than {least:g}, of which {why}, and no more"
            f" than {MOST_SECONDS}"
        )
    out = given.out.resolve()
    return Asked(piece, given.shard or 1, given.tiny, given.resume, out, given.seconds, given.pace)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="pieces, what they take, and what fits")
    what.add_argument("--piece", metavar="NAME", choices=PIECES, help="the piece to carry out")
    parser.add_argument("--shard", type=int, metavar="I", help="which part of a piece in parts")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("reference-run"))
    parser.add_argument("--tiny", action="store_true", help="dry run: tiny networks, on a CPU")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with a piece that was cut; one that exports no run starts anew",
    )
    parser.add_argument(
        "--seconds", type=float, help="limit of this call, instead of that of the piece"
    )
    parser.add_argument(
        "--pace",
        type=_pace,
        metavar="X",
        help="the machine takes X times as long as the model says; smoke tells it",
    )
    parser.add_argument(
        "--minutes", type=float, default=30, help="with --list: the minutes to be filled [30]"
    )
    return parser


def _pace(text: str) -> float:
    pace = float(text)
    if not (math.isfinite(pace) and pace > 0):
        raise argparse.ArgumentTypeError(f"{text}: give a number above 0, such as 1.4")
    return pace


def _least_seconds(piece: Piece) -> tuple[float, str]:
    """Seconds within which nothing can come out, and what they go to."""
    if isinstance(piece, Check):
        return GRACE_SECONDS, f"{GRACE_SECONDS} are kept back for stopping"
    why = f"{GPU.start:g} pass before the first measurement and {STOP_SECONDS} are kept back"
    return GPU.start + STOP_SECONDS, why


def carry_out(asked: Asked) -> int:
    """Carry out a piece; returns its exit status."""
    match asked.piece:
        case Sweep():
            return sweep(asked, asked.piece)
        case Check():
            return check(asked, asked.piece)
        case Series():
            return series(asked, asked.piece)


def series(asked: Asked, piece: Series) -> int:
    """Carry out the pieces of a series within its time; the status is the first that is not 0."""
    ends = time.monotonic() + asked.limit(asked.pace or 1.0)
    parts = [replace(asked, piece=PIECES[name]) for name in piece.parts]
    for part in parts:
        if isinstance(part.piece, Sweep) and not asked.resume:
            refuse_over(part, stored_run(part.store))
    statuses = [_part(part, ends - time.monotonic()) for part in parts]
    return next((status for status in statuses if status), 0)


def _part(asked: Asked, left: float) -> int:
    """Carry out one piece of a series in the seconds that are left of it."""
    seconds = min(asked.limit(asked.pace or 1.0), left)
    if seconds <= _least_seconds(asked.piece)[0]:
        print(f"{asked.name}: not begun, as {left:.0f} s are left of the series")
        return CUT
    there = asked.file.exists() or asked.store.exists()
    status = carry_out(replace(asked, seconds=seconds, resume=asked.resume and there))
    if isinstance(asked.piece, Sweep) and asked.file.exists():
        options = asked.piece.options(tiny=asked.tiny)
        print_calibration(read_run(asked.file), options, asked.machine)
    return status


def sweep(asked: Asked, piece: Sweep) -> int:
    """Measure a piece, export what there is, and say in one line what came out."""
    start = time.monotonic()
    begun = find_begun(asked, piece)
    if begun is not None and begun.status == "complete":
        if asked.store.exists():
            export_run(begun, asked.file)
            drop_if_exported(asked, begun)
        print(f"{asked.name}: complete already, in {asked.file}")
        return 0
    options = piece.options(tiny=asked.tiny)
    pace = asked.pace or (begun and pace_of(begun, options, asked.machine)) or 1.0
    limit = asked.limit(pace)
    if piece.rounds:
        _refuse_short(asked, piece, begun, pace, limit)
    words = piece.arguments(asked.shard, tiny=asked.tiny)
    if begun is not None:
        words = ["run", "--resume", begun.invocation.id, *device(tiny=asked.tiny), *piece.ending()]
    # Without the current folder on the path: the installed package is measured, not a tree.
    own = {"EFFPROF_STORE": str(asked.store), "PYTHONSAFEPATH": "1"}
    ended = run_until(
        [sys.executable, "-m", "effprof", *words],
        limit - STOP_SECONDS - (time.monotonic() - start),
        asked.out / f"{asked.name}.log",
        own,
    )
    run = stored_run(asked.store)
    if run is not None:
        export_run(run, asked.file)
    _report_trouble(ended, "go on with --resume" if run is not None else "nothing was measured")
    if run is None:
        print(f"{asked.name}: nothing was measured, exit status {ended.status}")
        return CUT if ended.stopped else ended.status or TOO_LARGE
    print(f"{asked.name}: {summary(run, begun, ended)}; {_beside_model(asked, run, begun, ended)}")
    return _status(asked, run, ended)


def _status(asked: Asked, run: Run, ended: Ended) -> int:
    """Say how a call ended; one that ended well leaves its export and nothing else."""
    if asked.file.stat().st_size > LARGEST_FILE:
        print(f"{asked.file} is larger than {LARGEST_FILE / 2**20:.0f} MiB: measure it in parts")
        return TOO_LARGE
    drop_if_exported(asked, run)
    if ended.stopped and run.status != "complete":
        return CUT
    if not ended.status:
        (asked.out / f"{asked.name}.log").unlink()
    return ended.status


def _refuse_short(asked: Asked, piece: Sweep, begun: Run | None, pace: float, limit: float) -> None:
    """Raise `BadInput` where a round is not worth beginning: a longer call would hold it.

    What no call of the usual length holds is begun, cut, and gone on with.
    """
    missing = piece.tasks(tiny=asked.tiny) if begun is None else begun.missing
    ahead = [task for task in missing if task[1] == missing[0][1]]
    options = piece.options(tiny=asked.tiny)
    takes = pace * seconds_of(ahead, options, asked.machine, resumed=begun is not None)
    number, usual = missing[0][1] + 1, limit_of(piece, pace)
    told = f"round {number} of {piece.processes(tiny=asked.tiny)} takes about {takes:.0f} s"
    if limit < min(takes + STOP_SECONDS, usual):
        raise BadInput(
            f"{asked.name}: {told} at pace {pace:.2f}, so it is not begun; give --seconds"
            f" {min(takes + STOP_SECONDS, usual):.0f} or more"
        )
    print(f"{asked.name}: {told} at pace {pace:.2f}; stopped by {limit:.0f} s", flush=True)


def check(asked: Asked, piece: Check) -> int:
    """Run a program and keep what it prints."""
    if asked.resume:
        print(f"{asked.name}: exports no run to go on with, so it starts anew", flush=True)
    texts = piece.tiny if asked.tiny else piece.arguments
    words = [text.format(out=asked.out) for text in texts]
    log = asked.out / f"{asked.name}.txt"
    pace = asked.pace or 1.0
    ended = run_until(
        [sys.executable, "-m", piece.module, *words],
        asked.limit(pace) - GRACE_SECONDS,
        log,
        {"EFFPROF_STORE": str(asked.store)},
        ROOT,
    )
    drop(asked.store)
    _report_trouble(ended, "start it anew")
    how = "INCOMPLETE, stopped" if ended.stopped else f"exit status {ended.status}"
    guess = pace * (piece.tiny_guess if asked.tiny else piece.guess)
    print(f"{asked.name}: {how} after {ended.seconds:.0f} s, expected {guess:.0f} s; {log}")
    return CUT if ended.stopped else ended.status


def _report_trouble(ended: Ended, then: str) -> None:
    if ended.trouble is not None:
        raise StorageError(f"stopped, as output cannot be shown or kept: {ended.trouble}; {then}")


def summary(run: Run, begun: Run | None, ended: Ended) -> str:
    """Say how far a run is, and which share of this call was measuring."""
    cells = pool(run)
    whole = sum(len(each.valid) == each.planned for each in cells)
    valid, planned = sum(len(each.valid) for each in cells), len(cells) * run.invocation.repeats
    kinds = Counter(each.status for each in cells if not each.used and each.failures)
    failed = "".join(f", {count} {kind}" for kind, count in kinds.items())
    before = isolation(begun) if begun is not None else None
    now = isolation(run)
    measuring = now.measuring_seconds if now is not None else 0.0
    measuring -= before.measuring_seconds if before is not None else 0.0
    share = f"{measuring / ended.seconds:.0%} of {ended.seconds:.0f} s was measuring"
    return (
        f"{_standing(run)};"
        f" cells {whole}/{len(cells)} valid, processes {valid}/{planned} valid,"
        f" {len(run.missing)} to do{failed}; {share}"
    )


def _standing(run: Run) -> str:
    """Say how far a run is: complete, whole up to a round, or cut within one."""
    if run.status == "complete":
        return "complete"
    rounds = {index for _, index in run.missing}
    taken = run.invocation.repeats - len(rounds)
    if taken and len(run.missing) == len(rounds) * len(run.invocation.cells):
        return f"{taken} of {run.invocation.repeats} rounds, go on with --resume"
    return "INCOMPLETE, go on with --resume"


def _beside_model(asked: Asked, run: Run, begun: Run | None, ended: Ended) -> str:
    """Put what this call took, and what it leaves, beside what the model says of both."""
    assert isinstance(asked.piece, Sweep), "checks are told by a guess"
    options, machine = asked.piece.options(tiny=asked.tiny), asked.machine
    tasks = [(each.cell, each.index) for each in run.repeats]
    taken = tasks[len(begun.repeats) :] if begun is not None else tasks
    seconds = seconds_of(taken, options, machine, resumed=begun is not None)
    start = ended.seconds - sum(each.seconds for each in run.repeats[-len(taken) :] if taken)
    of_model = machine.start if begun is None else machine.resumed
    size, expected = asked.file.stat().st_size, export_bytes(tasks, options, machine)
    return (
        f"expected {seconds:.0f} s, pace {ended.seconds / seconds:.2f}, start {start:.0f} s,"
        f" expected {of_model:.0f}; {asked.file}"
        f" {size / 2**20:.2f} MiB, expected {expected / 2**20:.2f}"
    )


def _let_go_of_output() -> None:
    """Leave nothing to be written at exit where the reader of stdout is gone, as behind `head`."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    exit_status = main()
    _let_go_of_output()
    sys.exit(exit_status)

"""Measure a reference run on a GPU piece by piece, each within ten minutes, and lose nothing.

    python reports/reference_runs.py --list
    python reports/reference_runs.py --piece crossover --out results
    python reports/reference_runs.py --piece aa --out results --resume
    python reports/reference_runs.py --piece crossover --out results --tiny    (dry run on a CPU)

A piece is stopped a little before its limit. Whatever it measured is exported to
FOLDER/PIECE.jsonl.gz by then, and --resume goes on from that file, on this machine or on one just
like it. Start it in the root of the repository, with effprof installed.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from pieces import PIECES, STOP_SECONDS, Check, Piece, Sweep

from effprof.analysis.isolation import isolation
from effprof.analysis.pooling import pool
from effprof.core.errors import BadInput, EffprofError
from effprof.core.runs import Run
from effprof.store.store import open_store
from effprof.store.transfer import export_run, read_run

ROOT = Path(__file__).resolve().parents[1]

#: Largest file that is committed, in bytes (the standard of reference runs: 10 MiB).
LARGEST_FILE = 10 * 2**20

#: Seconds that a stopped command gets to end by itself, less than `STOP_SECONDS`: the export and
#: the summary come after it.
GRACE_SECONDS = STOP_SECONDS - 20

#: Exit status of a piece that was cut, as effprof's own; and of one whose file is too large.
CUT = 143
TOO_LARGE = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for; `seconds` is the limit of this call."""

    piece: Piece
    shard: int
    tiny: bool
    resume: bool
    out: Path
    seconds: float

    @property
    def name(self) -> str:
        """Name of the piece in files."""
        several = isinstance(self.piece, Sweep) and self.piece.shards > 1
        return f"{self.piece.name}-{self.shard}" if several else self.piece.name

    @property
    def file(self) -> Path:
        """Where the run is exported to."""
        return self.out / f"{self.name}.jsonl.gz"

    @property
    def store(self) -> Path:
        """Where runs are kept meanwhile."""
        return self.out / "store.sqlite"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, the seconds it took, whether it was stopped."""

    status: int
    seconds: float
    stopped: bool


def main() -> int:
    """List the pieces or carry one out; returns the exit status."""
    asked = read_command_line(sys.argv[1:])
    if asked is None:
        print_list()
        return 0
    try:
        asked.out.mkdir(parents=True, exist_ok=True)
        return sweep(asked, asked.piece) if isinstance(asked.piece, Sweep) else check(asked)
    except EffprofError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def read_command_line(words: Sequence[str]) -> Asked | None:
    """Read what is asked for; None stands for the list."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="pieces, their seconds and purposes")
    what.add_argument("--piece", metavar="NAME", choices=PIECES, help="the piece to carry out")
    parser.add_argument("--shard", type=int, metavar="I", help="which part of a piece in parts")
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("reference-run"))
    parser.add_argument("--tiny", action="store_true", help="dry run: tiny networks, on a CPU")
    parser.add_argument("--resume", action="store_true", help="go on with a piece that was cut")
    parser.add_argument("--seconds", type=float, help="a limit below that of the piece")
    given = parser.parse_args(words)
    if given.list:
        return None
    piece = PIECES[given.piece]
    shards = piece.shards if isinstance(piece, Sweep) else 1
    if shards > 1 and given.shard not in range(1, shards + 1):
        parser.error(f"{piece.name} has {shards} parts: give --shard 1 to {shards}")
    if shards == 1 and given.shard not in {None, 1}:
        parser.error(f"{piece.name} has one part; leave out --shard")
    limit = min(given.seconds or piece.seconds, piece.seconds)
    out = given.out.resolve()
    return Asked(piece, given.shard or 1, given.tiny, given.resume, out, limit)


def print_list() -> None:
    """Print a row per piece: its parts, cells, estimated seconds and what it is for."""
    print(f"{'piece':24} {'parts':>5} {'cells':>5} {'runs':>4} {'seconds':>7} {'calls':>5}  for")
    for piece in PIECES.values():
        if isinstance(piece, Check):
            print(f"{piece.name:24} {1:5} {'':5} {'':4} {piece.guess:7} {1:5}  {piece.purpose}")
            continue
        cells = max((piece.cells(1 + n) for n in range(piece.shards)), key=len)
        seconds = piece.estimate(cells)
        print(
            f"{piece.name:24} {piece.shards:5} {len(cells):5} {piece.repeats:4} {seconds:7}"
            f" {piece.sittings(seconds):5}  {piece.purpose}"
        )
    print(
        "cells, seconds and calls are those of one part; seconds are guesses; what takes more than"
        " one call is gone on with by --resume"
    )


def sweep(asked: Asked, piece: Sweep) -> int:
    """Measure a piece, export what there is, and say in one line what came out."""
    begun = _begun(asked)
    if begun is not None and begun.status == "complete":
        print(f"{asked.name}: complete already, in {asked.file}")
        return 0
    known = _run_ids(asked.store)
    words = piece.arguments(asked.shard, tiny=asked.tiny)
    if begun is not None:
        device = "--cpu" if asked.tiny else "--gpu"
        words = ["run", "--resume", begun.invocation.id, device, *(() if asked.tiny else ("0",))]
    # Without the current folder on the path: the installed package is measured, not a tree.
    own = {"EFFPROF_STORE": str(asked.store), "PYTHONSAFEPATH": "1"}
    ended = run_until(
        [sys.executable, "-m", "effprof", *words],
        asked.seconds - STOP_SECONDS,
        asked.out / f"{asked.name}.log",
        own,
    )
    made = [run_id for run_id in _run_ids(asked.store) if run_id not in known]
    run_id = begun.invocation.id if begun is not None else next(iter(made), None)
    if run_id is None:
        print(f"{asked.name}: nothing was measured, exit status {ended.status}")
        return ended.status
    with open_store(str(asked.store), create=False) as store:
        run = store.load(run_id)
    export_run(run, asked.file)
    print(f"{asked.name}: {summary(run, begun, ended)}; {_size(asked.file)}")
    if asked.file.stat().st_size > LARGEST_FILE:
        print(f"{asked.file} is larger than {LARGEST_FILE / 2**20:.0f} MiB: measure it in parts")
        return TOO_LARGE
    return CUT if ended.stopped and run.status != "complete" else ended.status


def check(asked: Asked) -> int:
    """Run a program of the repository and keep what it prints."""
    piece = asked.piece
    assert isinstance(piece, Check), "sweeps are measured elsewhere"
    words = [word.format(out=asked.out) for word in (piece.tiny if asked.tiny else piece.arguments)]
    log = asked.out / f"{asked.name}.txt"
    ended = run_until(
        [sys.executable, "-m", piece.module, *words], asked.seconds - GRACE_SECONDS, log, {}, ROOT
    )
    stopped = ", stopped at its limit" if ended.stopped else ""
    print(f"{asked.name}: exit status {ended.status} after {ended.seconds:.0f} s{stopped}; {log}")
    return ended.status


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
        f"{'complete' if run.status == 'complete' else 'INCOMPLETE, go on with --resume'};"
        f" cells {whole}/{len(cells)} valid, processes {valid}/{planned} valid,"
        f" {len(run.missing)} to do{failed}; {share}"
    )


def run_until(
    command: Sequence[str],
    seconds: float,
    log: Path,
    environment: dict[str, str],
    folder: Path | None = None,
) -> Ended:
    """Run a command, showing and keeping what it prints; stop it in order after `seconds`.

    SIGTERM first, and SIGKILL to it and all that it started when it takes longer than
    `GRACE_SECONDS`. An interrupt of this program stops it in the same way.
    """
    start = time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=folder,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "HF_HUB_OFFLINE": "1"} | environment,
        start_new_session=True,
    )
    assert process.stdout is not None, "it is a pipe"
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        process.terminate()
        killer.start()

    killer = threading.Timer(GRACE_SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL))
    stopper = threading.Timer(seconds, stop)
    killer.daemon = stopper.daemon = True
    before = signal.signal(signal.SIGTERM, _interrupt)
    stopper.start()
    try:
        _show(process.stdout, log)
    except KeyboardInterrupt:
        stopper.cancel()
        if not stopped.is_set():
            stop()
        _show(process.stdout, log)
    finally:
        stopper.cancel()
        status = process.wait()
        killer.cancel()
        process.stdout.close()
        signal.signal(signal.SIGTERM, before)
    return Ended(status, time.monotonic() - start, stopped.is_set())


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _show(lines: Iterable[str], log: Path) -> None:
    with log.open("a", encoding="utf-8") as kept:
        for line in lines:
            print(line, end="", flush=True)
            kept.write(line)


def _begun(asked: Asked) -> Run | None:
    """Read the run to go on with, into the store too; refuse to measure over one that is there."""
    if not asked.resume:
        if asked.file.exists():
            raise BadInput(
                f"{asked.file} is there already; go on with it by --resume, or name another --out"
            )
        return None
    if not asked.file.exists():
        raise BadInput(f"nothing to go on with: {asked.file} is not there; leave out --resume")
    run = read_run(asked.file)
    if run.invocation.id not in _run_ids(asked.store):
        with open_store(str(asked.store)) as store:
            store.add_runs([run])
    return run


def _run_ids(file: Path) -> list[str]:
    """Ids of the runs in a store, newest first; none where there is no store yet."""
    if not file.exists():
        return []
    with open_store(str(file), create=False) as store:
        return [each.id for each in store.runs()]


def _size(file: Path) -> str:
    return f"{file} {file.stat().st_size / 2**20:.2f} MiB"


if __name__ == "__main__":
    sys.exit(main())

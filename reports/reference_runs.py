"""Measure a reference run on a GPU piece by piece, each within ten minutes, and lose nothing.

    python reports/reference_runs.py --list
    python reports/reference_runs.py --piece crossover --out results
    python reports/reference_runs.py --piece aa --out results --resume
    python reports/reference_runs.py --piece crossover --out results --tiny    (dry run on a CPU)

A piece is stopped a little before its limit. Whatever it measured is exported to
FOLDER/PIECE.jsonl.gz by then, and --resume goes on from that file, on this machine or on one just
like it; files of a dry run are named PIECE-tiny. Start it in the root of the repository, with
effprof installed.
"""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path

from pieces import PIECES, START_SECONDS, STOP_SECONDS, Check, Piece, Sweep

from effprof.analysis.isolation import isolation
from effprof.analysis.pooling import pool
from effprof.core.errors import BadInput, EffprofError, StorageError
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
        """Name of the piece in files; that of a dry run is another, so that it replaces nothing."""
        several = isinstance(self.piece, Sweep) and self.piece.shards > 1
        name = f"{self.piece.name}-{self.shard}" if several else self.piece.name
        return f"{name}-tiny" if self.tiny else name

    @property
    def file(self) -> Path:
        """Where the run is exported to."""
        return self.out / f"{self.name}.jsonl.gz"

    @property
    def store(self) -> Path:
        """Where runs are kept meanwhile."""
        return self.out / ("store-tiny.sqlite" if self.tiny else "store.sqlite")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit status, the seconds it took, whether it was stopped.

    `trouble` is why its output could not be shown or kept, if it was stopped for that.
    """

    status: int
    seconds: float
    stopped: bool
    trouble: str | None = None


def main() -> int:
    """List the pieces or carry one out; returns the exit status."""
    asked = read_command_line(sys.argv[1:])
    try:
        if asked is None:
            print_list()
            return 0
        asked.out.mkdir(parents=True, exist_ok=True)
        return sweep(asked, asked.piece) if isinstance(asked.piece, Sweep) else check(asked)
    except EffprofError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return StorageError.exit_code


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
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with a piece that was cut; one that exports no run starts anew",
    )
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
    asked = piece.seconds if given.seconds is None else given.seconds
    least, why = _least_seconds(piece)
    if not asked > least:  # as NaN is not
        parser.error(f"--seconds {asked:g}: give more than {least}; {why}")
    out = given.out.resolve()
    limit = min(asked, piece.seconds)
    return Asked(piece, given.shard or 1, given.tiny, given.resume, out, limit)


def _least_seconds(piece: Piece) -> tuple[int, str]:
    """Seconds within which nothing can come out, and what they go to."""
    if isinstance(piece, Check):
        return GRACE_SECONDS, f"{GRACE_SECONDS} are kept back for stopping"
    why = f"{START_SECONDS} pass before the first measurement, {STOP_SECONDS} are kept back"
    return START_SECONDS + STOP_SECONDS, f"{why} for stopping and the export"


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
    start = time.monotonic()
    begun = _begun(asked, piece)
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
        asked.seconds - STOP_SECONDS - (time.monotonic() - start),
        asked.out / f"{asked.name}.log",
        own,
    )
    run = _exported(asked, begun, known)
    _report_trouble(ended, "go on with --resume" if run is not None else "nothing was measured")
    if run is None:
        print(f"{asked.name}: nothing was measured, exit status {ended.status}")
        return CUT if ended.stopped else ended.status
    print(f"{asked.name}: {summary(run, begun, ended)}; {_size(asked.file)}")
    if asked.file.stat().st_size > LARGEST_FILE:
        print(f"{asked.file} is larger than {LARGEST_FILE / 2**20:.0f} MiB: measure it in parts")
        return TOO_LARGE
    return CUT if ended.stopped and run.status != "complete" else ended.status


def _exported(asked: Asked, begun: Run | None, known: Sequence[str]) -> Run | None:
    """Export the run that was gone on with, or the one that is new; None where there is none."""
    made = (run_id for run_id in _run_ids(asked.store) if run_id not in known)
    run_id = begun.invocation.id if begun is not None else next(made, None)
    if run_id is None:
        return None
    with open_store(str(asked.store), create=False) as store:
        run = store.load(run_id)
    export_run(run, asked.file)
    return run


def check(asked: Asked) -> int:
    """Run a program of the repository and keep what it prints."""
    piece = asked.piece
    assert isinstance(piece, Check), "sweeps are measured elsewhere"
    if asked.resume:
        print(f"{asked.name}: exports no run to go on with, so it starts anew", flush=True)
    texts = piece.tiny if asked.tiny else piece.arguments
    words = [text.format(out=asked.out, name=asked.name) for text in texts]
    log = asked.out / f"{asked.name}.txt"
    ended = run_until(
        [sys.executable, "-m", piece.module, *words], asked.seconds - GRACE_SECONDS, log, {}, ROOT
    )
    _report_trouble(ended, "start it anew")
    how = "INCOMPLETE, stopped" if ended.stopped else f"exit status {ended.status}"
    print(f"{asked.name}: {how} after {ended.seconds:.0f} s; {log}")
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
    `GRACE_SECONDS`. Interrupts of this program stop it in the same way, however many there are;
    so does output that can be shown or kept no more. Raises `OSError` where the log cannot be
    written; nothing is started then.
    """
    start = time.monotonic()
    with log.open("ab", buffering=0) as kept:
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
        # Taken and never given back: of a limit, interrupts and trouble only the first one stops.
        stopped = threading.Lock()

        def stop() -> None:
            if stopped.acquire(blocking=False):
                process.terminate()
                killer.start()

        killer = threading.Timer(GRACE_SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL))
        stopper = threading.Timer(max(seconds, 0), stop)
        killer.daemon = stopper.daemon = True
        before = {
            number: signal.signal(number, lambda *_: stop())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        stopper.start()
        try:
            trouble = _show(process.stdout, kept, stop)
        except BaseException:
            stop()
            raise
        finally:
            # Closed before the wait: nobody reads the pipe any more, and a full one would block.
            process.stdout.close()
            status = process.wait()
            stopper.cancel()
            killer.cancel()
            for number, handler in before.items():
                signal.signal(number, handler)
    return Ended(status, time.monotonic() - start, stopped.locked(), trouble)


def _show(lines: Iterable[str], kept: RawIOBase, stop: Callable[[], None]) -> str | None:
    """Print and keep lines, to the last, since who writes them waits for a reader.

    At the first that cannot be shown or kept `stop` is called; returns why.
    """
    trouble = None
    for line in lines:
        if trouble is None:
            try:
                kept.write(line.encode())
                print(line, end="", flush=True)
            except (OSError, ValueError) as error:  # ValueError: closed, or not in its encoding
                trouble = str(error)
                stop()
    return trouble


def _begun(asked: Asked, piece: Sweep) -> Run | None:
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
    _refuse_another(run, asked, piece)
    if run.invocation.id not in _run_ids(asked.store):
        with open_store(str(asked.store)) as store:
            store.add_runs([run])
    return run


def _refuse_another(run: Run, asked: Asked, piece: Sweep) -> None:
    """Raise `BadInput` when the file holds something else than what the piece measures."""
    held = run.invocation
    device = held.fingerprint.gating.get("device kind")
    facts = (
        ("device kind", device, "cpu" if asked.tiny else "cuda"),
        ("repeats", held.repeats, piece.processes(tiny=asked.tiny)),
        ("profile", held.options.profile, piece.profile),
    )
    differing = [f"{what} {then}, not {now}" for what, then, now in facts if then != now]
    # Last, and only if need be: names of cells take timm, which takes seconds to load.
    if not differing and held.cells != piece.cells(asked.shard, tiny=asked.tiny):
        differing = [f"{len(held.cells)} cells that are not those of the piece"]
    if differing:
        raise BadInput(
            f"{asked.file} is no run of {asked.name}: {'; '.join(differing)}; name another --out"
        )


def _run_ids(file: Path) -> list[str]:
    """Ids of the runs in a store, newest first; none where there is no store yet."""
    if not file.exists():
        return []
    with open_store(str(file), create=False) as store:
        return [each.id for each in store.runs()]


def _size(file: Path) -> str:
    return f"{file} {file.stat().st_size / 2**20:.2f} MiB"


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

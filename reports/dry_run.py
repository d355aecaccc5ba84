"""Carry out every command of the plan in its tiny form, on this CPU, to see that all of it runs.

    python reports/dry_run.py --out dry-run          the plan of docs/reference-runs.md
    python reports/dry_run.py --out dry-run --all    every piece
    python reports/dry_run.py --out again compiled   these pieces

Prints a line for each call: the piece, its exit status, the seconds that it took and those of the
model, and the MiB that it leaves. What the calls print is kept in FOLDER/dry-run.txt. Exits with 1
where a call does, or where a file is larger than what is committed.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agenda import AGENDA
from budget import TINY_CPU, seconds_of
from piece import LARGEST_FILE, LARGEST_PIECE, Check, Piece, Series, Sweep
from pieces import PIECES

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = Path(__file__).with_name("reference_runs.py")


@dataclass(frozen=True, slots=True)
class Dry:
    """One call of the dry run: its piece, the round that it takes, from 1, and what it needs."""

    piece: str
    round: int
    expected: float

    @property
    def title(self) -> str:
        """The call in words, as it is typed."""
        return f"{self.piece} --resume" if self.round > 1 else self.piece


def calls(names: Sequence[str]) -> Iterator[Dry]:
    """List the calls of some pieces: one for each, and for each round where a call takes one."""
    for name in names:
        piece = PIECES[name]
        rounds = piece.tiny_repeats if isinstance(piece, Sweep) and piece.rounds else 1
        for number in range(1, rounds + 1):
            yield Dry(name, number, expected(piece, number))


def expected(piece: Piece, number: int) -> float:
    """Seconds of a call of a piece in its tiny form, by the model."""
    match piece:
        case Check():
            return piece.tiny_guess
        case Series():
            return sum(expected(PIECES[name], 1) for name in piece.parts)
        case Sweep():
            tasks = piece.tasks(tiny=True)
            own = [task for task in tasks if not piece.rounds or task[1] == number - 1]
            options = piece.options(tiny=True)
            return seconds_of(own, options, TINY_CPU, resumed=number > 1)


def plan() -> list[str]:
    """Name the pieces of the plan, and the checks that more time is for."""
    checks = (name for name, piece in PIECES.items() if isinstance(piece, Check))
    planned = dict.fromkeys([*(name for name, _, _ in AGENDA), *checks])
    parts = {part for name in planned for part in getattr(PIECES[name], "parts", ())}
    return [name for name in planned if name not in parts]


def carry_out(dry: Dry, out: Path) -> tuple[int, float, int]:
    """Carry out a call: its exit status, its seconds, and the bytes that it leaves."""
    before, start = _sizes(out), time.monotonic()
    words = ["--piece", dry.piece, "--tiny", "--out", str(out)]
    words += ["--resume"] if dry.round > 1 else []
    piece = PIECES[dry.piece]
    words += ["--shard", "1"] if isinstance(piece, Sweep) and piece.shards > 1 else []
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - start
    left = {file: size for file, size in _sizes(out).items() if before.get(file) != size}
    with (out / "dry-run.txt").open("a") as log:
        log.write(f"== {dry.title}\n{done.stdout}\n")
    return done.returncode, seconds, sum(size[1] for size in left.values())


def _sizes(out: Path) -> dict[Path, tuple[int, int]]:
    """Map files of a folder to when they were written and how large they are."""
    files = (file for file in out.iterdir() if file.name != "dry-run.txt")
    return {file: (file.stat().st_mtime_ns, file.stat().st_size) for file in files}


def main() -> int:
    """Carry out the dry run; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", default=Path("dry-run"))
    parser.add_argument("--all", action="store_true", help="every piece, not only the plan")
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help="only these")
    given = parser.parse_args()
    if unknown := [name for name in given.pieces if name not in PIECES]:
        parser.error(f"no piece {', '.join(unknown)}; reference_runs.py --list names them")
    out = given.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    names = given.pieces or ([*PIECES] if given.all else plan())
    print(f"{'piece':24} {'exit':>4} {'seconds':>7} {'model':>6} {'MiB':>6}", flush=True)
    bad = 0
    brought: dict[str, int] = {}
    for dry in calls(names):
        status, seconds, size = carry_out(dry, out)
        brought[dry.piece] = brought.get(dry.piece, 0) + size
        large = size > LARGEST_FILE or brought[dry.piece] > LARGEST_PIECE
        bad += bool(status) or large
        told = f"{dry.title:24} {status:4} {seconds:7.1f} {dry.expected:6.1f} {size / 2**20:6.2f}"
        print(told + ("  too large" if large else ""), flush=True)
    print(f"{bad} calls went wrong; see {out / 'dry-run.txt'}" if bad else "all of it runs")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

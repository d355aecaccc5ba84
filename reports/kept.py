"""What is asked of one call, and the run that it goes on with, from a file or a store.

A run is kept in a store of its piece while it is measured. A call that ends exports it and drops
the store; where there is one, a call was killed, and the store holds more than the file.
"""

from dataclasses import dataclass
from pathlib import Path

from budget import GPU, TINY_CPU, Machine
from piece import Piece, Sweep, limit_of

from effprof.core.errors import BadInput
from effprof.core.runs import Run
from effprof.store.store import open_store
from effprof.store.transfer import read_run

#: What a store leaves beside its file where it was not closed.
STORE_ENDINGS = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for: `seconds` is the limit of this call, `pace` the machine's.

    Both are None where they are not given.
    """

    piece: Piece
    shard: int
    tiny: bool
    resume: bool
    out: Path
    seconds: float | None = None
    pace: float | None = None

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
        """Where the run is kept until it is exported."""
        return self.out / f"{self.name}.sqlite"

    @property
    def machine(self) -> Machine:
        """The constants of what is measured."""
        return TINY_CPU if self.tiny else GPU

    def limit(self, pace: float) -> float:
        """Seconds that this call may take."""
        return limit_of(self.piece, pace) if self.seconds is None else self.seconds


def drop_if_exported(asked: Asked, run: Run) -> None:
    """Drop the store of a run, but only when its file reads back as the run."""
    if read_run(asked.file) == run:
        drop(asked.store)


def drop(store: Path) -> None:
    """Delete a store, and what is left beside it where it was not closed."""
    for ending in STORE_ENDINGS:
        store.with_name(store.name + ending).unlink(missing_ok=True)


def find_begun(asked: Asked, piece: Sweep) -> Run | None:
    """Find the run to go on with, and put it into the store; refuse to measure over one.

    A store that is there was left by a call that was killed: it holds all that the file does.
    """
    kept = stored_run(asked.store)
    if not asked.resume:
        refuse_over(asked, kept)
        return None
    if kept is not None:
        _refuse_another(kept, asked, piece, asked.store)
        _refuse_older(kept, asked)
        return kept
    if not asked.file.exists():
        raise BadInput(f"nothing to go on with: {asked.file} is not there; leave out --resume")
    run = read_run(asked.file)
    _refuse_another(run, asked, piece, asked.file)
    if run.status != "complete":
        with open_store(str(asked.store)) as store:
            store.add_runs([run])
    return run


def refuse_over(asked: Asked, kept: Run | None) -> None:
    """Raise `BadInput` where a run would be measured over one that is there."""
    there = asked.file if asked.file.exists() else asked.store
    if there == asked.file or kept is not None:
        raise BadInput(
            f"{there} is there already; go on with it by --resume, or name another --out"
        )


def _refuse_another(run: Run, asked: Asked, piece: Sweep, where: Path) -> None:
    """Raise `BadInput` when the file holds something else than what the piece measures."""
    held, options = run.invocation, piece.options(tiny=asked.tiny)
    kind = held.fingerprint.gating.get("device kind")
    facts = (
        ("device kind", kind, "cpu" if asked.tiny else "cuda"),
        ("repeats", held.repeats, piece.processes(tiny=asked.tiny)),
        ("profile", held.options.profile, options.profile),
    )
    differing = [f"{what} {then}, not {now}" for what, then, now in facts if then != now]
    # Last, and only if need be: names of cells take timm, which takes seconds to load.
    if not differing and held.cells != piece.cells(asked.shard, tiny=asked.tiny):
        differing = [f"{len(held.cells)} cells that are not those of the piece"]
    if differing:
        raise BadInput(
            f"{where} holds no run of {asked.name}: {'; '.join(differing)}; name another --out"
        )


def _refuse_older(kept: Run, asked: Asked) -> None:
    """Raise `BadInput` when the file has outcomes that the store lacks, and would lose them."""
    exported = read_run(asked.file).repeats if asked.file.exists() else ()
    if {(r.cell, r.index) for r in exported} - {(r.cell, r.index) for r in kept.repeats}:
        raise BadInput(
            f"{asked.file} holds measurements that {asked.store} lacks; move one of them elsewhere"
        )


def stored_run(file: Path) -> Run | None:
    """Load the newest run of a store; None where there is no store, or no run in it."""
    if not file.exists():
        return None
    with open_store(str(file), create=False) as store:
        return next((store.load(each.id) for each in store.runs()), None)

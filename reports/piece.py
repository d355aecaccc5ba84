"""What a piece of a reference run is: cells that are measured, a program that prints, or both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from budget import GPU, Call, Task, calls_of

from effprof.claims.claim import PUBLISHED_REPEATS
from effprof.core.axes import AXES, read_flags
from effprof.core.cells import Cell
from effprof.core.runs import MeasureOptions
from effprof.sweep.plan import take_shard
from effprof.sweep.suite import apply_overrides, expand, load_suite

#: Seconds that a call of a piece takes at most, everything included, unless it is told otherwise;
#: and the most that it can be told: what short access to a GPU allows at once.
LIMIT_SECONDS = 500
MOST_SECONDS = 600

#: How a cell is timed: within a per cent, and no longer than time that is short allows. One that
#: hangs is given up before it has eaten the piece.
TIMING = MeasureOptions(target_width=0.01, time_cap_seconds=6, timeout_seconds=150)

#: In a dry run each cell ends as soon as it has begun, whatever else the machine does: a busy one
#: was seen to take 220 s to compile a network of a few layers.
TINY_TIMING = MeasureOptions(
    target_width=0.5, time_cap_seconds=0.3, timeout_seconds=400, allow_busy=True
)

#: The dry run: networks of a few layers.
TINY_MODELS = "test_efficientnet,test_resnet"
TINY_REFERENCE = "test_resnet"
TINY_RESOLUTION = "64"

#: CPUs without units for it multiply numbers of 16 bits a hundred times slower: bfloat16 instead.
TINY_PRECISION = "amp-bf16"

#: Largest file that is committed, in bytes, and all that the calls of one piece bring back (the
#: standard of reference runs: 10 and 40 MiB).
LARGEST_FILE = 10 * 2**20
LARGEST_PIECE = 40 * 2**20


@dataclass(frozen=True, slots=True)
class Sweep:
    """A piece that measures cells and exports a run.

    `axes` replace those of the suite; `tiny` replaces models in the dry run where their names
    matter. The first `profiled` repeats of a cell are profiled, in the first `energy` its energy is
    measured. Each of `shards` is a piece of its own. With `rounds` a call takes one round, one
    repeat of each cell, and ends.
    """

    name: str
    purpose: str
    suite: str
    axes: Mapping[str, str]
    repeats: int = PUBLISHED_REPEATS
    profiled: int = 1
    energy: int = 1
    reference: str | None = None
    shards: int = 1
    rounds: bool = False
    tiny: str = TINY_MODELS
    tiny_repeats: int = 1
    seconds: int = LIMIT_SECONDS

    def arguments(self, shard: int = 1, *, tiny: bool = False) -> list[str]:
        """Write what stands behind `effprof`; with `tiny` what dry-runs it on a CPU."""
        axes, reference = self._tiny() if tiny else (self.axes, self.reference)
        words = ["run", self.suite, *device(tiny=tiny)]
        for name, values in axes.items():
            words += [AXES[name].flag, values]
        if reference is not None:
            words += ["--reference", reference]
        words += ["--repeats", str(self.processes(tiny=tiny)), *self._measuring(tiny=tiny)]
        if self.shards > 1:
            # Two tiny networks, one of them the reference, make one shard and no more.
            words += ["--shard", "1/1" if tiny else f"{shard}/{self.shards}"]
        return words + self.ending()

    def ending(self) -> list[str]:
        """Write the options of a call, of one that goes on with a run too."""
        return ["--no-report", *(("--rounds", "1") if self.rounds else ())]

    def options(self, *, tiny: bool = False) -> MeasureOptions:
        """How the cells are measured, as `effprof run` understands the arguments."""
        return replace(
            TINY_TIMING if tiny else TIMING,
            profile=self.profiled > 0,
            profile_repeats=self.profiled or None,
            energy_repeats=self.energy,
        )

    def processes(self, *, tiny: bool = False) -> int:
        """Say in how many fresh processes each cell is measured."""
        return self.tiny_repeats if tiny else self.repeats

    def tasks(self, shard: int = 1, *, tiny: bool = False) -> tuple[Task, ...]:
        """List the measurements of the piece in the order in which they are taken."""
        cells = self.cells(shard, tiny=tiny)
        return tuple((cell, index) for index in range(self.processes(tiny=tiny)) for cell in cells)

    def cells(self, shard: int = 1, *, tiny: bool = False) -> tuple[Cell, ...]:
        """Expand the piece, or its dry run, to the cells that it measures; loads timm for names."""
        from effprof.sweep.tasks import LibraryResolver

        axes = self._tiny()[0] if tiny else self.axes
        suite = apply_overrides(load_suite(self.suite), read_flags(axes).values)
        expansion = expand(suite, LibraryResolver())
        if self.shards > 1 and not tiny:
            expansion = take_shard(expansion, shard, self.shards)
        return expansion.cells

    def calls(self, tasks: Sequence[Task], pace: float = 1.0) -> tuple[Call, ...]:
        """Say how often the piece is called on a GPU to take `tasks`, and how long each takes."""
        limit = limit_of(self, pace)
        return calls_of(tasks, self.options(), GPU, limit, rounds=self.rounds, pace=pace)

    def _measuring(self, *, tiny: bool) -> list[str]:
        options = self.options(tiny=tiny)
        words = [
            *("--target-width", f"{options.target_width:g}"),
            *("--time-cap", f"{options.time_cap_seconds:g}"),
            *("--timeout", f"{options.timeout_seconds:g}"),
            *(("--allow-busy",) if options.allow_busy else ()),
            "--profile" if options.profile else "--no-profile",
        ]
        if options.profile_repeats is not None:
            words += ["--profile-repeats", str(options.profile_repeats)]
        return [*words, "--energy-repeats", str(options.energy_repeats)]

    def _tiny(self) -> tuple[dict[str, str], str]:
        several = "," in self.axes.get("batch_size", "")
        axes = {
            **self.axes,
            "model": self.tiny,
            "batch_size": "1,2" if several else "1",
            "resolution": TINY_RESOLUTION,
            "precision": "fp32" if self.axes.get("precision") == "fp32" else TINY_PRECISION,
        }
        return axes, TINY_REFERENCE if self.tiny == TINY_MODELS else self.tiny.split(",")[0]


@dataclass(frozen=True, slots=True)
class Check:
    """A piece that runs a program and keeps what it prints.

    `{out}` in an argument is the folder of results; `tiny` are the arguments of the dry run. It
    takes `guess` seconds, `tiny_guess` in the dry run.
    """

    name: str
    purpose: str
    module: str
    arguments: tuple[str, ...]
    guess: int
    tiny: tuple[str, ...]
    tiny_guess: int = 20
    seconds: int = LIMIT_SECONDS


@dataclass(frozen=True, slots=True)
class Series:
    """A piece that carries out other pieces, one after the other, whatever becomes of each.

    The cells that it measures tell the pace of the machine.
    """

    name: str
    purpose: str
    parts: tuple[str, ...]
    seconds: int = LIMIT_SECONDS


Piece = Sweep | Check | Series


def device(*, tiny: bool) -> tuple[str, ...]:
    """Write which device is measured: the first GPU, or the CPU of a dry run."""
    return ("--cpu",) if tiny else ("--gpu", "0")


def limit_of(piece: Piece, pace: float) -> float:
    """Seconds after which a call of a piece is stopped: longer where the machine is slower."""
    return min(MOST_SECONDS, piece.seconds * max(1.0, pace))

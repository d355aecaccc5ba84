"""A run: what was asked, where, and every outcome of it."""

from dataclasses import dataclass, field, replace
from typing import Literal

from effprof.core.cells import Cell
from effprof.core.costs import StaticCost
from effprof.core.formats import IMPORTED, Format
from effprof.core.outcomes import Repeat

RunStatus = Literal["running", "complete", "interrupted"]

#: Ends the name of a device that others measured.
PUBLISHED_MARK = " (published)"

#: Recorded fields that must be equal for outcomes to belong to one run: its numbers are of one
#: software.
SOFTWARE = ("effprof", "torch", "torchvision", "timm", "driver", "cuda", "cudnn")

#: Recorded field that says which part of a suite a run measured, such as `1/2`.
SHARD = "shard"

#: Recorded field that says which time a run was cut to, and what was cut.
BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What must be equal for two runs to be compared (`gating`) and what is only recorded.

    Both map a field name to text; a field that cannot be read is absent from the map and named
    in `missing` with the reason.
    """

    gating: dict[str, str]
    recorded: dict[str, str]
    missing: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Peak:
    """One measured ceiling of the device: `value` in FLOP/s for products, in bytes/s for copies.

    `threads` is the number of CPU threads it was measured with.
    """

    kind: Literal["matmul", "conv3x3", "copy"]
    precision: str
    size: str
    value: float
    threads: int = 1


#: When in a run the machine itself is measured.
Moment = Literal["start", "middle", "end"]

#: Neutral sentinels, those of CPUs first.
Work = Literal["square roots", "cache copy", "memory copy", "clock"]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How long a neutral sentinel took at one moment of a run: fixed work that tells the machine.

    It runs none of the software whose speed a run is about, so that a changed machine can be told
    from changed code. `seconds` are those of one unit of the work, a mean per window of time, in
    the order they were taken. A resumed run has several starts.
    """

    work: Work
    moment: Moment
    taken_at: str
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """What an earlier run of the same machine and software found: it tells how far runs lie apart.

    `step_seconds` maps the keys of cells that both runs planned to the seconds of a step there.
    """

    id: str
    started_at: str
    step_seconds: dict[str, float]


@dataclass(frozen=True, slots=True)
class MeasureOptions:
    """How long and how exactly each cell is measured; seconds, and relative widths.

    Sources: the measuring standard (30 samples, 1 s, 95 % interval of the median; warm-up floor of
    10 steps and 0.5 s). `target_width` is the half-width of the interval over the median.
    `profile_repeats` and `energy_repeats` say how many repeats of a cell, from the first on, take
    these passes: time is dear on some devices, and one profile tells where the step goes. None is
    all of them.
    """

    target_width: float = 0.02
    min_samples: int = 30
    min_seconds: float = 1.0
    time_cap_seconds: float = 60.0
    warmup_steps: int = 10
    warmup_seconds: float = 0.5
    timeout_seconds: float = 900.0
    allow_busy: bool = False
    profile: bool = False
    profile_repeats: int | None = None
    energy_repeats: int | None = None

    def of_repeat(self, index: int) -> "MeasureOptions":
        """Return the options of one repeat of a cell, counted from 0.

        A pass that this repeat does not take is off: `profile` is False, `energy_repeats` is 0.
        """
        return replace(
            self,
            profile=self.profile and _among(index, self.profile_repeats),
            energy_repeats=None if _among(index, self.energy_repeats) else 0,
        )


def _among(index: int, count: int | None) -> bool:
    return count is None or index < count


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one `effprof run` was asked to do, and on what.

    `cells` are the planned cells in suite order, `reference` the model whose speed the others are
    compared with, `suite_hash` the SHA-256 of the expanded suite, `device` one line for people.
    """

    id: str
    started_at: str
    command: str
    suite: str
    suite_hash: str
    reference: str
    device: str
    fingerprint: Fingerprint
    cells: tuple[Cell, ...]
    repeats: int
    options: MeasureOptions = field(default_factory=MeasureOptions)


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """All outcomes of one invocation, with what was measured and counted to explain them.

    `calibrations` are empty in early runs, which took none, and in imported ones. `earlier` are
    the runs of this machine that were known when it ended.
    """

    invocation: Invocation
    status: RunStatus
    finished_at: str | None = None
    peaks: tuple[Peak, ...] = ()
    costs: tuple[StaticCost, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    earlier: tuple[EarlierRun, ...] = ()

    def __repr__(self) -> str:
        """Name it in one line: it holds every sample."""
        return f"<Run {self.summary}>"

    @property
    def summary(self) -> str:
        """What it measured, where, of how many cells, and how it ended unless it is complete."""
        asked = self.invocation
        told = f"{asked.id}: {asked.suite} on {asked.device}, {len(asked.cells)} cells"
        return told if self.status == "complete" else f"{told}, {self.status}"

    @property
    def imported(self) -> Format | None:
        """The format that its numbers came in; None where a sweep took them."""
        return IMPORTED.get(self.invocation.fingerprint.gating.get("method", ""))

    @property
    def published(self) -> bool:
        """Whether others took its numbers and gave no samples."""
        return self.imported is not None and self.imported.published

    @property
    def missing(self) -> tuple[tuple[Cell, int], ...]:
        """Planned (cell, repeat) pairs that have no outcome yet, in plan order."""
        done = {(repeat.cell, repeat.index) for repeat in self.repeats}
        planned = (
            (cell, index)
            for index in range(self.invocation.repeats)
            for cell in self.invocation.cells
        )
        return tuple(pair for pair in planned if pair not in done)

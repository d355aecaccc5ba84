"""Outcomes: what one fresh process found out about a cell, a measurement or a failure."""

from dataclasses import dataclass, field, fields
from typing import Literal

from effprof.core.cells import Cell
from effprof.core.profiles import Profile

FailureKind = Literal["oom", "timeout", "crashed", "cuda_error", "unsupported", "nan", "skipped"]

#: Failures that an exit status of 3 reports: the others are answers, not accidents.
ACCIDENTS: frozenset[FailureKind] = frozenset({"timeout", "crashed", "cuda_error", "nan"})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a cell has no measurement; `detail` keeps the traceback for `--debug` and the store."""

    kind: FailureKind
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Timing:
    """Raw samples of one process, in seconds per step.

    `throughput` samples come from steps queued back to back, `latency` samples from steps that
    were each waited for; on a CPU every step is waited for and both are the same samples. Where a
    loader of several processes feeds the steps, each sample is the mean of as many steps, and there
    is no latency.
    `forward`, `backward` and `optimizer` split a training step and come from a pass of their own.
    `first_step_seconds` is None where others took the numbers and did not tell it.

    `taken` are all steps of the timing pass of a CPU in order, those included that do not count
    because they were held up; `waited` the seconds of each in which its threads were ready and had
    no core, `cpu` their CPU seconds, `switches` how often they were put off a core. Earlier files
    have none of these.
    """

    throughput: tuple[float, ...]
    latency: tuple[float, ...]
    warmup: tuple[float, ...]
    first_step_seconds: float | None
    compile_seconds: float | None = None
    forward: tuple[float, ...] = ()
    backward: tuple[float, ...] = ()
    optimizer: tuple[float, ...] = ()
    taken: tuple[float, ...] = ()
    waited: tuple[float, ...] = ()
    cpu: tuple[float, ...] = ()
    switches: tuple[float, ...] = ()
    converged: bool = True
    relative_width: float | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak memory of a step in bytes; None where the device has no such number.

    GPU: what the allocator gave out, what it holds, and what the device lost: `device_used_bytes`
    to a step that starts with an empty cache, `device_held_bytes` to the steps before it, with all
    that the allocator kept for later, as nvidia-smi shows it. CPU: how far the resident set grew
    over the idle worker, weights included.
    """

    peak_allocated_bytes: int | None = None
    peak_reserved_bytes: int | None = None
    device_used_bytes: int | None = None
    peak_rss_bytes: int | None = None
    device_held_bytes: int | None = None


#: The numbers of memory by name.
MEMORY_NUMBERS = tuple(number.name for number in fields(Memory))


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy that the device drew over a window of `images` images."""

    joules: float
    seconds: float
    images: int
    method: Literal["counter"] = "counter"


@dataclass(frozen=True, slots=True)
class Conditions:
    """The state of the machine while the cell was timed; None where it cannot be read.

    `cpu_share` is CPU time over wall time per thread, `foreign_cpu` the number of cores that
    other processes kept busy, `minor_faults_per_step` page faults of the worker in a timed step.
    `sm_clock_hz` is the lowest and the highest clock seen between batches of steps,
    `limited_shares` the share of the time for which each limit, such as `power cap`, held the
    clocks of a GPU down; a limit that is not counted is absent. `throttle_reasons` are the limits
    seen between batches, and those that held for more than a hundredth of the time. `clean_share`
    is the share of the steps that nothing held up.
    """

    cpu_share: float | None = None
    foreign_cpu: float | None = None
    steal: float | None = None
    load_average: float | None = None
    minor_faults_per_step: float | None = None
    allocator: str | None = None
    governor: str | None = None
    affinity: tuple[int, ...] = ()
    sm_clock_hz: tuple[float, float] | None = None
    memory_clock_hz: float | None = None
    temperature_celsius: float | None = None
    power_watts: float | None = None
    throttle_reasons: tuple[str, ...] | None = None
    foreign_gpu_processes: int | None = None
    limited_shares: dict[str, float] = field(default_factory=dict)
    clean_share: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """A cell that ran, with its raw samples and whether they are valid.

    `invalid_reasons` says what was wrong with the machine or the samples and what to do.
    `rough_reasons` says why the machine was not quiet: then the samples are what steps would have
    taken without waiting, an answer, though a rough one. `missing` names every number that could
    not be taken, with the reason.
    `measuring_seconds` is the time spent stepping the model after its first step: warm-up, timing,
    memory, energy and profile passes.
    """

    timing: Timing
    memory: Memory = field(default_factory=Memory)
    energy: Energy | None = None
    conditions: Conditions = field(default_factory=Conditions)
    invalid_reasons: tuple[str, ...] = ()
    rough_reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    profile: Profile | None = None
    measuring_seconds: float = 0.0
    build_seconds: float = 0.0

    @property
    def valid(self) -> bool:
        """Whether nothing spoke against the samples."""
        return not self.invalid_reasons and not self.rough_reasons

    @property
    def rough(self) -> bool:
        """Whether it is an answer all the same, of a machine that was not quiet."""
        return bool(self.rough_reasons) and not self.invalid_reasons


Outcome = Measurement | Failure


@dataclass(frozen=True, slots=True)
class Repeat:
    """The outcome of one fresh process on one cell.

    `index` counts the process-level repeats of the cell from 0, `started_at` is UTC in ISO 8601,
    `seconds` the wall time from asking for the worker to holding its outcome.
    """

    cell: Cell
    index: int
    outcome: Outcome
    started_at: str
    seconds: float

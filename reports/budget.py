"""What a piece takes: a model of seconds and bytes from named constants, times a pace.

Seconds are those at the cap of the timing pass, so that a round that fits by the model fits indeed.
The pace is how much longer a machine takes than the model says: the piece `smoke` measures it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from effprof.core.cells import SYNTHETIC, Cell, Mode
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions, Run

#: One measurement: a cell and the number of its repeat, counted from 0.
Task = tuple[Cell, int]

#: Seconds of a call that are kept back for stopping and the export.
STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Machine:
    """The constants of the model for one kind of machine, in seconds unless said otherwise.

    `start` passes before the first measurement of a new run (torch from a cold disk, static costs,
    peaks), `resumed` before that of one that is gone on with. Each measurement takes `worker`
    (fresh process, context, network, first step), `warm_up`, the cap of the timing pass and
    `passes` (latency, memory, phases of training).

    A profile takes `row` per row of its trace: of each of `operators` of a step, by mode,
    `rows` per step, in `profile_steps` steps. `compile_cold` is what a compiled cell adds in its
    first repeat and `compile_warm` in the later ones, whose kernels lie in a cache; `loader` what
    decoding JPEG files adds. `samples` are the steps that are kept of a measurement.
    """

    start: float
    resumed: float
    worker: float
    warm_up: float
    passes: float
    row: float
    rows: float
    operators: Mapping[Mode, int]
    profile_steps: int
    energy: float
    compile_cold: float
    compile_warm: float
    loader: float
    samples: int


#: A GPU that is fast beside its host. Guesses, but for the profile: 43 to 48 us for each row of a
#: trace, read without a GPU; rows from B0, 3,700 a step, and from its training, 13,200.
GPU = Machine(
    start=30.0,
    resumed=15.0,
    worker=1.5,
    warm_up=0.7,
    passes=0.8,
    row=45e-6,
    rows=18.0,
    operators={"infer": 260, "train": 660},
    profile_steps=6,
    energy=2.0,
    compile_cold=20.0,
    compile_warm=3.0,
    loader=5.0,
    samples=1000,
)

#: A CPU with the networks of a few layers of the dry run, whose profile is taken by the clock.
TINY_CPU = Machine(
    start=14.0,
    resumed=12.0,
    worker=0.8,
    warm_up=0.15,
    passes=0.2,
    row=100e-6,
    rows=1.0,
    operators={"infer": 50, "train": 135},
    profile_steps=21,
    energy=0.0,
    compile_cold=25.0,
    compile_warm=8.0,
    loader=3.0,
    samples=150,
)

#: Bytes of an exported file, compressed, fitted to published runs within a tenth: of a sample, of
#: an operator of a profile, of a measurement without them, and of a static cost.
SAMPLE_BYTES = 9
OPERATOR_BYTES = 14
REPEAT_BYTES = 300
COST_BYTES = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a piece: the round in which it begins, from 1, its seconds and its measurements.

    `whole` says that it ends a round.
    """

    round: int
    seconds: float
    tasks: int
    whole: bool


def task_seconds(task: Task, options: MeasureOptions, machine: Machine) -> float:
    """Seconds of one measurement, from the start of its process to its outcome."""
    cell, index = task
    own = options.of_repeat(index)
    fed = cell.loader != SYNTHETIC
    seconds = machine.worker + machine.warm_up + options.time_cap_seconds + machine.passes
    if own.profile and not fed:
        seconds += profile_seconds(cell.mode, machine)
    if own.energy_repeats != 0:
        seconds += machine.energy
    if cell.execution == "compile":
        seconds += machine.compile_warm if index else machine.compile_cold
    return seconds + machine.loader * fed


def profile_seconds(mode: Mode, machine: Machine) -> float:
    """Seconds of the profile pass: what the rows of its trace take."""
    return machine.row * machine.rows * machine.operators[mode] * machine.profile_steps


def seconds_of(
    tasks: Iterable[Task], options: MeasureOptions, machine: Machine, *, resumed: bool
) -> float:
    """Seconds of a command that takes these measurements, start and all."""
    start = machine.resumed if resumed else machine.start
    return start + sum(task_seconds(task, options, machine) for task in tasks)


def export_bytes(tasks: Sequence[Task], options: MeasureOptions, machine: Machine) -> int:
    """Bytes of the exported file that holds these measurements."""
    profiled = (cell for cell, index in tasks if options.of_repeat(index).profile)
    operators = sum(machine.operators[cell.mode] for cell in profiled)
    measured = len(tasks) * (REPEAT_BYTES + SAMPLE_BYTES * machine.samples)
    return measured + OPERATOR_BYTES * operators + COST_BYTES * len({cell for cell, _ in tasks})


def pace_of(run: Run, options: MeasureOptions, machine: Machine) -> float | None:
    """How much longer the measurements of a run took than the model says; None without any."""
    done = [each for each in run.repeats if isinstance(each.outcome, Measurement)]
    expected = sum(task_seconds((each.cell, each.index), options, machine) for each in done)
    return sum(each.seconds for each in done) / expected if done else None


def calls_of(
    tasks: Sequence[Task],
    options: MeasureOptions,
    machine: Machine,
    limit: float,
    *,
    rounds: bool = False,
    pace: float = 1.0,
) -> tuple[Call, ...]:
    """Deal measurements out to calls of `limit` seconds, each begun where the last was cut.

    What runs when a call is cut is lost and taken anew. With `rounds` a call ends with its round.
    """
    calls: list[Call] = []
    left = list(tasks)
    while left:
        first = left[0][1]
        spent = pace * (machine.resumed if calls else machine.start)
        done = 0
        for task in left:
            taken = spent + pace * task_seconds(task, options, machine)
            if taken > limit - STOP_SECONDS or (rounds and task[1] != first):
                break
            spent, done = taken, done + 1
        ends = done == len(left) or left[done][1] != first
        cut = done < len(left) and not (rounds and ends)
        calls.append(Call(first + 1, limit if cut else spent, done, ends))
        if not done:
            break  # not even one fits; the limit is told where it is given
        left = left[done:]
    return tuple(calls)

"""What is printed of the model: the list of pieces, what fits into some minutes, and the pace."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from budget import GPU, Machine, export_bytes, pace_of, task_seconds
from piece import Check, Piece, Series, Sweep
from pieces import PIECES

from effprof.core.outcomes import Measurement, Repeat
from effprof.core.runs import MeasureOptions, Run


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the plan: a piece, or one round of it, with the seconds that it takes.

    `needed` says that without it the others are worth little: what is not needed is dropped first.
    """

    piece: str
    round: int | None
    seconds: float
    calls: int
    needed: bool

    @property
    def title(self) -> str:
        """The step in words."""
        return self.piece if self.round is None else f"{self.piece}, round {self.round}"


@dataclass(frozen=True, slots=True)
class Row:
    """What the list says of one piece: sizes of one part, seconds of all calls of it, bytes."""

    parts: int
    cells: int
    repeats: int
    seconds: float
    calls: int
    size: int


#: The order in which time is filled: a piece, or some rounds of it, and whether it is needed. A
#: ratio has an interval from two rounds on, and a verdict from five.
AGENDA: tuple[tuple[str, range | None, bool], ...] = (
    ("smoke", None, True),
    ("gpu-first", range(1, 3), True),
    ("gpu-first", range(3, 5), False),
    ("b0-profile", None, True),
    ("gpu-first", range(5, 6), False),
    *((name, None, False) for name in ("zoo", "loader", "compiled", "fused", "aa")),
)


def print_list(pace: float, minutes: float) -> None:
    """Print a row per piece, then what fits into some minutes at a pace."""
    heads = ("parts", "cells", "runs", "seconds", "calls", "MiB")
    print(f"{'piece':24}" + "".join(f" {head:>7}" for head in heads) + "  for")
    for piece in PIECES.values():
        row = row_of(piece, pace)
        numbers = (row.parts, row.cells or "", row.repeats or "", f"{row.seconds:.0f}", row.calls)
        size = f"{row.size / 2**20:.2f}" if row.size else ""
        told = "".join(f" {number:>7}" for number in (*numbers, size))
        print(f"{piece.name:24}{told}  {piece.purpose}")
    print(
        "cells, runs, seconds, calls and MiB are those of one part; seconds are those of a model at"
        f" pace {pace:g}; what takes more than one call is gone on with by --resume"
    )
    print_plan(tuple(steps(pace)), 60 * minutes, pace)


def row_of(piece: Piece, pace: float) -> Row:
    """Work out what the list says of a piece."""
    match piece:
        case Check():
            return Row(1, 0, 0, pace * piece.guess, 1, 0)
        case Series():
            rows = [row_of(PIECES[name], pace) for name in piece.parts]
            seconds, size = sum(row.seconds for row in rows), sum(row.size for row in rows)
            return Row(1, 0, 0, seconds, 1, size)
        case Sweep():
            tasks = max((piece.tasks(1 + n) for n in range(piece.shards)), key=len)
            calls = piece.calls(tasks, pace)
            size = export_bytes(tasks, piece.options(), GPU)
            cells, seconds = len(tasks) // piece.repeats, sum(call.seconds for call in calls)
            return Row(piece.shards, cells, piece.repeats, seconds, len(calls), size)


def steps(pace: float) -> Iterator[Step]:
    """Work out the steps of the plan at a pace, in the order in which they are taken."""
    for name, rounds, needed in AGENDA:
        piece = PIECES[name]
        if rounds is None:
            row = row_of(piece, pace)
            yield Step(name, None, row.seconds, row.calls, needed)
            continue
        assert isinstance(piece, Sweep), "what has rounds is a sweep"
        calls = piece.calls(piece.tasks(), pace)
        for number in rounds:
            own = [call for call in calls if call.round == number]
            yield Step(name, number, sum(call.seconds for call in own), len(own), needed)


def fitting(plan: Iterable[Step], seconds: float) -> tuple[Step, ...]:
    """Choose what fits, in the order of the plan: what is needed first, and rounds in turn."""
    plan = tuple(plan)
    chosen: set[Step] = set()
    for step in sorted(plan, key=lambda step: not step.needed):
        own = {each for each in plan if each.piece == step.piece}
        earlier = {each for each in own if (each.round or 0) < (step.round or 0)}
        taken = sum(each.seconds for each in chosen)
        if earlier <= chosen and taken + step.seconds <= seconds:
            chosen.add(step)
    return tuple(step for step in plan if step in chosen)


def print_plan(plan: tuple[Step, ...], seconds: float, pace: float) -> None:
    """Print what fits, each with the minute at which it begins, and what does not."""
    chosen, at = fitting(plan, seconds), 0.0
    print(f"\n{seconds / 60:g} minutes at pace {pace:g}, without the pauses between commands:")
    for step in chosen:
        calls = f", {step.calls} calls" if step.calls > 1 else ""
        print(f"  {int(at // 60):3}:{int(at % 60):02}  {step.title}: {step.seconds:.0f} s{calls}")
        at += step.seconds
    print(f"  {int(at // 60):3}:{int(at % 60):02}  {seconds - at:.0f} s are left over")
    rest = ", ".join(f"{s.title} ({s.seconds:.0f} s)" for s in plan if s not in chosen)
    print(f"with more time, in this order: {rest or 'all of it fits'}")


def print_calibration(run: Run, options: MeasureOptions, machine: Machine) -> None:
    """Print the seconds of each measurement beside those of the model, and the pace.

    `process` is the time outside measuring, `timing` that of the timed steps, `rest` that of all
    other passes: warm-up, latency, memory, energy and profile.
    """
    heads = ("took", "model", "x", "process", "timing", "rest")
    print("".join(f"{head:>8}" for head in heads) + "  cell")
    for repeat in run.repeats:
        expected = task_seconds((repeat.cell, repeat.index), options, machine)
        numbers = (repeat.seconds, expected, repeat.seconds / expected, *_split(repeat))
        print("".join(f"{number:8.2f}" for number in numbers) + f"  {repeat.cell.key}")
    pace = pace_of(run, options, machine)
    if pace is None:
        print("no pace: nothing was measured")
    else:
        print(f"pace {pace:.2f}: see what fits with --list --pace {pace:.2f}")


def _split(repeat: Repeat) -> tuple[float, ...]:
    if not isinstance(repeat.outcome, Measurement):
        return ()
    measuring, timing = repeat.outcome.measuring_seconds, sum(repeat.outcome.timing.throughput)
    return repeat.seconds - measuring, timing, measuring - timing

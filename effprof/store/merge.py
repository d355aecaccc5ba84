"""Shards of one suite, measured by several calls, become one run."""

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from effprof.core.cells import Cell
from effprof.core.errors import BadInput, NotComparable
from effprof.core.machines import likeness
from effprof.core.outcomes import Measurement, Repeat
from effprof.core.runs import SHARD, SOFTWARE, EarlierRun, Invocation, Peak, Run

#: Recorded field that names the runs a merged run was made of.
MERGED = "merged from"


@dataclass(frozen=True, slots=True)
class Merged:
    """A run made of shards, and how many repeats of the reference were set aside for it."""

    run: Run
    set_aside: int


@dataclass(frozen=True, slots=True)
class _Shard:
    """Part `index` (from 0) of `count` of a suite."""

    index: int
    count: int
    run: Run

    @property
    def repeats(self) -> dict[Cell, list[Repeat]]:
        by_cell: dict[Cell, list[Repeat]] = {}
        for repeat in self.run.repeats:
            by_cell.setdefault(repeat.cell, []).append(repeat)
        return by_cell


def merge_shards(runs: Sequence[Run]) -> Merged:
    """Join all shards of a suite to the run that one call would have made.

    Cells keep the order of the suite. Every shard measured the reference: of a cell that several
    hold, the repeats of the shard with the most valid ones are kept (of the first among equals),
    since repeats of two shards were not interleaved. Of equal peaks the larger stays. The same
    shards give the same run. Raises `BadInput` when a run is no shard, is unfinished, or a shard
    is missing or there twice; `NotComparable` naming the fields in which they differ.
    """
    shards = _shards(runs)
    first = shards[0].run
    for shard in shards[1:]:
        _refuse_other(first, shard.run)
    cells = _whole(shards)
    kept: dict[Cell, list[Repeat]] = {}
    held = 0
    for shard in sorted(shards, key=lambda each: each.index):
        for cell, repeats in shard.repeats.items():
            held += len(repeats)
            if cell not in kept or _valid(repeats) > _valid(kept[cell]):
                kept[cell] = repeats
    place = {cell: position for position, cell in enumerate(cells)}
    repeats = sorted(
        (repeat for each in kept.values() for repeat in each),
        key=lambda repeat: (repeat.index, place[repeat.cell]),
    )
    run = Run(
        invocation=_invocation([shard.run.invocation for shard in shards], cells),
        status="complete",
        finished_at=max(shard.run.finished_at or "" for shard in shards),
        peaks=_peaks(shards),
        costs=tuple({cost.key: cost for s in reversed(shards) for cost in s.run.costs}.values()),
        repeats=tuple(repeats),
        calibrations=tuple(
            sorted(
                (taken for shard in shards for taken in shard.run.calibrations),
                key=lambda taken: taken.taken_at,
            )
        ),
        earlier=tuple(_earlier(shards)),
    )
    return Merged(run, held - len(repeats))


def _shards(runs: Sequence[Run]) -> list[_Shard]:
    """Sort the runs by which shard they are; raises `BadInput` unless each is there once."""
    shards: dict[tuple[int, int], _Shard] = {}
    problems = []
    for run in runs:
        run_id = run.invocation.id
        part = run.invocation.fingerprint.recorded.get(SHARD, "")
        told = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", part)
        if told is None:
            problems.append(f"run {run_id} is no shard: it was not made with --shard")
            continue
        if run.status != "complete":
            problems.append(
                f"shard {part}, run {run_id}, is {run.status}; finish it: "
                f"effprof run --resume {run_id}"
            )
        shard = _Shard(int(told[1]) - 1, int(told[2]), run)
        twin = shards.setdefault((shard.index, shard.count), shard)
        if twin is not shard:
            problems.append(f"shard {part} is there twice: {twin.run.invocation.id} and {run_id}")
    counts = sorted({count for _, count in shards})
    if len(counts) > 1:
        problems.append(f"shards of {' and of '.join(map(str, counts))} do not make one run")
    elif counts:
        absent = [i for i in range(counts[0]) if (i, counts[0]) not in shards]
        problems += [f"shard {i + 1}/{counts[0]} is missing" for i in absent]
    if problems or not shards:
        raise BadInput("\n".join(problems or ["no shards to merge"]))
    return [shards[key] for key in sorted(shards)]


def _refuse_other(first: Run, second: Run) -> None:
    """Raise `NotComparable` naming every field in which two shards of one suite must not differ."""
    one, other = first.invocation, second.invocation
    fields = ("suite", "suite_hash", "reference", "repeats")
    differing = {name: (getattr(one, name), getattr(other, name)) for name in fields}
    options = asdict(one.options), asdict(other.options)
    differing |= {f"options.{name}": (options[0][name], options[1][name]) for name in options[0]}
    differing |= dict(likeness(first, second).differing)
    recorded = one.fingerprint.recorded, other.fingerprint.recorded
    differing |= {name: (recorded[0].get(name), recorded[1].get(name)) for name in SOFTWARE}
    told = [f"{name}: {a} and {b}" for name, (a, b) in differing.items() if a != b]
    if told:
        raise NotComparable(
            f"runs {one.id} and {other.id} are not shards of one run: {'; '.join(told)}; "
            "measure the shards again with the same suite, options and software on one kind of"
            " machine"
        )


def _whole(shards: Sequence[_Shard]) -> tuple[Cell, ...]:
    """Put the cells of all shards in the order of the suite, whose settings stand together.

    Each shard was dealt every `count`-th cell, so its place tells that of the cell in the suite.
    Cells of the reference that only stand beside them come behind those that precede them anywhere.
    """
    reference = shards[0].run.invocation.reference
    planned = [shard.run.invocation.cells for shard in shards]
    compared = {c.setting for cells in planned for c in cells if c.model != reference}
    starts: dict[Cell, float] = {}
    places: dict[Cell, float] = {}
    for shard, cells in zip(shards, planned, strict=True):
        dealt = (c for c in cells if c.model != reference or c.setting not in compared)
        for number, cell in enumerate(dealt):
            places[cell] = number * shard.count + shard.index
            starts[cell.setting] = min(starts.get(cell.setting, math.inf), places[cell])
    dealt_places = dict(places)
    for cells in planned:
        before: dict[Cell, float] = {}
        for cell in cells:
            setting = cell.setting
            if cell in dealt_places:
                before[setting] = dealt_places[cell] + _BEHIND
            else:
                places[cell] = max(places.get(cell, -1.0), before.get(setting, -1.0))
    return tuple(sorted(places, key=lambda cell: (starts[cell.setting], places[cell])))


#: Less than the distance between two places.
_BEHIND = 0.5


def _earlier(shards: Sequence[_Shard]) -> Iterator[EarlierRun]:
    """Join what the shards knew of earlier runs."""
    known: dict[str, EarlierRun] = {}
    for each in (each for shard in shards for each in shard.run.earlier):
        there = known.get(each.id, each)
        known[each.id] = replace(each, step_seconds=there.step_seconds | each.step_seconds)
    yield from sorted(known.values(), key=lambda each: (each.started_at, each.id))


def _valid(repeats: Sequence[Repeat]) -> int:
    outcomes = (repeat.outcome for repeat in repeats)
    return sum(isinstance(outcome, Measurement) and outcome.valid for outcome in outcomes)


def _peaks(shards: Sequence[_Shard]) -> tuple[Peak, ...]:
    largest: dict[tuple[str, ...], Peak] = {}
    for peak in (peak for shard in shards for peak in shard.run.peaks):
        key = (peak.kind, peak.precision, peak.size, str(peak.threads))
        if key not in largest or peak.value > largest[key].value:
            largest[key] = peak
    return tuple(largest.values())


def _invocation(parts: Sequence[Invocation], cells: tuple[Cell, ...]) -> Invocation:
    """Describe the merged run; its id follows from those of its parts."""
    first = min(parts, key=lambda part: part.started_at)
    marks = first.fingerprint
    recorded = {name: text for name, text in marks.recorded.items() if name != SHARD}
    ids = ", ".join(part.id for part in parts)
    date = "".join(c for c in first.started_at[:19] if c.isdigit())
    return replace(
        first,
        id=f"{date[:8]}-{date[8:]}-{hashlib.sha256(ids.encode()).hexdigest()[:6]}",
        command="\n".join(part.command for part in parts),
        fingerprint=replace(marks, recorded=recorded | {MERGED: ids}),
        cells=cells,
    )

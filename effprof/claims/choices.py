"""Cells of several networks that were measured alike: equal settings, the largest common batch."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

from effprof.claims.claim import NotMeasured
from effprof.claims.evidence import Evidence, Measured, Wanted
from effprof.core.cells import EXECUTIONS, MEMORY_FORMATS, Cell

#: One network by its names, the preferred one first, each with what is wanted of it.
Choice = tuple[Wanted, ...]

#: The cell of one network, from every run that measured it.
Found = tuple[Measured, ...]

#: "Large batch": from here on a GPU is taken to be full (claims' own definition).
LARGE_BATCH = 64

#: What is asked for where nothing of `LARGE_BATCH` or more is there; the second may not fit.
LARGE_BATCHES = (64, 256)

#: Axes that must be equal for all where a wish leaves them open.
_SETTING = ("batch_size", "precision", "memory_format", "execution", "threads")


def measured_alike(
    evidence: Evidence, choices: Sequence[Choice], smallest_batch: int = 1
) -> tuple[Found, ...] | NotMeasured:
    """Find one cell per choice such that they differ in nothing that was left open.

    Of the settings that all choices have, the largest batch counts, then nchw before nhwc, eager
    before compiled, fewest threads. Names of a choice are tried in order. Published
    networks were each timed at the largest batch that fitted: their batches may differ.
    """
    by_setting = [_by_setting(evidence, choice, smallest_batch) for choice in choices]
    common = set(by_setting[0]).intersection(*by_setting[1:])
    if not common:
        return NotMeasured(_reason(choices, smallest_batch), _lacking(evidence, choices))
    best = max(
        common, key=lambda setting: max(preference(f[0].cell) for f in _at(by_setting, setting))
    )
    return _at(by_setting, best)


def _at(by_setting: Sequence[dict[Hashable, Found]], setting: Hashable) -> tuple[Found, ...]:
    return tuple(found[setting] for found in by_setting)


def _by_setting(evidence: Evidence, choice: Choice, smallest_batch: int) -> dict[Hashable, Found]:
    """Group what was measured of a network by the axes left open, first name and batch first."""
    axes = _open_axes(evidence, choice)
    grouped: dict[Hashable, list[Measured]] = {}
    for wanted in choice:
        found = [e for e in evidence.find(wanted) if e.cell.batch_size >= smallest_batch]
        fresh: dict[Hashable, list[Measured]] = {}
        for each in sorted(found, key=lambda each: preference(each.cell), reverse=True):
            setting = tuple(getattr(each.cell, axis) for axis in axes)
            fresh.setdefault(setting, []).append(each)
        grouped = fresh | grouped
    return {
        setting: tuple(each for each in found if each.cell == found[0].cell)
        for setting, found in grouped.items()
    }


def _open_axes(evidence: Evidence, choice: Choice) -> list[str]:
    """Name the axes that the wishes of a choice leave open: to any value, or to one of several."""
    asked = {axis: {getattr(wish, axis) for wish in choice} for axis in _SETTING}
    free = (axis for axis, values in asked.items() if None in values or len(values) > 1)
    return [axis for axis in free if not (evidence.published and axis == "batch_size")]


def preference(cell: Cell) -> tuple[int, ...]:
    """Rank the settings of cells: larger is taken first."""
    formats, executions = MEMORY_FORMATS.index, EXECUTIONS.index
    order = -formats(cell.memory_format), -executions(cell.execution), -cell.threads
    return cell.batch_size, *order


def _lacking(evidence: Evidence, choices: Sequence[Choice]) -> tuple[Wanted, ...]:
    """Name what to measure, by preferred names; an open batch is asked for in two sizes."""
    wishes = [
        wish if wish.batch_size is not None else replace(wish, batch_size=batch)
        for wish, *_ in choices
        for batch in LARGE_BATCHES
    ]
    return tuple(wish for wish in dict.fromkeys(wishes) if not evidence.find(wish))


def _reason(choices: Sequence[Choice], smallest_batch: int) -> str:
    names = "; ".join(wish.text for wish, *_ in choices)
    batch = f" at one batch of {smallest_batch} or more" if smallest_batch > 1 else ""
    return f"not measured alike{batch}: {names}"

"""Where series had which level: known steps, and those that the slow path finds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from effprof.regressions.change_points import change_points
from effprof.regressions.packing import Packed, pack, segment_residuals, without_spikes
from effprof.regressions.policies import MIN_SEGMENT
from effprof.regressions.series import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Series cut into segments of one level each; places count the nights that have a value.

    `forced` maps rows to the places of steps that are known, `found` to those of the slow path,
    which come after them; `clean` holds the logarithms without spikes; `residuals` are the
    distances of logarithms from their segment's median.
    """

    packed: Packed
    forced: dict[int, tuple[int, ...]]
    found: dict[int, tuple[int, ...]]
    clean: Floats
    residuals: Floats

    def starts(self, stop: Ints) -> Ints:
        """Find where the segment begins that holds the nights before place `stop`, for each row.

        A found step counts once it has `MIN_SEGMENT` nights before `stop`.
        """
        starts = np.zeros_like(stop)
        for steps, late in ((self.forced, 0), (self.found, MIN_SEGMENT)):
            for row, places in steps.items():
                before = [place for place in places if place + late <= stop[row]]
                starts[row] = max((starts[row], *before))
        return starts

    def segment(self, row: int, place: int) -> tuple[slice, slice]:
        """Find the places of the segments before and from a step."""
        bounds = {*self.forced.get(row, ()), *self.found.get(row, ())}
        before = max((bound for bound in bounds if bound < place), default=0)
        after = min((bound for bound in bounds if bound > place), default=self.packed.count[row])
        return slice(before, place), slice(place, int(after))


def levels_of(values: Floats, known: Iterable[tuple[int, int]]) -> Levels:
    """Cut series [series, nights] into levels at known steps (row, night) and where they step."""
    packed = pack(values)
    forced = places_of(packed, known)
    start = np.zeros_like(packed.count)
    for row, places in forced.items():
        start[row] = places[-1]
    clean = without_spikes(packed.logs, packed.count)
    found = change_points(clean, packed.count, start)
    segments = np.zeros(packed.logs.shape, dtype=np.int64)
    for steps in (forced, found):
        for row, places in steps.items():
            for place in places:
                segments[row, place:] += 1
    return Levels(packed, forced, found, clean, segment_residuals(packed.logs, segments))


def places_of(packed: Packed, known: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    """Find the places of steps (row, night) in packed series; a row's first night is none."""
    steps = sorted(set(known))
    if not steps:
        return {}
    rows, nights = (np.array(column, dtype=np.int64) for column in zip(*steps, strict=True))
    places = (packed.nights[rows] < nights[:, None]).sum(axis=1)
    forced: dict[int, tuple[int, ...]] = {}
    for row, place in zip(rows.tolist(), places.tolist(), strict=True):
        if place:
            forced[row] = (*forced.get(row, ()), place)
    return forced

"""Did the machine move tonight? Sentinel cells that step, or the bulk of all cells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from effprof.core.events import EventKind
from effprof.core.runs import Work
from effprof.regressions.baselines import Baseline, baseline
from effprof.regressions.bulk_shift import moved_with, shift_together
from effprof.regressions.changes import Found
from effprof.regressions.common_noise import USUAL_SIGMAS
from effprof.regressions.policies import (
    BASELINE_NIGHTS,
    CONFIRMING_CHANGE,
    CONFIRMING_SIGMAS,
    MIN_SEGMENT,
    SAME_STEP_NIGHTS,
)
from effprof.regressions.run_error import kept_pace
from effprof.regressions.view import View

#: Times the usual size of what all cells share that each of several nights in a row must reach.
LASTING_SIGMAS = 2.5


@dataclass(frozen=True, slots=True)
class MachineStep:
    """A night from which on all cells were faster or slower; `shift` is a logarithm of times.

    `kind` is `software` where the machine's own fixed work kept its pace.
    """

    night: int
    shift: float
    kind: EventKind = "machine"

    def explains(self, found: Found) -> bool:
        """Tell whether a step of one series is the machine's."""
        near = abs(found.night - self.night) <= SAME_STEP_NIGHTS
        return near and found.new > 0 and found.old > 0 and moved_with(self.shift, found.size)


def bulk_tonight(view: View) -> float | None:
    """Find the shift (a logarithm) of the bulk of cells tonight, as first measured."""
    before = baseline(view.all_levels, view.tonight)
    return _together(view, before, view.tonight, USUAL_SIGMAS)


def _together(view: View, before: Baseline, night: int, sigmas: float) -> float | None:
    """Find the shift of the bulk on a night, if it is more than all cells often share."""
    shift = shift_together(before, view.all_of(night), view.leads)
    return shift if shift is not None and abs(shift) >= sigmas * _shared(view) else None


def _shared(view: View) -> float:
    """Give the usual size of what all cells share from night to night; 0 where that is nothing."""
    metrics = {view.history.keys[int(view.noisy[lead])].metric for lead in view.leads}
    return max((view.common.usual.get(metric, 0.0) for metric in metrics), default=0.0)


def machine_step(
    view: View, found: Iterable[Found], sentinels: frozenset[str]
) -> MachineStep | None:
    """Find the machine's step that tonight gives away.

    The bulk of cells counts on its first night when those that were measured again confirm it,
    else on the third night in a row. A sentinel cell's step counts as any series' does, and where
    neutral sentinels say that the machine kept its pace it is no more than that.
    """
    bulk = bulk_tonight(view)
    if bulk is not None and _confirmed(view, bulk):
        return _caused(view, view.tonight, bulk)
    if (lasting := _lasting(view)) is not None:
        return _caused(view, view.tonight - MIN_SEGMENT + 1, lasting)
    keys, noisy = view.history.keys, set(view.noisy.tolist())
    steps = [each for each in found if keys[each.row].cell in sentinels and each.row in noisy]
    if not steps:
        return None
    largest = max(steps, key=lambda each: abs(each.size))
    step = _caused(view, largest.night, largest.size)
    return step if step.kind == "machine" else None


def _caused(view: View, night: int, shift: float) -> MachineStep:
    """Tell by the neutral sentinels what moved all cells; without them it is the machine."""
    nights = view.history.nights
    before = [each.paces for each in nights[:night] if each.paces][-BASELINE_NIGHTS:]
    after = [each.paces for each in nights[night:] if each.paces]
    works = {work for one in before for work in one} & {work for one in after for work in one}
    moved = [_usual(work, after) - _usual(work, before) for work in works]
    kept = bool(moved) and kept_pace(moved, shift)
    return MachineStep(night, shift, "software" if kept else "machine")


def _usual(work: Work, nights: list[Mapping[Work, float]]) -> float:
    return float(np.median([np.log(paces[work]) for paces in nights if work in paces]))


def _confirmed(view: View, shift: float) -> bool:
    change = (view.all_again - baseline(view.all_levels, view.tonight).level)[view.leads]
    change = change[np.isfinite(change)]
    if not len(change):
        return False
    again = float(np.median(change))
    unusual = abs(again) >= CONFIRMING_SIGMAS * _shared(view)
    return again * shift > 0 and abs(np.expm1(again)) >= CONFIRMING_CHANGE and unusual


def _lasting(view: View) -> float | None:
    """Find the shift of the last nights against those before, if every one of them shows it."""
    first = view.tonight - MIN_SEGMENT + 1
    if first < 1:
        return None
    before = baseline(view.all_levels, first)
    shifts: list[float] = []
    for night in range(view.tonight, first - 1, -1):
        shift = _together(view, before, night, LASTING_SIGMAS)
        if shift is None or (shifts and shift * shifts[0] < 0):
            return None
        shifts.append(shift)
    return float(np.median(shifts))

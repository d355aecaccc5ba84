"""The assessment of a night: every series judged, changes turned into events with a stable id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from effprof.core.events import Event, SeriesKey
from effprof.regressions.assessment import Assessment, SeriesState
from effprof.regressions.series import History


@dataclass(frozen=True, slots=True)
class Tonight:
    """What the caller knows of the night beside its numbers.

    `sentinels` are the keys of the cells that watch the machine, `flags` what was wrong with
    clocks or the machine by cell, `commands` what reproduces a cell.
    """

    sentinels: frozenset[str] = frozenset()
    flags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)


def suspects(
    history: History, known: Sequence[Event] = (), tonight: Tonight | None = None
) -> tuple[SeriesKey, ...]:
    """Name the series of the last night that the caller should measure again the same night.

    When everything moved together these are the sentinels and the few series that moved most.
    """
    return ()


def assess(
    history: History,
    known: Sequence[Event] = (),
    remeasured: Mapping[SeriesKey, Sequence[float]] | None = None,
    tonight: Tonight | None = None,
) -> Assessment:
    """Judge the last night of a history.

    `known` are the events that were found before, in any state; `remeasured` the values of the
    processes that measured suspects again. Save the events of `events` and `recovered` afterwards:
    known ones keep their id and the state that a person gave them.
    """
    return Assessment(
        history.nights,
        tuple(SeriesState(key, "cannot tell", reason="insufficient data") for key in history.keys),
        (),
    )

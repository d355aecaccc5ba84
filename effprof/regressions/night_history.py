"""The nights that a run is judged by: those of its kind of machine, and those of before kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from effprof.core.errors import BadInput
from effprof.core.events import Event
from effprof.core.machines import (
    HOST,
    IDENTITY,
    PRODUCT,
    Differences,
    host_of,
    likeness,
    place_of,
    place_text,
)
from effprof.core.runs import Fingerprint, Run
from effprof.regressions.assessment import Night
from effprof.regressions.comparison import differences_text
from effprof.regressions.series import History, history_of
from effprof.store.store import Store

#: Nights that are looked back at.
MOST_NIGHTS = 365

#: Columns of a stored frame that hold few words many times.
_WORDS = ("run_id", "cell", "metric", "method")

#: Gating fields that need not be equal: a method begins series of its own, and what was stored was
#: asked for by device and host.
_APART = ("device", HOST, "method")


@dataclass(frozen=True, slots=True)
class NightHistory:
    """What a night is judged by: the history that ends with it, and the events known of it.

    `remarks` say in one line each why series begin anew, or whose they go on with.
    """

    history: History
    known: tuple[Event, ...]
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Nights:
    """Nights of one place that can be compared, oldest first, their readings and events."""

    nights: tuple[Night, ...] = ()
    frame: pd.DataFrame | None = None
    known: tuple[Event, ...] = ()
    remarks: tuple[str, ...] = ()


def night_history(store: Store, run: Run) -> NightHistory:
    """Read earlier nights of the suite of a run on machines of its kind.

    Nights whose gating fingerprint differs in another field, such as the allocator, are left out.
    Where the store has nights of the same host from before machines were identified, they are
    part of the history if nothing tells the two machines apart. Raises `BadInput` for a run that
    does not say what it ran on.
    """
    device, host = placed(run)
    own = _nights(store, run, run.invocation.fingerprint, (device, host))
    earlier = _earlier(store, run, own.nights[0])
    parts = sorted(
        (*earlier.nights, *own.nights), key=lambda night: (night.started_at, night.run_id)
    )
    frame = _joined([part for part in (earlier.frame, own.frame) if part is not None])
    frame = frame.assign(
        device=pd.Categorical.from_codes([0] * len(frame), categories=[device]),
        host=pd.Categorical.from_codes([0] * len(frame), categories=[host]),
    )
    known = {event.id: event for event in (*earlier.known, *own.known)}
    return NightHistory(
        history_of(frame, parts, _failures(store, parts)),
        tuple(known.values()),
        own.remarks + earlier.remarks,
    )


def placed(run: Run) -> tuple[str, str]:
    """Give device and host of the series of a run; raises `BadInput` where it has none."""
    marks = run.invocation.fingerprint
    place = place_of(marks)
    if place is None or "method" not in marks.gating:
        lacking = [name for name in ("device", "method") if name not in marks.gating]
        lacking += [HOST] if host_of(marks) is None else []
        raise BadInput(
            f"run {run.invocation.id} does not record its {', '.join(lacking)};"
            " it is not a nightly run"
        )
    return place


def _nights(store: Store, run: Run, marks: Fingerprint, place: tuple[str, str]) -> _Nights:
    """Read the nights of a place that can be compared with a fingerprint, up to a run."""
    asked = run.invocation
    stored = store.history(*place, suite=asked.suite, nights=MOST_NIGHTS, until=asked.id)
    apart = {each.run_id: _differing(each.attributes, marks) for each in stored.nights}
    nights = [
        Night(n.run_id, n.started_at, n.attributes, n.paces)
        for n in stored.nights
        if not apart[n.run_id]
    ]
    ids = [night.run_id for night in nights]
    remarks = []
    others = [differing for differing in apart.values() if differing]
    if ids == [asked.id] and others:
        remarks.append(f"series begin anew: {differences_text(others[-1])}")
    return _Nights(
        tuple(nights),
        stored.frame[stored.frame["run_id"].isin(ids)],
        tuple(event for event in store.events(*place) if not apart.get(event.first_bad)),
        tuple(remarks),
    )


def _earlier(store: Store, run: Run, first: Night) -> _Nights:
    """Read the nights of before machines were identified, if they can be of this one.

    The first night of the kind decides, against the last one before it: their identities cannot be
    compared, but product, host and measured peaks can. So the answer stays what it was.
    """
    marks, told = run.invocation.fingerprint, first.attributes
    if HOST in marks.gating:
        return _Nights()
    on_cpu = marks.gating.get("device kind") == "cpu"
    place = told.get(PRODUCT, "") if on_cpu else told["device"], told.get(HOST, "")
    found = _nights(store, run, marks, place)
    if not found.nights:
        return _Nights()
    began = run if first.run_id == run.invocation.id else store.load(first.run_id)
    alike = likeness(store.load(found.nights[-1].run_id), began)
    apart = {name: pair for name, pair in alike.differing.items() if name not in _APART}
    tonight = first.run_id == run.invocation.id
    where = place_text(*place)
    if apart:
        said = (
            f"series begin anew: nights of {where} were another machine: {differences_text(apart)}"
        )
        return _Nights(remarks=(said,) if tonight else ())
    device, host = placed(run)
    known = tuple(replace(event, device=device, host=host) for event in found.known)
    said = f"{len(found.nights)} nights of {where} are continued: {alike.remark}"
    return _Nights(found.nights, found.frame, known, (said,) if tonight else ())


def _differing(attributes: Mapping[str, str], marks: Fingerprint) -> Differences:
    """Map the gating fields by which a night cannot be compared to (then, now)."""
    identity = IDENTITY.get(marks.gating.get("device kind", ""), ())
    return {
        name: (attributes.get(name), now)
        for name, now in marks.gating.items()
        if name not in _APART
        and attributes.get(name) != now
        and not (name in identity and name not in attributes)  # unknown is not different
    }


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put readings of several places below each other, words as categories."""
    if len(frames) == 1:
        (frame,) = frames
        return frame.assign(run_id=frame["run_id"].cat.remove_unused_categories())
    words = {
        name: pd.api.types.union_categoricals([frame[name] for frame in frames]) for name in _WORDS
    }
    joined = pd.concat([frame.drop(columns=list(_WORDS)) for frame in frames], ignore_index=True)
    return joined.assign(**words)


def _failures(store: Store, nights: Sequence[Night]) -> dict[tuple[str, str], str]:
    return {
        (absent.run_id, absent.cell): ": ".join(text for text in absent[2:] if text)
        for absent in store.absences([night.run_id for night in nights])
    }

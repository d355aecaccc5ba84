"""Events: detectors find and update them, people judge them, and neither undoes the other."""

from dataclasses import replace

import numpy as np
import pytest

from effprof.core.errors import BadInput
from effprof.core.estimates import Estimate
from effprof.core.events import Event, change_method
from effprof.regressions.changes import change_at

FOUND = Event(
    id="4f0c1d",
    kind="regression",
    device="Some CPU",
    host="laptop",
    cell="timm/resnet18@224 infer b1 fp32 nchw eager",
    metric="step_seconds",
    method="1",
    first_bad="night14",
    last_good="night13",
    old=0.0261,
    new=0.0274,
    change=Estimate(0.0498, 0.041, 0.058, "pooled", 2),
    n=(13, 2),
)
MACHINE = replace(
    FOUND, id="4f9999", kind="machine", cell="", metric="", first_bad="night20", host="lab",
    last_good=None, old=None, new=None, change=None,
)  # fmt: skip

#: Twenty nights of one series, in seconds.
NIGHTS = np.array([0.026 + 0.0001 * (night % 5) for night in range(20)])
AT = "2026-11-22T09:00:00+00:00"


def test_events_are_read_back_as_they_were_saved_newest_first(store):
    store.save_events([FOUND, MACHINE])
    assert store.events() == [MACHINE, FOUND]


def test_a_change_is_kept_without_its_method_which_its_nights_tell(store):
    bare = replace(FOUND, id="4f0c1e", change=Estimate.bare(0.0498, 2))
    store.save_events([FOUND, bare])
    read = {event.id: event.change for event in store.events()}
    for n in ((13, 2), (2, 13), (13, 3), (3, 3)):
        measured = change_at(NIGHTS[: sum(n)], 0, n[0], sum(n))
        assert measured.estimate.method == change_method(n)
    assert (read["4f0c1d"].method, read["4f0c1d"].n) == ("pooled", 2)
    assert (read["4f0c1e"].method, read["4f0c1e"].interval) == ("none", None)


def test_events_can_be_asked_for_by_place_and_state(store):
    store.save_events([FOUND, MACHINE])
    store.set_event_state("4f0c1d", "fixed", "reverted", AT)
    assert store.events(host="lab") == [MACHINE]
    assert store.events(device="Some CPU", host="laptop", state="new") == []
    assert [event.id for event in store.events(state="fixed")] == ["4f0c1d"]
    assert store.events(device="Other") == []


def test_a_detector_updates_what_it_found_but_not_what_a_person_said(store):
    store.save_events([FOUND])
    store.set_event_state("4f0c1d", "acknowledged", "new kernel, wanted", AT)
    change = replace(FOUND.change, method="welch", n=5)
    later = replace(FOUND, new=0.0281, change=change, n=(13, 5), recovered="night19")
    store.save_events([later, MACHINE])
    judged = replace(later, state="acknowledged", reason="new kernel, wanted")
    assert store.events() == [MACHINE, judged]


def test_every_state_that_a_person_set_is_remembered(store):
    store.save_events([FOUND, MACHINE])
    store.set_event_state("4f0c1d", "invalid", "a backup ran", AT)
    store.set_event_state("4f0c1d", "fixed", "", "2026-11-23T09:00:00+00:00")
    assert store.event_changes("4f0c1d") == [
        (AT, "invalid", "a backup ran"),
        ("2026-11-23T09:00:00+00:00", "fixed", ""),
    ]
    assert store.event_changes("4f9999") == []
    assert [event.state for event in store.events()] == ["new", "fixed"]


def test_events_are_saved_all_or_none(store):
    with pytest.raises(ValueError, match="finite number"):
        store.save_events([FOUND, replace(MACHINE, old=float("nan"))])
    assert store.events() == []


def test_an_event_that_comes_twice_is_there_once(store):
    store.save_events([FOUND, replace(FOUND, new=0.03)])
    assert store.events() == [replace(FOUND, new=0.03)]


def test_an_event_is_found_by_a_beginning_of_its_id(store):
    store.save_events([FOUND, MACHINE])
    assert store.resolve_event("4f0") == "4f0c1d"
    with pytest.raises(BadInput, match="begins the id of 2 events: 4f9999, 4f0c1d"):
        store.resolve_event("4f")
    with pytest.raises(BadInput, match=r"no event '4f0c1e' .*effprof events.*mean 4f0c1d"):
        store.resolve_event("4f0c1e")
    with pytest.raises(BadInput, match="no event ''"):
        store.resolve_event("")


def test_the_state_of_an_unknown_event_cannot_be_set(store):
    with pytest.raises(BadInput, match="no event 'x' in"):
        store.set_event_state("x", "fixed", "", AT)

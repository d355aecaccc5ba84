"""Nights of one kind of machine share a history, and those of before kinds go on in it."""

from dataclasses import replace

import pytest

from effprof.core.errors import BadInput
from effprof.core.events import Event
from effprof.core.machines import place_of
from effprof.core.runs import Calibration, Fingerprint
from effprof.regressions.night_history import night_history
from effprof.regressions.nights import load_night
from effprof.store.store import open_store
from effprof.study.study import Study
from tests.night_runs import B0, ROLES, night_id, night_run
from tests.runs import earlier_cpu, identified, sample_run

PEAKS = sample_run((1,), 1).peaks

#: Nights that a store has from before machines were identified.
EARLIER = 14

SLOW = {B0: ROLES | {"norm": ROLES["norm"] * 2}}


@pytest.fixture
def store(tmp_path):
    with open_store(str(tmp_path / "store.sqlite")) as opened:
        yield opened


def night(number, marks, scale=1.0, **fields):
    peaks = tuple(replace(peak, value=peak.value * scale) for peak in PEAKS)
    return replace(night_run(number, fingerprint=marks, **fields), peaks=peaks)


def earlier_nights(**fields):
    return [night(number, earlier_cpu(), **fields) for number in range(EARLIER)]


def judged(store, run):
    """The assessment of a stored night; what it finds is kept, as the command does."""
    found = load_night(store, Study(run)).assess()
    store.save_events(shown.event for shown in (*found.events, *found.recovered))
    return found


def test_hosts_of_one_kind_have_one_history(store):
    runs = [night(n, identified(f"runner-{n}", machine=f"{n:016x}")) for n in range(EARLIER)]
    store.add_runs(runs)
    found = judged(store, runs[-1])
    assert len(found.nights) == EARLIER
    assert {state.state for state in found.series} == {"ok"}
    assert not any("anew" in remark for remark in found.remarks)
    assert {(s.key.device, s.key.host) for s in found.series} == {place_of(identified())}


def test_another_kind_begins_anew_and_says_so_once(store):
    runs = [night(n, identified()) for n in range(EARLIER)]
    runs += [night(EARLIER + n, identified(caches="L3 16 MiB")) for n in range(2)]
    store.add_runs(runs)
    first, second = (judged(store, run) for run in runs[-2:])
    was = identified().gating["caches"]
    assert f"series begin anew: caches: {was} then, L3 16 MiB now" in first.remarks
    assert [len(found.nights) for found in (first, second)] == [1, 2]
    assert not any("anew" in remark for remark in second.remarks)


def test_nights_of_before_go_on_where_product_host_and_peaks_agree(store):
    runs = [*earlier_nights(), night(EARLIER, identified(), 0.9), night(EARLIER + 1, identified())]
    store.add_runs(runs)
    first, second = (judged(store, run) for run in runs[-2:])
    said = (
        f"{EARLIER} nights of Some CPU on laptop are continued: identity unknown of run"
        f" {night_id(EARLIER - 1)}; compared by measured peaks"
    )
    assert said in first.remarks
    assert not any("continued" in remark for remark in second.remarks)
    assert [len(found.nights) for found in (first, second)] == [EARLIER + 1, EARLIER + 2]
    assert {state.state for found in (first, second) for state in found.series} == {"ok"}
    # They stay what they are for whoever reads them.
    assert len(store.history("Some CPU", "laptop").nights) == EARLIER


def test_nights_of_a_gpu_go_on_under_its_name(store):
    card = {"device": "NVIDIA H200", "device kind": "cuda", "method": "1"}
    then = Fingerprint(card | {"host": "box"}, {})
    now = Fingerprint(card | {"memory": "140 GiB", "power limit": "700 W"}, {"host": "box"})
    tonight = night(EARLIER, now)
    store.add_runs([*(night(number, then) for number in range(EARLIER)), tonight])
    found = judged(store, tonight)
    assert len(found.nights) == EARLIER + 1
    assert {(s.key.device, s.key.host) for s in found.series} == {("NVIDIA H200", "")}


@pytest.mark.parametrize(
    ("marks", "scale", "said"),
    [
        (identified(), 0.5, "conv3x3 peak (identity unknown): 237 GFLOP/s then, 118 GFLOP/s now"),
        (identified("desk"), 1.0, None),
        (replace(identified(), recorded={"cpu": "Other CPU", "host": "laptop"}), 1.0, None),
    ],
)
def test_nights_of_another_machine_do_not(store, marks, scale, said):
    tonight = night(EARLIER, marks, scale)
    store.add_runs([*earlier_nights(), tonight])
    found = judged(store, tonight)
    assert len(found.nights) == 1
    anew = [remark for remark in found.remarks if "anew" in remark]
    assert len(anew) == (said is not None)
    assert all(said in remark for remark in anew)


def test_the_first_night_of_a_kind_decides_for_all_that_follow(store):
    """Peaks scatter from night to night; a history that came and went would be none."""
    runs = [*earlier_nights(), night(EARLIER, identified()), night(EARLIER + 1, identified(), 0.5)]
    store.add_runs(runs)
    assert len(judged(store, runs[-1]).nights) == EARLIER + 2


def test_what_people_said_of_an_event_stays_said(store):
    runs = [night(n, earlier_cpu(), roles=SLOW if n >= 10 else None) for n in range(EARLIER)]
    later = [night(EARLIER + n, identified(), roles=SLOW) for n in range(2)]
    store.add_runs([*runs, *later])
    open_before = judged(store, runs[-1]).events
    ids = {shown.event.id for shown in open_before}
    assert ids
    assert {shown.event.id for shown in judged(store, later[0]).events} == ids
    for event_id in ids:
        store.set_event_state(event_id, "acknowledged", "wanted", "2026-11-22T08:00:00+00:00")
    assert judged(store, later[1]).events == ()
    assert {event.reason for event in store.events()} == {"wanted"}


def test_an_event_of_before_recovers_in_the_series_that_go_on(store):
    runs = [night(n, earlier_cpu(), roles=SLOW if n >= 10 else None) for n in range(EARLIER)]
    later = [night(EARLIER + n, identified()) for n in range(4)]
    store.add_runs([*runs, *later])
    ids = {shown.event.id for shown in judged(store, runs[-1]).events}
    found = [judged(store, run) for run in later][-1]
    assert {shown.event.id for shown in found.recovered} >= ids > set()
    assert found.events == ()
    assert {(event.device, event.host) for event in store.events()} == {place_of(identified())}


def test_events_of_another_kind_are_not_known(store):
    """Two kinds may share a name; an event of one is none of the other."""
    runs = [night(0, identified()), night(1, identified(SMT="2 threads per core"))]
    store.add_runs(runs)
    device, host = place_of(identified())
    nothing = {"last_good": None, "old": 1.0, "new": 2.0, "change": None, "n": (1, 1)}
    series = {"cell": B0.key, "metric": "step_seconds", "method": "1", "device": device}
    store.save_events(
        Event(**series, **nothing, id=f"of{n}", kind="regression", host=host, first_bad=night_id(n))
        for n in range(2)
    )
    assert [event.id for event in night_history(store, runs[-1]).known] == ["of1"]


def test_a_run_that_does_not_say_where_it_was_made_is_no_night(store):
    marks = Fingerprint({"method": "1"}, {})
    run = night(0, marks)
    store.add_runs([run])
    with pytest.raises(BadInput, match="does not record its device, host; it is not a nightly run"):
        night_history(store, run)


def test_what_neutral_sentinels_took_comes_with_each_night(store):
    taken = tuple(
        Calibration("memory copy", moment, f"2026-11-22T0{hour}:00:00+00:00", seconds)
        for moment, hour, seconds in (("start", 2, (0.1, 0.3, 0.1)), ("end", 3, (0.4,)))
    )
    before = replace(night(0, identified()), calibrations=())
    tonight = replace(night(1, identified()), calibrations=taken)
    store.add_runs([before, tonight])
    found = night_history(store, tonight).history.nights
    assert [each.paces for each in found] == [{}, {"memory copy": pytest.approx(0.2)}]

"""What a night says: events and their lives, the machine, what cannot be judged."""

from dataclasses import replace

import numpy as np
import pytest

from effprof.core.errors import BadInput
from effprof.core.estimates import Estimate
from effprof.core.events import SeriesKey
from effprof.regressions.assess import Tonight, assess, suspects
from effprof.regressions.reasons import OF_SERIES
from effprof.regressions.series import History
from tests.regressions.simulated import (
    Nights,
    Noise,
    cell_key,
    nights_named,
    replay,
    simulate,
)

QUIET = Noise(sigma=0.01)
NIGHTS = 40


def steps(*changes: tuple[int, int, float], series: int = 12, nights: int = NIGHTS) -> np.ndarray:
    """Factors of every night: each change is (row, first night, factor)."""
    factors = np.ones((series, nights))
    for row, first, factor in changes:
        factors[row, first:] *= factor
    return factors


def lived(
    *changes: tuple[int, int, float], nights: int = NIGHTS, start: int = 11, **options
) -> tuple:
    """Simulate a dozen series with these changes and live through their first nights."""
    simulated = simulate(np.random.default_rng(0), 12, NIGHTS, QUIET, steps(*changes))
    seen = Nights(simulated.history.until(nights - 1), simulated.again)
    return replay(seen, start, **options)


def keyed(cell: int, metric: str, method: str = "1") -> SeriesKey:
    return SeriesKey("Some GPU", "host", cell_key(cell), metric, method)


def history_from(rows: dict[SeriesKey, np.ndarray], **fields) -> History:
    values = np.array(list(rows.values()), dtype=float)
    return History(nights_named(values.shape[1]), tuple(rows), values, **fields)


def noisy(level: float, nights: int = 20, seed: int = 0) -> np.ndarray:
    return level * np.exp(np.random.default_rng(seed).normal(0, 0.01, nights))


def state_of(assessment, key: SeriesKey):
    (state,) = (state for state in assessment.series if state.key == key)
    return state


class TestOneStep:
    def test_it_is_one_event_with_its_numbers(self):
        events, told, last = lived((3, 25, 1.1))
        (event,) = events.values()
        assert (event.kind, event.cell, event.metric) == (
            *("regression", cell_key(3), "step_seconds"),
        )
        assert (event.first_bad, event.last_good) == ("run025", "run024")
        assert told[event.id] == 25
        assert event.change.value == pytest.approx(0.1, abs=0.01)
        assert event.change.low < event.change.value < event.change.high
        assert event.new / event.old - 1 == pytest.approx(event.change.value)
        assert event.n == (25, 15)
        (shown,) = last.events
        assert (shown.event, shown.step) == (event, 25)
        assert len(shown.medians) == NIGHTS
        assert last.counts["regression"] == 1
        assert last.counts["ok"] == 11

    def test_its_interval_covers_the_change_as_often_as_it_says(self):
        changes = [(row, 25, 1.1) for row in range(0, 900, 3)]
        factors = steps(*changes, series=900)
        simulated = simulate(np.random.default_rng(0), 900, NIGHTS, QUIET, factors)
        found = [shown.event for shown in assess(simulated.history).events]
        assert len(found) == 300
        assert (
            0.92 < np.mean([event.change.low < 0.1 < event.change.high for event in found]) < 0.98
        )

    def test_less_time_is_an_improvement(self):
        events, _, last = lived((3, 25, 1 / 1.1))
        assert [event.kind for event in events.values()] == ["improvement"]
        assert last.counts["improvement"] == 1

    def test_its_id_does_not_depend_on_how_it_is_met(self):
        step_by_step, _, _ = lived((3, 25, 1.1))
        factors = steps((3, 25, 1.1))
        simulated = simulate(np.random.default_rng(0), 12, NIGHTS, QUIET, factors)
        at_once = assess(simulated.history)
        assert {shown.event.id for shown in at_once.events} == step_by_step.keys()

    def test_a_step_long_ago_only_sets_the_level(self):
        factors = steps((3, 25, 1.1), nights=80)
        simulated = simulate(np.random.default_rng(0), 12, 80, QUIET, factors)
        last = assess(simulated.history)
        assert last.events == ()
        assert last.counts["ok"] == 12

    def test_a_second_step_is_a_second_event(self):
        events, _, _ = lived((3, 20, 1.1), (3, 30, 1.1))
        assert sorted(event.first_bad for event in events.values()) == ["run020", "run030"]


class TestTheLifeOfAnEvent:
    def test_going_back_recovers_it_and_it_stays_listed(self):
        events, _, last = lived((3, 20, 1.1), (3, 30, 1 / 1.1))
        (event,) = events.values()
        assert event.recovered == "run030"
        assert last.events == ()
        assert [shown.event.id for shown in last.recovered] == [event.id]
        assert last.counts["ok"] == 12

    def test_an_acknowledged_step_moves_the_level(self):
        first, _, _ = lived((3, 20, 1.1), nights=24)
        known = [replace(event, state="acknowledged") for event in first.values()]
        factors = steps((3, 20, 1.1), (3, 32, 1 / 1.1))
        simulated = simulate(np.random.default_rng(0), 12, NIGHTS, QUIET, factors)
        events, _, last = replay(simulated, 24, known=known)
        news = [event for event in events.values() if event.id not in first]
        assert [(event.kind, event.first_bad) for event in news] == [("improvement", "run032")]
        assert [shown.event.id for shown in last.events] == [news[0].id]

    def test_an_invalid_event_is_not_found_again(self):
        first, _, _ = lived((3, 20, 1.1), nights=24)
        known = [replace(event, state="invalid") for event in first.values()]
        events, _, last = lived((3, 20, 1.1), known=known, start=24)
        assert events.keys() == first.keys()
        assert (last.events, last.recovered) == ((), ())

    def test_the_state_that_a_person_set_is_kept(self):
        first, _, _ = lived((3, 20, 1.1), nights=24)
        known = [replace(event, state="fixed", reason="#12") for event in first.values()]
        events, _, _ = lived((3, 20, 1.1), (3, 28, 1 / 1.1), known=known, start=24)
        (event,) = events.values()
        assert (event.state, event.reason, event.recovered) == ("fixed", "#12", "run028")

    def test_a_step_that_chance_made_fades(self):
        first, _, _ = lived((3, 20, 1.1), nights=24)
        factors = steps()
        simulated = simulate(np.random.default_rng(7), 12, NIGHTS, QUIET, factors)
        history = simulated.history
        (event,) = first.values()
        level = float(np.median(history.values[3]))
        weak = replace(event, old=level, new=level * 1.03, change=Estimate.bare(0.03, 1))
        assert [each.event.id for each in assess(history, [weak]).recovered] == [event.id]


class TestSuspects:
    def nights(self, tonight: float) -> Nights:
        factors = steps((3, NIGHTS - 1, tonight))
        return simulate(np.random.default_rng(0), 12, NIGHTS, QUIET, factors)

    def test_a_night_far_off_is_measured_again(self):
        assert suspects(self.nights(1.1).history) == (keyed(3, "step_seconds"),)
        assert suspects(self.nights(1.01).history) == ()

    def test_one_that_nobody_measured_again_is_suspicious(self):
        last = assess(self.nights(1.1).history)
        state = state_of(last, keyed(3, "step_seconds"))
        assert (state.state, state.reason.id) == ("suspicious", "not_measured_again")
        assert last.events == ()

    def test_one_that_is_not_confirmed_is_suspicious(self):
        simulated = self.nights(1.1)
        again = {keyed(3, "step_seconds"): [float(np.median(simulated.history.values[3]))]}
        state = state_of(assess(simulated.history, (), again), keyed(3, "step_seconds"))
        assert (state.state, state.reason.id) == ("suspicious", "not_confirmed")

    def test_one_that_is_confirmed_is_an_event_the_same_night(self):
        simulated = self.nights(1.1)
        again = simulated.again_on(NIGHTS - 1, suspects(simulated.history))
        (shown,) = assess(simulated.history, (), again).events
        assert shown.event.first_bad == f"run{NIGHTS - 1:03}"


class TestTheMachine:
    def test_a_sentinel_that_steps_makes_it_one_event(self):
        changes = [(row, 30, 1.12) for row in (0, 3, 4)]
        tonight = Tonight(sentinels=frozenset({cell_key(0)}))
        events, _, last = lived(*changes, tonight=tonight)
        assert [event.kind for event in events.values()] == ["machine"]
        assert keyed(3, "step_seconds") in last.events[0].members

    def test_without_a_sentinel_three_of_twelve_cells_are_three_events(self):
        events, _, _ = lived(*[(row, 30, 1.12) for row in (0, 3, 4)])
        assert [event.kind for event in events.values()] == ["regression"] * 3

    def test_a_cell_that_moved_much_further_has_an_event_of_its_own(self):
        changes = [(row, 30, 1.05) for row in range(11)] + [(11, 30, 1.4)]
        events, _, last = lived(*changes)
        assert sorted(event.kind for event in events.values()) == ["machine", "regression"]
        assert [shown.event.cell for shown in last.events if shown.event.cell] == [cell_key(11)]

    def test_the_night_says_that_everything_moved_together(self):
        factors = steps(*[(row, NIGHTS - 1, 1.06) for row in range(12)])
        simulated = simulate(np.random.default_rng(0), 12, NIGHTS, QUIET, factors)
        chosen = suspects(simulated.history)
        assert len(chosen) == 10
        again = simulated.again_on(NIGHTS - 1, chosen)
        sure = assess(simulated.history, (), again)
        assert sure.remarks[0].startswith("everything moved together: +")
        assert [shown.event.kind for shown in sure.events] == ["machine"]
        unsure = assess(simulated.history)
        assert unsure.remarks[0].endswith("not confirmed")
        assert unsure.events == ()

    def test_nights_right_after_it_are_not_compared_with_nights_before(self):
        factors = steps(*[(row, NIGHTS - 2, 1.06) for row in range(12)])
        simulated = simulate(np.random.default_rng(0), 12, NIGHTS, QUIET, factors)
        _, _, last = replay(simulated, NIGHTS - 3)
        assert last.counts["not comparable"] == 12
        assert last.series[0].reason.id == "machine_moved"

    def test_a_machine_that_goes_back_recovers(self):
        changes = [(row, 20, 1.06) for row in range(12)]
        back = [(row, 30, 1 / 1.06) for row in range(12)]
        events, _, _ = lived(*changes, *back)
        (event,) = events.values()
        assert (event.kind, event.recovered) == ("machine", "run030")


class TestWhatMovedAllCells:
    """Every cell takes a tenth longer from night 30 on; the neutral sentinels tell why."""

    def judged(self, pace, factor: float = 1.1):
        changes = [(row, 30, factor) for row in range(12)]
        simulated = simulate(np.random.default_rng(0), 12, NIGHTS, QUIET, steps(*changes))
        nights = tuple(
            replace(
                night,
                attributes={"torch": "2.14" if n < 30 else "2.15"},
                paces={} if pace is None else {"square roots": 1e-3 * (pace if n >= 30 else 1)},
            )
            for n, night in enumerate(simulated.history.nights)
        )
        history = replace(simulated.history, nights=nights)
        return replay(Nights(history, simulated.again), 28)

    @pytest.mark.parametrize(
        ("pace", "kind"), [(None, "machine"), (1.1, "machine"), (1.01, "software")]
    )
    def test_it_is_one_event_of_the_machine_or_of_software(self, pace, kind):
        events, told, last = self.judged(pace)
        (event,) = events.values()
        assert (event.kind, event.first_bad, told[event.id]) == (kind, "run030", 30)
        (shown,) = last.events
        assert shown.attributes == {"torch": ("2.14", "2.15")}
        assert len(shown.members) == 12

    @pytest.mark.parametrize(("factor", "kind"), [(1.1, "regression"), (1 / 1.1, "improvement")])
    def test_software_counts_as_what_it_did_to_the_cells(self, factor, kind):
        (event,) = self.judged(1.0, factor)[0].values()
        assert (event.kind, event.counts_as) == ("software", kind)

    def test_a_sentinel_cell_alone_is_a_cell_where_the_machine_kept_its_pace(self):
        simulated = simulate(
            np.random.default_rng(0), 12, NIGHTS, QUIET, steps((0, 30, 1.12), (3, 30, 1.12))
        )
        nights = tuple(
            replace(night, paces={"square roots": 1e-3}) for night in simulated.history.nights
        )
        history = replace(simulated.history, nights=nights)
        tonight = Tonight(sentinels=frozenset({cell_key(0)}))
        events, _, _ = replay(Nights(history, simulated.again), 28, tonight)
        assert [event.kind for event in events.values()] == ["regression"] * 2


class TestOneCellWithManyMetrics:
    def night(self) -> tuple[History, dict]:
        rng = np.random.default_rng(0)
        noise = np.exp(rng.normal(0, 0.01, (6, 30)))
        levels = {
            "step_seconds": (0.010, 0.012),
            "latency_p50_seconds": (0.011, 0.0132),
            "role_seconds:activation": (0.002, 0.004),
            "role_seconds:dense conv": (0.006, 0.006),
            "peak_allocated_bytes": (1e9, 1e9),
            "params": (5e6, 5e6),
        }
        rows = {}
        for (metric, (old, new)), wobble in zip(levels.items(), noise, strict=True):
            flat = np.where(np.arange(30) < 20, old, new)
            rows[keyed(0, metric)] = flat * (1 if old > 1 else wobble)
        history = history_from(rows)
        nights = tuple(
            replace(night, attributes={"torch": "2.15" if n < 20 else "2.16", "timm": "1.0"})
            for n, night in enumerate(history.nights)
        )
        return replace(history, nights=nights), levels

    def test_it_is_one_event_led_by_the_step(self):
        history, _ = self.night()
        (shown,) = assess(history).events
        assert shown.event.metric == "step_seconds"
        assert set(shown.members) == {
            keyed(0, "step_seconds"),
            keyed(0, "latency_p50_seconds"),
            keyed(0, "role_seconds:activation"),
        }

    def test_its_members_are_told_by_its_id_whatever_the_sentence_says(self, monkeypatch):
        history, _ = self.night()
        (before,) = assess(history).events
        monkeypatch.setitem(OF_SERIES, "event", "see what happened")
        told = assess(history)
        (shown,) = told.events
        assert shown.members == before.members
        named = {state.key for state in told.series if state.event == shown.event.id}
        assert named == set(shown.members)

    def test_it_names_the_roles_whose_time_moved_and_what_else_changed(self):
        history, _ = self.night()
        (shown,) = assess(history).events
        assert shown.roles == {"activation": pytest.approx(0.002, rel=0.05)}
        assert shown.attributes == {"torch": ("2.15", "2.16")}

    @pytest.mark.parametrize(("factor", "events"), [(1.07, 0), (1 / 1.07, 0), (1.2, 1)])
    def test_a_role_alone_is_news_from_a_tenth_on(self, factor, events):
        noise = np.exp(np.random.default_rng(0).normal(0, 0.005, (2, 30)))
        moved = np.where(np.arange(30) < 20, 1.0, factor)
        history = history_from(
            {
                keyed(0, "step_seconds"): 0.01 * noise[0],
                keyed(0, "role_seconds:norm"): 0.001 * noise[1] * moved,
            }
        )
        found = [shown.event.metric for shown in assess(history).events]
        assert found == ["role_seconds:norm"] * events

    def test_flags_and_commands_of_the_cell_are_handed_on(self):
        history, _ = self.night()
        cell = cell_key(0)
        tonight = Tonight(flags={cell: ("throttled",)}, commands={cell: "effprof run ..."})
        (shown,) = assess(history, tonight=tonight).events
        assert (shown.flags, shown.command) == (("throttled",), "effprof run ...")

    def test_memory_that_grows_is_an_event_of_its_own(self):
        history, _ = self.night()
        row = history.keys.index(keyed(0, "peak_allocated_bytes"))
        values = history.values.copy()
        values[row, 25:] *= 1.2
        events = assess(replace(history, values=values)).events
        found = {(shown.event.metric, shown.event.first_bad) for shown in events}
        assert found == {("step_seconds", "run020"), ("peak_allocated_bytes", "run025")}
        assert [abs(shown.event.change.value) for shown in events] == sorted(
            (abs(shown.event.change.value) for shown in events), reverse=True
        )


class TestWhatCannotBeJudged:
    def test_few_nights(self):
        key = keyed(0, "step_seconds")
        state = state_of(assess(history_from({key: noisy(0.01, 11)})), key)
        assert (state.state, state.reason.text) == (
            "cannot tell",
            "insufficient data: 11 of 12 nights",
        )
        assert state_of(assess(history_from({key: noisy(0.01, 12)})), key).state == "ok"

    def test_another_method(self):
        old, new = keyed(0, "step_seconds"), keyed(0, "step_seconds", "2")
        before, after = noisy(0.01), np.full(20, np.nan)
        before[-1], after[-1] = np.nan, 0.02
        last = assess(history_from({old: before, new: after}))
        state = state_of(last, new)
        assert state.state == "not comparable"
        assert state.reason.text == "method 2; earlier nights have method 1"
        assert state.change is None

    def test_an_event_of_a_series_that_another_method_ended_is_not_shown_any_more(self):
        old, new = keyed(0, "step_seconds"), keyed(0, "step_seconds", "2")
        before, after = noisy(0.01, 30), np.full(30, np.nan)
        before[20:] *= 1.2
        found = assess(history_from({old: before, new: after}))
        assert [shown.event.metric for shown in found.events] == ["step_seconds"]
        known = tuple(shown.event for shown in found.events)
        before[-1], after[-1] = np.nan, 0.02
        assert assess(history_from({old: before, new: after}), known).events == ()

    def test_a_cell_that_was_not_planned(self):
        here, gone = keyed(0, "step_seconds"), keyed(1, "step_seconds")
        values = noisy(0.01)
        values[-1] = np.nan
        last = assess(history_from({here: noisy(0.02), gone: values}))
        assert last.missing == {cell_key(1): "not planned tonight"}
        assert state_of(last, gone).state == "missing"
        assert last.events == ()

    def test_a_cell_that_left_the_suite_long_ago_is_not_missed(self):
        here, gone = keyed(0, "step_seconds"), keyed(1, "step_seconds")
        values = noisy(0.01)
        values[10:] = np.nan
        last = assess(history_from({here: noisy(0.02), gone: values}))
        assert last.missing == {}
        assert [state.key for state in last.series] == [here]

    def test_several_hosts(self):
        here = keyed(0, "step_seconds")
        rows = {here: noisy(0.01), replace(here, host="other"): noisy(0.01)}
        with pytest.raises(BadInput, match="Some GPU on host, Some GPU on other"):
            assess(history_from(rows))

    def test_nothing_at_all(self):
        assert assess(History(nights_named(1), (), np.zeros((0, 1)))).counts["ok"] == 0


class TestACellThatStoppedWorking:
    def nights(self, failed: range) -> History:
        key = keyed(1, "step_seconds")
        values = noisy(0.01)
        values[list(failed)] = np.nan
        failures = {(f"run{n:03}", key.cell): "oom: 80 GiB asked" for n in failed}
        return history_from({keyed(0, "step_seconds"): noisy(0.02), key: values}, failures=failures)

    def test_it_is_a_failure_event_once(self):
        simulated = self.nights(range(16, 20))
        events, told, last = replay(Nights(simulated, simulated.values), 11)
        (event,) = events.values()
        assert (event.kind, event.first_bad, event.last_good) == ("failure", "run016", "run015")
        assert (event.cell, event.change, told[event.id]) == (cell_key(1), None, 16)
        assert last.missing == {cell_key(1): "oom: 80 GiB asked"}

    def test_it_recovers_when_it_is_measured_again(self):
        simulated = self.nights(range(14, 17))
        events, _, last = replay(Nights(simulated, simulated.values), 11)
        (event,) = events.values()
        assert event.recovered == "run017"
        assert last.events == ()

    def test_a_cell_that_never_worked_is_none(self):
        key = keyed(0, "step_seconds")
        failures = {(f"run{n:03}", cell_key(5)): "oom: 80 GiB asked" for n in range(20)}
        assert assess(history_from({key: noisy(0.02)}, failures=failures)).events == ()

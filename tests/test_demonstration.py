"""The demonstration is what its script makes now: the history with the change, night by night."""

import importlib.util
from pathlib import Path

import pytest

from effprof.report.night import event_title, render_night
from effprof.store.transfer import read_run

HOME = Path(__file__).resolve().parents[1] / "docs" / "demonstration"
REBUILD = "rebuild it: python docs/demonstration/make.py"


@pytest.fixture(scope="module")
def make():
    described = importlib.util.spec_from_file_location("make", HOME / "make.py")
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def nights(make):
    """The night and the assessment of every night of the history with the change."""
    return [*make.history(read_run(make.REFERENCE_RUN), make.STEP, make.SEED)]


def test_the_committed_page_is_that_of_the_last_night(nights):
    _, last = nights[-1]
    assert render_night(last) == (HOME / "silu" / "night.md").read_text("utf-8"), REBUILD


def test_what_is_said_to_be_found_is_found_then(nights):
    told = {}
    for night, assessment in nights:
        for shown in assessment.events:
            told.setdefault(shown.event.id, f"- night {night}: {event_title(shown.event)}")
    section = (HOME / "found.md").read_text("utf-8").partition("## silu\n\n")[2]
    assert section.partition("\n\n")[0].splitlines() == [*told.values()], REBUILD


def test_an_event_is_new_in_the_night_that_finds_it_and_in_no_later_one(nights):
    seen = set()
    for _, assessment in nights:
        assert {shown.event.id for shown in assessment.new}.isdisjoint(seen)
        assert {shown.event.id for shown in assessment.still_open} <= seen
        seen |= {shown.event.id for shown in assessment.events}
    assert seen


def test_the_change_is_found_in_the_activation_and_nowhere_else(make, nights):
    events = [shown.event for _, assessment in nights for shown in assessment.events]
    assert {event.cell for event in events} == {make.CHANGED.key}
    _, last = nights[-1]
    assert "activation" in {shown.event.metric.rpartition(":")[2] for shown in last.events}
    assert {shown.step for shown in last.events} == {make.STEP - 1}
    counted = {"macs", "params", "activations"}
    states = {each.state for each in last.series if each.key.metric in counted}
    assert states == {"ok"}

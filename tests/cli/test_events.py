"""`effprof events` through the command line: the list, what people say, and what is refused."""

import json

import pytest
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.errors import BadInput
from effprof.store.store import open_store
from tests.cli.printed import as_text
from tests.report.test_night import B0, RESNET, event

SLOWER = event(B0, 0.017, 0.020, id="aaa111")
FASTER = event(RESNET, 0.08, 0.07, id="bbb222")
MACHINE = event(
    "", 1.0, 1.1, id="aac333", kind="machine", metric="", old=None, new=None, state="invalid"
)


@pytest.fixture
def store(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.save_events([SLOWER, FASTER, MACHINE])
    return location


def events(*arguments):
    result = CliRunner().invoke(build_app(), ["events", *as_text(*arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def listed(*arguments):
    document = json.loads(events(*arguments, "--json").stdout, parse_constant=pytest.fail)
    return {row["id"]: row for row in document["events"]}


def test_events_are_listed_with_what_changed_and_since_when(store):
    text = events("--store", store).stdout
    for told in ("aaa111", "regression", "+17.6 %", "step", "Some CPU on laptop"):
        assert told in text
    assert listed("--store", store)["aaa111"]["change"] == pytest.approx(SLOWER.change.value)


def test_the_list_can_be_of_one_state(store):
    assert set(listed("--store", store, "--state", "new")) == {"aaa111", "bbb222"}
    assert set(listed("--store", store, "--state", "invalid")) == {"aac333"}


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("acknowledge", "acknowledged"),
        ("fix", "fixed"),
        ("close", "fixed"),
        ("invalidate", "invalid"),
    ],
)
def test_what_a_person_says_is_kept_with_the_reason(store, action, state):
    result = events(action, "aaa", "--reason", " the new kernel ", "--store", store)
    assert f"event aaa111 is {state}: the new kernel" in result.stderr
    row = listed("--store", store)["aaa111"]
    assert (row["state"], row["reason"]) == (state, "the new kernel")


def test_an_event_can_be_opened_again_and_every_change_is_remembered(store):
    events("fix", "aaa111", "--reason", "reverted", "--store", store)
    answer = events("reopen", "aaa111", "--reason", "it is back", "--store", store, "--json")
    document = json.loads(answer.stdout)
    assert document["event"]["state"] == "new"
    assert [change["reason"] for change in document["changes"]] == ["reverted", "it is back"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["acknowledge", "aaa111"], "needs --reason"),
        (["acknowledge", "aaa111", "--reason", "  "], "needs --reason"),
        (["fix"], r"(?s)fix needs the id of an event.*needs --reason"),
        (["aknowledge", "x", "--reason", "y"], "did you mean acknowledge"),
        (["--state", "open"], "--state 'open' is not one of new, acknowledged"),
        (["--reason", "x"], "--reason belongs to an action"),
        (["fix", "aaa111", "--reason", "x", "--state", "new"], "--state belongs to the list"),
        (["fix", "aaa112", "--reason", "x"], r"no event 'aaa112'.*did you mean aaa111"),
        (["fix", "aa", "--reason", "x"], "begins the id of 2 events"),
    ],
)
def test_bad_input_is_refused_with_what_to_do(store, arguments, told):
    with pytest.raises(BadInput, match=told):
        events(*arguments, "--store", store)
    assert listed("--store", store)["aaa111"]["state"] == "new"


def test_an_empty_list_says_where_events_come_from(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location):
        pass
    result = events("--store", location)
    assert result.stdout == ""
    assert "effprof nightly" in result.stderr


def test_names_that_look_like_markup_are_shown_as_they_are(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.save_events([event("a.py:[bold]x@1 infer", 1.0, 2.0, id="m")])
    assert "[bold]x" in events("--store", location).stdout


def test_the_installed_command_lists_events(effprof, tmp_path, store):
    done = effprof("events", "--state", "new")
    assert done.returncode == 0, done.stderr
    assert "aaa111" in done.stdout
    refused = effprof("events", "fix", "zzz", "--reason", "x")
    assert refused.returncode == 2

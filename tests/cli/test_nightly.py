"""`effprof nightly`: simulated nights judged from the store, and a tiny suite measured for real."""

import csv
import io
import json
import math
import re
import shlex
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from effprof.cli.main import build_app
from effprof.core.axes import AXES, read_flags
from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.core.methods import BATCH_NORMS, said_of
from effprof.regressions.nights import again_suite, find_again, load_night, reproducing_command
from effprof.store.store import open_store
from effprof.study.study import Study
from tests.cli.printed import as_text
from tests.cli.test_run import write_suite
from tests.night_runs import B0, CELLS, RESNET, ROLES, night_id, night_run
from tests.runs import OUT_OF_MEMORY, calibrations, earlier_cpu, fingerprint, identified

NIGHTS = 20

#: Activation takes a third more: B0 slows down by 7 %.
SLOW_ROLES = ROLES | {"activation": ROLES["activation"] * 4 / 3}
SLOWER = {B0: SLOW_ROLES}


def stored(tmp_path, *runs):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.add_runs(runs)
    return location


def judged(location, night, out, *arguments):
    asked = ("--run", night_id(night), "--store", location, "--out", str(out))
    result = CliRunner().invoke(build_app(), ["nightly", *asked, *as_text(*arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def document(out):
    return json.loads((out / "night.json").read_text(), parse_constant=pytest.fail)


def test_nights_without_a_change_stay_silent(tmp_path):
    location = stored(tmp_path, *map(night_run, range(NIGHTS)))
    for night in range(NIGHTS - 4, NIGHTS):
        result = judged(location, night, tmp_path / "page", "--fail-on", "any")
        assert result.exit_code == 0
        assert result.stdout.startswith(
            "Tonight: 0 new, 0 open, 0 recovered\nREGRESSION (0) | IMPROVEMENT (0) | OK ("
        )
    page = (tmp_path / "page" / "night.md").read_text()
    assert "- Nothing to report." in page
    assert document(tmp_path / "page")["run"] == night_id(NIGHTS - 1)


def of_method_2(night, settled=()):
    """The run of a night by method 2; `settled` cells were given statistics of batch norms."""
    run = night_run(night, fingerprint=fingerprint(**{"device kind": "cpu", "method": "2"}))
    repeats = tuple(
        replace(
            repeat,
            outcome=replace(
                repeat.outcome,
                settings=repeat.outcome.settings | {BATCH_NORMS: "49 given statistics"},
            ),
        )
        if repeat.cell in settled
        else repeat
        for repeat in run.repeats
    )
    return replace(run, repeats=repeats)


def test_a_new_method_begins_only_those_series_anew_that_it_moved(tmp_path):
    later = [of_method_2(night, settled=(B0,)) for night in (NIGHTS, NIGHTS + 1)]
    location = stored(tmp_path, *map(night_run, range(NIGHTS)), *later)
    out = tmp_path / "page"
    first = judged(location, NIGHTS, out, "--fail-on", "any")
    assert first.exit_code == 0
    (said,) = [line for line in first.stderr.splitlines() if "begin anew" in line]
    anew = [s for s in document(out)["series"] if s["method"] == "2"]
    assert said == (
        f"method 2 instead of 1 from tonight on: {len(anew)} of {len(document(out)['series'])}"
        f" series begin anew, since {said_of('2')}"
    )
    assert {s["state"] for s in anew} == {"not comparable"}
    roles = {(cell.key, f"role_seconds:{role}") for cell in CELLS for role in ROLES}
    speeds = {(B0.key, "step_seconds"), (B0.key, "latency_p50_seconds")}
    assert {(s["cell"], s["metric"]) for s in anew} == roles | speeds
    # What no change moved goes on: nothing is missing, nobody waits for a dozen nights.
    others = [s for s in document(out)["series"] if s["method"] == "1"]
    assert {s["cell"] for s in others} == {cell.key for cell in CELLS}
    assert {s["state"] for s in others} == {"ok"}
    second = judged(location, NIGHTS + 1, out, "--fail-on", "any")
    assert second.exit_code == 0
    assert "begin anew" not in second.stderr


def test_a_store_from_before_machines_were_identified_goes_on(tmp_path):
    runs = [night_run(night, fingerprint=earlier_cpu()) for night in range(NIGHTS)]
    location = stored(tmp_path, *runs, night_run(NIGHTS, fingerprint=identified()))
    out = tmp_path / "page"
    result = judged(location, NIGHTS, out, "--fail-on", "any")
    assert result.exit_code == 0
    (said,) = [line for line in result.stderr.splitlines() if "continued" in line]
    assert said == (
        f"{NIGHTS} nights of Some CPU on laptop are continued: identity unknown of run"
        f" {night_id(NIGHTS - 1)}; there are no peaks to compare by"
    )
    assert {each["state"] for each in document(out)["series"]} == {"ok"}
    page = (out / "night.md").read_text().splitlines()
    (title,) = [line for line in page if line.startswith("# Night")]
    assert title.endswith(f": {identified().gating['device']}")


def test_a_step_is_found_named_and_explained(tmp_path):
    step = NIGHTS - 4
    runs = [night_run(n, roles=SLOWER if n >= step else None) for n in range(NIGHTS)]
    location = stored(tmp_path, *runs)
    out = tmp_path / "page"
    for night in range(step, NIGHTS):
        result = judged(location, night, out, "--fail-on", "regression")
    assert result.exit_code == 4
    found = [
        e for e in document(out)["events"] if (e["cell"], e["metric"]) == (B0.key, "step_seconds")
    ]
    assert len(found) == 1
    event = found[0]
    assert event["kind"] == "regression"
    assert event["change"] == pytest.approx(1 / 15, abs=0.02)
    assert next(iter(event["roles"])) == "activation"
    assert "--models timm/efficientnet_b0" in event["command"]
    assert {e["cell"] for e in document(out)["events"]} == {B0.key}
    page = (out / "night.md").read_text()
    assert "roles whose time moved: activation +" in page
    assert "┃" in page
    told = re.findall(r"the step by cause: (.*)", page)
    assert all(re.fullmatch(r"uncounted work 1\.0\dx \[[\d., ]+\]", each) for each in told)
    assert told
    assert f"{event['id']}: the step by cause: {told[0]}" in result.stdout.splitlines()
    assert "<dt>the step by cause</dt><dd>uncounted work 1.0" in (out / "night.html").read_text()
    slower, uncounted, framework = event["causes"].values()
    assert uncounted["ratio"] == pytest.approx(16 / 15, abs=0.005)
    assert slower["low"] < 1 < slower["high"]
    product = math.prod(each["ratio"] for each in event["causes"].values())
    assert product == pytest.approx(1 + event["change"], rel=0.01)
    assert framework["ratio"] == pytest.approx(1)


def test_a_night_ends_with_the_table_of_its_events_in_every_form(tmp_path, monkeypatch):
    step = NIGHTS - 4
    runs = [night_run(n, roles=SLOWER if n >= step else None) for n in range(NIGHTS)]
    location = stored(tmp_path, *runs)
    for night in range(step, NIGHTS):
        result = judged(location, night, tmp_path / "page", "--csv")
    found = document(tmp_path / "page")["events"]
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["event"] for row in rows] == [event["id"] for event in found]
    assert {row["cell"] for row in rows} == {B0.key}
    assert result.stderr.startswith("Tonight: ")
    assert result.stderr.splitlines()[1].startswith("REGRESSION (")
    quiet = judged(location, NIGHTS - 1, tmp_path / "page", "--quiet")
    assert (quiet.stdout.split(), quiet.stderr) == ([event["id"] for event in found], "")
    for width in (80, 100, 150):
        monkeypatch.setenv("COLUMNS", str(width))
        text = judged(location, NIGHTS - 1, tmp_path / "page").stdout
        assert max(map(len, text.splitlines())) <= width
        assert all(event["id"] in text.split() for event in found)


def test_what_says_how_to_measure_has_no_use_where_a_stored_run_is_judged(tmp_path):
    location = stored(tmp_path, night_run(0))
    with pytest.raises(BadInput, match="--run judges what is stored"):
        judged(location, 0, tmp_path / "page", "--time-cap", "3")


def test_what_was_measured_again_tells_the_causes_of_tonight(tmp_path):
    """The first values of a suspect are those that a rule has selected."""
    tonight = night_run(NIGHTS, roles=SLOWER)
    location = stored(tmp_path, *map(night_run, range(NIGHTS)), tonight)
    with open_store(location) as store:
        night = load_night(store, Study(tonight))
        measured = night_run(NIGHTS + 1, roles={B0: ROLES | {"norm": ROLES["norm"] * 1.6}})
        of_suspect = tuple(each for each in measured.repeats if each.cell == B0)
        again = replace(measured, repeats=of_suspect)
        alone, both = night.profiles, night.profiles.with_again(again)
        read = [each.of(tonight.invocation.id) for each in (alone, both)]
    shares = [each[B0.key].seconds for each in read]
    over = [each["uncounted work"] / each["slower arithmetic"] for each in shares]
    assert over == pytest.approx([0.6, 0.62])
    assert read[0][RESNET.key] == read[1][RESNET.key]


def test_an_acknowledged_step_fails_nobody_and_keeps_its_reason(tmp_path):
    step = NIGHTS - 5
    runs = [night_run(n, roles=SLOWER if n >= step else None) for n in range(NIGHTS)]
    location = stored(tmp_path, *runs)
    out = tmp_path / "page"
    for night in range(step, NIGHTS - 1):
        judged(location, night, out)
    before = document(out)["events"]
    assert before
    with open_store(location) as opened:
        for event in before:
            opened.set_event_state(event["id"], "acknowledged", "wanted", "2026-10-20T00:00:00")
    result = judged(location, NIGHTS - 1, out, "--fail-on", "any")
    assert result.exit_code == 0
    with open_store(location) as opened:
        assert {event.reason for event in opened.events()} == {"wanted"}


def test_a_machine_that_moved_is_one_event(tmp_path):
    step = NIGHTS - 4
    everything = dict.fromkeys(CELLS, 1.12)
    runs = [night_run(n, everything if n >= step else None) for n in range(NIGHTS)]
    location = stored(tmp_path, *runs)
    out = tmp_path / "page"
    for night in range(step, NIGHTS):
        result = judged(location, night, out, "--fail-on", "regression")
    assert [event["kind"] for event in document(out)["events"]] == ["machine"]
    assert result.exit_code == 0
    assert "The machine changed: Some CPU on laptop" in (out / "night.md").read_text()


@pytest.mark.parametrize(
    ("factor", "pace", "kind", "status"),
    [(1.12, 1.01, "software", 4), (1 / 1.12, 1.0, "software", 0), (1.12, 1.1, "machine", 0)],
    ids=["slower software", "faster software", "a slower machine"],
)
def test_neutral_sentinels_tell_what_moved_all_cells(tmp_path, factor, pace, kind, status):
    """Of a few cells that run torch, sentinel cells among them, on the night they do."""
    runs = []
    for n in range(NIGHTS):
        moved = n == NIGHTS - 1
        marks = fingerprint(**{"device kind": "cpu"})
        marks = replace(marks, recorded=marks.recorded | {"torch": "2.16" if moved else "2.15"})
        run = night_run(n, dict.fromkeys(CELLS, factor if moved else 1.0), fingerprint=marks)
        taken = calibrations(factor=pace if moved else 1.0)
        runs.append(replace(run, calibrations=taken))
    name = again_suite(runs[-1].invocation)
    again = night_run(NIGHTS, dict.fromkeys(CELLS, factor))
    again = replace(again, invocation=replace(again.invocation, suite=name))
    location = stored(tmp_path, *runs, again)
    out = tmp_path / "page"
    result = judged(location, NIGHTS - 1, out, "--fail-on", "regression")
    (event,) = document(out)["events"]
    assert (event["kind"], result.exit_code) == (kind, status)
    page = (out / "night.md").read_text()
    assert "what else changed there: torch 2.15 → 2.16" in page
    assert ("and the machine kept its pace" in page) == (kind == "software")
    state = {"machine": "not comparable"}.get(kind, "regression" if status else "improvement")
    steps = [each for each in document(out)["series"] if each["metric"] == "step_seconds"]
    assert {each["state"] for each in steps} == {state}
    assert {each.get("event") for each in steps} == {None if kind == "machine" else event["id"]}


def test_a_cell_that_stopped_working_is_found_the_same_night(tmp_path):
    broken = night_run(NIGHTS - 1, outcomes={RESNET: OUT_OF_MEMORY})
    location = stored(tmp_path, *map(night_run, range(NIGHTS - 1)), broken)
    result = judged(location, NIGHTS - 1, tmp_path / "page", "--fail-on", "regression")
    assert result.exit_code == 4
    found = document(tmp_path / "page")
    assert [e["kind"] for e in found["events"]] == ["failure"]
    assert found["missing"][RESNET.key].startswith("oom")


def test_the_first_nights_cannot_tell(tmp_path):
    location = stored(tmp_path, *map(night_run, range(3)))
    result = judged(location, 2, tmp_path / "page")
    assert "REGRESSION (0)" in result.stdout
    assert "Cannot tell yet: 3 of 12 nights" in (tmp_path / "page" / "night.md").read_text()
    states = document(tmp_path / "page")["counts"]
    assert states["cannot tell"] > 0
    assert states["ok"] == 0


def test_only_nights_of_the_same_suite_and_fingerprint_are_compared(tmp_path):
    runs = [night_run(n) for n in range(6)]
    other_suite = replace(runs[1], invocation=replace(runs[1].invocation, suite="quick"))
    other_allocator = night_run(2, fingerprint=fingerprint(allocator="jemalloc"))
    other_host = night_run(3, fingerprint=fingerprint(host="server"))
    kept = [runs[0], other_suite, other_allocator, other_host, runs[4], runs[5]]
    location = stored(tmp_path, *kept)
    with open_store(location) as opened:
        night = load_night(opened, Study(runs[5]))
    assert [each.run_id for each in night.history.nights] == [night_id(n) for n in (0, 4, 5)]
    assert {key.host for key in night.history.keys} == {"laptop"}


def test_a_second_measurement_of_suspects_is_linked_and_is_no_night(tmp_path):
    runs = [night_run(n) for n in range(3)]
    again = night_run(3, {B0: 2.0})
    name = again_suite(runs[2].invocation)
    again = replace(again, invocation=replace(again.invocation, suite=name))
    location = stored(tmp_path, *runs, again)
    with open_store(location) as opened:
        found = find_again(opened, runs[2])
        assert found is not None
        assert found.invocation.id == again.invocation.id
        assert find_again(opened, runs[1]) is None
        night = load_night(opened, Study(again))
    assert len(night.history.nights) == 1


def test_the_command_that_reproduces_a_cell_measures_that_cell_alone():
    invocation = night_run(0).invocation
    cell = Cell("timm/resnet50", 224, "train", 8, "amp-bf16", "nhwc", "compile", 2)
    words = shlex.split(reproducing_command(cell, invocation))
    assert words[:3] == ["effprof", "run", "--cpu"]
    given = {name: words[words.index(axis.flag) + 1] for name, axis in AXES.items()}
    assert Cell(**{name: value for name, (value,) in read_flags(given).values.items()}) == cell
    # The command knows every one of these options.
    typer.main.get_command(build_app()).commands["run"].make_context("run", words[2:])
    on_gpu = fingerprint(**{"device kind": "cuda"})
    on_gpu = replace(on_gpu, recorded=on_gpu.recorded | {"uuid": "GPU-1"})
    assert "--gpu GPU-1" in reproducing_command(cell, replace(invocation, fingerprint=on_gpu))


def test_bad_input_is_refused(tmp_path):
    location = stored(tmp_path, night_run(0))
    with pytest.raises(BadInput, match="no run"):
        judged(location, 5, tmp_path / "page")
    with pytest.raises(BadInput, match=r"unknown suite 'nigtly'.*did you mean nightly"):
        CliRunner().invoke(build_app(), ["nightly", "nigtly", "--cpu"], catch_exceptions=False)
    with pytest.raises(BadInput, match="did you mean regression"):
        judged(location, 0, tmp_path / "page", "--fail-on", "regressions")


def faster_nights(run, count, factor):
    """The same run on earlier nights, when the cell of the suite took `factor` of its time."""
    began = datetime.fromisoformat(run.invocation.started_at)
    for night in range(1, count + 1):
        scale = factor * (1 + 0.002 * (night % 5 - 2))
        repeats = tuple(
            replace(repeat, outcome=scaled(repeat.outcome, scale))
            if repeat.cell == run.invocation.cells[0]
            else repeat
            for repeat in run.repeats
        )
        at = began - timedelta(days=night)
        invocation = replace(
            run.invocation, id=f"{at:%Y%m%d-%H%M%S}-{night:06x}", started_at=at.isoformat()
        )
        yield replace(run, invocation=invocation, repeats=repeats)


def scaled(outcome, factor):
    timing = outcome.timing
    times = {
        name: tuple(seconds * factor for seconds in getattr(timing, name))
        for name in ("throughput", "latency")
    }
    return replace(outcome, timing=replace(timing, **times))


@pytest.mark.slow
def test_a_suite_is_measured_and_judged_and_suspects_are_measured_again(here, tmp_path):
    suite = write_suite(tmp_path, batches=(1,))
    how = ("--repeats", "1", "--time-cap", "7", "--timeout", "300", "--threads", "1")
    first = here("nightly", suite, "--cpu", "--allow-busy", *how)
    assert first.returncode == 0, first.stderr
    assert "suspects" not in first.stderr
    with open_store(str(tmp_path / "store.sqlite")) as store:
        run = store.load(store.resolve("latest"))
        asked = run.invocation.options
        assert (asked.time_cap_seconds, asked.timeout_seconds, asked.allow_busy) == (7, 300, True)
        page = tmp_path / "effprof-nights" / run.invocation.id / "night.md"
        assert "Cannot tell yet: 1 of 12 nights" in page.read_text()
        # Tonight this cell will take three times what it took on the nights before.
        store.add_runs([*faster_nights(run, 14, 1 / 3)])

    later = here(*("nightly", suite, "--cpu", "--allow-busy", *how), "--json", "--fail-on", "any")
    assert later.returncode == 4, later.stderr
    assert "look changed and are measured again" in later.stderr
    night = json.loads(later.stdout, parse_constant=pytest.fail)
    assert len(night["nights"]) == 16
    cells = {each["cell"].partition("@")[0].rpartition(":")[2] for each in night["series"]}
    assert {"tiny", "matrix_product", "copy", "timm/resnet18"} <= cells
    assert night["events"]
    pages = tmp_path / "effprof-nights" / night["run"]
    assert json.loads((pages / "night.json").read_text()) == night
    assert (pages / "night.html").read_text().startswith("<!")
    with open_store(str(tmp_path / "store.sqlite")) as store:
        assert find_again(store, store.load(night["run"])) is not None
        assert {event.id for event in store.events()} >= {event["id"] for event in night["events"]}

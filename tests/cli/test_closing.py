"""The first line of a run, its table while it goes on, and its last screen."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from effprof.cli.live import Board, Standings
from effprof.cli.sweep import answer_closing
from effprof.core.outcomes import Failure, Repeat
from effprof.core.runs import Run
from effprof.device.target import Target
from effprof.report.closing import MOST_ROWS, closing
from effprof.report.page import Page
from effprof.study.study import Study
from effprof.sweep.plan import Plan
from tests import jobs
from tests.cli.printed import Terminal, table_rows
from tests.golden import agrees
from tests.report.zoo import zoo_run
from tests.runs import CRASHED, fingerprint, sample_run

GOLDEN = Path(__file__).parent / "golden"

#: A torch that takes down whoever imports it.
NO_TORCH = "raise SystemExit('torch was imported')"


def screen(run, capsys, form="text", report="effprof-reports/latest/report.html"):
    answer_closing(closing(Page(Study(run)), report), form)
    return capsys.readouterr().out


def test_the_first_line_stands_before_torch_is_imported(tmp_path):
    (tmp_path / "torch.py").write_text(NO_TORCH)
    done = subprocess.run(
        [str(Path(sys.executable).parent / "effprof"), "run", "--cpu", "--no-report"],
        cwd=tmp_path,
        env=os.environ
        | {"PYTHONPATH": str(tmp_path), "EFFPROF_STORE": str(tmp_path / "store.sqlite")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == "loading torch…"


def test_a_plan_of_registered_networks_is_told_without_torch(effprof, tmp_path):
    (tmp_path / "torch.py").write_text(NO_TORCH)
    told = effprof("run", "quick", "--cpu", "--dry-run", "--json", PYTHONPATH=str(tmp_path))
    assert told.returncode == 0, told.stderr
    assert "loading torch" not in told.stderr
    assert told.stderr.startswith("device: ")
    (plan,) = json.loads(told.stdout)["plans"]
    assert "timm/mobilenetv3_large_100@224 infer b8 fp32 nchw eager" in plan["cells"]


def test_a_plan_is_the_same_as_that_of_the_model_libraries(here, tmp_path):
    """A model of one's own is asked of a worker, and all others with it."""
    asked = ("run", "first", "--cpu", "--dry-run", "--json", "--resolution", "native,paper")
    (kept,) = json.loads(here(*asked, "--models", "efficientnet_b2,resnet50").stdout)["plans"]
    own = f"{Path(jobs.__file__)}:tiny"
    done = here(*asked, "--models", f"efficientnet_b2,resnet50,{own}")
    (found,) = json.loads(done.stdout)["plans"]
    assert done.stderr.startswith("loading torch…\n")
    assert kept["cells"] == [key for key in found["cells"] if ":tiny@" not in key]
    (more,) = json.loads(here(*asked, "--models", "resnet2[6]").stdout)["plans"]
    assert {key.partition("@")[0] for key in more["cells"]} == {"timm/resnet26"}


def test_the_last_screen_says_what_arrived_why_and_where_to_go_next(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    run = sample_run((1,), suite="first", fingerprint=fingerprint(**{"device kind": "cpu"}))
    text = screen(run, capsys)
    assert max(map(len, text.splitlines())) <= 80
    first, second, *_ = text.splitlines()
    assert first.startswith("EfficientNet-B0 is 4.7x as fast as ResNet-50 on this CPU (95 %: ")
    assert second == "FLOPs promised 10.6x, so 44 % arrives."
    for line in (
        "Page          effprof-reports/latest/report.html",
        "More networks  effprof run quick",
        "Why so?        effprof profile efficientnet_b0 --compare resnet50",
    ):
        assert " ".join(line.split()) in " ".join(text.split())
    agrees(GOLDEN / "closing-80.txt", text)


def test_the_last_screen_says_that_the_machine_was_busy(capsys):
    run = sample_run((1,))
    busy = tuple(
        replace(each, outcome=replace(each.outcome, rough_reasons=("contended",)))
        if each.cell.model == "timm/resnet50"
        else each
        for each in run.repeats
    )
    text = " ".join(screen(replace(run, repeats=busy), capsys).split())
    assert text.startswith("EfficientNet-B0 is roughly 4.7x as fast as ResNet-50 on ")
    assert "resnet50 (rough)" in text
    assert "ROUGH: other programs used the machine while 1 of 4 cells were measured." in text


def test_the_last_screen_of_a_part_of_a_run_says_so(capsys):
    text = " ".join(screen(replace(sample_run((1,)), status="interrupted"), capsys).split())
    assert "INCOMPLETE: this run is interrupted" in text
    assert "Go on with effprof run --resume" in text


def test_of_many_networks_a_screen_shows_the_fastest_and_those_compared():
    found = closing(Page(Study(zoo_run((1,)))), None).table
    rows = table_rows(found)
    assert len(rows) <= MOST_ROWS
    speeds = [float(row[2].split()[0]) for row in rows]
    assert speeds == sorted(speeds)
    assert {"efficientnet_b0", "resnet50"} <= {row[0] for row in rows}


def test_a_run_without_a_pair_says_why_nothing_is_compared(capsys):
    outcomes = {(cell, i): CRASHED for cell in sample_run((1,)).invocation.cells for i in range(3)}
    text = screen(sample_run((1,), outcomes=outcomes), capsys)
    assert "nothing can be compared" in text
    assert "Page" in text


def test_quiet_is_the_verdict_alone_and_a_form_is_its_table(capsys):
    run = sample_run((1,))
    assert screen(run, capsys, "quiet").count("\n") == 2
    assert screen(run, capsys, "csv").startswith("model,")


@pytest.fixture
def plan():
    asked = sample_run((1, 8)).invocation
    pending = Run(asked, "running").missing
    return Plan(asked, Target("cpu", "Some CPU", "asked for"), pending, ())


def test_the_table_of_a_sweep_begins_with_subject_and_reference_and_fills(plan):
    standings = Standings(plan)
    names = [row[0] for row in table_rows(standings.table())]
    assert names[:2] == ["efficientnet_b0", "resnet50"]
    assert len(names) == len(plan.invocation.cells)
    measured = sample_run((1, 8)).repeats
    subject, reference = list(standings.rows)[:2]
    standings.take(next(each for each in measured if each.cell == subject))
    assert standings.table().rows[0][5] is None, "no ratio before the reference"
    standings.take(next(each for each in measured if each.cell == reference))
    first, second, *_ = table_rows(standings.table())
    assert first[5] == "4.71x"
    assert second[5] == "1.00x"
    assert first[6] == "1 of 3"


@pytest.mark.parametrize(
    ("change", "told", "counts"),
    [
        ({"invalid_reasons": ("throttled",)}, "invalid", 0),
        ({"rough_reasons": ("busy",)}, "rough", 1),
    ],
)
def test_what_may_not_be_believed_is_marked_and_makes_no_number(plan, change, told, counts):
    standings = Standings(plan)
    first = next(each for each in sample_run((1, 8)).repeats)
    standings.take(replace(first, outcome=replace(first.outcome, **change)))
    row = standings.rows[first.cell]
    assert (row.told, len(row.seconds), row.done) == (told, counts, 1)


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_shows_how_far_the_cell_at_work_is(plan, monkeypatch, width):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    board = Board(plan)
    board.begin(plan.invocation.cells[0], 0, 60.0)
    board.go_on("timing", 38, 0.021)
    board.close()
    assert "repeat 1 of 3, timing, 38 samples ±2.1 %: timm/" in screen.getvalue()
    assert "\x1b[3" not in screen.getvalue(), "no colours"


def test_what_fails_stands_in_the_table(plan):
    standings = Standings(plan)
    cell = next(iter(standings.rows))
    failed = Failure("oom", "no memory")
    standings.take(Repeat(cell, 0, failed, "2026-11-21T08:00:00+00:00", 1.0))
    assert table_rows(standings.table())[0][-1] == "oom"
    # A run that goes on begins with what it has.
    earlier = replace(plan, earlier=sample_run((1, 8)).repeats)
    assert {row[6] for row in table_rows(Standings(earlier).table())} == {"3 of 3"}

"""`effprof claims` as people call it: tables, JSON, filters, plans and bad requests."""

import json
import shlex
import sys

import pytest

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim_verdicts import settle
from effprof.claims.evidence import evidence_of
from effprof.claims.quotations import read_quotation
from effprof.cli.main import main
from effprof.core.cells import Cell
from effprof.core.formats import TIMM
from effprof.core.outcomes import Measurement, Repeat, Timing
from effprof.core.runs import Run
from effprof.store.store import open_store
from effprof.store.transfer import export_run
from effprof.study.study import Study
from tests.evidence import run_of
from tests.runs import fingerprint, sample_run

B1, RESNET_152 = Cell("timm/efficientnet_b1", 240), Cell("timm/resnet152", 224)


def pair(speed, **fields) -> Run:
    """Five processes of B1 and ResNet-152 on one CPU thread."""
    seconds = {B1: 0.1, RESNET_152: 0.1 * speed}
    repeats = tuple(
        Repeat(
            cell,
            index,
            Measurement(Timing((step * (1 + index / 1000),) * 9, (), (), step)),
            "2026-11-21T08:00:00+00:00",
            1.0,
        )
        for index in range(5)
        for cell, step in seconds.items()
    )
    marks = fingerprint(**{"device kind": "cpu"})
    asked = sample_run((1,), 5, cells=tuple(seconds), fingerprint=marks, **fields).invocation
    return Run(asked, "complete", repeats=repeats)


@pytest.fixture
def store(tmp_path):
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as opened:
        opened.add_runs([pair(5.7)])
    return location


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the command line in this process; return its exit status, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["effprof", "claims", *map(str, arguments)])
        with pytest.raises(SystemExit) as exited:
            main()
        return exited.value.code or 0, *capsys.readouterr()

    return run


def document(output):
    return {claim["id"]: claim for claim in json.loads(output)["claims"]}


def test_the_installed_command_says_verdicts_and_what_to_measure(effprof, tmp_path):
    export_run(pair(5.7), tmp_path / "cpu.jsonl.gz")
    done = effprof("claims", "cpu.jsonl.gz", "--group", "B")
    assert done.returncode == 0, done.stderr
    assert "5.70x [" in done.stdout
    assert "C5 supported: " in done.stdout
    assert "C7 not measured: " in done.stdout
    assert "effprof claims cpu.jsonl.gz --claim C7 --plan --cpu > C7.toml" in done.stdout
    assert done.stdout.splitlines()[-2:] == [
        "own measurements: 1 supported; 3 not measured",
        "They rest on 2 intervals at 95 %, none adjusted for their number: 0.1 of them are expected"
        " to miss the truth by chance.",
    ]
    assert done.stderr == f"run {pair(5.7).invocation.id}: quick on Some CPU, 1 thread\n"


def test_the_store_answers_by_default(call, store):
    status, out, _ = call("--store", store, "--json")
    claims = document(out)
    assert status == 0
    assert list(claims) == [claim.id for claim in CLAIMS]
    part = claims["C5"]["parts"][0]
    assert claims["C5"]["verdict"] == part["verdict"] == "supported"
    assert part["threshold"] == {"low": 4.3, "high": 7.1}
    assert part["published"][0]["value"] == 5.7
    (row,) = part["devices"]
    assert row["low"] < row["estimate"] < row["high"]
    assert (row["n"], row["of"]) == (5, "processes")
    assert claims["C9"]["verdict"] == "not measured"
    assert claims["C9"]["missing"]


def test_runs_of_several_devices_count_together(call, tmp_path):
    files = []
    for name, speed in (("fast", 5.7), ("slow", 3.0)):
        run = pair(speed, id=f"20261121-{name}", device=name)
        marks = fingerprint(**{"device kind": "cpu", "device": name})
        object.__setattr__(run.invocation, "fingerprint", marks)
        files.append(tmp_path / f"{name}.jsonl.gz")
        export_run(run, files[-1])
    _, out, err = call(*files, "--claim", "C5", "--json")
    found = document(out)["C5"]
    assert found["verdict"] == "inconclusive"
    assert "devices disagree" in found["parts"][0]["reason"]
    assert [row["device"] for row in found["parts"][0]["devices"]] == ["fast", "slow"]
    assert err.count("\n") == 2


def test_what_is_written_of_published_runs_is_read_back(call, tmp_path):
    cells = {
        Cell(model, size, batch_size=256, precision="amp-fp16"): (seconds,)
        for model, size, seconds in (
            ("timm/efficientnet_b0", 224, 0.1),
            ("timm/efficientnet_b4", 380, 0.5),
            ("timm/resnet50", 224, 0.2),
        )
    }
    run = run_of(cells, kind="cuda", method=TIMM.method)
    export_run(run, tmp_path / "theirs.jsonl.gz")
    _, out, _ = call(tmp_path / "theirs.jsonl.gz", "--json")
    (tmp_path / "others.json").write_text(out)
    found = read_quotation(tmp_path / "others.json", CLAIMS).quoted
    assert [(each.claim, each.part) for each in found] == [
        ("C9", "speed_eager"),
        ("C13", "speed"),
        ("C16", "speed_synthetic"),
    ]
    settled = settle(CLAIMS, evidence_of([Study(run)]))
    rows = [(part, row) for each in settled for part in each.parts for row in part.rows]
    told = [(p.part.id, row.device, row.answer.estimate.value) for p, row in rows if p.by_others]
    assert told == [(each.part, each.device, each.answer.estimate.value) for each in found]


def test_without_runs_nothing_is_measured_and_that_is_no_error(call, tmp_path):
    status, out, err = call("--store", tmp_path / "none.sqlite")
    assert (status, err) == (0, "no runs yet: nothing is measured\n")
    assert out.splitlines()[-1] == f"{len(CLAIMS)} not measured"


def test_json_holds_no_nan(call, store):
    def refuse(word):
        raise AssertionError(word)

    json.loads(call("--store", store, "--json")[1], parse_constant=refuse)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--group", "a"], ["C1", "C2", "C3", "C4"]),
        (["--claim", "c7,C5"], ["C5", "C7"]),
        (["--group", "A,B", "--claim", "C5,C1"], ["C1", "C5"]),
    ],
)
def test_claims_are_chosen_by_group_and_name(call, tmp_path, arguments, expected):
    _, out, _ = call("--store", tmp_path / "none.sqlite", "--json", *arguments)
    assert list(document(out)) == expected


def test_all_words_that_are_none_are_named_at_once(call, tmp_path):
    status, _, err = call("--store", tmp_path / "x.sqlite", "--group", "Q", "--claim", "C5,C77,x")
    assert status == 2
    for told in ("--group: 'Q' is not one of A, B,", "'C77'", "'X'", "did you mean C7"):
        assert told in err


def test_a_group_without_the_claim_is_refused(call, tmp_path):
    status, _, err = call("--store", tmp_path / "x.sqlite", "--group", "A", "--claim", "C5")
    assert (status, "no claim of group A is one of C5" in err) == (2, True)


@pytest.mark.parametrize("flags", [("--cpu",), ("--gpu",), ("--plan", "--json")])
def test_flags_that_do_not_go_together_are_refused(call, tmp_path, flags):
    status, out, err = call("--store", tmp_path / "x.sqlite", *flags)
    assert (status, out) == (2, "")
    assert "--plan" in err


def test_a_run_that_is_not_there_is_named(call, store):
    status, _, err = call("20990101", "--store", store)
    assert (status, "20990101" in err) == (2, True)


def test_what_is_measured_is_not_planned(call, store):
    _, out, err = call("--store", store, "--claim", "C5", "--plan")
    assert (out, "nothing is missing" in err) == ("", True)


def test_a_plan_runs(effprof, tmp_path):
    planned = effprof("claims", "--claim", "C5,C6", "--plan", "--cpu")
    (tmp_path / "plan.toml").write_text(planned.stdout)
    done = effprof("run", "plan.toml", "--cpu", "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    (plan,) = json.loads(done.stdout)["plans"]
    assert (plan["repeats"], sorted(plan["cells"])) == (5, [B1.key, RESNET_152.key])


def test_the_command_that_is_told_can_be_typed(call, tmp_path):
    store = str(tmp_path / "odd name.sqlite")
    _, out, _ = call("--store", store, "--claim", "C13")
    (told,) = (line for line in out.splitlines() if "measure it: effprof claims" in line)
    words = shlex.split(told.partition("effprof claims")[2])
    assert words[:2] == ["--store", store]
    assert words[2:6] == ["--claim", "C13", "--plan", "--gpu"]

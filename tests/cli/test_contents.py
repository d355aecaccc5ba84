"""Help, version, forms of tables and completion: what stands on every command."""

import csv
import io
import json
import re

import pytest

from effprof import __version__
from effprof.cli import completion
from effprof.cli.contents import CONTENTS, STATUSES
from effprof.core.accuracies import ACCURACIES
from effprof.store.store import open_store
from effprof.sweep.suite import load_suite, suite_names
from tests.runs import sample_run

#: Commands that print no table.
WITHOUT_TABLES = {"report", "writeup", "export", "import"}


@pytest.mark.parametrize("entry", CONTENTS, ids=lambda entry: entry.name)
def test_every_help_has_an_example_and_its_exit_statuses(here, entry):
    text = here(entry.name, "-h").stdout
    assert f"Example:\n    {entry.example}\n" in text
    statuses = text.partition("Exit status:")[2].split("\n")
    told = {int(line.split()[0]) for line in statuses if line.strip()}
    assert told == {0, 2, *entry.exits}
    assert told <= STATUSES.keys()
    assert max(map(len, text.splitlines())) <= 80
    for flag in ("--csv", "--markdown", "--latex", "--json", "--quiet"):
        assert (flag in text) or entry.name in WITHOUT_TABLES


def test_the_help_goes_along_the_journey_and_cuts_no_description(here):
    text = here("-h").stdout
    parts = [text.index(f"\n{part}:\n") for part in ("Measure", "Decide", "Look", "Manage")]
    assert parts == sorted(parts)
    assert "..." not in text.partition("Measure:")[2]
    plain = " ".join(text.split())
    assert "Compare two runs: what got slower, what got faster, and what is unclear." in plain


def test_the_version_is_that_of_the_package(here):
    done = here("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"effprof {__version__}\n", "")


def test_every_suite_is_listed_with_what_it_is_for(here):
    rows = json.loads(here("suites", "--json").stdout)["suites"]
    assert sorted(row["suite"] for row in rows) == suite_names()
    assert [row["suite"] for row in rows][:2] == ["first", "quick"]
    assert all(row["description"] == load_suite(row["suite"]).description for row in rows)


def test_a_pipe_gets_columns_between_tabs_and_options_give_other_forms(here):
    head, first, *_ = here("models").stdout.splitlines()
    assert head.split("\t")[:4] == ["model", "family", "params", "macs"]
    assert first.split("\t")[:3] == ["timm/efficientnet_b0", "EfficientNet", "5300000"]
    rows = list(csv.DictReader(io.StringIO(here("models", "--csv").stdout)))
    assert rows[0]["macs"] == "390000000"
    assert here("models", "--markdown").stdout.startswith("| model ")
    assert r"\begin{tabular}" in here("models", "--latex").stdout
    names = here("models", "--quiet").stdout.split()
    assert names == [row["model"] for row in rows]
    refused = here("models", "--csv", "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--csv and --json exclude each other" in refused.stderr


@pytest.mark.parametrize("width", [80, 100, 150])
def test_no_listing_is_wider_than_the_terminal(here, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    for command in ("models", "suites"):
        lines = here(command, "--text").stdout.splitlines()
        assert max(map(len, lines)) <= width
        assert not any("…" in line for line in lines)


def test_shells_complete_suites_models_and_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFPROF_STORE", str(tmp_path / "store.sqlite"))
    assert completion.runs("") == [], "no store is made by asking"
    assert list(tmp_path.iterdir()) == []
    with open_store() as store:
        store.add_runs([sample_run(id="20261121-a")])
        store.tag("20261121-a", "before")
    assert completion.runs("") == ["latest", "before", "20261121-a"]
    assert completion.runs("2026") == ["20261121-a"]
    assert completion.suites("fir") == ["first"]
    assert "resnet18,efficientnet_b0" in completion.models("resnet18,efficientnet_b")
    assert "timm/resnet50" in completion.models("timm/res")


@pytest.mark.parametrize(
    ("shell", "words", "completed"),
    [
        ("bash", "run fir", {"first"}),
        ("bash", "run first --models resnet18,efficientnet_b0", {"resnet18,efficientnet_b0"}),
        ("bash", "report 2026", {"20261121-a"}),
        ("bash", "run --allo", {"--allow-busy", "--allocator"}),
        ("zsh", "runs bef", {"before"}),
    ],
)
def test_a_shell_gets_them_in_the_way_in_which_it_asks(effprof, tmp_path, shell, words, completed):
    with open_store(str(tmp_path / "store.sqlite")) as store:
        store.add_runs([sample_run(id="20261121-a")])
        store.tag("20261121-a", "before")
    line = f"effprof {words}"
    asked = {
        "bash": {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))},
        "zsh": {"_TYPER_COMPLETE_ARGS": line},
    }
    done = effprof(_EFFPROF_COMPLETE=f"complete_{shell}", **asked[shell])
    assert (done.returncode, done.stderr) == (0, "")
    assert completed <= set(re.findall(r"[\w./,-]+", done.stdout))


def test_accuracies_are_named_in_the_help_of_pick(here):
    text = here("pick", "--help").stdout
    assert all(kind in text for kind in ACCURACIES)

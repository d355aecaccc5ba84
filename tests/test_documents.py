"""README and docs: what they say a command prints is what it prints, and programs in them run."""

import doctest
import os
import re
import shlex
import sys

import pytest

from effprof.analysis.isolation import isolation
from effprof.cli.main import main
from effprof.cli.profile_answer import Shown, answer_profiles
from effprof.cli.sweep import answer_closing
from effprof.core.units import significant, times
from effprof.device.target import Target
from effprof.report.closing import closing
from effprof.report.page import Page
from effprof.session.profiles import Profiled
from effprof.store.transfer import read_run
from effprof.study.study import Study
from effprof.sweep.plan import Plan
from tests.documents import FIRST, PAGES, ROOT, TRANSCRIPT, blocks, shortened, transcripts

#: Where the page of the first run lies, as its last screen says.
FIRST_PAGE = "effprof-reports/{}/report.html"

#: Pages whose Python is checked by tests of their own.
CHECKED_ELSEWHERE = {"docs/api.md", "docs/models.md"}

PROGRAMS = [
    page
    for page in PAGES
    if page not in CHECKED_ELSEWHERE and ">>>" in PAGES[page].read_text("utf-8")
]


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A folder like a clone of the repository, in which one may write; a terminal of 80 columns."""
    for name in ("docs", "examples", "reports", "suites"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EFFPROF_STORE", str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def printed_by(command, capsys, monkeypatch):
    """What a terminal shows of a command; one that measures is answered by a recorded run."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    name, *arguments = shlex.split(command)
    assert name == "effprof"
    if arguments == ["run", "--cpu"]:
        run = read_run(FIRST)
        answer_closing(closing(Page(Study(run)), FIRST_PAGE.format(run.invocation.id)), "text")
    elif arguments[0] == "profile":
        answer_profiles(*recorded_profiles(arguments))
    else:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        with pytest.raises(SystemExit):
            main()
    lines = capsys.readouterr().out.splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def recorded_profiles(arguments):
    """Answer `profile MODEL --compare OTHER --cpu` by what the first run profiled."""
    _, one, compare, other, cpu = arguments
    assert (compare, cpu) == ("--compare", "--cpu")
    run = read_run(FIRST)
    cost = {each.model: each for each in run.costs}
    first = {each.cell.model: each for each in run.repeats if each.index == 0}
    profiled = [
        Profiled(first[name].cell, cost[name], first[name].outcome)
        for name in (f"timm/{one}", f"timm/{other}")
    ]
    plan = Plan(run.invocation, Target("cpu", run.invocation.device, "asked for"), (), ())
    return plan, profiled, Shown(compare=True, by="all", depth=2, top=15, form="text")


@pytest.mark.parametrize(
    ("page", "command", "shown"),
    [pytest.param(*each, id=f"{each[0]}: {each[1]}") for each in transcripts()],
)
def test_a_command_prints_what_the_page_shows(page, command, shown, clone, capsys, monkeypatch):
    printed = shortened(printed_by(command, capsys, monkeypatch), shown)
    if os.environ.get("EFFPROF_REGENERATE_GOLDEN"):
        text = PAGES[page].read_text("utf-8")
        old, new = (f"```console\n$ {command}\n{each}```" for each in (shown, printed))
        PAGES[page].write_text(text.replace(old, new), "utf-8")
    assert printed == next(
        block["printed"]
        for block in TRANSCRIPT.finditer(PAGES[page].read_text("utf-8"))
        if block["command"] == command
    )


def test_pages_show_what_commands_print():
    assert {page for page, _, _ in transcripts()} >= {
        "README.md",
        "docs/faq.md",
        "docs/tutorial.md",
    }


@pytest.mark.parametrize("page", PROGRAMS)
def test_the_python_of_a_page_prints_what_it_says(page, clone):
    text = PAGES[page].read_text("utf-8")
    program = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(program).failed == 0


def test_the_tutorial_annotates_the_split_of_the_first_run():
    found = Study(read_run(FIRST)).result("efficientnet_b0").split
    (told,) = (block for block in blocks("docs/tutorial.md", "text") if "promised" in block)
    numbers = {"promised": times(found.promise), "measured": times(found.realised.value)}
    numbers |= {cause: significant(one.whole.value) for cause, one in found.factors.items()}
    for words, number in numbers.items():
        assert re.search(rf"^[=÷ ] {re.escape(number)} +{words}", told, re.M), words


def test_what_isolation_cost_is_what_the_run_says():
    cost = isolation(read_run(ROOT / "reports" / "amd-epyc-2026-11" / "quick.jsonl.gz"))
    said = f"{cost.median_seconds:.2f} s a cell were spent outside measuring, and"
    share = f"{cost.measuring_share:.0%}".replace("%", " %")
    faq = " ".join(PAGES["docs/faq.md"].read_text("utf-8").split())
    assert f"{said} {share} of the time was measuring" in faq


def test_the_gallery_shows_every_published_run():
    gallery = PAGES["docs/gallery.md"].read_text("utf-8")
    for run in (ROOT / "reports").glob("*/*.jsonl.gz"):
        place = str(run.relative_to(ROOT)).removesuffix(".jsonl.gz")
        assert f"(../{place}.jsonl.gz)" in gallery
        assert f"(../{place}/report.md)" in gallery

"""Plain English: what stands in help, documents and goldens for people, and what should not."""

import ast
import re
from pathlib import Path

import pytest
import typer

from effprof.cli.contents import CONTENTS
from effprof.cli.main import build_app
from tests.documents import PAGES, ROOT

#: What reads as translated, inverted or private -> how one says it.
SAID_BETTER = {
    r"by how much not": "And if not, …",
    r"\b(may|might) (not )?be believed|\bnot to be believed": "was rejected, is invalid",
    r"\bis an answer, a\b|memory is an answer": "counts as a result",
    r"\b(won|lost) by an? \w+": "is gained: …",
    r"straight line 10x": "on average 10x the FLOPs cost …",
    r"\bis off it by\b": "the worst outlier is …",
    r"none is that close|that none beats|\bnone beats in both": "Nothing comparable was measured.",
    r"intervals? do(es)? not meet": "the intervals do not overlap",
    r"\bcannot be told\b": "it is unclear whether",
    r"\btold apart\b": "distinguished, split",
    r"\bholds (1|one) tells\b|\btells no difference": "no detectable difference",
    # "There is no X" and "is no longer" are English; "it is no X" is "it is not an X".
    r"(?<![Tt]here )\b(is|are|was|were) no (?!(longer|more|further|other|larger|wider)\b)(?=\w)": (
        "is not a …"
    ),
    r"counts costs only": "no timing, only FLOPs and parameters",
    r"\bbrought home|\bbring home\b": "results of …",
    r"\b(runs|files|nights|cells|pages|versions) of before\b": "earlier runs",
    r"\bunlike machines\b": "different machines",
    r"\bcomes? along\b": "packaged",
    r"\bwith leave to\b|\bleave to use\b": "permission",
}

#: Texts that tests keep as they should read.
GOLDENS = [
    path
    for path in sorted((ROOT / "tests").rglob("golden/*"))
    if path.suffix in {".md", ".txt", ".html"}
]


#: Rooms whose messages are held to the list, too.
ROOMS = (
    *("analysis", "bench", "claims", "cli", "core", "cost", "device", "measure", "models"),
    *("profiling", "regressions", "session", "study", "sweep"),
)


def offences(text):
    """Say each phrase that stands in a text, with what is around it."""
    plain = " ".join(text.split())
    return [
        f"{plain[max(0, found.start() - 40) : found.end() + 40]!r}: say {better!r}"
        for pattern, better in SAID_BETTER.items()
        for found in re.finditer(pattern, plain)
    ]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_in_plain_english(page):
    assert offences(PAGES[page].read_text("utf-8")) == []


@pytest.mark.parametrize("name", ["", *(entry.name for entry in CONTENTS)])
def test_help_is_in_plain_english(name):
    command = typer.main.get_command(build_app())
    shown = command.commands[name] if name else command
    with shown.make_context("effprof", [], resilient_parsing=True) as context:
        assert offences(shown.get_help(context)) == []


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: str(Path(path).relative_to(ROOT)))
def test_a_golden_is_in_plain_english(path):
    assert offences(path.read_text("utf-8")) == []


def messages(path):
    """Give the texts in the code of a file, but for docstrings; what is filled in is left out."""
    nodes = [*ast.walk(ast.parse(path.read_text("utf-8")))]
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield "…".join(each.value for each in node.values if is_text(each))
        elif is_text(node) and id(node) not in docstrings:
            yield node.value


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("room", ROOMS)
def test_messages_are_in_plain_english(room):
    told = [text for path in (ROOT / "effprof" / room).rglob("*.py") for text in messages(path)]
    assert [offence for text in told for offence in offences(text)] == []


def test_the_list_finds_what_it_lists():
    assert offences('"x" is no loader; it is no night')
    assert offences("listed with the reason why it failed or may not be believed")
    assert not offences("there is no network, and it is no longer there")

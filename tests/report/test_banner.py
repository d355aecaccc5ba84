"""The banner of a run that is not complete: the command that goes on with it."""

import re
from dataclasses import replace

import pytest

from effprof.cli.options import store_flag
from effprof.report.html.markdown import html_of
from effprof.report.page import Page
from effprof.report.verdict import banners
from effprof.study.study import Study
from tests.runs import sample_run


def resuming(location):
    """The command in the banner, as a page shows it."""
    run = replace(sample_run((1,)), status="interrupted")
    page = Page(Study(run), store_flag(location))
    (shown,) = re.findall(r"<code>(.*?)</code>", html_of(banners(page)))
    return shown.removeprefix(f"effprof run --resume {run.invocation.id}")


@pytest.mark.parametrize(
    ("location", "flag"),
    [
        (None, ""),
        ("my_store*.sqlite", " --store &#39;my_store*.sqlite&#39;"),
        ("a`b`.sqlite", " --store &#39;a`b`.sqlite&#39;"),
        ("postgresql://me:secret@host/db", " --store &#39;postgresql://me:***@host/db&#39;"),
    ],
)
def test_the_command_names_the_store_and_no_password(location, flag):
    assert resuming(location).replace("'", "&#39;") == flag

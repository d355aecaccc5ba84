"""Markups: how a sentence is written for a page and for a terminal."""

from collections.abc import Callable
from dataclasses import dataclass

from effprof.report.text import code, escape


@dataclass(frozen=True, slots=True)
class Markup:
    """How parts of a sentence are written: from outside, stressed, a mark of tables, a command."""

    outside: Callable[[str], str]
    strong: Callable[[str], str]
    mark: Callable[[str], str]
    command: Callable[[str], str]


MARKDOWN = Markup(outside=escape, strong="**{}**".format, mark="*{}*".format, command=code)
PLAIN = Markup(outside=str, strong=str, mark=str, command=str)

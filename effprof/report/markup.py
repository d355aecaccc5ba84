"""Markups: how a sentence is written for a page and for a terminal."""

from collections.abc import Callable
from dataclasses import dataclass

from effprof.report.text import code, escape


@dataclass(frozen=True, slots=True)
class Markup:
    """How parts of a sentence are written: text from outside, what is stressed, a command."""

    outside: Callable[[str], str]
    strong: Callable[[str], str]
    command: Callable[[str], str]


MARKDOWN = Markup(outside=escape, strong="**{}**".format, command=code)
PLAIN = Markup(outside=str, strong=str, command=str)

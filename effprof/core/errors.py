"""Errors that end a command, each with the exit code it maps to and one or two lines to read.

Library code raises these; only `effprof.cli` turns them into an exit. The codes are the table
"Bad input and faults" of the measuring standard.
"""

import difflib
from collections.abc import Iterable


class EffprofError(Exception):
    """Base of every error a user can cause or meet: what happened, why, what to do."""

    exit_code = 1


class BadInput(EffprofError):
    """The request itself cannot be carried out; nothing was run."""

    exit_code = 2


class NotComparable(EffprofError):
    """Two things that were asked to be joined or compared differ where they must not."""

    exit_code = 5


class StorageError(EffprofError):
    """A store or an output path cannot be read or written; nothing was deleted."""

    exit_code = 74


class NoDevice(EffprofError):
    """The device asked for cannot be used on this machine."""

    exit_code = 75


#: How many close matches an unknown name is answered with.
MAX_SUGGESTIONS = 3

#: How many equally close names compete for them, in alphabetical order.
MAX_CANDIDATES = 20


def suggestion(word: str, known: Iterable[str]) -> str:
    """Phrase up to three close matches of `word`, or nothing when there are none.

    >>> suggestion("resnet5O", ["resnet50", "resnet18", "vgg16"])
    '; did you mean resnet50, resnet18?'
    >>> suggestion("xyz", ["resnet50"])
    ''
    """
    close = difflib.get_close_matches(word, list(known), n=MAX_CANDIDATES, cutoff=0.5)

    def closeness(name: str) -> tuple[float, str]:
        return -difflib.SequenceMatcher(None, name, word).ratio(), name

    best = sorted(close, key=closeness)[:MAX_SUGGESTIONS]
    return f"; did you mean {', '.join(best)}?" if best else ""

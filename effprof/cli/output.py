"""What commands write: answers to stdout, messages to stderr."""

import json
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable

    from effprof.report.tables.table import Table

#: Version of the shape of `--json` documents.
JSON_SCHEMA = "1"


#: How tables are given: laid out for people, tab-separated for a pipe, or as an option says.
Form = Literal["text", "tsv", "csv", "markdown", "latex", "json", "quiet"]


def answer(text: str) -> None:
    """Print an answer to stdout."""
    print(text)  # noqa: T201  # the one place that prints answers


def note(text: str, command: str = "") -> None:
    """Print a message for people to stderr; a `command` to be copied ends it.

    On a terminal it is wrapped between words, and the command never broken. Elsewhere it is one
    line, which programs search.
    """
    print(folded(text, command), file=sys.stderr)  # noqa: T201


def folded(text: str, command: str = "") -> str:
    """Lay a message out for stderr, as `note` prints it."""
    whole = f"{text} {command}".rstrip()
    columns = width(sys.stderr)
    if not sys.stderr.isatty() or all(len(line) <= columns for line in whole.split("\n")):
        return whole
    from effprof.report.tables.terminal import wrapped  # it loads Rich

    kept = f"{text} {command.replace(' ', _UNBROKEN)}".rstrip()
    lines = [each for line in kept.split("\n") for each in wrapped(line, columns, _INDENT)]
    return "\n".join(lines).replace(_UNBROKEN, " ")


@contextmanager
def without_messages() -> Iterator[None]:
    """Print answers alone: what would go to stderr goes nowhere, but for errors that end it."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stderr(nowhere):
        yield


def loading() -> None:
    """Say, before anything heavy is imported, what takes the first seconds."""
    note("loading torch…")


def complain(text: str) -> None:
    """Print an error to stderr."""
    note(f"error: {text}")


def answer_json(**document: Any) -> None:  # noqa: ANN401  # any JSON value
    """Print one JSON object with its `schema`; NaN and infinities become null."""
    answer(json_text(document))


def json_text(document: dict[str, Any]) -> str:
    """Write one JSON object with its `schema`; NaN and infinities become null."""
    return json.dumps({"schema": JSON_SCHEMA} | _finite(document), indent=2, default=str)


#: What stands for the spaces of a command while a message around it is wrapped.
_UNBROKEN = "\N{NO-BREAK SPACE}"

#: What goes before every line of a wrapped message but the first.
_INDENT = "  "

#: Columns of text that no terminal limits: logs and mails are read in windows of that many.
PIPE_WIDTH = 80


def width(stream: TextIO | None = None) -> int:
    """Give the columns for text: those of the terminal of a stream, of stdout unless one is given.

    `$COLUMNS` outranks it, as everywhere.
    """
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return int(asked)
    try:
        return os.get_terminal_size((stream or sys.stdout).fileno()).columns or PIPE_WIDTH
    except (AttributeError, OSError, ValueError):  # it is no terminal, or closed
        return PIPE_WIDTH


def answer_table(table: "Table", form: Form) -> None:
    """Print a table to stdout in a form; as text it is as wide as the terminal."""
    answer_tables([table], form)


def answer_tables(tables: "Iterable[Table]", form: Form) -> None:
    """Print tables to stdout, an empty line between two; where it is quiet only first columns."""
    from effprof.report.tables.formats import FORMATS
    from effprof.report.tables.terminal import laid_out

    match form:
        case "text":
            texts = [laid_out(each, width()) for each in tables]
        case "quiet":
            texts = [
                "".join(f"{each.columns[0].text(row[0])}\n" for row in each.rows) for each in tables
            ]
        case _:
            texts = [FORMATS[form].write(each) for each in tables]
    if told := "\n".join(f"{text.rstrip()}\n" for text in texts if text.strip()):
        answer(told.rstrip())


def tell(text: str, form: Form, *, whole: bool = False) -> None:
    """Say in words what belongs to a table: beside it as text, else on stderr, or not at all.

    A line that people copy is kept `whole`; an empty one is for text alone.
    """
    if form == "text":
        (answer if whole else answer_text)(text)
    elif text:
        note(text)


def answer_text(text: str) -> None:
    """Print prose to stdout, wrapped between words to the width of the terminal."""
    from effprof.report.tables.terminal import wrapped

    for line in text.split("\n"):
        inside = len(line) - len(line.lstrip(" "))
        indent = " " * (inside + 2 if inside else 0)
        answer("\n".join(wrapped(line, width(), indent)))


def _finite(value: Any) -> Any:  # noqa: ANN401
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case list() | tuple():
            return [_finite(item) for item in value]
        case _:
            return value

"""What commands write: answers to stdout, messages to stderr."""

import json
import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: Version of the shape of `--json` documents.
JSON_SCHEMA = "1"


def answer(text: str) -> None:
    """Print an answer to stdout."""
    print(text)  # noqa: T201  # the one place that prints answers


def note(text: str) -> None:
    """Print a message for people to stderr."""
    print(text, file=sys.stderr)  # noqa: T201


def complain(text: str) -> None:
    """Print an error to stderr."""
    note(f"error: {text}")


def answer_json(**document: Any) -> None:  # noqa: ANN401  # any JSON value
    """Print one JSON object with its `schema`; NaN and infinities become null."""
    answer(json_text(document))


def json_text(document: dict[str, Any]) -> str:
    """Write one JSON object with its `schema`; NaN and infinities become null."""
    return json.dumps({"schema": JSON_SCHEMA} | _finite(document), indent=2, default=str)


#: Width of tables that no terminal limits, in characters.
PIPE_WIDTH = 160

#: A width that no table needs, in characters.
ENDLESS = 10_000


def answer_table(table: "Table", pipe_width: int = PIPE_WIDTH) -> None:
    """Print a Rich table to stdout, as wide as the terminal or `pipe_width` columns in a pipe."""
    _console(pipe_width).print(table)


def fits(table: "Table", pipe_width: int = PIPE_WIDTH) -> bool:
    """Whether `answer_table` prints a table without folding or cutting any cell."""
    from rich.console import Console

    needed = Console(width=ENDLESS).measure(table).maximum
    return needed <= _console(pipe_width).width


def _console(pipe_width: int) -> "Console":
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else pipe_width)


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

"""The tables that timm publishes as files: read whole, refused naming line and column."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from effprof.core.errors import BadInput, StorageError

#: How many problems of a file are named before the rest is only counted.
MAX_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class TextTable:
    """The text of a file: the names of its columns and its rows by line number.

    `kind` says what the file should be, for messages.
    """

    path: Path
    kind: str
    names: tuple[str, ...]
    lines: tuple[tuple[int, dict[str, str]], ...]

    def refusal(self, problems: Sequence[str]) -> BadInput:
        """Make the error that names the file and its first problems."""
        return refusal(self.path, self.kind, problems)


def read_content(path: Path) -> bytes:
    """Read a file whole. Raises `StorageError` when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error


def read_table(path: Path, content: bytes, kind: str) -> TextTable:
    """Split the content of a file into rows. Raises `BadInput` where it is no table."""
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        names = tuple(next(reader, []))
        lines = tuple((reader.line_num, texts) for texts in reader if texts)
    except (UnicodeDecodeError, csv.Error) as error:
        why = [f"it is no table in UTF-8 with commas: {error}"]
        raise refusal(path, kind, why) from error
    if twice := [name for name, n in Counter(names).items() if n > 1]:
        raise refusal(path, kind, [f"line 1: column {name} is there twice" for name in twice])
    wrong = [(number, texts) for number, texts in lines if len(texts) != len(names)]
    if wrong:
        told = [f"line {n}: {len(t)} values for {len(names)} columns" for n, t in wrong]
        raise refusal(path, kind, told)
    rows = tuple((number, dict(zip(names, texts, strict=True))) for number, texts in lines)
    return TextTable(path, kind, names, rows)


def refusal(path: Path, kind: str, problems: Sequence[str]) -> BadInput:
    """Make the error that names a file, what it should be, and its first problems."""
    shown = list(problems[:MAX_PROBLEMS])
    if more := len(problems) - len(shown):
        shown.append(f"... and {more} more")
    return BadInput("\n  ".join([f"{path} is no {kind}; nothing was imported:", *shown]))


def explain(error: ValidationError, column: Callable[[str], str] = str) -> Iterator[str]:
    """Say of each field of a row that is wrong which `column` it stands in, and how it is wrong."""
    for detail in error.errors(include_url=False):
        message = re.sub(r"^Input s", "s", detail["msg"])
        yield f"{column(str(detail['loc'][0]))}: {detail['input']!r}: {message}"

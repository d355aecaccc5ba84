"""Tables as files: one a table and format, named by its title."""

from collections.abc import Iterable, Iterator
from itertools import chain, count
from pathlib import Path

from effprof.core.errors import StorageError
from effprof.report.tables.formats import FORMATS
from effprof.report.tables.table import Table
from effprof.report.text import slug

#: The folder of the tables, beside their page.
FOLDER = "tables"

#: Characters of a name at most: some disks take 143 bytes, and endings and numbers follow.
_LONGEST = 100


def write_files(tables: Iterable[Table], formats: Iterable[str], out: Path) -> Path:
    """Write every table in every format into the folder of tables below `out`; return that folder.

    Raises `StorageError` where it cannot be made or written.
    """
    folder = out / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        named = dict(_file_names(tables))
        for each in map(FORMATS.__getitem__, formats):
            for name, table in named.items():
                file = folder / f"{name}.{each.ending}"
                file.write_text(each.write(table), encoding="utf-8", newline="\n")
    except OSError as error:
        raise StorageError(
            f"cannot write tables to {folder}: {error.strerror or error}; choose another --out"
        ) from error
    return folder


def _file_names(tables: Iterable[Table]) -> Iterator[tuple[str, Table]]:
    """Name every table; letters that no file name should have may be all that tells two apart."""
    used = set[str]()
    for table in tables:
        name = slug(table.title)[:_LONGEST].strip("-") or "table"
        numbered = (f"{name}-{number}" for number in count(2))
        free = next(each for each in chain((name,), numbered) if each not in used)
        used.add(free)
        yield free, table

"""Connections to a database: the one file that knows how SQLite and PostgreSQL differ."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from effprof.core.errors import BadInput, StorageError

#: Where the store is unless an option says otherwise.
STORE_VARIABLE = "EFFPROF_STORE"

#: How long another process may hold the write lock, in seconds. A write takes milliseconds.
LOCK_SECONDS = 10.0

_SQLITE_CAUSES = {
    "SQLITE_BUSY": f"another process has held it locked for {LOCK_SECONDS:.0f} s;"
    " let that process finish, then try again",
    "SQLITE_LOCKED": "it is locked; let the other process finish, then try again",
    "SQLITE_FULL": "the disk is full; everything stored so far is kept; free some space,"
    " then try again (a run goes on with --resume)",
    "SQLITE_READONLY": "it is read-only; make it writable or name another with --store",
    "SQLITE_CANTOPEN": "cannot be opened as a file; check the path and its permissions",
    "SQLITE_NOTADB": "not an effprof store; name another file with --store",
    "SQLITE_CORRUPT": "it is damaged; restore it from a copy, or name another with --store",
    "SQLITE_IOERR": "reading or writing failed; check the disk",
}


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What one kind of database needs: driver, connection arguments, options of a reader."""

    driver: str
    reader: dict[str, str]
    connect: dict[str, Any] = field(default_factory=dict)
    listen: Callable[[Engine], None] = lambda engine: None


def _listen_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred BEGIN that turns into a write fails at once when another writer is active;
        # IMMEDIATE waits for it.
        options = connection.get_execution_options()
        connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN IMMEDIATE"))


_DIALECTS = {
    "sqlite": _Dialect(
        driver="sqlite",
        reader={"sqlite_begin": "BEGIN"},
        connect={"timeout": LOCK_SECONDS},
        listen=_listen_sqlite,
    ),
    "postgresql": _Dialect(
        driver="postgresql+psycopg", reader={"isolation_level": "REPEATABLE READ"}
    ),
}


class Database:
    """Transactions on one database. No connection outlives a transaction, so forks are safe."""

    def __init__(self, url: URL) -> None:
        """Prepare to connect to `url`; nothing is opened yet."""
        dialect = _DIALECTS[url.get_backend_name()]
        self.location = url.database or "" if _is_file(url) else url.render_as_string()
        #: The SQLite file; None for a server, and for a `file:` URI, which SQLite reads itself.
        self.file = Path(self.location) if _is_file(url) and not _is_uri(url) else None
        self._writer = _create(url, dialect)
        self._reader = self._writer.execution_options(**dialect.reader)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See one snapshot of the database; never waits for a writer."""
        with self._translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write alone; committed durably when the block ends, undone when it raises."""
        with self._translated(), self._writer.begin() as connection:
            yield connection

    def prepare_file(self) -> None:
        """Let readers and a writer work at the same time; the file remembers it."""
        if self._writer.dialect.name != "sqlite":
            return
        with self._translated(), closing(self._writer.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Release what the engine holds."""
        self._writer.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise StorageError(f"store {self.location}: {_cause(error)}") from error


def locate(location: str | None) -> URL:
    """Find the database that `location` names: a URL, a path, or None for the default.

    The default is `$EFFPROF_STORE`, else a file in the user's data directory of the platform.
    Raises `BadInput` for a URL that no supported database answers to.
    """
    named = location or os.environ.get(STORE_VARIABLE)
    if not named:
        return URL.create("sqlite", database=str(user_data_path("effprof") / "store.sqlite"))
    if "://" not in named:
        return URL.create("sqlite", database=str(Path(named).expanduser()))
    try:
        url = make_url(named)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise BadInput(f"store {named!r} is neither a path nor a database URL: {error}") from error
    if backend not in _DIALECTS:
        shown = url.render_as_string()  # without the password
        raise BadInput(f"store {shown}: {backend} is not one of {', '.join(_DIALECTS)}")
    if backend == "sqlite" and not url.database:
        raise BadInput(f"store {named!r} names no file; write sqlite:///path/to/store.sqlite")
    return url.set(drivername=_DIALECTS[backend].driver)


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _is_uri(url: URL) -> bool:
    return "uri" in url.query


def _create(url: URL, dialect: _Dialect) -> Engine:
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=dialect.connect)
    except ModuleNotFoundError as error:
        raise BadInput(
            f"store {url.render_as_string()} needs the Python module {error.name};"
            " install it with: pip install 'effprof[postgres]'"
        ) from error
    dialect.listen(engine)
    return engine


def _cause(error: DBAPIError | sqlite3.Error) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(original, "sqlite_errorname", "")
    causes = (cause for prefix, cause in _SQLITE_CAUSES.items() if name.startswith(prefix))
    return next(causes, str(original).strip())

"""Connections to a database: the one file that knows how SQLite and PostgreSQL differ."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError

from effprof.core.errors import BadInput, StorageError
from effprof.core.redaction import redacted

#: Where the store is unless an option says otherwise.
STORE_VARIABLE = "EFFPROF_STORE"

#: How long another process may hold the write lock, in seconds. A write takes milliseconds.
LOCK_SECONDS = 10.0

#: Seconds after which a file is asked for again that SQLite did not wait for.
TRY_AGAIN_SECONDS = 0.02

#: How long a database server may take to answer a new connection, in seconds.
CONNECT_SECONDS = 10

#: How long the server may leave what was sent to it unacknowledged, in milliseconds; without it
#: a write hangs for a quarter of an hour when the network goes.
ANSWER_MILLISECONDS = 30_000

#: Name of the lock that writers of a PostgreSQL store take in turn: "effprof" as a number.
_TURN = int.from_bytes(b"effprof")

_LOCKED = (
    f"another process has held it locked for {LOCK_SECONDS:.0f} s;"
    " let that process finish, then try again"
)
_FULL = (
    "the disk is full; everything stored so far is kept; free some space,"
    " then try again (a run goes on with --resume)"
)
_READ_ONLY = "it is read-only; make it writable or name another with --store"

_NO_SERVER = (
    "{cause}; everything stored so far is kept; check that the server runs, and host, user,"
    " password and database of the URL"
)

#: SQLSTATE class of connections that could not be made or broke.
_NO_CONNECTION = "08"

#: Beginning of SQLite's name of an error, or of PostgreSQL's SQLSTATE -> what it means here.
_CAUSES = {
    "SQLITE_BUSY": _LOCKED,
    "SQLITE_LOCKED": "it is locked; let the other process finish, then try again",
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_CANTOPEN": "cannot be opened as a file; check the path and its permissions",
    "SQLITE_NOTADB": "not an effprof store; name another file with --store",
    "SQLITE_CORRUPT": "it is damaged; restore it from a copy, or name another with --store",
    "SQLITE_IOERR": "reading or writing failed; check the disk",
    _NO_CONNECTION: _NO_SERVER,
    "25006": _READ_ONLY,
    "28": _NO_SERVER,
    "3D": _NO_SERVER,
    "42501": "this user lacks a right there ({cause}); grant it or name another user in the URL",
    "53100": _FULL,
    "55P03": _LOCKED,
    "57P": _NO_SERVER,
}


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What one kind of database needs: driver, connection arguments, how transactions begin.

    `reader` are the options of a reader's transactions, `read` and `write` the statements that
    begin the transactions of either.
    """

    driver: str
    connect: dict[str, Any]
    reader: dict[str, Any]
    read: tuple[str, ...]
    write: tuple[str, ...]
    on_connect: tuple[str, ...] = ()


_DIALECTS = {
    "sqlite": _Dialect(
        driver="sqlite",
        connect={"timeout": LOCK_SECONDS},
        reader={},
        read=("BEGIN",),
        # A deferred BEGIN that turns into a write fails at once when another writer is active;
        # IMMEDIATE waits for it.
        write=("BEGIN IMMEDIATE",),
        # FULL: a commit survives a power cut.
        on_connect=("PRAGMA foreign_keys = ON", "PRAGMA synchronous = FULL"),
    ),
    "postgresql": _Dialect(
        driver="postgresql+psycopg",
        connect={
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": ANSWER_MILLISECONDS,
            "application_name": "effprof",
        },
        reader={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        read=(),
        # Writers take turns, as on SQLite: nothing they check changes before they write, and
        # none deadlocks with another.
        # And a commit survives a crash of the server, whatever its settings are.
        write=(
            f"SET LOCAL lock_timeout = '{LOCK_SECONDS:.0f}s'; SET LOCAL synchronous_commit = on",
            f"SELECT pg_advisory_xact_lock({_TURN})",
        ),
    ),
}

#: Option of a connection that marks its transactions as a reader's.
_READS = "effprof_reads"


class Database:
    """Transactions on one database. No connection outlives a transaction, so forks are safe."""

    def __init__(self, url: URL) -> None:
        """Prepare to connect to `url`; nothing is opened yet."""
        dialect = _DIALECTS[url.get_backend_name()]
        self.location = url.database or "" if _is_file(url) else _shown(url)
        #: The SQLite file; None for a server, and for a `file:` URI, which SQLite reads itself.
        self.file = Path(self.location) if _is_file(url) and not _is_uri(url) else None
        self._writer = _create(url, dialect)
        self._reader = self._writer.execution_options(**dialect.reader, **{_READS: True})

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
        last = time.monotonic() + LOCK_SECONDS
        with self._translated(), closing(self._writer.raw_connection()) as connection:
            while not _in_wal(connection.cursor(), last):
                time.sleep(TRY_AGAIN_SECONDS)

    def close(self) -> None:
        """Release what the engine holds."""
        self._writer.dispose()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            raise StorageError(f"store {self.location}: {_cause(error)}") from error


def _in_wal(cursor: Any, last: float) -> bool:  # noqa: ANN401  # of whatever driver
    """Switch a file to the write-ahead log; false where somebody was at it, before time `last`.

    SQLite does not wait there where two would wait for each other: it says at once that the file
    is locked, as when several processes make a store together.
    """
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > last:
            raise
        return False
    return True


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
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        shown = redacted(named)
        raise BadInput(
            f"store {shown!r} is neither a path nor a database URL of {', '.join(_DIALECTS)}"
        ) from error
    if backend not in _DIALECTS:
        raise BadInput(f"store {_shown(url)}: {backend} is not one of {', '.join(_DIALECTS)}")
    if backend == "sqlite" and not url.database:
        raise BadInput(f"store {named!r} names no file; write sqlite:///path/to/store.sqlite")
    if "@" in (url.host or ""):
        raise BadInput(f"store {_shown(url)}: write @ in a user's name or password as %40")
    return url.set(drivername=_DIALECTS[backend].driver)


def _shown(url: URL) -> str:
    """Write a URL as people do, without the driver and without passwords."""
    plain = url.set(drivername=url.get_backend_name())
    return redacted(plain.render_as_string(hide_password=False))


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _is_uri(url: URL) -> bool:
    return "uri" in url.query


def _create(url: URL, dialect: _Dialect) -> Engine:
    # What the URL says itself goes before what we would say.
    arguments = {name: value for name, value in dialect.connect.items() if name not in url.query}
    try:
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise BadInput(
            f"store {_shown(url)} needs the Python module {error.name};"
            " install it with: pip install 'effprof[postgres]'"
        ) from error
    _listen(engine, dialect)
    return engine


def _listen(engine: Engine, dialect: _Dialect) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _: object) -> None:
        for statement in dialect.on_connect:
            connection.cursor().execute(statement)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(_READS, False)
        for statement in dialect.read if reads else dialect.write:
            connection.exec_driver_sql(statement)


def _cause(error: DBAPIError | sqlite3.Error) -> str:
    original = error.orig if isinstance(error, DBAPIError) else error
    cause = " ".join(str(original).split())  # servers answer in several lines
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None)
    if code is None and isinstance(error, OperationalError):
        code = _NO_CONNECTION  # psycopg gives no SQLSTATE to a connection that fails
    meanings = (text for prefix, text in _CAUSES.items() if code and code.startswith(prefix))
    return next(meanings, "{cause}").format(cause=cause)

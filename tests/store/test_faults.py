"""Stores that cannot be used: named, explained, and left as they are."""

import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import event

from effprof.core.errors import BadInput, StorageError
from effprof.store import engine
from effprof.store.engine import LOCK_SECONDS, Database, _in_wal, locate
from effprof.store.schema import HEAD, VERSION_TABLE
from effprof.store.store import open_store
from tests.runs import sample_run


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.sqlite"


def made(path: Path) -> Path:
    """A sound store with one run."""
    with open_store(str(path)) as store:
        store.add_runs([sample_run()])
    return path


def test_a_file_that_is_no_database_is_left_alone(path):
    path.write_bytes(b"my diary, page one\n" * 100)
    with pytest.raises(StorageError, match=rf"{path}: not an effprof store"):
        open_store(str(path))
    assert path.read_bytes() == b"my diary, page one\n" * 100


def test_a_database_of_another_program_is_left_alone(path):
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE alembic_version (version_num TEXT)")
    raw.execute("CREATE TABLE photos (name TEXT)")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"holds other tables \(alembic_version, photos\)"):
        open_store(str(path))
    assert path.read_bytes() == before


def test_a_damaged_store_is_named_and_not_repaired(path):
    content = bytearray(made(path).read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StorageError, match=rf"{path}: it is damaged"):
        open_store(str(path)).load(sample_run().invocation.id)
    assert path.read_bytes() == bytes(content)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE outcome SET document = '{' WHERE id = 5", "Invalid JSON"),
        ('UPDATE run SET options = \'{"min_samples": "30"}\'', "min_samples"),
        ("UPDATE sample SET seconds = x'00' WHERE outcome_id = 5", "unpack|error"),
    ],
)
def test_a_row_that_cannot_be_read_names_its_run(path, change, named):
    raw = sqlite3.connect(made(path))
    raw.execute(change)
    raw.commit()
    raw.close()
    with pytest.raises(StorageError, match=rf"run 20261121-080000-abc123 is damaged.*({named})"):
        open_store(str(path)).load(sample_run().invocation.id)


def test_a_newer_schema_is_refused_as_bad_input(path):
    raw = sqlite3.connect(made(path))
    raw.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0999'")
    raw.commit()
    raw.close()
    before = path.read_bytes()
    with pytest.raises(BadInput, match=rf"{path}: written by a newer .*0999.*{HEAD}"):
        open_store(str(path))
    assert path.read_bytes() == before


def test_a_folder_is_not_a_store(tmp_path):
    with pytest.raises(StorageError, match=rf"{tmp_path}: cannot be opened as a file"):
        open_store(str(tmp_path))


def test_a_folder_that_cannot_be_made_is_named(path):
    path.write_text("in the way")
    with pytest.raises(StorageError, match="its folder cannot be made"):
        open_store(str(path / "sub" / "store.sqlite"))


def test_missing_folders_are_made(tmp_path):
    with open_store(str(tmp_path / "a" / "b" / "store.sqlite")) as store:
        assert store.runs() == []


def test_a_reader_does_not_make_a_store(path):
    with pytest.raises(BadInput, match=f"there is no store at {path}"):
        open_store(str(path), create=False)
    assert not path.exists()


def test_a_read_only_store_is_read_and_refuses_to_be_written(path):
    made(path)
    with open_store(f"sqlite:///file:{path}?mode=ro&uri=true") as store:
        assert store.load(store.resolve(None)) == sample_run()
        with pytest.raises(StorageError, match=rf"{path}: it is read-only"):
            store.begin(sample_run(id="another").invocation)


def test_a_lock_is_waited_for_and_then_reported(path, monkeypatch):
    made(path)
    monkeypatch.setitem(engine._DIALECTS["sqlite"].connect, "timeout", 0.01)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with open_store(str(path)) as store:
        with pytest.raises(StorageError, match=rf"{path}: another process has held it locked"):
            store.begin(sample_run(id="another").invocation)
        assert len(store.runs()) == 1, "readers wait for nobody"
        holder.execute("ROLLBACK")
        store.begin(sample_run(id="another").invocation)
    holder.close()


def test_commits_are_durable_and_locks_waited_for_a_bounded_time(path):
    with Database(locate(str(path))).reading() as connection:
        waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert waits == LOCK_SECONDS * 1000
    assert 1 <= LOCK_SECONDS <= 60
    assert synchronous == 2, "2 is FULL: a commit survives a power cut"


def test_a_full_disk_keeps_what_was_stored(path):
    made(path)
    with open_store(str(path)) as store:
        pages = path.stat().st_size // 4096

        @event.listens_for(store._database._writer, "connect")
        def fill_the_disk(connection, _):
            connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

        with pytest.raises(StorageError, match=rf"{path}: the disk is full; everything stored"):
            store.add_runs([sample_run(id="large", batch_sizes=tuple(range(1, 9)))])
        assert store.load(store.resolve(None)) == sample_run()


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("mysql://me:secret@host/db", r"me:\*\*\*@host/db: mysql is not one of sqlite, postgresql"),
        ("://x", "neither a path nor a database URL"),
        ("sqlite://", "names no file"),
    ],
)
def test_a_location_that_names_no_store_is_bad_input(location, message):
    with pytest.raises(BadInput, match=message):
        open_store(location)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+asyncpg"])
def test_postgresql_is_reached_through_psycopg(scheme):
    assert locate(f"{scheme}://host/db").drivername == "postgresql+psycopg"


def test_a_missing_driver_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadInput, match="pip install 'effprof\\[postgres\\]'"):
        open_store("postgresql://host/db")


def test_a_password_is_not_shown(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadInput) as caught:
        open_store("postgresql://me:secret@host/db")
    assert "secret" not in str(caught.value)


def test_the_default_is_the_variable_and_then_the_data_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFPROF_STORE", str(tmp_path / "named.sqlite"))
    assert locate(None).database == str(tmp_path / "named.sqlite")
    monkeypatch.delenv("EFFPROF_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert locate(None).database == str(tmp_path / "effprof" / "store.sqlite")


def test_a_current_store_opens_without_the_migration_tool_or_torch(path):
    program = (
        "import sys; from effprof.store.store import open_store;"
        f"open_store({str(made(path))!r}).runs();"
        "print(sorted({'alembic', 'mako', 'torch', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


class Refusing:
    """A cursor that refuses so often before it does what it is asked for."""

    def __init__(self, times, name):
        self.times, self.name = times, name

    def execute(self, statement):
        self.times -= 1
        if self.times >= 0:
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorname = self.name
            raise error


def test_a_file_that_is_locked_for_a_moment_is_asked_for_again():
    cursor = Refusing(2, "SQLITE_BUSY")
    assert [_in_wal(cursor, math.inf) for _ in range(3)] == [False, False, True]


@pytest.mark.parametrize(("name", "last"), [("SQLITE_BUSY", 0.0), ("SQLITE_IOERR", math.inf)])
def test_a_file_that_stays_locked_or_is_broken_is_an_error(name, last):
    with pytest.raises(sqlite3.OperationalError):
        _in_wal(Refusing(1, name), last)

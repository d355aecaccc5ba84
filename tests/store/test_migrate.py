"""Schema versions: what the migrations make is what the code reads."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from effprof.store.engine import Database, locate
from effprof.store.migrate import bring_up_to_date
from effprof.store.schema import HEAD, VERSION_TABLE, metadata
from effprof.store.store import open_store


def test_the_migrations_make_the_tables_of_the_code(tmp_path):
    database = Database(locate(str(tmp_path / "store.sqlite")))
    bring_up_to_date(database)
    with database.reading() as connection:
        found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(found, metadata) == []


def test_the_code_knows_the_last_migration():
    config = Config()
    config.set_main_option("script_location", "effprof.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_opening_again_changes_nothing(tmp_path):
    path = tmp_path / "store.sqlite"
    open_store(str(path))
    before = path.read_bytes()
    open_store(str(path))
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store(tmp_path):
    path = tmp_path / "store.sqlite"
    path.touch()
    assert open_store(str(path)).runs() == []


def test_readers_and_a_writer_work_side_by_side(tmp_path):
    path = tmp_path / "store.sqlite"
    open_store(str(path))
    raw = sqlite3.connect(path)
    assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    raw.close()


def test_a_migration_that_fails_leaves_no_half_made_store(tmp_path, monkeypatch):
    path = tmp_path / "store.sqlite"

    def fail(*_):
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            open_store(str(path))
    raw = sqlite3.connect(path)
    assert raw.execute("SELECT name FROM sqlite_master").fetchall() == []
    raw.close()
    assert open_store(str(path)).runs() == []


def test_the_tables_can_be_made_in_postgresql():
    dialect = postgresql.dialect()
    made = "".join(str(CreateTable(t).compile(dialect=dialect)) for t in metadata.sorted_tables)
    assert "BYTEA" in made
    assert "DOUBLE PRECISION" in made

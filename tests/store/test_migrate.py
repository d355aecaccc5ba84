"""Schema versions: what the migrations make is what the code reads."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pandas.testing import assert_frame_equal
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from effprof.core.cells import Cell
from effprof.core.errors import StorageError
from effprof.store.engine import Database, locate
from effprof.store.migrate import bring_up_to_date, upgrade_to
from effprof.store.schema import HEAD, VERSION_TABLE, metadata
from effprof.store.store import open_store
from tests.runs import CRASHED, sample_run


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


def released(path, runs) -> Database:
    """A store as the first release left it: made by its migration and filled by SQL."""
    full = path.with_name("full.sqlite")
    with open_store(str(full)) as store:
        store.add_runs(runs)
    database = Database(locate(str(path)))
    with database.writing() as connection:
        upgrade_to(connection, "0001")
    with (
        Database(locate(str(full))).reading() as source,
        database.writing() as connection,
    ):
        for name in ("run", "fingerprint", "cell", "outcome", "sample", "peak", "cost"):
            rows = source.execute(metadata.tables[name].select()).mappings().all()
            connection.execute(metadata.tables[name].insert(), [dict(row) for row in rows])
    return database


def test_runs_of_the_first_release_get_their_readings(tmp_path):
    runs = [
        sample_run(id="a"),
        sample_run(id="b", outcomes={(Cell("timm/resnet18", 224), 0): CRASHED}),
    ]
    released(tmp_path / "store.sqlite", runs)
    with (
        open_store(str(tmp_path / "store.sqlite")) as store,
        open_store(str(tmp_path / "full.sqlite")) as full,
    ):
        assert [store.load(run.invocation.id) for run in runs] == runs
        upgraded, written = (each.history("Some CPU", "laptop") for each in (store, full))
        assert upgraded.nights == written.nights
        assert_frame_equal(upgraded.frame, written.frame)
        assert len(written.frame) > 100


def test_a_damaged_run_does_not_keep_the_others_from_being_upgraded(tmp_path):
    database = released(tmp_path / "store.sqlite", [sample_run(id="a"), sample_run(id="b")])
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE outcome SET document = '{' WHERE run_id = 'a'")
    with open_store(str(tmp_path / "store.sqlite")) as store:
        assert [night.run_id for night in store.history("Some CPU", "laptop").nights] == ["b"]
        with pytest.raises(StorageError, match="run a is damaged"):
            store.load("a")


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

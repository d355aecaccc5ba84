"""Schema versions: what the migrations make is what the code reads."""

import sqlite3
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pandas.testing import assert_frame_equal
from sqlalchemy import inspect

from effprof.core.cells import Cell
from effprof.core.errors import StorageError
from effprof.store.engine import Database, locate
from effprof.store.migrate import bring_up_to_date
from effprof.store.schema import HEAD, VERSION_TABLE, metadata
from effprof.store.store import open_store
from tests.runs import CRASHED, sample_run
from tests.store.first_release import make_earlier, make_first_release


def test_the_migrations_make_the_tables_of_the_code(location):
    database = Database(locate(location))
    bring_up_to_date(database)
    with database.reading() as connection:
        found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(found, metadata) == []


def test_the_code_knows_the_last_migration():
    config = Config()
    config.set_main_option("script_location", "effprof.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_runs_of_the_first_release_get_their_readings(new_location):
    outcomes = {(Cell("timm/resnet18", 224), 0): CRASHED}
    runs = [sample_run(id="a"), sample_run(id="b", outcomes=outcomes)]
    full, old = new_location(), new_location()
    with open_store(full) as store:
        store.add_runs(runs)
    make_first_release(old, full)
    with open_store(old) as store, open_store(full) as fresh:
        assert [store.load(run.invocation.id) for run in runs] == runs
        upgraded, written = (each.history("Some CPU", "laptop") for each in (store, fresh))
        assert upgraded.nights == written.nights
        assert_frame_equal(upgraded.frame, written.frame)
        assert len(written.frame) > 100
        store.add_runs([sample_run(id="c")])
        assert len(store.history("Some CPU", "laptop").nights) == 3


@pytest.mark.parametrize(
    ("revision", "axis", "value"),
    [
        ("0001", "loader", "jpeg-2w"),
        ("0002", "loader", "jpeg-2w"),
        ("0005", "allocator", "default"),
    ],
)
def test_cells_from_before_there_was_an_axis_have_its_default(new_location, revision, axis, value):
    full, old = new_location(), new_location()
    earlier = sample_run()
    with open_store(full) as store:
        store.add_runs([earlier])
    make_earlier(old, full, revision)
    cells = tuple(replace(cell, **{axis: value}) for cell in earlier.invocation.cells)
    repeats = tuple(
        replace(each, cell=replace(each.cell, **{axis: value})) for each in earlier.repeats
    )
    later = replace(
        earlier, invocation=replace(earlier.invocation, id="later", cells=cells), repeats=repeats
    )
    with open_store(old) as store, open_store(full) as fresh:
        assert store.load(earlier.invocation.id) == earlier
        night, written = (each.history("Some CPU", "laptop").frame for each in (store, fresh))
        assert_frame_equal(night, written)
        store.add_runs([later])
        assert store.load("later") == later
        assert store.load(earlier.invocation.id) == earlier


def test_a_damaged_run_does_not_keep_the_others_from_being_upgraded(new_location):
    full, old = new_location(), new_location()
    with open_store(full) as store:
        store.add_runs([sample_run(id="a"), sample_run(id="b")])
    make_first_release(old, full)
    with Database(locate(old)).writing() as connection:
        connection.exec_driver_sql("UPDATE outcome SET document = '{' WHERE run_id = 'a'")
    with open_store(old) as store:
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


def test_a_migration_that_fails_leaves_no_half_made_store(location, monkeypatch):
    def fail(*_):
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", fail)
        with pytest.raises(RuntimeError, match="power cut"):
            open_store(location)
    with Database(locate(location)).reading() as connection:
        assert inspect(connection).get_table_names() == []
    assert open_store(location).runs() == []


def test_an_upgrade_that_fails_leaves_the_old_store(new_location, monkeypatch):
    full, old = new_location(), new_location()
    with open_store(full) as store:
        store.add_runs([sample_run()])
    make_first_release(old, full)
    with monkeypatch.context() as broken:
        broken.setattr("effprof.store.series.measured_metrics", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            open_store(old)
    with Database(locate(old)).reading() as connection:
        assert "reading" not in inspect(connection).get_table_names()
    assert open_store(old).load(sample_run().invocation.id) == sample_run()

"""A PostgreSQL store that cannot be used: named without its password, explained, left alone."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from effprof.core.errors import BadInput, StorageError
from effprof.store import engine
from effprof.store.engine import Database, locate
from effprof.store.schema import HEAD, VERSION_TABLE
from effprof.store.store import open_store
from tests.runs import sample_run
from tests.store.conftest import GUARDED, PASSWORD

#: The smallest model of timm, for a moment.
TINY_SUITE = """
description = "one cell"
reference = "timm/test_resnet"
repeats = 1
[measure]
target_width = 0.9
min_samples = 5
min_seconds = 0.01
warmup_seconds = 0.01
allow_busy = true
[axes]
model = "timm/test_resnet"
resolution = 32
"""

BINARY = Path(sys.executable).parent / "effprof"


@pytest.fixture
def schema(postgresql):
    """A store with one run."""
    made = postgresql.new_schema()
    with open_store(postgresql.url(made)) as store:
        store.add_runs([sample_run()])
    return made


@pytest.fixture
def url(postgresql, schema):
    """The store as its owner reaches it."""
    return postgresql.url(schema)


def let_read(postgresql, schema: str) -> None:
    """Give the guarded user the rights of a reader."""
    postgresql.execute(f"GRANT USAGE ON SCHEMA {schema} TO {GUARDED}")
    postgresql.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {GUARDED}")


def refusal(location: str) -> str:
    with pytest.raises(StorageError) as caught:
        open_store(location)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_wrong_password_is_explained_and_not_shown(postgresql, schema):
    said = refusal(postgresql.url(schema, GUARDED, "wr0ng"))
    assert f"store postgresql://{GUARDED}:***@/postgres" in said
    assert f'password authentication failed for user "{GUARDED}"' in said
    assert "user, password and database of the URL" in said
    assert "wr0ng" not in said


def test_the_right_password_is_taken_from_the_url_and_the_environment(
    postgresql, schema, monkeypatch
):
    let_read(postgresql, schema)
    bare = postgresql.url(schema, GUARDED)
    for location in (postgresql.url(schema, GUARDED, PASSWORD), f"{bare}&password={PASSWORD}"):
        with open_store(location) as store:
            assert store.load(store.resolve(None)) == sample_run()
            assert PASSWORD not in store.location
            assert quote(PASSWORD, safe="") not in store.location
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with open_store(bare) as store:
        assert len(store.runs()) == 1


def test_a_user_who_may_only_read_reads_and_is_told_so_when_writing(postgresql, schema):
    let_read(postgresql, schema)
    with open_store(postgresql.url(schema, GUARDED, PASSWORD)) as store:
        assert len(store.history("Some CPU", "laptop").nights) == 1
        with pytest.raises(StorageError, match=r"lacks a right there \(permission denied .*grant"):
            store.begin(sample_run(id="another").invocation)


@pytest.mark.parametrize(
    ("location", "named"),
    [
        # The words of psycopg, and in its 3.1 those of the system's resolver.
        (
            "postgresql://me:secret@no.such.host.invalid/db",
            "failed to resolve host|Name or service not known|failure in name resolution",
        ),
        ("postgresql://me:secret@127.0.0.1:1/db", "Connection refused"),
        ("postgresql://me:secret@/db?host=/no/such/folder", "No such file or directory"),
        ("postgresql://me@127.0.0.1:1/db?password=secret", "Connection refused"),
    ],
)
def test_a_server_that_cannot_be_reached_is_named(location, named):
    said = refusal(location)
    assert re.search(named, said)
    assert "check that the server runs" in said
    assert "secret" not in said


def test_a_database_that_is_not_there_is_named(postgresql):
    assert 'database "nowhere" does not exist' in refusal(postgresql.database("nowhere"))


def test_a_word_that_the_server_does_not_know_is_named(url):
    assert 'invalid connection option "nonsense"' in refusal(f"{url}&nonsense=1")


@pytest.mark.parametrize(
    "location",
    [
        "postgresql://me:p@secret@host/db",
        "postgresql://me:secret@host:port/db",
        "nosuch://me:secret@host/db",
        "oracle+nothing://me:secret@host/db",
    ],
)
def test_a_url_that_cannot_be_read_is_not_shown_with_its_password(location):
    with pytest.raises(BadInput) as caught:
        open_store(location)
    assert "secret" not in str(caught.value)


def test_a_database_of_another_program_is_left_alone(postgresql):
    schema = postgresql.new_schema()
    postgresql.execute(f"CREATE TABLE {schema}.photos (name text)")
    assert "holds other tables (photos)" in refusal(postgresql.url(schema))


def test_a_newer_schema_is_refused_as_bad_input(url):
    with Database(locate(url)).writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0999'"))
    with pytest.raises(BadInput, match=rf"written by a newer .*0999.*{HEAD}"):
        open_store(url)


def test_a_lock_is_waited_for_and_then_reported(url, monkeypatch):
    impatient = tuple(
        each.replace(f"'{engine.LOCK_SECONDS:.0f}s'", "'50ms'")
        for each in engine._DIALECTS["postgresql"].write
    )
    with open_store(url) as holder, open_store(url) as store:
        with holder._database.writing():
            monkeypatch.setitem(
                engine._DIALECTS,
                "postgresql",
                replace(engine._DIALECTS["postgresql"], write=impatient),
            )
            with (
                open_store(url) as waiting,
                pytest.raises(StorageError, match="another process has held it locked"),
            ):
                waiting.begin(sample_run(id="another").invocation)
            assert len(store.runs()) == 1, "readers wait for nobody"
        store.begin(sample_run(id="another").invocation)


def test_the_command_line_says_it_in_one_line_with_the_status_of_storage(postgresql, schema):
    location = postgresql.url(schema, GUARDED, "wr0ng")
    done = subprocess.run(
        [BINARY, "runs", "--store", location],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"EFFPROF_STORE": location},
    )
    assert done.returncode == StorageError.exit_code
    assert done.stderr.startswith(f"error: store postgresql://{GUARDED}:***@/postgres")
    assert done.stderr.count("\n") == 1
    assert "wr0ng" not in done.stderr + done.stdout


def test_a_sweep_into_a_server_says_its_command_without_the_password(postgresql, tmp_path):
    schema = postgresql.new_schema()
    postgresql.execute(f"GRANT ALL ON SCHEMA {schema} TO {GUARDED}")
    location = postgresql.url(schema, GUARDED, PASSWORD)
    (tmp_path / "tiny.toml").write_text(TINY_SUITE)
    done = subprocess.run(
        [BINARY, "run", "tiny.toml", "--cpu", "--store", location],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    with open_store(location) as store:
        (summary,) = store.runs()
        assert (summary.status, summary.outcomes) == ("complete", 1)
        assert summary.command == "effprof run tiny.toml --cpu"
    pages = "".join(page.read_text() for page in tmp_path.rglob("*.md"))
    assert summary.command in pages
    assert PASSWORD not in pages + done.stdout + done.stderr
    assert quote(PASSWORD, safe="") not in pages + done.stdout + done.stderr

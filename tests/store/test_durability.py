"""Processes that are killed or write at the same time: nothing committed is lost."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from pandas.testing import assert_frame_equal
from sqlalchemy import Connection, NullPool, create_engine

from effprof.core.errors import StorageError
from effprof.store.store import open_store
from effprof.store.transfer import export_run
from tests.runs import sample_run
from tests.store.conftest import GUARDED, PASSWORD
from tests.store.first_release import make_first_release

ROOT = Path(__file__).resolve().parents[2]
BEFORE_THE_KILL = 5
WRITERS = 8
BINARY = Path(sys.executable).parent / "effprof"

#: Adds the outcomes of a run one by one and says so after each; started with: store, shard, shards.
WRITER = """
import sys
from effprof.store.store import open_store
from tests.runs import sample_run

location, shard, shards = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
run = sample_run()
store = open_store(location)
for repeat in run.repeats[shard::shards]:
    store.add_repeat(run.invocation.id, repeat)
    print(repeat.index, repeat.cell.key, flush=True)
"""

#: Makes the store, together with others who do the same, and begins a run of its own in it.
MAKER = """
import sys
from effprof.store.store import open_store
from tests.runs import sample_run

print("ready", flush=True)
sys.stdin.readline()
with open_store(sys.argv[1]) as store:
    store.begin(sample_run(id=sys.argv[2]).invocation)
"""


def started(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


#: Opens a store together with others who do the same.
OPENER = """
import sys
from effprof.store.store import open_store

print("ready", flush=True)
sys.stdin.readline()
with open_store(sys.argv[1]) as store:
    print(len(store.runs()))
"""


def at_once(programs: list[subprocess.Popen[str]]) -> list[str]:
    """Let programs that are ready go at the same time; return what they say."""
    assert {program.stdout.readline() for program in programs} == {"ready\n"}
    for program in programs:
        program.stdin.write("go\n")
        program.stdin.flush()
    said = [program.communicate()[0] for program in programs]
    assert [program.returncode for program in programs] == [0] * len(programs)
    return said


def test_a_killed_writer_loses_nothing_that_was_committed(location):
    run = sample_run()
    with open_store(location) as store:
        store.begin(run.invocation)
    writer = started(WRITER, location, 0, 1)
    said = [writer.stdout.readline().rstrip("\n") for _ in range(BEFORE_THE_KILL)]
    writer.kill()
    said += writer.communicate()[0].split("\n")[:-1]
    with open_store(location) as store:
        kept = store.load(run.invocation.id).repeats
        # The one that was being written may be there; it is then there whole.
        assert len(said) <= len(kept) <= len(said) + 1 < len(run.repeats)
        assert kept == run.repeats[: len(kept)]
        for repeat in run.repeats[len(kept) :]:
            store.add_repeat(run.invocation.id, repeat)
        assert store.load(run.invocation.id).repeats == run.repeats


def test_writers_at_the_same_time_lose_nothing(location):
    run = sample_run()
    with open_store(location) as store:
        store.begin(run.invocation)
        writers = [started(WRITER, location, shard, WRITERS) for shard in range(WRITERS)]
        while any(writer.poll() is None for writer in writers):
            seen = store.load(run.invocation.id).repeats
            assert set(map(repr, seen)) <= set(map(repr, run.repeats))
        assert [writer.wait() for writer in writers] == [0] * WRITERS
        for writer in writers:
            writer.communicate()
        kept = store.load(run.invocation.id).repeats
        frame = store.history("Some CPU", "laptop", until=run.invocation.id).frame
    assert sorted(map(repr, kept)) == sorted(map(repr, run.repeats))
    # Every writer makes series; each is there once, with a reading per repeat.
    steps = frame[frame.metric == "step_seconds"]
    assert len(steps) == len(run.repeats)
    assert not frame.duplicated(["run_id", "cell", "metric", "method", "repeat"]).any()


def test_processes_that_make_the_store_at_the_same_time_share_it(location):
    at_once([started(MAKER, location, name) for name in ("a", "b", "c")])
    with open_store(location) as store:
        assert {run.id for run in store.runs()} == {"a", "b", "c"}


def test_processes_that_upgrade_the_store_at_the_same_time_share_it(new_location):
    full, old = new_location(), new_location()
    with open_store(full) as store:
        store.add_runs([sample_run()])
    make_first_release(old, full)
    assert at_once([started(OPENER, old) for _ in range(3)]) == ["1\n"] * 3
    with open_store(old) as store, open_store(full) as fresh:
        upgraded, written = (each.history("Some CPU", "laptop") for each in (store, fresh))
        assert_frame_equal(upgraded.frame, written.frame)


def test_a_server_that_dies_keeps_what_was_committed(postgresql):
    location = postgresql.new_store()
    run = sample_run()
    with open_store(location) as store:
        store.begin(run.invocation)
    writer = started(WRITER, location, 0, 1)
    said = [writer.stdout.readline().rstrip("\n") for _ in range(BEFORE_THE_KILL)]
    try:
        postgresql.kill()
    finally:
        postgresql.start()  # other tests use it too
    rest, complaint = writer.communicate()
    said += rest.split("\n")[:-1]
    assert "StorageError: store postgresql://postgres@/postgres" in complaint
    assert "everything stored so far is kept; check that the server runs" in complaint
    with open_store(location) as store:
        kept = store.load(run.invocation.id).repeats
        assert len(said) <= len(kept) <= len(said) + 1 < len(run.repeats)
        assert kept == run.repeats[: len(kept)]


def waiting_commands(connection: Connection) -> int:
    """Count the locks of the server that somebody waits for."""
    return connection.exec_driver_sql(
        "SELECT count(*) FROM pg_locks WHERE NOT granted"
    ).scalar_one()


def test_a_command_whose_server_dies_in_mid_write_says_so_without_the_password(
    postgresql, tmp_path
):
    schema = postgresql.new_schema()
    postgresql.execute(f"GRANT ALL ON SCHEMA {schema} TO {GUARDED}")
    location = postgresql.url(schema, GUARDED, PASSWORD)
    kept, lost = sample_run(id="kept"), sample_run(id="lost")
    with open_store(location) as store:
        store.add_runs([kept])
    export_run(lost, tmp_path / "lost.jsonl.gz")
    owner = create_engine(
        postgresql.url(schema).replace("://", "+psycopg://"), poolclass=NullPool
    ).connect()
    # The command has written its run when it comes to the outcomes, and waits there.
    owner.exec_driver_sql("LOCK TABLE outcome IN ACCESS EXCLUSIVE MODE")
    command = subprocess.Popen(
        [BINARY, "import", "lost.jsonl.gz", "--store", location],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while not waiting_commands(owner):
            assert command.poll() is None, command.stderr.read()
        postgresql.kill()
    finally:
        owner.invalidate()
        postgresql.start()  # other tests use it too
    said = command.communicate()[1]
    assert command.returncode == StorageError.exit_code == 74
    assert said.startswith(f"error: store postgresql://{GUARDED}:***@/postgres")
    assert said.count("\n") == 1
    assert "everything stored so far is kept; check that the server runs" in said
    assert PASSWORD not in said
    assert quote(PASSWORD, safe="") not in said
    with open_store(location) as store:
        assert [run.id for run in store.runs()] == ["kept"]
        assert store.load("kept") == kept

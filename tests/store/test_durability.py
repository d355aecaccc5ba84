"""Processes that are killed or write at the same time: nothing committed is lost."""

import os
import subprocess
import sys
from pathlib import Path

from effprof.store.store import open_store
from tests.runs import sample_run

ROOT = Path(__file__).resolve().parents[2]
BEFORE_THE_KILL = 5
WRITERS = 3

#: Adds the outcomes of a run one by one and says so after each; started with: path, shard, shards.
WRITER = """
import sys
from effprof.store.store import open_store
from tests.runs import sample_run

path, shard, shards = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
run = sample_run()
store = open_store(path)
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
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_a_killed_writer_loses_nothing_that_was_committed(tmp_path):
    path = str(tmp_path / "store.sqlite")
    run = sample_run()
    with open_store(path) as store:
        store.begin(run.invocation)
    writer = started(WRITER, path, 0, 1)
    said = [writer.stdout.readline().rstrip("\n") for _ in range(BEFORE_THE_KILL)]
    writer.kill()
    said += writer.communicate()[0].split("\n")[:-1]
    with open_store(path) as store:
        kept = store.load(run.invocation.id).repeats
        # The one that was being written may be there; it is then there whole.
        assert len(said) <= len(kept) <= len(said) + 1 < len(run.repeats)
        assert kept == run.repeats[: len(kept)]
        for repeat in run.repeats[len(kept) :]:
            store.add_repeat(run.invocation.id, repeat)
        assert store.load(run.invocation.id).repeats == run.repeats


def test_writers_at_the_same_time_lose_nothing(tmp_path):
    path = str(tmp_path / "store.sqlite")
    run = sample_run()
    with open_store(path) as store:
        store.begin(run.invocation)
        writers = [started(WRITER, path, shard, WRITERS) for shard in range(WRITERS)]
        while any(writer.poll() is None for writer in writers):
            seen = store.load(run.invocation.id).repeats
            assert set(map(repr, seen)) <= set(map(repr, run.repeats))
        assert [writer.wait() for writer in writers] == [0] * WRITERS
        for writer in writers:
            writer.communicate()
        kept = store.load(run.invocation.id).repeats
    assert sorted(map(repr, kept)) == sorted(map(repr, run.repeats))


def test_processes_that_make_the_store_at_the_same_time_share_it(tmp_path):
    path = str(tmp_path / "store.sqlite")
    makers = [started(MAKER, path, name) for name in ("a", "b", "c")]
    assert {maker.stdout.readline() for maker in makers} == {"ready\n"}
    for maker in makers:
        maker.stdin.write("go\n")
        maker.stdin.flush()
    assert [maker.wait() for maker in makers] == [0, 0, 0]
    for maker in makers:
        maker.communicate()
    with open_store(path) as store:
        assert {run.id for run in store.runs()} == {"a", "b", "c"}

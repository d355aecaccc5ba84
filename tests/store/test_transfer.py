"""Exported files: exact, stable to the byte, and refused whole when anything is wrong."""

import gzip
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from effprof.core.cells import Cell
from effprof.core.errors import BadInput, StorageError
from effprof.core.runs import EarlierRun, Run
from effprof.store.store import open_store
from effprof.store.transfer import MAX_PROBLEMS, export_run, import_run, read_run
from tests.runs import CRASHED, OUT_OF_MEMORY, calibrations, sample_run

CELL = Cell("timm/resnet18", 224)
OUTCOMES = {(CELL, 0): OUT_OF_MEMORY, (CELL, 2): CRASHED}


@pytest.fixture
def store(tmp_path):
    with open_store(str(tmp_path / "store.sqlite")) as opened:
        yield opened


@pytest.fixture
def run() -> Run:
    return sample_run(outcomes=OUTCOMES, command="effprof run ünï—'\"\x00\u2028 $(x)")


@pytest.fixture
def path(tmp_path, run):
    file = tmp_path / "run.jsonl.gz"
    export_run(run, file)
    return file


def lines_of(path):
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def rewritten(path, lines):
    path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))


def test_a_file_is_read_back_as_the_run_it_was_made_from(path, run):
    assert repr(read_run(path)) == repr(run)


@pytest.mark.parametrize(("axis", "default"), [("loader", "synthetic"), ("allocator", "kept")])
def test_a_file_from_before_there_was_an_axis_is_read_as_it_was_meant(path, run, axis, default):
    before = lines_of(path)
    for cell in before[0]["invocation"]["cells"]:
        assert cell.pop(axis) == default
    rewritten(path, before)
    assert read_run(path) == run


def test_a_run_with_calibrations_is_a_file_of_its_own_format(path, tmp_path, store, run):
    assert lines_of(path)[0]["format"] == 1
    run = replace(run, calibrations=(*calibrations(), *calibrations("end", 1.5)))
    file = tmp_path / "calibrated.jsonl.gz"
    export_run(run, file)
    assert lines_of(file)[0]["format"] == 2
    assert read_run(file) == run
    assert import_run(store, file)
    assert store.load(run.invocation.id) == run


def test_a_run_that_knows_earlier_ones_is_a_file_of_its_own_format(path, tmp_path, store, run):
    known = EarlierRun("20261120-080000-abc123", "2026-11-20T08:00:00+00:00", {CELL.key: 0.0123})
    run = replace(run, calibrations=calibrations(), earlier=(known,))
    file = tmp_path / "known.jsonl.gz"
    export_run(run, file)
    assert lines_of(file)[0]["format"] == 3
    assert read_run(file) == run
    store.add_runs([run])
    assert store.load(run.invocation.id) == run
    export_run(replace(run, earlier=(known, known)), path)
    with pytest.raises(BadInput, match="earlier run 20261120-080000-abc123 is there twice"):
        read_run(path)


def test_a_calibration_that_is_there_twice_is_refused(path, run):
    export_run(replace(run, calibrations=calibrations() + calibrations()), path)
    with pytest.raises(BadInput, match=r"calibration square roots .* is there twice"):
        read_run(path)


def test_exporting_what_was_imported_gives_the_same_bytes(path, store, tmp_path, run):
    assert import_run(store, path)
    again = tmp_path / "another name.gz"
    export_run(store.load(run.invocation.id), again)
    assert again.read_bytes() == path.read_bytes()


def test_the_bytes_do_not_depend_on_the_clock(path):
    assert path.read_bytes()[4:8] == bytes(4), "the time in the header of gzip"


def test_importing_twice_is_importing_once(path, store, run):
    assert [import_run(store, path), import_run(store, path)] == [True, False]
    assert store.load(run.invocation.id) == run


def test_a_run_that_is_still_going_on_can_be_exported(store, tmp_path, run):
    store.begin(run.invocation)
    export_run(store.load(run.invocation.id), tmp_path / "part.gz")
    assert read_run(tmp_path / "part.gz") == Run(run.invocation, "running")


def test_the_same_id_with_other_content_is_refused_and_nothing_changes(path, store, run):
    kept = replace(run, repeats=run.repeats[:-1])
    store.add_runs([kept])
    with pytest.raises(BadInput, match=r"other content \(repeats\)"):
        import_run(store, path)
    assert store.load(run.invocation.id) == kept


def put(number, *keys_and_value):
    """Make a change that sets a value deep inside line `number`, counted from 1."""

    def change(lines):
        *keys, last, value = keys_and_value
        place = lines[number - 1]
        for key in keys:
            place = place[key]
        place[last] = value

    return change


def without(number, *keys):
    def change(lines):
        place = lines[number - 1]
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]

    return change


# Lines of the file: 1 run, 2-4 peaks, 5-12 costs, 13-36 outcomes (16 is a failure), 37 end.
MALFORMED = {
    "another first line": (lambda x: x.pop(0), "line 1: comes before the line that describes"),
    "a second first line": (lambda x: x.insert(1, x[0]), "line 2: describes a second run"),
    "no last line": (lambda x: x.pop(), "line 37: missing; the file was cut off"),
    "a line after the last": (lambda x: x.append(x[12]), "line 38: comes after the end"),
    "another format": (put(1, "format", 4), "line 1: format: Input should be 1, 2 or 3"),
    "an unknown kind of line": (put(3, "line", "pie"), "line 3: .*'pie'"),
    "not an object": (lambda x: x.__setitem__(2, 7), "line 3: "),
    "text for a number": (
        put(13, "outcome", "timing", "latency", 3, "0.1"),
        r"line 13: outcome\.timing\.latency\.3: Input should be a valid number",
    ),
    "NaN": (put(14, "outcome", "build_seconds", float("nan")), r"line 14: outcome\.build_seconds"),
    "an unknown field": (put(13, "outcome", "memory", "x", 1), r"line 13: outcome\.memory\.x"),
    "a missing field": (
        without(13, "outcome", "timing", "warmup"),
        r"line 13: outcome\.timing\.warmup: Field required",
    ),
    "an unknown failure": (put(16, "outcome", "kind", "bored"), r"line 16: outcome\.kind"),
    "an unknown status": (put(1, "status", "great"), "line 1: status"),
    "a cell that was not planned": (put(13, "cell", "a@1 infer b1 fp32 nchw eager"), "13: cell: "),
    "a repeat that was not planned": (put(13, "index", 3), "line 13: index: 3, but the run has 3"),
    "a negative repeat": (put(13, "index", -1), "line 13: index"),
    "an outcome twice": (
        lambda x: x.insert(13, x[12]),
        "line 14: outcome .* 0 is there twice",
    ),
    "a peak twice": (lambda x: x.insert(2, x[1]), "line 3: peak matmul fp32 1024 1 is there twice"),
    "a cost twice": (lambda x: x.insert(5, x[4]), "line 6: cost timm/resnet50 .* is there twice"),
    "a cell planned twice": (
        lambda x: x[0]["invocation"]["cells"].append(x[0]["invocation"]["cells"][0]),
        "line 1: planned cell .* is there twice",
    ),
    "a model that no key can hold": (
        put(1, "invocation", "cells", 0, "model", "two words"),
        "line 1: not a cell key",
    ),
}


@pytest.mark.parametrize(("change", "message"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_line_names_itself_and_nothing_is_imported(path, store, change, message):
    lines = lines_of(path)
    change(lines)
    rewritten(path, lines)
    with pytest.raises(BadInput, match=message) as caught:
        import_run(store, path)
    assert str(path) in str(caught.value)
    assert store.runs() == []


def cut_off(content):
    return content[: len(content) // 2]


def with_a_bad_block(content):
    return content[:10] + b"\xff" + content[11:]


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


def with_broken_json(content):
    lines = gzip.decompress(content).splitlines(keepends=True)
    return gzip.compress(b"".join([*lines[:5], b'{"line":"cost",\n', *lines[6:]]))


def not_in_utf8(content):
    return gzip.compress(gzip.decompress(content).replace("ünï".encode(), b"\xff\xfe"))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (cut_off, r"line \d+: not readable as gzip"),
        (with_a_bad_block, r"line 1: not readable as gzip"),
        (flipped, r"line \d+: "),
        (with_broken_json, "line 6: Invalid JSON"),
        (not_in_utf8, "line 1: "),
        (gzip.decompress, "line 1: not readable as gzip"),
        (lambda _: b"", "line 1: "),
        (lambda _: gzip.compress(b""), "line 1: missing"),
    ],
)
def test_a_damaged_file_names_the_place_and_nothing_is_imported(path, store, damage, message):
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BadInput, match=message):
        import_run(store, path)
    assert store.runs() == []


def test_all_that_is_wrong_is_said_at_once(path):
    lines = lines_of(path)
    for line in lines[12:36]:
        line["index"] = "0"
    rewritten(path, lines)
    with pytest.raises(BadInput) as caught:
        read_run(path)
    told = str(caught.value).splitlines()[1:]
    assert [line.split(":")[0].strip() for line in told[:-1]] == [
        f"line {number}" for number in range(13, 13 + MAX_PROBLEMS)
    ]
    assert told[-1].strip() == f"... and {24 - MAX_PROBLEMS} more"


def test_a_bad_first_line_is_not_held_against_the_others(path):
    lines = lines_of(path)
    lines[0]["status"] = 1
    rewritten(path, lines)
    with pytest.raises(BadInput) as caught:
        read_run(path)
    assert len(str(caught.value).splitlines()) == 2


def test_a_file_that_is_not_there_is_a_matter_of_storage(tmp_path):
    with pytest.raises(StorageError, match=r"cannot read .*nothing.gz: No such file"):
        read_run(tmp_path / "nothing.gz")


def test_an_export_of_the_same_run_is_brought_up_to_date(path, run):
    longer = replace(run, status="interrupted")
    export_run(longer, path)
    assert read_run(path) == longer


@pytest.mark.parametrize("content", [b"", b"my diary", None])
def test_another_file_is_overwritten_only_on_request(path, content):
    other = sample_run(id="other")
    if content is not None:
        path.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(BadInput, match=r"is not an export of run other.*--force"):
        export_run(other, path)
    assert path.read_bytes() == before
    export_run(other, path, force=True)
    assert read_run(path) == other


@pytest.mark.parametrize("name", ["missing/run.gz", "run.jsonl.gz/run.gz"])
def test_a_place_that_cannot_be_written_is_named(path, run, name):
    target = path.parent / name
    with pytest.raises(StorageError, match=f"cannot write {target}: No"):
        export_run(run, target)


def test_an_export_that_fails_leaves_the_earlier_file_and_no_other(path, run):
    before = path.read_bytes()
    unwritable = replace(run, peaks=(object(),))
    with pytest.raises(ValueError, match="peak"):
        export_run(unwritable, path)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_is_read_without_a_database(path):
    program = (
        "import sys; from pathlib import Path; from effprof.store.transfer import read_run;"
        f"read_run(Path({str(path)!r})); print({{'sqlalchemy', 'torch'}} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"

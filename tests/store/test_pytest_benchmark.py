import copy
import json

import pytest

from effprof.core.cells import Cell
from effprof.core.errors import BadInput, StorageError
from effprof.report.render import render
from effprof.store.pytest_benchmark import read_pytest_benchmark
from effprof.store.store import open_store

CONDITIONS = {
    "cpu_share": 0.99, "foreign_cpu": 0.01, "steal": 0.0, "load_average": 1.0,
    "minor_faults_per_step": 0.0, "allocator": "glibc, heap kept", "governor": None,
    "affinity": [], "sm_clock_hz": None, "memory_clock_hz": None, "temperature_celsius": None,
    "power_watts": None, "throttle_reasons": [], "foreign_gpu_processes": None,
}  # fmt: skip


def benchmark(name, **extra_info):
    return {
        "name": name,
        "fullname": f"test_x.py::{name}",
        "extra_info": {
            "schema": 1, "device": "cpu", "threads": 1, "mode": "infer", "torch": "2.15.0",
            "dtype": "float32", "memory_format": "nchw", "shapes": [[8, 144, 56, 56]],
            "flops": 1000, "bytes": 4000, "first_call_seconds": 0.004,
            "warmup_seconds": [0.002, 0.001], "conditions": CONDITIONS, "invalid_reasons": [],
            "missing": {}, "settings": {"precision": "fp32"}, "note": "of whoever wrote it",
        } | extra_info,
        "options": {"min_rounds": 5, "max_time": 0.5, "timer": "perf_counter"},
        "stats": {"data": [0.003, 0.001, 0.002], "iterations": 4, "rounds": 3},
    }  # fmt: skip


DOCUMENT = {
    "machine_info": {"node": "laptop"},
    "commit_info": {"id": "unversioned"},
    "benchmarks": [
        benchmark("test_conv[dense-stage3 144ch 56px]"),
        benchmark("test_gate", shapes=[[4, 16]], threads=2, mode="train", dtype="bfloat16"),
    ],
    "datetime": "2026-11-21T10:00:05.250000+01:00",
    "version": "5.3.1",
    "effprof": {
        "schema": 1,
        "command": "pytest suites/ops",
        "started_at": "2026-11-21T08:58:00+00:00",
        "device": "Some CPU",
        "fingerprint": {
            "gating": {"device": "Some CPU", "host": "laptop", "method": "pytest-benchmark 1"},
            "recorded": {"torch": "2.15.0"},
            "missing": {},
        },
    },
}


@pytest.fixture
def written(tmp_path):
    """Write the document, changed by a function, to a file."""

    def write(change=lambda document: None, name="bench.json"):
        document = copy.deepcopy(DOCUMENT)
        change(document)
        path = tmp_path / name
        path.write_text(json.dumps(document))
        return path

    return write


def test_every_benchmark_is_a_cell_that_its_key_reads_back(written):
    cells = read_pytest_benchmark(written()).invocation.cells
    assert cells == (
        Cell("ops/conv[dense-stage3,144ch,56px]", 56, batch_size=8),
        Cell("ops/gate", 1, "train", 4, "amp-bf16", threads=2),
    )
    assert [Cell.from_key(cell.key) for cell in cells] == list(cells)


def test_samples_are_kept_and_what_was_not_measured_is_named(written):
    run = read_pytest_benchmark(written())
    first = run.repeats[0].outcome
    assert first.timing.throughput == first.timing.latency == (0.003, 0.001, 0.002)
    assert first.timing.warmup == (0.002, 0.001)
    assert first.timing.first_step_seconds == 0.004
    assert run.repeats[0].seconds == pytest.approx(0.004 + 0.003 + 4 * 0.006)
    assert first.memory.peak_rss_bytes is None
    assert "peak_rss_bytes" in first.missing
    assert first.valid
    assert first.settings["flops"] == "1000"


def test_on_a_gpu_rounds_of_several_calls_are_no_latency(written):
    def on_gpu(document):
        for each in document["benchmarks"]:
            each["extra_info"]["device"] = "cuda:0"
        document["benchmarks"][1]["stats"]["iterations"] = 1

    several, single = (repeat.outcome for repeat in read_pytest_benchmark(written(on_gpu)).repeats)
    assert several.timing.latency == ()
    assert "4 calls" in several.missing["latency"]
    assert single.timing.latency == single.timing.throughput


def test_a_disturbed_benchmark_stays_invalid(written):
    def disturb(document):
        document["benchmarks"][0]["extra_info"]["invalid_reasons"] = ["contended: too loud"]

    assert read_pytest_benchmark(written(disturb)).repeats[0].outcome.invalid_reasons == (
        "contended: too loud",
    )


def test_the_run_says_when_on_what_and_by_which_command(written):
    run = read_pytest_benchmark(written())
    asked = run.invocation
    assert asked.id.startswith("20261121-090005-")
    assert (asked.started_at, run.finished_at) == (
        "2026-11-21T08:58:00+00:00",
        "2026-11-21T09:00:05+00:00",
    )
    assert (asked.command, asked.device) == ("pytest suites/ops", "Some CPU")
    assert (run.status, run.missing, run.costs) == ("complete", (), ())


def test_a_file_is_the_same_run_whatever_it_is_called(written):
    one, same = read_pytest_benchmark(written()), read_pytest_benchmark(written(name="other.json"))
    assert one == same

    def slower(document):
        document["benchmarks"][0]["stats"]["data"][0] *= 2

    assert read_pytest_benchmark(written(slower)).invocation.id != one.invocation.id


def test_a_stored_run_reads_back_and_is_stored_once(written, tmp_path):
    run = read_pytest_benchmark(written())
    with open_store(str(tmp_path / "store.sqlite")) as store:
        assert store.add_runs([run]) == (True,)
        assert store.add_runs([run]) == (False,)
        assert store.load(run.invocation.id) == run


def test_a_report_says_that_nothing_can_be_compared(written):
    page = render(read_pytest_benchmark(written())).markdown
    assert "nothing can be compared" in page
    assert "Imported from pytest-benchmark: one process" in page
    assert "fresh process" not in page.partition("## Glossary")[0]
    assert "conv\\[dense-stage3,144ch,56px\\]" in page


def _remove(*path):
    def change(document):
        for part in path[:-1]:
            document = document[part]
        del document[path[-1]]

    return change


def _set(value, *path):
    def change(document):
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = value

    return change


EXTRA = ("benchmarks", 1, "extra_info")
BAD = {
    "effprof": _remove("effprof"),
    "benchmarks": _set([], "benchmarks"),
    "datetime": _set("yesterday", "datetime"),
    "effprof.fingerprint.gating": _remove("effprof", "fingerprint", "gating"),
    "benchmarks.1.extra_info.device": _remove(*EXTRA, "device"),
    "benchmarks.1.extra_info.schema": _set(2, *EXTRA, "schema"),
    "benchmarks.1.extra_info.dtype": _set("int64", *EXTRA, "dtype"),
    "benchmarks.1.extra_info.threads": _set("1", *EXTRA, "threads"),
    "benchmarks.1.extra_info.shapes.0.1": _set([[4, -1]], *EXTRA, "shapes"),
    "benchmarks.1.stats.data": _remove("benchmarks", 1, "stats", "data"),
    "benchmarks.0.stats.data": _set([], "benchmarks", 0, "stats", "data"),
    "benchmarks.0.stats.data.0": _set([0.0], "benchmarks", 0, "stats", "data"),
    "benchmarks.0.stats.data.1": _set([1.0, float("nan")], "benchmarks", 0, "stats", "data"),
    "benchmarks.1.name": _set([benchmark("test_a b"), benchmark("test_a,b")], "benchmarks"),
}


@pytest.mark.parametrize("field", BAD)
def test_a_bad_file_names_itself_and_the_field(written, field):
    path = written(BAD[field])
    with pytest.raises(BadInput) as refused:
        read_pytest_benchmark(path)
    assert str(refused.value).startswith(f"{path} is no JSON of pytest-benchmark")
    assert f"\n  {field}: " in str(refused.value)


@pytest.mark.parametrize("text", ["", "dear diary", "[]", '{"benchmarks": '])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "diary"
    path.write_text(text)
    with pytest.raises(BadInput, match="diary is no JSON of pytest-benchmark"):
        read_pytest_benchmark(path)


def test_a_file_that_is_not_there_is_a_matter_of_storage(tmp_path):
    with pytest.raises(StorageError, match="cannot read"):
        read_pytest_benchmark(tmp_path / "no.json")

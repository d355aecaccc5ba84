"""Cells that are fed from JPEG files: the files, the processes, and a whole measurement."""

import multiprocessing
import os
import statistics
import sys
import tempfile
from dataclasses import replace
from itertools import cycle

import pytest
import torch

from effprof.core.cells import Cell
from effprof.core.outcomes import Failure, Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.target import Target
from effprof.measure.conditions import CpuWatch
from effprof.measure.feed import start_loader
from effprof.measure.steps import Unsupported, refuse_impossible
from effprof.measure.timers import RoundTimer
from effprof.models.jpeg import FILES, JpegFiles, picture
from effprof.sweep import tasks
from tests import jobs

TINY = f"{jobs.__file__}:tiny"
CPU = Target("cpu", "some CPU", "asked for")
QUICK = MeasureOptions(
    target_width=0.4,
    min_samples=6,
    min_seconds=0.1,
    time_cap_seconds=4.0,
    warmup_seconds=0.02,
    timeout_seconds=120.0,
    allow_busy=True,
    profile=True,
)


@pytest.fixture(scope="module")
def files():
    with_files = JpegFiles(32)
    yield with_files
    with_files.close()


def test_files_are_as_large_as_photographs_and_give_normalised_images(files):
    assert len(files) == FILES
    assert 60e3 < files.mean_bytes < 160e3
    image = files[3]
    assert image.shape == (3, 32, 32)
    assert abs(float(image.mean())) < 1.5
    assert not torch.equal(image, files[4])
    assert torch.equal(image, files[3])


def test_pictures_are_made_up_the_same_each_time():
    assert picture(1).tobytes() == picture(1).tobytes() != picture(2).tobytes()


def test_files_have_no_names_to_be_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    JpegFiles(32).close()
    assert not any(tmp_path.iterdir())


def test_a_round_is_as_long_as_its_mean_step():
    class Bursts:
        """Two batches at a time, as two processes hand them over."""

        waits = True
        waiting = cycle((0.09, 0.01))

        def throughput(self, step, count):
            return [next(self.waiting) for _ in range(count)]

    samples = RoundTimer(Bursts(), 2).throughput(print, 5)
    assert samples == pytest.approx([0.05] * 5)


def test_what_feeds_the_worker_is_no_foreign_load(monkeypatch):
    from effprof.device import cpu

    seconds = iter((1.0, 1.8))
    monkeypatch.setattr(cpu, "_cpu_seconds", lambda pid: next(seconds))
    busy = iter((10.0, 10.8))
    monkeypatch.setattr(cpu.psutil, "cpu_times", lambda: _Times(next(busy)))
    start = cpu.CpuReading.now([1])
    end = cpu.CpuReading.now([1])
    assert cpu.CpuWindow.between(start, end, 1).foreign_cpu == 0.0


class _Times(tuple):
    """CPU times of which all are busy."""

    idle = 0.0

    def __new__(cls, busy):
        return super().__new__(cls, (busy,))


def test_a_fed_worker_that_waits_or_maps_batches_is_not_contended():
    watch = CpuWatch(1, (0,), (os.getpid(),))
    _, watched = watch.during(lambda: torch.ones(2**22).sum(), lambda _: 1)
    assert {each.id for each in watched.troubles} <= {"foreign_load"}


def test_a_graph_cannot_be_fed():
    with pytest.raises(Unsupported, match="no loader can feed it"):
        refuse_impossible(Cell("m", 32, execution="cudagraph", loader="jpeg-2w"), "cuda")


def test_a_cell_without_loader_starts_no_process():
    assert start_loader(Cell("m", 32), "cpu") is None


@pytest.mark.skipif(sys.platform != "linux", reason="files are shared with forked processes")
def test_a_fed_cell_is_measured_end_to_end(workers):
    fed = Cell(TINY, 32, batch_size=8, loader="jpeg-2w")
    timeout = QUICK.timeout_seconds
    done = workers.call(tasks.measure, fed, CPU, QUICK, timeout=timeout)
    plain = workers.call(tasks.measure, Cell(TINY, 32, batch_size=8), CPU, QUICK, timeout=timeout)
    assert isinstance(done, Measurement), done
    assert done.valid, done.invalid_reasons
    # Eight files take milliseconds each; the model itself takes well under one.
    slow, fast = (statistics.median(m.timing.throughput) for m in (done, plain))
    assert slow > 3 * fast
    assert done.timing.latency == ()
    assert (done.profile, done.memory.peak_rss_bytes) == (None, None)
    assert {"latency", "profile", "peak_rss_bytes"} <= done.missing.keys()
    assert done.settings["loader"].startswith("2 processes")
    assert plain.profile is not None
    assert plain.timing.latency


def test_a_training_step_can_be_fed(workers):
    cell = Cell(TINY, 32, "train", batch_size=4, loader="jpeg-1w")
    done = workers.call(tasks.measure, cell, CPU, QUICK, timeout=QUICK.timeout_seconds)
    assert isinstance(done, Measurement), done
    assert done.missing["forward_seconds"].startswith("the parts of a step that waits for a loader")


def observed(cell, target, options, tell):
    """Measure; return the session's cores, the worker's, its processes' and how often it looked."""
    session = os.sched_getaffinity(0)
    seen, looks = [], []
    CpuWatch.glance = lambda _: looks.append("at the device")

    def look_around(*_):
        children = [os.sched_getaffinity(each.pid) for each in multiprocessing.active_children()]
        seen[:] = [(os.sched_getaffinity(0), children)]

    tasks.measure(cell, target, options, look_around)
    own, children = seen[0]
    return session, own, children, len(looks)


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="affinity is not told here")
def test_a_loader_may_use_every_core_and_nothing_pauses_its_consumer(workers):
    options = replace(QUICK, profile=False)
    cell = Cell(TINY, 32, batch_size=4)
    fed = replace(cell, loader="jpeg-2w")
    session, own, children, looks = workers.call(observed, fed, CPU, options, timeout=120)
    assert len(own) == 1
    assert children == [session, session]
    assert looks == 0
    _, _, children, looks = workers.call(observed, cell, CPU, options, timeout=120)
    assert children == []
    assert looks > 0


def without_room(cell, target, options, tell):
    """Measure where no temporary file can be made."""
    tempfile.tempdir = "/nowhere"
    return tasks.measure(cell, target, options, tell)


def with_broken_files(cell, target, options, tell):
    """Measure where files cannot be read back."""

    def unreadable(*_):
        raise OSError(5, "no such sector")

    JpegFiles.__getitem__ = unreadable
    return tasks.measure(cell, target, options, tell)


def with_dying_loader(cell, target, options, tell):
    """Measure a model that kills what feeds it."""

    def kill_what_feeds_us(*_):
        for child in multiprocessing.active_children():
            child.kill()

    return tasks.measure(cell, target, options, kill_what_feeds_us)


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (without_room, "cannot write 64 JPEG files to /nowhere: No such file or directory"),
        (with_broken_files, "a process of the loader raised OSError: [Errno 5] no such sector"),
        (with_dying_loader, "DataLoader worker (pid"),
    ],
)
def test_a_loader_that_fails_is_a_labelled_failure(workers, function, said):
    cell = Cell(TINY, 32, batch_size=4, loader="jpeg-2w")
    failed = workers.call(function, cell, CPU, QUICK, timeout=QUICK.timeout_seconds)
    assert isinstance(failed, Failure), failed
    assert failed.kind == "crashed"
    assert said in failed.reason

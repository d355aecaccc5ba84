"""Sweeps on GPUs that tests do not have: the card that is kept open, and the one gone on with."""

import sys
from dataclasses import replace

import pytest

from effprof.cli.progress import Progress
from effprof.core.errors import NoDevice, NotComparable
from effprof.device.target import FoundGpus, Target, choose
from effprof.models.objects import Sent
from effprof.session import sweeps
from effprof.session.request import Request
from effprof.session.sweeps import measure_plan, sweep
from effprof.store.store import open_store
from effprof.sweep.listener import Listener
from effprof.sweep.plan import Asked, Plan
from tests.device.fake_nvml import FakeNvml
from tests.runs import fingerprint, measurement, sample_run

FIRST, SECOND = (Target("cuda", "H200", "asked for", i, f"GPU-{i}") for i in range(2))
CPU = Target("cpu", "Some CPU", "asked for")
RUN = sample_run((1,), 1)


class FakeWorkers:
    """Workers on a machine with the GPUs given; `watch` is told each task that one is asked for."""

    objects = Sent()

    def __init__(self, *gpus, watch=lambda name: None):
        self._found = FoundGpus(gpus, None if gpus else "no GPU was found")
        self._watch = watch
        self.objects = Sent()

    def start(self):
        pass

    def call(self, function, *arguments, timeout, listener=None, allocator="kept"):
        self._watch(function.__name__)
        return getattr(self, function.__name__)(*arguments)

    def find_targets(self, gpu, cpu):
        return tuple((target, print_of(target)) for target in choose(self._found, gpu, cpu))

    def calibrate(self, target, moment):
        return ()

    def take_peaks(self, target, precisions, threads):
        return ()

    def measure(self, cell, target, options):
        return measurement(0.01)


def print_of(target):
    marks = fingerprint(**{"device": "H200", "device kind": "cuda"})
    return replace(marks, recorded=marks.recorded | {"uuid": target.uuid})


@pytest.fixture
def nvml(monkeypatch, tmp_path):
    fake = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return fake


def measured_on(target, workers, tmp_path):
    """Measure a plan of a few cells; what stopped it."""
    plan = Plan(RUN.invocation, target, PENDING, RUN.costs)
    with open_store(str(tmp_path / "store.sqlite")) as store:
        return measure_plan(plan, workers, store, Listener()).stopped


PENDING = tuple((cell, 0) for cell in RUN.invocation.cells)


def test_a_gpu_is_held_open_from_before_the_first_cell_to_after_the_last(nvml, tmp_path):
    held = []
    workers = FakeWorkers(
        SECOND, watch=lambda name: held.append((name, nvml.open, set(nvml.handles)))
    )
    assert measured_on(SECOND, workers, tmp_path) is None
    names = [name for name, _, _ in held]
    whole = ["measure"] * len(PENDING)
    half = len(PENDING) // 2
    measured = [*whole[:half], "calibrate", *whole[half:]]
    assert names == ["take_peaks", "calibrate", *measured, "calibrate"]
    assert {(count, *handles) for _, count, handles in held} == {(1, "GPU-1")}
    assert nvml.open == 0


def test_an_interrupt_lets_the_gpu_go(nvml, tmp_path):
    def interrupt(name):
        assert nvml.open == 1
        if name == "measure":
            raise KeyboardInterrupt

    assert measured_on(FIRST, FakeWorkers(FIRST, watch=interrupt), tmp_path) == "interrupted"
    assert nvml.open == 0


def test_a_sweep_of_the_cpu_opens_no_nvml(nvml, tmp_path):
    opened = []
    workers = FakeWorkers(watch=lambda name: opened.append(nvml.open))
    assert measured_on(CPU, workers, tmp_path) is None
    assert opened
    assert set(opened) == {0}


def test_a_gpu_whose_nvml_is_absent_is_measured(monkeypatch, tmp_path, nvml):
    nvml.raising = {"nvmlInit"}
    assert measured_on(FIRST, FakeWorkers(FIRST), tmp_path) is None


@pytest.fixture
def resume(monkeypatch, tmp_path, nvml):
    """Go on with a run that was begun on the first GPU, where there are the GPUs given."""
    monkeypatch.chdir(tmp_path)
    begun = replace(
        RUN,
        status="interrupted",
        finished_at=None,
        repeats=RUN.repeats[:1],
        invocation=replace(RUN.invocation, fingerprint=print_of(FIRST)),
    )
    location = str(tmp_path / "store.sqlite")
    with open_store(location) as store:
        store.add_runs([begun])

    def go_on(*gpus, gpu=None):
        monkeypatch.setattr(sweeps, "Workers", lambda objects: FakeWorkers(*gpus))
        request = Request(Asked("effprof run", gpu), resume=begun.invocation.id)
        with Progress() as shown:
            (swept,) = sweep(request, location, shown)
        return swept.run.status

    return go_on


def test_a_run_goes_on_with_the_gpu_it_began_on_wherever_it_is_now(resume, capsys):
    assert resume(SECOND, replace(FIRST, index=1)) == "complete"
    assert "GPU 1 = H200, GPU-0" in capsys.readouterr().err


@pytest.mark.parametrize("gpu", [None, "0", "GPU-1"])
def test_another_card_of_the_same_model_is_refused_naming_both(resume, gpu):
    with pytest.raises(NotComparable, match="uuid: GPU-0 then, GPU-1 now"):
        resume(replace(SECOND, index=0), gpu=gpu)


def test_where_no_gpu_is_left_that_is_what_is_said(resume):
    with pytest.raises(NoDevice, match="GPU-0: no GPU was found"):
        resume()

"""Modules and callables of this process, planned and measured in real workers."""

import functools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from effprof.core.axes import AXES
from effprof.core.cells import Cell
from effprof.core.errors import BadInput
from effprof.core.outcomes import Measurement
from effprof.core.runs import MeasureOptions
from effprof.device.target import Target
from effprof.models.objects import object_name, send
from effprof.sweep import tasks
from effprof.sweep.plan import Asked, expand_suite, new_plan, resumed_plan
from effprof.sweep.suite import Suite
from effprof.sweep.workers import Workers
from tests.jobs import Tiny, uncountable
from tests.runs import fingerprint, sample_run

CPU = Target("cpu", "this CPU", "asked for")
OPTIONS = MeasureOptions(
    target_width=0.5, min_seconds=0.05, warmup_seconds=0.01, time_cap_seconds=5, allow_busy=True
)
ASKED = Asked("a test", cpu=True)
DEVICE = CPU, fingerprint()


def suite_of(names, resolution="native"):
    defaults = {axis.name: axis.default for axis in AXES.values()}
    axes = defaults | {"model": tuple(names), "resolution": (resolution,), "batch_size": (2,)}
    return Suite("objects", "", names[0], 1, OPTIONS, (axes,))


def planned(sending, names, resolution="native"):
    suite = suite_of(names, resolution)
    return new_plan(sending, suite, expand_suite(sending, suite, ASKED), DEVICE, ASKED)


def mine(width=8):
    """A module of a class that no other process knows: in training, in part frozen, with a hook."""

    class Mine(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width))
            self.head = nn.Linear(width, 10)

        def forward(self, x):
            return self.head(self.body(x).mean((2, 3)))

    net = Mine()
    net.body[0].weight.requires_grad_(False)
    net.body.register_forward_hook(lambda module, images, output: output.relu())
    return net.train()


def parameters(width):
    return 3 * 9 * width + width + 2 * width + 10 * width + 10


@pytest.mark.usefixtures("workers")
def test_a_module_a_closure_and_a_partial_are_planned_and_measured_like_any_model():
    net, calls, width = mine(), [], 16
    before = {name: each.clone() for name, each in net.state_dict().items()}

    def make():
        calls.append(1)
        return mine(width)

    sent = send([net, make, functools.partial(mine, 4), "resnet18"])
    sending = Workers(objects=sent)
    plan = planned(sending, sent.names, 32)
    cells = plan.invocation.cells
    assert [cell.model for cell in cells] == [*sent.names[:3], "timm/resnet18"]
    assert plan.notes == ()
    assert [cost.parameters for cost in plan.costs[:3]] == [parameters(w) for w in (8, 16, 4)]
    for cell in (replace(cells[0], mode="train"), *cells[:3]):
        outcome = sending.call(tasks.measure, cell, CPU, OPTIONS, timeout=120)
        assert isinstance(outcome, Measurement), outcome
    assert calls == []
    assert all(torch.equal(before[name], each) for name, each in net.state_dict().items())
    assert net.training
    assert not torch.cuda.is_initialized()


@pytest.mark.usefixtures("workers")
def test_without_a_size_an_object_gets_what_it_declares_or_224():
    net = Tiny()
    net.effprof_resolution = 48
    sent = send([net, Tiny])
    plan = planned(Workers(objects=sent), sent.names, "paper")
    assert [cell.resolution for cell in plan.invocation.cells] == [48, 224]
    assert len(plan.notes) == 2
    assert all("no published size is known" in note for note in plan.notes)


@pytest.mark.usefixtures("workers")
def test_an_object_that_cannot_be_counted_has_a_note_and_is_measured():
    sent = send([uncountable])
    sending = Workers(objects=sent)
    plan = planned(sending, sent.names, 32)
    assert plan.costs == ()
    (note,) = plan.notes
    assert note.startswith(f"no static cost, so no promise: {sent.names[0]}: ")
    outcome = sending.call(tasks.measure, plan.invocation.cells[0], CPU, OPTIONS, timeout=120)
    assert isinstance(outcome, Measurement)


class Unreadable(Tiny):
    """Can be written, and not read."""

    def __reduce__(self):
        return away, ()


def away():
    raise OSError("the licence server is away")


@pytest.mark.usefixtures("workers")
def test_what_does_not_open_in_a_worker_is_refused_before_anything_is_measured():
    sent = send([Unreadable()])
    with pytest.raises(BadInput) as refused:
        planned(Workers(objects=sent), sent.names, 32)
    assert str(refused.value) == (
        f"{sent.names[0]} does not open in a worker: OSError: the licence server is away; put a "
        "function that makes it into a file and give 'file.py:function'"
    )


def begun_with(model):
    """A run that was interrupted, of which one model was an object."""
    cell = replace(sample_run().invocation.cells[0], model=object_name(model))
    run = sample_run(repeats=1)
    return replace(run, invocation=replace(run.invocation, cells=(*run.invocation.cells, cell)))


def test_a_run_is_resumed_with_the_object_that_it_began_with(workers):
    run = begun_with(mine())
    name = run.invocation.cells[-1].model
    with pytest.raises(BadInput) as refused:
        resumed_plan(workers, run, DEVICE)
    assert str(refused.value) == (
        f"run {run.invocation.id} measures objects, which are not stored: {name}\n"
        "go on in Python, where resume(run, models=[...]) takes them again"
    )
    other = send([mine(9)])
    with pytest.raises(BadInput, match=f"{name}; given were {other.names[0]}, which are others"):
        resumed_plan(Workers(objects=other), run, DEVICE)
    plan = resumed_plan(Workers(objects=send([mine()])), run, DEVICE)
    assert plan.pending == ((run.invocation.cells[-1], 0),)


def test_what_is_measured_already_needs_no_object_again(workers):
    run = begun_with(mine())
    cell = run.invocation.cells[-1]
    done = replace(run, repeats=(*run.repeats, replace(run.repeats[0], cell=cell)))
    assert resumed_plan(workers, done, DEVICE).pending == ()


SCRIPT = """
from jobs import seven
from effprof.sweep.workers import Workers
print("read")
print(Workers("json").call(seven, timeout=60))
"""


def test_a_script_may_measure_where_it_is_read(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "jobs.py").write_text("def seven(tell):\n    return 7\n")
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "script.py"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
    )
    assert done.stdout.split() == ["read", "7"], done.stderr


def test_a_key_of_an_object_is_read_back():
    cell = Cell(object_name(mine()), 224, batch_size=8)
    assert Cell.from_key(cell.key) == cell

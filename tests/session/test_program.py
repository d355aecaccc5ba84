"""A program that measures: a plain script, what it hears, how it is stopped, what is refused."""

import ast
import inspect
import itertools
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import effprof as ep
from effprof.core.axes import AXES
from effprof.core.errors import BadInput, NoDevice, StorageError
from effprof.models.objects import Sent
from effprof.session.choice import OPTIONS
from effprof.session.given import read_given
from effprof.session.program import OF_SWEEPS
from effprof.session.wording import in_python
from effprof.store.store import open_store
from effprof.sweep.plan import Asked
from tests import jobs
from tests.test_architecture import SOURCES, TREES

ROOT = Path(__file__).resolve().parents[2]
TINY = f"{Path(jobs.__file__)}:tiny"

#: Enough to be measured, in fractions of a second.
QUICK = {
    "resolution": 32,
    "repeats": 1,
    "target_width": 0.4,
    "min_seconds": 0.05,
    "warmup_seconds": 0.01,
    "time_cap_seconds": 2.0,
    "allow_busy": True,
}


#: What is heard where the machine is busy, or slower than its peaks: not in every test.
OF_THE_MACHINE = {"load_found", "time_left_moved"}


def a_listener():
    """Make a listener that keeps all that it is told, in order, as (what, *values)."""
    told = []

    def keeping(name):
        return lambda self, *values: told.append((name, *values))

    names = [name for name in vars(ep.Listener) if not name.startswith("_")]
    return type("Heard", (ep.Listener,), {name: keeping(name) for name in names})(), told


@pytest.fixture
def store(tmp_path, monkeypatch, known_peaks):
    """The default store of the test, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EFFPROF_STORE", str(tmp_path / "store.sqlite"))
    return str(tmp_path / "store.sqlite")


def ran(folder, text):
    """Run a script as people do, and what it wrote."""
    script = folder / "script.py"
    script.write_text(text)
    environment = os.environ | {
        "EFFPROF_STORE": str(folder / "store.sqlite"),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, script.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


PLAIN = f"""
import json, os, sys, threading
import torch
import effprof as ep

print("begun")
torch.zeros(1000, 1000) @ torch.zeros(1000, 1000)  # as a program that has used torch
quick = {QUICK!r}
answers = {{}}


def in_a_thread():
    answers["run"] = ep.run("small.toml", device="cpu", **quick)


thread = threading.Thread(target=in_a_thread)
thread.start()
thread.join()
study = answers["run"]
night = ep.night("small.toml", device="cpu", repeats=1, allow_busy=True)
profiled = ep.profile({TINY!r}, device="cpu", resolution=32, allow_busy=True)
print(json.dumps({{
    "run": [each.images_per_second.value for each in study],
    "id": study.run.invocation.id,
    "nights": len(night.nights),
    "roles": list(profiled.profile.by(lambda op: op.role)),
}}))
"""

SUITE = f"""
description = "a suite of seconds"
reference = "{TINY}"
repeats = 1
[measure]
target_width = 0.4
min_seconds = 0.05
warmup_seconds = 0.01
time_cap_seconds = 1.0
[axes]
model = "{TINY}"
resolution = 32
"""


def test_a_plain_script_measures_in_any_thread_and_only_it_prints(tmp_path):
    (tmp_path / "small.toml").write_text(SUITE)
    done = ran(tmp_path, PLAIN)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    begun, answer = done.stdout.splitlines()  # a second "begun" would be a worker's
    assert begun == "begun"
    told = json.loads(answer)
    assert all(speed > 0 for speed in told["run"])
    assert told["nights"] == 2  # the run of the same suite is one too
    assert "dense conv" in told["roles"]
    with open_store(str(tmp_path / "store.sqlite")) as opened:
        ids = [each.id for each in opened.runs()]
        command = opened.load(told["id"]).invocation.command
    assert told["id"] in ids
    assert len(ids) == 2  # the run and the night: a profile is not kept
    assert command.startswith("effprof.run('small.toml', device='cpu', resolution=32, ")


TERMINATED = f"""
import os, signal
import effprof as ep


class Stop(ep.Listener):
    def cell_ended(self, repeat, seconds_left):
        os.kill(os.getpid(), signal.SIGTERM)


ep.measure({TINY!r}, device="cpu", listener=Stop(), **{QUICK | {"repeats": 3}!r})
"""


def test_a_terminated_program_ends_as_it_would_and_its_run_is_kept(tmp_path):
    done = ran(tmp_path, TERMINATED)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGTERM, "", "")
    with open_store(str(tmp_path / "store.sqlite")) as opened:
        run = opened.load(opened.resolve("latest"))
    assert (run.status, len(run.repeats)) == ("interrupted", 1)


def test_an_interrupt_keeps_what_is_finished_and_says_how_to_go_on(store):
    class Stop(ep.Listener):
        def cell_ended(self, repeat, seconds_left):
            signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job has none
    try:
        with pytest.raises(KeyboardInterrupt) as stopped:
            ep.measure(TINY, device="cpu", listener=Stop(), **(QUICK | {"repeats": 3}))
    finally:
        signal.signal(signal.SIGINT, before)
    (summary,) = ep.runs()
    said = f"1 of 3 measurements are stored; go on with effprof.resume('{summary.id}')"
    assert str(stopped.value) == said
    assert stopped.value.run_id == summary.id
    part = ep.resume(summary.id, rounds=1).run
    assert (part.status, len(part.repeats)) == ("interrupted", 2)
    whole = ep.resume(summary.id[:17]).run
    assert whole.status == "complete"
    starts = [taken.work for taken in whole.calibrations if taken.moment == "start"]
    assert starts == 3 * ["square roots", "cache copy", "memory copy"]
    assert whole.calibrations[-1].moment == "end"


def test_a_listener_hears_all_in_order(store, capfd):
    listener, heard = a_listener()
    study = ep.measure([TINY, TINY], device="cpu", batch_size=(1, 2), listener=listener, **QUICK)
    assert capfd.readouterr() == ("", "")
    cell = ["cell_begun", "cell_heard", "cell_ended"]
    names = (name for name, *_ in heard if name not in OF_THE_MACHINE)
    once = [name for name, _ in itertools.groupby(names)]
    assert once == [
        *("noted", "device_chosen", "peaks_begun", "run_begun", "calibration_begun"),
        *(*cell, "calibration_begun", *cell, "calibration_begun", "run_ended"),
    ]
    moments = [taken.moment for taken in study.run.calibrations]
    assert [moment for moment, _ in itertools.groupby(moments)] == ["start", "middle", "end"]
    told = {name: values[0] for name, *values in heard if values}
    assert told["noted"] == f"models: {TINY} is given more than once and used once"
    assert told["run_begun"].invocation == study.run.invocation
    assert told["run_ended"] == study.run
    ended = [values[0] for name, *values in heard if name == "cell_ended"]
    assert ended == [*study.run.repeats]
    assert study.result(TINY, batch_size=2).images_per_second.value > 0
    assert ep.load(store=store).run == study.run


def test_what_a_listener_raises_ends_the_run_which_can_be_gone_on_with(store):
    class Refusing(ep.Listener):
        def cell_ended(self, repeat, seconds_left):
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        ep.measure(TINY, device="cpu", batch_size=[1, 2], listener=Refusing(), **QUICK)
    (summary,) = ep.runs()
    assert summary.status == "interrupted"
    assert ep.resume(summary.id).run.status == "complete"


def test_the_reference_is_the_usual_one_if_it_is_measured_else_the_first():
    def reference(*models, **more):
        return (
            read_given({"models": models, **more}, OF_SWEEPS)
            .of_models(Asked("a test"), Sent())
            .suite.reference
        )

    assert reference("vgg16", "timm/resnet50") == "timm/resnet50"
    assert reference("vgg16", "resnet18") == "vgg16"
    assert reference("vgg16", "resnet18", reference="resnet18") == "resnet18"


@pytest.mark.parametrize("axis", [name for name in AXES if name != "model"])
def test_every_axis_can_be_asked_for_by_its_name(axis):
    default = AXES[axis].default
    given = read_given({axis: default[0], "models": "resnet18"}, OF_SWEEPS)
    assert given.axes[axis] == given.grid[axis] == default


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ep.run("quik"), "unknown suite 'quik'"),
        (lambda: ep.run("quick", batchsize=8), "no parameter 'batchsize'; did you mean batch_size"),
        (lambda: ep.run("quick", batch_size=[1, 0]), r"batch_size\[1\]: '0' is not a batch size"),
        (lambda: ep.run("quick", batch_size=1.5), r"batch_size\[0\]: 1.5 is neither a text nor"),
        (lambda: ep.run("quick", models=[]), "models: empty"),
        (lambda: ep.run("quick", repeats=-1, target_width="x"), "repeats: .*\ntarget_width: "),
        (lambda: ep.run("quick", time_cap_seconds=float("nan")), "time_cap_seconds: "),
        (lambda: ep.run("quick", shard="5/4"), "^shard '5/4': give I/N"),
        (lambda: ep.run("quick", rounds=0), "rounds is 0; give a whole number"),
        (lambda: ep.run("quick", budget="2x"), "budget: '2x' is not a duration; write one"),
        (lambda: ep.run("quick", budget=True), "budget: 'True' is not a duration"),
        (lambda: ep.run("quick", budget=9, rounds=1), "budget and rounds both say when to stop"),
        (lambda: ep.measure("vgg11", device="cpu", budget=1), "budget 1 s: the least takes about"),
        (lambda: ep.run("quick", device="cuda"), "device 'cuda': give \"cpu\", \"gpu\", or the"),
        (lambda: ep.run("quick", device=True), "device True"),
        (lambda: ep.run("quick", device="all"), "device 'all'"),
        (lambda: ep.measure("resnet5O", device="cpu"), "did you mean resnet50"),
        (lambda: ep.night("nightly", shard="1/2"), "no parameter 'shard'; did you mean"),
        (lambda: ep.profile("resnet18", threads=[1, 2]), "threads has 2 values; give one"),
        (lambda: ep.profile("resnet18", method="clok"), "^method: 'clok'.*did you mean clock"),
        (lambda: ep.profile("resnet18", trace="x.txt"), "^trace: x.txt must end in .json.gz"),
        (lambda: ep.scale(99, alpha=99), "'99' is not a phi.*\nalpha is 99; give a number"),
        (lambda: ep.resume("20990101"), "holds no runs; make one with: effprof.run()"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_naming_parameters(store, call, told):
    with pytest.raises(BadInput, match=f"(?s){told}") as refused:
        call()
    assert "--" not in str(refused.value)


def test_a_gpu_that_is_not_there_is_never_a_run_of_the_cpu(store, monkeypatch):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    for device in ("gpu", 0, "GPU-1"):
        with pytest.raises(NoDevice, match=r'^device .*; measure the CPU with device="cpu"$'):
            ep.measure("resnet18", device=device)


def test_a_trace_that_cannot_be_written_is_found_first(store):
    with pytest.raises(StorageError, match=r"cannot write nowhere/x\.json: .*choose another trace"):
        ep.profile("resnet18", trace="nowhere/x.json")


def messages_below_the_commands():
    """Every text of the rooms that the functions call, docstrings and comments aside."""
    for name in SOURCES:
        if name.startswith(("cli/", "bench/", "report/")):
            continue
        for node in ast.walk(TREES[name]):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


#: Options that functions have no parameter for: of commands alone, and of other programs.
OF_COMMANDS = {
    "--plan", "--json", "--debug", "--force", "--shm-size", "--porcelain", "--untracked-files",
    "--effprof-device", "--effprof-threads", "--effprof-batch-size", "--format", "--compare",
    "--calibrate", "--data-set", "--find-object", "--recount",
}  # fmt: skip


def test_every_option_that_a_message_may_name_is_a_parameter():
    functions = [getattr(ep, name) for name in ep.__all__ if inspect.isfunction(getattr(ep, name))]
    known = {each for function in functions for each in inspect.signature(function).parameters}
    known |= {*OF_SWEEPS, *OPTIONS.values(), "effprof.resume"}
    options = {
        option
        for text in messages_below_the_commands()
        for option in re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text)
    }
    assert len(options) > 20
    unknown = {o for o in options - OF_COMMANDS if in_python(o).partition("=")[0] not in known}
    assert unknown == set()


def test_objects_are_measured_and_gone_on_with_when_they_are_given_again(store):
    class Net(jobs.Tiny):
        """A class of this function, which no worker could import."""

    study = ep.measure([Net(), TINY], device="cpu", rounds=1, **(QUICK | {"repeats": 2}))
    net, _ = study
    assert net.cell.model.startswith("object:Net-")
    assert net.images_per_second.value > 0
    assert net.cell.model in study.run.invocation.command
    run_id = study.run.invocation.id
    with pytest.raises(BadInput, match="measures objects, which are not stored"):
        ep.resume(run_id)
    assert ep.resume(run_id, models=Net()).run.status == "complete"
    with pytest.raises(BadInput, match="models: 3 is neither a model nor several"):
        ep.measure(3, device="cpu")

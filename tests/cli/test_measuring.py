"""The options that concern measuring: the same on every command that measures."""

from dataclasses import fields
from importlib import import_module
from inspect import signature
from typing import get_args

import pytest

from effprof.cli.contents import CONTENTS
from effprof.cli.measuring import DEVICE, PASSES, SWEPT, TIMING
from effprof.core.axes import AXES
from effprof.core.runs import MeasureOptions
from effprof.session.profiles import ProfileRequest
from effprof.sweep.plan import Asked

MEASURE = [entry.name for entry in CONTENTS if entry.part == "Measure"]

#: Commands that measure cells several times, each in a process of its own.
SWEEPS = ["run", "nightly"]


def options(command):
    """Map the flags of a command to all that is declared of them."""
    function = getattr(import_module(f"effprof.cli.{command}"), command)
    found = {}
    for parameter in signature(function, eval_str=True).parameters.values():
        kind, told = get_args(parameter.annotation)
        flag = f"--{parameter.name.replace('_', '-')}"
        found[flag] = (kind, told.help, told.min, told.max, parameter.default)
    return found


def flags(made):
    return {each.flag.partition("/")[0] for each in made}


@pytest.mark.parametrize("command", MEASURE)
def test_every_command_that_measures_takes_the_device_and_how_a_cell_is_timed(command):
    assert flags((*DEVICE, *TIMING)) <= options(command).keys()


@pytest.mark.parametrize("command", SWEEPS)
def test_sweeps_take_every_axis_and_what_repeats_do(command):
    assert flags((*SWEPT, *PASSES)) <= options(command).keys()


def test_an_option_says_and_takes_the_same_on_every_command():
    shared = flags((*DEVICE, *TIMING, *PASSES, *SWEPT))
    of_sweeps = [options(command) for command in SWEEPS]
    of_profile = options("profile")
    for flag in shared:
        assert of_sweeps[0][flag] == of_sweeps[1][flag], flag
    # A profile is of one cell: its axes take one value.
    for flag in flags((*DEVICE, *TIMING)):
        assert of_profile[flag] == of_sweeps[0][flag], flag
    axes = {f"--{name.replace('_', '-')}" for name in AXES} - {"--model", "--loader"}
    assert axes <= of_profile.keys()


def test_what_is_given_reaches_the_measuring():
    known = {each.name for each in fields(MeasureOptions)}
    assert {each.name for each in (*TIMING, *PASSES)} <= known
    timing = {"time_cap_seconds": 3.0, "timeout_seconds": 60.0, "allow_busy": True}
    asked = ProfileRequest(Asked("effprof profile"), {}, timing=timing).options
    assert asked == MeasureOptions(profile=True, **timing)
    assert ProfileRequest(Asked("effprof profile"), {}).options.time_cap_seconds == 10


@pytest.mark.parametrize("command", [("run",), ("nightly",), ("profile", "resnet18")])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--time-cap", "nan"), "'--time-cap'"),
        (("--timeout", "0"), "'--timeout'"),
        (("--target-width", "2"), "'--target-width'"),
        (("--gpu", "0", "--cpu"), "--gpu and --cpu exclude each other"),
    ],
)
def test_what_cannot_be_is_refused_alike(here, command, given, said):
    done = here(*command, *given)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr

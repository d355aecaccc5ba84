"""Before a CPU is measured, the machine is looked at: what is told, and what the plan expects."""

from dataclasses import replace

import pytest

from effprof.device.load import Load
from effprof.device.target import Target
from effprof.session import sweeps
from effprof.session.sweeps import with_load
from effprof.sweep.listener import Listener
from effprof.sweep.plan import Plan
from tests.runs import sample_run

ASKED = sample_run().invocation
PENDING = tuple((cell, 0) for cell in ASKED.cells)
CPU, GPU = Target("cpu", "this CPU", "asked for"), Target("cuda", "a GPU", "asked for", 0)
QUIET, BUSY = Load(0.02), Load(1.2, ("firefox", 0.9))


class Heard(Listener):
    def __init__(self):
        self.loads = []

    def load_found(self, load, look, accepted):
        self.loads.append((load, accepted))


@pytest.mark.parametrize(
    ("target", "pending", "accepted", "looks", "busy"),
    [
        (CPU, PENDING, False, [QUIET], False),
        (CPU, PENDING, False, [BUSY, BUSY], True),
        (CPU, PENDING, False, [BUSY, QUIET], False),  # it was waited for
        (CPU, PENDING, True, [BUSY], False),  # no pass is taken again
        (CPU, (), False, [], False),
        (GPU, PENDING, False, [], False),
    ],
)
def test_a_busy_cpu_is_told_and_what_stays_busy_is_planned_for(
    monkeypatch, target, pending, accepted, looks, busy
):
    left, heard = iter(looks), Heard()
    monkeypatch.setattr(sweeps, "look_at_load", lambda: next(left))
    options = replace(ASKED.options, allow_busy=accepted)
    plan = Plan(replace(ASKED, options=options), target, pending, ())
    assert with_load(plan, heard).busy is busy
    assert heard.loads == [(BUSY, accepted)] * (BUSY in looks)
    assert next(left, None) is None

"""Plans made of requests: the device, the cells in their order, and what is left of a run."""

from dataclasses import replace

from effprof.core.errors import BadInput
from effprof.core.machines import UUID
from effprof.core.runs import SHARD, Fingerprint, Run
from effprof.device.target import Target
from effprof.session.request import Request
from effprof.sweep.listener import Listener
from effprof.sweep.plan import (
    Asked,
    Plan,
    expand_suite,
    find_devices,
    new_plan,
    next_rounds,
    refuse_other_suite,
    resumed_plan,
)
from effprof.sweep.suite import load_suite
from effprof.sweep.workers import Workers

#: Suite that is taken when none is named, by kind of device.
DEFAULT_SUITE = {"cpu": "first", "cuda": "paper"}

#: A device and what it records of itself.
Found = tuple[Target, Fingerprint]


def plans(
    request: Request, workers: Workers, listener: Listener, begun: Run | None = None
) -> list[Plan]:
    """Plan a request, a run for each device; where `begun` is given, the rest of that run.

    Raises `BadInput` for what no device or model library knows, `NoDevice` for a GPU that is not
    there, `NotComparable` where a run cannot go on here.
    """
    if begun is not None:
        made = [_rest(begun, request, workers, listener)]
    else:
        made = _new(request, workers, listener)
    return made if request.rounds is None else [next_rounds(plan, request.rounds) for plan in made]


def _new(request: Request, workers: Workers, listener: Listener) -> list[Plan]:
    asked = request.asked
    devices = find_devices(workers, asked)
    for target, _ in devices:
        listener.device_chosen(target)
    suite = request.changed(request.suite or load_suite(DEFAULT_SUITE[devices[0][0].kind]))
    expansion = expand_suite(workers, suite, asked)
    made = [new_plan(workers, suite, expansion, device, asked) for device in devices]
    for text in made[0].notes:
        listener.noted(text)
    return made


def _rest(run: Run, request: Request, workers: Workers, listener: Listener) -> Plan:
    """Plan the rest of `run`, on the device it began on unless another is asked for."""
    asked = request.asked
    if asked.cpu or asked.gpu:
        devices = find_devices(workers, asked)
    else:
        devices = _began_on(run.invocation.fingerprint, workers, asked)
    if len(devices) != 1:
        raise BadInput("--resume goes on with one run on one device; name one GPU")
    listener.device_chosen(devices[0][0])
    if request.budget is not None and SHARD in run.invocation.fingerprint.recorded:
        raise BadInput(f"--budget: run {run.invocation.id} is a shard, as long as the others")
    if request.names_suite:
        suite = request.changed(request.suite or load_suite(run.invocation.suite))
        refuse_other_suite(run.invocation, suite, expand_suite(workers, suite, asked))
    return resumed_plan(workers, run, devices[0])


def _began_on(recorded: Fingerprint, workers: Workers, asked: Asked) -> tuple[Found, ...]:
    """Find the device that a run began on; where that GPU is gone, another one to be refused."""
    if recorded.gating.get("device kind") == "cpu":
        return find_devices(workers, replace(asked, cpu=True))
    try:
        return find_devices(workers, replace(asked, gpu=recorded.recorded.get(UUID)))
    except BadInput:
        return find_devices(workers, replace(asked, gpu="all"))[:1]

"""Plans made in no worker: what a request would measure, told before torch could be loaded."""

from dataclasses import dataclass

from effprof.core.costs import cost_key
from effprof.core.runs import Fingerprint
from effprof.device.nvml import Nvml
from effprof.device.target import FoundGpus, Target, choose
from effprof.models.counted import counted, kept_cost
from effprof.models.names import ModelName, is_bare, parse_model_name
from effprof.models.registry import facts
from effprof.session.planning import DEFAULT_SUITE
from effprof.session.request import Request
from effprof.sweep.listener import Listener
from effprof.sweep.plan import Asked, Plan, next_rounds, plan_of, take_shard
from effprof.sweep.suite import expand, load_suite
from effprof.sweep.tasks import CountedCosts


class NotKeptError(Exception):
    """Something of a suite is not told by what is kept: the model libraries must be asked."""


def forecast(request: Request, listener: Listener) -> list[Plan] | None:
    """Plan a request for the CPU by what is kept of registered networks.

    None where that does not tell all of it. Raises `BadInput` as `plans` does.
    """
    target = _cpu(request.asked)
    if target is None or request.resume is not None:
        return None
    suite = request.changed(request.suite or load_suite(DEFAULT_SUITE["cpu"]))
    try:
        expansion = expand(suite, KeptResolver())
    except NotKeptError:
        return None
    listener.device_chosen(target)
    if request.asked.shard is not None:
        expansion = take_shard(expansion, *request.asked.shard)
    costs = (kept_cost(key) for key in dict.fromkeys(map(cost_key, expansion.cells)))
    known = CountedCosts(tuple(cost for cost in costs if cost is not None), ())
    plan = plan_of(suite, expansion, (target, Fingerprint({}, {}, {})), request.asked, known)
    for text in plan.notes:
        listener.noted(text)
    return [plan if request.rounds is None else next_rounds(plan, request.rounds)]


def _cpu(asked: Asked) -> Target | None:
    """Choose the CPU where it is asked for, or where there is no driver of any GPU."""
    if asked.gpu is not None:
        return None
    if not asked.cpu and (nvml := Nvml()).driver()[0] is not None:
        return None
    (target,) = choose(FoundGpus((), None if asked.cpu else nvml.reason), None, asked.cpu)
    return target


@dataclass(frozen=True, slots=True)
class KeptResolver:
    """Names and sizes of registered networks; raises `NotKeptError` for what they do not tell."""

    def canonical(self, name: str) -> str:
        """Return the stable name of a network whose counts are kept."""
        parsed = parse_model_name(name)
        names = [parsed.canonical]
        if is_bare(name):
            names.append(ModelName("torchvision", parsed.rest).canonical)
        for each in names:
            if counted(each) is not None:
                return each
        raise NotKeptError

    def resolution(self, name: str, wanted: str | int) -> tuple[int, str | None]:
        """Return pixels: those of the publication, or of the library for its preferred name."""
        row, published = counted(name), facts(name)
        if isinstance(wanted, int):
            return wanted, None
        if row is None or published is None:
            raise NotKeptError
        if wanted == "paper":
            return row.resolution, None
        if name != published.names[0]:
            raise NotKeptError
        return row.native, None

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Know no list of all networks."""
        raise NotKeptError

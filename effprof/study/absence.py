"""Why a quantity of a cell is not known: what its outcomes say, or what it would have taken."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from effprof.analysis.breakdown import Breakdown
from effprof.analysis.pooling import COUNTED, PooledCell
from effprof.analysis.summaries import MIN_SAMPLES_FOR_P90
from effprof.core.estimates import Absent


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the numbers of a cell rest on: its repeats, the parts of its time, its reference.

    `against` are the circumstances of the reference's cell; None where there is no such cell.
    """

    pooled: PooledCell
    part: Breakdown
    reference: str
    against: "Circumstances | None" = None


#: Gives a reason, or nothing where it does not apply.
Why = Callable[[Circumstances], str]


def why_absent(quantity: str, found: Circumstances) -> Absent:
    """Say why a quantity is not known: the first rule of its row that applies, else `LAST`."""
    rules = (*WHY.get(quantity, (_unmeasured, _said(quantity))), _always(LAST))
    return Absent(next(reason for rule in rules if (reason := rule(found))))


#: What is left to say of a number that a run without it should have given a reason for.
LAST = "the run does not tell it, nor why"


def _unmeasured(found: Circumstances) -> str:
    if found.pooled.used:
        return ""
    if found.pooled.status == COUNTED:
        return "the run counts static costs and measures nothing"
    return found.pooled.reason


def _invalid(found: Circumstances) -> str:
    return "" if found.pooled.answered else f"its samples are invalid: {found.pooled.reason}"


def _uncounted(found: Circumstances) -> str:
    return "" if found.part.cost else "its static cost is not stored"


def _without_flops(found: Circumstances) -> str:
    return "" if found.part.cost and found.part.cost.total.flops else "it has no FLOPs"


def _without_reference(found: Circumstances) -> str:
    if found.against:
        return ""
    return f"no cell of the reference {found.reference} was planned that is run alike"


def _of_reference(rule: Why) -> Why:
    def why(found: Circumstances) -> str:
        reason = rule(found.against) if found.against else ""
        return f"of the reference {found.reference}: {reason}" if reason else ""

    return why


def _without_peak(found: Circumstances) -> str:
    cell = found.pooled.cell
    return f"no peak was measured at {cell.precision}, threads {cell.threads}"


def _said(*names: str) -> Why:
    """Repeat what the outcomes say of numbers by these names, each reason once."""

    def why(found: Circumstances) -> str:
        told = (done.missing.get(n, "") for done in found.pooled.used.values() for n in names)
        return "; ".join(filter(None, dict.fromkeys(told)))

    return why


def _of_inference(found: Circumstances) -> str:
    return "" if found.pooled.cell.mode == "train" else "only a training step has such a part"


def _uncompiled(found: Circumstances) -> str:
    execution = found.pooled.cell.execution
    return "" if execution == "compile" else f"nothing is compiled in execution {execution}"


def _unprofiled(found: Circumstances) -> str:
    return _reason(found.part.profile)


def _without_roofline(found: Circumstances) -> str:
    return _reason(found.part.roofline)


def _without_regime(found: Circumstances) -> str:
    return _reason(found.part.regime)


def _reason(part: object) -> str:
    return part.reason if isinstance(part, Absent) else ""


def _always(reason: str) -> Why:
    return lambda _: reason


_PROMISE = (
    *(_uncounted, _without_flops, _without_reference),
    *(_of_reference(_uncounted), _of_reference(_without_flops)),
)
_REALISED = (
    *(_unmeasured, _invalid, _without_reference),
    *(_of_reference(_unmeasured), _of_reference(_invalid)),
)
_LATENCY = (_unmeasured, _said("latency"))
_PHASE = (_unmeasured, _of_inference, _said("forward_seconds"), _always("it was not timed"))

#: Quantity -> why it may be absent, in this order; others are not measured, or their outcomes say.
WHY: Mapping[str, tuple[Why, ...]] = {
    **dict.fromkeys(("params", "macs", "flops"), (_uncounted,)),
    "activations": (_uncounted, _always("its counter left out outputs of products")),
    "bytes_moved": (_uncounted, _always("its bytes were not counted")),
    "latency_p50_seconds": _LATENCY,
    "latency_p90_seconds": (*_LATENCY, _always(f"fewer than {MIN_SAMPLES_FOR_P90} samples")),
    **dict.fromkeys(("forward_seconds", "backward_seconds", "optimizer_seconds"), _PHASE),
    "compile_seconds": (_unmeasured, _uncompiled, _said("compile_seconds")),
    "next_images_per_second": (
        *(_unmeasured, _invalid),
        _always("of a machine that others measured it is not known how far runs lie apart"),
    ),
    "between_spread": (_unmeasured, _always("one process does not tell it")),
    "joules_per_image": (_unmeasured, _said("energy")),
    "flops_per_second": (_unmeasured, _uncounted, _without_flops),
    "peak_share": (_unmeasured, _uncounted, _without_flops, _without_peak),
    "promise": _PROMISE,
    "realised": _REALISED,
    "realised_efficiency": (*_REALISED, *_PROMISE),
    "regime": (_unmeasured, _without_regime),
    **dict.fromkeys(("flop_invisible_share", "op_seconds"), (_unmeasured, _unprofiled)),
    "roofline_seconds": (_without_roofline,),
}

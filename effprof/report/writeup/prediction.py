"""Do FLOPs predict time: over all networks of a run, and for the subject."""

from collections.abc import Iterator

from effprof.analysis.loglog import MIN_NETWORKS
from effprof.core.units import estimate_text, times
from effprof.report.blocks import Block
from effprof.report.findings import sentences
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, reference_title, title, where
from effprof.study.collection import RunSetting
from effprof.study.findings import costs_predict, flops_predict
from effprof.study.flops_line import Expectation, expectations
from effprof.study.setting import promise_of, realised_of
from effprof.study.study import Study

_LEGEND = (
    "Over many networks: how much of the spread of the times FLOPs explain (R² of the logarithms; "
    "1 is all of it), and how much of ten times the FLOPs arrives as time. FLOPs may rank "
    "networks well and still exaggerate what a small one saves."
)


def predictions(basis: Basis) -> list[str]:
    """Tell for each device and way of running whether FLOPs predict time."""
    return [
        f"{escape(device_name(each.study))}: {line}"
        for each in basis.collection.settings
        for line in sentences(flops_predict(each.setting), each.study)
    ]


def do_flops_predict(basis: Basis) -> Iterator[Block]:
    """Tell whether FLOPs predict time, what predicts it better, and where the subject stands."""
    told = [(each, lines) for each in basis.collection.settings if (lines := _lines(each))]
    if not told:
        yield f"It takes {MIN_NETWORKS} networks of one run to tell: `effprof run cpu --cpu`."
        return
    yield _LEGEND
    for each, lines in told:
        yield f"{where(each)}, run {basis.linked(each)}:"
        yield "\n".join(f"- {line}" for line in lines)
        yield basis.picture("time-flops", each)


def _lines(told: RunSetting) -> list[str]:
    return [
        *sentences(flops_predict(told.setting), told.study),
        *(_expected(each, told.study) for each in expectations(told.setting)),
        *sentences(costs_predict(told.setting), told.study),
    ]


def _expected(found: Expectation, study: Study) -> str:
    """Compare the subject with the straight line of all networks."""
    own, line = found.subject, found.speed_up
    return (
        f"By that line {times(promise_of(own))} fewer FLOPs than {reference_title(study)} are "
        f"{times(line.value)} the speed, between {times(line.low)} and {times(line.high)} for 95 "
        f"of 100 networks; {title(own)} is {estimate_text(realised_of(own), 'x')} as fast, "
        f"{'outside' if found.apart else 'within'} that scatter."
    )

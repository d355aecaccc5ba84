"""Do FLOPs predict time: over all networks of a run, and for the subject."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

from effprof.core.units import estimate_text, hundredths, times
from effprof.report.blocks import Block
from effprof.report.findings import sentences
from effprof.report.tables.cells import Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, reference_title, title, where_words
from effprof.study.collection import RunSetting
from effprof.study.findings import FlopsPredict, costs_predict, flops_predict
from effprof.study.flops_line import Expectation, expectations
from effprof.study.setting import promise_of, realised_of
from effprof.study.study import Study
from effprof.study.zoo_settings import zoo_settings

_LEGEND = (
    "The slope says what fewer FLOPs are worth. R² (of the logarithms) says little: it is high for "
    "any set of networks whose FLOPs differ a hundredfold."
)

#: What was found, by the words that say where.
_Found = tuple[str, FlopsPredict]


def do_flops_predict(basis: Basis) -> Iterator[Block]:
    """Tell what 10x the FLOPs cost, what predicts better, and where the subject stands."""
    zoos = list(zoo_settings(basis.collection))
    if not (rows := _rows(zoos)):
        yield "Too few networks of known accuracy in one run: `effprof run cpu --cpu`."
        return
    yield _LEGEND
    yield Table.of(_SLOPES, rows)
    yield from predicted(basis, zoos[0])


def predicted(basis: Basis, told: RunSetting) -> Iterator[Block]:
    """Tell where the subject stands on a machine and what predicts better, with the picture."""
    lines = (
        *(_expected(each, told.study) for each in islice(expectations(told.setting), 1)),
        *sentences(costs_predict(told.setting), told.study),
    )
    yield "\n".join(f"- {escape(device_name(told.study))}: {line}" for line in lines)
    yield basis.picture("time-flops", told)


def slopes(basis: Basis) -> Iterator[Block]:
    """Give the same of every device, way of running and batch with networks enough."""
    yield Table.of(_SLOPES, _rows(basis.collection.settings))


def _rows(settings: Iterable[RunSetting]) -> list[_Found]:
    return [
        (where_words(each, found.batch_size), found)
        for each in settings
        for found in flops_predict(each.setting)
    ]


def growth_text(found: FlopsPredict) -> str:
    """Say what 10x the FLOPs cost."""
    return (
        f"on average 10x the FLOPs cost {estimate_text(found.growth, 'x')} the time "
        f"({len(found.networks)} networks)"
    )


def _worst(found: _Found) -> str:
    line, worst = found[1].line, found[1].worst
    side = "faster" if line.faster else "slower"
    return f"{worst.label}, {times(line.off)} {side}"


_SLOPES: tuple[Field[_Found], ...] = (
    Field(Column.words("where"), lambda found: found[0]),
    Field(Column("networks"), lambda found: len(found[1].networks)),
    Field(
        Column("10x the FLOPs cost"),
        lambda found: Written(found[1].growth, partial(estimate_text, unit="x")),
    ),
    Field(
        Column("R²"),
        lambda found: Written(found[1].explained, partial(estimate_text, write=hundredths)),
    ),
    Field(Column.words("worst outlier"), _worst),
)


def _expected(found: Expectation, study: Study) -> str:
    """Compare the subject with the straight line of all networks."""
    own, line = found.subject, found.speed_up
    return (
        f"by that fit {times(promise_of(own))} fewer FLOPs than {reference_title(study)} are worth "
        f"{times(line.value)} the speed, {times(line.low)} to {times(line.high)} for 95 of 100 "
        f"networks. {title(own)} is {estimate_text(realised_of(own), 'x')} as fast: "
        f"{'outside' if found.apart else 'within'} that range."
    )

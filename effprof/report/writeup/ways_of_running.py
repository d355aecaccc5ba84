"""Ways of running: the subject over the reference on each machine, one change at a time."""

from collections.abc import Iterator

from effprof.core.units import percent
from effprof.report.blocks import Block
from effprof.report.tables.table import Column, Field
from effprof.report.text import escape
from effprof.report.variations import Pair, legend, range_text, variations_table
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, reference_title, title, where
from effprof.study.arrivals import Arrival
from effprof.study.collection import RunSetting
from effprof.study.setting import arrived_of, promise_of
from effprof.study.variations import Variation, Variations, variations
from effprof.study.zoo_settings import zoo_settings


def ways_of_running(basis: Basis) -> Iterator[Block]:
    """Give the table of each machine: what one change of the base point does to the ratio."""
    told = tuple(variations(basis.collection))
    for place, each in enumerate(told):
        pair = _pair(each)
        yield f"**{_ranged(each)}**" + (f" {legend(pair)}" if place == 0 else "")
        yield variations_table(each, pair, (_RUNS, _run(basis)))
    if not told:
        yield "Each machine ran it in one way only: `effprof run cpu_execution --cpu` adds others."
    yield "\n".join(f"- {line}" for line in map(_family, zoo_settings(basis.collection)) if line)


#: How many runs of the machine the ratio rests on.
_RUNS: Field[Variation] = Field(Column("runs"), lambda told: len(told.runs))


def _run(basis: Basis) -> Field[Variation]:
    return Field(Column.words("run"), lambda told: basis.source_of(told.study).cell)


def _ranged(found: Variations) -> str:
    device = escape(device_name(found.base.study))
    return f"{device}, {found.base.result.precision}: {range_text(found, _pair(found))}"


def _pair(found: Variations) -> Pair:
    base = found.base
    return Pair(title(base.result).partition("@")[0], reference_title(base.study))


def _family(told: RunSetting) -> str:
    """Tell what arrives of the relatives that promise a speed-up; empty unless several do."""
    size = told.setting.batch_sizes[-1]
    there = (each for each in told.setting.relatives if each.batch_size == size)
    found = Arrival(told.setting, tuple(each for each in there if promise_of(each) > 1))
    if len(found.networks) < 2:
        return ""
    return (
        f"The whole family ({where(told, size)}): {percent(arrived_of(found.least))} "
        f"({escape(found.least.label)}) to {percent(arrived_of(found.most))} "
        f"({escape(found.most.label)}) of the promised speed-up arrives, over "
        f"{len(found.networks)} networks."
    )

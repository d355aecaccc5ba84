"""What a change of the design does: runs whose networks are variants of one, over that one."""

from collections.abc import Iterator
from functools import partial

from effprof.analysis.correlation import VARIANTS
from effprof.core.columns import COLUMNS
from effprof.core.units import estimate_text, significant, times
from effprof.report.blocks import Block
from effprof.report.tables.cells import Code, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import code
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import where
from effprof.study.cell_ratios import Ratios, designs_over_base
from effprof.study.collection import RunSetting
from effprof.study.results import Result
from effprof.study.setting import speed_of

_LEGEND = (
    "Networks built from one description with something changed: `se`: width of squeeze-and-"
    "excitation, `act`: activation, `pad`: padding, `fused`: stages built of Fused-MBConv, "
    "`divisor`: power of two that channels are rounded to, `expand`: expansion of the blocks, "
    "`phi`: scaling by compound coefficients, `width`, `depth` and `resolution`: scaling by hand. "
    "Every column is a ratio to the base network of the run at the same batch; an interval "
    "containing 1: no detectable difference. Speed times FLOPs above 1 means more FLOPs a second, "
    "not a better network: the accuracy of these variants is not known."
)


def designs(basis: Basis) -> Iterator[Block]:
    """One table per run of variants: parameters, FLOPs, memory and speed over the base."""
    settings = basis.collection.designs
    told = [(each, found) for each in settings if (found := designs_over_base(each.setting))]
    if told:
        yield _LEGEND
    for each, ratios in told:
        yield _over(basis, each, ratios[0].base)
        yield _table(each.setting.memory, ratios)
        yield basis.picture("promise", each)


def _over(basis: Basis, told: RunSetting, base: Result) -> str:
    """Say what the ratios of a table are over, and what its memory is."""
    memory = told.setting.memory
    measure = f" Memory: {COLUMNS[memory].meaning}." if memory else ""
    return (
        f"{where(told, base.batch_size)}, run {basis.linked(told)}; over {code(_name(base))}, "
        f"{significant(speed_of(base))} images/s.{measure}"
    )


def _table(memory: str | None, ratios: tuple[Ratios, ...]) -> Table:
    fields: tuple[Field[Ratios], ...] = (
        Field(Column("network", align="left"), lambda each: Code(_name(each.result))),
        Field(Column("parameters", write=times), lambda each: each.of("params")),
        Field(Column("FLOPs", write=times), lambda each: each.of("flops")),
        Field(Column("acts", write=times), lambda each: each.of("activations")),
        Field(Column("memory", write=times), lambda each: memory and each.of(memory)),
        Field(Column("speed"), lambda each: Written(each.speed, partial(estimate_text, unit="x"))),
        Field(Column("n"), lambda each: each.processes),
    )
    return Table.of(fields, ratios)


def _name(result: Result) -> str:
    return result.label.removeprefix(VARIANTS)

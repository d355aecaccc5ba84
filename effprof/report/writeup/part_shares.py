"""Parts of the subject: their shares of FLOPs and time, and what changing them brings."""

from collections.abc import Iterator, Mapping
from functools import partial

from effprof.analysis.correlation import VARIANTS
from effprof.core.units import estimate_text, percent, times
from effprof.report.blocks import Block
from effprof.report.tables.cells import Code, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import where
from effprof.report.writeup.split_lines import NO_PROFILE
from effprof.study.cell_ratios import Ratios, variants_of_subject
from effprof.study.collection import RunSetting
from effprof.study.time_shares import Part, TimeShares, time_shares

#: How a reader calls the parts, in the order of the table.
PART_WORDS: Mapping[Part, str] = {
    "depthwise": "depthwise convolutions",
    "pointwise": "pointwise convolutions",
    "dense": "dense convolutions",
    "norm": "normalisation",
    "activation": "activations (SiLU)",
    "se": "squeeze-and-excitation (SE)",
    "se gate": "of which its sigmoid",
    "rest": "everything else",
}


def parts_of_time(basis: Basis) -> Iterator[Block]:
    """Shares of FLOPs and of time of the parts that are blamed, and what changing them brings."""
    settings = basis.collection.settings
    shared = [(each, found) for each in settings if (found := time_shares(each.setting))]
    varied = [(each, over) for each in settings if (over := variants_of_subject(each.setting))]
    if not shared and not varied:
        yield NO_PROFILE
    for each, shares in shared:
        yield _most(each, shares)
        yield _shares(shares)
        yield basis.picture("role-time", each)
    for each, ratios in varied:
        base = ratios[0].base
        yield (
            "Measured, not inferred: the same network with one part changed, over "
            f"{escape(base.label)} ({where(each, base.batch_size)}). An interval "
            "that holds 1 tells no difference."
        )
        yield Table.of(_VARIANT, ratios)


def _most(told: RunSetting, found: TimeShares) -> str:
    return (
        f"{where(told, found.result.batch_size)}: most of the time goes to "
        f"{PART_WORDS[found.most]} ({percent(found.time[found.most])}). {percent(found.unseen)} of "
        "it is in operators whose FLOPs every counter calls zero: norms, activations, additions, "
        "pooling, and SE without its two small convolutions. Profiling slowed the step by "
        f"{percent(found.overhead)}, between the operators."
    )


def _shares(found: TimeShares) -> Table:
    """Table of the parts of the subject at the largest batch that has a profile."""
    fields: tuple[Field[Part], ...] = (
        Field(
            Column(f"part of {escape(found.result.label)}", align="left"), PART_WORDS.__getitem__
        ),
        Field(Column("share of FLOPs", write=percent), found.flops.__getitem__),
        Field(Column("share of time", write=percent), found.time.__getitem__),
    )
    return Table.of(fields, PART_WORDS)


_VARIANT: tuple[Field[Ratios], ...] = (
    Field(
        Column("variant", align="left"), lambda each: Code(each.result.model.removeprefix(VARIANTS))
    ),
    Field(Column("FLOPs", write=times), lambda each: each.of("flops")),
    Field(Column("speed"), lambda each: Written(each.speed, partial(estimate_text, unit="x"))),
    Field(Column("n"), lambda each: each.processes),
)

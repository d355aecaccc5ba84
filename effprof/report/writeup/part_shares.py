"""Parts of the subject: their shares of FLOPs and time, and what changing them brings."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from effprof.analysis.correlation import VARIANTS
from effprof.core.units import estimate_text, percent, times
from effprof.report.blocks import Block
from effprof.report.tables.cells import Code, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import way_text, where
from effprof.study.cell_ratios import Ratios, variants_of_subject
from effprof.study.results import Result
from effprof.study.time_shares import Part, time_shares
from effprof.study.variations import Variation

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


def unseen_text(result: Result) -> str:
    """Say which part takes most of the time, and how much no FLOP count sees; empty if unknown."""
    found = time_shares(result)
    if found is None:
        return ""
    return (
        f"Most of the time goes to {PART_WORDS[found.most]} ({percent(found.time[found.most])}); "
        f"{percent(found.unseen)} of it to operators whose FLOPs every counter calls zero "
        f"(profiling slowed the step by {percent(found.overhead)}, between operators)."
    )


def shares_table(rows: Sequence[Variation]) -> Table:
    """Table of the parts: their FLOPs in the first way of running, and their time in each."""
    fields: list[Field[Part]] = [
        Field(
            Column(f"part of {rows[0].result.label.partition('@')[0]}", align="left"),
            PART_WORDS.__getitem__,
        )
    ]
    shares = [(each, found) for each in rows if (found := time_shares(each.result))]
    for _, found in shares[:1]:
        fields.append(Field(Column("share of FLOPs", write=percent), found.flops.__getitem__))
    for each, found in shares:
        heading = f"share of time, {way_text(each)}"
        fields.append(Field(Column(heading, write=percent), found.time.__getitem__))
    return Table.of(tuple(fields), PART_WORDS if shares else ())


def variants(basis: Basis) -> Iterator[Block]:
    """Tables of the subject with one part changed, measured and not inferred."""
    for each in basis.collection.settings:
        if ratios := variants_of_subject(each.setting):
            base = ratios[0].base
            yield (
                f"{escape(base.label)} with one part changed, over itself "
                f"({where(each, base.batch_size)}). An interval containing 1: no detectable "
                "difference."
            )
            yield Table.of(_VARIANT, ratios)


_VARIANT: tuple[Field[Ratios], ...] = (
    Field(
        Column("variant", align="left"), lambda each: Code(each.result.model.removeprefix(VARIANTS))
    ),
    Field(Column("FLOPs", write=times), lambda each: each.of("flops")),
    Field(Column("speed"), lambda each: Written(each.speed, partial(estimate_text, unit="x"))),
    Field(Column("n"), lambda each: each.processes),
)

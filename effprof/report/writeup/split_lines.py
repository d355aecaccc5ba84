"""Splits: where the rest of the promise goes, factor by factor and part by part."""

from collections.abc import Iterator, Sequence

from effprof.analysis.split import Cause, Split, causes_on
from effprof.core.units import estimate_text, times
from effprof.report.blocks import Block
from effprof.report.phrases import MODE_WORDS, factor_text, is_lost, roles_text, top_roles
from effprof.report.tables.cells import Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, place, way_text
from effprof.report.writeup.part_shares import shares_table, unseen_text
from effprof.study.role_losses import without_uncounted
from effprof.study.variations import Variation, ways

_SPLIT = (
    "The loss splits exactly into three measured factors against the reference. *Slower "
    "arithmetic*: a FLOP takes longer. *Uncounted work*: operators that count no FLOPs take a "
    "larger share. The rest is the time between operators: the *framework* on a CPU, *launches* "
    "on a GPU. promise / slower arithmetic / uncounted work / rest = realised; a ÷ is lost, a × "
    "gained. No factor rests on a theoretical peak."
)

#: What is said where no profile was taken.
NO_PROFILE = "No profile was taken: `effprof run quick --cpu --profile` takes one."


def where_it_goes(basis: Basis) -> Iterator[Block]:
    """Give the split of every profiled way of running, and what stands behind it at its base."""
    found = split_ways(basis)
    yield _SPLIT if found else NO_PROFILE
    for kind in dict.fromkeys(rows[0].study.device_kind for rows in found):
        there = [each for rows in found for each in rows if each.study.device_kind == kind]
        yield Table.of(_fields(causes_on(kind)), there)
    for told in base_splits(basis):
        yield _explained(told)
        yield _picture(basis, told, "waterfall")


def time_by_part(basis: Basis) -> Iterator[Block]:
    """Give the time of the parts in every profiled way of running, with the picture."""
    for rows in split_ways(basis):
        yield f"{place(rows[0])}, and what changes it:" if len(rows) > 1 else f"{place(rows[0])}:"
        yield shares_table(rows)
        yield _picture(basis, rows[0], "role-time")


def split_ways(basis: Basis) -> tuple[tuple[Variation, ...], ...]:
    """Give the profiled ways of running of each machine and mode, the base point first."""
    return tuple(ways(basis.collection, lambda told: told.split is not None))


def base_splits(basis: Basis) -> Iterator[Variation]:
    """Yield the first of them in inference, one of each machine."""
    return (rows[0] for rows in split_ways(basis) if rows[0].result.mode == "infer")


def _explained(told: Variation) -> str:
    """Name the operators behind the factors of one cell, and what it would win without some."""
    own = told.result
    named = [
        f"{cause} is mostly {escape(roles_text(roles))}"
        for cause, factor in _split_of(told).factors.items()
        if is_lost(factor) and (roles := top_roles(factor))
    ]
    behind = f"{'; '.join(named)}. " if named else ""
    found = without_uncounted(own)
    without = (
        f"Without all work that counts no FLOPs it would be {estimate_text(found, 'x')} as fast."
        if found is not None
        else ""
    )
    return f"{place(told)}: {behind}{unseen_text(own)} {without}".rstrip()


def _picture(basis: Basis, told: Variation, stem: str) -> str:
    source, own = basis.source_of(told.study), told.result
    return source.picture(stem, own.mode, own.precision)


def _split_of(told: Variation) -> Split:
    assert told.split is not None
    return told.split


def _factor(cause: Cause) -> Field[Variation]:
    return Field(
        Column(cause, names=(cause.replace(" ", "_"),)),
        lambda told: Written(_split_of(told).factors[cause].whole, factor_text),
    )


def _fields(causes: Sequence[Cause]) -> tuple[Field[Variation], ...]:
    return (
        Field(Column.words("device"), lambda told: device_name(told.study)),
        Field(Column.words("what"), lambda told: MODE_WORDS[told.result.mode]),
        Field(Column.words("how"), way_text),
        Field(Column("promise", write=times), lambda told: _split_of(told).promise),
        *map(_factor, causes),
        Field(Column.of("realised"), lambda told: _split_of(told).realised),
        Field(Column("runs"), lambda told: len(told.runs)),
    )

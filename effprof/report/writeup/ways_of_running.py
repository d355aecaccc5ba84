"""Ways of running: the subject over the reference on each machine, one change at a time."""

from collections.abc import Iterator

from effprof.report.blocks import Block
from effprof.report.tables.table import Column, Field
from effprof.report.text import escape
from effprof.report.variations import Pair, legend, range_text, variations_table
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.names import device_name, reference_title, title
from effprof.study.variations import Variation, Variations, variations


def ways_of_running(basis: Basis) -> Iterator[Block]:
    """Give the table of each machine: what one change of the base point does to the ratio."""
    told = tuple(variations(basis.collection))
    for each in told:
        pair = _pair(each)
        yield f"{_ranged(each)} {legend(pair)}"
        yield variations_table(each, pair, (_run(basis),))


def ranges(basis: Basis) -> list[str]:
    """Tell of each machine between what the ratio lies over its ways of running."""
    return [f"**{_ranged(each)}**" for each in variations(basis.collection)]


def _run(basis: Basis) -> Field[Variation]:
    return Field(Column.words("run"), lambda told: basis.source_of(told.study).cell)


def _ranged(found: Variations) -> str:
    device = escape(device_name(found.base.study))
    return f"{device}, {found.base.result.precision}: {range_text(found, _pair(found))}"


def _pair(found: Variations) -> Pair:
    base = found.base
    return Pair(title(base.result).partition("@")[0], reference_title(base.study))

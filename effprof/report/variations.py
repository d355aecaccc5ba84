"""What the way of running changes: a network over the reference, one axis at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from effprof.core.axes import AXES, AxisValue
from effprof.core.units import estimate_text, times
from effprof.report.blocks import Block
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.tables.cells import Cell, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.study.collection import Collection
from effprof.study.results import ROUGH_MARK, Result
from effprof.study.variations import Variation, Variations, variations

#: Axis -> how a changed value is called; the value alone where it says itself what it is.
_WORDS: Mapping[str, str] = {
    "batch_size": "batch {}",
    "resolution": "both at {} px",
    "threads": "{} threads",
    "loader": "fed by {}",
    "allocator": "{} allocator",
}


@dataclass(frozen=True, slots=True)
class Pair:
    """The subject and the reference by the names that people read; escaped."""

    subject: str
    reference: str

    @classmethod
    def labelled(cls, found: Variations) -> "Pair":
        """Name them by their labels, without what holds of one row only."""
        return cls(_label(found.base.result), _label(found.base.reference))


def variation_words(changed: Mapping[str, AxisValue]) -> str:
    """Call a way of running by what it changes; not escaped.

    >>> variation_words({"threads": 2, "execution": "compile"}), variation_words({})
    ('compile, 2 threads', 'base point')
    """
    told = (_WORDS.get(axis, "{}").format(changed[axis]) for axis in AXES if axis in changed)
    return ", ".join(told) or "base point"


def page_variations(page: Page) -> Iterator[Block]:
    """Tell what each change does, where a run has several ways of running."""
    for found in variations(Collection((page.study,))):
        pair = Pair.labelled(found)
        yield f"{range_text(found, pair)} {legend(pair)}"
        yield variations_table(found, pair)


def range_text(found: Variations, pair: Pair) -> str:
    """Tell between what the ratio lies over all ways of running, also those of several changes."""
    low, high = (
        f"{estimate_text(each.ratio, 'x')} ({escape(variation_words(each.changed))})"
        for each in (found.lowest, found.highest)
    )
    return (
        f"In {len(found.rows)} ways of running, {pair.subject} is {low} to {high} as fast as "
        f"{pair.reference}, for {times(found.base.promise)} fewer FLOPs."
    )


def legend(pair: Pair) -> str:
    """Say what the rows and the gains of the table are."""
    return (
        "Each row changes one thing of the base point (batch 1, eager, nchw, one thread, freed "
        "memory kept). A *gain* is the speed of a network over its own at the base point of the "
        f"same run: where {pair.subject} gains more than {pair.reference}, the ratio rises. Gains "
        "of one run compare more sharply than ratios of two."
    )


def variations_table(
    found: Variations, pair: Pair, more: tuple[Field[Variation], ...] = ()
) -> Table:
    """Give the table of one change at a time; `more` are columns behind."""
    first = found.base.result
    fields: tuple[Field[Variation], ...] = (
        Field(Column("changed", align="left"), _called),
        Field(Column.of("promise"), partial(_other_promise, found)),
        Field(
            Column.of("realised", heading=f"{pair.subject} over {pair.reference}"),
            attrgetter("ratio"),
        ),
        Field(Column("same run, base point", names=("base_ratio",)), partial(_other_base, found)),
        Field(Column(f"gain of {pair.subject}", names=("subject_gain",)), _times("subject_gain")),
        Field(
            Column(f"gain of {pair.reference}", names=("reference_gain",)),
            _times("reference_gain"),
        ),
        Field(Column.of("compile_seconds"), attrgetter("compile_seconds")),
        Field(Column.of("repeats"), attrgetter("processes")),
        *more,
    )
    title = f"{MODE_WORDS[first.mode].capitalize()}, {first.precision}: one change at a time"
    return Table.of(fields, found.single, title, sparse=True)


def _other_promise(found: Variations, told: Variation) -> float | None:
    """Give what is promised where that is not what the base point promises."""
    same = times(told.promise) == times(found.base.promise)
    return None if same else told.promise


def _other_base(found: Variations, told: Variation) -> Cell:
    """Give the ratio at the base point of the same run, where rows are of several runs."""
    if len({each.study.run.invocation.id for row in found.rows for each in row.runs}) == 1:
        return None
    return _times("base_ratio")(told)


def _label(result: Result) -> str:
    return escape(result.label.partition("@")[0].removesuffix(f" {ROUGH_MARK}"))


def _called(told: Variation) -> str:
    words = variation_words(told.changed)
    return f"{words} {ROUGH_MARK}" if told.result.rough or told.reference.rough else words


def _times(name: str) -> Callable[[Variation], Cell]:
    """Read a ratio that no quantity tells of."""

    def read(told: Variation) -> Cell:
        found = getattr(told, name)
        return None if found is None else Written(found, partial(estimate_text, unit="x"))

    return read

"""The page of a run that counted static costs and measured nothing (repeats = 0)."""

from collections.abc import Iterator

from effprof.core.costs import StaticCost
from effprof.core.units import times
from effprof.report.blocks import Block, Heading
from effprof.report.markup import MARKDOWN, Markup
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.results import GMACS
from effprof.report.setting_tables import gathered
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.study.results import Result, known
from effprof.study.setting import promise_of


def summary(page: Page, markup: Markup = MARKDOWN) -> str:
    """Say in words what was counted, and that it was not measured."""
    results, outside = page.study.results, markup.outside
    counted = [each for each in results if known(each.macs) is not None]
    told = markup.strong(
        f"Nothing was measured: {len(counted)} of {len(results)} static costs of "
        f"{len({each.model for each in results})} networks were counted."
    )
    others = (each for each in counted if each.model != page.run.invocation.reference)
    promised = [each for each in others if known(each.promise) is not None]
    if not promised:
        return told
    least, most = (end(promised, key=promise_of) for end in (min, max))
    return (
        f"{told} FLOPs promise from {times(promise_of(least))} ({outside(least.label)}) to "
        f"{times(promise_of(most))} ({outside(most.label)}) the speed of "
        f"{outside(page.study.reference_label)}; only a measurement can say whether it arrives."
    )


def static_costs(page: Page) -> Iterator[Block]:
    """Make one table per mode, batch and element type of all that was counted, for one image."""
    counted = (each for each in page.study.results if known(each.macs) is not None)
    for (mode, size, precision), rows in gathered(
        counted, lambda each: (each.mode, each.batch_size, each.precision)
    ):
        yield Heading(f"{MODE_WORDS[mode].capitalize()}, batch {size}, {precision}")
        yield Table.of(_FIELDS, rows)


_FIELDS: tuple[Field[Result], ...] = (
    Field(Column.words("model"), lambda result: result.label),
    Field(Column.of("resolution"), lambda result: result.resolution),
    Field(Column.of("params"), lambda result: result.params),
    Field(GMACS, lambda result: result.macs),
    Field(Column.of("activations"), lambda result: result.activations),
    Field(Column.of("bytes_moved"), lambda result: result.bytes_moved),
    Field(Column("FLOP/byte"), lambda result: _intensity(result.part.cost)),
    Field(Column.of("promise"), lambda result: result.promise),
)


def _intensity(cost: StaticCost | None) -> float | None:
    return None if cost is None else cost.total.arithmetic_intensity


def uncounted(page: Page) -> str:
    """List the cells whose cost could not be counted."""
    lost = (each.cell.key for each in page.study.results if known(each.macs) is None)
    return "\n".join(f"- {escape(key)}" for key in lost)


def method(page: Page) -> str:
    """Say what the numbers mean and who counted."""
    counters = sorted({cost.counter for cost in page.run.costs if cost.counter})
    return "\n".join(
        (
            "- FLOPs = 2 x MACs of convolutions and matrix products; acts = elements in their "
            "outputs; bytes = unfused reads and writes of every operator, weights "
            "shared by the images of a batch.",
            "- promise = FLOPs of the reference / FLOPs of the network, the reference at its own "
            "size (at the network's where it was swept over several).",
            f"- Counted by {escape('; '.join(counters) or 'nothing: no cost is known')}.",
        )
    )

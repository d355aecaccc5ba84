"""The tables of numbers: per mode and batch size, and default against best configuration."""

from collections.abc import Iterator
from operator import attrgetter

from effprof.analysis.accuracy import quoted
from effprof.core.estimates import WITHIN_ONE_PROCESS, Estimate
from effprof.core.units import duration, significant, times
from effprof.report.accuracy import top1_column
from effprof.report.blocks import Block, Heading
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.setting_tables import gathered
from effprof.report.tables.cells import Cell, Joined, Mark, Marked, Value, Worded
from effprof.report.tables.table import Column, Field, Table
from effprof.report.well_known import told, well_known_results
from effprof.study.configurations import DefaultAndBest, default_and_best
from effprof.study.results import Result
from effprof.study.setting import is_variant

#: Follows a number whose interval knows one process only.
ONE_PROCESS = Mark(
    "†",
    "one process only: its interval holds within that process and is too narrow, because "
    "processes differ by more than the steps of one.",
)


#: MACs in billions, as papers give them.
GMACS = Column.of("macs", lambda count: significant(count / 1e9), heading="GMACs")


def fields(reference: str) -> tuple[Field[Result], ...]:
    """Give the results tables from left to right; a new column is one row here.

    What is asked first stands first: a narrow screen scrolls to the rest.
    """
    return (
        Field(Column.words("model"), lambda result: result.label),
        _quantity("resolution"),
        Field(top1_column("paper"), _top1),
        Field(GMACS, lambda result: result.macs),
        _quantity("promise"),
        Field(Column.of("realised"), lambda result: _realised(result, reference)),
        _quantity("realised_efficiency"),
        Field(Column.of("images_per_second"), lambda result: _marked(result.images_per_second)),
        Field(
            Column.of("next_images_per_second"),
            lambda result: _ends(result.next_images_per_second),
        ),
        Field(
            Column("p50 / p90", write=duration, names=_LATENCIES),
            lambda result: Joined((result.latency_p50_seconds, result.latency_p90_seconds)),
        ),
        *map(_quantity, _PHASES),
        *map(_quantity, _MEMORY),
        _quantity("joules_per_image"),
        _quantity("params"),
        _quantity("activations"),
        _quantity("flops_per_second"),
        _quantity("peak_share"),
        _quantity("repeats"),
    )


_LATENCIES = ("latency_p50_seconds", "latency_p90_seconds")
_PHASES = ("forward_seconds", "backward_seconds", "optimizer_seconds", "compile_seconds")
_MEMORY = (
    *("peak_rss_bytes", "peak_allocated_bytes", "peak_reserved_bytes"),
    *("device_used_bytes", "device_held_bytes"),
)


def results(page: Page) -> Iterator[Block]:
    """Make one table per mode, batch size and configuration, of all valid cells.

    Of a whole zoo the tables hold the well-known networks, and the rest is counted.
    """
    reference = page.run.invocation.reference
    valid = [each for each in page.study.results if each.valid]
    shown = well_known_results(valid, reference)
    if not shown:
        yield "No cell has a valid measurement."
    yield told(valid, shown)
    marks: dict[Mark, None] = {}
    for (mode, size), alike in gathered(shown, lambda each: (each.mode, each.batch_size)):
        yield Heading(f"{MODE_WORDS[mode].capitalize()}, batch {size}")
        for (configuration, of_variants), rows in gathered(alike, _kind):
            title = f"{configuration}, variants" if of_variants else configuration
            table = Table.of(fields(reference), rows, title, sparse=True)
            marks |= dict.fromkeys(table.marks)
            yield table
    yield "\n\n".join(f"{mark.sign} {mark.meaning}" for mark in marks)


#: What a network loses by its first planned configuration.
_CONFIGURATIONS: tuple[Field[DefaultAndBest], ...] = (
    Field(Column.words("model"), lambda pair: pair.best.label),
    Field(Column.of("mode"), lambda pair: MODE_WORDS[pair.best.mode]),
    Field(Column.of("batch_size"), lambda pair: pair.best.batch_size),
    Field(Column("default"), lambda pair: pair.default.cell.configuration),
    Field(
        Column("images/s", names=("default_images_per_second",)), lambda pair: pair.default_speed
    ),
    Field(Column("best"), lambda pair: pair.best.cell.configuration),
    Field(
        Column("images/s, best", names=("best_images_per_second",)), lambda pair: pair.best_speed
    ),
    Field(Column("gain", write=times), lambda pair: pair.gain),
)


def configurations(page: Page) -> Iterator[Block]:
    """Compare the first planned configuration of each network with its fastest one."""
    if found := tuple(default_and_best(page.study.results)):
        yield Table.of(_CONFIGURATIONS, found)


def _kind(result: Result) -> tuple[str, bool]:
    """Tell configurations apart, and variants of a network from networks."""
    return result.cell.configuration, is_variant(result)


def _top1(result: Result) -> float | None:
    """Give the accuracy that is quoted at the size that was run."""
    found = quoted(result.model, result.resolution, "paper")
    return found.top1 if found and found.resolution == result.resolution else None


def _quantity(name: str) -> Field[Result]:
    return Field(Column.of(name), attrgetter(name))


def _realised(result: Result, reference: str) -> Cell:
    if result.model == reference:
        return Worded("reference", result.realised)
    return _marked(result.realised)


def _ends(found: Value) -> Cell:
    """Write the interval alone: the value stands in the column before."""
    if not isinstance(found, Estimate) or found.interval is None:
        return found
    return Worded(" to ".join(map(significant, found.interval)), found)


def _marked(found: Value) -> Cell:
    """Mark an interval that knows one process only."""
    narrow = isinstance(found, Estimate) and found.method in WITHIN_ONE_PROCESS
    return Marked(found, ONE_PROCESS) if narrow else found

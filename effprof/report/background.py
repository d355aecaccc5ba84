"""What stands behind the numbers: predictors, isolation, ceilings, machine, method, fingerprint."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, get_args

from effprof.analysis.configurations import configuration_text
from effprof.analysis.correlation import MIN_MODELS, PREDICTORS, VARIANTS, correlations
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.isolation import isolation
from effprof.analysis.loglog import MIN_FAMILIES, RESAMPLES
from effprof.analysis.run_effects import RunEffect
from effprof.core import columns
from effprof.core.calibrations import Pace
from effprof.core.methods import METHOD_VERSION, changed_since
from effprof.core.outcomes import Measurement
from effprof.core.quantities import Write
from effprof.core.runs import Moment, Peak
from effprof.core.units import byte_size, duration, percent, si, times
from effprof.report.blocks import Block
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.tables.cells import Code, Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape, fenced
from effprof.study.setting import is_variant

_WARNING = (
    "**A correlation over a whole zoo flatters.** Sizes that span orders of magnitude rank well by "
    "any cost, while the prediction for a single network may be off by several times. A slope "
    "below 1 means that ratios read from the cost are too large. Ratios to the reference come "
    "first."
)

_NOT_COUNTED = (
    f"Networks built from knobs (`{VARIANTS}`) are left out: variants of one network are no "
    "independent evidence."
)


def predictors(page: Page) -> Iterator[Block]:
    """Rank and log-log correlations of static costs with time per image."""
    found = correlations(page.study.frame)
    enough = found[found.spearman.notna()]
    if enough.empty:
        most = 0 if found.empty else int(found.models.max())
        few = f"Too few models: {most} comparable, a correlation needs at least {MIN_MODELS}."
        yield f"{few}{_left_out(page)}"
        return
    yield f"{_WARNING}{_left_out(page)}"
    yield Table.of(_PREDICTORS, enough.itertuples())
    if skipped := len(found) - len(enough):
        yield f"Left out for too few models: {skipped} rows."


def _statistic(heading: str, name: str) -> Field[Any]:
    return Field(Column(heading, names=(name,)), lambda row: estimate_of(row._asdict(), name))


#: Of a row of `correlations`.
_PREDICTORS: tuple[Field[Any], ...] = (
    Field(
        Column.words("setting"),
        lambda row: f"{MODE_WORDS[row.mode]}, {configuration_text(row._asdict())}",
    ),
    Field(Column.of("batch_size"), lambda row: row.batch_size),
    Field(Column("predictor"), lambda row: PREDICTORS[row.predictor]),
    Field(Column("models"), lambda row: row.models),
    _statistic("Spearman", "spearman"),
    _statistic("R² (log-log)", "r_squared"),
    _statistic("slope (log-log)", "slope"),
)


def _left_out(page: Page) -> str:
    """Say which networks do not count, where any was shown."""
    shown = any(each.valid and is_variant(each) for each in page.study.results)
    return f" {_NOT_COUNTED}" if shown else ""


def isolation_cost(page: Page) -> str:
    """Seconds spent outside measuring, so that each cell has a fresh process."""
    spent = isolation(page.run)
    if spent is None or page.run.imported:
        return ""
    failed = f"; failures took {duration(spent.failed_seconds)}" if spent.failed_seconds else ""
    return (
        "Every repeat of a cell ran in a fresh process. Outside measuring (start, build, first "
        "step with what it compiles, hand-over) a process took a median of "
        f"{duration(spent.median_seconds)}, in total {duration(sum(spent.outside))} in "
        f"{len(spent.outside)} processes{failed}. "
        f"{percent(spent.measuring_share)} of the workers' {duration(spent.total_seconds)} "
        "was spent measuring."
    )


#: Kind of peak -> how it is written, where it is not of products.
_PEAKS: Mapping[str, Write] = {"copy": lambda value: f"{byte_size(value)}/s"}

_CEILINGS: tuple[Field[Peak], ...] = (
    Field(Column.words("kind"), lambda peak: peak.kind),
    Field(Column.words("precision"), lambda peak: peak.precision),
    Field(Column.words("size"), lambda peak: peak.size),
    Field(Column.of("threads"), lambda peak: peak.threads),
    Field(
        Column("peak"),
        lambda peak: Written(peak.value, _PEAKS.get(peak.kind, partial(si, unit="FLOP/s"))),
    ),
)


def ceilings(page: Page) -> Iterator[Block]:
    """Show the measured peaks that `of peak` is a share of."""
    if page.run.peaks:
        yield (
            "`of peak` is the share of the largest product measured in the same precision and with "
            "as many threads."
        )
        yield Table.of(_CEILINGS, page.run.peaks)


def _at(moment: Moment) -> Field[Pace]:
    return Field(Column(moment, write=duration), lambda pace: pace.seconds.get(moment))


_PACES: tuple[Field[Pace], ...] = (
    Field(Column.words("work"), lambda pace: pace.work),
    *map(_at, get_args(Moment)),
    Field(Column("slowest / fastest"), lambda pace: Written(pace.drift, times)),
)


def machine(page: Page) -> Iterator[Block]:
    """Show how steady the machine was within the run, and how far whole runs of it lie apart."""
    if not page.run.imported and any(each.valid for each in page.study.results):
        yield _run_effect(page.study.run_effect)
    if page.study.paces:
        yield (
            "Fixed work that runs none of the software measured here: where it takes longer, the "
            "machine itself was slower."
        )
        yield Table.of(_PACES, page.study.paces)


def _run_effect(effect: RunEffect) -> str:
    """Say how far whole runs lie apart, and how that is known."""
    apart = f"{percent(effect.deviation)} apart (standard deviation)"
    known = f"{effect.runs} earlier run{'s' if effect.runs > 1 else ''} of this machine"
    said = (
        f"In {known}, whole runs lie {apart}."
        if effect.runs
        else f"No earlier run of this machine is known; whole runs are assumed to lie {apart}."
    )
    return (
        f"{said} The interval *on this machine* should contain the result of the next run; the "
        "interval beside a speed covers this run alone. Ratios within one run hardly change."
    )


_GLOSSARY: tuple[Field[columns.Column], ...] = (
    Field(Column.words("on this page"), lambda column: column.label),
    Field(Column.words("column"), lambda column: Code(column.name)),
    Field(Column.words("unit"), lambda column: column.unit),
    Field(Column.words("meaning"), lambda column: column.meaning),
)


def glossary(page: Page) -> Iterator[Block]:
    """Explain every column of pages that has a value in this run."""
    frame = page.study.frame
    used = [
        column
        for name, column in columns.COLUMNS.items()
        if column.label and frame[name].notna().any() and (frame[name] != "").any()
    ]
    yield Table.of(_GLOSSARY, used)


def method(page: Page) -> str:
    """How the numbers were taken and what the intervals mean."""
    if page.run.imported:
        return page.run.imported.explained
    options = page.run.invocation.options
    counters = sorted({cost.counter for cost in page.run.costs if cost.counter})
    return "\n".join(
        (
            f"- Warm-up of at least {options.warmup_steps} steps and {options.warmup_seconds:g} s; "
            f"then timing until {options.min_samples} samples and {options.min_seconds:g} s are in "
            f"and the 95 % interval of the median is within ±{percent(options.target_width)}, or "
            f"{options.time_cap_seconds:g} s have passed.",
            "- The unit of evidence is the median of one fresh process. A speed is the geometric "
            "mean of these medians with Student's t interval of their logarithms (n - 1 degrees of "
            "freedom); a realised speed-up pairs the repeats that ran in the same round. With one "
            "process only, the interval is that of the median within it, which is too narrow.",
            "- Latency percentiles are those of all samples of the valid processes; p90 from 64 "
            "samples on. Memory is the largest peak of the processes.",
            "- promise = FLOPs of the reference / FLOPs of the network, the reference at its own "
            "size (at the network's where it was swept over several) and with all other axes "
            "equal; arrived = realised / promise. FLOPs = 2 x MACs of convolutions and matrix "
            "products; in training forward and backward.",
            *_feeding(page),
            f"- Correlations: families of networks are resampled, {RESAMPLES} times, fixed seed; "
            f"fewer than {MIN_FAMILIES} of them give no interval.",
            f"- Static cost counted by {escape('; '.join(counters) or 'nothing: none is known')}.",
            *_older(page),
        )
    )


def _older(page: Page) -> Iterator[str]:
    """Say that the run is of an earlier method, and what changed since."""
    method = page.run.invocation.fingerprint.gating.get("method", "")
    if changes := changed_since(method):
        said = "; ".join(change.says for change in changes)
        yield (
            f"- Taken by method {escape(method)}; today's is {METHOD_VERSION}. Since then {said}. "
            "Measured today, the numbers that these changes affect would differ."
        )


def _feeding(page: Page) -> Iterator[str]:
    """Say what fed the cells that wait for a loader, and how they were timed."""
    done = (repeat.outcome for repeat in page.run.repeats)
    settings = [outcome.settings for outcome in done if isinstance(outcome, Measurement)]
    fed = {loader: each.get("files", "") for each in settings if (loader := each.get("loader"))}
    for loader, files in fed.items():
        yield (
            f"- Fed by {escape(loader)}, from {escape(files)}: such a step includes decoding, "
            "resizing and the copy to the device, but no reading from disk, because the files stay "
            "in memory. A sample is the mean step of a round, one batch of each process; batches "
            "that were ready before the first step are part of the warm-up."
        )


_FINGERPRINT: tuple[Field[tuple[str, str, str]], ...] = (
    Field(Column.words("kind"), lambda mark: mark[0]),
    Field(Column.words("field"), lambda mark: mark[1]),
    Field(Column.words("value"), lambda mark: mark[2]),
)


def fingerprint(page: Page) -> Iterator[Block]:
    """Show what must be equal for two runs to be compared, what was recorded, what is missing."""
    marks = page.run.invocation.fingerprint
    kinds = (("gating", marks.gating), ("recorded", marks.recorded), ("missing", marks.missing))
    rows = ((kind, name, text) for kind, fields in kinds for name, text in fields.items())
    yield Table.of(_FINGERPRINT, rows)


def command(page: Page) -> str:
    """Show the exact command, and the hash of the suite it expanded to."""
    invocation = page.run.invocation
    return f"{fenced(invocation.command)}\n\nSuite hash: `{escape(invocation.suite_hash)}`."

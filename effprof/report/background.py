"""What stands behind the numbers: predictors, isolation, ceilings, method, fingerprint, command."""

from collections.abc import Iterator

import pandas as pd

from effprof.analysis.configurations import configuration_text
from effprof.analysis.correlation import MIN_MODELS, PREDICTORS, RESAMPLES, VARIANTS, correlations
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.isolation import isolation
from effprof.core.columns import COLUMNS
from effprof.core.methods import METHOD_VERSION, changed_since
from effprof.core.outcomes import Measurement
from effprof.core.units import byte_size, duration, estimate_text, percent, si
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.scene_frames import variant
from effprof.report.text import escape, fenced, table

_CORRELATED = {"Spearman": "spearman", "R² (log-log)": "r_squared", "slope (log-log)": "slope"}

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


def predictors(page: Page) -> str:
    """Rank and log-log correlations of static costs with time per image."""
    found = correlations(page.frame)
    enough = found.dropna(subset=["spearman"])
    if enough.empty:
        most = 0 if found.empty else int(found["models"].max())
        few = f"Too few models: {most} comparable, a correlation needs at least {MIN_MODELS}."
        return f"{few}{_left_out(page)}"
    rows = [row for _, row in enough.iterrows()]
    cells: dict[str, list[str]] = {
        "setting": [f"{MODE_WORDS[row['mode']]}, {configuration_text(row)}" for row in rows],
        "batch": [str(row["batch_size"]) for row in rows],
        "predictor": [PREDICTORS[row["predictor"]] for row in rows],
        "models": [str(row["models"]) for row in rows],
    }
    cells |= {
        label: [estimate_text(estimate_of(row, name)) for row in rows]
        for label, name in _CORRELATED.items()
    }
    skipped = len(found) - len(enough)
    told = f"\n\nLeft out for too few models: {skipped} rows." if skipped else ""
    return f"{_WARNING}{_left_out(page)}\n\n{table(cells)}{told}"


def _left_out(page: Page) -> str:
    """Say which networks do not count, where any was shown."""
    return f" {_NOT_COUNTED}" if variant(page.shown).any() else ""


def isolation_cost(page: Page) -> str:
    """Seconds spent outside measuring, so that each cell has a fresh process."""
    spent = isolation(page.run)
    if spent is None or page.imported:
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


def ceilings(page: Page) -> str:
    """Show the measured peaks that `of peak` is a share of."""
    peaks = page.run.peaks
    if not peaks:
        return ""
    cells: dict[str, list[str]] = {
        "kind": [peak.kind for peak in peaks],
        "precision": [peak.precision for peak in peaks],
        "size": [escape(peak.size) for peak in peaks],
        "threads": [str(peak.threads) for peak in peaks],
        "peak": [
            f"{byte_size(peak.value)}/s" if peak.kind == "copy" else si(peak.value, "FLOP/s")
            for peak in peaks
        ],
    }
    return (
        "`of peak` is the share of the largest product measured in the same precision and with as "
        f"many threads.\n\n{table(cells, left=3)}"
    )


def glossary(page: Page) -> str:
    """Explain every column of pages that has a value in this run."""
    used = [
        column
        for name, column in COLUMNS.items()
        if column.label and page.frame[name].notna().any() and (page.frame[name] != "").any()
    ]
    return table(
        {
            "on this page": [escape(column.label) for column in used],
            "column": [f"`{column.name}`" for column in used],
            "unit": [column.unit for column in used],
            "meaning": [escape(column.meaning) for column in used],
        },
        left=4,
    )


def method(page: Page) -> str:
    """How the numbers were taken and what the intervals mean."""
    if page.imported:
        return page.imported.method
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
            f"- Correlations: bootstrap over networks, {RESAMPLES} resamples, fixed seed.",
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
            "Numbers that these changes move would be others today."
        )


def _feeding(page: Page) -> Iterator[str]:
    """Say what fed the cells that wait for a loader, and how they were timed."""
    done = (repeat.outcome for repeat in page.run.repeats)
    settings = [outcome.settings for outcome in done if isinstance(outcome, Measurement)]
    fed = {each["loader"]: each.get("files", "") for each in settings if "loader" in each}
    for loader, files in fed.items():
        yield (
            f"- Fed by {escape(loader)}, from {escape(files)}: decoding, resizing and the way to "
            "the device are part of such a step, reading a disk is not, since the files stay in "
            "memory. A sample is the mean step of a round, one batch of each process; what was "
            "ready before the first step went into the warm-up."
        )


def fingerprint(page: Page) -> str:
    """Show what must be equal for two runs to be compared, what was recorded, what is missing."""
    marks = page.run.invocation.fingerprint
    kinds = (("gating", marks.gating), ("recorded", marks.recorded), ("missing", marks.missing))
    rows = [(kind, name, text) for kind, fields in kinds for name, text in fields.items()]
    listing = pd.DataFrame(rows, columns=["kind", "field", "value"])
    cells = {name: [escape(text) for text in listing[name]] for name in listing.columns}
    return table(cells, left=3)


def command(page: Page) -> str:
    """Show the exact command, and the hash of the suite it expanded to."""
    invocation = page.run.invocation
    return f"{fenced(invocation.command)}\n\nSuite hash: `{escape(invocation.suite_hash)}`."

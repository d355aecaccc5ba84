"""Where the promised speed-up went: the waterfall in sentences and tables, and regimes."""

import math
from collections.abc import Iterator
from functools import partial
from itertools import islice

from effprof.analysis.regimes import BORDERLINE, LAUNCH_BOUND_BELOW, MEMORY_BOUND_FROM, Regime
from effprof.analysis.roofline import copy_peaks
from effprof.analysis.waterfall import CAUSES, Bar, Cause, Waterfall
from effprof.core.estimates import Absent
from effprof.core.units import percent, si, significant, times
from effprof.report.blocks import Block
from effprof.report.page import Page
from effprof.report.phrases import (
    CAUSE_WORDS,
    MODE_WORDS,
    factor_text,
    loss_text,
    roles_text,
    setting_words,
    top_roles,
)
from effprof.report.setting_tables import WHO, Told, by_setting, subject_and_reference
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape, listed
from effprof.study.results import Result

_HOW_TO_READ = (
    "promise x arithmetic intensity x kernel efficiency x idle device = realised, exactly. Each "
    "factor compares the network with the reference: what its operators need at the measured "
    "peaks over what its FLOPs alone would need, what they took over that, and the step over its "
    "operators. The factors behind roles multiply to that of their cause."
)


_REGIMES = (
    f"**launch-bound**: operators are busy for less than {percent(LAUNCH_BOUND_BELOW)} of the "
    f"step; else **memory-bound**: at least {percent(MEMORY_BOUND_FROM)} of the roofline is "
    "of operators that memory bounds; else **compute-bound**. Borderline: within "
    f"{significant(BORDERLINE * 100, 1)} points of a threshold."
)


def waterfall(page: Page) -> Iterator[Block]:
    """Sentences, how to read them, a table of all waterfalls, and why others have none."""
    sentences = list(_sentences(page))
    if sentences:
        yield "\n".join(sentences)
        yield _HOW_TO_READ
    yield from by_setting(page, _WATERFALL, _fall)
    if sentences:
        yield from _by_role(page)
    yield _why_not(page)


def sentence(label: str, reference: str, fall: Waterfall) -> str:
    """Tell what a network promises, delivers, and what the difference is lost to."""
    losses = loss_text(fall)
    return (
        f"{escape(label)} promises {times(fall.promise.factor)} over "
        f"{escape(reference)} and delivers {times(fall.realised)}"
        f"{': ' if losses else ''}{escape(losses)}."
    )


def regimes(page: Page) -> Iterator[Block]:
    """Table of the regime of every cell with the evidence behind it."""
    if tables := list(by_setting(page, _REGIME, _regime)):
        yield _REGIMES
        yield from tables


def roofline(page: Page) -> str:
    """Name the ceilings that bounds are taken from."""
    if all(isinstance(each.roofline_seconds, Absent) for each in page.study.results):
        return ""
    copies = copy_peaks(page.run)
    told = [
        f"{escape(precision)}, {threads} thread{'s' * (threads > 1)}: "
        f"{si(each.flops_per_second, 'FLOP/s')} (the fastest product or convolution), "
        f"{si(each.bytes_per_second, 'B/s')} (a copy of {escape(copies[threads].size)}, in main "
        f"memory); they meet at {each.ridge:.1f} FLOPs per byte"
        for (precision, threads), each in page.study.ceilings.items()
    ]
    return "Ceilings: " + "; ".join(told) + "."


def _cause(cause: Cause) -> Field[Told[Waterfall]]:
    column = Column(CAUSE_WORDS[cause].name, write=factor_text)
    return Field(column, lambda told: told.found.bars[cause].factor)


def _largest_loss(told: Told[Waterfall]) -> str | None:
    fall = told.found
    worst = min(CAUSES, key=lambda cause: fall.bars[cause].factor)
    named = roles_text(top_roles(fall.bars[worst]))
    return f"{worst}: {named}" if named and fall.bars[worst].factor < 1 else None


_WATERFALL: tuple[Field[Told[Waterfall]], ...] = (
    *WHO,
    Field(Column("promise", write=times), lambda told: told.found.promise.factor),
    *map(_cause, CAUSES),
    Field(Column("realised", write=times), lambda told: told.found.realised),
    Field(Column("largest loss"), _largest_loss),
    Field(
        Column.of("flop_invisible_share", heading="FLOP-invisible time"),
        lambda told: told.result.flop_invisible_share,
    ),
)

_REGIME: tuple[Field[Told[Regime]], ...] = (
    Field(Column.words("model"), lambda told: told.result.label),
    Field(Column.of("batch_size", align="left"), lambda told: told.result.batch_size),
    Field(Column.words("regime"), lambda told: told.found.name),
    Field(Column.words("evidence"), lambda told: told.found.why),
)


def _fall(result: Result) -> Waterfall | None:
    return result.fall if isinstance(result.fall, Waterfall) else None


def _regime(result: Result) -> Regime | None:
    return regime if isinstance(regime := result.part.regime, Regime) else None


def _sentences(page: Page) -> Iterator[str]:
    """Tell the loss in one sentence per first setting, at the ends of the batch sizes."""
    for setting in page.study.first_settings:
        falls = [(each, fall) for each in setting.results if (fall := _fall(each)) is not None]
        sizes = sorted({each.batch_size for each, _ in falls})
        for size in dict.fromkeys(sizes[:1] + sizes[-1:]):
            result, fall = next(pair for pair in falls if pair[0].batch_size == size)
            told = sentence(result.label, page.study.reference_label, fall)
            yield f"- {setting_words(setting)}, batch {size}: **{told}**"


def _by_role(page: Page) -> Iterator[Table]:
    """Split every bar of the subject over roles, at the largest batch of the first setting."""
    found = (
        (result, fall)
        for setting in page.study.first_settings
        for result in subject_and_reference(setting)
        if (fall := _fall(result)) is not None
    )
    for result, fall in islice(found, 1):
        bars = {"promise": fall.promise} | {CAUSE_WORDS[c].name: fall.bars[c] for c in CAUSES}
        fields: list[Field[str]] = [Field(Column.words("role"), str)]
        fields += [
            Field(Column(name, write=factor_text), partial(_factor, bar))
            for name, bar in bars.items()
        ]
        roles = dict.fromkeys(role for bar in bars.values() for role in bar.by_role)
        title = (
            f"{result.label}, {MODE_WORDS[result.mode]}, batch {result.batch_size}, by role "
            "(every column multiplies to its bar)"
        )
        yield Table.of(fields, roles, title)


def _factor(bar: Bar, role: str) -> float | None:
    """Give what a role does to a bar; None where it does nothing."""
    part = bar.by_role.get(role)
    return math.exp(part) if part else None


def _why_not(page: Page) -> str:
    reasons: dict[str, list[str]] = {}
    for each in page.study.results:
        if (
            each.valid
            and isinstance(each.fall, Absent)
            and each.model != page.run.invocation.reference
        ):
            reasons.setdefault(each.fall.reason, []).append(escape(each.cell.key))
    return "\n".join(
        f"- No waterfall for {len(keys)} cells ({listed(keys, 2)}): {escape(reason)}."
        for reason, keys in reasons.items()
    )

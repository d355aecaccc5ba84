"""Where the promised speed-up went: the split in sentences and tables, and regimes."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from effprof.analysis.regimes import BORDERLINE, BUSY_FROM, MEMORY_BOUND_FROM, Regime
from effprof.analysis.roofline import Ceilings, Level
from effprof.analysis.split import Cause, Split, causes_on
from effprof.analysis.statistics import MIN_PAIRED
from effprof.core.estimates import Absent, Estimate
from effprof.core.libraries import NOT_TOLD
from effprof.core.units import estimate_text, percent, si, significant, times
from effprof.report.blocks import Block
from effprof.report.page import Page
from effprof.report.phrases import (
    MODE_WORDS,
    factor_text,
    is_lost,
    loss_text,
    roles_text,
    setting_words,
    top_roles,
)
from effprof.report.setting_tables import WHO, Told, by_setting, subject_and_reference
from effprof.report.tables.cells import Written
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape, listed
from effprof.study.results import Result
from effprof.study.role_losses import (
    LibraryUse,
    RoleLoss,
    library_uses,
    reference_of,
    role_losses,
    without_uncounted,
)

_HOW_TO_READ = (
    "promise / slower arithmetic / uncounted work / {between} = realised, exactly and in every "
    "round. All three are measured, against the reference: seconds per FLOP of the operators that "
    "count FLOPs; the time of all operators over that of these; the step over its operators. "
    "A ÷ is lost, a × won. The factors of roles multiply to that of their cause. A FLOP may take "
    "longer for the memory it waits for: slower arithmetic does not say why. "
    f"Fewer than {MIN_PAIRED} rounds give no interval."
)

_WITHOUT = (
    "*without it* says how many times as fast the network would be if the role took no time: a "
    "share of its own time, where the factors compare with the reference."
)

_REGIMES = (
    f"Where operators are busy for less than {percent(BUSY_FROM)} of the step, what stands between "
    "them sets the pace: **launch-bound** on a GPU, **framework-bound** on a CPU, whose core is "
    "never idle. Else, with the measured bandwidth of each level of memory in turn, "
    f"**memory-bound** if at least {percent(MEMORY_BOUND_FROM)} of the roofline is of operators "
    "that memory bounds at every level, **compute-bound** if less is at every level, and **not "
    "told** where the levels disagree. Borderline: within "
    f"{significant(BORDERLINE * 100, 1)} points of a threshold."
)


def where_it_went(page: Page) -> Iterator[Block]:
    """Sentences, how to read them, tables of all splits and of roles, and why others have none."""
    sentences = list(_sentences(page))
    causes = causes_on(page.study.device_kind)
    if sentences:
        yield "\n".join(sentences)
        yield _HOW_TO_READ.format(between=causes[-1])
    yield from by_setting(page, _split_fields(causes), _split)
    if sentences:
        yield from _parts(page, causes)
    yield _why_not(page)


def regimes(page: Page) -> Iterator[Block]:
    """Table of the regime of every cell with the evidence behind it."""
    if tables := list(by_setting(page, _REGIME, _regime)):
        yield _REGIMES
        yield from tables


def roofline(page: Page) -> str:
    """Name the ceilings that bounds are taken from."""
    if all(isinstance(each.roofline_seconds, Absent) for each in page.study.results):
        return ""
    told = [
        f"{escape(precision)}, {threads} thread{'s' * (threads > 1)}: "
        f"{si(each.flops_per_second, 'FLOP/s')} (the fastest product or convolution); "
        f"{_levels(each)}"
        for (precision, threads), each in page.study.ceilings.items()
    ]
    return f"Ceilings: {'; '.join(told)}. {_LINES}"


_LINES = (
    "Each level of memory has a line; which one an operator's operands come from is not measured. "
    "The time of copies, and of operators, counts the bytes that the core sees."
)


def _levels(ceilings: Ceilings) -> str:
    """Name the levels of memory with their bandwidths, and where they meet the arithmetic."""
    return ", ".join(
        f"{escape(level.name)} {si(level.bytes_per_second, 'B/s')}{_copied(level)}, met at "
        f"{ceilings.ridge(level):.1f} FLOPs per byte"
        for level in ceilings.levels
    )


def _copied(level: Level) -> str:
    """Say what was copied, where the name of the level does not."""
    return "" if level.size in level.name else f" (copies of {escape(level.size)})"


def _cause(cause: Cause) -> Field[Told[Split]]:
    return Field(
        Column(cause, names=(cause.replace(" ", "_"),)),
        lambda told: Written(told.found.factors[cause].whole, factor_text),
    )


def _largest_loss(told: Told[Split]) -> str | None:
    worst = told.found.worst
    factor = told.found.factors[worst]
    if not is_lost(factor):
        return None
    named = roles_text(top_roles(factor, 1))
    return f"{worst}: {named}" if named else worst


def _split_fields(causes: tuple[Cause, ...]) -> tuple[Field[Told[Split]], ...]:
    return (
        *WHO,
        Field(Column("promise", write=times), lambda told: told.found.promise),
        *map(_cause, causes),
        Field(Column.of("realised"), lambda told: told.found.realised),
        Field(Column.words("largest loss"), _largest_loss),
        Field(Column("rounds"), lambda told: told.found.rounds),
    )


_REGIME: tuple[Field[Told[Regime]], ...] = (
    Field(Column.words("model"), lambda told: told.result.label),
    Field(Column.of("batch_size", align="left"), lambda told: told.result.batch_size),
    Field(Column.words("regime"), lambda told: told.found.name),
    Field(Column.words("evidence"), lambda told: told.found.why),
)


def _split(result: Result) -> Split | None:
    return result.split if isinstance(result.split, Split) else None


def _regime(result: Result) -> Regime | None:
    return regime if isinstance(regime := result.part.regime, Regime) else None


def _sentences(page: Page) -> Iterator[str]:
    """Tell the loss in one sentence per first setting, at the ends of the batch sizes."""
    for setting in page.study.first_settings:
        there = [(each, found) for each in setting.results if (found := _split(each)) is not None]
        sizes = sorted({each.batch_size for each, _ in there})
        for size in dict.fromkeys(sizes[:1] + sizes[-1:]):
            result, found = next(pair for pair in there if pair[0].batch_size == size)
            losses = loss_text(found, lambda roles: escape(roles_text(roles)))
            if losses:
                where = f"{setting_words(setting)}, batch {size}"
                yield f"- {where}, {escape(result.label)}: {losses}."


def _parts(page: Page, causes: tuple[Cause, ...]) -> Iterator[Block]:
    """Split the subject's losses over roles and libraries, at its largest batch."""
    found = (
        (own, other)
        for setting in page.study.first_settings
        for own in subject_and_reference(setting)
        if (other := reference_of(setting, own)) is not None
    )
    for own, other in islice(found, 1):
        named = f"{own.label}, {MODE_WORDS[own.mode]}, batch {own.batch_size}"
        yield Table.of(_ROLE, role_losses(own, other), f"{named}, by role", sparse=True)
        yield f"{_by_make_up(own, causes[0])} {_without(own)}"
        uses = [use for each in (own, other) for use in library_uses(each)]
        if any(use.library != NOT_TOLD for use in uses):
            yield Table.of(_LIBRARY, uses, f"{named}: which library ran what counts FLOPs")
            yield _by_library(own, causes[0])


def _without(result: Result) -> str:
    found = without_uncounted(result)
    told = (
        f" Without all work that counts no FLOPs {escape(result.label)} would be "
        f"{estimate_text(found, 'x')} as fast."
        if found is not None
        else ""
    )
    return f"{_WITHOUT}{told}"


def _by_make_up(result: Result, cause: Cause) -> str:
    """Tell slower arithmetic apart: the same operators slower, or other operators."""
    assert isinstance(result.split, Split)
    whole, found = result.split.factors[cause].whole, result.split.arithmetic
    return (
        f"{cause.capitalize()} {factor_text(whole)} is {factor_text(found.same_roles)} for "
        f"operators of the same role that take longer per FLOP, and "
        f"{factor_text(found.other_roles)} for FLOPs in roles that do."
    )


def _by_library(result: Result, cause: Cause) -> str:
    """Tell what each library does to the arithmetic; empty where only one is told."""
    assert isinstance(result.split, Split)
    parts = result.split.factors[cause].by_library
    told = [f"{escape(name)} {factor_text(part)}" for name, part in parts.items()]
    return f"Slower arithmetic by library: {', '.join(told)}." if len(told) > 1 else ""


def _factor(found: Estimate | None) -> Written | None:
    return None if found is None else Written(found, factor_text)


_FLOPS_PER_SECOND = partial(si, unit="FLOP/s")

_ROLE: tuple[Field[RoleLoss], ...] = (
    Field(Column.words("role"), lambda loss: loss.role),
    Field(Column("FLOPs", write=percent), lambda loss: loss.flops),
    Field(
        Column("time", write=percent),
        lambda loss: Written(loss.time, lambda found: percent(found.value)) if loss.time else None,
    ),
    Field(Column("FLOP/s", write=_FLOPS_PER_SECOND), lambda loss: loss.speed),
    Field(Column("FLOP/s, reference", write=_FLOPS_PER_SECOND), lambda loss: loss.reference_speed),
    Field(Column("slower arithmetic"), lambda loss: _factor(loss.arithmetic)),
    Field(Column("uncounted work"), lambda loss: _factor(loss.uncounted)),
    Field(
        Column("without it"),
        lambda loss: (
            Written(loss.without, lambda found: estimate_text(found, "x")) if loss.without else None
        ),
    ),
)

_LIBRARY: tuple[Field[LibraryUse], ...] = (
    Field(Column.words("model"), lambda use: use.result.label),
    Field(Column.words("role"), lambda use: use.role),
    Field(Column.words("library"), lambda use: use.library),
    Field(Column("calls"), lambda use: f"{use.calls} of {use.of}"),
    Field(Column("time", write=percent), lambda use: use.time),
    Field(Column("FLOP/s", write=_FLOPS_PER_SECOND), lambda use: use.speed),
)


def _why_not(page: Page) -> str:
    reasons: dict[str, list[str]] = {}
    for each in page.study.results:
        if (
            each.valid
            and isinstance(each.split, Absent)
            and each.model != page.run.invocation.reference
        ):
            reasons.setdefault(each.split.reason, []).append(escape(each.cell.key))
    return "\n".join(
        f"- No split for {len(keys)} cells ({listed(keys, 2)}): {escape(reason)}."
        for reason, keys in reasons.items()
    )

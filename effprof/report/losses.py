"""Where the promised speed-up went: the waterfall in sentences and tables, and regimes."""

import math
from collections.abc import Iterator, Mapping

import pandas as pd

from effprof.analysis.regimes import BORDERLINE, LAUNCH_BOUND_BELOW, MEMORY_BOUND_FROM, Regime
from effprof.analysis.roofline import copy_peaks
from effprof.analysis.waterfall import CAUSES, Waterfall
from effprof.core.estimates import Absent
from effprof.core.units import MISSING, percent, si, significant, times
from effprof.report.page import Page
from effprof.report.phrases import (
    CAUSE_WORDS,
    MODE_WORDS,
    factor_text,
    loss_text,
    roles_text,
    top_roles,
)
from effprof.report.text import escape, listed, table

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


def waterfall_sentences(page: Page) -> str:
    """Tell the loss in one sentence per first setting, at the ends of the batch sizes."""
    told = []
    for mode, configuration, group in page.first_settings():
        falls = list(page.waterfalls_of(group))
        sizes = sorted({int(row["batch_size"]) for row, _ in falls})
        for size in dict.fromkeys(sizes[:1] + sizes[-1:]):
            row, fall = next(pair for pair in falls if pair[0]["batch_size"] == size)
            told.append(
                f"- {MODE_WORDS[mode].capitalize()}, {configuration}, batch {size}: "
                f"**{sentence(str(row['label']), page.reference_label, fall)}**"
            )
    return "\n".join(told)


def sentence(label: str, reference: str, fall: Waterfall) -> str:
    """Tell what a network promises, delivers, and what the difference is lost to."""
    losses = loss_text(fall)
    return (
        f"{escape(label)} promises {times(fall.promise.factor)} over "
        f"{escape(reference)} and delivers {times(fall.realised)}"
        f"{': ' if losses else ''}{escape(losses)}."
    )


def waterfall(page: Page) -> str:
    """Sentences, how to read them, a table of all waterfalls, and why others have none."""
    parts = [waterfall_sentences(page)]
    for title, rows in _tables(page, dict(_waterfall_rows(page))):
        parts += [title, table(rows)]
    if parts[0]:
        parts.insert(1, _HOW_TO_READ)
        parts += _by_role(page)
    parts.append(_why_not(page))
    return "\n\n".join(part for part in parts if part)


def regimes(page: Page) -> str:
    """Table of the regime of every cell with the evidence behind it."""
    rows = {
        str(key): {
            "regime": regime.name,
            "evidence": escape(regime.why),
        }
        for key in page.shown.index
        if isinstance(regime := page.parts[str(key)].regime, Regime)
    }
    parts = [part for title, cells in _tables(page, rows) for part in (title, table(cells, 4))]
    return "\n\n".join([_REGIMES, *parts]) if parts else ""


def roofline(page: Page) -> str:
    """Name the ceilings that bounds are taken from."""
    if not any(pd.notna(page.frame["roofline_seconds"])):
        return ""
    copies = copy_peaks(page.run)
    told = [
        f"{escape(precision)}, {threads} thread{'s' * (threads > 1)}: "
        f"{si(each.flops_per_second, 'FLOP/s')} (the fastest product or convolution), "
        f"{si(each.bytes_per_second, 'B/s')} (a copy of {escape(copies[threads].size)}, in main "
        f"memory); they meet at {each.ridge:.1f} FLOPs per byte"
        for (precision, threads), each in page.ceilings.items()
    ]
    return "Ceilings: " + "; ".join(told) + "."


def _waterfall_rows(page: Page) -> Iterator[tuple[str, dict[str, str]]]:
    for row, fall in page.waterfalls_of(page.shown):
        cells = {"promise": times(fall.promise.factor)}
        cells |= {CAUSE_WORDS[cause].name: factor_text(fall.bars[cause].factor) for cause in CAUSES}
        cells |= {
            "realised": times(fall.realised),
            "largest loss": escape(_largest_loss(fall)),
            "FLOP-invisible time": percent(row["flop_invisible_share"]),
        }
        yield str(row.name), cells


def _largest_loss(fall: Waterfall) -> str:
    worst = min(CAUSES, key=lambda cause: fall.bars[cause].factor)
    named = roles_text(top_roles(fall.bars[worst]))
    return f"{worst}: {named}" if named and fall.bars[worst].factor < 1 else MISSING


def _by_role(page: Page) -> list[str]:
    """Split every bar of the subject over roles, at the largest batch of the first setting."""
    found = [
        (row, page.falls[str(row.name)])
        for _, _, group in page.first_settings()
        for row in page.subject_and_reference(group)
    ]
    row, fall = next((pair for pair in found if isinstance(pair[1], Waterfall)), (None, None))
    if row is None or not isinstance(fall, Waterfall):
        return []
    bars = {"promise": fall.promise} | {CAUSE_WORDS[c].name: fall.bars[c] for c in CAUSES}
    roles = dict.fromkeys(role for bar in bars.values() for role in bar.by_role)
    cells = {"role": [escape(role) for role in roles]}
    for name, bar in bars.items():
        parts = [bar.by_role.get(role, 0.0) for role in roles]
        cells[name] = [factor_text(math.exp(part)) if part else MISSING for part in parts]
    return [
        f"{escape(row['label'])}, {MODE_WORDS[row['mode']]}, batch {row['batch_size']}, by role "
        f"(every column multiplies to its bar):",
        table(cells),
    ]


def _tables(
    page: Page, rows: Mapping[str, dict[str, str]]
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield per mode and configuration a title and its table: model, batch, and the given cells."""
    known = page.shown[page.shown.index.isin(list(rows))]
    for mode, configuration, group in page.settings():
        own = known[known.index.isin(group.index)]
        if own.empty:
            continue
        cells: dict[str, list[str]] = {
            "model": [escape(label) for label in own["label"]],
            "batch": own["batch_size"].astype(str).tolist(),
        }
        for name in rows[str(own.index[0])]:
            cells[name] = [rows[str(key)][name] for key in own.index]
        yield f"{MODE_WORDS[mode].capitalize()}, {configuration}:", cells


def _why_not(page: Page) -> str:
    reasons: dict[str, list[str]] = {}
    for key, row in page.shown.iterrows():
        fall = page.falls[str(key)]
        if isinstance(fall, Absent) and row["model"] != page.run.invocation.reference:
            reasons.setdefault(fall.reason, []).append(escape(str(key)))
    return "\n".join(
        f"- No waterfall for {len(keys)} cells ({listed(keys, 2)}): {escape(reason)}."
        for reason, keys in reasons.items()
    )

"""The page of a run that counted static costs and measured nothing (repeats = 0)."""

import pandas as pd

from effprof.core.costs import cost_key
from effprof.core.units import byte_size, si, significant, times
from effprof.report.markup import MARKDOWN, Markup
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.text import escape, table
from effprof.study.results import known
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
        f"{outside(page.study.reference_label)}; whether it arrives only a measurement tells."
    )


def static_costs(page: Page) -> str:
    """Make one table per mode, batch and element type of all that was counted, for one image."""
    costs = {cost.key: cost for cost in page.run.costs}
    intensity = [
        cost.total.arithmetic_intensity if (cost := costs.get(cost_key(cell))) else None
        for cell in page.run.invocation.cells
    ]
    frame = page.frame.assign(intensity=pd.Series(intensity, page.frame.index, dtype=float))
    known = frame.dropna(subset=["macs"])
    parts = []
    for (mode, size, precision), rows in known.groupby(
        ["mode", "batch_size", "precision"], sort=False
    ):
        parts.append(f"### {MODE_WORDS[str(mode)].capitalize()}, batch {size}, {precision}")
        parts.append(_table(rows))
    return "\n\n".join(parts)


def uncounted(page: Page) -> str:
    """List the cells whose cost could not be counted."""
    keys = page.frame.index[page.frame["macs"].isna()]
    return "\n".join(f"- {escape(str(key))}" for key in keys)


def method(page: Page) -> str:
    """Say what the numbers mean and who counted."""
    counters = sorted({cost.counter for cost in page.run.costs if cost.counter})
    return "\n".join(
        (
            "- FLOPs = 2 x MACs of convolutions and matrix products; acts = elements in the "
            "outputs of convolutions; bytes = unfused reads and writes of every operator, weights "
            "shared by the images of a batch.",
            "- promise = FLOPs of the reference / FLOPs of the network, the reference at its own "
            "size (at the network's where it was swept over several).",
            f"- Counted by {escape('; '.join(counters) or 'nothing: no cost is known')}.",
        )
    )


def _table(rows: pd.DataFrame) -> str:
    return table(
        {
            "model": [escape(label) for label in rows["label"]],
            "size": rows["resolution"].astype(str).tolist(),
            "params": rows["params"].map(si).tolist(),
            "GMACs": (rows["macs"] / 1e9).map(significant).tolist(),
            "acts": rows["activations"].map(si).tolist(),
            "bytes": rows["bytes_moved"].map(byte_size).tolist(),
            "FLOP/byte": rows["intensity"].map(significant).tolist(),
            "promise": rows["promise"].map(times).tolist(),
        }
    )

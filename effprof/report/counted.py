"""The page of a run that counted static costs and measured nothing (repeats = 0)."""

import pandas as pd

from effprof.core.costs import cost_key
from effprof.core.units import byte_size, si, significant, times
from effprof.report.page import MODE_WORDS, Page
from effprof.report.text import escape, table


def summary(page: Page) -> str:
    """Say in words what was counted, and that it was not measured."""
    known = page.frame.dropna(subset=["macs"])
    told = (
        f"**Nothing was measured: {len(known)} of {len(page.frame)} static costs of "
        f"{page.frame['model'].nunique()} networks were counted.**"
    )
    promised = known[known["model"] != page.run.invocation.reference].dropna(subset=["promise"])
    if promised.empty:
        return told
    least, most = (promised.loc[promised["promise"].agg(end)] for end in ("idxmin", "idxmax"))
    return (
        f"{told} FLOPs promise from {times(least['promise'])} ({escape(least['label'])}) to "
        f"{times(most['promise'])} ({escape(most['label'])}) the speed of "
        f"{escape(page.reference_label)}; whether it arrives only a measurement tells."
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

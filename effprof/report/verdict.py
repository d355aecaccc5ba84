"""The first lines of a report: what arrived of the promise, in words, with numbers and scope."""

import pandas as pd

from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.pooling import MEASURED
from effprof.analysis.waterfall import Waterfall
from effprof.core.cells import SYNTHETIC
from effprof.core.units import estimate_text, percent, times
from effprof.report.counted import summary
from effprof.report.page import MODE_WORDS, Page
from effprof.report.phrases import loss_text
from effprof.report.text import code, escape, listed
from effprof.study.setting import Setting


def verdict(page: Page) -> str:
    """Write the verdict: per mode and precision one sentence at the ends of the batch sizes.

    The network named is the first planned one that is not the reference, a suite's subject.
    Where nothing can be compared it says so, and why.
    """
    if page.counted:
        return summary(page)
    paragraphs = []
    for mode, configuration, group in page.first_settings():
        compared = Setting(page.run.invocation.reference, group[group["valid"]]).compared
        where = f"{MODE_WORDS[mode]}, {configuration}"
        if compared.empty:
            paragraphs.append(
                f"**On {escape(page.run.invocation.device)}, {where}: nothing can be "
                f"compared.** {_obstacle(page, group)}"
            )
            continue
        sizes = sorted(compared["batch_size"].unique())
        for size in dict.fromkeys((sizes[0], sizes[-1])):
            paragraphs.append(_sentences(page, where, compared[compared["batch_size"] == size]))
    return "\n\n".join(paragraphs)


def scope(page: Page) -> str:
    """Say what the numbers are about: cells, axes, repeats, reference."""
    frame, invocation = page.frame, page.run.invocation
    axes = {
        "mode": [MODE_WORDS[mode] for mode in frame["mode"].unique()],
        "batch size": [str(size) for size in sorted(frame["batch_size"].unique())],
        "precision": list(frame["precision"].unique()),
        "memory format": list(frame["memory_format"].unique()),
        "execution": list(frame["execution"].unique()),
        "threads": [str(count) for count in sorted(frame["threads"].unique())],
        "size": [f"{size} px" for size in sorted(frame["resolution"].unique())],
        "loader": list(frame["loader"].unique()),
    }
    if axes["loader"] == [SYNTHETIC]:
        del axes["loader"]  # images that are there from the start go without saying
    lost = page.listed.groupby("status", sort=False).size().rename({MEASURED: "invalid"})
    counts = [f"{len(page.shown)} of {len(frame)} planned cells have a valid measurement"]
    counts += [f"{count} {kind}" for kind, count in lost.items()]
    told = "; ".join(f"{name} {listed(values, 8)}" for name, values in axes.items())
    reference = frame.loc[frame["model"] == invocation.reference, "resolution"].unique()
    at = " and ".join(f"{size} px" for size in reference) or "not in the sweep"
    taken = (
        f"Fresh processes per cell, interleaved: {invocation.repeats}; brackets are 95 % intervals"
    )
    if page.counted:
        counts = [f"{frame['macs'].notna().sum()} of {len(frame)} planned cells counted"]
        taken = "Nothing was measured"
    if page.imported:
        taken = page.imported.taken
    return (
        f"Scope: {escape(invocation.device)}; {told}. {', '.join(counts)}. "
        f"{taken}. "
        f"Reference: {escape(page.reference_label)} ({at}). "
        f"Run `{escape(invocation.id)}` of {escape(invocation.started_at)}, "
        f"suite {escape(invocation.suite)}."
    )


def banners(page: Page) -> str:
    """Warn of what changes the meaning of everything below: a partial run, mixed sizes."""
    invocation, told = page.run.invocation, []
    if page.run.status != "complete":
        resume = f"effprof run --resume {invocation.id}{page.store_flag}"
        told.append(
            f"**INCOMPLETE**: this run is {page.run.status}; {len(page.run.missing)} of "
            f"{len(invocation.cells) * invocation.repeats} outcomes are missing. "
            f"Go on with {code(resume)}."
        )
    sizes = sorted(page.frame["resolution"].unique())
    if len(sizes) > 1:
        told.append(
            f"**Mixed image sizes**: {listed([str(size) for size in sizes], 8)} px. Networks are "
            "compared each at its own size; FLOPs, time and memory grow with it."
        )
    return "\n\n".join(f"> {text}" for text in told)


def _sentences(page: Page, where: str, compared: pd.DataFrame) -> str:
    subject, shares = compared.iloc[0], compared["realised_efficiency"]
    delivered = estimate_text(estimate_of(subject, "realised"), "x")
    sentence = (
        f"**On {escape(page.run.invocation.device)}, {where}, batch {subject['batch_size']}: "
        f"{escape(subject['label'])} promises {times(subject['promise'])} over "
        f"{escape(page.reference_label)} and delivers {delivered} "
        f"({percent(subject['realised_efficiency'])} arrives).**"
    )
    sentence += _whereabouts(page, subject)
    if len(compared) == 1:
        return sentence
    least, most = compared.loc[shares.idxmin()], compared.loc[shares.idxmax()]
    return (
        f"{sentence} Over {_counted(compared)} the promise arrives at a median of "
        f"{percent(shares.median())}, from {percent(shares.min())} ({escape(least['label'])}) to "
        f"{percent(shares.max())} ({escape(most['label'])})."
    )


def _counted(compared: pd.DataFrame) -> str:
    networks = int(compared["model"].nunique())
    at_sizes = f" at {len(compared)} sizes" if len(compared) != networks else ""
    return f"{networks} networks{at_sizes}"


def _whereabouts(page: Page, subject: pd.Series) -> str:
    """Say what the difference went to, and how much of the time FLOPs do not see, if known."""
    fall, unseen = page.falls[str(subject.name)], subject["flop_invisible_share"]
    losses = loss_text(fall, roles=False) if isinstance(fall, Waterfall) else ""
    told = f" In between, {losses}." if losses else ""
    if pd.notna(unseen):
        told += f" {percent(unseen)} of its operators' time is invisible to FLOPs."
    return told


def _obstacle(page: Page, group: pd.DataFrame) -> str:
    reference = group[group["model"] == page.run.invocation.reference]
    name = escape(page.reference_label)
    if reference.empty:
        return (
            f"The reference {name} is not in this part of the sweep; add it to the suite's models."
        )
    if not reference["valid"].any():
        return (
            f"The reference {name} has no valid measurement: {escape(reference['reason'].iloc[0])}."
        )
    others = group[group["valid"] & (group["model"] != page.run.invocation.reference)]
    if others.empty:
        return f"Only the reference {name} has a valid measurement."
    if others["realised"].isna().all():
        return f"No batch size has a valid measurement of both {name} and another network."
    return "The static costs of the networks are not known, so nothing was promised."

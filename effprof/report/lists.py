"""What did not work and what must be known: failed and invalid cells, repeats, missing numbers."""

from collections.abc import Iterator

from effprof.analysis.pooling import MEASURED
from effprof.core.outcomes import Measurement
from effprof.core.units import significant
from effprof.report.page import Page
from effprof.report.text import escape, listed, table


def failures(page: Page) -> str:
    """List every planned cell that no table shows, with what became of it and why."""
    rows, count = page.listed, len(page.frame)
    told = f"{count} planned cells = {len(page.shown)} shown above + {len(rows)} listed here."
    if rows.empty:
        return told
    invalid = rows["status"] == MEASURED
    cells = {
        "cell": [escape(str(key)) for key in rows.index],
        "outcome": rows["status"].where(~invalid, "invalid").tolist(),
        "reason": [escape(reason) for reason in rows["reason"]],
    }
    if invalid.any():
        cells["images/s, not to be believed"] = rows["images_per_second"].map(significant).tolist()
    return f"{told}\n\n{table(cells, left=3)}"


def remarks(page: Page) -> str:
    """List repeats set aside, cells that did not converge, notes, and numbers that are missing."""
    parts = []
    aside = page.shown[page.shown["reason"] != ""]
    if not aside.empty:
        parts.append(
            "Shown above without some of their repeats:\n\n"
            + table(
                {
                    "cell": [escape(str(key)) for key in aside.index],
                    "set aside": [escape(reason) for reason in aside["reason"]],
                },
                left=2,
            )
        )
    said = _remarks_of_measurements(page)
    if said:
        parts.append(
            table(
                {
                    "remark": [escape(text) for text in said],
                    "cells": [
                        f"{len(keys)}: {listed([escape(key) for key in keys], 2)}"
                        for keys in said.values()
                    ],
                },
                left=2,
            )
        )
    return "\n\n".join(parts)


def _remarks_of_measurements(page: Page) -> dict[str, list[str]]:
    """Map each remark on a measurement to the keys of the cells it holds for."""
    said: dict[str, list[str]] = {}
    for pooled in page.study.pooled:
        remarks = [remark for done in pooled.used.values() for remark in _remarks(done)]
        for remark in dict.fromkeys(remarks):
            said.setdefault(remark, []).append(pooled.cell.key)
    return said


def _remarks(done: Measurement) -> Iterator[str]:
    if not done.timing.converged:
        yield "not converged: stopped at the time cap, the interval is wider than asked for"
    yield from done.notes
    by_reason: dict[str, list[str]] = {}
    for name, reason in done.missing.items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        yield f"no {', '.join(names)}: {reason}"

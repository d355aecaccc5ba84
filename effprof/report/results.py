"""The tables of numbers: per mode and batch size, and default against best configuration."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from effprof.analysis.configurations import configuration_text, default_and_best
from effprof.analysis.estimate_columns import estimate_of
from effprof.core.estimates import WITHIN_ONE_PROCESS
from effprof.core.quantities import QUANTITIES
from effprof.core.units import MISSING, duration, estimate_text, significant, times
from effprof.report.page import Page
from effprof.report.phrases import MODE_WORDS
from effprof.report.text import escape, table
from effprof.report.well_known import told, well_known

#: Follows a number whose interval knows one process only.
ONE_PROCESS = "†"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a results table: left out where all the columns it `needs` are empty."""

    label: str
    needs: tuple[str, ...]
    text: Callable[[pd.Series], str]


def _quantity(name: str) -> TableColumn:
    quantity = QUANTITIES[name]
    return TableColumn(quantity.label, (name,), lambda row: quantity.write(row[name]))


def _latency(row: pd.Series) -> str:
    p90 = row["latency_p90_seconds"]
    tail = duration(p90) if pd.notna(p90) else MISSING
    return f"{duration(row['latency_p50_seconds'])} / {tail}"


def _speed(row: pd.Series) -> str:
    return _estimate(row, "images_per_second")


def _realised(row: pd.Series) -> str:
    if row["is_reference"]:
        return "reference"
    return MISSING if pd.isna(row["realised"]) else _estimate(row, "realised", "x")


def _estimate(row: pd.Series, name: str, unit: str = "") -> str:
    """Write an estimate, and mark an interval that knows one process only."""
    found = estimate_of(row, name)
    mark = ONE_PROCESS if found.method in WITHIN_ONE_PROCESS else ""
    return estimate_text(found, unit) + mark


#: The results tables from left to right; a new column is one row here.
TABLE_COLUMNS = (
    TableColumn("model", ("model",), lambda row: escape(row["label"])),
    TableColumn("size", ("resolution",), lambda row: str(row["resolution"])),
    _quantity("params"),
    TableColumn("GMACs", ("macs",), lambda row: significant(row["macs"] / 1e9)),
    _quantity("activations"),
    TableColumn("images/s", ("images_per_second",), _speed),
    TableColumn("p50 / p90", ("latency_p50_seconds",), _latency),
    *map(
        _quantity,
        (
            *("forward_seconds", "backward_seconds", "optimizer_seconds", "compile_seconds"),
            *("peak_rss_bytes", "peak_allocated_bytes", "peak_reserved_bytes"),
            *("device_used_bytes", "device_held_bytes", "joules_per_image", "promise"),
        ),
    ),
    TableColumn("realised", ("realised",), _realised),
    *map(_quantity, ("realised_efficiency", "flops_per_second", "peak_share")),
    TableColumn("n", ("repeats",), lambda row: str(row["repeats"])),
)


def results(page: Page) -> str:
    """Make one table per mode, batch size and configuration, of all valid cells.

    Of a whole zoo the tables hold the well-known networks, and the rest is counted.
    """
    reference = page.run.invocation.reference
    shown = well_known(page.shown, reference)
    shown = shown.assign(is_reference=shown["model"] == reference)
    parts = [text] if (text := told(page.shown, shown)) else []
    for (mode, size), same_batch in shown.groupby(["mode", "batch_size"], sort=False):
        parts.append(f"### {MODE_WORDS[str(mode)].capitalize()}, batch {size}")
        for configuration, rows in same_batch.groupby(
            same_batch.apply(configuration_text, axis=1), sort=False
        ):
            parts += [f"{configuration}:", _table(rows)]
    if shown["images_per_second_method"].isin(WITHIN_ONE_PROCESS).any():
        parts.append(
            f"{ONE_PROCESS} one process only: its interval holds within that process and is too "
            "narrow, because processes differ by more than the steps of one."
        )
    return "\n\n".join(parts) or "No cell has a valid measurement."


def configurations(page: Page) -> str:
    """Compare the first planned configuration of each network with its fastest one."""
    best = default_and_best(page.frame)
    if best.empty:
        return ""
    names = page.frame.drop_duplicates(["model", "resolution"]).set_index(["model", "resolution"])
    labels = [names.at[key, "label"] for key in zip(best["model"], best["resolution"], strict=True)]
    return table(
        {
            "model": [escape(label) for label in labels],
            "mode": [MODE_WORDS[mode] for mode in best["mode"]],
            "batch": best["batch_size"].astype(str).tolist(),
            "default": best["default"].tolist(),
            "images/s": best["default_images_per_second"].map(significant).tolist(),
            "best": best["best"].tolist(),
            "images/s, best": best["best_images_per_second"].map(significant).tolist(),
            "gain": best["gain"].map(times).tolist(),
        }
    )


def _table(rows: pd.DataFrame) -> str:
    used = [column for column in TABLE_COLUMNS if rows[list(column.needs)].notna().any(axis=None)]
    cells = {column.label: [column.text(row) for _, row in rows.iterrows()] for column in used}
    return table(cells)

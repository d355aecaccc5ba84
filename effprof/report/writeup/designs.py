"""What a change of the design does: runs whose networks are variants of one, over that one."""

import pandas as pd

from effprof.analysis.correlation import VARIANTS
from effprof.analysis.picking import memory_column
from effprof.core.columns import COLUMNS
from effprof.core.units import MISSING, estimate_text, significant, times
from effprof.report.scene import Scene
from effprof.report.text import table
from effprof.report.writeup.book import Book, Chapter

_LEGEND = (
    "Networks built from one description with something changed: `se`: width of squeeze-and-"
    "excitation, `act`: activation, `pad`: padding, `fused`: stages built of Fused-MBConv, "
    "`divisor`: power of two that channels are rounded to, `expand`: expansion of the blocks, "
    "`phi`: scaling by compound coefficients, `width`, `depth` and `resolution`: scaling by hand. "
    "Every column is a ratio to the base network of the run at the same batch; an interval that "
    "holds 1 tells no difference. Speed times FLOPs above 1 means more FLOPs a second, not a "
    "better network: the accuracy of these variants is not known."
)


def designs(book: Book) -> str:
    """One table per run of variants: parameters, FLOPs, memory and speed over the base."""
    parts = []
    for chapter in book.designed:
        for scene in chapter.scenes():
            found = _table(chapter, scene)
            parts += [*found, *chapter.pictures("promise", scene)] if found else []
    return "\n\n".join((_LEGEND, *parts)) if parts else ""


def _table(chapter: Chapter, scene: Scene) -> list[str]:
    size = scene.batch_sizes[-1]
    rows = scene.at(size)
    is_base = rows["model"] == chapter.page.run.invocation.reference
    if not is_base.any() or is_base.all():
        return []
    base, rows = rows[is_base].iloc[0], rows[~is_base]
    ratios = {str(key): scene.speed_ratio(str(key), str(base.name)) for key in rows.index}
    told = {key: ratio for key, ratio in ratios.items() if ratio is not None}
    if not told:
        return []
    rows = rows.loc[list(told)]
    memory = memory_column(scene.rows)
    cells = {
        "network": [f"`{_name(row)}`" for _, row in rows.iterrows()],
        "parameters": [_over(row, base, "params") for _, row in rows.iterrows()],
        "FLOPs": [_over(row, base, "flops") for _, row in rows.iterrows()],
        "acts": [_over(row, base, "activations") for _, row in rows.iterrows()],
        "memory": [_over(row, base, memory) for _, row in rows.iterrows()],
        "speed": [estimate_text(ratio, "x") for ratio in told.values()],
        "n": [str(min(row["repeats"], base["repeats"])) for _, row in rows.iterrows()],
    }
    measure = f" Memory: {COLUMNS[memory].meaning}." if memory else ""
    where = f"{chapter.where(scene, size)}, run {chapter.linked}"
    speed = f"{significant(base['images_per_second'])} images/s"
    return [f"{where}; over `{_name(base)}`, {speed}.{measure}", table(cells)]


def _name(row: pd.Series) -> str:
    return str(row["label"]).removeprefix(VARIANTS)


def _over(row: pd.Series, base: pd.Series, name: str | None) -> str:
    """Write a ratio; a dash where either side is not known."""
    if name is None or pd.isna(row[name]) or pd.isna(base[name]):
        return MISSING
    return times(row[name] / base[name])

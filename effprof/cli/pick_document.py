"""A choice among networks as JSON: what was asked, what binds, and where every network stands."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from effprof.analysis.frames import records
from effprof.analysis.picking import Choice
from effprof.core.accuracies import ACCURACIES

if TYPE_CHECKING:
    from effprof.core.runs import Run


def choice_document(run: "Run", choice: Choice) -> dict[str, object]:
    """Give the choice from one run."""
    rows = pd.concat([choice.frame, choice.apart])
    column = ACCURACIES[choice.accuracy].column
    return {
        "run": {"id": run.invocation.id, "device": run.invocation.device},
        "limits": [
            {
                "quantity": limit.name,
                "column": limit.quantity.id,
                "bound": "at most" if limit.upper else "at least",
                "value": limit.value,
            }
            for limit in choice.limits
        ],
        "sort": choice.sort,
        "accuracy": choice.accuracy,
        "memory_column": choice.memory,
        "binding": {
            name: {"missed": missed, "missed_alone": alone}
            for name, (missed, alone) in choice.binding().items()
        },
        "rows": [
            _row(row, plain) | {"quoted": bool(pd.notna(row[column]))}
            for (_, row), plain in zip(rows.iterrows(), records(rows), strict=True)
        ],
    }


def fronts_of(row: pd.Series) -> tuple[str, ...]:
    """Name the fronts that a network is on; those kept apart are on none."""
    front = row.get("front")
    return front if isinstance(front, tuple) else ()


def _row(row: pd.Series, plain: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in plain.items() if name not in ("rank",)} | {
        "missed": list(row["missed"]),
        "front": list(fronts_of(row)),
    }

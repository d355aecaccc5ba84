"""Which networks a page shows where a whole zoo was measured: those that the registry knows."""

from collections.abc import Sequence

import pandas as pd

from effprof.core.errors import BadInput
from effprof.models.registry import facts
from effprof.study.results import Result

#: Networks from which on a page shows only well-known ones: more make no table or picture that a
#: person reads to its end. `--json` and `--csv` hold all of them.
MAX_NETWORKS = 200


def well_known(rows: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Keep of a whole zoo the networks of the registry, each once per setting, and the reference.

    The first planned name and size of a network stays for every mode, batch size and
    configuration. Up to `MAX_NETWORKS` networks, and where none is known, all rows stay.
    """
    if rows["model"].nunique() <= MAX_NETWORKS:
        return rows
    titles = rows["model"].map({name: _title(name) for name in rows["model"].unique()})
    first = rows.assign(title=titles).dropna(subset="title").drop_duplicates("title")
    named = pd.MultiIndex.from_frame(first[["model", "resolution"]])
    known = pd.MultiIndex.from_frame(rows[["model", "resolution"]]).isin(named)
    if not known.any():
        return rows
    return rows[known | (rows["model"] == reference)]


def well_known_results(results: Sequence[Result], reference: str) -> tuple[Result, ...]:
    """Keep of a whole zoo the results that `well_known` keeps of its rows."""
    networks = [{"model": each.model, "resolution": each.resolution} for each in results]
    kept = well_known(pd.DataFrame(networks, columns=["model", "resolution"]), reference)
    return tuple(results[place] for place in kept.index)


def told(rows: pd.DataFrame, shown: pd.DataFrame) -> str:
    """Say how many cells are not shown; empty where all are."""
    rest = len(rows) - len(shown)
    if not rest:
        return ""
    return (
        f"Of {rows['model'].nunique()} networks only those of the registry are shown, each at its "
        f"published size; {rest} further cells are in `effprof report --csv` and `--json`."
    )


def _title(model: str) -> str | None:
    try:
        found = facts(model)
    except BadInput:  # an imported run may hold names that this version cannot read
        return None
    return None if found is None else found.title

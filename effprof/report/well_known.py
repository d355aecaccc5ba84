"""Which networks a page shows where a whole zoo was measured: those that the registry knows."""

from collections.abc import Iterable, Sequence

from effprof.core.errors import BadInput
from effprof.models.registry import facts
from effprof.study.results import Result

#: A model and its resolution.
Network = tuple[str, int]

#: Networks from which on a page shows only well-known ones: more make no table or picture that a
#: person reads to its end. `--json` and `--csv` hold all of them.
MAX_NETWORKS = 200


def well_known_results(results: Sequence[Result], reference: str) -> tuple[Result, ...]:
    """Keep of a whole zoo the results of the networks that `_kept` says."""
    kept = _kept([(each.model, each.resolution) for each in results], reference)
    return tuple(each for each in results if (each.model, each.resolution) in kept)


def told(results: Sequence[Result], shown: Sequence[Result]) -> str:
    """Say how many cells are not shown; empty where all are."""
    rest = len(results) - len(shown)
    if not rest:
        return ""
    return (
        f"Of {len({each.model for each in results})} networks only those of the registry are shown,"
        f" each at its published size; {rest} further cells are in `effprof report --csv` and "
        "`--json`."
    )


def _kept(networks: Iterable[Network], reference: str) -> set[Network]:
    """Choose of a whole zoo the networks of the registry, each once, and the reference.

    The first planned name and size of a network stays for every mode, batch size and
    configuration. Up to `MAX_NETWORKS` networks, and where none is known, all stay.
    """
    planned = dict.fromkeys(networks)
    models = {model for model, _ in planned}
    if len(models) <= MAX_NETWORKS:
        return {*planned}
    titles = {model: title for model in models if (title := _title(model)) is not None}
    first: dict[str, Network] = {}
    for model, resolution in planned:
        if model in titles:
            first.setdefault(titles[model], (model, resolution))
    if not first:
        return {*planned}
    return {*first.values(), *(each for each in planned if each[0] == reference)}


def _title(model: str) -> str | None:
    try:
        found = facts(model)
    except BadInput:  # an imported run may hold names that this version cannot read
        return None
    return None if found is None else found.title

"""What a shell completes behind `effprof`: names of suites, models and runs. None loads torch."""

from collections.abc import Iterable


def suites(incomplete: str) -> list[str]:
    """Complete the name of a packaged suite."""
    from effprof.sweep.suite import suite_names

    return _beginning(suite_names(), incomplete)


def models(incomplete: str) -> list[str]:
    """Complete the last of several models, with commas between them, by the registry."""
    from effprof.models.registry import registered

    before, comma, last = incomplete.rpartition(",")
    names = (name for facts in registered() for name in facts.names)
    known = [each for name in names for each in (name.removeprefix("timm/"), name)]
    return [f"{before}{comma}{name}" for name in _beginning(dict.fromkeys(known), last)]


def runs(incomplete: str) -> list[str]:
    """Complete the id or the tag of a run of the default store; there may be none."""
    from effprof.core.errors import EffprofError
    from effprof.store.store import LATEST, open_store

    try:
        with open_store(create=False) as store:
            found = store.runs()
    except EffprofError:
        return []
    tags = [tag for run in found for tag in run.tags]
    return _beginning([LATEST, *tags, *(run.id for run in found)], incomplete)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]

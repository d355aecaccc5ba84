"""The runs that are meant: by ids, beginnings of ids, exported files, or none named at all."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from effprof.core.runs import Run
    from effprof.store.store import Store


def load_run(text: str | None, location: str | None) -> "Run":
    """Load the run that a text names: an id, a unique beginning of one, or an exported file.

    None and "latest" are the newest run of the store at `location`. Raises `BadInput` where there
    is no such run, or none in the file, `StorageError` for a file or a store that cannot be read.
    """
    if text is not None and is_file(text):
        from effprof.store.transfer import read_run  # it loads pydantic

        return read_run(Path(text))
    from effprof.store.store import open_store  # it loads SQLAlchemy

    with open_store(location, create=False) as store:
        return store.load(store.resolve(text))


def load_runs(texts: Sequence[str], location: str | None) -> "tuple[Run, ...]":
    """Load all runs that the texts name, each once; without texts, those of `latest_runs`.

    Raises the kind of the first error, naming every text that is no run.
    """
    return tuple(load_by_text(texts, location).values()) if texts else latest_runs(location)


def load_by_text(texts: Sequence[str], location: str | None) -> "dict[str, Run]":
    """Map each text to the run it names; of texts that name the same run the first is kept.

    Raises the kind of the first error, naming every text that is no run.
    """
    from effprof.core.errors import BadInput, StorageError

    runs: dict[str, tuple[str, Run]] = {}
    problems: list[BadInput | StorageError] = []
    for text in texts:
        try:
            run = load_run(text, location)
        except (BadInput, StorageError) as error:
            problems.append(error)
        else:
            runs.setdefault(run.invocation.id, (text, run))
    if problems:
        raise type(problems[0])("\n".join(dict.fromkeys(map(str, problems))))
    return dict(runs.values())


def latest_runs(location: str | None) -> "tuple[Run, ...]":
    """Load the newest run of every device and suite that has outcomes, oldest first.

    There are none where nobody has made a store yet.
    """
    from effprof.store.store import open_store

    if not _holds_runs(location):
        return ()
    with open_store(location, create=False) as store:
        return tuple(store.load(run_id) for run_id in _latest(store))


def _latest(store: "Store") -> list[str]:
    found: dict[tuple[str, str], str] = {}
    for summary in store.runs():  # newest first
        if summary.outcomes or not summary.repeats:
            found.setdefault((summary.device, summary.suite), summary.id)
    return list(found.values())[::-1]


def _holds_runs(location: str | None) -> bool:
    from effprof.store.engine import Database, locate

    file = Database(locate(location)).file
    return file is None or file.exists()


def is_file(text: str) -> bool:
    """Tell whether a text means an exported file.

    Run ids hold no dot: a text with a suffix is meant as a file, also where there is none.
    """
    return Path(text).is_file() or bool(Path(text).suffix)

"""The weights whose accuracy is known: the packaged ones and those that people imported."""

from effprof.core.accuracies import IMAGENET
from effprof.models.weights import KnownWeights, Weights, registered_weights
from effprof.store.runs_given import is_file


def load_weights(location: str | None, run: str | None = None) -> KnownWeights:
    """Give them all; of one evaluation that several files tell, the one that was read last.

    Only the packaged ones are known where nobody has made a store yet, and for a run of a file
    where no store is named: what is said of a file is the same everywhere. Raises `StorageError`
    for a store that cannot be read.
    """
    if location is None and run is not None and is_file(run):
        return registered_weights()
    from effprof.store.engine import Database, locate  # it loads SQLAlchemy
    from effprof.store.store import open_store

    file = Database(locate(location)).file
    if file is not None and not file.exists():
        return registered_weights()
    with open_store(location, create=False) as store:
        files = store.accuracies(IMAGENET)
    return registered_weights().with_more(
        Weights(
            name=each.weights,
            resolution=each.resolution,
            top1=each.top1,
            crop=each.crop,
            interpolation=each.interpolation,
            source=file.source,
        )
        for file in files
        for each in file.evaluations
    )

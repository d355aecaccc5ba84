"""A figure as a file of its own, in the format that its name ends in."""

from pathlib import Path

from matplotlib.figure import Figure

from effprof.core.errors import StorageError


def write_figure(figure: Figure, path: Path) -> None:
    """Draw a figure into a file; raises `StorageError` where it cannot be written."""
    try:
        figure.savefig(path, format=path.suffix[1:].lower())
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error

"""Pictures that a command draws into a file of their own."""

from pathlib import Path
from typing import TYPE_CHECKING

from effprof.cli.output import note
from effprof.core.errors import StorageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: How the names of pictures end.
ENDINGS = (".png", ".svg", ".pdf")


def picture_problems(path: Path) -> list[str]:
    """Name what is wrong with the name of a picture."""
    if path.suffix.lower() in ENDINGS:
        return []
    *others, last = ENDINGS
    return [f"cannot draw {path}: give a name that ends in {', '.join(others)} or {last}"]


def require_folder(path: Path) -> None:
    """Raise `StorageError` where the folder of a picture is not there."""
    if not path.absolute().parent.is_dir():
        raise StorageError(f"no folder {path.absolute().parent}; create it, or draw elsewhere")


def write_picture(figure: "Figure", path: Path) -> None:
    """Draw a figure in the format that the name of a file ends in; raises `StorageError`."""
    try:
        figure.savefig(path, format=path.suffix[1:].lower())
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error
    note(f"drew {path}")

"""Pictures that a command draws into a file of their own."""

from pathlib import Path

from effprof.core.errors import StorageError

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

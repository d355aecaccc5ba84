"""Reports: pure rendering of stored results, and thin writing; never imports torch."""

from pathlib import Path

from effprof.core.runs import Run


def write_report(run: Run, out: Path) -> Path:
    """Write `report.md` and its pictures into the folder `out`; return the page's path.

    Raises `StorageError` where the folder cannot be made or written.
    """
    # pandas, scipy and matplotlib load with the first report, not with this package.
    from effprof.report.render import render, write

    return write(render(run), out)

"""What interactive charts are drawn from: rows of the same views as the pictures.

A row has the `batch` and the `network` it belongs to, what its chart places, and `said`, the text
that is shown when it is pointed at.
"""

from effprof.analysis.accuracy import quoted_at
from effprof.core.estimates import Estimate
from effprof.core.profiles import Profile
from effprof.core.units import estimate_text, times
from effprof.report.view import RIVALS, View, chosen
from effprof.study.results import Result

Value = str | float | int | bool | None
Row = dict[str, Value]

#: Networks besides the reference whose roles are drawn; a picture, which cannot be pointed at, has
#: fewer, the table has all.
MAX_NETWORKS = 11


def of_network(result: Result) -> Row:
    """Begin the row of a network at a batch size."""
    return {"batch": result.batch_size, "network": result.label}


def of_cell(result: Result) -> Row:
    """Begin the row of a cell, which is told when it is pointed at, with what is asked of it."""
    return of_network(result) | {"cell": result.cell.key, "facts": facts_text(result)}


def facts_text(result: Result) -> str:
    """Tell of a cell its speed with the interval, what FLOPs promise, and the quoted accuracy."""
    speed, promise = result.images_per_second, result.promise
    accuracy = quoted_at(result.model, result.resolution)
    told = (
        f"{estimate_text(speed)} images/s" if isinstance(speed, Estimate) else "",
        f"promised {times(promise)}" if isinstance(promise, float) else "",
        f"top-1 {accuracy.top1:.1f} %" if accuracy else "",
    )
    return ", ".join(filter(None, told))


def profiled(view: View) -> list[tuple[Result, Profile]]:
    """Give the profiled cells of the most telling networks at chosen batch sizes."""
    labels, sizes = view.telling(MAX_NETWORKS, RIVALS), chosen(view.batch_sizes)
    return [
        (each, profile)
        for each, profile in view.profiled
        if each.label in labels and each.batch_size in sizes
    ]

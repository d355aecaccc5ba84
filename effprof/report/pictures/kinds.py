"""The kinds of pictures of a report, and their charts."""

from effprof.core.errors import BadInput, suggestion
from effprof.report.pictures import (
    flops_beside_time,
    front,
    memory,
    predictors,
    promise,
    regimes,
    role_time,
    roofline,
    throughput,
    time_flops,
    waterfall,
)
from effprof.report.pictures.charts.chart import ChartKind

#: Every kind of picture in the order of the page; a new one is a module, and one row here.
PICTURES = (
    promise.KIND,
    waterfall.KIND,
    role_time.KIND,
    flops_beside_time.KIND,
    regimes.KIND,
    roofline.KIND,
    time_flops.KIND,
    front.KIND,
    front.TODAY_KIND,
    throughput.KIND,
    memory.KIND,
    predictors.KIND,
)

#: Every chart of the interactive page, in its order.
CHARTS = tuple(chart for picture in PICTURES for chart in picture.charts)


def chart_kind(name: str) -> ChartKind:
    """Look a kind of chart up.

    Raises `BadInput` with those there are for a name that is none.
    """
    kinds = {kind.name: kind for kind in CHARTS}
    if name not in kinds:
        raise BadInput(f"no chart {name!r}{suggestion(name, kinds)}; there are {', '.join(kinds)}")
    return kinds[name]

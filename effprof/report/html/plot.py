"""One chart of the page of a run by itself: which cells it shows, and why there may be none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from effprof.core.axes import AxisValue
from effprof.core.errors import BadInput
from effprof.core.estimates import Absent
from effprof.report.html.page import placed
from effprof.report.page import Page
from effprof.report.phrases import setting_words
from effprof.report.pictures.charts.chart import ChartKind, specification
from effprof.report.pictures.charts.filled_chart import Caption, LayerChart, filled_chart
from effprof.report.pictures.kinds import CHARTS, chart_kind
from effprof.report.pictures.row import Row
from effprof.report.pictures.views import views_of
from effprof.study.results import Result, narrowed
from effprof.study.selection import first_other
from effprof.study.setting import Setting
from effprof.study.study import Study


@dataclass(frozen=True, slots=True)
class Shown:
    """What a chart shows: rows of one setting, and the batch size and network that are chosen."""

    setting: Setting
    rows: tuple[Row, ...]
    batch: int
    network: str


def plot(study: Study, name: str, axes: Mapping[str, AxisValue]) -> LayerChart:
    """Draw one kind of chart: what the page shows first, of the cells that `axes` name.

    Raises `BadInput` for what is no kind or no axis, for cells that were not planned, and, with
    what it takes, for a chart that cannot be drawn of them.
    """
    kind = chart_kind(name)
    if "batch_size" in axes and "batch" not in kind.by:
        raise BadInput(f"{name!r} is not of one batch size; leave batch_size out")
    meant = narrowed(study.results, axes)
    shown = next(_shown(study, kind, meant), None)
    if shown is None:
        raise BadInput(_why_not(study, kind, meant))
    return filled_chart(
        specification(kind, shown.rows),
        [{each: placed(value) for each, value in row.items()} for row in shown.rows],
        {"network": shown.network, "reference": study.reference_label},
        Caption(kind.words, _of_what(study, kind, shown)),
    )


def _shown(study: Study, kind: ChartKind, meant: Iterable[Result]) -> Iterator[Shown]:
    """Yield what a kind can show of the cells that are meant, as pages prefer it."""
    page, cells = Page(study), {each.cell for each in meant}
    for setting in study.settings:
        chosen = [each for each in setting.results if each.cell in cells]
        if not chosen:
            continue
        views = views_of(page, setting, drawable=str)
        rows = tuple(kind.rows(views.everything if kind.crowd else views.well_known))
        for network, batch in product(_networks(chosen, setting.reference), _largest_first(chosen)):
            at: Row = {"batch": batch, "network": network}
            own = tuple(row for row in rows if all(row.get(by, at[by]) == at[by] for by in kind.by))
            if network in {row.get("network", network) for row in own}:
                yield Shown(setting, own, batch, network)


def _networks(results: Sequence[Result], reference: str) -> list[str]:
    """Order networks as pages do: the first that is not the reference, then as planned."""
    labels = (each.label for each in results)
    return list(dict.fromkeys([first_other(results, reference).label, *labels]))


def _largest_first(results: Iterable[Result]) -> list[int]:
    return sorted({each.batch_size for each in results}, reverse=True)


def _of_what(study: Study, kind: ChartKind, shown: Shown) -> str:
    chosen = {"batch": f"batch {shown.batch}", "network": shown.network}
    told = [setting_words(shown.setting, within=True), *(chosen[by] for by in kind.by)]
    return f"{', '.join(told)}; {study.run.invocation.device}"


def _why_not(study: Study, kind: ChartKind, meant: Sequence[Result]) -> str:
    """Say why a kind cannot be drawn, and which others can."""
    cannot = f"{kind.name!r} cannot be drawn"
    speeds = [each.images_per_second for each in meant]
    reasons = [speed.reason for speed in speeds if isinstance(speed, Absent)]
    if len(reasons) == len(speeds):
        return f"{cannot} without a valid measurement: {reasons[0]}"
    others = [each.name for each in CHARTS if next(_shown(study, each, meant), None)]
    can = f"; what can be drawn: {', '.join(others)}" if others else ""
    return f"{cannot} of these cells: it takes {kind.takes}{can}"

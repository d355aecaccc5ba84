"""What effprof can do as a library: each a call into the room that does it, loaded when it is made.

`effprof` offers these functions by name, see `docs/api.md`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeAlias, TypeVar

from effprof.core.axes import AxisValue
from effprof.core.errors import EffprofError
from effprof.models.scaling import ALPHA, BETA, GAMMA
from effprof.study.study import Study

if TYPE_CHECKING:
    from effprof.analysis.picking import Choice
    from effprof.claims.claim_verdicts import ClaimVerdict
    from effprof.core.cells import Mode
    from effprof.core.costs import StaticCost
    from effprof.models.objects import ModelObject
    from effprof.regressions.assessment import Assessment
    from effprof.regressions.comparison import RunComparison
    from effprof.report import Written
    from effprof.report.pictures.charts.filled_chart import LayerChart
    from effprof.session.profiles import Profiled
    from effprof.session.scaling import Scaled
    from effprof.store.rows import RunSummary
    from effprof.sweep.listener import Listener

    Models: TypeAlias = str | ModelObject | Iterable[str | ModelObject]

P = ParamSpec("P")
T = TypeVar("T")


def _notebook_html(study: Study) -> str:
    """Show a study in a notebook: verdict and results of its page."""
    from effprof.report.html.notebook import notebook_html

    return notebook_html(study)


# IPython and whoever follows its protocol ask the class. A study stands below the pages that show
# it and cannot name them, so whoever loads the face tells it.
Study._repr_html_ = _notebook_html


def _for_programs(function: Callable[P, T]) -> Callable[P, T]:
    """Have errors name parameters and functions, where commands have options."""

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except EffprofError as error:
            from effprof.session.wording import in_python

            error.args = (in_python(str(error)),)
            raise

    return called


@_for_programs
def run(
    suite: str | Path | None = None,
    *,
    device: str | int | None = None,
    store: str | None = None,
    listener: Listener | None = None,
    **changes: object,
) -> Study:
    """Measure a suite, a packaged one or a file, as `effprof run` does, and give its study.

    None is the suite of the device: `first` on a CPU, `paper` on a GPU. `device` is "cpu", "gpu",
    the index or the UUID of a GPU; None is the first GPU, where there is none the CPU. The run is
    kept in `store`; `listener` is told how it goes, nothing is printed.

    `changes` replace parts of the suite: `models` and the other axes by their names, a value or
    several (`batch_size=[1, 8]`); `reference` and `repeats`; how cells are measured, by the fields
    of `MeasureOptions` (`target_width`, `time_cap_seconds`, `profile`, …). `rounds` stops after so
    many repeats of each cell, `shard="1/4"` takes a part of the suite. `budget="2min"` cuts it to
    a time: fewer samples, then fewer repeats, never fewer cells; the run records what was cut.

    A cell that fails does not fail the run: the study says why. Raises `BadInput` and `NoDevice`
    before anything is measured, `StorageError` where nothing can be kept. Ctrl-C raises
    `KeyboardInterrupt` that says how to go on: what is finished is kept.
    """
    from effprof.session import program

    return program.run(suite, changes, program.Where(device, store, listener))


@_for_programs
def resume(
    run_id: str,
    models: Models | None = None,
    *,
    rounds: int | None = None,
    budget: str | float | None = None,
    store: str | None = None,
    listener: Listener | None = None,
) -> Study:
    """Measure what a run still misses, on the device that it began on.

    `run_id` is the id of the run or a beginning of it; `models` are the objects that it measures,
    for none is kept; `rounds` as in `run`, `budget` leaves out rounds. Raises `BadInput` where
    there is no such run, `NotComparable` where this is another machine or other software.
    """
    from effprof.session import program

    parts = {"rounds": rounds, "budget": budget}
    return program.resume(run_id, models, parts, program.Where(None, store, listener))


@_for_programs
def measure(
    models: Models,
    *,
    device: str | int | None = None,
    store: str | None = None,
    listener: Listener | None = None,
    **changes: object,
) -> Study:
    """Measure models as a run of their own, and give its study.

    `models` is a model or several: a name, an `nn.Module`, or a callable that makes one. All else
    is as in `run`. Axes that are not named take their defaults: one image of the native size,
    inference in fp32 on one thread. Speeds are compared with `reference`, resnet50 if it is among
    the models, else the first of them; each cell is measured in 3 fresh processes.
    """
    from effprof.session import program

    return program.measure(models, changes, program.Where(device, store, listener))


@_for_programs
def profile(
    model: str | ModelObject,
    *,
    device: str | int | None = None,
    method: str | None = None,
    trace: str | Path | None = None,
    listener: Listener | None = None,
    **axes: object,
) -> Profiled:
    """Say where the time of a step goes, by role, module and kernel. Nothing is kept.

    `axes` name the cell, one value each, as in `measure`; `allow_busy=True` accepts other programs
    beside it, `target_width`, `time_cap_seconds` and `timeout_seconds` say how the plain step is
    timed. `method` is "clock" or "profiler", None the one that fits the cell. `trace` is a file
    (`.json.gz`) for ui.perfetto.dev. Where there is no profile, `reason` says why.
    """
    from effprof.session import program

    path = None if trace is None else Path(trace)
    return program.profile(model, axes, method, path, program.Where(device, None, listener))


@_for_programs
def night(
    suite: str | Path = "nightly",
    run: str | None = None,
    *,
    device: str | int | None = None,
    store: str | None = None,
    listener: Listener | None = None,
    **changes: object,
) -> Assessment:
    """Measure a suite and say what changed since earlier nights of the store, and when.

    Cells that look changed are measured again; events are kept in the store. `changes` replace
    parts of the suite as in `run`, but take no part of it. With `run` nothing is measured: that
    stored run is judged, as the night that it was. Raises what `run` does.
    """
    from effprof.session import program

    if run is not None:
        return program.stored_night(run, store)
    return program.night(suite, changes, program.Where(device, store, listener))


@_for_programs
def pick(study: Study, sort: str = "accuracy", accuracy: str = "paper", **wanted: object) -> Choice:
    """Choose a network of a run: which ones meet limits, the front they form, and near misses.

    `wanted` are limits (`latency_ms=8, min_top1=77`; also `images_per_second`, `memory_mib`,
    `joules_per_image`) and axes that a cell must have (`batch_size=1`), `mode` is "infer" unless
    named. `sort` is accuracy, speed, memory or energy. Accuracy is quoted, never measured:
    `accuracy` is "paper" for that of the publication, "today" for that of the best weights of today
    that were trained on ImageNet-1k alone, or "more-data". Raises `BadInput` naming all that is not
    a limit, and what was not measured.
    """
    from effprof.session.choice import choose, read_wish

    return choose(study, read_wish(wanted, sort, accuracy))


@_for_programs
def scale(
    *phi: float, alpha: float = ALPHA, beta: float = BETA, gamma: float = GAMMA
) -> tuple[Scaled, ...]:
    """Scale EfficientNet-B0: depth, width, resolution, stages, parameters and MACs of each phi.

    Any number will do, a negative one shrinks; none are 0 to 7. By the bases of the paper the
    networks that were published stand beside those of the formula. Loads torch to count. Raises
    `BadInput` for what is out of range.
    """
    from effprof.session.scaling import PUBLISHED, scaled_networks

    return scaled_networks(phi or PUBLISHED, (alpha, beta, gamma))


@_for_programs
def load(run: str | Path = "latest", store: str | None = None) -> Study:
    """Load a run: an exported file, a run id, a unique beginning of one, or "latest".

    Ids are those of `store`, a file or the URL of a database; None is the store of the commands.
    Raises `BadInput` where there is no such run, or none in the file, `StorageError` for a file or
    a store that cannot be read.
    """
    from effprof.store.runs_given import load_run
    from effprof.store.weights_given import load_weights

    return Study(load_run(str(run), store), load_weights(store, str(run)))


@_for_programs
def runs(store: str | None = None) -> list[RunSummary]:
    """List the runs of a store, newest first; None is the store of the commands.

    Raises `StorageError` where there is no store, or none that can be read.
    """
    from effprof.store.store import open_store

    with open_store(store, create=False) as opened:
        return opened.runs()


@_for_programs
def cost(
    model: str | ModelObject,
    resolution: int | Sequence[int],
    mode: Mode = "infer",
    batch_size: int = 1,
    dtype: str = "float32",
) -> StaticCost:
    """Count parameters, MACs, activations and bytes of one step of a model, without a device.

    The model is a name, an `nn.Module`, or a callable that makes one. Everything is per step of the
    whole batch of square images of `resolution` pixels, which may be given as their shape instead,
    (batch, 3, H, H); `dtype` is the type of weights and images and scales the bytes. Loads torch.
    Raises `BadInput` for a name or a value that is none, and where the model does not accept such
    images.
    """
    from effprof.cost.count import count_cost

    return count_cost(model, resolution, mode, batch_size, dtype)


@_for_programs
def compare(old: Study, new: Study, across: bool = False, smallest: float = 0.03) -> RunComparison:
    """Compare two runs cell by cell: a verdict for every metric, with its interval.

    Changes of `smallest` or more, relative, are of interest. Raises `NotComparable` naming what
    differs between the machines, unless `across`: then numbers stand side by side, speeds also
    relative to the machines' own pace, without verdicts on what was measured.
    """
    from effprof.regressions.compare import compare_runs

    return compare_runs(old, new, across, smallest)


@_for_programs
def claims(*studies: Study) -> tuple[ClaimVerdict, ...]:
    """Settle every published claim on runs: supported, refuted, inconclusive or not measured.

    Runs of one device count together; without runs nothing is measured.
    """
    from effprof.claims.catalogue import CLAIMS
    from effprof.claims.claim_verdicts import settle
    from effprof.claims.evidence import evidence_of

    return settle(CLAIMS, evidence_of(studies))


@_for_programs
def plot(study: Study, kind: str, **axes: AxisValue) -> LayerChart:
    """Draw one chart of the page of a run: an Altair chart, with what it shows inside.

    `kind` is its name, such as promise, waterfall, role-time, roofline, time-flops, front,
    throughput, memory or predictors; a name that is none is answered with all there are. `axes`
    name the cells, as in `Study.result`: the way of running (`mode="train"`,
    `precision="amp-fp16"`), and for a chart of one batch size or one network which one
    (`batch_size=1`, `model="efficientnet_b0"`); where a chart has all networks the one that is
    named stands out. What is left open is as the page shows it first: the first way of running, the
    largest batch, the first network that is not the reference, of those that the chart can be drawn
    of.

    Raises `BadInput` for an unknown kind or cell; where the chart cannot be drawn of
    this run it says what that takes, and which charts can.
    """
    from effprof.report.html.plot import plot as drawn

    return drawn(study, kind, axes)


@_for_programs
def report(study: Study, out: str | Path) -> Written:
    """Write the page of a run as Markdown with pictures, and as HTML, into the folder `out`.

    Gives the paths of both. Raises `StorageError` where the folder cannot be made or written.
    """
    from effprof.report import write_report

    return write_report(study, Path(out))


@_for_programs
def write_up(studies: Iterable[Study], out: str | Path) -> Path:
    """Write up what runs say together into the Markdown file `out`, without a page for each.

    Gives the path. Raises `StorageError` where the file cannot be written.
    """
    from effprof.report.writeup.render import render_writeup, write_writeup
    from effprof.report.writeup.source import Source

    sources = [Source(study, origin=study.run.invocation.id) for study in studies]
    path = Path(out)
    write_writeup(render_writeup(sources), path)
    return path

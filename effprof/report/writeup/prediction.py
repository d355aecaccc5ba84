"""Do FLOPs predict time: over all networks of a run, and for the subject."""

from collections.abc import Iterator

from effprof.analysis.loglog import MIN_NETWORKS
from effprof.core.units import estimate_text, times
from effprof.report.findings import sentences
from effprof.report.scene import Scene
from effprof.report.writeup.book import Book, Chapter, realised, title
from effprof.study.findings import costs_predict, flops_predict
from effprof.study.flops_line import zoos

_LEGEND = (
    "Over many networks: how much of the spread of the times FLOPs explain (R² of the logarithms; "
    "1 is all of it), and how much of ten times the FLOPs arrives as time. FLOPs may rank "
    "networks well and still exaggerate what a small one saves."
)


def predictions(book: Book) -> list[str]:
    """Tell for each device and way of running whether FLOPs predict time."""
    return [
        f"{chapter.where(scene).partition(', ')[0]}: {line}"
        for chapter, scene in book.scenes()
        for line in sentences(flops_predict(scene.told), chapter.page)
    ]


def do_flops_predict(book: Book) -> str:
    """Tell whether FLOPs predict time, what predicts it better, and where the subject stands."""
    parts = []
    for chapter, scene in book.scenes():
        lines = [
            *sentences(flops_predict(scene.told), chapter.page),
            *_expected(chapter, scene),
            *sentences(costs_predict(scene.told), chapter.page),
        ]
        if lines:
            parts += [f"{chapter.where(scene)}, run {chapter.linked}:"]
            parts += ["\n".join(f"- {line}" for line in lines)]
            parts += chapter.pictures("time-flops", scene)
    if not parts:
        return f"It takes {MIN_NETWORKS} networks of one run to tell: `effprof run cpu --cpu`."
    return "\n\n".join((_LEGEND, *parts))


def _expected(chapter: Chapter, scene: Scene) -> Iterator[str]:
    """Compare the subject with the straight line of all networks."""
    own = scene.subject
    for zoo in zoos(scene.told):
        for _, row in own[own["batch_size"] == zoo.batch_size].iterrows():
            line = zoo.line
            told = row["promise"] ** line.slope
            low, high = told / line.scatter, told * line.scatter
            apart = row["realised_high"] < low or high < row["realised_low"]
            yield (
                f"By that line {times(row['promise'])} fewer FLOPs than {chapter.reference} are "
                f"{times(told)} the speed, between {times(low)} and {times(high)} for 95 of 100 "
                f"networks; {title(row)} is {estimate_text(realised(row), 'x')} as fast, "
                f"{'outside' if apart else 'within'} that scatter."
            )

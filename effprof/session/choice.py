"""A choice among the networks of a run: what is asked for, checked before the run is read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, cast

from effprof.core.accuracies import ACCURACIES, AccuracyKind
from effprof.core.axes import AXES, AxisValue
from effprof.core.errors import BadInput, suggestion
from effprof.core.quantities import LIMITED, Limited

if TYPE_CHECKING:
    import pandas as pd

    from effprof.analysis.picking import Choice
    from effprof.study.study import Study

#: The word for a limit -> how it is limited.
LIMITS: Mapping[str, Limited] = {
    name: each.limit for name, each in LIMITED.items() if each.limit is not None
}

#: The word for a limit -> the name by which a program or an option gives its value.
OPTIONS = {name: each.flag.lstrip("-").replace("-", "_") for name, each in LIMITS.items()}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a network is chosen by. Raises `BadInput` naming every limit and order that is none.

    `limits` hold a value by the word for a limit, in the unit of its option; `axes` the value of an
    axis that a cell must have; `sort` says which network comes first, and `accuracy` which of its
    accuracies that and the limit are about.
    """

    limits: Mapping[str, float] = field(default_factory=dict)
    axes: Mapping[str, AxisValue] = field(default_factory=dict)
    sort: str = "accuracy"
    accuracy: AccuracyKind = "paper"

    def __post_init__(self) -> None:
        """Refuse what cannot be meant, all of it at once."""
        problems = [*_bad_numbers(self.limits), *_bad_sort(self.sort)]
        problems += _bad_accuracy(self.accuracy)
        if problems:
            raise BadInput("\n".join(problems))


def read_wish(wanted: Mapping[str, object], sort: str, accuracy: str = "paper") -> Wish:
    """Read what a program wishes, limits and axes by name; inference unless it names the mode.

    Raises `BadInput` for every name that is neither, and every value that is none.
    """
    words = {name: word for word, name in OPTIONS.items()}
    axes = {name: axis for name, axis in AXES.items() if name != "model"}
    problems, limits, cells = list[str](), dict[str, float](), dict[str, AxisValue]()
    for name, value in ({"mode": "infer"} | dict(wanted)).items():
        if name in axes:
            try:
                cells[name] = axes[name].read(str(value))
            except BadInput as error:
                problems.append(f"{name}: {error}")
        elif name not in words:
            problems.append(f"no limit or axis {name!r}{suggestion(name, [*words, *axes])}")
        elif isinstance(value, Real):
            limits[words[name]] = float(value)
        else:
            problems.append(f"{name}: {value!r} is not a number")
    if problems:
        raise BadInput("\n".join(problems))
    return Wish(limits, cells, sort, cast(AccuracyKind, accuracy))


def choose(study: "Study", wish: Wish) -> "Choice":
    """Rank the networks of a run by how they meet the limits, then in the order that is wished.

    Raises `BadInput` where the run holds no valid measurement, none with the values of the axes, or
    none of the energy to sort by.
    """
    # Loads pandas.
    from effprof.analysis.picking import Limit, pick

    run_id = study.run.invocation.id
    if study.candidates.empty:
        raise BadInput(f"run {run_id} has no valid measurement to choose from")
    cells = _of_one_policy(_narrowed(study.candidates, wish.axes))
    if wish.sort == "energy" and cells["joules_per_image"].isna().all():
        raise BadInput(f"--sort energy: run {run_id} holds no energy of these cells")
    limits = [
        Limit(name, value * LIMITS[name].unit, wish.accuracy) for name, value in wish.limits.items()
    ]
    return pick(cells, limits, wish.sort, wish.accuracy)


def _of_one_policy(cells: "pd.DataFrame") -> "pd.DataFrame":
    """Keep the cells of the first policy of the allocator: it would decide between networks."""
    return cells[cells["allocator"] == cells["allocator"].iloc[0]]


def _bad_numbers(limits: Mapping[str, float]) -> list[str]:
    return [
        f"{limit.flag} is {value:g}; give a number above 0"
        + (f", at most {limit.highest:g}" if math.isfinite(limit.highest) else "")
        for limit, value in ((LIMITS[name], value) for name, value in limits.items())
        if not (math.isfinite(value) and 0 < value <= limit.highest)
    ]


def _bad_sort(sort: str) -> list[str]:
    # Loads pandas.
    from effprof.analysis.picking import SORTS

    if sort in SORTS:
        return []
    return [f"--sort {sort!r} is not one of {', '.join(SORTS)}{suggestion(sort, SORTS)}"]


def _bad_accuracy(accuracy: str) -> list[str]:
    if accuracy in ACCURACIES:
        return []
    hint = suggestion(accuracy, ACCURACIES)
    return [f"--accuracy {accuracy!r} is not one of {', '.join(ACCURACIES)}{hint}"]


def _narrowed(frame: "pd.DataFrame", asked: Mapping[str, AxisValue]) -> "pd.DataFrame":
    """Keep the cells with the values asked for; every value that nobody measured is named."""
    problems = []
    for name, value in asked.items():
        there = sorted(frame[name].unique().tolist())
        if value not in there:
            flag = f"--{name.replace('_', '-')}"
            problems.append(
                f"{flag} {value}: not measured in this run; measured: {', '.join(map(str, there))}"
            )
        frame = frame[frame[name] == value] if value in there else frame
    if problems:
        raise BadInput("\n".join(problems))
    if frame.empty:
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in asked.items())
        raise BadInput(f"no cell of this run has {told} together")
    return frame

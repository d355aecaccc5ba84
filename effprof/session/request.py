"""A request: what is to be measured, where, and how that differs from what a suite says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from effprof.core.axes import AxisValue
from effprof.core.durations import read_duration
from effprof.core.errors import BadInput
from effprof.models.objects import Sent
from effprof.sweep.plan import Asked
from effprof.sweep.suite import Suite, apply_overrides


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be measured: a suite, what to change in it, and on which device.

    Without a suite the default one of the device is taken. `axes` replace axes of the suite by
    name, `changes` fields of it, `options` fields of how it measures. `rounds` ends the sweep after
    so many repeats of each cell, `budget` cuts it to so many seconds. `resume` names a run, by its
    id or a beginning of it, to be gone on with: a suite beside it must be that of the run.
    `objects` are models that are no names.
    """

    asked: Asked
    suite: Suite | None = None
    axes: Mapping[str, tuple[AxisValue, ...]] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    rounds: int | None = None
    resume: str | None = None
    objects: Sent = field(default_factory=Sent)
    budget: float | None = None

    def __post_init__(self) -> None:
        """Refuse a budget beside what it would make no sense of."""
        if self.budget is not None and self.rounds is not None:
            raise BadInput("--budget and --rounds both say when to stop; give one of them")
        if self.budget is not None and self.asked.shard is not None:
            raise BadInput("--budget would cut each shard in another way; give --repeats instead")

    @property
    def names_suite(self) -> bool:
        """Whether anything says what to sweep, beside a run to be resumed."""
        return bool(self.suite or self.axes or self.changes or self.options or self.asked.shard)

    def changed(self, suite: Suite) -> Suite:
        """Change what is asked for in a suite."""
        options = replace(suite.options, **self.options)
        return replace(apply_overrides(suite, self.axes), options=options, **self.changes)


def read_shard(text: str) -> tuple[int, int]:
    """Read which part of a suite is meant; raises `BadInput` for what is no part.

    >>> read_shard("1/4")
    (1, 4)
    """
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise BadInput(f"--shard {text!r}: give I/N with I from 1 to N, such as 1/4")
    return int(match[1]), int(match[2])


def read_budget(text: str) -> float:
    """Read the seconds that measuring may take; raises `BadInput` for what is no duration."""
    try:
        return read_duration(text)
    except BadInput as error:
        raise BadInput(f"--budget: {error}") from None

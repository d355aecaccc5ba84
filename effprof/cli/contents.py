"""The commands in the order of a journey, each with an example and the statuses it exits with."""

from collections.abc import Mapping
from dataclasses import dataclass

#: Exit status -> what it means, wherever it is used (the measuring standard's table).
STATUSES: Mapping[int, str] = {
    0: "done",
    2: "the request cannot be carried out; nothing was run",
    3: "a cell failed by accident, or its samples are invalid",
    4: "what --fail-on names was found",
    5: "what was asked to be joined or compared differs",
    74: "a store or a file cannot be read or written",
    75: "the device asked for is not there",
    130: "interrupted; finished cells are kept",
}

#: Every command may end with these.
_ALWAYS = (0, 2)

#: Those of commands that measure, and of those that read stored runs.
_MEASURES = (3, 74, 75, 130)
_READS = (74,)


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: the part of the journey it belongs to, an example, and its further statuses."""

    name: str
    part: str
    example: str
    exits: tuple[int, ...] = ()

    @property
    def epilog(self) -> str:
        """What its help ends with; the marks keep the lines as they are."""
        exits = "\n".join(
            f"  {status:>3}  {STATUSES[status]}" for status in (*_ALWAYS, *self.exits)
        )
        return f"\b\nExample:\n  {self.example}\n\n\b\nExit status:\n{exits}"


#: The table of contents: a command is a row, and a module of `effprof.cli` with a function, both of
#: its name (dashes become underscores). Modules must stay light: they import heavy libraries inside
#: the command.
CONTENTS: tuple[Entry, ...] = (
    Entry("run", "Measure", "effprof run --cpu", (*_MEASURES, 5)),
    Entry("profile", "Measure", "effprof profile efficientnet_b0 --compare resnet50", _MEASURES),
    Entry(
        "nightly", "Measure", "effprof nightly nightly --cpu --fail-on regression", (*_MEASURES, 4)
    ),
    Entry(
        "pick", "Decide", "effprof pick --latency-ms 30 --min-top1 77 --batch-size 1", (4, *_READS)
    ),
    Entry("compare", "Decide", "effprof compare before latest --fail-on regression", (4, 5, 74)),
    Entry("claims", "Decide", "effprof claims latest", _READS),
    Entry("report", "Look", "effprof report latest --out pages", _READS),
    Entry("runs", "Look", "effprof runs latest --tag before", _READS),
    Entry("models", "Look", "effprof models 'resnet*'"),
    Entry("suites", "Look", "effprof suites"),
    Entry("cost", "Look", "effprof cost efficientnet_b0 resnet50"),
    Entry("scale", "Look", "effprof scale 0 1 2 --picture grown.png", _READS),
    Entry("events", "Manage", "effprof events --state new", _READS),
    Entry("export", "Manage", "effprof export latest run.jsonl.gz", _READS),
    Entry("import", "Manage", "effprof import run.jsonl.gz", _READS),
    Entry("writeup", "Manage", "effprof writeup run.jsonl.gz --out writeup.md", _READS),
    Entry("doctor", "Manage", "effprof doctor", _READS),
)

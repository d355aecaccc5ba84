"""What makes the samples of a cell unbelievable: one sentence for each trouble, with what to do."""

from collections.abc import Mapping
from typing import Literal

from effprof.core.reasons import Reason, reason_of

TroubleId = Literal[
    "waited",
    "starved",
    "foreign_load",
    "page_faults",
    "throttled",
    "foreign_processes",
    "recompiled",
]
Trouble = Reason[TroubleId]

#: Trouble -> its sentence, which is kept with the measurement.
SENTENCES: Mapping[TroubleId, str] = {
    "waited": "contended: {share:.0%} of the steps waited for a core;"
    " close other programs or use fewer threads than cores",
    "starved": "contended: the worker had only {share:.0%} of its CPU time;"
    " close other programs or use fewer threads than cores",
    "foreign_load": "contended: other processes kept {cores:.2f} cores busy;"
    " close them, or accept them with --allow-busy",
    "page_faults": "page faults: {faults:.0f} per timed step, about {share:.0%} of its time;"
    " the allocator gives memory back between steps",
    "throttled": "throttled: {causes}; cool the device or lower its power draw",
    "foreign_processes": "busy: {count} other process(es) on this GPU;"
    " stop them, or accept them with --allow-busy",
    "recompiled": "recompiled {count} times in the timed window",
}

#: Troubles that others make by using the machine too: `--allow-busy` turns them into notes.
OF_OTHERS: frozenset[TroubleId] = frozenset(
    {"waited", "starved", "foreign_load", "foreign_processes"}
)

#: Those of a CPU that a step's own clocks tell apart from the step: its samples become rough.
ROUGH: frozenset[TroubleId] = frozenset({"waited", "starved", "foreign_load"})


def trouble(kind: TroubleId, **values: object) -> Trouble:
    """Say what is wrong, filled with its values."""
    return reason_of(SENTENCES, kind, **values)

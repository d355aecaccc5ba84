"""The formats of files that are imported: who reads them, and what pages say of their numbers.

Adding a format is one row here and one file in `effprof.store` that reads it.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name as an option, and its reader as `module:function` from a path.

    `method` stands in the place of a method version in the fingerprint of its runs; empty where
    a sweep took the numbers. Then pages say how they were taken: `taken` in the scope, `explained`
    as the method. `published` numbers were taken by others, who gave no samples; `author` names
    them as claims do that they make. `told` is the class, as `module:name`, of what people tell
    where files of this format do not. `holds` says what a file is: a run, or accuracies of weights.
    """

    name: str
    reader: str
    method: str = ""
    taken: str = ""
    explained: str = ""
    published: bool = False
    author: str = ""
    told: str = ""
    holds: Literal["run", "accuracies"] = "run"


EXPORT = Format("effprof", "effprof.store.transfer:read_run")

BENCHMARK = Format(
    "pytest-benchmark",
    "effprof.store.pytest_benchmark:read_pytest_benchmark",
    method="pytest-benchmark 1",
    taken="Imported from pytest-benchmark: one process; brackets are 95 % intervals",
    explained="Imported from pytest-benchmark: one process, every call timed there as its "
    "options say. The intervals are those of medians within that process, which are too "
    "narrow.",
)

TIMM = Format(
    "timm-benchmark",
    "effprof.store.timm_benchmark:read_timm_benchmark",
    method="timm-benchmark 1",
    taken="Published by timm: one mean step time per network and no samples, so no intervals",
    explained="Published by timm, not measured here: of every network one process, the mean of "
    "the steps that it timed. Without samples no interval can be given, and nothing tells how "
    "steady the machine was. Batches differ: timm takes a smaller one where the largest fails. "
    "Parameters, MACs and activations are those of the file, rounded to two decimals of M, G "
    "and M: of a small network the promise is coarse.",
    published=True,
    author="timm",
    told="effprof.store.timm_origin:Told",
)

ACCURACY = Format(
    "timm-accuracy",
    "effprof.store.timm_accuracy:read_timm_accuracy",
    published=True,
    told="effprof.store.timm_accuracy:Told",
    holds="accuracies",
)

#: Every format by name.
FORMATS: dict[str, Format] = {each.name: each for each in (EXPORT, BENCHMARK, TIMM, ACCURACY)}

#: Those whose numbers no sweep took, by their method.
IMPORTED: dict[str, Format] = {each.method: each for each in FORMATS.values() if each.method}

"""Accuracies that others give: which ones there are, of what data, and in which file they stand.

Nothing of it is ever measured here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

#: Which accuracy of a network is meant.
AccuracyKind = Literal["paper", "today", "more-data"]

#: What was evaluated on: the id as an option -> its name, and the name of timm's file of it.
DataSetId = Literal[
    "imagenet",
    "imagenet-real",
    "imagenet-a",
    "imagenet-a-clean",
    "imagenet-r",
    "imagenet-r-clean",
    "imagenetv2",
    "sketch",
]
DATA_SET_IDS: tuple[DataSetId, ...] = get_args(DataSetId)

#: The only one whose top-1 is that of papers and of `effprof pick`.
IMAGENET: DataSetId = "imagenet"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One of the accuracies that a network has: the column of its top-1, and whose it is.

    `size` is the column that says whether a cell was run at the size of the evaluation; further
    columns begin with `column`: `_resolution`, `_source` and `_weights`. `meaning` continues "top-1
    of"; `more_data` says whether weights count that saw other data than ImageNet-1k, and is None
    where the publication is quoted.
    """

    column: str
    size: str
    meaning: str
    more_data: bool | None = None


#: Every accuracy by the word for it; the first is the default. A new one is a row here and in
#: `effprof.core.quantities`.
ACCURACIES: Mapping[AccuracyKind, Accuracy] = {
    "paper": Accuracy("top1", "same_size", "the publication"),
    "today": Accuracy(
        "top1_today",
        "top1_today_same_size",
        "the best weights of today trained on ImageNet-1k alone",
        more_data=False,
    ),
    "more-data": Accuracy(
        "top1_more_data",
        "top1_more_data_same_size",
        "the best weights of today, whatever data trained them",
        more_data=True,
    ),
}


@dataclass(frozen=True, slots=True)
class DataSet:
    """Images that weights were evaluated on: their name, and that of timm's file about them."""

    title: str
    file: str


DATA_SETS: Mapping[DataSetId, DataSet] = {
    "imagenet": DataSet("ImageNet-1k validation", "results-imagenet.csv"),
    "imagenet-real": DataSet("ImageNet-1k validation, ReaL labels", "results-imagenet-real.csv"),
    "imagenet-a": DataSet("ImageNet-A", "results-imagenet-a.csv"),
    "imagenet-a-clean": DataSet(
        "ImageNet-1k validation, the 200 classes of ImageNet-A", "results-imagenet-a-clean.csv"
    ),
    "imagenet-r": DataSet("ImageNet-R", "results-imagenet-r.csv"),
    "imagenet-r-clean": DataSet(
        "ImageNet-1k validation, the 200 classes of ImageNet-R", "results-imagenet-r-clean.csv"
    ),
    "imagenetv2": DataSet(
        "ImageNetV2, matched frequency", "results-imagenetv2-matched-frequency.csv"
    ),
    "sketch": DataSet("ImageNet-Sketch", "results-sketch.csv"),
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a file tells of weights that anybody can load.

    `weights` as timm names them, `resnet50.a1_in1k`; `resolution` in pixels; `top1` and `top5` in
    per cent; `crop` is the share of the resized image's side that was cropped. `parameters` are
    rounded to ten thousand.
    """

    weights: str
    resolution: int
    top1: float
    top5: float
    parameters: int
    crop: float
    interpolation: str


@dataclass(frozen=True, slots=True)
class AccuracyFile:
    """A file of evaluations: its name, the data that it is of, when it was read (UTC, ISO 8601).

    `git_object` is the hash of its content as git names it, so that `git log --find-object` leads
    from it to the commit.
    """

    name: str
    git_object: str
    data_set: DataSetId
    read_at: str
    evaluations: tuple[Evaluation, ...]

    @property
    def source(self) -> str:
        """The file in words, as pages quote it."""
        return source_of(self.name, self.git_object, f"read {self.read_at[:10]}")


def source_of(file: str, git_object: str, told: str) -> str:
    """Name a file of evaluations so that anybody can find it.

    >>> source_of("results-imagenet.csv", "a4e4627d6aa329e39354", "read 2026-11-27")
    'results-imagenet.csv (git object a4e4627d6aa3, read 2026-11-27)'
    """
    return f"{file} (git object {git_object[:12]}, {told})"

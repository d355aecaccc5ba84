"""Accuracies from the files that timm publishes of its weights (`results/results-*.csv`).

A file is read whole or not at all: one row that is wrong refuses it.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
)

from effprof.core.accuracies import DATA_SETS, AccuracyFile, DataSetId, Evaluation
from effprof.core.errors import BadInput, suggestion
from effprof.store.timm_tables import TextTable, explain, read_content, read_table

#: What the files are, in messages.
KIND = "accuracy file of timm"

#: How far accuracy and error may be from 100 per cent together: both are rounded to a thousandth.
ROUNDING = 0.0015

#: The largest crop that is believed; above 1 the image is padded.
MAX_CROP = 2.0

#: Names of columns that early files write otherwise.
SLIPS = {"cropt_pct": "crop_pct"}

_PerCent = Annotated[float, Field(ge=0, le=100)]
_Thousands = Annotated[PositiveFloat, BeforeValidator(lambda text: text and text.replace(",", ""))]


@dataclass(frozen=True, slots=True)
class Told:
    """What people tell of a file whose name does not: the id of its data set."""

    data_set: str | None = None


class Row(BaseModel):
    """One evaluation as the file writes it: per cent, pixels, parameters in millions."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)

    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]+$")]
    img_size: PositiveInt
    top1: _PerCent
    top1_err: _PerCent
    top5: _PerCent
    top5_err: _PerCent
    param_count: _Thousands
    crop_pct: Annotated[float, Field(gt=0, le=MAX_CROP)]
    interpolation: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_\-]*$")]

    @property
    def contradiction(self) -> str:
        """Say which of its numbers cannot hold together; empty where they can."""
        for name, right, wrong in (
            ("top1", self.top1, self.top1_err),
            ("top5", self.top5, self.top5_err),
        ):
            if abs(right + wrong - 100) > ROUNDING:
                return f"{name} {right:g} and {name}_err {wrong:g} are {right + wrong:g}, not 100"
        if self.top5 < self.top1:
            return f"top5 {self.top5:g} is below top1 {self.top1:g}"
        return ""

    @property
    def evaluation(self) -> Evaluation:
        """The same as it is kept."""
        return Evaluation(
            weights=self.model,
            resolution=self.img_size,
            top1=self.top1,
            top5=self.top5,
            parameters=round(self.param_count * 1e6),
            crop=self.crop_pct,
            interpolation=self.interpolation,
        )


def read_timm_accuracy(path: Path, told: Told | None = None) -> AccuracyFile:
    """Read an accuracy file of timm; a data set that is `told` wins over what its name says.

    Columns of differences to another file are left out. Raises `BadInput` naming the file with
    every line and column that is wrong, or what is needed, `StorageError` when it cannot be read.
    """
    content = read_content(path)
    data_set = _data_set(path.name, told or Told())
    table = read_table(path, content, KIND)
    return AccuracyFile(
        name=path.name,
        git_object=git_object(content),
        data_set=data_set,
        read_at=datetime.now(UTC).isoformat(timespec="seconds"),
        evaluations=tuple(row.evaluation for row in _rows(table)),
    )


def git_object(content: bytes) -> str:
    """Hash a content as git does.

    >>> git_object(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    head = f"blob {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()


def _data_set(name: str, told: Told) -> DataSetId:
    by_file = {each.file: key for key, each in DATA_SETS.items()}
    known = told.data_set or by_file.get(name)
    if known is None:
        raise BadInput(
            f"{name}: --data-set is needed: the file's name does not tell what was evaluated on;"
            f" one of {', '.join(DATA_SETS)}"
        )
    found = next((key for key in DATA_SETS if key == known), None)
    if found is None:
        hint = suggestion(known, DATA_SETS)
        raise BadInput(f"{name}: --data-set: {known!r} is not one of {', '.join(DATA_SETS)}{hint}")
    return found


def _rows(table: TextTable) -> list[Row]:
    """Read every row. Raises `BadInput` with every problem, line by line."""
    names = [SLIPS.get(name, name) for name in table.names]
    if absent := [name for name in Row.model_fields if name not in names]:
        raise table.refusal([f"line 1: no column {name}" for name in absent])
    rows: list[Row] = []
    problems: list[str] = []
    seen: dict[tuple[str, int, float], int] = {}
    for number, texts in table.lines:
        try:
            row = Row.model_validate(dict(zip(names, texts.values(), strict=True)))
        except ValidationError as error:
            problems += [f"line {number}: {text}" for text in explain(error)]
            continue
        first = seen.setdefault((row.model, row.img_size, row.crop_pct), number)
        if row.contradiction:
            problems.append(f"line {number}: {row.model}: {row.contradiction}")
        elif first != number:
            at = f"{row.img_size} px, crop {row.crop_pct:g}"
            problems.append(
                f"line {number}: {row.model} at {at} is there twice, first in line {first}"
            )
        rows.append(row)
    if problems or not rows:
        raise table.refusal(problems or ["line 2: missing; there is no network in it"])
    return rows

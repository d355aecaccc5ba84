"""The rows of timm's benchmark files, read whole and checked whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
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

from effprof.core.cells import MODES, Mode
from effprof.store.timm_tables import TextTable, explain, read_table

#: What the files are, in messages.
KIND = "benchmark file of timm"

#: How far images/s may be from batch / step time. Published training files are up to 2.02 % apart
#: (efficientnetv2_xl): images/s there also counts what stands between the steps.
MAX_CONTRADICTION = 0.03

#: Half of the last digit of images/s, which the files round to two decimals.
_ROUNDING = 0.005

_Untold = Annotated[PositiveFloat | None, BeforeValidator(lambda text: text or None)]


class Row(BaseModel):
    """One network; the names are those of the columns without the prefix `infer_` or `train_`.

    `step_time` is in ms per batch, `param_count` in millions; `gmacs` (1e9 multiply-accumulates)
    and `macts` (1e6 activations) belong to one image and are None where they were not counted.
    """

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)

    model: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.\-]+$")]
    img_size: PositiveInt
    samples_per_sec: PositiveFloat
    step_time: PositiveFloat
    batch_size: PositiveInt
    param_count: PositiveFloat
    gmacs: _Untold = None
    macts: _Untold = None

    @property
    def contradiction(self) -> str:
        """Say how images/s and step time disagree; empty where they agree."""
        expected = self.batch_size / self.step_time * 1000
        if abs(expected - self.samples_per_sec) <= MAX_CONTRADICTION * expected + _ROUNDING:
            return ""
        return (
            f"{self.samples_per_sec:g} images/s contradict a batch of {self.batch_size} in "
            f"{self.step_time:g} ms, which is {expected:.2f}"
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A benchmark file, whose columns are named for the modes that it is of."""

    table: TextTable

    @property
    def modes(self) -> tuple[Mode, ...]:
        """The modes that the file holds step times of."""
        return tuple(mode for mode in MODES if _column("step_time", mode) in self.table.names)

    def unmeasured(self, mode: Mode) -> tuple[str, ...]:
        """Name the networks whose row tells no speed: timm lists those that failed, too."""
        return tuple(
            texts.get("model", "") for _, texts in self.table.lines if _tells_no_speed(texts, mode)
        )

    def rows(self, mode: Mode) -> tuple[tuple[int, Row], ...]:
        """Read the columns of one mode of the rows that tell a speed.

        Raises `BadInput` with every problem, line by line.
        """
        if absent := [name for name in _columns(mode) if name not in self.table.names]:
            raise self.table.refusal([f"line 1: no column {name}" for name in absent])
        rows: list[tuple[int, Row]] = []
        problems: list[str] = []
        for number, texts in self.table.lines:
            if _tells_no_speed(texts, mode):
                continue
            try:
                row = Row.model_validate({n: texts.get(_column(n, mode)) for n in Row.model_fields})
            except ValidationError as error:
                told = explain(error, partial(_column, mode=mode))
                problems += [f"line {number}: {text}" for text in told]
                continue
            if row.contradiction:
                problems.append(f"line {number}: {row.model}: {row.contradiction}")
            rows.append((number, row))
        if problems or not rows:
            raise self.table.refusal(problems or ["line 2: missing; there is no network in it"])
        return tuple(rows)


def read_sheet(path: Path, content: bytes) -> Sheet:
    """Split the content of a file into rows. Raises `BadInput` where it is no such table."""
    sheet = Sheet(read_table(path, content, KIND))
    if not sheet.modes:
        wanted = " or ".join(_column("step_time", mode) for mode in MODES)
        raise sheet.table.refusal([f"line 1: no column {wanted}"])
    return sheet


#: Columns that are named alike for both modes.
_SHARED = frozenset({"model", "param_count"})


def _column(name: str, mode: Mode) -> str:
    return name if name in _SHARED else f"{mode}_{name}"


def _tells_no_speed(texts: Mapping[str, str], mode: Mode) -> bool:
    """Whether all that would tell a speed is empty; a part of it alone is an error."""
    told = (texts.get(_column(name, mode)) for name in ("samples_per_sec", "step_time"))
    return not any(told) and not texts.get(_column("batch_size", mode))


def _columns(mode: Mode) -> list[str]:
    required = (name for name, field in Row.model_fields.items() if field.is_required())
    return [_column(name, mode) for name in required]

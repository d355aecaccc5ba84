"""Nouns to JSON and back: strict about names and types, exact for floats, no NaN."""

import json
import struct
from collections.abc import Hashable
from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic_core import to_jsonable_python

from effprof.core.outcomes import Measurement, Timing

Noun = TypeVar("Noun")

#: The series of a `Timing` that are kept as packed samples rather than in its document.
SAMPLE_KINDS: tuple[str, ...] = tuple(
    field.name for field in fields(Timing) if field.type == tuple[float, ...]
)

_FLOAT64 = "d"


class Strict(BaseModel):
    """Base of whatever is decoded: no conversions, no unknown or missing fields, no NaN.

    The configuration reaches the dataclasses inside, which know nothing of pydantic.
    """

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


def encode(noun: object) -> str:
    """Write a noun, or any pydantic model, as one line of JSON.

    Floats keep every bit. Lone surrogates, which are not text, become question marks.
    """
    plain = to_jsonable_python(noun)
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace").decode()


def decode(kind: type[Noun], text: str) -> Noun:
    """Read a noun of `kind` back. Raises `pydantic.ValidationError`."""
    box = _box(cast(Hashable, kind)).model_validate_json(f'{{"value":{text}}}')
    noun: Noun = getattr(box, "value")  # noqa: B009  # the box is made at run time
    return noun


def normalise(noun: Noun) -> Noun:
    """Return `noun` as it will be read back; refuses what could not be.

    Raises `ValueError` naming the field that holds NaN, infinity or a wrong type.
    """
    return decode(type(noun), encode(noun))


def explain(error: ValidationError, outer: int = 1) -> str:
    """Name the first field that is wrong and how; `outer` leading parts of its path are ours."""
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"][outer:])
    more = error.error_count() - 1
    rest = f" (and {more} more)" if more else ""
    return f"{path}: {first['msg']}{rest}" if path else f"{first['msg']}{rest}"


def split_samples(measurement: Measurement) -> tuple[Measurement, dict[str, tuple[float, ...]]]:
    """Take the raw samples, by kind, out of a measurement."""
    timing = measurement.timing
    samples = {kind: getattr(timing, kind) for kind in SAMPLE_KINDS}
    empty = dict.fromkeys(SAMPLE_KINDS, ())
    return replace(measurement, timing=replace(timing, **empty)), samples  # type: ignore[arg-type]


def join_samples(measurement: Measurement, samples: dict[str, tuple[float, ...]]) -> Measurement:
    """Put the samples back; the inverse of `split_samples`."""
    timing = replace(measurement.timing, **samples)  # type: ignore[arg-type]  # names of its fields
    return replace(measurement, timing=timing)


def pack(samples: tuple[float, ...]) -> bytes:
    """Eight little-endian bytes per sample.

    >>> unpack(pack((0.1, 2.5e-9)))
    (0.1, 2.5e-09)
    """
    return struct.pack(f"<{len(samples)}{_FLOAT64}", *samples)


def unpack(packed: bytes) -> tuple[float, ...]:
    """Read packed samples back. Raises `struct.error` where bytes are missing."""
    return struct.unpack(f"<{len(packed) // struct.calcsize(_FLOAT64)}{_FLOAT64}", packed)


@cache
def _box(kind: Hashable) -> type[Strict]:
    return create_model("Box", __base__=Strict, value=(cast(Any, kind), ...))

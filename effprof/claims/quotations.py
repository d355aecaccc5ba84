"""What published measurements say about claims, read back from `effprof claims --json`.

Tables of others are not ours to publish again; the estimates that their numbers allow are quoted
with their origin instead. Thresholds are those of today: only estimates are taken over.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from effprof.claims.claim import Answer, Claim, Part
from effprof.claims.claim_verdicts import Quoted
from effprof.claims.evidence import DeviceKind
from effprof.claims.old_sentences import OLD_SENTENCES
from effprof.core.errors import BadInput, StorageError
from effprof.core.estimates import Estimate, Method
from effprof.core.formats import FORMATS

#: What estimates of others rest on -> how their interval was found, for documents of before
#: estimates named their method. A claim that has a way of its own stands in `_UNNAMED_OF`.
_UNNAMED: Mapping[str, Method] = {"pairs of twins": "twins", "networks": "bootstrap"}
_UNNAMED_OF: Mapping[str, Method] = {"C18": "drawn", "C21": "gap"}

#: Parts that claims no longer have: what documents of before say of them is read and not judged.
RETIRED = frozenset({("C20", "r_squared_without_depthwise")})

#: Problems of one file that are shown; the rest are counted by nobody.
MAX_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class Quotation:
    """The estimates of one document and the commands that made its runs."""

    file: str
    commands: tuple[str, ...]
    quoted: tuple[Quoted, ...]


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _Take(_Document):
    name: str
    estimate: float
    low: float | None
    high: float | None
    method: Method
    n: int


class _Row(_Document):
    device: str
    device_kind: DeviceKind
    published: bool
    estimate: float | None
    low: float | None
    high: float | None
    n: int | None
    of: str | None
    note: str
    method: Method | None = None
    author: str | None = None
    takes: list[_Take] = Field(default_factory=list)


class _Part(_Document):
    id: str | None = None
    quantity: str
    devices: list[_Row]


class _Claim(_Document):
    id: str
    parts: list[_Part]


class _Claims(_Document):
    schema_: Literal["1"] = Field(alias="schema")
    commands: list[str] = Field(min_length=1)
    claims: list[_Claim]


def read_quotation(path: Path, claims: Iterable[Claim]) -> Quotation:
    """Read what `effprof claims --json` wrote about published measurements.

    Raises `StorageError` when the file cannot be read; `BadInput` naming the file when it is none,
    when it holds own measurements (their run itself says more), or parts that no claim has. Parts
    of a document of before they had ids are known by their sentences of that time, its author by
    the formats that its commands name; parts that are no longer judged are left out.
    """
    found = _read(path)
    parts = {(claim.id, part.id): part for claim in claims for part in claim.parts}
    if problems := [*_strangers(found, parts), *_own(found)]:
        raise BadInput("\n".join(f"{path}: {each}" for each in problems[:MAX_PROBLEMS]))
    quoted = (
        Quoted(
            *(claim, each, row.device, row.device_kind, _answer(claim, row)),
            author=_author(found) if row.author is None else row.author,
        )
        for claim, part, row in _told(found)
        for each in _ids(claim, part)
        if (claim, each) not in RETIRED and parts[claim, each].kind in (None, row.device_kind)
    )
    return Quotation(path.name, tuple(found.commands), tuple(quoted))


def _read(path: Path) -> _Claims:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error
    try:
        return _Claims.model_validate(json.loads(content))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(_foreign(path, f"{where}: {first['msg']}")) from error
    except ValueError as error:
        raise BadInput(_foreign(path, str(error))) from error


def _strangers(found: _Claims, parts: Mapping[tuple[str, str], Part]) -> Iterable[str]:
    """Name the estimates of parts that no claim has."""
    for claim, part, _ in _told(found):
        ids = _ids(claim, part)
        if not ids or any((claim, each) not in parts.keys() | RETIRED for each in ids):
            named = f"part {part.id!r}" if part.id else f"quantity {part.quantity!r}"
            yield f"{claim} has no {named}; make the file anew with effprof claims"


def _own(found: _Claims) -> Iterable[str]:
    """Name the estimates that are not others'."""
    for claim in found.claims:
        for row in (row for part in claim.parts for row in part.devices):
            if row.estimate is not None and not row.published:
                yield f"{claim.id} holds own measurements of {row.device}; give their run instead"


def _foreign(path: Path, why: str) -> str:
    return (
        f"{path} is not what this version's effprof claims --json writes ({why}); make it "
        "anew with that command"
    )


def _told(found: _Claims) -> Iterable[tuple[str, _Part, _Row]]:
    """List the published estimates of a document: claim, part and row."""
    for claim in found.claims:
        for part in claim.parts:
            for row in part.devices:
                if row.published and row.estimate is not None:
                    yield claim.id, part, row


def _ids(claim: str, part: _Part) -> tuple[str, ...]:
    """Give the id of a part; of an old document those of its sentence, none where nobody had it."""
    return (part.id,) if part.id else OLD_SENTENCES.get(claim, {}).get(part.quantity, ())


def _author(found: _Claims) -> str:
    """Name who took the numbers by the one format that all commands name; empty where none is."""
    authors = {
        next((each.author for each in FORMATS.values() if f"--format {each.name} " in command), "")
        for command in found.commands
    }
    return authors.pop() if len(authors) == 1 else ""


def _answer(claim: str, row: _Row) -> Answer:
    """Take over an estimate; null stands for an end that is not known."""
    method = row.method or _unnamed(claim, row)
    takes = ((each.name, _estimate(each, each.method)) for each in row.takes)
    return Answer(_estimate(row, method), row.of or "", row.note, tuple(takes))


def _estimate(read: _Row | _Take, method: Method) -> Estimate:
    value, low, high = (
        math.nan if each is None else each for each in (read.estimate, read.low, read.high)
    )
    return Estimate(value, low, high, method, read.n or 0)


def _unnamed(claim: str, row: _Row) -> Method:
    """Tell how the interval was found by what is known of it, where the document does not say."""
    if row.low is None or row.high is None:
        return "none"
    if row.low == row.high:
        return "bound" if row.of == "networks" else "exact"
    return _UNNAMED_OF.get(claim) or _UNNAMED.get(row.of or "", "student")

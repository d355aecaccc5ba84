"""`effprof models`: the registry of published facts, and a search through timm and torchvision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.options import in_forms
from effprof.cli.output import Form, answer_json, answer_table, note

if TYPE_CHECKING:
    from effprof.models.registry import ModelFacts
    from effprof.report.tables.table import Table


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One line of the listing; None where nothing is published."""

    model: str
    family: str
    native_resolution: int | None
    facts: ModelFacts | None

    @property
    def row(self) -> dict[str, object]:
        """The line as JSON: sizes in pixels, `top1` in per cent at `paper_resolution`."""
        facts = self.facts
        return {
            "model": self.model,
            "family": self.family,
            "title": facts and facts.title,
            "params": facts and facts.parameters,
            "macs": facts and facts.macs,
            "paper_resolution": facts and facts.resolution,
            "native_resolution": self.native_resolution,
            "top1": facts and facts.top1,
            "source": facts and facts.source,
            "names": list(facts.names) if facts else [self.model],
        }


@in_forms()
def models(
    pattern: Annotated[
        str | None,
        typer.Argument(help="A glob or a part of a name; searches timm and torchvision, too."),
    ] = None,
    *,
    form: Form,
) -> None:
    """List models with their published parameters, MACs, resolution and accuracy."""
    listed = _registry() if pattern is None else _named(pattern) or _search(pattern)
    if form == "json":
        answer_json(rows=[one.row for one in listed])
    elif listed:
        answer_table(_table(listed), form)
    if pattern is None:
        note("the registry; effprof models PATTERN also searches timm and torchvision")
    elif not listed:
        note(_nothing(pattern))
    elif _named(pattern):
        more = f"effprof models '*{pattern.rpartition('/')[2]}*'"
        note(f"by the registry; {more} also asks timm and torchvision")


def _registry() -> list[ListedModel]:
    from effprof.models.registry import registered

    return [ListedModel(facts.names[0], facts.family, None, facts) for facts in registered()]


def _named(name: str) -> list[ListedModel]:
    """Give a model that is named exactly, by the registry alone: no library is imported for it."""
    from effprof.core.errors import BadInput
    from effprof.models.registry import facts

    try:
        known = facts(name)
    except BadInput:  # a glob, or words
        return []
    if known is None:
        return []
    names = [each for each in known.names if name in {each, each.rpartition("/")[2]}]
    return [ListedModel(each, known.family, None, known) for each in names]


def _search(pattern: str) -> list[ListedModel]:
    """Registry first, then every other name of timm and torchvision; imports both."""
    from effprof.models.build import known_models, native_resolution
    from effprof.models.names import matches
    from effprof.models.registry import facts, family, registered

    published = [
        name
        for known in registered()
        for name in known.names
        if matches(pattern, (name, known.title, known.family))
    ]
    names = dict.fromkeys([*published, *known_models(pattern)])
    return [ListedModel(name, family(name), native_resolution(name), facts(name)) for name in names]


def _nothing(pattern: str) -> str:
    from effprof.core.errors import suggestion
    from effprof.models.build import known_models

    rests = dict.fromkeys(name.rpartition("/")[2] for name in known_models())
    return f"no model matches {pattern!r}{suggestion(pattern.strip('*'), rests)}"


def _table(listed: list[ListedModel]) -> Table:
    from effprof.core.units import si
    from effprof.report.tables.table import Column, Field, Table

    fields: tuple[Field[ListedModel], ...] = (
        Field(Column.words("model"), lambda one: one.model),
        Field(Column.words("family", rank=1), lambda one: one.family),
        Field(Column.of("params"), _published(lambda facts: facts.parameters)),
        Field(Column.of("macs", write=si), _published(lambda facts: facts.macs)),
        Field(Column("paper px"), _published(lambda facts: facts.resolution)),
        Field(Column("native px"), lambda one: one.native_resolution),
        Field(Column("top-1 %", write=str), _published(lambda facts: facts.top1)),
        Field(Column.words("source", rank=2), _published(lambda facts: facts.source)),
    )
    return Table.of(fields, listed)


def _published(
    read: Callable[[ModelFacts], str | float | None],
) -> Callable[[ListedModel], str | float | None]:
    return lambda one: None if one.facts is None else read(one.facts)

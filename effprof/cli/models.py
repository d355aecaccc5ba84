"""`effprof models`: the registry of published facts, and a search through timm and torchvision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from effprof.cli.output import answer_json, answer_table, note

if TYPE_CHECKING:
    from rich.table import Table

    from effprof.models.registry import ModelFacts


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


def models(
    pattern: Annotated[
        str | None,
        typer.Argument(help="A glob or a part of a name; searches timm and torchvision, too."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List models with their published parameters, MACs, resolution and accuracy."""
    listed = _registry() if pattern is None else _search(pattern)
    if as_json:
        answer_json(rows=[one.row for one in listed])
    elif listed:
        answer_table(_table(listed))
    if pattern is None:
        note("the registry; effprof models PATTERN also searches timm and torchvision")
    elif not listed:
        note(_nothing(pattern))


def _registry() -> list[ListedModel]:
    from effprof.models.registry import registered

    return [ListedModel(facts.names[0], facts.family, None, facts) for facts in registered()]


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
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for header in ("model", "family"):
        table.add_column(header, no_wrap=True)
    for header in ("params", "MACs", "paper px", "native px", "top-1 %"):
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("source")
    for one in listed:
        row = one.row
        table.add_row(
            one.model,
            one.family,
            _scaled(row["params"], 1e6, "M"),
            _scaled(row["macs"], 1e9, "G"),
            *("" if row[key] is None else f"{row[key]}" for key in _AS_TEXT),
        )
    return table


_AS_TEXT = ("paper_resolution", "native_resolution", "top1", "source")


def _scaled(count: object, unit: float, letter: str) -> str:
    return f"{count / unit:.3g} {letter}" if isinstance(count, int) else ""

"""Tables with a row a cell, one for each setting of a run."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from effprof.report.page import Page
from effprof.report.phrases import setting_words
from effprof.report.tables.table import Column, Field, Table
from effprof.study.results import Result
from effprof.study.setting import Setting

Found = TypeVar("Found")
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Told(Generic[Found]):
    """A cell, and what is told of it."""

    result: Result
    found: Found


#: What such a table begins with.
WHO: tuple[Field[Told[Any]], ...] = (
    Field(Column.words("model"), lambda told: told.result.label),
    Field(Column.of("batch_size"), lambda told: told.result.batch_size),
)


def by_setting(
    page: Page,
    fields: Sequence[Field[Told[Found]]],
    find: Callable[[Result], Found | None],
    sparse: bool = False,
) -> Iterator[Table]:
    """Yield the table of each setting: the valid cells of which something is found."""
    for setting in page.study.settings:
        told = [Told(each, found) for each in setting.results if (found := find(each)) is not None]
        if told:
            yield Table.of(fields, told, setting_words(setting), sparse)


def gathered(
    results: Iterable[Result], key: Callable[[Result], Key]
) -> Iterator[tuple[Key, list[Result]]]:
    """Gather results that have the same key, in the order in which keys first come."""
    groups: dict[Key, list[Result]] = {}
    for each in results:
        groups.setdefault(key(each), []).append(each)
    yield from groups.items()


def subject_and_reference(setting: Setting) -> Iterator[Result]:
    """Yield the first other network and the reference, each at its largest batch."""
    own = [each for each in setting.results if each.model == setting.reference]
    for results in (setting.others, own):
        same = [each for each in results if each.model == results[0].model]
        if same:
            yield max(same, key=lambda each: each.batch_size)

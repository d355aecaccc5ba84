"""Accuracies on a page: the table of them, and who quotes each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from effprof.analysis.accuracy import Quoted, quoted
from effprof.core.accuracies import ACCURACIES, AccuracyKind
from effprof.models.weights import KnownWeights
from effprof.report.blocks import Block
from effprof.report.page import Page
from effprof.report.tables.cells import Cell, Mark, Marked
from effprof.report.tables.table import Column, Field, Table
from effprof.report.text import escape
from effprof.report.well_known import told, well_known_results
from effprof.study.results import Result

#: The accuracies that pages show, in the order of the columns.
KINDS: tuple[AccuracyKind, ...] = ("paper", "today")


@dataclass(frozen=True, slots=True)
class Quotes:
    """Numbers for those who quote accuracies, given in the order in which they are asked for."""

    _marks: dict[Quoted, Mark] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def cell(self, accuracy: Quoted, value: str | float, *, same_size: bool = True) -> Marked:
        """Give a value with the number of who quotes the accuracy, and at which other size."""
        who = accuracy.weights or accuracy.source
        number = self._numbers.setdefault(who, len(self._numbers) + 1)
        size = "" if same_size else f" ≠{accuracy.resolution}"
        mark = Mark(f"{size} ({number})", who)
        self._marks.setdefault(accuracy, mark)
        return Marked(value, mark)

    def legend(self) -> str:
        """Say who is meant by each number, weights by the file that tells of them."""
        files: dict[str, dict[int, str]] = {"": {}}
        for accuracy in self._marks:
            who = accuracy.weights or accuracy.source
            file = accuracy.source if accuracy.weights else ""
            files.setdefault(file, {})[self._numbers[who]] = who
        parts = (
            (f"weights by {escape(file)}: " if file else "")
            + "; ".join(f"({number}) {escape(who)}" for number, who in sorted(quoted.items()))
            for file, quoted in files.items()
            if quoted
        )
        return f"Top-1 from: {'; '.join(parts) or 'nowhere'}."


def top1_field(
    kind: AccuracyKind, weights: KnownWeights | None, quotes: Quotes, *, same_size: bool
) -> Field[Result]:
    """Give the column of an accuracy, whose cells say who quotes it.

    With `same_size` it is left out where it is quoted at another size than was run.
    """

    def read(result: Result) -> Cell:
        found = quoted(result.model, result.resolution, kind, weights)
        if found is None:
            return None
        alike = found.resolution == result.resolution
        return None if same_size and not alike else quotes.cell(found, found.top1, same_size=alike)

    return Field(top1_column(kind), read)


def top1_column(kind: AccuracyKind) -> Column:
    """Give the heading of an accuracy, and how it is written."""
    column = ACCURACIES[kind].column
    return Column(f"top-1, {kind}", write="{:.1f}".format, names=(column,))


def accuracies(page: Page) -> Iterator[Block]:
    """Make the table of both accuracies of every network that was run at a size."""
    networks = {(e.model, e.resolution): e for e in page.study.results if e.valid}
    valid = tuple(networks.values())
    shown = well_known_results(valid, page.run.invocation.reference)
    quotes, weights = Quotes(), page.study.weights
    table = Table.of(
        (
            Field(Column.words("model"), lambda each: each.label),
            Field(Column.of("resolution"), lambda each: each.resolution),
            *(top1_field(kind, weights, quotes, same_size=False) for kind in KINDS),
        ),
        _quoted_ones(shown, weights),
    )
    if table.rows:
        yield _EXPLAINED
        yield told(valid, shown)
        yield table
        yield quotes.legend()


_EXPLAINED = (
    "ImageNet top-1 in per cent, quoted and never measured here. *Paper* is that of the "
    "publication, *today* that of the best weights one would load today, of those trained on "
    "ImageNet-1k alone; ≠ stands before the size in pixels of the evaluation where the network was "
    "run at another one."
)


def _quoted_ones(results: Iterable[Result], weights: KnownWeights | None) -> list[Result]:
    return [
        each
        for each in results
        if any(quoted(each.model, each.resolution, kind, weights) for kind in KINDS)
    ]

"""What `effprof pick` prints: ranked networks, the edge, near misses, what binds, JSON."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from effprof.analysis.configurations import configuration_text
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.picking import NEAR, QUOTED, Choice, Limit
from effprof.cli.output import (
    Form,
    answer,
    answer_json,
    answer_table,
    answer_tables,
    note,
    tell,
)
from effprof.cli.pick_document import choice_document, fronts_of
from effprof.core.accuracies import ACCURACIES, Accuracy
from effprof.core.columns import COLUMNS
from effprof.core.quantities import QUANTITIES, Quantity
from effprof.core.units import MISSING, percent
from effprof.models.names import bare_name
from effprof.report.tables.cells import Cell, Worded
from effprof.report.tables.table import Column, Field, Table

if TYPE_CHECKING:
    from effprof.core.runs import Run

#: Before the size that an accuracy is quoted at, where the network was run at another one.
OTHER_SIZE = "≠"

#: Follows an interval that knows one process only.
ONE_PROCESS = "†"

#: Nearest misses that are shown where nothing meets the limits and nothing nearly does.
NEAREST = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A choice, and the run it is made from."""

    run: "Run"
    choice: Choice

    @property
    def place(self) -> str:
        """The machine that was measured, and the run."""
        return f"{self.run.invocation.device}, run {self.run.invocation.id}"

    @property
    def met(self) -> list[str]:
        """The networks that meet every limit, best first."""
        return [str(model) for model in self.choice.of("meets")["model"]]

    @property
    def rows(self) -> pd.DataFrame:
        """All networks of the run, those without an accuracy last."""
        invocation = self.run.invocation
        return pd.concat([self.choice.frame, self.choice.apart]).assign(
            run=invocation.id, machine=invocation.device
        )


def answer_choices(answers: Sequence[Answer], form: Form) -> None:
    """Print the choice from each run to stdout, never pooled; quietly, what to take for all."""
    if form == "json":
        documents = [choice_document(each.run, each.choice) for each in answers]
        answer_json(**(documents[0] if len(documents) == 1 else {"choices": documents}))
        return
    if form == "quiet":
        for model in _met_by_all(answers):
            answer(model)
        return
    several = len(answers) > 1
    for each in answers:
        tell(f"{each.place}: {_sentence(each.choice)}" if several else _sentence(each.choice), form)
    if several:
        tell(_sentence_of_all(answers), form)
    frames = [rows for each in answers for rows in _sections(each.choice).values()]
    if form == "text":
        marks = _marks(answers[0].choice, frames)
        for each in answers:
            _answer_sections(each, marks, each.place if several else "")
    else:
        rows = pd.concat([each.rows for each in answers], ignore_index=True)
        marks = _marks(answers[0].choice, [rows])
        answer_table(_table("", rows, [*_fields(answers[0].choice, marks), *_OF_ROW]), form)
        for each in answers:
            note(_heading(each))
            for line in _binding(each.choice):
                note(line)
    for line in _legend(answers, frames, marks):
        tell(line, form)


def _answer_sections(told: Answer, marks: Mapping[str, int], title: str) -> None:
    """Print the tables of one run, each without the columns in which all of its rows agree."""
    note(_heading(told))
    tell("", "text")
    if title:
        tell(title, "text")
    shown = _sections(told.choice)
    alike = _alike(list(shown.values()))
    fields = [each for each in _fields(told.choice, marks) if each.column.heading not in alike]
    answer_tables([_table(title, rows, fields) for title, rows in shown.items()], "text")
    tell("", "text")
    for line in _binding(told.choice):
        tell(line, "text")
    if alike:
        tell(f"throughout: {', '.join(alike.values())}", "text")
    if title:
        tell("", "text")


def _met_by_all(answers: Sequence[Answer]) -> list[str]:
    """Name the networks that meet every limit in every run, in the order of the first one."""
    first, *others = (each.met for each in answers)
    return [model for model in dict.fromkeys(first) if all(model in met for met in others)]


def _sentence_of_all(answers: Sequence[Answer]) -> str:
    """Say which networks meet the limits in every run."""
    names = [bare_name(model) for model in _met_by_all(answers)]
    if not names:
        return f"No network meets every limit in all {len(answers)} runs."
    return f"In all {len(answers)} runs: {', '.join(names)}."


#: What the one table of all networks says of a row beside its numbers.
_OF_ROW: tuple[Field[pd.Series], ...] = tuple(
    Field(Column.words(name), lambda row, name=name: str(row[name]))  # type: ignore[misc]  # bound now
    for name in ("run", "machine", "standing")
)


def _sentence(choice: Choice) -> str:
    """Say in the first line which network to take, or that none meets the limits."""
    met = choice.of("meets")
    if met.empty:
        told = "No network with a quoted accuracy meets every limit"
        if choice.limits and not choice.frame.empty:
            nearest = choice.frame.iloc[0]
            told += f"; the nearest is {bare_name(nearest['model'])}: {_missed(nearest, choice)}"
        return f"{told}."
    best, others = met.iloc[0], len(met) - 1
    column = ACCURACIES[choice.accuracy].column
    facts = [f"{best[column]:.1f} %"] if pd.notna(best[column]) else []
    facts += [
        f"{each.quantity.write(best[each.quantity.id])} (limit {each.quantity.write(each.value)})"
        for each in choice.limits
        if not each.of_accuracy
    ]
    others_text = f"; {others} alternative{'s' if others != 1 else ''}" if others else ""
    return f"Take {bare_name(best['model'])}: {', '.join(facts)}{others_text}"


def _alike(sections: Sequence[pd.DataFrame]) -> dict[str, str]:
    """Say of each column in which all rows agree what it holds: it needs no room in the tables."""
    rows = [row for each in sections for _, row in each.iterrows()]
    texts = {name: {text(row) for row in rows} for name, text in _RUN_AS.items()}
    return {name: f"{name} {held.pop()}" for name, held in texts.items() if len(held) == 1}


#: How a network was run, which is often the same of all of them.
_RUN_AS: Mapping[str, Callable[[pd.Series], str]] = {
    "batch": lambda row: str(row["batch_size"]),
    "run as": configuration_text,
}


def _shown_accuracies(choice: Choice) -> list[Accuracy]:
    """Give those of the publication and of today, and the one that was gone by."""
    kinds = ("paper", "today", choice.accuracy)
    return [each for kind, each in ACCURACIES.items() if kind in kinds]


def _marks(choice: Choice, frames: Sequence[pd.DataFrame]) -> dict[str, int]:
    """Give every publication and all weights that the tables quote a number."""
    told = (
        mark
        for accuracy in _shown_accuracies(choice)
        for rows in frames
        for _, row in rows.iterrows()
        if (mark := _mark(row, accuracy))
    )
    return {mark: place for place, mark in enumerate(dict.fromkeys(told), start=1)}


def _mark(row: pd.Series, accuracy: Accuracy) -> str:
    """Name the weights whose accuracy it is, or who published it; empty where it is not known."""
    return str(row[f"{accuracy.column}_weights"] or row[f"{accuracy.column}_source"])


def _sections(choice: Choice) -> dict[str, pd.DataFrame]:
    """Map the title of each table to its rows, best first; empty ones left out."""
    near, misses = choice.of("near miss"), choice.of("misses")
    nothing_near = choice.of("meets", "near miss").empty
    apart = choice.apart[choice.apart["standing"] != "misses"]
    sections = {
        "Meets every limit" if choice.limits else "All networks": choice.of("meets"),
        "On the edge: the interval reaches across a limit": choice.of("on the edge"),
        f"Near misses, by up to {percent(NEAR)}": near,
        "The nearest of those that miss": misses.head(NEAREST if nothing_near else 0),
        "Cannot be told: the run lacks a number that a limit asks for": choice.of("not told"),
        f"Without an accuracy of {ACCURACIES[choice.accuracy].meaning}, so not ranked by it": apart,
    }
    return {title: rows for title, rows in sections.items() if not rows.empty}


def _heading(told: Answer) -> str:
    invocation, choice = told.run.invocation, told.choice
    asked = "; ".join(map(_limit_text, choice.limits)) or "no limit"
    return (
        f"run {invocation.id} on {invocation.device}, by {told.choice.sort}; limits: {asked}\n"
        f"accuracy is that of {ACCURACIES[choice.accuracy].meaning}\n"
        f"{len(choice.of('meets'))} of {len(choice.frame)} networks with a quoted accuracy "
        "meet them"
    )


def _table(title: str, rows: pd.DataFrame, fields: Sequence[Field[pd.Series]]) -> Table:
    return Table.of(fields, (row for _, row in rows.iterrows()), title, sparse=True)


def _fields(choice: Choice, marks: Mapping[str, int]) -> list[Field[pd.Series]]:
    """Give the columns of every table; those with nothing to say are left out."""
    words = Column.words
    return [
        Field(words("model"), lambda row: str(row["model"])),
        Field(Column("px", names=("resolution",), rank=2), lambda row: int(row["resolution"])),
        Field(Column("batch", names=("batch_size",)), lambda row: int(row["batch_size"])),
        Field(words("run as", rank=3), configuration_text),
        *(_accuracy(each, choice, marks) for each in _shown_accuracies(choice)),
        *(_quantity(name, choice) for name in _SHOWN),
        Field(words("front", rank=4), lambda row: ", ".join(fronts_of(row))),
        Field(words("misses"), lambda row: _missed(row, choice)),
    ]


#: Quantities that the tables show: what is measured and can be limited.
_SHOWN = tuple(
    name for name, quantity in QUANTITIES.items() if quantity.limit is not None and name != QUOTED
)


def _accuracy(accuracy: Accuracy, choice: Choice, marks: Mapping[str, int]) -> Field[pd.Series]:
    """Give the column of an accuracy; the one that was gone by is always shown."""
    label = QUANTITIES[accuracy.column].label
    rank = 0 if accuracy is ACCURACIES[choice.accuracy] else 5
    return Field(
        Column(label, names=(accuracy.column,), rank=rank),
        lambda row: Worded(_top1(row, accuracy, marks), float(row[accuracy.column])),
    )


def _quantity(name: str, choice: Choice) -> Field[pd.Series]:
    """Give the column of a quantity, told by its half-width; what is limited is always shown."""
    quantity = QUANTITIES[name]
    limited = any(limit.quantity.id == name for limit in choice.limits)
    column = Column.of(name, rank=0 if limited else _RANKS.get(name, 6))

    def read(row: pd.Series) -> Cell:
        if f"{name}_low" not in row.index or pd.isna(row[name]):
            return None if pd.isna(row[name]) else float(row[name])
        return Worded(_with_width(row, quantity), estimate_of(row, name))

    return Field(column, read)


#: Quantity -> its rank where it is not limited: speed is left out last.
_RANKS = {"images_per_second": 1, "latency_p50_seconds": 1}


def _top1(row: pd.Series, accuracy: Accuracy, marks: Mapping[str, int]) -> str:
    """Write an accuracy with the number of its source, and the size where that is another one."""
    if pd.isna(row[accuracy.column]):
        return MISSING
    size = row[f"{accuracy.column}_resolution"]
    told = "" if row[accuracy.size] else f" {OTHER_SIZE}{size:.0f}"
    return f"{row[accuracy.column]:.1f}{told} ({marks[_mark(row, accuracy)]})"


def _with_width(row: pd.Series, quantity: Quantity) -> str:
    """Write an estimate; a relative half-width instead of both ends keeps tables narrow."""
    found = estimate_of(row, quantity.id)
    width = f" ±{percent((found.high - found.low) / 2 / found.value)}" if found.bounded else ""
    return f"{quantity.write(found.value)}{width}{ONE_PROCESS if found.n == 1 else ''}"


def _missed(row: pd.Series, choice: Choice) -> str:
    asked = [limit for limit in choice.limits if limit.name in row["missed"]]
    return "; ".join(_miss(row, limit) for limit in asked)


def _miss(row: pd.Series, limit: Limit) -> str:
    quantity, value = limit.quantity, row[limit.quantity.id]
    if pd.isna(value):
        return f"{limit.words} not measured"
    told = f"{limit.words} {quantity.write(value)}"
    if limit.standing(row) == "on the edge":
        found = estimate_of(row, quantity.id)
        return f"{told}, interval {quantity.write(found.low)} to {quantity.write(found.high)}"
    if quantity.unit == "%":
        return f"{told}: {limit.value - value:.1f} points short"
    return f"{told}: {percent(limit.excess(row))} {'over' if limit.upper else 'short'}"


def _limit_text(limit: Limit) -> str:
    sign = "at most" if limit.upper else "at least"
    return f"{limit.words} {sign} {limit.quantity.write(limit.value)}"


def _binding(choice: Choice) -> list[str]:
    """Say, where nothing meets the limits, which of them stand in the way."""
    if not choice.of("meets").empty or not choice.limits or choice.frame.empty:
        return []
    found = sorted(choice.binding().items(), key=lambda item: (-item[1][1], -item[1][0]))
    limits = {limit.name: limit for limit in choice.limits}
    return [
        "What binds:",
        *(
            f"  {_limit_text(limits[name])}: {missed} of {len(choice.frame)} do not meet it, "
            f"{alone} of them meet all else"
            for name, (missed, alone) in found
        ),
    ]


def _quotations(choice: Choice, shown: pd.DataFrame, marks: Mapping[str, int]) -> Iterator[str]:
    """Say of each accuracy that is shown whose it is, and who quotes it."""
    there = [each for each in _shown_accuracies(choice) if shown[each.column].notna().any()]
    if there:
        yield "accuracy is ImageNet top-1, quoted, not measured"
    for accuracy in there:
        known = shown[shown[accuracy.column].notna()]
        yield f"  {QUANTITIES[accuracy.column].label}: of {accuracy.meaning}"
        for mark in dict.fromkeys(_mark(row, accuracy) for _, row in known.iterrows()):
            yield f"    ({marks[mark]}) {mark}"
        of_weights = known[known[f"{accuracy.column}_weights"] != ""]
        sources = of_weights[f"{accuracy.column}_source"].unique()
        yield from (f"    from {each}" for each in sources)
    if any(_elsewhere(shown, each) for each in there):
        yield f"{OTHER_SIZE}: quoted at that size in px, not at the one that was run; on no front"


def _elsewhere(shown: pd.DataFrame, accuracy: Accuracy) -> bool:
    """Whether any network was run at another size than it is quoted at."""
    return bool((shown[accuracy.column].notna() & ~shown[accuracy.size]).any())


def _legend(
    answers: Sequence[Answer], frames: Sequence[pd.DataFrame], marks: Mapping[str, int]
) -> list[str]:
    """Explain what the tables of all runs quote and mark."""
    if not frames:
        return []
    shown, choices = pd.concat(frames), [each.choice for each in answers]
    lines = list(_quotations(choices[0], shown, marks))
    lines += dict.fromkeys(
        f"memory is {each.memory}: {COLUMNS[each.memory].meaning}"
        for each in choices
        if each.memory is not None
    )
    if any((each.frame["front"].map(len) > 0).any() for each in choices):
        lines.append(
            "front: no other network that meets the limits is as accurate and better in this"
        )
    lines.append("±: half the 95 % interval; a limit is met when the whole interval meets it")
    if (shown["repeats"] == 1).any():
        lines.append(f"{ONE_PROCESS}: one process only, its interval is too narrow")
    return lines

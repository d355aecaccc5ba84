"""What `effprof pick` prints: ranked networks, the edge, near misses, what binds, JSON."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from effprof.analysis.configurations import configuration_text
from effprof.analysis.estimate_columns import estimate_of
from effprof.analysis.frames import records
from effprof.analysis.picking import NEAR, QUOTED, Choice, Limit
from effprof.cli.output import answer, answer_json, answer_table, fits, note
from effprof.core.accuracies import ACCURACIES, Accuracy
from effprof.core.columns import COLUMNS
from effprof.core.quantities import QUANTITIES, Quantity
from effprof.core.units import MISSING, percent

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


def answer_choice(told: Answer, *, as_json: bool) -> None:
    """Print the choice to stdout, as tables or as one JSON document."""
    if as_json:
        _answer_json(told)
        return
    choice = told.choice
    nothing_met = choice.of("meets").empty
    note(_heading(told))
    if nothing_met:
        answer("No network with a quoted accuracy meets every limit.")
    shown = _sections(choice)
    marks = _marks(choice, shown)
    alike = _alike(list(shown.values()))
    for title, rows in shown.items():
        texts = {n: text for n, text in _columns(choice, marks).items() if n not in alike}
        table = _table(title, rows, texts)
        answer_table(table if fits(table) else _table(title, rows, texts, narrow=True))
    throughout = [f"throughout: {', '.join(alike.values())}"] if alike else []
    for line in (*_binding(choice, nothing_met), *throughout, *_legend(told, shown, marks)):
        answer(line)


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


def _marks(choice: Choice, sections: Mapping[str, pd.DataFrame]) -> dict[str, int]:
    """Give every publication and all weights that the tables quote a number."""
    frames = list(sections.values())
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


def _table(
    title: str,
    rows: pd.DataFrame,
    texts: Mapping[str, Callable[[pd.Series], str]],
    *,
    narrow: bool = False,
) -> Table:
    """Lay rows out. Words fold where the terminal is too narrow; numbers are never cut.

    A `narrow` table has what belongs to a number beneath it.
    """
    each = [row for _, row in rows.iterrows()]
    columns = {name: [text(row) for row in each] for name, text in texts.items()}
    told = {name: cells for name, cells in columns.items() if set(cells) - {"", MISSING}}
    table = Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=0 if narrow else (0, 1),
    )
    for name, cells in told.items():
        words, heading = name in _WORDS, name
        if narrow and not words:
            told[name] = [_ADDED.sub("\n", cell) for cell in cells]
            heading = name.replace(" ", "\n")
        table.add_column(
            heading, justify="left" if words else "right", no_wrap=not words, overflow="fold"
        )
    for row in zip(*told.values(), strict=True):
        table.add_row(*map(escape, row))
    return table


#: Columns of words, which may fold.
_WORDS = ("model", "front", "misses")

#: Before what is added to a number: its interval, its size, its source.
_ADDED = re.compile(rf" (?=[±({OTHER_SIZE}])")


def _columns(choice: Choice, marks: Mapping[str, int]) -> dict[str, Callable[[pd.Series], str]]:
    """Give the columns of every table; those with nothing to say are left out."""
    return {
        "model": lambda row: str(row["model"]),
        "px": lambda row: str(row["resolution"]),
        **_RUN_AS,
        **{
            QUANTITIES[each.column].label: partial(_top1, accuracy=each, marks=marks)
            for each in _shown_accuracies(choice)
        },
        **dict(map(_quantity, _SHOWN)),
        "front": lambda row: ", ".join(row.get("front", ())),
        "misses": lambda row: _missed(row, choice),
    }


#: Quantities that the tables show: what is measured and can be limited, and the tail of latency.
_SHOWN = tuple(
    name
    for name, quantity in QUANTITIES.items()
    if name == "latency_p90_seconds" or (quantity.limit is not None and name != QUOTED)
)


def _quantity(name: str) -> tuple[str, Callable[[pd.Series], str]]:
    """Give the column of a quantity: its label, and how a row writes it."""
    quantity = QUANTITIES[name]
    return quantity.label, lambda row: _with_width(row, quantity)


def _top1(row: pd.Series, accuracy: Accuracy, marks: Mapping[str, int]) -> str:
    """Write an accuracy with the number of its source, and the size where that is another one."""
    if pd.isna(row[accuracy.column]):
        return MISSING
    size = row[f"{accuracy.column}_resolution"]
    told = "" if row[accuracy.size] else f" {OTHER_SIZE}{size:.0f}"
    return f"{row[accuracy.column]:.1f}{told} ({marks[_mark(row, accuracy)]})"


def _with_width(row: pd.Series, quantity: Quantity) -> str:
    """Write a quantity; a relative half-width instead of both ends keeps tables narrow."""
    if f"{quantity.id}_low" not in row.index or pd.isna(row[quantity.id]):
        return quantity.write(row[quantity.id])
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


def _binding(choice: Choice, nothing_met: bool) -> list[str]:
    """Say, where nothing meets the limits, which of them stand in the way."""
    if not nothing_met or not choice.limits or choice.frame.empty:
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
    told: Answer, sections: Mapping[str, pd.DataFrame], marks: Mapping[str, int]
) -> list[str]:
    if not sections:
        return []
    shown = pd.concat(list(sections.values()))
    lines = list(_quotations(told.choice, shown, marks))
    if told.choice.memory is not None:
        lines.append(f"memory is {told.choice.memory}: {COLUMNS[told.choice.memory].meaning}")
    if (told.choice.frame["front"].map(len) > 0).any():
        lines.append(
            "front: no other network that meets the limits is as accurate and better in this"
        )
    lines.append("±: half the 95 % interval; a limit is met when the whole interval meets it")
    if (shown["repeats"] == 1).any():
        lines.append(f"{ONE_PROCESS}: one process only, its interval is too narrow")
    return lines


def _answer_json(told: Answer) -> None:
    rows = pd.concat([told.choice.frame, told.choice.apart])
    column = ACCURACIES[told.choice.accuracy].column
    answer_json(
        run={"id": told.run.invocation.id, "device": told.run.invocation.device},
        limits=[
            {
                "quantity": limit.name,
                "column": limit.quantity.id,
                "bound": "at most" if limit.upper else "at least",
                "value": limit.value,
            }
            for limit in told.choice.limits
        ],
        sort=told.choice.sort,
        accuracy=told.choice.accuracy,
        memory_column=told.choice.memory,
        binding={
            name: {"missed": missed, "missed_alone": alone}
            for name, (missed, alone) in told.choice.binding().items()
        },
        rows=[
            _row(row, plain) | {"quoted": bool(pd.notna(row[column]))}
            for (_, row), plain in zip(rows.iterrows(), records(rows), strict=True)
        ],
    )


def _row(row: pd.Series, plain: Mapping[str, object]) -> dict[str, object]:
    front = row["front"] if isinstance(row["front"], tuple) else ()
    return {name: value for name, value in plain.items() if name not in ("rank",)} | {
        "missed": list(row["missed"]),
        "front": list(front),
    }

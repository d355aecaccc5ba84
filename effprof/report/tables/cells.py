"""The cells of a table: values as they are, and what is said where a value alone is not enough."""

from dataclasses import dataclass

from effprof.core.estimates import Absent, Estimate
from effprof.core.quantities import Write
from effprof.core.units import is_missing

#: What is known, or why it is not; numbers are in SI units.
Value = Estimate | Absent | str | float | bool | None


@dataclass(frozen=True, slots=True)
class Mark:
    """A footnote: the sign that follows values, and what it says of them."""

    sign: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A value with a footnote."""

    value: Value
    mark: Mark


@dataclass(frozen=True, slots=True)
class Worded:
    """Words that people read in the place of a value, such as `reference` for a ratio of 1."""

    text: str
    value: Value


@dataclass(frozen=True, slots=True)
class Written:
    """A number, or an estimate, that is written in another way than its column's."""

    value: Estimate | float
    write: Write


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be shown verbatim, such as an id."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Text that stands out, such as a verdict."""

    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Text that leads to a file beside the page; `target` is a path or an address of ours."""

    text: str
    target: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """One text of several parts, each in its own way; as a value it is their texts."""

    parts: tuple["str | Code | Strong | Link", ...]
    between: str = " "

    @property
    def text(self) -> str:
        """The parts without their ways."""
        return self.between.join(
            each if isinstance(each, str) else each.text for each in self.parts
        )


#: Text that is more than text where there is markup.
Styled = Code | Strong | Link | Phrase


@dataclass(frozen=True, slots=True)
class Joined:
    """Several values in one cell, such as a median and a percentile; it sorts by the first."""

    values: tuple[Value | Written, ...]
    between: str = " / "


Cell = Value | Marked | Worded | Written | Styled | Joined


def values_of(cell: Cell) -> tuple[Value, ...]:
    """Give what a cell holds, without words, marks and ways of writing: one value, or those joined.

    >>> values_of(Worded("reference", 1.0)), values_of(Joined((0.08, 0.09)))
    ((1.0,), (0.08, 0.09))
    """
    match cell:
        case Joined(values):
            return tuple(each.value if isinstance(each, Written) else each for each in values)
        case Marked(value=value) | Worded(value=value) | Written(value=value):
            return (value,)
        case Code(text=text) | Strong(text=text) | Link(text=text) | Phrase(text=text):
            return (text,)
        case _:
            return (cell,)


def number_of(cell: Cell) -> float | None:
    """Give the number by which a cell is sorted; None where it holds none.

    >>> number_of(Estimate(1.4, 1.3, 1.5, "paired", 5)), number_of("resnet50"), number_of(None)
    (1.4, None, None)
    """
    first = values_of(cell)[0]
    value = first.value if isinstance(first, Estimate) else first
    if isinstance(value, bool) or not isinstance(value, int | float) or is_missing(value):
        return None
    return value


def holds_nothing(cell: Cell) -> bool:
    """Whether a cell holds neither a number nor text."""
    return all(
        number_of(each) is None and not isinstance(each, str | bool) for each in values_of(cell)
    )

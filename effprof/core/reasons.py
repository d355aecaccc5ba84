"""Reasons: why there is no plain answer, by an id for programs and a sentence for people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=str)


@dataclass(frozen=True, slots=True)
class Reason(Generic[Id]):
    """A reason: programs tell it from others by its id, people read its text.

    Only the text is stored with outcomes and shown on pages; it may be reworded.
    """

    id: Id
    text: str


def reason_of(sentences: Mapping[Id, str], reason: Id, **values: object) -> Reason[Id]:
    """Give a reason of a table of sentences, filled with its values.

    >>> reason_of({"few": "{there} of {needed} nights"}, "few", there=3, needed=12)
    Reason(id='few', text='3 of 12 nights')
    """
    return Reason(reason, sentences[reason].format(**values))


def text_of(reason: Reason[Id] | None) -> str:
    """Give the sentence of a reason; nothing where there is none."""
    return "" if reason is None else reason.text

"""Options that several commands share, so that each reads the same everywhere."""

import functools
import math
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, TypeVar

import typer

from effprof.cli.output import Form, without_messages
from effprof.core.axes import AXES
from effprof.core.errors import BadInput
from effprof.core.redaction import redacted

T = TypeVar("T")

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="PATH|URL",
        show_default=False,
        help="Where runs are kept: a file or a database URL (sqlite:///..., postgresql://...)."
        " Default: $EFFPROF_STORE, else store.sqlite in your data directory.",
    ),
]

#: Axes in the order of their options: what most people give comes first.
AXES_IN_HELP = {name: AXES[name] for name in dict.fromkeys(("model", "batch_size", *AXES))}


@dataclass(frozen=True, slots=True)
class Made:
    """An option that is made from a row of a table: `name` is what the table calls it.

    `kind` is the type of its value and `flag` how it is written; a command is given `default`
    where it was not; shells `complete` its value. A number is refused below `least` and above
    `most`.
    """

    name: str
    kind: Any
    flag: str
    help: str
    default: object = None
    complete: Callable[[str], list[str]] | None = None
    least: float | None = None
    most: float | None = None

    @property
    def parameter(self) -> Parameter:
        """The parameter that Typer makes the option of."""
        option = typer.Option(
            self.flag,
            help=self.help,
            autocompletion=self.complete,
            min=self.least,
            max=self.most,
            callback=finite(self.least) if self.least is not None else None,
        )
        return Parameter(
            self.flag.partition("/")[0].lstrip("-").replace("-", "_"),
            Parameter.POSITIONAL_OR_KEYWORD,
            default=self.default,
            annotation=Annotated[self.kind, option],
        )


def with_options(
    made: Sequence[Made], into: str, after: str = ""
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a table, behind its parameter `after`, or behind all of them.

    It gets their values as one mapping by the names of the table, in its parameter `into`.
    """

    def with_them(command: Callable[..., None]) -> Callable[..., None]:
        parameters = {each.name: each.parameter for each in made}

        @functools.wraps(command)
        def given_them(*args: object, **options: object) -> None:
            values = {name: options.pop(each.name) for name, each in parameters.items()}
            command(*args, **{into: values}, **options)

        own = [
            each
            for each in signature(command, eval_str=True).parameters.values()
            if each.name != into
        ]
        names = [each.name for each in own if each.kind is not Parameter.KEYWORD_ONLY]
        place = names.index(after) + 1 if after else len(names)
        given_them.__signature__ = Signature(  # type: ignore[attr-defined]  # what Typer reads
            [*own[:place], *parameters.values(), *own[place:]]
        )
        return given_them

    return with_them


#: The forms that an option asks for, each with what its help says.
_FORMS: Mapping[Form, str] = {
    "text": "Tables laid out for reading, also where they go into a file or a pipe.",
    "csv": "Tables as comma-separated values, in SI units.",
    "markdown": "Tables as Markdown.",
    "latex": "Tables as LaTeX (booktabs).",
    "json": "One JSON document.",
    "quiet": "Only the first column, and no messages.",
}


def in_forms(*without: Form) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of how its tables are given, but for `without`.

    It gets the one that is meant in its parameter `form`: in a pipe they are tab-separated.
    """
    made = [
        Made(name, bool, f"--{name}", told, False)
        for name, told in _FORMS.items()
        if name not in without
    ]

    def with_form(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def formed(*args: object, form: Mapping[Form, bool], **options: object) -> None:
            chosen = _form(form)
            with without_messages() if chosen == "quiet" else nullcontext():
                command(*args, form=chosen, **options)

        formed.__signature__ = signature(command, eval_str=True)  # type: ignore[attr-defined]  # see below
        return with_options(made, into="form")(formed)

    return with_form


def _form(asked: Mapping[Form, bool]) -> Form:
    """Choose the form of tables; raises `BadInput` where several are asked for."""
    named = [name for name, wanted in asked.items() if wanted]
    if len(named) > 1:
        flags = " and ".join(f"--{name}" for name in named)
        raise BadInput(f"{flags} exclude each other; give one of them")
    if named:
        return named[0]
    return "text" if sys.stdout.isatty() else "tsv"


def given(values: Mapping[str, T | None]) -> dict[str, T]:
    """Keep the options that were given."""
    return {name: value for name, value in values.items() if value is not None}


def finite(least: float) -> Callable[[float | None], float | None]:
    """Make a check that refuses NaN and infinity: releases of Click take them for any number."""

    def check(value: float | None) -> float | None:
        if value is not None and not math.isfinite(value):
            raise typer.BadParameter(f"{value} is not a finite number of {least:g} or more")
        return value

    return check


def store_flag(location: str | None) -> str:
    """Repeat the --store of this command for another one, without its password."""
    return f" --store {shlex.quote(redacted(location))}" if location else ""


def given_command() -> str:
    """Return the command line as it was given: it is stored and shown to others.

    Passwords are hidden, and where the run is kept is left out: it measures the same anywhere.
    """
    return shlex.join(["effprof", *map(redacted, _without_store(sys.argv[1:]))])


def _without_store(arguments: Sequence[str]) -> Iterator[str]:
    """Drop `--store PATH` and `--store=PATH`."""
    rest = iter(arguments)
    for argument in rest:
        if argument == "--store":
            next(rest, None)
        elif not argument.startswith("--store="):
            yield argument

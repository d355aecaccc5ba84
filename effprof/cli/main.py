"""The table of contents of the command line, and the one place where errors become exits."""

import gc
import keyword
import sys
import traceback
from types import ModuleType
from typing import Any

import typer
from typer.core import TyperGroup

from effprof.cli.contents import CONTENTS
from effprof.cli.output import answer, complain
from effprof.cli.requirements import requirement
from effprof.core.errors import BadInput, EffprofError

#: The names of all commands.
COMMANDS: tuple[str, ...] = tuple(entry.name for entry in CONTENTS)

#: How rarely a command looks for garbage in cycles: it is over before there is much. With Python's
#: own thresholds that took 8 % of a page; the page keeps 16 MiB more.
COLLECTION = (100_000, 20, 100)

INTERRUPTED = 130
BUG = 1

#: What Typer raises for arguments that it cannot read. It has no name for it but this kind of it,
#: and in some releases it is click's.
_UsageError: Any = typer.BadParameter.__mro__[1]


class Contents(TyperGroup):
    """The commands as their help lists them: by the parts of a journey, told in full."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401  # click's own
        """Write a section for each part."""
        for part in dict.fromkeys(entry.part for entry in CONTENTS):
            names = [entry.name for entry in CONTENTS if entry.part == part]
            with formatter.section(part):
                formatter.write_dl([(name, self.commands[name].help or "") for name in names])


def build_app() -> typer.Typer:
    """Assemble the Typer application from `CONTENTS`."""
    app = typer.Typer(
        name="effprof",
        cls=Contents,
        help="Is a network that is efficient on paper efficient on your hardware?",
        epilog="Begin with: effprof run --cpu   Help of a command: effprof COMMAND -h",
        context_settings={"help_option_names": ["-h", "--help"]},
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        # Rendering help through Rich doubles the time of `effprof --help`.
        rich_markup_mode=None,
    )
    app.callback()(_global_options)
    for entry in CONTENTS:
        identifier = _identifier(entry.name)
        module = _load(identifier)
        # A command whose arguments may be negative numbers says so here.
        settings = getattr(module, "CONTEXT_SETTINGS", None)
        command = app.command(entry.name, context_settings=settings, epilog=entry.epilog)
        command(getattr(module, identifier))
    return app


def _identifier(name: str) -> str:
    """Name of a command in Python: `import` is a keyword and becomes `import_`."""
    plain = name.replace("-", "_")
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def _load(identifier: str) -> ModuleType:
    import importlib

    return importlib.import_module(f"effprof.cli.{identifier}")


def _version(asked: bool) -> None:
    """Print the version, and nothing else, where it is asked for."""
    if asked:
        from importlib.metadata import version

        answer(f"effprof {version('effprof')}")
        raise typer.Exit


def _global_options(
    context: typer.Context,
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks."),
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_version, help="Print the version."
    ),
) -> None:
    context.obj = {"debug": debug}


def main() -> None:
    """Run the command line; every expected error is one or two lines and an exit status."""
    debug = "--debug" in sys.argv[1:]
    gc.set_threshold(*COLLECTION)
    try:
        # Not standalone: Typer would say itself what is wrong, in several lines.
        sys.exit(build_app()(prog_name="effprof", standalone_mode=False))
    except _UsageError as error:
        if not sys.argv[1:]:
            error.show()  # the help
        else:
            complain(_usage(error))
        sys.exit(BadInput.exit_code)
    except EffprofError as error:
        if debug:
            traceback.print_exc()
        complain(str(error))
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted")
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001  # whatever is left is a bug, said in one line
        if debug:
            traceback.print_exc()
        if isinstance(error, ModuleNotFoundError) and (absent := requirement(error.name or "")):
            complain(f"{absent} is needed here and not installed: python -m pip install '{absent}'")
            sys.exit(BadInput.exit_code)
        complain(
            f"this is a bug in effprof: {type(error).__name__}: {error}"
            "\nplease report it with the output of: effprof --debug ..."
        )
        sys.exit(BUG)


def _usage(error: Any) -> str:  # noqa: ANN401  # a usage error, see above
    """Say in a line what Typer did not understand, and where to look."""
    path = error.ctx.command_path if error.ctx else "effprof"
    return f"{error.format_message().rstrip('.')} (see {path} --help)"

"""The table of contents of the command line, and the one place where errors become exits."""

import sys
import traceback
from collections.abc import Callable

import typer

from effprof.cli.output import complain
from effprof.core.errors import EffprofError

#: Command name -> module of `effprof.cli` that defines a function of the same name (dashes
#: become underscores). Modules must stay light: they import heavy libraries inside the command.
COMMANDS: tuple[str, ...] = ()

INTERRUPTED = 130
BUG = 1


def build_app() -> typer.Typer:
    """Assemble the Typer application from `COMMANDS`."""
    app = typer.Typer(
        name="effprof",
        help="Is a network that is efficient on paper efficient on your hardware?",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        # Rendering help through Rich doubles the time of `effprof --help`.
        rich_markup_mode=None,
    )
    app.callback()(_global_options)
    for name in COMMANDS:
        app.command(name)(_load(name))
    return app


def _load(name: str) -> Callable[..., None]:
    import importlib

    module = importlib.import_module(f"effprof.cli.{name}")
    command: Callable[..., None] = getattr(module, name)
    return command


def _global_options(
    context: typer.Context,
    debug: bool = typer.Option(False, "--debug", help="Show tracebacks."),
) -> None:
    context.obj = {"debug": debug}


def main() -> None:
    """Run the command line; every expected error is one or two lines and an exit status."""
    debug = "--debug" in sys.argv[1:]
    try:
        build_app()()
    except EffprofError as error:
        if debug:
            traceback.print_exc()
        complain(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if debug:
            traceback.print_exc()
        complain(
            f"this is a bug in effprof: {type(error).__name__}: {error}"
            "\nplease report it with the output of: effprof --debug ..."
        )
        sys.exit(BUG)

"""The table of contents of the command line, and the one place where errors become exits."""

import keyword
import sys
import traceback
from types import ModuleType

import typer

from effprof.cli.output import complain
from effprof.core.errors import EffprofError

#: Command name -> module of `effprof.cli` that defines a function of the same name (dashes
#: become underscores). Modules must stay light: they import heavy libraries inside the command.
COMMANDS: tuple[str, ...] = (
    "models",
    "scale",
    "runs",
    "export",
    "import",
    "cost",
    "run",
    "profile",
    "doctor",
    "report",
    "claims",
    "pick",
    "writeup",
    "compare",
    "nightly",
    "events",
)

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
        identifier = _identifier(name)
        module = _load(identifier)
        # A command whose arguments may be negative numbers says so here.
        settings = getattr(module, "CONTEXT_SETTINGS", None)
        app.command(name, context_settings=settings)(getattr(module, identifier))
    return app


def _identifier(name: str) -> str:
    """Name of a command in Python: `import` is a keyword and becomes `import_`."""
    plain = name.replace("-", "_")
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def _load(identifier: str) -> ModuleType:
    import importlib

    return importlib.import_module(f"effprof.cli.{identifier}")


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
    except Exception as error:  # noqa: BLE001  # whatever is left is a bug, said in one line
        if debug:
            traceback.print_exc()
        complain(
            f"this is a bug in effprof: {type(error).__name__}: {error}"
            "\nplease report it with the output of: effprof --debug ..."
        )
        sys.exit(BUG)

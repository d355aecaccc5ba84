"""The table of contents of the command line, and the one place where errors become exits."""

import gc
import keyword
import sys
import traceback
from types import ModuleType
from typing import Any

import typer

from effprof.cli.output import complain
from effprof.core.errors import BadInput, EffprofError

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

#: How rarely a command looks for garbage in cycles: it is over before there is much. With Python's
#: own thresholds that took 8 % of a page; the page keeps 16 MiB more.
COLLECTION = (100_000, 20, 100)

INTERRUPTED = 130
BUG = 1

#: What Typer raises for arguments that it cannot read. It has no name for it but this kind of it,
#: and in some releases it is click's.
_UsageError: Any = typer.BadParameter.__mro__[1]


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
        complain(
            f"this is a bug in effprof: {type(error).__name__}: {error}"
            "\nplease report it with the output of: effprof --debug ..."
        )
        sys.exit(BUG)


def _usage(error: Any) -> str:  # noqa: ANN401  # a usage error, see above
    """Say in a line what Typer did not understand, and where to look."""
    path = error.ctx.command_path if error.ctx else "effprof"
    return f"{error.format_message().rstrip('.')} (see {path} --help)"

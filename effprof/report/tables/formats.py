"""Every way of writing a table, by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from effprof.report.tables.html import html
from effprof.report.tables.latex import latex
from effprof.report.tables.markdown import markdown
from effprof.report.tables.raw import as_json, comma_separated, tab_separated
from effprof.report.tables.table import Table
from effprof.report.tables.terminal import plain_text


@dataclass(frozen=True, slots=True)
class Format:
    """A way of writing a table, and how the names of its files end."""

    ending: str
    write: Callable[[Table], str]


#: A new way of writing tables is one row here.
FORMATS: Mapping[str, Format] = {
    "markdown": Format("md", markdown),
    "html": Format("html", html),
    "text": Format("txt", plain_text),
    "csv": Format("csv", comma_separated),
    "tsv": Format("tsv", tab_separated),
    "latex": Format("tex", latex),
    "json": Format("json", as_json),
}

"""Tables as text, as a pipe gets them."""

from rich.console import Console

from effprof.cli.profile_layout import Style

PIPE = Style(terminal=False)


def text_of(table, width=100):
    console = Console(width=width, file=None, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def table_rows(text):
    """Cells of a table that was printed, a list per row; the first may hold lines of a tree."""
    (heading,) = [line for line in text.splitlines() if line.startswith("┃")]
    columns = heading.count("┃") - 1
    lines = [line[1:-1] for line in text.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.rsplit("│", columns - 1)] for line in lines]

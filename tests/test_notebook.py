"""The notebook of the examples: it runs, and what it shows of published runs is what it printed."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "examples" / "is_efficientnet_efficient.ipynb"
REGENERATE = "EFFPROF_REGENERATE_GOLDEN"

#: Tag of cells whose numbers are measured: on another machine, or another day, they differ.
MEASURED = "measured"

#: Seconds that one cell may take.
TIMEOUT = 120


@pytest.fixture(scope="module")
def written():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook as a reader runs it, in a folder like `examples`, with a store of its own."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "reports").symlink_to(ROOT / "reports")
    (folder / "examples").mkdir()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    environment = os.environ | {"EFFPROF_STORE": str(folder / "store.sqlite")}
    resources = {"metadata": {"path": str(folder / "examples")}}
    client = NotebookClient(notebook, timeout=TIMEOUT, resources=resources, record_timing=False)
    client.execute(env=environment)
    if os.environ.get(REGENERATE):
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, NOTEBOOK)
    return notebook


def programs(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell):
    """Texts and tables of a cell's outputs; pictures by their kind alone."""
    return [
        {
            kind: "a picture" if kind.startswith("image/") else text
            for kind, text in (each.get("data") or {each.output_type: each.get("text")}).items()
        }
        for each in cell.outputs
    ]


@pytest.mark.slow
def test_what_it_shows_of_published_runs_is_what_was_committed(executed, written):
    for run, kept in zip(programs(executed), programs(written), strict=True):
        if MEASURED not in run.metadata.get("tags", ()):
            assert shown(run) == shown(kept), kept.source


@pytest.mark.slow
def test_what_it_measures_is_valid_and_compared(executed):
    own, files = (each for each in programs(executed) if MEASURED in each.metadata.get("tags", ()))
    (table,) = shown(own)
    assert "separable_net" in table["text/plain"] + table["text/html"]
    assert "promises" in table["text/html"]
    assert "report.html" in shown(files)[0]["text/plain"]


def test_whoever_reads_it_on_the_web_sees_every_cell_once_and_in_order(written):
    cells = programs(written)
    assert 10 <= len(written.cells) <= 24
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert cell.outputs, cell.source
        assert all(each.output_type != "error" for each in cell.outputs)
        assert set(cell.metadata) <= {"tags"}  # no times of day, which would differ each time
    assert set(written.metadata) == {"kernelspec", "language_info"}
    kinds = [kind for cell in cells for each in shown(cell) for kind in each]
    assert {"text/html", "text/plain", "image/png", "stream"} <= set(kinds)

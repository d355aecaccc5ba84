"""How many files one addition touches: it is made in a copy of the package, and looked for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from effprof.store.schema import HEAD
from effprof.store.store import open_store
from effprof.store.transfer import import_run

PACKAGE = Path(__file__).resolve().parents[1] / "effprof"

#: File -> (what stands there, what is put before it): all that a metric takes.
METRIC = {
    "core/quantities.py": (
        '    Quantity("valid", ',
        """\
    Quantity(
        "minor_faults",
        "faults",
        "faults",
        "page faults of the worker in a timed step",
        better="less",
        limit=Limited("faults", "page faults", flag="--faults", help="Page faults at most."),
    ),
""",
    ),
    "core/metrics.py": (
        '    "device_used_bytes": ',
        '    "minor_faults": ('
        '"noisy", lambda done: done.conditions.minor_faults_per_step, "median"),\n',
    ),
    "report/results.py": ('        _quantity("repeats"),', '        _quantity("minor_faults"),\n'),
}

#: Looks for it in a frame, in a night, in the tables of a page and of `pick`, and at its limit.
LOOK = """
from dataclasses import replace
from typer.testing import CliRunner
from effprof.analysis.frames import cells_frame, records
from effprof.analysis.picking import Limit, candidates
from effprof.cli.main import build_app
from effprof.core.metrics import measured_metrics
from effprof.report.blocks import markdown_of
from effprof.report.changes import value_text
from effprof.report.page import Page
from effprof.report.results import results
from effprof.store.transfer import export_run
from effprof.study.study import Study
from tests.runs import sample_run
import effprof, pathlib, sys
assert pathlib.Path(effprof.__file__).parents[1] == pathlib.Path(sys.argv[1])
run = sample_run()
conditions = replace(run.repeats[0].outcome.conditions, minor_faults_per_step=1234.5)
run = replace(run, repeats=tuple(
    replace(each, outcome=replace(each.outcome, conditions=conditions)) for each in run.repeats))
frame = Study(run).frame
assert set(frame["minor_faults"]) == {1234.5}
assert records(frame)[0]["minor_faults"] == 1234.5
assert measured_metrics(run.repeats[0].outcome)["minor_faults"] == 1234.5
assert value_text("minor_faults", 1234.5) == "1234"
page = markdown_of(results(Page(Study(run))))
assert "faults" in page and "1234" in page
assert Limit("faults", 2000.0).standing(Study(run).candidates.iloc[0]) == "meets"
export_run(run, pathlib.Path(sys.argv[1]) / "run.jsonl.gz")
told = CliRunner().invoke(build_app(), ["pick", sys.argv[1] + "/run.jsonl.gz", "--faults", "1000"])
assert "page faults 1234: 23 % over" in told.stdout, told.stdout
"""


#: All that an importer takes: a row, and a file that reads.
IMPORTER = {
    "core/formats.py": (
        "#: Every format by name.",
        """\
SPEEDS = Format("speeds", "effprof.store.speeds:read_speeds", method="speeds 1", taken="By hand")

""",
    ),
}
READER = """
from pathlib import Path
from effprof.core.runs import Run
from tests.runs import fingerprint, sample_run

def read_speeds(path: Path) -> Run:
    assert path.read_text() == "resnet50,80"
    return sample_run(fingerprint=fingerprint(method="speeds 1"))
"""

#: Imports such a file by the command, and looks for it on the page.
LOOK_IMPORTED = """
from pathlib import Path
from typer.testing import CliRunner
from effprof.cli.main import build_app
import effprof, sys
here = Path(sys.argv[1])
assert Path(effprof.__file__).parents[1] == here
(here / "a.csv").write_text("resnet50,80")
store = ["--store", str(here / "store.sqlite")]
asked = (
    ["import", str(here / "a.csv"), "--format", "speeds", *store],
    ["report", "latest", "--out", str(here / "out"), *store],
)
for words in asked:
    done = CliRunner().invoke(build_app(), words)
    assert done.exit_code == 0, (words, done.output, done.exception)
assert "By hand" in (here / "out" / "report.md").read_text()
"""

#: All that a section with a picture takes: a row of each table, and the picture's module.
PICTURED = {
    "report/render.py": (
        '    Section("Throughput over batch size", ',
        '    Section("What networks weigh", pictures="weight"),\n',
    ),
    "report/pictures/kinds.py": ("    throughput.KIND,", "    weight.KIND,\n"),
}
#: The table of pictures names the module too.
NAMED = {"report/pictures/kinds.py": ("    waterfall,\n)", "    weight,\n")}
PICTURE = """
from collections.abc import Iterator, Sequence
from matplotlib.figure import Figure
from effprof.core.units import si
from effprof.report.pictures.charts import encodings
from effprof.report.pictures.charts.chart import ChartKind
from effprof.report.pictures.picture_kind import PictureKind
from effprof.report.pictures.row import Row, of_cell
from effprof.report.pictures.style import COLOURS, new_figure
from effprof.report.view import View

def draw(view: View) -> Figure | None:
    figure = new_figure(8.0, 4.0)
    bars = [each.label for each in view.results], [each.params for each in view.results]
    figure.subplots().barh(*bars, color=COLOURS[0])
    figure.suptitle(f"What networks weigh\\n{view.caption}")
    return figure

def rows(view: View) -> Iterator[Row]:
    for each in view.results:
        yield of_cell(each) | {"params": each.params, "said": f"{si(each.params)} parameters"}

def chart(_: Sequence[Row]) -> encodings.Layers:
    base = encodings.chart().encode(y=encodings.names("network"))
    x = encodings.numbers("params", "X", "parameters")
    bars = base.mark_bar().encode(x=x, tooltip=encodings.SAID, description=encodings.DESCRIBED)
    return encodings.layered(bars).properties(usermeta=encodings.lines("network"))

WEIGHT = ChartKind("weight", "Weight", rows, chart, takes="static costs")
KIND = PictureKind("weight", "Parameters", draw, (WEIGHT,))
"""

#: Looks for it on both pages, in its PNG, and in its chart.
LOOK_PICTURED = """
import json, math, re, sys
from pathlib import Path
import vl_convert
from matplotlib.image import imread
from effprof.report import write_report
from effprof.study.study import Study
from tests.runs import sample_run
import effprof
here = Path(sys.argv[1])
assert Path(effprof.__file__).parents[1] == here
study = Study(sample_run((1, 8)))
markdown, html = (path.read_text("utf-8") for path in write_report(study, here / "out"))
section = markdown.partition("## What networks weigh\\n")[2].partition("\\n## ")[0]
assert re.match(r"\\s*!\\[Parameters: .*\\]\\(weight-infer-fp32.png\\)", section), section
drawn = imread(here / "out" / "weight-infer-fp32.png")
blue = (abs(drawn[:, :, :3] - (0, 0x72 / 255, 0xB2 / 255)) < 0.01).all(axis=2)
assert blue.mean() > 0.05  # the bars
part = html.partition("What networks weigh</h2>")[2].partition("</section>")[0]
assert 'data-chart="weight"' in part, part
charts = json.loads(re.search(r'id="charts">(.*?)</script>', html, re.DOTALL)[1])["charts"]
columns, *rows = charts["weight"]["rows"][0]
placed = [dict(zip(columns, row)) for row in rows]
weights = {each.label: each.params for each in study}
assert {row["network"] for row in placed} == weights.keys()
assert all(math.isclose(row["params"], weights[row["network"]], rel_tol=1e-4) for row in placed)
filled = charts["weight"]["spec"] | {"data": {"name": "rows", "values": placed}}
assert vl_convert.vegalite_to_svg(filled).count("parameters") > len(placed)
assert effprof.plot(study, "weight", batch_size=8).to_dict()["title"]["text"] == "Weight"
"""


def test_a_section_with_a_picture_takes_three_files(tmp_path):
    copied = with_edits(tmp_path, PICTURED)
    edited(copied, NAMED)
    (copied / "report" / "pictures" / "weight.py").write_text(PICTURE, "utf-8")
    look(tmp_path, LOOK_PICTURED)
    assert len({*PICTURED, *NAMED}) + 1 == 3


#: All that an axis takes: what the images hold, of which zeros are faster on some devices. A row,
#: a column, a migration, what the step does about it; in cells the field and how keys say it.
AXIS = {
    "core/axes.py": (
        ")\n\n#: Every axis by name",
        """\
    Axis(
        "contents",
        "--contents",
        ("random",),
        "what the images hold",
        _word(("random", "zeros")),
        ("random", "zeros"),
    ),
""",
    ),
    "core/cells.py": (
        ")\n\n\n@dataclass(frozen=True, slots=True, order=True)",
        """    Unsaid("contents", "{}", "zeros", "of {}"),\n""",
    ),
    "core/quantities.py": (
        '    Quantity("device", ',
        '    Quantity("contents", "", "contents", "what the images hold", kind="text"),\n',
    ),
    "measure/steps.py": (
        "    laid_out = images.contiguous(",
        """\
    if cell.contents == "zeros":
        images.zero_()
""",
    ),
}
FIELD = {"core/cells.py": ("    @property\n    def key(", '    contents: str = "random"\n\n')}
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision = "{}"
down_revision = "{}"


def upgrade() -> None:
    op.add_column(
        "cell", sa.Column("contents", sa.String, nullable=False, server_default="random")
    )
"""

#: Two models of which one takes zeros alone.
MODELS = """
from torch import nn

class Mean(nn.Module):
    def __init__(self, picky):
        super().__init__()
        self.picky, self.head = picky, nn.Linear(3, 10)

    def forward(self, images):
        if self.picky and images.device.type != "meta" and images.any():
            raise RuntimeError("these are no zeros")
        return self.head(images.mean((2, 3)))

def any_images():
    return Mean(False)

def zeros_alone():
    return Mean(True)
"""

SUITE = """
repeats = 1

[measure]
min_seconds = 0.01
warmup_seconds = 0.01
target_width = 0.4
allow_busy = true

[axes]
model = ["{0}:any_images", "{0}:zeros_alone"]
resolution = [32]
contents = ["random", "zeros"]
"""

#: Plans it by option and by suite, measures it, and looks for it wherever an axis is to be found.
LOOK_AXIS = """
import json, sys
from dataclasses import replace
from pathlib import Path
from typer.testing import CliRunner
from effprof.claims.evidence import Wanted, evidence_of
from effprof.claims.zoo import CPU_POOL, zoo
from effprof.cli.main import build_app
from effprof.core.cells import Cell
from effprof.store.runs_given import load_run
from effprof.store.store import open_store
from effprof.store.transfer import export_run, read_run
from effprof.study.study import Study
import effprof

def asked(*words, code=0):
    done = CliRunner().invoke(build_app(), [*words])
    assert done.exit_code == code, (words, done.output, done.exception)
    return done.stdout

def of_zeros(run):
    cells = tuple(replace(cell, contents="zeros") for cell in run.invocation.cells)
    repeats = tuple(
        replace(each, cell=replace(each.cell, contents="zeros")) for each in run.repeats
    )
    return replace(run, invocation=replace(run.invocation, cells=cells), repeats=repeats)

def in_zoo(run):
    return [network.cell for each in evidence_of([Study(run)]) for network in zoo(each, CPU_POOL)]

if __name__ == "__main__":
    here, published = Path(sys.argv[1]), sys.argv[2]
    assert Path(effprof.__file__).parents[1] == here
    both = ("--contents", "random,zeros")
    planned = asked("run", "--cpu", "--models", "resnet18", *both, "--dry-run")
    assert planned.count("timm/resnet18@224 infer b1 fp32 nchw eager") == 2
    assert planned.count("timm/resnet18@224 infer b1 fp32 nchw eager zeros") == 1
    asked("profile", "resnet18", "--cpu", "--contents", "ones", code=1)

    old = read_run(Path(published))
    assert {cell.contents for cell in old.invocation.cells} == {"random"}
    with open_store(str(here / "old.sqlite")) as store:
        assert store.load(old.invocation.id) == old

    store = str(here / "store.sqlite")
    suite = str(here / "suite.toml")
    words = ("run", suite, "--cpu", "--no-report", "--json", "--store", store)
    told = json.loads(asked(*words, code=3))
    ended = {row["cell"].rpartition(":")[2]: row["status"] for row in told["rows"]}
    assert ended == {
        "any_images@32 infer b1 fp32 nchw eager": "measured",
        "any_images@32 infer b1 fp32 nchw eager zeros": "measured",
        "zeros_alone@32 infer b1 fp32 nchw eager": "crashed",
        "zeros_alone@32 infer b1 fp32 nchw eager zeros": "measured",
    }, ended
    assert [row["contents"] for row in told["rows"]].count("zeros") == 2
    run = load_run("latest", store)
    export_run(run, here / "run.jsonl.gz")
    assert read_run(here / "run.jsonl.gz") == run
    study = Study(run)
    assert len(study.settings) == 2 and set(study.frame["contents"]) == {"random", "zeros"}
    zeros = [cell for cell in run.invocation.cells if cell.contents == "zeros"]
    assert all(Cell.from_key(cell.key) == cell for cell in zeros)
    assert not any(Wanted(cell.model).matches(cell) for cell in zeros)
    assert in_zoo(old) and not in_zoo(of_zeros(old))
    asked("report", "latest", "--out", str(here / "out"), "--store", store)
    assert "; contents random, zeros." in (here / "out" / "report.md").read_text()
"""

#: A published run, of before there was the axis.
PUBLISHED = PACKAGE.parent / "reports" / "amd-epyc-2026-11" / "quick.jsonl.gz"


def test_an_axis_takes_five_files(tmp_path):
    with open_store(str(tmp_path / "old.sqlite")) as store:
        import_run(store, PUBLISHED)
    copied = edited(with_edits(tmp_path, AXIS), FIELD)
    (copied / "store" / "migrations" / "versions" / "9999_contents.py").write_text(
        MIGRATION.format("9999", HEAD), "utf-8"
    )
    models = tmp_path / "own_models.py"
    models.write_text(MODELS, "utf-8")
    (tmp_path / "suite.toml").write_text(SUITE.format(models), "utf-8")
    shutil.copytree(PACKAGE.parent / "suites", copied / "suites", dirs_exist_ok=True)
    look(tmp_path, LOOK_AXIS, str(PUBLISHED))
    assert len({*AXIS, *FIELD}) + 1 == 5


def test_an_importer_takes_two_files(tmp_path):
    copied = with_edits(tmp_path, IMPORTER)
    named = "(EXPORT, BENCHMARK, TIMM, ACCURACY)"
    formats = copied / "core" / "formats.py"
    text = formats.read_text("utf-8")
    assert text.count(named) == 1
    formats.write_text(text.replace(named, "(EXPORT, BENCHMARK, TIMM, ACCURACY, SPEEDS)"), "utf-8")
    (copied / "store" / "speeds.py").write_text(READER, "utf-8")
    look(tmp_path, LOOK_IMPORTED)
    assert len(IMPORTER) + 1 == 2


def test_a_metric_takes_three_files(tmp_path):
    with_edits(tmp_path, METRIC)
    look(tmp_path, LOOK)
    assert len(METRIC) == 3


def with_edits(folder, edits):
    """Copy the package into a folder, and put something before a place of some of its files."""
    copied = folder / "effprof"
    shutil.copytree(PACKAGE, copied, ignore=shutil.ignore_patterns("__pycache__"))
    return edited(copied, edits)


def edited(copied, edits):
    """Put something before a place of some files of a copy."""
    for name, (place, added) in edits.items():
        text = (copied / name).read_text("utf-8")
        assert text.count(place) == 1, name
        (copied / name).write_text(text.replace(place, added + place), "utf-8")
    return copied


def look(folder, program, *arguments):
    """Run a program on the copy: a file, for processes of its own start from it."""
    script = folder / "look.py"
    script.write_text(program, "utf-8")
    paths = os.pathsep.join((str(folder), str(PACKAGE.parent)))
    done = subprocess.run(
        [sys.executable, "-P", str(script), str(folder), *arguments],
        env=os.environ | {"PYTHONPATH": paths},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

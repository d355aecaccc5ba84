"""How many files one addition touches: it is made in a copy of the package, and looked for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

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
page = markdown_of(results(Page.of(Study(run))))
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

KIND = PictureKind("weight", "Parameters", draw, (ChartKind("weight", "Weight", rows, chart),))
"""

#: Looks for it on both pages, in its PNG, and in its chart.
LOOK_PICTURED = """
import json, math, re, sys
from pathlib import Path
import vl_convert
from matplotlib.image import imread
from effprof.report import write_report
from effprof.report.pictures.kinds import chart_kind
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
assert chart_kind("weight").words == "Weight"
"""


def test_a_section_with_a_picture_takes_three_files(tmp_path):
    copied = with_edits(tmp_path, PICTURED)
    edited(copied, NAMED)
    (copied / "report" / "pictures" / "weight.py").write_text(PICTURE, "utf-8")
    look(tmp_path, LOOK_PICTURED)
    assert len({*PICTURED, *NAMED}) + 1 == 3


def test_an_importer_takes_two_files(tmp_path):
    copied = with_edits(tmp_path, IMPORTER)
    named = "(EXPORT, BENCHMARK, TIMM)"
    formats = copied / "core" / "formats.py"
    text = formats.read_text("utf-8")
    assert text.count(named) == 1
    formats.write_text(text.replace(named, "(EXPORT, BENCHMARK, TIMM, SPEEDS)"), "utf-8")
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


def look(folder, program):
    """Run a program on the copy."""
    paths = os.pathsep.join((str(folder), str(PACKAGE.parent)))
    done = subprocess.run(
        [sys.executable, "-P", "-c", program, str(folder)],
        env=os.environ | {"PYTHONPATH": paths},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

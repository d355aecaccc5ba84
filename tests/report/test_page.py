"""The whole page: golden, what leads it, what it must never drop or break on."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from effprof.core.calibrations import STEADY_DRIFT
from effprof.core.cells import Cell
from effprof.core.errors import StorageError
from effprof.core.runs import EarlierRun, Run
from effprof.report import write_report
from effprof.report.page import Page
from effprof.report.pictures.kinds import PICTURES
from effprof.report.render import SECTIONS, compose, render
from effprof.store.transfer import read_run
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.runs import CRASHED, OUT_OF_MEMORY, calibrations, measurement, sample_run

GOLDEN = Path(__file__).parent / "golden" / "troubled.md"

#: Set it to write the golden page anew; then read the difference.
REGENERATE = "EFFPROF_REGENERATE_GOLDEN"

BUSY = "contended: 0.4 foreign cores; close other programs"


def troubled_run() -> Run:
    """A run with every kind of trouble: failed, invalid, half failed and unreached cells."""
    outcomes = {}
    for i in range(3):
        outcomes[Cell("timm/resnet18", 224, batch_size=8), i] = OUT_OF_MEMORY
        outcomes[Cell("timm/mobilenetv2_100", 224), i] = measurement(0.013, invalid_reasons=(BUSY,))
    outcomes[Cell("timm/resnet18", 224), 1] = CRASHED
    outcomes[Cell("timm/efficientnet_b0", 224), 2] = measurement(0.2, invalid_reasons=(BUSY,))
    run = sample_run(outcomes=outcomes)
    reached = [
        replace(each, seconds=60.0)
        for each in run.repeats
        if each.cell != Cell("timm/mobilenetv2_100", 224, batch_size=8)
    ]
    return replace(run, status="interrupted", finished_at=None, repeats=tuple(reached))


def text_of(run: Run) -> str:
    """Render the text alone: pictures take most of the time."""
    return compose(Page(Study(run)), ())


def shown_and_listed(markdown):
    """Count the rows of the results tables, and those of the list of what failed."""
    results = markdown.partition("## Results")[2].partition("\n## ")[0]
    lost = markdown.partition("## Failed, invalid and missing cells")[2].partition("\n## ")[0]
    rows = [re.findall(r"^\| (?!cell |model )\S", part, re.M) for part in (results, lost)]
    return tuple(len(found) for found in rows)


def test_the_whole_page_is_as_recorded():
    page = render(troubled_run()).markdown
    if os.environ.get(REGENERATE):
        GOLDEN.write_text(page, encoding="utf-8")
    assert page == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (sample_run(), (8, 0)),
        (troubled_run(), (5, 3)),
        (replace(sample_run(), repeats=(), status="interrupted"), (0, 8)),
    ],
    ids=["complete", "troubled", "empty"],
)
def test_shown_and_listed_cells_are_all_that_were_planned(run, expected):
    markdown = text_of(run)
    assert shown_and_listed(markdown) == expected
    assert f"{len(run.invocation.cells)} planned cells = {expected[0]} shown" in markdown


def test_the_verdict_leads_with_numbers_and_interval():
    lead = text_of(sample_run()).split("\n\n")[1]
    assert lead.startswith(
        "**On Some CPU, 1 thread, inference, fp32 nchw eager: efficientnet_b0 promises 10.6x over "
        "resnet50 and delivers 4.71x [4.71, 4.71] at batch 1 (44 % arrives) and "
    )
    assert "At batch 8, over 3 networks the promise arrives at a median of 49 %" in lead


def test_one_batch_size_is_told_in_front_of_the_numbers():
    lead = text_of(sample_run((1,))).split("\n\n")[1]
    assert "eager, batch 1: efficientnet_b0 promises" in lead
    assert "Over 3 networks the promise arrives" in lead


def test_the_scope_counts_cells_and_names_axes():
    text = text_of(troubled_run())
    scope = next(part for part in text.split("\n\n") if part.startswith("Scope: "))
    for said in (
        "5 of 8 planned cells have a valid measurement",
        "1 oom",
        "1 invalid",
        "1 pending",
        "batch size 1, 8",
        "224 px",
        "interleaved: 3",
    ):
        assert said in scope


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reference": "timm/vgg16"}, "The reference timm/vgg16 is not in this part of the sweep"),
        ({"cells": sample_run().invocation.cells[:1]}, "Only the reference resnet50"),
    ],
)
def test_where_nothing_can_be_compared_the_page_says_why(change, why):
    run = sample_run()
    run = replace(run, invocation=replace(run.invocation, **change))
    run = replace(run, repeats=tuple(r for r in run.repeats if r.cell in run.invocation.cells))
    text = text_of(run)
    assert "nothing can be compared" in text
    assert why in text


def test_a_failed_reference_is_the_reason_that_nothing_compares():
    outcomes = {
        (Cell("timm/resnet50", 224, batch_size=b), i): CRASHED for b in (1, 8) for i in range(3)
    }
    text = text_of(sample_run(outcomes=outcomes))
    assert "The reference resnet50 has no valid measurement: 3 of 3 repeats: crashed" in text


def test_an_interrupted_run_is_marked_with_the_way_on():
    text = text_of(troubled_run())
    assert "**INCOMPLETE**" in text.split("\n\n")[1]
    assert "`effprof run --resume 20261121-080000-abc123`" in text
    assert "INCOMPLETE" not in text_of(sample_run())


def test_mixed_sizes_get_a_banner():
    assert "**Mixed image sizes**: 224, 240, 260, 380 px" in text_of(zoo_run((1,)))
    assert "Mixed image sizes" not in text_of(sample_run())


def test_default_and_best_appear_only_where_there_was_a_choice():
    title = "## Default and best configuration"
    assert title not in text_of(sample_run())
    text = text_of(zoo_run((8,), memory_formats=("nchw", "nhwc")))
    own = text.partition(title)[2].partition("\n## ")[0]
    assert re.search(r"efficientnet_b0 +\| +inference +\| .*fp32 nchw eager.*fp32 nhwc eager", own)


def test_training_and_inference_stand_apart_in_tables_and_pictures():
    report = render(zoo_run((8,), modes=("infer", "train"), gpu=True))
    inference = report.markdown.partition("### Inference, batch 8")[2].partition("\n### ")[0]
    training = report.markdown.partition("### Training step, batch 8")[2].partition("\n## ")[0]
    assert "backward" in training
    assert "backward" not in inference
    assert all("reserved" in part for part in (inference, training))
    assert {"memory-infer-fp32.png", "memory-train-fp32.png"} <= report.figures.keys()


def test_one_process_marks_its_intervals_as_too_narrow():
    text = text_of(sample_run(repeats=1))
    assert "]†" in text
    assert "too narrow" in text.partition("† one process only")[2].partition("\n\n")[0]
    assert "†" not in text_of(sample_run())


def test_a_ratio_to_a_reference_of_one_process_is_marked_though_the_model_has_three():
    outcomes = {
        (Cell("timm/resnet50", 224, batch_size=b), i): CRASHED for b in (1, 8) for i in (1, 2)
    }
    text = text_of(sample_run(outcomes=outcomes))
    results = text.partition("### Inference")[2]
    row = next(line for line in results.splitlines() if line.startswith("| efficientnet_b0"))
    cells = [cell.strip() for cell in row.split("|")]
    assert [cell[-1] for cell in cells if cell.endswith(("]", "]†"))] == ["†", "]"]


def test_too_few_models_for_a_correlation_is_said():
    assert "Too few models: 4 comparable" in text_of(sample_run())
    assert "flatters" in text_of(zoo_run((8,)))


def test_variants_that_a_correlation_leaves_out_are_said():
    said = "no independent evidence"
    assert said not in text_of(zoo_run((8,)))
    varied = with_model(zoo_run((8,)), "efficientnet_b1", "effprof:efficientnet?depth=1.1")
    assert said in text_of(varied).partition("## What predicts")[2].partition("|")[0]
    few = with_model(sample_run(), "mobilenetv2_100", "effprof:efficientnet?depth=1.1")
    assert said in text_of(few).partition("## What predicts")[2]


def with_model(run, part, model):
    """The same run with another model in the place of those whose name ends so."""

    def renamed(cell):
        return replace(cell, model=model) if cell.model.endswith(part) else cell

    return replace(
        run,
        invocation=replace(run.invocation, cells=tuple(map(renamed, run.invocation.cells))),
        repeats=tuple(replace(each, cell=renamed(each.cell)) for each in run.repeats),
        costs=tuple(map(renamed, run.costs)),
    )


HOSTILE = "x/<script>alert(1)</script>|`$a_b$`[y](javascript:z)_\u4e2d"


def test_hostile_text_is_shown_as_text():
    run = sample_run(
        batch_sizes=(1,),
        command="effprof run ```\n# not a heading",
        device="<img src=x onerror=alert(2)>",
    )
    report = render(with_model(run, "efficientnet_b0", HOSTILE))
    text = report.markdown
    assert "<script" not in text
    assert "<img" not in text
    assert not re.search(r"[^\\]\]\(javascript", text)
    assert r"&lt;script&gt;alert(1)&lt;/script&gt;\|\`\$a_b\$\`" in text
    assert "````text\neffprof run ```" in text
    assert shown_and_listed(text) == (4, 0)
    assert "time-flops-infer-fp32.png" in report.figures


def test_every_picture_is_drawn_shown_and_a_png():
    report = render(sample_run((1, 8, 64)))
    drawn = {name.partition("-infer")[0] for name in report.figures}
    # A correlation needs more networks than this run has, and a CPU has one kind of memory.
    assert drawn == {kind.stem for kind in PICTURES} - {"predictors", "memory"}
    assert "predictors-infer-fp32.png" in render(zoo_run()).figures
    for name, png in report.figures.items():
        assert f"]({name})" in report.markdown
        assert png.startswith(b"\x89PNG")


def test_rendering_twice_gives_the_same_page():
    run = troubled_run()
    assert text_of(run) == text_of(run)


def test_sections_have_their_own_titles():
    titles = [section.title for section in SECTIONS]
    assert len(set(titles)) == len(titles)


def test_names_stay_unambiguous():
    run = sample_run(batch_sizes=(1,))
    cells = (
        *run.invocation.cells,
        Cell("torchvision/resnet18", 224),
        Cell("timm/efficientnet_b0", 320),
        Cell("effprof:efficientnet?phi=1", 240),
    )
    page = Page(Study(replace(run, invocation=replace(run.invocation, cells=cells))))
    assert [each.label for each in page.study.results] == [
        "resnet50",
        "efficientnet_b0@224",
        "mobilenetv2_100",
        "timm/resnet18",
        "torchvision/resnet18",
        "efficientnet_b0@320",
        "effprof:efficientnet?phi=1",
    ]


def test_the_page_and_its_pictures_are_written(tmp_path):
    page = write_report(Study(sample_run()), tmp_path / "new" / "folder").markdown
    linked = re.findall(r"\]\(([\w-]+\.png)\)", page.read_text(encoding="utf-8"))
    assert linked
    assert all((page.parent / name).is_file() for name in linked)


def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(StorageError, match=r"cannot write the report to .*file.*--out"):
        write_report(Study(sample_run()), blocked)


def test_no_torch_is_imported(tmp_path):
    root = Path(__file__).parents[2]
    code = (
        f"import sys; sys.path.append({str(root)!r})\n"
        "from pathlib import Path; from tests.runs import sample_run\n"
        "from effprof.report import write_report; from effprof.study.study import Study\n"
        f"write_report(Study(sample_run()), Path({str(tmp_path)!r}))\n"
        "assert 'matplotlib' in sys.modules\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_two_intervals_of_a_speed_are_told_apart():
    """Within this run, and for whoever measures again: by earlier runs where there are any."""
    run = sample_run()
    alone = text_of(run)
    assert "earlier run of this machine is known; whole runs are assumed to lie 10 % apart" in alone
    steps = {each.cell.key: each.part.wall for each in Study(run)}
    far = [
        EarlierRun(f"run {n}", "", {key: s * factor for key, s in steps.items()})
        for n, factor in enumerate((0.5, 1.6, 2.0))
    ]
    known = text_of(replace(run, earlier=tuple(far)))
    assert re.search(r"In 3 earlier runs of this machine, whole runs lie \d\d % apart", known)
    widths = [_width_on_this_machine(text) for text in (alone, known)]
    assert widths[0] < widths[1]


def _width_on_this_machine(text):
    row = next(
        line
        for line in text.partition("### Inference")[2].splitlines()
        if line.startswith("| efficientnet_b0")
    )
    low, high = re.search(r"\| ([\d.]+) to ([\d.]+) \|", re.sub(" +", " ", row)).groups()
    return float(high) - float(low)


def test_remarks_that_differ_in_numbers_only_are_one_row():
    notes = [f"stopped after {n} samples in {n}.5 s" for n in (20, 21, 22)]
    outcomes = {
        (Cell(model, 224), i): measurement(0.02, notes=(note,))
        for model in ("timm/resnet50", "timm/resnet18")
        for i, note in enumerate(notes)
    }
    text = text_of(sample_run((1,), outcomes=outcomes))
    remarks = text.partition("## Remarks")[2].partition("\n## ")[0]
    (row,) = [line for line in remarks.splitlines() if "stopped after" in line]
    assert "stopped after 20 samples in 20.5 s (and 2 with other numbers)" in row
    assert "2: timm/resnet50@224" in row


def test_variants_have_tables_of_their_own():
    run = sample_run((1,))
    cells = (*run.invocation.cells, variant := Cell("effprof:efficientnet?se=off", 224))
    repeats = tuple(replace(each, cell=variant) for each in run.repeats if "b0" in each.cell.model)
    run = replace(
        run,
        invocation=replace(run.invocation, cells=cells),
        repeats=(*run.repeats, *repeats),
    )
    results = text_of(run).partition("## Results")[2].partition("\n## ")[0]
    networks, _, variants = results.partition("fp32 nchw eager, variants:")
    assert "se=off" not in networks
    assert "se=off" in variants
    assert "| resnet50" not in variants


def test_a_picture_shows_no_more_networks_than_a_screen_has_room_for():
    run = read_run(Path(__file__).parents[2] / "reports/amd-epyc-2026-11/cpu.jsonl.gz")
    report = render(run)
    heights = {name: int.from_bytes(png[20:24], "big") for name, png in report.figures.items()}
    assert max(heights.values()) <= 1_250
    assert "regimes-infer-fp32.png" not in heights  # one batch size: the table says it
    assert "memory-infer-fp32.png" not in heights


def test_the_machine_itself_has_its_table_where_it_was_measured():
    assert "| square roots |" not in re.sub(" +", " ", text_of(sample_run()))
    taken = (*calibrations("start"), *calibrations("end", memory_copy=1.25))
    page = text_of(replace(sample_run(), calibrations=taken))
    section = re.sub(" +", " ", page.partition("## The machine itself")[2].partition("##")[0])
    assert "| memory copy | 18.0 ms | – | 22.5 ms | 1.25x |" in section
    assert "| square roots | 1.80 µs | – | 1.80 µs | 1.00x |" in section


def test_a_machine_that_did_not_keep_its_pace_is_told_first():
    run = sample_run()
    slower = (
        *calibrations("start"),
        *calibrations("middle"),
        *calibrations("end", memory_copy=1.5),
    )
    page = text_of(replace(run, calibrations=slower))
    told = next(line for line in page.splitlines() if "**UNSTEADY**" in line)
    assert "changed by up to 1.50x during this run, as its memory copy shows" in told
    assert "(start 18.0 ms, middle 18.0 ms, end 27.0 ms)" in told
    same = (*calibrations("start"), *calibrations("end", STEADY_DRIFT - 0.01))
    assert "UNSTEADY" not in text_of(replace(run, calibrations=same))

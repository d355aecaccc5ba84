"""The write-up: rebuilt from the committed runs, made of numbers, honest about what is missing."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from effprof.claims.catalogue import CLAIMS
from effprof.claims.claim import Answer, Claim, Part, Threshold
from effprof.claims.claim_verdicts import Quoted
from effprof.claims.quotations import Quotation, read_quotation
from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.core.runs import Run
from effprof.report.blocks import markdown_of
from effprof.report.writeup.basis import Basis
from effprof.report.writeup.limits import NEEDS
from effprof.report.writeup.render import SECTIONS, render_writeup, write_writeup
from effprof.report.writeup.source import Source
from effprof.store.transfer import read_run
from effprof.study.study import Study
from tests.report.test_findings import slowed
from tests.report.zoo import zoo_run
from tests.runs import fingerprint, sample_run
from tests.several_runs import (
    designs_run,
    moved,
    named,
    on_gpu,
    published_run,
    with_v2,
    with_variant,
)

ROOT = Path(__file__).resolve().parents[3]
REPORTS = ROOT / "reports"


def source(run: Run, **fields) -> Source:
    return Source(Study(run), "made-up.jsonl.gz", **fields)


def section(text: str, title: str) -> str:
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def others(claim: str = "C9", value: float = 2.15) -> Quotation:
    """What others measured of one claim: the quantity of its first part."""
    part = next(each.parts[0] for each in CLAIMS if each.id == claim)
    answer = Answer(Estimate(value, value - 0.1, value + 0.1, "twins", 65), "pairs of twins")
    quoted = Quoted(claim, part.id, "RTX 3090 (published)", "cuda", answer, "timm")
    return Quotation("timm.json", ("effprof import FILE.csv",), (quoted,))


@pytest.mark.skipif(not REPORTS.is_dir(), reason="the published runs are not beside the tests")
def test_the_committed_write_up_is_what_the_committed_runs_say():
    sources = []
    for file in sorted(REPORTS.glob("*/*.jsonl.gz")):
        folder = file.parent / file.name.partition(".")[0]
        sources.append(
            Source(
                Study(read_run(file)),
                file.relative_to(REPORTS).as_posix(),
                folder.relative_to(REPORTS).as_posix(),
                tuple(sorted(each.name for each in folder.glob("*.png"))),
            )
        )
    assert sources
    quotations = [read_quotation(file, CLAIMS) for file in sorted(REPORTS.glob("others/*.json"))]
    assert quotations
    written = (REPORTS / "README.md").read_text("utf-8")
    assert render_writeup(sources, quotations) == written, (
        "run `effprof writeup` and read the difference"
    )


@pytest.mark.skipif(not REPORTS.is_dir(), reason="the published runs are not beside the tests")
def test_every_link_of_the_committed_write_up_leads_somewhere():
    text = (REPORTS / "README.md").read_text("utf-8")
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("#")]
    assert len(links) > 5
    assert [link for link in links if not (REPORTS / link).is_file()] == []
    headings = {h.lower().replace(" ", "-") for h in re.findall(r"^## (.+)$", text, re.M)}
    anchors = re.findall(r"\]\(#([^)]+)\)", text)
    assert anchors
    assert set(anchors) <= headings


def test_the_short_answer_changes_with_the_speeds():
    run = zoo_run((1,))
    fast = section(render_writeup([source(run)]), "The short answer")
    slow = slowed(run, lambda cell, _: 2 if cell.model == "timm/efficientnet_b0" else 1)
    halved = section(render_writeup([source(slow)]), "The short answer")
    told = r"EfficientNet-B0 needs 10.6x fewer FLOPs than ResNet-50 and is ([0-9.]+)x \["
    before, after = (float(re.search(told, text)[1]) for text in (fast, halved))
    assert before / after == pytest.approx(2, rel=0.01)


def test_of_two_runs_of_one_thing_the_one_with_more_processes_answers():
    few = slowed(zoo_run((1,), repeats=2), lambda cell, _: 3 if "resnet50" in cell.model else 1)
    many = named(zoo_run((1,), repeats=5), id="20261121-090000-300000")
    text = section(render_writeup([source(few), source(many)]), "The short answer")
    assert text.count("batch 1: EfficientNet-B0 needs") == 1
    assert "(n = 5 processes)" in text


def test_every_section_is_there_and_no_number_is_missing_text():
    text = render_writeup(
        [
            source(sample_run()),
            source(on_gpu(zoo_run((1, 8), ("infer", "train")))),
            source(designs_run()),
        ],
        [others()],
    )
    assert re.findall(r"^## (.+)$", text, re.M) == [title for title, _ in SECTIONS]
    assert "nan" not in re.findall(r"[a-z]+", text.lower())
    assert "None" not in text


def test_what_others_measured_stands_apart_and_settles_what_nobody_measured_here():
    text = render_writeup([source(zoo_run((1,)))], [others(), others("C13", 0.2)])
    told = section(text, "What arrives").partition("**Measured by others.**")[2]
    assert "2.15x [2.05, 2.25]" in told
    assert "- `effprof import FILE.csv`, told by `timm.json`" in section(text, "The runs")
    assert re.search(
        r"\| C13 +\| \*\*replicated in the same source\*\* +\| published +\|",
        section(text, "The verdicts"),
    )
    assert re.search(r"^- C9, .*--plan --gpu", section(text, "The verdicts"), re.M)
    short = section(text, "The short answer")
    assert "**By what others measured, RTX 3090 (published)**: B0 over ResNet-50" in short
    assert "files of the author who states it: 1 replicated in the same source; " in short
    assert re.search(
        r"They rest on \d+ intervals at 95 %, none adjusted for their number: \d+\.\d of", short
    )
    alone = render_writeup([source(zoo_run((1,)))])
    assert "Measured by others" not in alone
    assert "| C13     | **not measured**" in section(alone, "The verdicts")
    assert "replicated in the same source*" in section(alone, "The verdicts").lower()
    assert "1 replicated" not in alone


def test_what_others_measured_of_v2_stands_where_v2_is_told():
    told = section(render_writeup([source(zoo_run((1,)))], [others("C23", 1.26)]), "What V2 fixed")
    assert (
        told.strip()
        == "- RTX 3090 (published): EfficientNetV2-S over B4, images/s, 1.26x [1.16, 1.36]."
    )


def test_a_verdict_on_part_of_a_claim_says_how_many_parts_are_told():
    text = section(render_writeup([source(zoo_run((1,)))], [others("C11", 0.7)]), "The verdicts")
    assert re.search(r"\| C11 +\| \*\*not measured\*\* \(1 of \d parts told\) +\| published", text)


@pytest.mark.parametrize(
    ("slower", "graded"),
    [(1, "Faster, but less than promised"), (0.1, "Faster"), (100, "Slower")],
)
def test_the_short_answer_begins_with_a_word(slower, graded):
    run = slowed(zoo_run((1,)), lambda cell, _: slower if "_b0" in cell.model else 1)
    short = section(render_writeup([source(run)]), "The short answer")
    assert short.strip().startswith(f"- **{graded}. AMD EPYC")


def test_rivals_of_about_as_many_flops_stand_beside_the_family():
    rows = section(render_writeup([source(zoo_run((1,)))]), "What arrives")
    assert "| mobilenetv2_100 " in rows
    assert "| resnet152 " not in rows


def test_whether_flops_predict_time_is_told_with_where_the_subject_stands():
    few = section(render_writeup([source(sample_run((1,)))]), "Do FLOPs predict time?")
    assert few.strip().startswith("It takes ")
    told = section(render_writeup([source(zoo_run((1,)))]), "Do FLOPs predict time?")
    assert re.search(r"R² of the logarithms 0\.\d\d \[", told)
    tenfold = float(re.search(r"10x the FLOPs cost \*\*([0-9.]+)x \[.*\] the time", told)[1])
    line = re.search(
        r"than ResNet-50 are ([0-9.]+)x the speed, between ([0-9.]+)x and ([0-9.]+)x .* "
        r"EfficientNet-B0 is ([0-9.]+)x \[.*\] as fast, within that scatter",
        told,
    )
    expected, low, high, found = map(float, line.groups())
    promise = 4_089_184_256 / 385_814_752
    assert expected == pytest.approx(promise ** math.log10(tenfold), rel=0.01)
    assert low < found < high
    assert expected / low == pytest.approx(high / expected, rel=0.01)


def test_a_batch_that_a_larger_run_has_too_is_told_once():
    both, many = zoo_run((1, 8), repeats=2), zoo_run((1,), repeats=5)
    text = render_writeup(
        [source(both), source(named(many, id="20261121-090000-300000", suite="many"))]
    )
    assert re.findall(r"run (paper|many):", section(text, "What arrives")) == ["paper", "many"]
    rows = section(text, "What arrives").partition("run paper:")[2].partition("run many:")[0]
    assert {line.split("|")[2].strip() for line in rows.splitlines() if "| eff" in line} == {"8"}


def test_the_same_cell_in_two_runs_tells_how_far_runs_differ():
    run = zoo_run((1,))
    again = named(
        slowed(run, lambda cell, _: 1.5 if "_b1" in cell.model else 1), id="20261121-090000-300000"
    )
    limits = section(render_writeup([source(run), source(again)]), "Limits")
    told = re.search(
        r"1.00x apart at the median of \d+ such cells, 1.50x at most \(timm/efficientnet_b1@240 "
        r".*: .* images/s\); of 1 the intervals do not meet",
        limits,
    )
    assert told
    assert "apart at the median" not in section(render_writeup([source(run)]), "Limits")
    elsewhere = named(again, fingerprint=fingerprint(host="lab"))
    other = section(render_writeup([source(run), source(elsewhere)]), "Limits")
    assert "apart at the median" not in other


def test_the_fastest_by_quoted_accuracy_is_recommended():
    told = section(render_writeup([source(zoo_run((1,)))]), "What to pick")
    line = next(line for line in told.splitlines() if "the fastest by the paper's top-1" in line)
    assert re.search(r"from 82 % on efficientnet_b4 \([0-9.]+/s\)\. \d|from 82 % on convnext", line)


def test_no_network_is_recommended_for_an_accuracy_it_has_at_another_size():
    run = slowed(zoo_run((1,)), lambda cell, _: 0.01 if "_b4" in cell.model else 1)

    def small(cell: Cell) -> Cell:
        return replace(cell, resolution=224) if "_b4" in cell.model else cell

    run = moved(run, small)
    told = section(render_writeup([source(run)]), "What to pick")
    line = next(line for line in told.splitlines() if "the fastest by the paper's top-1" in line)
    assert "efficientnet_b4" not in line


def test_at_equal_accuracy_the_reference_stands_by_the_papers_and_by_todays_accuracy():
    text = render_writeup([source(zoo_run((1,)))])
    told = section(text, "What to pick")
    table = told.partition("**At equal accuracy**")[2]
    head, row = (
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in table.splitlines()
        if line.startswith(("| network ", "| resnet50 "))
    )
    cells = dict(zip(head, row, strict=True))
    assert cells["top-1, paper"].startswith("76.0 (")
    assert cells["top-1, today"].startswith("80.8 (")
    assert cells["fastest, paper"] != cells["fastest, today"]
    short = section(text, "The short answer")
    assert "At least as accurate as ResNet-50 and fastest is by the paper's accuracy " in short
    for kind in ("paper", "today"):
        times = cells[f"times as fast, {kind}"]
        assert (" itself" if times == "–" else f"{times} as fast") in short


def test_every_number_of_a_quotation_is_explained_below_its_table():
    text = render_writeup([source(zoo_run((1,)))])
    legends = re.findall(r"^Top-1 from: .*", text, re.MULTILINE)
    assert len(legends) == 2
    for legend in legends:
        table = text.partition(legend)[0].rstrip().rpartition("\n\n")[2]
        assert set(re.findall(r"\((\d+)\)", table)) == set(re.findall(r"\((\d+)\)", legend))
        assert legend.count("timm's results-imagenet.csv (git object") == 1


def test_a_small_run_has_no_table_at_equal_accuracy():
    told = section(render_writeup([source(sample_run())]), "What to pick")
    assert "At equal accuracy" not in told


def test_hostile_commands_and_the_commands_of_shards_stay_code():
    part = others()
    hostile = replace(part, commands=("effprof import `<script>`",))
    run = named(zoo_run((1,)), command="effprof run a --shard 1/2\neffprof run a --shard 2/2")
    text = section(render_writeup([source(run)], [hostile]), "The runs")
    assert "`` effprof import `<script>` ``" in text
    assert "`effprof run a --shard 1/2`; `effprof run a --shard 2/2`" in text


def test_shares_of_time_sum_to_all_of_it():
    rows = section(
        render_writeup([source(sample_run())]),
        "Depthwise convolutions, SiLU, squeeze-and-excitation",
    )
    shares = dict(re.findall(r"\| ([a-z][^|]*?) +\| +[0-9.]+ % \| +([0-9.]+) % \|", rows))
    assert "everything else" in shares
    total = sum(float(share) for name, share in shares.items() if not name.startswith("of which"))
    assert total == pytest.approx(100, abs=2)


def test_a_run_of_variants_has_its_own_section_and_no_other():
    plain, run = source(zoo_run((1,))), designs_run()
    text = render_writeup([plain, source(run)])
    told = section(text, "What a change of the design does")
    assert re.search(r"batch 8, run designs; over `efficientnet`, [0-9.]+ images/s\.", told)
    assert re.search(r"\| `efficientnet\?phi=-1` +\| +0\.457x \| +0\.444x \| ", told)
    without = render_writeup([plain])
    for title in ("What was promised", "What arrives", "What to pick"):
        assert section(text, title) == section(without, title)


def test_the_waterfall_and_the_parts_of_the_subject_are_told():
    text = render_writeup([source(sample_run())])
    assert "promises 10.6x over resnet50 and delivers 4.71x" in section(text, "Where the rest goes")
    rows = section(text, "Depthwise convolutions, SiLU, squeeze-and-excitation")
    assert re.search(r"\| depthwise convolutions +\| +9\.0 % \| +\d", rows)
    assert re.search(r"\| of which its sigmoid +\| +0 % \| ", rows)


def test_variants_measured_beside_the_subject_are_compared_with_it():
    variant = "effprof:efficientnet?se=off"
    run = with_variant(zoo_run((1,)), variant)
    text = render_writeup([source(run)])
    rows = section(text, "Depthwise convolutions, SiLU, squeeze-and-excitation")
    assert re.search(r"\| `efficientnet\?se=off` +\| +1.00x \| 1.00x \[1.00, 1.00\] \| +3 \|", rows)
    assert variant not in section(text, "What arrives")


def test_training_and_energy_are_told_where_they_were_measured():
    without = section(render_writeup([source(zoo_run((1,)))]), "Training, memory, energy")
    assert "**Training** was not measured: `effprof run quick --cpu --mode train`" in without
    assert "**Energy** was not measured" in without
    both = render_writeup([source(on_gpu(zoo_run((8,), ("infer", "train"))))])
    told = section(both, "Training, memory, energy")
    assert "**Training** (Some GPU, training step, fp32 nchw eager, batch 8): " in told
    assert "EfficientNet-B0 takes 500 mJ an image, ResNet-50 500 mJ: 1.00x" in told
    assert "not measured" not in told


def test_what_was_not_measured_is_named_with_the_command_that_would():
    text = section(render_writeup([source(zoo_run((1,)))]), "Limits")
    assert all(f"Not measured: {name}. `{command}`" in text for name, command in NEEDS.values())
    gpu = on_gpu(zoo_run((1,), ("infer", "train"), ("nchw", "nhwc")))
    told = section(render_writeup([source(gpu)]), "Limits")
    assert re.findall(r"Not measured: ([^.]+)\.", told) == ["more than one CPU thread"]


def test_numbers_that_others_published_are_marked_and_are_not_ones_own():
    text = render_writeup([source(published_run(zoo_run((1,))))])
    assert "less than promised. RTX (published), inference" in text
    assert "**No GPU was measured by this project**" in text
    assert "Not measured: any speed on a GPU" in text


def test_the_successor_is_compared_with_the_network_of_nearest_accuracy():
    told = section(render_writeup([source(with_v2(zoo_run((1,))))]), "What V2 fixed")
    assert "EfficientNetV2-S (quoted top-1 83.9 %) has 1.98x the FLOPs of EfficientNet-B4" in told
    assert "Not measured" in section(render_writeup([source(zoo_run((1,)))]), "What V2 fixed")


def test_a_successor_at_another_size_than_its_accuracy_is_quoted_for_is_not_compared():
    run = with_v2(zoo_run((1,)), resolution=224)
    assert "Not measured" in section(render_writeup([source(run)]), "What V2 fixed")


@pytest.mark.parametrize(
    ("value", "verdict"), [(2.0, "supported"), (0.5, "refuted"), (None, "inconclusive")]
)
def test_the_table_holds_every_verdict_with_what_it_rests_on(value, verdict):
    low, high = (value, value) if value else (0.5, 2.0)

    def statistic(_):
        return Answer(Estimate(value or 1.1, low, high, "paired", 5), "processes")

    part = Part("speed", "the quantity", statistic, Threshold(low=1.0))
    claim = Claim("C99", "Z", "A sentence.", "a source", (part,), ())
    basis = Basis.of([source(sample_run())], claims=[claim])
    told = {title: markdown_of(body(basis)) for title, body in SECTIONS}
    assert f"| C99     | **{verdict}**" in told["The verdicts"]
    assert "the quantity" in told["The verdicts"]
    assert "5 processes; Some CPU" in told["The verdicts"]
    short = told["The short answer"]
    assert f"Of 1 [claims](#the-verdicts) in circulation: own measurements: 1 {verdict}. " in short
    assert "They rest on 1 intervals at 95 %" in short


def test_pictures_are_linked_only_where_they_are():
    there = source(
        zoo_run((1,)), folder="made-up", pictures=("promise-infer-fp32.png", "front-infer-fp32.png")
    )
    text = render_writeup([there])
    assert re.findall(r"\]\((made-up/[^)]+)\)", section(text, "What arrives")) == [
        "made-up/report.md",
        "made-up/promise-infer-fp32.png",
    ]
    assert "(made-up/front-infer-fp32.png)" in section(text, "What to pick")
    assert "(made-up/" not in render_writeup([source(zoo_run((1,)))])


def test_a_run_without_outcomes_and_no_run_at_all_are_no_obstacle():
    empty = replace(sample_run(), repeats=(), status="interrupted")
    for sources in ([source(empty)], []):
        text = render_writeup(sources)
        assert "Nothing was measured yet." in text
        assert "**No CPU was measured" in text


def test_hostile_names_are_escaped():
    run = named(sample_run((1,)), device="<script>|x", suite="[a](b)")
    text = render_writeup([source(run)])
    assert "<script>" not in text
    assert "[a](b)" not in text


def test_an_unwritable_place_is_named(tmp_path):
    from effprof.core.errors import StorageError

    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="choose another --out"):
        write_writeup("text", tmp_path / "file" / "writeup.md")

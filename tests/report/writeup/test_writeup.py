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
from effprof.report.writeup.render import (
    APPENDIX,
    APPENDIX_TITLE,
    SECTIONS,
    render_writeup,
    write_writeup,
)
from effprof.report.writeup.source import Source
from effprof.report.writeup.speed_ups import QUOTED_WAYS
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
    with_ways,
)

#: What a reader gets through in ten minutes.
MOST_WORDS = 2500

ROOT = Path(__file__).resolve().parents[3]
REPORTS = ROOT / "reports"


def source(run: Run, **fields) -> Source:
    return Source(Study(run), "made-up.jsonl.gz", **fields)


def section(text: str, title: str) -> str:
    body = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    return body[1].strip() if body else ""


def others(claim: str = "C9", value: float = 2.15) -> Quotation:
    """What others measured of one claim: the quantity of its first part."""
    part = next(each.parts[0] for each in CLAIMS if each.id == claim)
    answer = Answer(Estimate(value, value - 0.1, value + 0.1, "twins", 65), "pairs of twins")
    quoted = Quoted(claim, part.id, "RTX 3090 (published)", "cuda", answer, "timm")
    return Quotation("timm.json", ("effprof import FILE.csv",), (quoted,))


def words_of(text: str) -> int:
    """Count the words of Markdown, those of tables too; links count by their text alone."""
    shown = re.sub(r"!\[[^]]*\]\([^)]*\)", "", text)
    return sum(1 for word in re.sub(r"\]\([^)]*\)", "]", shown).split() if re.search(r"\w", word))


@pytest.fixture(scope="module")
def published() -> tuple[list[Source], list[Quotation]]:
    """The committed runs, and what others measured."""
    if not REPORTS.is_dir():
        pytest.skip("the published runs are not beside the tests")
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
    return sources, quotations


@pytest.fixture(scope="module")
def committed(published) -> str:
    """The write-up of the committed runs."""
    return render_writeup(*published)


def test_the_committed_write_up_is_what_the_committed_runs_say(committed):
    written = (REPORTS / "README.md").read_text("utf-8")
    assert committed == written, "run `effprof writeup` and read the difference"


def test_the_committed_write_up_is_short_before_its_appendix(committed):
    main, appendix, rest = committed.partition(f"\n## {APPENDIX_TITLE}\n")
    assert appendix
    assert 500 < words_of(main) <= MOST_WORDS
    assert words_of(rest) > 500


def test_a_machine_with_all_ways_of_running_leaves_it_short(published):
    sources, quotations = published
    other = min(each.origin for each in sources).partition("/")[0]
    beside = [each for each in sources if each.origin.startswith(f"{other}/")]
    changes = (
        *({"batch_size": size} for size in (2, 4, 8, 16, 32)),
        *({"execution": "bn-folded"}, {"execution": "compile"}, {"memory_format": "nhwc"}),
        *({"threads": 2}, {"allocator": "default"}, {"resolution": 380}),
        *({"threads": 2, "execution": each} for each in ("bn-folded", "compile")),
    )
    device = "AMD EPYC, family 25 model 17 (Zen 4), 2 cores of a virtual machine"
    fields = {"device": device, "fingerprint": fingerprint(**{"host": "lab", "device kind": "cpu"})}
    profiled = with_ways(sample_run((1,)), *changes[5:8], faster=lambda _: 1)
    zoo = with_ways(zoo_run((1,)), *changes, faster=lambda cell: 1 + (cell.threads == 2))
    more = [
        source(named(run, id=f"20261128-00000{place}-300000", **fields))
        for place, run in enumerate((profiled, zoo))
    ]
    main = render_writeup([*beside, *more], quotations).partition(f"\n## {APPENDIX_TITLE}\n")[0]
    assert words_of(main) <= MOST_WORDS
    assert "AMD EPYC (Zen 4)" in main


def test_words_of_tables_and_links_count_and_addresses_do_not():
    assert (
        words_of("| a b | 4.60x [4.13, 5.12] |\n|:--|--:|\n[the page](x/y.md) ![alt](p.png)") == 7
    )


def test_every_link_of_the_committed_write_up_leads_somewhere(committed):
    links = [link for link in re.findall(r"\]\(([^)]+)\)", committed) if not link.startswith("#")]
    assert len(links) > 5
    assert [link for link in links if not (REPORTS / link).is_file()] == []
    titles = re.findall(r"^##+ (.+)$", committed, re.M)
    headings = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
    anchors = re.findall(r"\]\(#([^)]+)\)", committed)
    assert anchors
    assert set(anchors) <= headings


def rows_of(text: str) -> list[dict[str, str]]:
    """Read the first table of a section."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:] if len(row) == len(cells[0])]


def test_every_section_is_there_and_no_number_is_missing_text():
    text = render_writeup(
        [
            source(sample_run()),
            source(on_gpu(zoo_run((1, 8), ("infer", "train")))),
            source(with_variant(zoo_run((1,)))),
            source(designs_run()),
        ],
        [others()],
    )
    titles = [title for title, _ in SECTIONS], [title for title, _ in APPENDIX]
    assert re.findall(r"^## (.+)$", text, re.M) == [*titles[0], APPENDIX_TITLE]
    assert re.findall(r"^### (.+)$", text, re.M) == titles[1]
    assert "nan" not in re.findall(r"[a-z]+", text.lower())
    assert "None" not in text


def test_the_short_answer_changes_with_the_speeds():
    run = zoo_run((1,))
    slow = slowed(run, lambda cell, _: 2 if cell.model == "timm/efficientnet_b0" else 1)
    told = r"ResNet-50\. It is ([0-9.]+)x as fast as ResNet-50 in inference \(([0-9]+) % of"
    before, after = (
        re.search(told, section(render_writeup([source(each)]), "The short answer")).groups()
        for each in (run, slow)
    )
    assert float(before[0]) / float(after[0]) == pytest.approx(2, rel=0.01)
    assert float(before[1]) / float(after[1]) == pytest.approx(2, rel=0.1)


def test_the_short_answer_is_the_range_over_devices_ways_of_running_and_authors():
    run = with_ways(
        zoo_run((1,)),
        *({"threads": 2}, {"execution": "compile"}, {"memory_format": "nhwc"}),
        faster=lambda cell: 1 + (cell.threads == 2) * ("resnet50" in cell.model),
    )
    train = named(zoo_run((1,), ("train",)), id="20261121-090000-300000")
    sources = [source(run), source(train)]
    short = section(render_writeup(sources, [others()]), "The short answer")
    rows = rows_of(short)
    assert [(row["measured"], row["what"]) for row in rows[:4]] == [
        ("here", "inference"),
        ("here", "inference"),
        ("here", "inference"),
        ("here", "training step"),
    ]
    assert rows[1]["how"].endswith("2 threads (lowest of 4 ways)")
    quoted = [row for row in rows if row["measured"] == "by others"]
    assert [(row["device or source"], row["times as fast"]) for row in quoted] == [
        ("RTX 3090 (published)", "2.15x [2.05, 2.25]")
    ]
    stated = [row for row in rows if row["measured"] == "stated by others"]
    assert ["RTX 4090" in row["device or source"] for row in stated].count(True) == 1
    infer = [
        float(end)
        for row in rows
        if row["what"] == "inference"
        for end in re.findall(r"([0-9.]+)x", row["times as fast"])
    ]
    low, high = re.search(r"is ([0-9.]+)x to ([0-9.]+)x as fast as ", short).groups()
    assert (float(low), float(high)) == (min(infer), max(infer))
    assert re.search(r"\) and [0-9.]+x to [0-9.]+x in training \(", short)


def test_without_quotations_nobody_is_said_to_state_anything():
    rows = rows_of(section(render_writeup([source(zoo_run((1,)))]), "The short answer"))
    assert [row["measured"] for row in rows] == ["here"]


def test_of_two_runs_of_one_way_the_one_with_more_processes_answers():
    few = slowed(zoo_run((1,), repeats=2), lambda cell, _: 3 if "resnet50" in cell.model else 1)
    many = named(zoo_run((1,), repeats=5), id="20261121-090000-300000")
    both, alone = (
        section(render_writeup(list(map(source, runs))), "The short answer")
        for runs in ((few, many), (many,))
    )
    assert rows_of(both) == rows_of(alone)
    assert len(rows_of(both)) == 1


@pytest.mark.parametrize(
    ("slower", "graded"),
    [(1, "Only in part"), (0.1, "Yes"), (100, "No, it is slower")],
)
def test_the_short_answer_begins_with_a_word(slower, graded):
    run = slowed(zoo_run((1,)), lambda cell, _: slower if "_b0" in cell.model else 1)
    short = section(render_writeup([source(run)]), "The short answer")
    assert short.startswith(f"**{graded}. EfficientNet-B0 needs 10.6x fewer FLOPs")
    mixed = [source(run), source(on_gpu(zoo_run((1,))))]
    if slower == 100:
        assert section(render_writeup(mixed), "The short answer").startswith("**It depends.")


def test_a_network_that_needs_more_flops_than_its_reference_promises_nothing():
    run = named(zoo_run((1,)), reference="timm/mobilenetv2_100")
    short = section(render_writeup([source(run)]), "The short answer")
    assert "EfficientNet-B0 needs 1.28x the FLOPs of MobileNetV2. It is 0." in short
    assert "what its FLOPs promise" not in short


def test_every_quoted_way_of_running_is_a_part_of_a_claim():
    parts = {(claim.id, part.id) for claim in CLAIMS for part in claim.parts}
    assert QUOTED_WAYS.keys() <= parts


def test_what_others_measured_stands_apart_and_settles_what_nobody_measured_here():
    text = render_writeup([source(zoo_run((1,)))], [others(), others("C13", 0.2)])
    assert "2.15x [2.05, 2.25]" in section(text, "Measured by others")
    assert "- `effprof import FILE.csv`, told by `timm.json`" in section(text, "The runs")
    assert re.search(
        r"\| C13 +\| \*\*replicated in the same source\*\* +\| published +\|",
        section(text, "The verdicts"),
    )
    assert re.search(r"^- C9, .*--plan --gpu", section(text, "What the verdicts rest on"), re.M)
    short = section(text, "The short answer")
    assert "files of the author who states it replicate 1, which is no test; " in short
    assert re.search(
        r"They rest on \d+ intervals at 95 %, not adjusted for their number: \d+\.\d are",
        section(text, "The verdicts"),
    )
    alone = render_writeup([source(zoo_run((1,)))])
    assert section(alone, "Measured by others") == ""
    assert re.search(r"^- Not measured, or .*C13", section(alone, "The verdicts"), re.M)
    assert "| C13     | **not measured**" in section(alone, "What the verdicts rest on")
    assert "replicate 1" not in alone


def test_a_verdict_on_part_of_a_claim_says_how_many_parts_are_told():
    text = render_writeup([source(zoo_run((1,)))], [others("C11", 0.7)])
    text = section(text, "What the verdicts rest on")
    assert re.search(r"\| C11 +\| \*\*not measured\*\* \(1 of \d parts told\) +\| published", text)


def test_rivals_of_about_as_many_flops_stand_beside_the_family():
    rows = section(render_writeup([source(zoo_run((1,)))]), "Every speed-up")
    assert "| mobilenetv2_100 " in rows
    assert "| resnet152 " not in rows


def test_whether_flops_predict_time_is_told_with_where_the_subject_stands():
    few = section(render_writeup([source(sample_run((1,)))]), "Do FLOPs predict time?")
    assert few.startswith("Too few networks ")
    text = render_writeup([source(zoo_run((1,)))])
    told = section(text, "Do FLOPs predict time?")
    (row,) = rows_of(told)
    tenfold = float(re.match(r"([0-9.]+)x \[", row["10x the FLOPs cost"])[1])
    assert re.match(r"0\.\d\d \[", row["R²"])
    line = re.search(
        r"than ResNet-50 are worth ([0-9.]+)x the speed, ([0-9.]+)x to ([0-9.]+)x for .* "
        r"EfficientNet-B0 is ([0-9.]+)x \[.*\] as fast: within that range",
        told,
    )
    expected, low, high, found = map(float, line.groups())
    promise = 4_089_184_256 / 385_814_752
    assert expected == pytest.approx(promise ** math.log10(tenfold), rel=0.01)
    assert low < found < high
    assert expected / low == pytest.approx(high / expected, rel=0.01)
    assert f"10x the FLOPs cost {row['10x the FLOPs cost']} the time" in section(
        text, "The short answer"
    )


def test_the_fastest_by_quoted_accuracy_is_recommended():
    rows = rows_of(section(render_writeup([source(zoo_run((1,)))]), "What to do about it"))
    by = {row["top-1 of at least"]: row["fastest, paper"] for row in rows}
    assert by["82 %"] in ("efficientnet_b4", "convnext_small")


def test_no_network_is_recommended_for_an_accuracy_it_has_at_another_size():
    run = slowed(zoo_run((1,)), lambda cell, _: 0.01 if "_b4" in cell.model else 1)

    def small(cell: Cell) -> Cell:
        return replace(cell, resolution=224) if "_b4" in cell.model else cell

    run = moved(run, small)
    rows = rows_of(section(render_writeup([source(run)]), "What to do about it"))
    assert rows
    assert all("efficientnet_b4" not in row["fastest, paper"] for row in rows)


def test_ways_of_running_that_gain_are_told_and_those_that_lose():
    run = with_ways(
        zoo_run((1,)),
        *({"execution": "bn-folded"}, {"memory_format": "nhwc"}, {"resolution": 380}),
        faster=lambda cell: 1.5 if cell.execution == "bn-folded" else 0.5,
    )
    told = section(render_writeup([source(run)]), "What to do about it")
    assert re.search(r"EfficientNet-B0 does more images/s with bn-folded \(1\.50x \[", told)
    assert re.search(r"EfficientNet-B0 does fewer images/s with nhwc \(0\.500x \[", told)
    assert "380 px" not in told


def test_what_keeping_freed_memory_brings_is_told_once_a_machine():
    run = with_ways(
        zoo_run((1,)),
        *({"allocator": "default"}, {"allocator": "default", "memory_format": "nhwc"}),
        {"memory_format": "nhwc"},
        faster=lambda cell: 0.5 if cell.allocator == "default" else 1,
    )
    again = named(run, id="20261121-090000-300000")
    told = section(render_writeup([source(run), source(again)]), "What to do about it")
    assert told.count("in the environment of your program") == 1
    assert "default allocator" not in told


def test_at_equal_accuracy_the_reference_stands_by_the_papers_and_by_todays_accuracy():
    text = render_writeup([source(zoo_run((1,)))])
    (cells,) = (
        row for row in rows_of(section(text, "At equal accuracy")) if row["network"] == "resnet50"
    )
    assert cells["top-1, paper"].startswith("76.0 (")
    assert cells["top-1, today"].startswith("80.8 (")
    assert cells["fastest, paper"] != cells["fastest, today"]
    short = section(text, "The short answer")
    assert "the fastest network at least as accurate as ResNet-50 is " in short
    for kind, top1 in (("paper", "76.0"), ("today", "80.8")):
        times = cells[f"times as fast, {kind}"]
        assert f"(ResNet-50: {top1} %)" in short
        assert times == "–" or f", {times} as fast, by" in short


def test_every_number_of_a_quotation_is_explained_in_one_legend():
    text = render_writeup([source(zoo_run((1,)))])
    (legend,) = re.findall(r"^Top-1 from: .*", text, re.MULTILINE)
    there = section(text, "At equal accuracy"), section(text, "What was counted and quoted")
    tables = [line for part in there for line in part.splitlines() if line.startswith("|")]
    assert set(re.findall(r"\((\d+)\)", " ".join(tables))) == set(re.findall(r"\((\d+)\)", legend))
    assert legend.count("timm's results-imagenet.csv (git object") == 1


def test_a_small_run_has_no_table_at_equal_accuracy():
    told = section(render_writeup([source(sample_run())]), "At equal accuracy")
    assert told.startswith("It takes 10 networks")
    assert "|" not in told


def test_shares_of_time_sum_to_all_of_it():
    rows = rows_of(section(render_writeup([source(sample_run())]), "Time by part"))
    assert rows[-1]["part of efficientnet_b0"] == "everything else"
    shares = [name for name in rows[0] if name.startswith("share of")]
    assert len(shares) == 3
    for name in shares:
        total = sum(
            float(row[name].removesuffix(" %"))
            for row in rows
            if not row["part of efficientnet_b0"].startswith("of which")
        )
        assert total == pytest.approx(100, abs=2)


def test_the_split_of_every_profiled_way_and_the_parts_of_the_subject_are_told():
    text = render_writeup([source(sample_run())])
    told = section(text, "Where the speed-up goes")
    assert [row["how"].partition(", ")[2] for row in rows_of(told)] == [
        "eager, nchw, batch 1",
        "batch 8",
    ]
    for row in rows_of(told):
        factors = [
            float(row[cause].split()[1]) ** (1 if row[cause].startswith("÷") else -1)
            for cause in ("slower arithmetic", "uncounted work", "framework")
        ]
        realised = float(row["realised"].split("x")[0])
        promise = float(row["promise"].removesuffix("x"))
        assert promise / math.prod(factors) == pytest.approx(realised, rel=0.02)
    assert "Without all work that counts no FLOPs it would be " in told
    assert "slower arithmetic is mostly " in told
    parts = section(text, "Time by part")
    assert re.search(r"\| depthwise convolutions +\| +9\.0 % \| +\d", parts)
    assert re.search(r"\| of which its sigmoid +\| +0 % \| ", parts)


def test_variants_measured_beside_the_subject_are_compared_with_it():
    variant = "effprof:efficientnet?se=off"
    run = with_variant(zoo_run((1,)), variant)
    text = render_writeup([source(run)])
    rows = section(text, "One part changed")
    assert re.search(r"\| `efficientnet\?se=off` +\| +1.00x \| 1.00x \[1.00, 1.00\] \| +3 \|", rows)
    assert variant not in section(text, "Every speed-up")


def test_memory_and_energy_are_told_where_they_were_measured():
    without = section(render_writeup([source(zoo_run((1,)))]), "Memory and energy")
    assert "**Energy** was not measured" in without
    both = render_writeup([source(on_gpu(zoo_run((8,), ("infer", "train"))))])
    told = section(both, "Memory and energy")
    assert "EfficientNet-B0 takes 500 mJ an image, ResNet-50 500 mJ: 1.00x" in told
    assert "not measured" not in told


def test_what_was_not_measured_is_named_with_the_command_that_would():
    text = section(render_writeup([source(zoo_run((1,)))]), "What nobody has measured")
    for words, command in NEEDS.values():
        assert re.search(rf"^- Not here: .*{re.escape(words)}.*`{re.escape(command)}`", text, re.M)
    gpu = on_gpu(zoo_run((1,), ("infer", "train"), ("nchw", "nhwc")))
    told = section(render_writeup([source(gpu)]), "What nobody has measured")
    assert re.findall(r"Not here: ([^.]+)\.", told) == [
        "more than one CPU thread",
        "16-bit arithmetic",
        "compilation",
        "CUDA graphs",
    ]
    short = section(render_writeup([source(gpu)]), "The short answer")
    assert short.endswith(
        "(#what-nobody-has-measured)**: more than one CPU thread, 16-bit arithmetic, "
        "compilation, CUDA graphs."
    )


def test_numbers_that_others_published_are_marked_and_are_not_ones_own():
    text = render_writeup([source(published_run(zoo_run((1,))))])
    (row,) = rows_of(section(text, "The short answer"))
    assert (row["measured"], row["device or source"]) == ("by others", "RTX (published)")
    assert "**No GPU was measured by this project**" in text
    assert "Not here: any speed on a GPU" in text


def test_the_successor_is_compared_with_the_network_of_nearest_accuracy():
    run = source(with_v2(zoo_run((1,))))
    told = section(render_writeup([run], [others("C23", 1.26)]), "What to do about it")
    assert "EfficientNetV2-S (83.9 %) has 1.98x the FLOPs of EfficientNet-B4" in told
    assert (
        "V2 instead of V1**, RTX 3090 (published): EfficientNetV2-S over B4, images/s, 1.26x"
        in told
    )
    assert "V2" not in section(render_writeup([source(zoo_run((1,)))]), "What to do about it")


def test_a_successor_at_another_size_than_its_accuracy_is_quoted_for_is_not_compared():
    run = with_v2(zoo_run((1,)), resolution=224)
    assert "V2" not in section(render_writeup([source(run)]), "What to do about it")


@pytest.mark.parametrize(
    ("value", "verdict", "counted"),
    [
        (2.0, "supported", "support 1"),
        (0.5, "refuted", "refute 1"),
        (None, "inconclusive", "leave 1 open"),
    ],
)
def test_the_table_holds_every_verdict_with_what_it_rests_on(value, verdict, counted):
    low, high = (value, value) if value else (0.5, 2.0)

    def statistic(_):
        return Answer(Estimate(value or 1.1, low, high, "paired", 5), "processes")

    part = Part("speed", "the quantity", statistic, Threshold(low=1.0))
    claim = Claim("C99", "Z", "A sentence.", "a source", (part,), ())
    basis = Basis.of([source(sample_run())], claims=[claim])
    told = {title: markdown_of(body(basis)) for title, body in (*SECTIONS, *APPENDIX)}
    if value:
        assert f"| C99     | **{verdict}**" in told["The verdicts"]
    else:
        assert "- Inconclusive by own measurements: C99." in told["The verdicts"]
    rests = told["What the verdicts rest on"]
    assert "the quantity" in rests
    assert "5 processes; Some CPU" in rests
    assert re.search(
        rf"\| C99 +\| \*\*{verdict}\*\* +\| own +\| A sentence. +\| a source +\|", rests
    )
    short = told["The short answer"]
    assert f"on 1 claims in circulation: own measurements {counted}." in short
    assert "They rest on 1 intervals at 95 %" in told["The verdicts"]


def test_pictures_are_linked_only_where_they_are():
    names = ("promise-infer-fp32.png", "front-infer-fp32.png", "time-flops-infer-fp32.png")
    there = source(zoo_run((1,)), folder="made-up", pictures=names)
    text = render_writeup([there])
    assert re.findall(r"\]\((made-up/[^)]+)\)", section(text, "Every speed-up")) == [
        "made-up/report.md",
        "made-up/promise-infer-fp32.png",
    ]
    assert f"(made-up/{names[1]})" in section(text, "Fronts of accuracy and speed")
    assert f"(made-up/{names[2]})" in section(text, "Do FLOPs predict time?")
    assert "(made-up/" not in render_writeup([source(zoo_run((1,)))])


def test_a_batch_that_a_larger_run_has_too_is_told_once():
    both, many = zoo_run((1, 8), repeats=2), zoo_run((1,), repeats=5)
    text = render_writeup(
        [source(both), source(named(many, id="20261121-090000-300000", suite="many"))]
    )
    assert re.findall(r"run (paper|many):", section(text, "Every speed-up")) == ["paper", "many"]
    rows = section(text, "Every speed-up").partition("run paper:")[2].partition("run many:")[0]
    assert {line.split("|")[2].strip() for line in rows.splitlines() if "| eff" in line} == {"8"}


def test_a_machine_that_no_run_identified_is_said_to_be_one_of_several():
    nameless = section(render_writeup([source(zoo_run((1,)))]), "Limits")
    assert "did not record which model of this maker it was" not in nameless
    marks = fingerprint(**{"device kind": "cpu"})
    told = section(render_writeup([source(named(zoo_run((1,)), fingerprint=marks))]), "Limits")
    assert "AMD EPYC 9R14, 1 thread: some runs of it did not record which model of" in told
    known = fingerprint(**{"device kind": "cpu", "family": "25", "model": "17"})
    found = section(render_writeup([source(named(zoo_run((1,)), fingerprint=known))]), "Limits")
    assert "did not record" not in found


def test_the_same_cell_in_two_runs_tells_how_far_runs_differ():
    run = zoo_run((1,))
    again = named(
        slowed(run, lambda cell, _: 1.5 if "_b1" in cell.model else 1), id="20261121-090000-300000"
    )
    limits = section(render_writeup([source(run), source(again)]), "Limits")
    told = re.search(
        r"1.00x apart at the median of \d+ such cells, 1.50x at most \(timm/efficientnet_b1@240 "
        r".*: .* images/s\); for 1 of them the intervals do not overlap",
        limits,
    )
    assert told
    assert "apart at the median" not in section(render_writeup([source(run)]), "Limits")
    elsewhere = named(again, fingerprint=fingerprint(host="lab"))
    other = section(render_writeup([source(run), source(elsewhere)]), "Limits")
    assert "apart at the median" not in other


def test_hostile_commands_and_the_commands_of_shards_stay_code():
    part = others()
    hostile = replace(part, commands=("effprof import `<script>`",))
    run = named(zoo_run((1,)), command="effprof run a --shard 1/2\neffprof run a --shard 2/2")
    text = section(render_writeup([source(run)], [hostile]), "The runs")
    assert "`` effprof import `<script>` ``" in text
    assert "`effprof run a --shard 1/2`; `effprof run a --shard 2/2`" in text


def test_a_run_of_variants_has_its_own_section_and_no_other():
    plain, run = source(zoo_run((1,))), designs_run()
    text = render_writeup([plain, source(run)])
    told = section(text, "What a change of the design does")
    assert re.search(r"batch 8, run designs; over `efficientnet`, [0-9.]+ images/s\.", told)
    assert re.search(r"\| `efficientnet\?phi=-1` +\| +0\.457x \| +0\.444x \| ", told)
    without = render_writeup([plain])
    for title in ("What was counted and quoted", "Every speed-up", "What to do about it"):
        assert section(text, title) == section(without, title)


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

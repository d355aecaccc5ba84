"""Where the time went, on the page: sentences that multiply, shares that sum, reasons for gaps."""

import math
import re
from dataclasses import replace

import pytest

from effprof.analysis.waterfall import CAUSES, Bar, Waterfall
from effprof.core.cells import Cell
from effprof.core.profiles import UNATTRIBUTED
from effprof.core.roles import ROLE_NAMES
from effprof.report import losses, role_tables
from effprof.report.blocks import markdown_of
from effprof.report.groups import ROLE_GROUPS, group_of, grouped
from effprof.report.losses import roofline
from effprof.report.page import Page
from effprof.report.phrases import factor_text, loss_text, top_roles
from effprof.report.render import compose
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.runs import measurement, sample_run

B0 = Cell("timm/efficientnet_b0", 224)
PAGE = Page(Study(sample_run()))


def waterfall(page):
    return markdown_of(losses.waterfall(page))


def regimes(page):
    return markdown_of(losses.regimes(page))


def role_time(page):
    return markdown_of(role_tables.role_time(page))


def squeeze_excite(page):
    return markdown_of(role_tables.squeeze_excite(page))


def flops_beside_time(page):
    return markdown_of(role_tables.flops_beside_time(page))


def rows_of(markdown, first):
    """Cells of the table rows whose first cell is `first`."""
    rows = [line for line in markdown.splitlines() if line.startswith(f"| {first} ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def fall_of(*factors):
    bars = {cause: Bar(f, {"norm": math.log(f)}) for cause, f in zip(CAUSES, factors, strict=True)}
    return Waterfall(B0, B0, Bar(10.0, {}), bars, 10.0 * math.prod(factors))


def test_the_sentence_promises_delivers_and_accounts_for_the_difference():
    told = waterfall(PAGE).splitlines()[0]
    assert "efficientnet_b0 promises 10.6x over resnet50 and delivers 4.71x: " in told
    factors = [float(found) for found in re.findall(r"([\d.]+)x (?:is lost )?to ", told)]
    assert len(factors) == 3
    assert 10.6 / math.prod(factors) == pytest.approx(4.71, rel=0.02)


@pytest.mark.parametrize(
    ("factors", "text"),
    [
        (
            (0.5, 0.8, 1.0),
            "2.00x is lost to low arithmetic intensity, 1.25x to inefficient kernels",
        ),
        (
            (0.5, 1.0, 1.25),
            "2.00x is lost to low arithmetic intensity; 1.25x is won by a busier device",
        ),
        ((1.0, 1.5, 2.0), "1.50x is won by more efficient kernels, 2.00x by a busier device"),
        ((1.0, 1.001, 0.999), ""),
    ],
)
def test_losses_come_before_gains_and_nothing_is_told_of_neither(factors, text):
    assert loss_text(fall_of(*factors), roles=False) == text


def test_roles_are_named_that_move_a_bar_its_own_way():
    bar = Bar(0.5, {"a": -0.5, "b": 0.3, "c": math.log(0.5) + 0.2, "d": 0.0})
    assert list(top_roles(bar)) == ["a", "c"]
    assert top_roles(bar)["a"] == pytest.approx(math.exp(0.5))
    assert factor_text(bar.factor) == "÷ 2.00"


def test_the_table_by_role_multiplies_to_its_bar():
    text = waterfall(PAGE)
    table = text.partition("by role (every column")[2]
    rows = [line.split("|") for line in table.splitlines() if re.match(r"\| [A-Za-z]", line)][1:]
    columns = list(zip(*rows, strict=True))[2:6]
    fall = PAGE.study.falls[replace(B0, batch_size=8)]
    for column, bar in zip(columns, [fall.promise, *fall.bars.values()], strict=True):
        factors = [
            float(cell.split()[1]) ** (1 if "×" in cell else -1)
            for cell in column
            if " – " not in cell
        ]
        assert math.prod(factors) == pytest.approx(bar.factor, rel=0.03)


def test_shares_by_role_sum_to_one_and_the_invisible_share_is_that_of_the_frame():
    row = rows_of(role_time(PAGE), "efficientnet_b0")[0]
    shares = [float(cell.split()[0]) for cell in row[3:-2] if cell != "–"]
    assert sum(shares) == pytest.approx(100, abs=1.5)
    share = PAGE.study.frame.loc[B0.key, "flop_invisible_share"]
    assert float(row[-2].split()[0]) == pytest.approx(100 * share, abs=0.5)


def test_squeeze_and_excitation_splits_into_its_parts_and_is_absent_where_there_is_none():
    text = squeeze_excite(PAGE)
    own = [float(cell.split()[0]) for cell in rows_of(text, "efficientnet_b0")[0][2:7]]
    assert own[0] == pytest.approx(sum(own[1:]), abs=0.1)
    assert rows_of(text, "resnet18")[0][2:7] == ["–"] * 5


def test_flops_stand_beside_time_for_the_subject_and_the_reference():
    text = flops_beside_time(PAGE)
    assert "efficientnet_b0, inference, fp32 nchw eager, batch 8:" in text
    assert "resnet50, inference, fp32 nchw eager, batch 8:" in text
    role, flops, _, time, _ = rows_of(text, "pointwise conv")[0]
    assert (role, flops, time) == ("pointwise conv", "88 %", "49 %")
    assert rows_of(text, "norm")[0][1] == "–"


def test_every_cell_has_its_regime_and_the_evidence():
    text = regimes(PAGE)
    assert len(re.findall(r"\| (?:memory|compute|launch)-bound ", text)) == 8
    assert rows_of(text, "efficientnet_b0")[0][2] == "memory-bound"
    assert re.search(r"busy 92 %; memory 61 % of the roofline; operators take 2.1x", text)


def test_the_ceilings_and_the_copy_they_come_from_are_named():
    text = roofline(PAGE)
    assert "237 GFLOP/s" in text
    assert "36.6 GB/s (a copy of 256 MiB, in main memory)" in text


@pytest.mark.parametrize(
    "run",
    [sample_run(profiled=False), zoo_run((8,)), replace(sample_run(), peaks=())],
    ids=["no profile", "no kinds", "no peaks"],
)
def test_a_run_without_profile_kinds_or_peaks_says_so_in_its_place(run):
    page = Page(Study(run))
    text = waterfall(page)
    assert "No waterfall for" in text
    assert "promises" not in text
    assert regimes(page) == ""
    assert "In between" not in compose(page, ())


def test_a_run_of_before_profiles_says_that_there_is_no_time_by_role():
    page = Page(Study(sample_run(profiled=False)))
    assert role_time(page) == "No time by role: no profile was taken (--profile)."
    assert squeeze_excite(page) == flops_beside_time(page) == roofline(page) == ""


def test_a_single_cell_without_profile_is_the_only_one_listed():
    run = sample_run(outcomes={(B0, i): measurement(0.017) for i in range(3)})
    text = waterfall(Page(Study(run)))
    assert f"No waterfall for 1 cells ({B0.key}): no profile was taken" in text
    assert len(rows_of(text, "efficientnet_b0")) == 1


def test_every_role_has_a_group_and_every_group_its_own_colour():
    known = {role for group in ROLE_GROUPS for role in group.roles}
    assert known == {*ROLE_NAMES, UNATTRIBUTED}
    assert len({group.colour for group in ROLE_GROUPS}) == len(ROLE_GROUPS)


def test_groups_keep_the_sum_and_their_order():
    parts = dict.fromkeys([*ROLE_NAMES, "fused (norm, activation)"], 1.0)
    found = grouped(parts)
    assert sum(found.values()) == len(parts)
    order = [group.name for group in ROLE_GROUPS]
    assert list(found) == [name for name in order if name in found]
    assert group_of("fused (norm, activation)") == "other"

"""Where the time went, on the page: sentences that multiply, shares that sum, reasons for gaps."""

import math
import re
from dataclasses import replace

import pytest

from effprof.analysis.split import Arithmetic, Factor, Split, causes_on
from effprof.core.cells import Cell
from effprof.core.estimates import Estimate
from effprof.core.profiles import UNATTRIBUTED
from effprof.core.roles import ROLE_NAMES
from effprof.report import losses, role_tables
from effprof.report.blocks import markdown_of
from effprof.report.groups import ROLE_GROUPS, group_of, grouped
from effprof.report.losses import roofline
from effprof.report.page import Page
from effprof.report.phrases import factor_text, loss_text, roles_text, top_roles
from effprof.report.render import compose
from effprof.study.study import Study
from tests.report.zoo import zoo_run
from tests.runs import measurement, sample_run

B0 = Cell("timm/efficientnet_b0", 224)
PAGE = Page(Study(sample_run()))


def where_it_went(page):
    return markdown_of(losses.where_it_went(page))


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


def found(value, low=None, high=None):
    return Estimate.bare(value, 1) if low is None else Estimate(value, low, high, "paired", 5)


def split_of(*wholes, kind="cpu"):
    factors = {
        cause: Factor(whole, {"norm": whole, "pool": Estimate.bare(1.0, 1)}, {})
        for cause, whole in zip(causes_on(kind), wholes, strict=True)
    }
    realised = 10.0 / math.prod(whole.value for whole in wholes)
    one = Estimate.bare(1.0, 1)
    return Split(B0, B0, 10.0, factors, Estimate.bare(realised, 1), 1, Arithmetic(one, wholes[0]))


def test_the_sentence_accounts_for_the_difference():
    told = where_it_went(PAGE).splitlines()[0]
    assert told.startswith("- Inference, fp32 nchw eager, batch 1, efficientnet_b0: its arithmetic")
    (slower,) = re.findall(r"its arithmetic runs ([\d.]+)x \[[\d., ]+\] slower per FLOP", told)
    added = re.findall(r"(?:uncounted work|the framework) adds ([\d.]+)x", told)
    assert len(added) == 2
    assert 10.6 / math.prod(map(float, [slower, *added])) == pytest.approx(4.71, rel=0.02)


@pytest.mark.parametrize(
    ("wholes", "kind", "text"),
    [
        (
            (found(2.0, 1.8, 2.2), found(1.25, 1.2, 1.3), found(1.0)),
            "cpu",
            "its arithmetic runs 2.00x [1.80, 2.20] slower per FLOP (norm 2.00x); "
            "uncounted work adds 1.25x [1.20, 1.30] (norm 1.25x)",
        ),
        (
            (found(0.5, 0.4, 0.625), found(0.8), found(1.5)),
            "cuda",
            "its arithmetic runs 2.00x [1.60, 2.50] faster per FLOP (norm 2.00x); "
            "less uncounted work gains 1.25x (norm 1.25x); launches add 1.50x (norm 1.50x)",
        ),
        (
            (found(1.0), found(1.0), found(1.02, 0.98, 1.06)),
            "cpu",
            "the framework makes no detectable difference (1.02x [0.980, 1.06])",
        ),
        ((found(1.0), found(1.001), found(0.999)), "cpu", ""),
    ],
)
def test_every_cause_is_told_as_lost_won_or_not_detectable(wholes, kind, text):
    split = split_of(*wholes, kind=kind)
    assert loss_text(split, roles_text) == text
    assert "detectable" not in loss_text(split)
    assert "norm" not in loss_text(split)


def test_roles_are_named_that_move_a_factor_its_own_way():
    parts = {"a": 1.7, "b": 0.8, "c": 1.6, "d": 1.0}
    factor = Factor(found(2.0), {role: found(part) for role, part in parts.items()}, {})
    assert top_roles(factor) == pytest.approx({"a": 1.7, "c": 1.6})
    won = Factor(found(0.5), factor.by_role, {})
    assert top_roles(won) == pytest.approx({"b": 1.25})
    assert factor_text(factor.whole) == "÷ 2.00"


def test_the_table_by_role_multiplies_to_the_factors():
    text = where_it_went(PAGE)
    table = text.partition("efficientnet_b0, inference, batch 8, by role:")[2].split("\n\n")[1]
    heads, _, *rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()
    ]
    split = PAGE.study.splits[replace(B0, batch_size=8)]
    for cause in causes_on("cpu")[:2]:
        column = [row[heads.index(cause)] for row in rows]
        factors = [
            float(cell.split()[1]) ** (1 if "÷" in cell else -1) for cell in column if cell != "–"
        ]
        assert math.prod(factors) == pytest.approx(split.factors[cause].whole.value, rel=0.03)


def test_the_page_tells_slower_operators_from_other_operators():
    text = where_it_went(PAGE)
    (line,) = re.findall(r"Slower arithmetic (÷ .*) is (. .*) for operators of the same.*", text)
    whole, same = (float(each.split()[1]) ** (1 if "÷" in each else -1) for each in line)
    (other,) = re.findall(r"per FLOP, and (. [\d.]+)", text)
    sign = 1 if "÷" in other else -1
    assert same * float(other.split()[1]) ** sign == pytest.approx(whole, rel=0.01)


def test_what_it_would_win_without_a_role_is_one_over_what_is_left_of_the_time():
    text = where_it_went(PAGE)
    row = rows_of(text.partition("by role:")[2], "norm")[0]
    part = PAGE.study.parts[replace(B0, batch_size=8)]
    share = part.profile.by_role["norm"] / part.profile.op_seconds
    assert row[-1] == "1.14x [1.14, 1.14]"
    assert 1 / (1 - share) == pytest.approx(1.14, abs=0.005)
    assert "Without all work that counts no FLOPs efficientnet_b0 would be 1.4" in text


def test_libraries_are_told_by_the_names_of_kernels():
    names = {"pointwise conv": "Slow2d", "depthwise conv": "Mkldnn"}

    def named(repeat):
        seen = repeat.outcome.profile
        ops = tuple(
            replace(op, kernels=tuple(filter(None, [names.get(op.role)]))) for op in seen.ops
        )
        return replace(repeat, outcome=replace(repeat.outcome, profile=replace(seen, ops=ops)))

    run = sample_run((1,))
    text = where_it_went(Page(Study(replace(run, repeats=tuple(map(named, run.repeats))))))
    table = text.partition("which library ran what counts FLOPs:")[2]
    told = {(row[1], row[2]): row[3] for row in rows_of(table, "efficientnet_b0")}
    assert told["pointwise conv", "Slow2d + BLAS"] == "32 of 32"
    assert told["depthwise conv", "oneDNN"] == "16 of 16"
    assert told["classifier", "not told"] == "1 of 1"
    assert re.search(r"Slower arithmetic by library: (.*, )?Slow2d \+ BLAS ÷ ", table)


def test_two_rounds_give_no_interval_and_the_page_says_so():
    many, few = (where_it_went(Page(Study(sample_run((8,), count)))) for count in (3, 2))
    assert re.search(r"arithmetic runs [\d.]+x \[", many)
    assert re.search(r"arithmetic runs [\d.]+x slower per FLOP", few)
    assert not re.search(r"[\d.]x? \[[\d.]+, [\d.]+\]", few)
    assert "Fewer than 3 rounds give no interval." in few


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
    role, flops, _, time = rows_of(text, "pointwise conv")[0]
    assert (role, flops, time) == ("pointwise conv", "88 %", "49 %")
    assert rows_of(text, "norm")[0][1] == "–"


def test_every_cell_has_its_regime_and_the_evidence():
    text = regimes(PAGE)
    assert len(re.findall(r"\| (?:memory|compute|launch)-bound ", text)) == 8
    assert rows_of(text, "efficientnet_b0")[0][2] == "memory-bound"
    assert re.search(r"busy 92 %; memory bounds 61 % at main memory", text)


def test_the_ceilings_and_the_copy_they_come_from_are_named():
    text = roofline(PAGE)
    assert "237 GFLOP/s" in text
    assert "main memory 36.6 GB/s (copies of 256 MiB), met at 6.5 FLOPs per byte" in text


@pytest.mark.parametrize(
    "run",
    [sample_run(profiled=False), zoo_run((8,))],
    ids=["no profile", "a zoo"],
)
def test_a_run_without_profile_says_so_in_its_place(run):
    page = Page(Study(run))
    text = where_it_went(page)
    assert "No split for" in text
    assert "promises" not in text
    assert regimes(page) == ""
    assert "Why:" not in compose(page, ())


def test_a_run_without_peaks_is_split_and_has_no_roofline():
    page = Page(Study(replace(sample_run(), peaks=())))
    assert "efficientnet_b0: its arithmetic" in where_it_went(page)
    assert regimes(page) == roofline(page) == ""


def test_a_run_of_before_profiles_says_that_there_is_no_time_by_role():
    page = Page(Study(sample_run(profiled=False)))
    assert role_time(page) == "No time by role: no profile was taken (--profile)."
    assert squeeze_excite(page) == flops_beside_time(page) == roofline(page) == ""


def test_a_single_cell_without_profile_is_the_only_one_listed():
    run = sample_run(outcomes={(B0, i): measurement(0.017) for i in range(3)})
    text = where_it_went(Page(Study(run)))
    assert f"No split for 1 cells ({B0.key}): no profile was taken" in text
    assert len(rows_of(text, "efficientnet_b0")) == 1
    assert "which library" not in text


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

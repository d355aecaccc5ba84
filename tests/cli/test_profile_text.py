"""What `effprof profile` says of one cell: the headline, the method, the tables."""

import json
from dataclasses import replace

import pytest

from effprof.analysis.profile_tables import coverage, module_tree, op_rows, role_rows
from effprof.cli.profile_text import headline, method_lines, module_table, op_table, role_table
from effprof.report.tables.raw import as_json
from tests.cli.printed import table_rows
from tests.small_profile import COST, OPS, profile


def test_the_headline_says_what_flops_do_not_see():
    assert headline("timm/net@32 infer b1 fp32 nchw eager", profile()) == (
        "timm/net@32 infer b1 fp32 nchw eager: 10.2 ms a step;"
        " 21 % of the operators' time is invisible to FLOPs; SE 10 %, its sigmoid gate 0.0010 %"
    )
    plain = tuple(one for one in OPS if not one.role.startswith("SE"))
    assert headline("k", profile(plain)).endswith("; no SE")


def test_the_lines_of_the_method_say_what_profiling_cost_and_missed():
    kernels = profile(method="torch.profiler", kernel_count=240, busy_seconds=0.0051)
    assert method_lines(kernels) == (
        "method: torch.profiler, medians over 5 steps; a profiled step took 12.5 ms (+23 %)",
        "coverage: operators sum to 98 % of the plain step; unattributed: 1.0 %",
        "device: 240 kernels, busy 50 % of the plain step",
    )
    clocked = profile(kernel_count=12, busy_seconds=0.01)
    assert method_lines(clocked) == (
        "method: dispatch clock, medians over 5 steps; a profiled step took 12.5 ms"
        " (+23 %, between the operators)",
        "coverage: operators sum to 98 % of the plain step; unattributed: 1.0 %",
    )
    assert coverage(profile()) == pytest.approx(10 / 10.2)


@pytest.mark.parametrize(("plain", "doubtful"), [(0.0112, True), (0.0105, False), (0.009, True)])
def test_operators_that_do_not_sum_to_the_plain_step_are_doubtful(plain, doubtful):
    lines = method_lines(profile(plain_seconds=plain))
    assert any(line.startswith("doubtful: ") for line in lines) == doubtful
    # A device may idle between kernels: that is a finding, not a fault of the profile.
    kernels = method_lines(profile(plain_seconds=plain, method="torch.profiler"))
    assert not any(line.startswith("doubtful: ") for line in kernels)


def test_the_table_of_roles_shows_the_share_of_macs_beside_that_of_time():
    assert table_rows(role_table(role_rows(profile(), COST), drawn=True)) == [
        ["pointwise conv", "1", "3.000", "30 %", "70 %", "████████████████████"],
        ["depthwise conv", "1", "2.500", "25 %", "9.0 %", "████████████████▋"],
        ["dense conv", "1", "2.000", "20 %", "20 %", "█████████████▍"],
        ["activation", "1", "1.000", "10 %", "0 %", "██████▋"],
        ["SE scale *", "1", "0.400", "4.0 %", "0 %", "██▋"],
        ["SE squeeze *", "1", "0.300", "3.0 %", "0 %", "██"],
        ["SE FC *", "2", "0.300", "3.0 %", "1.0 %", "██"],
        ["residual add", "1", "0.300", "3.0 %", "0 %", "██"],
        ["classifier", "1", "0.100", "1.0 %", "0 %", "▋"],
        ["unattributed", "1", "0.100", "1.0 %", "–", "▋"],
        ["SE gate *", "1", "<0.001", "0.0010 %", "0 %", "▏"],
        ["all operators", "12", "10.000", "100 %", "", ""],
    ]


def test_the_table_of_modules_is_a_tree():
    assert table_rows(module_table("timm/net", module_tree(profile(), 3))) == [
        ["timm/net", "12", "10.000", "100 %", "21 %", "10 %"],
        ["├─ stem", "1", "2.000", "20 %", "0 %", "0 %"],
        ["├─ stem_act", "1", "1.000", "10 %", "100 %", "0 %"],
        ["├─ blocks", "8", "6.800", "68 %", "15 %", "15 %"],
        ["│  └─ 0", "8", "6.800", "68 %", "15 %", "15 %"],
        ["│     ├─ dw", "1", "2.500", "25 %", "0 %", "0 %"],
        ["│     ├─ se *", "5", "1.000", "10 %", "70 %", "100 %"],
        ["│     ├─ pw", "1", "3.000", "30 %", "0 %", "0 %"],
        ["│     └─ (itself)", "1", "0.300", "3.0 %", "100 %", "0 %"],
        ["├─ head", "1", "0.100", "1.0 %", "0 %", "0 %"],
        ["└─ (itself)", "1", "0.100", "1.0 %", "100 %", "0 %"],
    ]


def test_the_table_of_operators_names_the_top_and_sums_the_rest():
    table = op_table(op_rows(profile()), 5)
    assert table.title == "by kernel"
    assert table_rows(table) == [
        ["convolution", "pointwise conv", "2x onednn", "1", "3.000", "30 %"],
        ["convolution", "depthwise conv", "thnn", "1", "2.500", "25 %"],
        ["convolution", "dense conv", "onednn", "1", "2.000", "20 %"],
        ["silu_", "activation", "–", "1", "1.000", "10 %"],
        ["mul *", "SE scale", "–", "1", "0.400", "4.0 %"],
        ["6 more", "", "", "7", "1.100", "11 %"],
    ]


def test_without_known_kernels_there_is_no_column_of_them():
    bare = profile(tuple(replace(one, kernels=()) for one in OPS))
    table = op_table(op_rows(bare), 99)
    assert table.title == "by operator"
    assert "kernels" not in [column.heading for column in table.columns]
    assert "more" not in str(table_rows(table))


def test_files_have_seconds_and_paths_and_no_bars():
    tree = json.loads(as_json(module_table("timm/net", module_tree(profile(), 3))))["rows"]
    assert [row["module"] for row in tree][:2] == ["timm/net", "stem"]
    assert "blocks.0.se" in {row["module"] for row in tree}
    assert tree[0]["seconds"] == pytest.approx(0.01)
    roles = json.loads(as_json(role_table(role_rows(profile(), COST), drawn=False)))["rows"]
    assert {"role", "calls", "seconds", "share", "of_macs"} == set(roles[0])
    assert "SE gate" in {row["role"] for row in roles}

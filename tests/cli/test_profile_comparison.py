"""Two profiles side by side: the table of roles and the sentence that names the culprit."""

import math
from dataclasses import replace

import pytest

from effprof.analysis.profile_tables import compare_roles, differing_parts
from effprof.cli.profile_comparison import (
    comparison_sentences,
    comparison_table,
    culprit,
    split_sentence,
)
from effprof.cli.profile_document import split_document
from effprof.core.cells import Cell
from effprof.session.profiles import Profiled, split_between
from tests.cli.printed import PIPE, table_rows, text_of
from tests.runs import CRASHED, MODELS, measurement, static_cost
from tests.runs import profile as profile_of
from tests.small_profile import OPS, profile


def without_se(factor=1.0):
    ops = [one for one in OPS if not one.role.startswith("SE")]
    return profile(
        tuple(replace(one, seconds=one.seconds * factor) for one in ops), plain_seconds=0.0085
    )


def test_a_comparison_puts_both_models_and_the_difference_side_by_side():
    rows = compare_roles(without_se(0.9), profile())
    table = table_rows(text_of(comparison_table(("timm/a", "timm/b"), rows, PIPE)))
    assert table[0] == ["SE scale *", "–", "–", "0.400", "4.0 %", "+0.400"]
    assert ["pointwise conv", "2.700", "33 %", "3.000", "30 %", "+0.300"] in table
    assert table[-1] == ["all operators", "8.100", "", "10.000", "", "+1.900"]
    assert sum(row.seconds for row in rows) == pytest.approx(0.0019)
    assert sum(differing_parts(rows).values()) == pytest.approx(0.0019)


def test_the_sentences_name_the_role_that_makes_the_difference():
    one, other = without_se(0.9), profile()
    rows = compare_roles(one, other)
    assert comparison_sentences(("timm/a", "timm/b"), (one, other), 1.1, rows) == (
        "B (timm/b) takes 1.20x the time of A (timm/a) with 1.10x the MACs:"
        " 10.2 ms against 8.50 ms a step",
        "SE makes the largest difference: +1.00 ms of +1.90 ms in operators (53 %),"
        " then pointwise conv +300 µs, depthwise conv +250 µs",
    )
    back = culprit(compare_roles(other, one))
    assert back.startswith("SE makes the largest difference: -1.00 ms of -1.90 ms")


def test_equal_times_have_no_culprit():
    rows = compare_roles(without_se(), without_se(1.01))
    assert culprit(rows) == (
        "the operators of both take the same time within 2.0 %;"
        " the largest change of a role is pointwise conv +30.0 µs"
    )


def profiled(model, outcome=None):
    cell, seconds = Cell(model, 224), MODELS[model][3]
    taken = measurement(seconds, profile=profile_of(cell, seconds))
    return Profiled(cell, static_cost(cell), outcome or taken)


B0, R50 = "timm/efficientnet_b0", "timm/resnet50"


@pytest.mark.parametrize("order", [(B0, R50), (R50, B0)])
def test_the_split_is_that_of_the_model_with_fewer_flops_whichever_comes_first(order):
    split = split_between(*map(profiled, order), "cpu")
    text = split_sentence(split)
    assert text.startswith(f"{B0} promises 10.6x over {R50} and delivers 4.71x: its arithmetic ")
    document = split_document(split)
    factors = [each["value"] for each in document["factors"].values()]
    assert document["promise"] / math.prod(factors) == pytest.approx(document["realised"])
    roles = document["factors"]["slower arithmetic"]["by_role"].values()
    assert math.prod(roles) == pytest.approx(factors[0])


def test_what_cannot_be_split_is_said_with_its_reason():
    split = split_between(profiled(B0), profiled(R50, CRASHED), "cpu")
    assert split_sentence(split) == (
        "no split of the speed-up: of the reference: no valid measurement"
    )
    assert split_document(split) == {"reason": "of the reference: no valid measurement"}
